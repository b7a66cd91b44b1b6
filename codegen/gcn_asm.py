"""Text assembler for generated kernels: registers by name, instructions in order, waits and a header that count themselves.

A generator makes a Kernel, takes registers by name and emits instructions. Nothing here reorders or rewrites: what a
generator emits is what LLVM assembles. need() emits the weakest s_waitcnt that brings the registers named; what it
relies on, that vector memory and LDS come back in order and scalar memory does not, tools/check_waits.py proves again
from the finished code. Not here: which instructions to emit, and why.
"""
import collections
import contextlib
import os
import sys

LDS_BYTES = 65536
LDS = "LDS"  # what has been written to LDS, for need()


class Cannot(Exception):
    """There is no such kernel: Cannot(why, remedy)."""


class Reg:
    """A run of registers: r[2] is one of them, r[0:4] four; str(r) is assembler syntax."""

    def __init__(self, file, first, count, name):
        self.file, self.first, self.count, self.name = file, first, count, name

    def __len__(self):
        return self.count

    def __getitem__(self, i):
        first, last = (i.start or 0, self.count if i.stop is None else i.stop) if isinstance(i, slice) else (i, i + 1)
        if not 0 <= first < last <= self.count:
            raise IndexError(f"{self.name}[{first}:{last}] is outside its {self.count} registers")
        return Reg(self.file, self.first + first, last - first, self.name)

    def __iter__(self):
        return (self[i] for i in range(self.count))

    def __str__(self):
        last = self.first + self.count - 1
        return f"{self.file}{self.first}" if self.count == 1 else f"{self.file}[{self.first}:{last}]"

    def all(self):
        return {(self.file, n) for n in range(self.first, self.first + self.count)}


