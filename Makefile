## gcn: matrix products in GCN assembly for AMD Polaris, with a software Polaris for machines that have no card.
##
# One Makefile. A new .cpp, .s or test is found by its folder: nothing to edit here.
# Local settings (CXX, CLANG, BUILD, CXXFLAGS, ...) go in config.mk, which git ignores.

-include config.mk

# As many jobs as there are cores, unless make is told otherwise.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

BUILD    ?= build
PREFIX   ?= /usr/local
CXX      := $(if $(filter default,$(origin CXX)),g++,$(CXX))
CLANG    ?= clang-16
LLVM     ?= 16
PYTHON   ?= python3 -B
CXXFLAGS ?= -O2 -g

# -ffp-contract=off: without it a*b+c may be fused, by compiler, level and host, and then v_mac rounds once, not twice.
# It stands after the user's flags so that these cannot undo it.
ALL_CXX  := $(CXXFLAGS) -std=c++20 -Wall -Wextra -Werror -fPIC -fvisibility=hidden -MMD -MP -Iinclude -I. \
            -DGCN_PREFIX='"$(PREFIX)"' -ffp-contract=off
GCN_TARGET := -target amdgcn-amd-amdhsa -mcpu=gfx803 -mcode-object-version=4 -nogpulib
LDLIBS   := -ldl -pthread
comma    := ,
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined

# ---- what gets built -------------------------------------------------------------
LIB_DIRS  := plan backend hsa_host cpu_ref bench $(wildcard modules/*)
EMU_DIRS  := emulator/exec emulator/cp
DOOR_DIRS := emulator/kfd emulator/drm

objects    = $(patsubst %.cpp,$(BUILD)/%.o,$(filter-out emulator/exec/simd.cpp,$(wildcard $(1:%=%/*.cpp))))
LIB       := $(BUILD)/libgcn.a
EMU       := $(BUILD)/emulator.a
SOFT      := $(BUILD)/libgcn-emu.so
GCN       := $(BUILD)/gcn
# The interpreter's bodies are compiled once per vector unit; the executor chooses at start.
SIMD      := $(addprefix $(BUILD)/emulator/exec/simd_,avx512.o avx2.o portable.o)
TEST_HELP := $(patsubst %.cpp,$(BUILD)/%.o,$(filter-out tests/test_%.cpp tests/bench_%.cpp,$(wildcard tests/*.cpp)))
TESTS     := $(patsubst %.cpp,$(BUILD)/%,$(wildcard tests/test_*.cpp))
BENCHES   := $(patsubst %.cpp,$(BUILD)/%,$(wildcard tests/bench_*.cpp))
KERNELS   := $(patsubst %.s,$(BUILD)/%.co,$(wildcard asm/*.s))
TEST_CODE := $(patsubst %.s,$(BUILD)/%.co,$(wildcard tests/kernels/*.s)) \
             $(patsubst %.cl,$(BUILD)/%.co,$(wildcard tests/kernels/*.cl))
PROGRAMS  := $(patsubst %.hip.cpp,$(BUILD)/%,$(wildcard tests/programs/*.hip.cpp)) \
             $(patsubst %.c,$(BUILD)/%,$(wildcard tests/programs/*.c))
TOP_DIRS  := include cli modules bench plan backend hsa_host cpu_ref emulator isa tests
SOURCES   := $(shell find $(TOP_DIRS) -name '*.?pp' -o -name '*.inc' -o -name '*.def')
SCRIPTS   := $(wildcard *.sh tools/*.sh tests/*.sh) .ci/run

# ---- entry points ----------------------------------------------------------------
.DEFAULT_GOAL := all
.PHONY: all kernels check check-long check-packages check-asan bench bench-emu lint format clean help
.DELETE_ON_ERROR:
# What only tests need is kept after them. (With nothing after it, .SECONDARY would keep stale kernels too.)
.SECONDARY: $(PROGRAMS) $(TEST_CODE)

all: $(LIB) $(GCN) $(SOFT)              ## library, program and software Polaris
kernels: $(KERNELS)                     ## code objects only
check: check-packages                   ## every test; needs no card; installs what only tests need
	$(Q)$(MAKE) --no-print-directory checks
.PHONY: checks
checks: $(TESTS:=.passed) $(BUILD)/layers.passed $(BUILD)/budget.passed $(BUILD)/waits.passed \
        $(BUILD)/simd.passed
check-long: check                       ## full repetitions, every SIMD build, one thread and two: up to 40 minutes
	$(Q)sh tests/long.sh $(BUILD)
	$(Q)$(MAKE) --no-print-directory check-asan
check-packages:
	$(Q)sh setup.sh --check
check-asan:                             ## the tests under the address and undefined-behaviour sanitizers
	$(Q)$(MAKE) --no-print-directory checks BUILD=$(BUILD)/asan CXXFLAGS='-O1 -g $(SANITIZE)' SIMD_OPT=-O1 TEST_SECONDS=900
bench: all                              ## build, then time and verify (CASES="..." for your own); every time says its kind
	$(Q)$(GCN) bench $(CASES)
bench-emu: $(BENCHES) all               ## the software Polaris beside OpenBLAS, and its queues' latencies
	$(Q)for b in $(BENCHES); do $$b || exit 1; done
lint: $(BUILD)/layers.passed            ## formatting, layers, shell scripts
	$(Q)clang-format --dry-run -Werror $(filter %.cpp %.hpp,$(SOURCES))
	$(Q)shellcheck -s sh -S warning $(SCRIPTS)
format:                                 ## rewrite .cpp and .hpp as make lint wants them
	$(Q)clang-format -i $(filter %.cpp %.hpp,$(SOURCES))
clean:                                  ## remove the build folder
	$(Q)rm -rf $(BUILD)
help:                                   ## this text
	@sed -n 's/^## \{0,1\}//p' Makefile
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' Makefile
	@echo "  make V=1 ...     print every command"

# ---- host code -------------------------------------------------------------------
ifndef V
Q := @
say = @printf '  %-5s %s\n' $(1) $@
endif

$(BUILD)/tests/%.o: ALL_CXX += -DBUILD='"$(BUILD)"'
$(BUILD)/%.o: %.cpp
	@mkdir -p $(@D)
	$(call say,CXX)
	$(Q)$(CXX) $(ALL_CXX) -c $< -o $@

SIMD_OPT := -O3
$(BUILD)/emulator/exec/simd_avx512.o:   SIMD_FLAGS := -DGCN_SIMD=avx512 -march=x86-64-v4 -mprefer-vector-width=512
$(BUILD)/emulator/exec/simd_avx2.o:     SIMD_FLAGS := -DGCN_SIMD=avx2 -march=x86-64-v3
$(BUILD)/emulator/exec/simd_portable.o: SIMD_FLAGS := -DGCN_SIMD=portable -march=x86-64
$(SIMD): emulator/exec/simd.cpp
	@mkdir -p $(@D)
	$(call say,CXX)
	$(Q)$(CXX) $(ALL_CXX) $(SIMD_OPT) $(SIMD_FLAGS) -Wno-psabi -c $< -o $@

$(LIB): $(call objects,$(LIB_DIRS)) $(BUILD)/embedded.o
$(EMU): $(call objects,$(EMU_DIRS)) $(SIMD)
$(LIB) $(EMU):
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(SOFT): $(call objects,$(DOOR_DIRS)) $(EMU) emulator/doors.map
	$(call say,LINK)
	$(Q)$(CXX) $(CXXFLAGS) -shared -Wl,-soname,libhsakmt.so.1 -Wl,--version-script=emulator/doors.map \
	           $(if $(findstring -fsanitize,$(CXXFLAGS)),,-Wl$(comma)-z$(comma)defs) \
	           $(filter %.o,$^) -Wl,--whole-archive $(EMU) -Wl,--no-whole-archive $(LDLIBS) -o $@

LINK = $(CXX) $(CXXFLAGS) $(filter %.o %.a,$^) $(LDLIBS) -o $@

$(GCN): $(call objects,cli) $(LIB)
	$(call say,LINK)
	$(Q)$(LINK)

$(TESTS): $(BUILD)/%: $(BUILD)/%.o $(TEST_HELP) $(LIB) $(EMU)
	$(call say,LINK)
	$(Q)$(LINK) -lCatch2WithMain
$(BENCHES): $(BUILD)/%: $(BUILD)/%.o $(LIB) $(EMU)
	$(call say,LINK)
	$(Q)$(LINK)

# A passed test is a file, so that only what changed runs again. One that hangs is a failed one.
TEST_SECONDS := 300
$(BUILD)/tests/%.passed: $(BUILD)/tests/% $(BUILD)/tests/encodings.txt $(TEST_CODE) $(PROGRAMS) $(GCN) $(SOFT)
	$(call say,TEST)
	$(Q)GCN_BACKEND=hsa-software timeout --foreground $(TEST_SECONDS) $< >$@.log 2>&1 || \
	    { code=$$?; cat $@.log; echo "gcn: cannot pass $<: exit status $$code (124: after $(TEST_SECONDS) s)."; exit 1; }
	@tail -n 2 $@.log | sed '/^$$/d;s/^/        /'
	@touch $@

$(BUILD)/tests/test_lints.passed: $(wildcard tests/lints/*) tools/check_budget.py tools/check_waits.py asm/include/gcn.inc

$(BUILD)/tests/programs/%: tests/programs/%.hip.cpp
	@mkdir -p $(@D)
	$(call say,HIPCC)
	@mkdir -p $(BUILD)/tmp
	$(Q)TMPDIR=$(abspath $(BUILD))/tmp hipcc --offload-arch=gfx803 -std=c++17 -O2 -w -o $@ $<
$(BUILD)/tests/programs/%: tests/programs/%.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) -O2 -Wall -Wextra -Werror -o $@ $< -ldl -pthread

# ---- kernels ---------------------------------------------------------------------
$(BUILD)/%.co: %.s $(wildcard asm/include/*.inc)
	@mkdir -p $(@D)
	$(call say,ASM)
	$(Q)$(CLANG) $(GCN_TARGET) -x assembler -Iasm/include $< -o $@
$(BUILD)/%.co: %.cl
	@mkdir -p $(@D)
	$(call say,CL)
	$(Q)$(CLANG) $(GCN_TARGET) -x cl -cl-std=CL2.0 -O2 -Wno-everything $< -o $@

$(BUILD)/bench/cases.o: $(wildcard bench/cases/*.txt)  # read by the assembler, so no .d file names them
$(BUILD)/embedded.o: $(KERNELS) tools/embed.py
	$(call say,EMBED)
	$(Q)$(PYTHON) tools/embed.py $(filter %.co,$^) | $(CXX) -c -x assembler - -o $@

# ---- checks that are not programs ------------------------------------------------
$(BUILD)/tests/encodings.o: tests/encodings.s
	@mkdir -p $(@D)
	$(call say,ASM)
	$(Q)$(CLANG) $(GCN_TARGET) -x assembler -c $< -o $@
$(BUILD)/tests/encodings.txt: $(BUILD)/tests/encodings.o $(KERNELS) $(TEST_CODE) tools/encodings.py
	$(Q)$(PYTHON) tools/encodings.py $(filter %.o %.co,$^) > $@

$(BUILD)/layers.passed: tools/check_layers.py docs/layers.txt $(SOURCES)
	@mkdir -p $(@D)
	$(call say,CHECK)
	$(Q)$(PYTHON) tools/check_layers.py
	@touch $@
$(BUILD)/simd.passed: tools/check_simd.py $(SIMD)
	$(call say,CHECK)
	$(Q)$(PYTHON) tools/check_simd.py $(SIMD)
	@touch $@
$(BUILD)/budget.passed: tools/check_budget.py $(KERNELS)
	$(call say,CHECK)
	$(Q)$(PYTHON) tools/check_budget.py $(foreach k,$(KERNELS),$(k:$(BUILD)/%.co=%.s) $k)
	@touch $@
$(BUILD)/waits.passed: tools/check_waits.py $(KERNELS)
	$(call say,CHECK)
	$(Q)$(PYTHON) tools/check_waits.py $(KERNELS)
	@touch $@

-include $(if $(wildcard $(BUILD)),$(shell find $(BUILD) -name '*.d'))
