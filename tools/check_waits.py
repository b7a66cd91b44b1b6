"""check_waits.py OBJECT ...: proves for every path through each kernel that what it loads is waited for.

Walks the control-flow graph of LLVM's listing to a fixpoint. A finding, one a line, is
  * a register read or overwritten while a load into it is under way,
  * an s_barrier with LDS writes of the wave under way,
  * a wait state missing that gfx803 leaves to the program (LLVM, GCNHazardRecognizer.cpp),
  * an LDS access before M0 was set, code that cannot be followed, or an object without a kernel.

Counters as LLVM's SIInsertWaitcnts.cpp keeps them for this generation: vector memory, stores included, comes back in
order; so does LDS, but not scalar memory, after which only lgkmcnt(0) tells anything. Store data need no expcnt.
flat_* is taken to reach memory and not LDS, as in clang's code for global pointers; the listing does not tell.
"""
import collections
import re
import subprocess
import sys

VM, LGKM = "vmcnt", "lgkmcnt"
NEVER = 15          # a field of all ones: this counter is not waited for
LDS = "LDS"         # pending like a register: writes to LDS that have not arrived
VGPR = 256          # vector registers are numbered after the scalar file
VCC, M0, EXEC = (106, 107), (124,), (126, 127)
FIXED = {"vcc": VCC, "vcc_lo": (106,), "vcc_hi": (107,), "m0": M0, "exec": EXEC, "exec_lo": (126,), "exec_hi": (127,),
         "flat_scratch": (102, 103), "flat_scratch_lo": (102,), "flat_scratch_hi": (103,),
         "xnack_mask": (104, 105), "xnack_mask_lo": (104,), "xnack_mask_hi": (105,)}

REGISTER = re.compile(r"\b(?:([sv])(\d+)|([sv])\[(\d+):(\d+)\]|(" + "|".join(FIXED) + r"))(?![\w\[])")
DPP = re.compile(r"quad_perm:|row_|wave_|_dpp\b")
TWO_RESULTS = re.compile(r"v_(add|sub|subrev|addc|subb|subbrev)_u32|v_div_scale_|v_mad_[ui]64_")
READS_RESULT = re.compile(r"v_mac_|v_writelane_|s_cmov|s_addk_|s_mulk_|s_bitset")
NO_RESULT = re.compile(r"s_(cmp|bitcmp|cbranch|branch|waitcnt|nop|endpgm|barrier|setprio|setreg|sleep|sethalt|sendmsg|"
                       r"trap|icache|incperf|decperf|ttrace|store|buffer_store|dcache|setpc|rfe|setvskip|set_gpr)|"
                       r"v_nop|v_clrexcp|(t?buffer|flat|image)_store|buffer_wbinvl1|exp")
UNKNOWN_NEXT = re.compile(r"s_(setpc|swappc|rfe)_b64|s_cbranch_(g_fork|i_fork|join)")
DS_RESULT = re.compile(r"ds_(read|.*_rtn|b?permute|swizzle|append|consume)")
DS_NO_MEMORY = re.compile(r"ds_(b?permute|swizzle|nop)")

# Wait states between whoever writes something and whoever then needs it.
WAITS = {"sgpr for memory": 5, "sgpr for lane select": 4, "vcc for div_fmas": 4, "flag as data": 5, "vgpr for dpp": 2,
         "exec for dpp": 5, "hwreg": 2, "store data": 1, "m0": 1, "descriptor": 1}
LONGEST = max(WAITS.values())