class Kernel:
    """One kernel's text. Calling it emits an instruction: k("v_mac_f32", v_acc, v_a, v_b, note="...")."""

    LIMIT = {"v": 256, "s": 102}
    LOADS = (("buffer_load", "vmcnt"), ("buffer_store", "vmcnt"), ("ds_", "lgkmcnt"), ("s_load", "lgkmcnt"))
    LARGEST = 14  # what a counter of four bits can wait for; 15 waits for nothing

    def __init__(self, name):
        self.name = name
        self.used = {"v": 0, "s": 0}
        self.map, self.lines, self.asides = [], [], []
        self.issued = []
        self.pending = {"vmcnt": [], "lgkmcnt": []}  # what each counter's operations will write, oldest first
        self.budget, self.share = "no loop", 0.0

    # ---- registers ---------------------------------------------------------------------------

    def regs(self, file, name, count=1, align=1, note=""):
        first = -(-self.used[file] // align) * align
        if first + count > self.LIMIT[file]:
            raise Cannot(f"{count} '{file}' registers for {name} do not fit, {self.used[file]} of {self.LIMIT[file]} are "
                         "in use", "a smaller tile")
        self.used[file] = first + count
        reg = Reg(file, first, count, name)
        self.map += [f".set {name + ',':<12}{first:<4} // {str(reg):<10} {note}".rstrip(),
                     f".set count.{name}, {count}"]
        return reg

    def alias(self, name, reg, note):
        """Another name for registers whose first use is over."""
        self.map.append(f".set {name + ',':<12}{reg.first:<4} // {str(reg):<10} {note}, over {reg.name}")
        return Reg(reg.file, reg.first, reg.count, name)

    # ---- instructions ------------------------------------------------------------------------

    def __call__(self, op, *operands, note=""):
        text = f"  {op:<14} {', '.join(map(str, operands))}".rstrip()
        self.lines.append(f"{text:<60}// {note}" if note else text)
        self.issued.append(op)
        for prefix, counter in self.LOADS:
            if op.startswith(prefix):
                written = LDS if op.startswith("ds_write") else "" if "store" in op else operands[0].all()
                self.pending[counter].append((prefix, written))

    def comment(self, text):
        self.lines.append(f"\n  // {text}")

    def need(self, *what, note):
        """Waits until the registers, or LDS, hold what was last sent for them, and no longer."""
        wanted = set().union(*(w.all() for w in what if w is not LDS))
        parts = []
        for counter, queue in self.pending.items():
            last = max((i for i, (_, written) in enumerate(queue) if
                        (LDS in what if written is LDS else bool(written) and not wanted.isdisjoint(written))), default=-1)
            if last < 0:
                continue
            in_order = all(kind != "s_load" for kind, _ in queue)
            left = min(len(queue) - 1 - last, self.LARGEST) if in_order else 0
            parts.append(f"{counter}({left})")
            self.pending[counter] = queue[len(queue) - left:]
        if parts:
            self("s_waitcnt", " & ".join(parts), note=note)

    def label(self, name):
        self.lines.append(f"{self.name}_{name}:")

    @contextlib.contextmanager
    def aside(self):
        """What is emitted within stands behind the end of the kernel, and is left with what was pending before it."""
        lines, issued, pending = self.lines, self.issued, {c: list(q) for c, q in self.pending.items()}
        self.lines, self.issued = [], []
        yield
        self.asides += self.lines
        self.lines, self.issued, self.pending = lines, issued, pending

    # ---- the loop ----------------------------------------------------------------------------

    def loop(self, per):
        """Opens the loop whose turn the budget line counts; `per` says what one turn covers."""
        self.label("loop")
        self.loop_start, self.loop_per = len(self.issued), per
        self.loop_pending = {c: list(q) for c, q in self.pending.items()}

    def end_loop(self, branch):
        self(branch, f"{self.name}_loop")
        assert self.pending == self.loop_pending, f"the loop ends with {self.pending}, it began with {self.loop_pending}"
        turn = self.issued[self.loop_start:]
        kinds = collections.Counter()
        for op in turn:
            kinds[next((kind for kind in ("v_mac", "ds_read", "ds_write", "buffer_load") if op.startswith(kind)), "other")] += 1
        order = ("v_mac", "ds_read", "ds_write", "buffer_load", "other")
        parts = ", ".join(f"{kinds[kind]} {kind}" for kind in order if kinds[kind])
        self.share = kinds["v_mac"] / len(turn)
        self.budget = f"{len(turn)} issued per {self.loop_per}: {parts}    ({round(100 * self.share)} % arithmetic)"

    def no_loop(self):
        macs = sum(op.startswith("v_mac") for op in self.issued)
        self.share = macs / len(self.issued)
        self.budget = "no loop"

    # ---- the file ----------------------------------------------------------------------------

    def waves(self, lanes, lds):
        """Waves per SIMD, as tools/check_budget.py counts them."""
        up = lambda n, granule: -(-n // granule) * granule
        groups = LDS_BYTES // max(up(lds, 512), 1)
        return min(8, 256 // up(self.used["v"], 4), 800 // up(self.used["s"] + 6, 16),
                   groups * (up(lanes, 64) // 64) // 4)

    def render(self, title, problem, kernarg, launch, lanes, lds, row, notes=()):
        """The whole file. `kernarg`: (name, offset) pairs and, last, the block's size. `row`: of plan/kernels.def."""
        waves = self.waves(lanes, lds)
        command = " ".join([os.path.basename(sys.argv[0]), *sys.argv[1:]])
        return "\n".join([
            f"// {self.name}: {title}",
            f"// Generated by {command}: not to be edited.",
            "//",
            f"//   problem    {problem}",
            f"//   kernarg    {', '.join(f'{n} 0x{at:02x}' for n, at in kernarg[:-1])}",
            f"//   launch     {launch}, {lanes} lanes",
            f"//   resources  {self.used['v']} VGPR, {self.used['s']} SGPR, {lds} B LDS: {waves} waves per SIMD",
            f"//   budget     {self.budget}",
            "//",
            *(f"// {note}" for note in notes),
            *([f"// row: {row}"] if row else []),
            "", '.include "gcn.inc"', "", *self.map,
            f".set {'sNext,':<12}{self.used['s']}",
            f".set {'vNext,':<12}{self.used['v']}", "",
            f"kernel {self.name}", *self.lines, *self.asides,
            f"end_kernel {self.name}, {lanes}, {lds}, {kernarg[-1]:#x}, 1", ""])
