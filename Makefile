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
PYTHON   ?= python3 -B
CXXFLAGS ?= -O2 -g

# -ffp-contract=off: without it a*b+c may be fused, by compiler, level and host, and then v_mac rounds once, not twice.
# It stands after the user's flags so that these cannot undo it.
ALL_CXX  := $(CXXFLAGS) -std=c++20 -Wall -Wextra -Werror -fPIC -fvisibility=hidden -MMD -MP -Iinclude -I. \
            -DGCN_PREFIX='"$(PREFIX)"' -ffp-contract=off
GCN_TARGET := -target amdgcn-amd-amdhsa -mcpu=gfx803 -mcode-object-version=4 -nogpulib
LDLIBS   := -ldl -pthread
comma    := ,
# Shared objects name all that they need; the sanitizers' functions come from the program.
DEFS     := $(if $(findstring -fsanitize,$(CXXFLAGS)),,-Wl$(comma)-z$(comma)defs)
# With them GCC 12 takes members of std::regex for uninitialized: see check-asan.
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined
SANITIZED = CXXFLAGS='-O1 -g $(SANITIZE) -Wno-maybe-uninitialized' SIMD_OPT=-O1

# ---- what gets built -------------------------------------------------------------
LIB_DIRS  := capi perfcounters plan backend hsa_host drm_host cpu_ref bench $(wildcard modules/*)
EMU_DIRS  := emulator/exec emulator/strict emulator/timing emulator/debug emulator/cp
DOOR_DIRS := emulator/kfd emulator/drm

objects    = $(patsubst %.cpp,$(BUILD)/%.o,$(filter-out emulator/exec/simd.cpp,$(wildcard $(1:%=%/*.cpp))))
LIB       := $(BUILD)/libgcn.a
LIB_PARTS := $(call objects,$(LIB_DIRS)) $(BUILD)/embedded.o
SHARED    := $(BUILD)/libgcn.so
EMU       := $(BUILD)/emulator.a
SOFT      := $(BUILD)/libgcn-emu.so
GCN       := $(BUILD)/gcn
# The interpreter's bodies are compiled once per vector unit; the executor chooses at start.
SIMD      := $(addprefix $(BUILD)/emulator/exec/simd_,avx512.o avx2.o portable.o)
TEST_HELP := $(patsubst %.cpp,$(BUILD)/%.o,$(filter-out tests/test_%.cpp tests/bench_%.cpp tests/fuzz_%.cpp, \
             $(wildcard tests/*.cpp)))
TESTS     := $(patsubst %.cpp,$(BUILD)/%,$(wildcard tests/test_*.cpp))
# The scalar reference and the fuzzer that compares it with emulator/exec.
FUZZ_EXEC := $(patsubst %.cpp,$(BUILD)/%.o,$(wildcard tests/scalar/*.cpp))
BENCHES   := $(patsubst %.cpp,$(BUILD)/%,$(wildcard tests/bench_*.cpp))
# Kernels by hand are found by folder, those by program by their lines in codegen/kernels.list.
GENERATED := $(patsubst %,$(BUILD)/codegen/%.s,$(shell sed 's/\#.*//;/^ *$$/d;s/ .*//' codegen/kernels.list))
BY_HAND   := $(wildcard asm/*.s)
KERNELS   := $(BY_HAND:%.s=$(BUILD)/%.co) $(GENERATED:.s=.co)
VARIANTS  := $(patsubst %,$(BUILD)/tests/variants/%.s,$(shell sed 's/\#.*//;/^ *$$/d;s/ .*//' tests/kernels/variants.list))
TEST_CODE := $(patsubst %.s,$(BUILD)/%.co,$(wildcard tests/kernels/*.s)) \
             $(patsubst %.cl,$(BUILD)/%.co,$(wildcard tests/kernels/*.cl)) $(VARIANTS:.s=.co)
TIMED     := $(patsubst %.s,$(BUILD)/%.co,$(wildcard tests/timing/*.s))
# The corpus: kernels as compilers make them, each file at two levels; with AMD's built-in functions.
DEVICE_LIBS ?= /usr/lib/x86_64-linux-gnu/amdgcn/bitcode
CORPUS    := $(foreach k,$(basename $(wildcard tests/corpus/*.cl tests/corpus/*.hip)),$(addprefix $(BUILD)/$k,.O0.co .O2.co))
PROGRAMS  := $(patsubst %.hip.cpp,$(BUILD)/%,$(wildcard tests/programs/*.hip.cpp)) \
             $(patsubst %.c,$(BUILD)/%,$(wildcard tests/programs/*.c))
LONG_PROGRAMS := $(patsubst %.hip.cpp,$(BUILD)/%,$(wildcard tests/programs/long/*.hip.cpp))
TOP_DIRS  := include examples capi cli modules bench perfcounters plan backend hsa_host drm_host cpu_ref emulator isa tests
SOURCES   := $(shell find $(TOP_DIRS) -name '*.?pp' -o -name '*.h' -o -name '*.inc' -o -name '*.def')
# The one place of the version is the program's --version.
VERSION   := $(shell sed -n 's/.*"gcn \([0-9.]*\)".*/\1/p' cli/gcn.cpp)
INSTALL   := BUILD='$(BUILD)' PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' VERSION='$(VERSION)' sh tools/install.sh
SCRIPTS   := $(wildcard *.sh tools/*.sh tests/*.sh) .ci/run

# ---- entry points ----------------------------------------------------------------
.DEFAULT_GOAL := all
.PHONY: all kernels install uninstall check check-long check-packages check-asan fuzz-exec fuzz-drm
.PHONY: bench bench-all bench-emu calibrate-card fuzz-isa isa-coverage lint format clean help
.DELETE_ON_ERROR:
# What only tests need is kept after them. (With nothing after it, .SECONDARY would keep stale kernels too.)
.SECONDARY: $(PROGRAMS) $(LONG_PROGRAMS) $(TEST_CODE) $(TIMED) $(GENERATED) $(VARIANTS)

all: $(LIB) $(SHARED) $(GCN) $(SOFT)    ## libraries, program and software Polaris
kernels: $(KERNELS)                     ## code objects only
install: all                            ## install below PREFIX (/usr/local); packagers put DESTDIR before it
	$(Q)$(INSTALL) check && scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT && \
	    $(CXX) $(ALL_CXX) -c backend/software.cpp -o $$scratch/software.o && \
	    $(AR) rcs $$scratch/libgcn.a $(filter-out %/backend/software.o,$(LIB_PARTS)) $$scratch/software.o && \
	    ARCHIVE=$$scratch/libgcn.a $(INSTALL) install
uninstall:                              ## remove what make install put there; give the same PREFIX and DESTDIR
	$(Q)ARCHIVE= $(INSTALL) uninstall
check: check-packages                   ## every test; needs no card; installs what only tests need
	$(Q)$(MAKE) --no-print-directory checks
.PHONY: checks
checks: $(TESTS:=.passed) $(BUILD)/tests/fuzz_isa.passed $(BUILD)/isa-coverage.passed $(BUILD)/layers.passed \
        $(BUILD)/budget.passed $(BUILD)/waits.passed $(BUILD)/simd.passed
check-long: check                       ## full repetitions, every SIMD build, one thread and two: up to 40 minutes
	$(Q)$(MAKE) --no-print-directory $(FUZZERS) $(LONG_PROGRAMS)
	$(Q)sh tests/long.sh $(BUILD)
	$(Q)$(MAKE) --no-print-directory check-asan
	$(Q)$(MAKE) --no-print-directory fuzz-drm SECONDS=30
check-packages:
	$(Q)sh setup.sh --check
fuzz-drm:                               ## random ioctls and packets, under the sanitizers (SECONDS=300 each, SEED=1)
	$(Q)$(MAKE) --no-print-directory fuzzed-drm BUILD=$(BUILD)/asan $(SANITIZED)
.PHONY: fuzzed-drm
fuzzed-drm: $(BUILD)/tests/fuzz_drm_packets $(BUILD)/tests/fuzz_drm_calls $(BUILD)/tests/kernels/rings.co
	$(Q)$(BUILD)/tests/fuzz_drm_packets --seed $(or $(SEED),1) --seconds $(or $(SECONDS),300)
	$(Q)$(BUILD)/tests/fuzz_drm_calls --seed $(or $(SEED),1) --seconds $(or $(SECONDS),300)
check-asan:                             ## the tests under the address and undefined-behaviour sanitizers
	$(Q)$(MAKE) --no-print-directory checks BUILD=$(BUILD)/asan $(SANITIZED) TEST_SECONDS=900
fuzz-exec: $(BUILD)/tests/fuzz_exec      ## 10 million random instructions on every SIMD build beside a scalar reference (COUNT=...)
	$(Q)$< --seed $(or $(SEED),1) --count $(or $(COUNT),10000000) --complete
	$(Q)$< --seed $(or $(SEED),1) --count 1000000 --programs
	$(Q)$< --seed $(or $(SEED),1) --count 1000000 --images
bench: all                              ## build, then time and verify (CASES="..." for your own); every time says its kind
	$(Q)$(GCN) bench $(CASES)
bench-all: all                          ## the same for every list of bench/cases; says what it leaves out on software
	$(Q)$(GCN) bench $(patsubst bench/cases/%.txt,--list %,$(sort $(wildcard bench/cases/*.txt))) $(CASES)
bench-emu: $(BENCHES) $(TEST_CODE) $(TIMED) $(BUILD)/tests/programs/drm_latency all             ## the software Polaris beside OpenBLAS, latencies of queues, planner and kernel cache
	$(Q)for b in $(BENCHES); do $$b || exit 1; done
calibrate-card: $(BUILD)/tests/calibrate $(TIMED) all  ## every row of docs/timing.md on the device of GCN_BACKEND (ROWS="..." for some)
	$(Q)$< $(ROWS)
fuzz-isa: $(BUILD)/tests/fuzz_isa       ## isa/ against LLVM, millions of words (WORDS=... for another number)
	$(Q)$< --words $(or $(WORDS),8500000) --seed $(or $(SEED),1)
isa-coverage: $(BUILD)/isa-coverage.md  ## write docs/isa-coverage.md again
	$(Q)cp $< docs/isa-coverage.md
lint: $(BUILD)/layers.passed            ## formatting, layers, shell scripts
	$(Q)clang-format --dry-run -Werror $(filter %.cpp %.hpp,$(SOURCES))
	$(Q)shellcheck -s sh -S warning $(SCRIPTS)
format:                                 ## rewrite .cpp and .hpp as make lint wants them
	$(Q)clang-format -i $(filter %.cpp %.hpp,$(SOURCES))
clean:                                  ## remove the build folder
	$(Q)rm -rf $(BUILD)
help:                                   ## this text
	@sed -n 's/^## \{0,1\}//p' Makefile
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile
	@echo "  make V=1 ...      print every command"

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
# Under the sanitizers the builds that this host does not choose are compiled without them, in a quarter of the time.
CHOSEN_SIMD = $(if $(shell grep -m 1 -w avx512vl /proc/cpuinfo),avx512,$(if $(shell grep -m 1 -w avx2 /proc/cpuinfo),avx2,portable))
$(filter-out %_$(CHOSEN_SIMD).o,$(SIMD)): ALL_CXX := $(filter-out -fsanitize=% -fno-sanitize-recover=%,$(ALL_CXX))
$(SIMD): emulator/exec/simd.cpp
	@mkdir -p $(@D)
	$(call say,CXX)
	$(Q)$(CXX) $(ALL_CXX) $(SIMD_OPT) $(SIMD_FLAGS) -Wno-psabi -c $< -o $@

$(LIB): $(LIB_PARTS)
$(EMU): $(call objects,$(EMU_DIRS)) $(SIMD)
$(LIB) $(EMU):
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(SOFT): $(call objects,$(DOOR_DIRS)) $(EMU) emulator/doors.map
	$(call say,LINK)
	$(Q)$(CXX) $(CXXFLAGS) -shared -Wl,-soname,libhsakmt.so.1 -Wl,--version-script=emulator/doors.map \
	           $(DEFS) $(filter %.o,$^) -Wl,--whole-archive $(EMU) -Wl,--no-whole-archive $(LDLIBS) -o $@

# For languages that call C: of the same objects, but only gcn.h can be seen. Never unloaded: runtimes keep threads.
$(SHARED): $(LIB_PARTS) capi/gcn.map
	$(call say,LINK)
	$(Q)$(CXX) $(CXXFLAGS) -shared -Wl,-soname,libgcn.so.0 -Wl,--version-script=capi/gcn.map -Wl,-z,nodelete $(DEFS) \
	           $(filter %.o,$^) $(LDLIBS) -o $@

LINK = $(CXX) $(CXXFLAGS) $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS) -o $@

$(GCN): $(call objects,cli) $(LIB)
	$(call say,LINK)
	$(Q)$(LINK)

$(TESTS): $(BUILD)/%: $(BUILD)/%.o $(TEST_HELP) $(LIB) $(EMU)
	$(call say,LINK)
	$(Q)$(LINK) -lCatch2WithMain
$(BUILD)/tests/test_corpus: $(call objects,tests/corpus)
$(patsubst %,$(BUILD)/tests/test_%.passed,corpus disasm drm_host): $(CORPUS)
# What measures the timing model, and a card beside it.
CALIBRATE := $(call objects,tests/timing)
$(BUILD)/tests/test_timing: $(filter-out %/calibrate.o,$(CALIBRATE))
$(BUILD)/tests/test_timing.passed: $(BUILD)/tests/calibrate $(TIMED)
$(BUILD)/tests/calibrate: $(CALIBRATE) $(LIB)
	$(call say,LINK)
	$(Q)$(LINK)
$(BENCHES): $(BUILD)/%: $(BUILD)/%.o $(LIB) $(EMU)
	$(call say,LINK)
	$(Q)$(LINK)
$(BUILD)/tests/test_scalar: $(FUZZ_EXEC)
$(BUILD)/tests/fuzz_exec: $(BUILD)/tests/fuzz_exec.o $(FUZZ_EXEC) $(EMU)
	$(call say,LINK)
	$(Q)$(LINK)

# clang has the fuzzer; of the library it takes what is fuzzed: each target names its sources. The tables of isa/ are
# arrays of more elements than clang nests brackets.
FUZZERS := $(patsubst %.cpp,$(BUILD)/%,$(wildcard tests/fuzz_*.cpp))
$(BUILD)/tests/fuzz_npy: modules/formats/npy.cpp modules/formats/npy.hpp
$(BUILD)/tests/fuzz_elf: $(wildcard backend/elf.* backend/bundle.* backend/code_object.* backend/metadata.* backend/disasm.* isa/*)
$(BUILD)/tests/fuzz_%: tests/fuzz_%.cpp
	@mkdir -p $(@D)
	$(call say,FUZZ)
	$(Q)$(CLANG) --driver-mode=g++ $(filter-out -MMD -MP,$(ALL_CXX)) $(SANITIZE) -fsanitize=fuzzer -fbracket-depth=4096 \
	    $(filter %.cpp,$^) -o $@

# Those of the DRM door have a loop of their own: clang would take longer for the emulator than they run. Without the
# interposed calls, which would be the fuzzer's too.
FUZZ_DRM := $(patsubst %.cpp,$(BUILD)/%,$(wildcard tests/fuzz_drm_*.cpp))
$(BUILD)/tests/fuzz_drm_calls: $(filter-out %/paths.o,$(call objects,emulator/drm))
$(FUZZ_DRM): $(BUILD)/%: $(BUILD)/%.o $(EMU)
	$(call say,LINK)
	$(Q)$(LINK)

# Linked with LLVM and not with the library, so not in TESTS. -isystem: warnings are errors, LLVM's headers have some.
LLVM_CONFIG ?= llvm-config-16
$(BUILD)/tests/fuzz_isa.o: ALL_CXX += -isystem $(shell $(LLVM_CONFIG) --includedir)
$(BUILD)/tests/fuzz_isa: $(BUILD)/tests/fuzz_isa.o
	$(call say,LINK)
	$(Q)$(LINK) $(shell $(LLVM_CONFIG) --ldflags --libs)
$(BUILD)/tests/fuzz_isa.passed: $(BUILD)/tests/fuzz_isa tests/isa_exceptions.txt
	$(call say,TEST)
	$(Q)timeout --foreground $(TEST_SECONDS) $< --opcodes $(BUILD)/tests/isa_opcodes.txt >$@.log 2>&1 || { cat $@.log; exit 1; }
	@tail -n 1 $@.log | sed 's/^/        /'
	@touch $@
# The fuzzer of meanings, where there is one, names what it executes.
FUZZED := $(if $(wildcard tests/fuzz_exec.cpp),$(BUILD)/tests/fuzz_exec.names)
$(BUILD)/tests/fuzz_exec.names: $(BUILD)/tests/fuzz_exec
	$(Q)$< --list > $@
$(BUILD)/isa-coverage.md: $(BUILD)/tests/fuzz_isa.passed tools/isa_coverage.py isa/insts.def emulator/exec/unexecuted.inc \
                          $(wildcard tests/test_exec_*.cpp) $(FUZZED)
	$(Q)$(PYTHON) tools/isa_coverage.py $(BUILD)/tests/isa_opcodes.txt $(addprefix --fuzzed ,$(FUZZED)) > $@
$(BUILD)/isa-coverage.passed: $(BUILD)/isa-coverage.md docs/isa-coverage.md
	$(call say,CHECK)
	$(Q)cmp -s $^ || { diff $^ | head -n 10; echo "gcn: cannot pass: docs/isa-coverage.md is not what the tree" \
	    "says. Try: make isa-coverage."; exit 1; }
	@touch $@

# A passed test is a file, so that only what changed runs again. One that hangs is a failed one.
TEST_SECONDS := 600
$(BUILD)/tests/%.passed: $(BUILD)/tests/% $(BUILD)/tests/encodings.txt $(TEST_CODE) $(PROGRAMS) $(GCN) $(SOFT) $(SHARED)
	$(call say,TEST)
	$(Q)GCN_BACKEND=hsa-software timeout --foreground $(TEST_SECONDS) $< >$@.log 2>&1 || \
	    { code=$$?; cat $@.log; echo "gcn: cannot pass $<: exit status $$code (124: after $(TEST_SECONDS) s)."; exit 1; }
	@tail -n 2 $@.log | sed '/^$$/d;s/^/        /'
	@touch $@

$(BUILD)/tests/test_install.passed: $(wildcard examples/* include/gcn/*) tools/install.sh
$(BUILD)/tests/test_bad_input.passed: docs/bad-input.md
$(BUILD)/tests/test_perfcounters.passed: docs/perfcounters.md
$(BUILD)/tests/test_examples.passed: $(wildcard examples/hip/*) docs/programs.md docs/debugging.md asm/include/gcn.inc
$(BUILD)/tests/test_drm_programs.passed: $(wildcard tests/preload/*)
$(BUILD)/tests/test_lints.passed: $(wildcard tests/lints/*) tools/check_budget.py tools/check_waits.py asm/include/gcn.inc

$(BUILD)/tests/programs/rocrand: HIP_LIBS := -lrocrand
$(BUILD)/tests/programs/%: tests/programs/%.hip.cpp $(wildcard tests/programs/*.hpp)
	@mkdir -p $(@D)
	$(call say,HIPCC)
	@mkdir -p $(BUILD)/tmp
	$(Q)TMPDIR=$(abspath $(BUILD))/tmp hipcc --offload-arch=gfx803 -std=c++17 -O2 -w -I. -o $@ $< $(HIP_LIBS)
$(filter %/drm_calls %/drm_submit %/drm_processes %/drm_latency,$(PROGRAMS)): tests/programs/drm.h $(wildcard isa/*.def)
$(BUILD)/tests/programs/cl_%: C_LIBS := -lOpenCL
$(BUILD)/tests/programs/%: tests/programs/%.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) -O2 -Wall -Wextra -Werror -I. -o $@ $< $(C_LIBS) -ldl -pthread

# ---- kernels ---------------------------------------------------------------------
$(BUILD)/%.co: %.s $(wildcard asm/include/*.inc)
	@mkdir -p $(@D)
	$(call say,ASM)
	$(Q)$(CLANG) $(GCN_TARGET) -x assembler -Iasm/include $< -o $@
$(TIMED): tests/timing/timing.inc
$(BUILD)/codegen/%.s: codegen/kernels.list $(wildcard codegen/*.py)
	@mkdir -p $(@D)
	$(call say,GEN)
	$(Q)set -- $$(grep '^$* ' $<) && shift && script=$$1 && shift && $(PYTHON) codegen/$$script $* "$$@" > $@
$(BUILD)/tests/variants/%.s: tests/kernels/variants.list $(wildcard codegen/*.py)
	@mkdir -p $(@D)
	$(call say,GEN)
	$(Q)set -- $$(grep '^$* ' $<) && shift && script=$$1 && shift && $(PYTHON) codegen/$$script $* "$$@" > $@
$(BUILD)/tests/variants/%.co: $(BUILD)/tests/variants/%.s $(wildcard asm/include/*.inc)
	$(call say,ASM)
	$(Q)$(CLANG) $(GCN_TARGET) -x assembler -Iasm/include $< -o $@
$(BUILD)/codegen/%.co: $(BUILD)/codegen/%.s $(wildcard asm/include/*.inc)
	$(call say,ASM)
	$(Q)$(CLANG) $(GCN_TARGET) -x assembler -Iasm/include $< -o $@
$(BUILD)/%.co: %.cl
	@mkdir -p $(@D)
	$(call say,CL)
	$(Q)$(CLANG) $(GCN_TARGET) -x cl -cl-std=CL2.0 -O2 -Wno-everything $< -o $@

# Hundreds of small functions of the host, called a thousand times each: not worth an optimizer's time.
$(BUILD)/tests/corpus/%.o: ALL_CXX += -O0
# The first line of a file may say "// flags: ...". For HIP clang asks for a program "lld", which may be of another
# version: its own lies beside it.
CORPUS_FLAGS = -mcode-object-version=4 --rocm-device-lib-path=$(DEVICE_LIBS) -Wno-everything \
               $$(sed -n '1s,^// flags: ,,p' $<) -O$(patsubst .O%,%,$(suffix $(basename $@)))
AS_CL  := -target amdgcn-amd-amdhsa -mcpu=gfx803 -x cl -cl-std=CL2.0
AS_HIP := -B$(dir $(realpath $(shell command -v $(CLANG)))) -x hip --offload-arch=gfx803 --cuda-device-only \
          --no-gpu-bundle-output -nogpuinc
define compile_corpus
	@mkdir -p $(@D)
	$(call say,$1)
	$(Q)$(CLANG) $2 $(CORPUS_FLAGS) $< -o $@
endef
$(BUILD)/tests/corpus/%.O0.co: tests/corpus/%.cl tests/corpus/each.h
	$(call compile_corpus,CL,$(AS_CL))
$(BUILD)/tests/corpus/%.O2.co: tests/corpus/%.cl tests/corpus/each.h
	$(call compile_corpus,CL,$(AS_CL))
$(BUILD)/tests/corpus/%.O0.co: tests/corpus/%.hip
	$(call compile_corpus,HIP,$(AS_HIP))
$(BUILD)/tests/corpus/%.O2.co: tests/corpus/%.hip
	$(call compile_corpus,HIP,$(AS_HIP))

$(BUILD)/plan/generated.def: $(GENERATED)
	@mkdir -p $(@D)
	$(Q)sed -n 's,^// row: ,,p' $^ > $@
$(BUILD)/plan/select.o: $(BUILD)/plan/generated.def
$(BUILD)/plan/select.o: ALL_CXX += -I$(BUILD)

$(BUILD)/bench/cases.o: $(wildcard bench/cases/*.txt)  # read by the assembler, so no .d file names them
$(BUILD)/perfcounters/metrics.o: perfcounters/gfx803/metrics.tsv
$(BUILD)/emulator/timing/parameters.o: emulator/timing/parameters.tsv emulator/timing/valu.tsv
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
$(BUILD)/budget.passed: tools/check_budget.py $(KERNELS) $(VARIANTS:.s=.co)
	$(call say,CHECK)
	$(Q)$(PYTHON) tools/check_budget.py $(foreach s,$(BY_HAND),$s $(s:%.s=$(BUILD)/%.co)) \
	    $(foreach s,$(GENERATED) $(VARIANTS),$s $(s:.s=.co))
	@touch $@
$(BUILD)/waits.passed: tools/check_waits.py $(KERNELS) $(VARIANTS:.s=.co)
	$(call say,CHECK)
	$(Q)$(PYTHON) tools/check_waits.py $(KERNELS) $(VARIANTS:.s=.co)
	@touch $@

# Not those of tools/compare_bench.sh, which name the same objects of other commits.
-include $(if $(wildcard $(BUILD)),$(shell find $(BUILD) -path $(BUILD)/compare -prune -o -name '*.d' -print))