class Inst:
    """One line of the listing, with the registers it reads and writes."""

    def __init__(self, at, text, words):
        self.at, self.text, self.word = at, re.sub(r"\s+", " ", text), int(words[:8], 16)
        self.after = at + 4 * len(words.split())
        self.op, _, rest = self.text.partition(" ")
        self.name = re.sub(r"_(e32|e64|sdwa|dpp)$", "", self.op)
        self.parts = [p.strip() for p in re.split(r",(?![^\[(]*[\])])", rest)] if rest else []
        self.operands = [registers(p) for p in self.parts]
        self.kind = self.find_kind()
        results = self.count_results()
        writes, reads = self.operands[:results], self.operands[results:]
        if READS_RESULT.match(self.name) or "UNUSED_PRESERVE" in rest or (results and "_atomic_" in self.name):
            reads = reads + writes[:1]
        if self.name.startswith("v_cmpx") or "saveexec" in self.name:
            writes = writes + [EXEC]
        if self.name.startswith("v_div_fmas"):
            reads = reads + [VCC]
        self.writes = [r for group in writes for r in group]
        self.reads = [r for group in reads for r in group]

    def find_kind(self):
        if re.match(r"s_(load|store|buffer|mem|dcache|atc)", self.name):
            return "SMEM"
        for prefix, kind in (("s_", "SALU"), ("v_", "VALU"), ("ds_", "DS"), ("flat_", "FLAT"), ("exp", "EXP")):
            if self.name.startswith(prefix):
                return kind
        return "MUBUF"

    def count_results(self):
        if NO_RESULT.match(self.name) or re.search(r"\blds$", self.text):
            return 0
        if self.kind == "DS":
            return int(bool(DS_RESULT.match(self.name)))
        if "_atomic_" in self.name:
            return int(" glc" in self.text)
        return 2 if TWO_RESULTS.match(self.name) else 1

    def is_memory(self):
        return self.kind in ("MUBUF", "FLAT")

    def store_data(self):
        """Vector registers of more than 8 bytes that a store may still read after its issue, if it is of that kind."""
        if not self.is_memory() or not re.search(r"_store|_atomic_", self.name):
            return ()
        if self.kind == "FLAT":
            data = self.operands[2 if self.count_results() else 1]
        else:
            soffset_is_register = bool(registers(self.parts[-1].split(" ")[0]))
            data = () if soffset_is_register else self.operands[0]
        return data if len(data) > 2 else ()

    def wait_states(self):
        return int(self.parts[0], 0) + 1 if self.name == "s_nop" else 1


def registers(text):
    found = []
    for kind, one, kinds, first, last, fixed in REGISTER.findall(text):
        if fixed:
            found += FIXED[fixed]
        else:
            base = VGPR if (kind or kinds) == "v" else 0
            found += range(base + int(one or first), base + int(one or last) + 1)
    return tuple(found)


class State:
    """What may be under way at one place, over all paths that lead there."""

    def __init__(self):
        self.pending = {}        # (counter, register): (operations issued since, address of the load)
        self.loose = set()       # counters with scalar memory under way: no order
        self.recent = {}         # (what, register): (wait states since, address of the writer)
        self.m0 = False          # M0 was set

    def copy(self):
        other = State()
        other.pending, other.loose, other.recent = dict(self.pending), set(self.loose), dict(self.recent)
        other.m0 = self.m0
        return other

    def join(self, other):
        """Also whatever `other` says; True when that was news."""
        news = bool(other.loose - self.loose) or (self.m0 and not other.m0)
        self.loose |= other.loose
        self.m0 &= other.m0
        for mine, theirs in ((self.pending, other.pending), (self.recent, other.recent)):
            for key, value in theirs.items():
                if key not in mine or value < mine[key]:
                    mine[key] = value
                    news = True
        return news

    def issue(self, counter, at, results):
        for key, (age, since) in self.pending.items():
            if key[0] == counter:
                self.pending[key] = (min(age + 1, NEVER), since)
        for register in results:
            self.pending[counter, register] = (0, at)

    def wait(self, counter, count):
        if count == 0:
            self.loose.discard(counter)
        elif count == NEVER or counter in self.loose:
            return
        self.pending = {key: value for key, value in self.pending.items() if key[0] != counter or value[0] < count}


class Kernel:
    def __init__(self, name, start, insts, names):
        self.name, self.start, self.names = name, start, names
        self.insts = insts
        self.index = {inst.at: i for i, inst in enumerate(insts)}
        self.findings = []
        self.report = False

    def register(self, number):
        short = f"v{number - VGPR}" if number >= VGPR else f"s{number}"
        short = next((name for name, numbers in FIXED.items() if number in numbers), short)
        return f"{short} ({self.names[number]})" if number in self.names else short

    def find(self, inst, what):
        if self.report:
            self.findings.append(f"{self.name}+{inst.at - self.start:#x}: {inst.text} {what}")

    def line(self, at):
        return f"{self.insts[self.index[at]].op} at +{at - self.start:#x}"

    def next_of(self, inst):
        """Addresses that may follow; None for what cannot be known."""
        if inst.name == "s_endpgm":
            return []
        if UNKNOWN_NEXT.match(inst.name):
            return None
        if inst.name.startswith(("s_branch", "s_cbranch")):
            offset = inst.word & 0xffff
            to = inst.after + 4 * (offset - 0x10000 if offset & 0x8000 else offset)
            return [to] if inst.name == "s_branch" else [inst.after, to]
        return [inst.after]

    def check_pending(self, state, inst):
        for how, touched in (("reads", inst.reads), ("overwrites", inst.writes)):
            for register in touched:
                for counter in (VM, LGKM):
                    age, since = state.pending.get((counter, register), (0, None))
                    if since is None:
                        continue
                    in_order = counter == VM and how == "overwrites" and inst.kind == "MUBUF"
                    if in_order and self.insts[self.index[since]].kind == "MUBUF":
                        continue
                    count = 0 if counter in state.loose else min(age, NEVER - 1)
                    self.find(inst, f"{how} {self.register(register)} while {self.line(since)} is under way: "
                                    f"no s_waitcnt between them waits for {counter}({count})")
                    state.pending = {k: v for k, v in state.pending.items() if v[1] != since}

    def check_barrier(self, state, inst):
        age, since = state.pending.get((LGKM, LDS), (0, None))
        if inst.name == "s_barrier" and since is not None:
            count = 0 if LGKM in state.loose else min(age, NEVER - 1)
            self.find(inst, f"lets other waves on while {self.line(since)} is under way: "
                            f"no s_waitcnt between them waits for {LGKM}({count})")
            del state.pending[LGKM, LDS]

    def need(self, state, inst, what, touched, sentence):
        for register in touched:
            passed, since = state.recent.get((what, register), (LONGEST, None))
            if passed < WAITS[what]:
                shown = self.register(register) if isinstance(register, int) else register
                self.find(inst, f"{sentence.format(shown)} after {self.line(since)}: "
                                f"wait states between them are {passed}, the hardware wants {WAITS[what]}")
                return

    def check_wait_states(self, state, inst):
        vectors = [r for r in inst.reads if r >= VGPR]
        scalars = [r for r in inst.reads if r < VGPR]
        if inst.is_memory():
            self.need(state, inst, "sgpr for memory", scalars, "reads {} too soon")
        if inst.name in ("v_readlane_b32", "v_writelane_b32"):
            self.need(state, inst, "sgpr for lane select", inst.operands[2], "selects a lane by {} too soon")
        if inst.name.startswith("v_div_fmas"):
            self.need(state, inst, "vcc for div_fmas", VCC, "reads {} too soon")
        if inst.kind == "VALU" and DPP.search(inst.text):
            self.need(state, inst, "vgpr for dpp", vectors, "reads {} of other lanes too soon")
            self.need(state, inst, "exec for dpp", EXEC, "looks at {} of other lanes too soon")
        for flag, behind in (("src_vccz", VCC), ("src_execz", EXEC)):
            if inst.kind == "VALU" and flag in inst.text:
                self.need(state, inst, "flag as data", behind, "reads " + flag + ", which follows {}, too soon")
        if inst.name.startswith(("s_getreg", "s_setreg")):
            self.need(state, inst, "hwreg", [hwreg(inst)], "touches {} too soon")
        if inst.kind == "VALU":
            self.need(state, inst, "store data", inst.writes, "overwrites {} too soon")
        if inst.name.startswith(("s_sendmsg", "s_ttracedata")) or inst.text.endswith(" gds"):
            self.need(state, inst, "m0", M0, "reads {} too soon")
        if inst.name.startswith("s_buffer_"):
            self.need(state, inst, "descriptor", inst.operands[1][2:3], "reads {}, the size in a descriptor, too soon")

    def note_wait_states(self, state, inst):
        passed = inst.wait_states()
        state.recent = {key: (age + passed, since) for key, (age, since) in state.recent.items()
                        if age + passed < LONGEST}
        fresh = []
        if inst.kind == "VALU":
            scalars = [r for r in inst.writes if r < VGPR]
            fresh += [(what, r) for r in scalars for what in ("sgpr for memory", "sgpr for lane select")]
            fresh += [(what, r) for r in scalars if r in VCC for what in ("vcc for div_fmas", "flag as data")]
            fresh += [(what, r) for r in scalars if r in EXEC for what in ("exec for dpp", "flag as data")]
            fresh += [("vgpr for dpp", r) for r in inst.writes if r >= VGPR]
        if inst.name.startswith("s_setreg"):
            fresh += [("hwreg", hwreg(inst))]
        fresh += [("store data", r) for r in inst.store_data()]
        if inst.kind == "SALU":
            fresh += [("m0", r) for r in inst.writes if r in M0]
            fresh += [("descriptor", r) for r in inst.writes]
        state.recent.update({key: (0, inst.at) for key in fresh})

    def note_pending(self, state, inst):
        vectors = [r for r in inst.writes if r >= VGPR]
        if inst.name == "s_waitcnt":
            state.wait(VM, inst.word & 15)
            state.wait(LGKM, inst.word >> 8 & 15)
        elif inst.is_memory() and not inst.name.startswith("buffer_wbinvl1"):
            state.issue(VM, inst.at, vectors)
        elif inst.kind == "DS":
            plain = DS_NO_MEMORY.match(inst.name) or re.match(r"ds_(read|consume)", inst.name)
            state.issue(LGKM, inst.at, vectors if plain else [*vectors, LDS])
        elif inst.kind == "SMEM" and not inst.name.startswith("s_dcache") or inst.name.startswith("s_sendmsg"):
            state.issue(LGKM, inst.at, inst.writes)
            state.loose.add(LGKM)
        state.m0 |= M0[0] in inst.writes

    def step(self, state, inst):
        self.check_pending(state, inst)
        self.check_barrier(state, inst)
        self.check_wait_states(state, inst)
        if inst.kind == "DS" and not DS_NO_MEMORY.match(inst.name) and not state.m0:
            self.find(inst, "reaches LDS although M0, its limit, is not set on every path")
            state.m0 = True
        self.note_wait_states(state, inst)
        self.note_pending(state, inst)

    def blocks(self):
        """First indices of straight runs of code."""
        heads = {0}
        for i, inst in enumerate(self.insts):
            follow = self.next_of(inst)
            if follow != [inst.after]:
                heads |= {self.index[a] for a in follow or [] if a in self.index} | {i + 1}
        return heads

    def run(self, first, state, heads):
        """The block at `first`; the addresses that follow it."""
        i = first
        while True:
            inst = self.insts[i]
            self.step(state, inst)
            follow = self.next_of(inst)
            if follow is None:
                self.find(inst, "leads to a place that the listing does not tell")
                return []
            if outside := [a for a in follow if a not in self.index]:
                self.find(inst, f"leads out of the kernel, to +{outside[0] - self.start:#x}")
                return [a for a in follow if a in self.index]
            if len(follow) != 1 or self.index[follow[0]] in heads:
                return follow
            i = self.index[follow[0]]

    def check(self):
        heads, entry, todo = self.blocks(), {0: State()}, collections.deque([0])
        while todo:
            first = todo.popleft()
            state = entry[first].copy()
            for address in self.run(first, state, heads):
                there = self.index[address]
                if there not in entry:
                    entry[there] = state.copy()
                elif not entry[there].join(state):
                    continue
                if there not in todo:
                    todo.append(there)
        self.report = True
        for first in sorted(entry):
            self.run(first, entry[first].copy(), heads)
        return self.findings


def hwreg(inst):
    return re.search(r"hwreg\((\w+)|$", inst.text)[1] or inst.parts[-1]


def llvm(tool, *arguments):
    return subprocess.run([f"llvm-{tool}-16", *arguments], check=True, capture_output=True, text=True).stdout


def register_names(symbols):
    """Register number to declared name, from the symbols that sregs and vregs leave; an alias leaves no count."""
    names = {}
    for name, (value, _) in symbols.items():
        if f"count.{name}" in symbols:
            base = value + (VGPR if name[0] == "v" else 0)
            names.update({base + i: name for i in range(symbols[f"count.{name}"][0])})
    return names


def kernels(obj):
    table = re.findall(r"^ *\d+: (\w+) +(\w+) \w+ +\w+ +\w+ +\S+ (\S+)$", llvm("readelf", "-s", "--wide", obj), re.M)
    symbols = {name: (int(value, 16), int(size, 0)) for value, size, name in table}
    lines = re.findall(r"^\t(\S.*?) *// (\w{12}): ([0-9A-F]{8}(?: [0-9A-F]{8})?)", llvm("objdump", "-d", obj), re.M)
    insts = [Inst(int(at, 16), text, words) for text, at, words in lines]
    for name, (start, size) in symbols.items():
        if f"{name}.kd" in symbols:
            body = [i for i in insts if start <= i.at < start + size]
            yield Kernel(name, start, body, register_names(symbols))


def findings_of(path):
    try:
        found = list(kernels(path))
    except subprocess.CalledProcessError as error:
        return [f"cannot be read: {error.stderr.strip().splitlines()[-1]}"]
    return [finding for kernel in found for finding in kernel.check()] if found else ["no kernel in it"]


bad = [f"{path}: {finding}" for path in sys.argv[1:] for finding in findings_of(path)]
print("\n".join(bad), end="\n" if bad else "")
sys.exit(bool(bad))
