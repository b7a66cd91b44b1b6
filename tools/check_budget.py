"""check_budget.py SOURCE OBJECT ...: the `resources` and `budget` lines of each kernel's header must be true.

Registers and LDS are read from the object. The loop runs from NAME_loop to the last branch back to it and is counted in
the disassembly; it may hold only v_mac_f32, ds_*, buffer_* and s_*: addresses belong to the scalar unit and to buffer
resources, and v_fma_f32 takes four times as long on gfx803.
"""
import collections
import re
import subprocess
import sys

LANES_PER_WAVE, SIMDS, MAX_WAVES = 64, 4, 8  # of a CU of Polaris; MAX_WAVES per SIMD
VGPRS, VGPR_GRANULE = 256, 4                 # of a SIMD
SGPRS, SGPR_GRANULE, SGPRS_HIDDEN = 800, 16, 6
LDS_BYTES, LDS_GRANULE = 65536, 512          # of a CU
IN_LOOP = re.compile("v_mac_f32$|ds_|buffer_|s_")


def llvm(tool, *arguments):
    return subprocess.run([f"llvm-{tool}-16", *arguments], check=True, capture_output=True, text=True).stdout


def up(n, granule):
    return -(-n // granule) * granule


def waves_per_simd(vgprs, sgprs, lds, lanes):
    groups = LDS_BYTES // max(up(lds, LDS_GRANULE), 1)
    return min(MAX_WAVES, VGPRS // up(vgprs, VGPR_GRANULE), SGPRS // up(sgprs + SGPRS_HIDDEN, SGPR_GRANULE),
               groups * up(lanes, LANES_PER_WAVE) // LANES_PER_WAVE // SIMDS)


def resources(obj, name, lanes):
    """What the object really asks for, in the words of the header."""
    symbols = {m[2]: int(m[1], 16) for m in re.finditer(r"^(\w+) \w ([\w.]+)$", llvm("nm", obj), re.M)}
    at = symbols[f"{name}.kd"]
    dump = llvm("objdump", "-s", "-j", ".rodata", f"--start-address={at:#x}", f"--stop-address={at + 4:#x}", obj)
    lds = int.from_bytes(bytes.fromhex(re.search(r"^ \w+ ([0-9a-f]{8})", dump, re.M)[1]), "little")
    vgprs, sgprs = symbols["vNext"], symbols["sNext"]
    return f"{vgprs} VGPR, {sgprs} SGPR, {lds} B LDS: {waves_per_simd(vgprs, sgprs, lds, lanes)} waves per SIMD"


def loop(obj, name):
    """Names of the instructions from NAME_loop to the last branch back to it."""
    code = llvm("objdump", "-d", obj).split(f"<{name}_loop>:\n")
    if len(code) != 2:
        return []
    lines = re.findall(r"^\t(\w+) *([\w.]*)", code[1], re.M)
    back = [i for i, (op, to) in enumerate(lines) if op.startswith(("s_cbranch", "s_branch")) and to == f"{name}_loop"]
    return [re.sub(r"_e(32|64)$", "", op) for op, _ in lines[:back[-1] + 1]] if back else []


def loops(obj):
    """Whether a conditional branch goes back. (What stands behind the end of a kernel comes back without condition.)"""
    offsets = re.findall(r"^\ts_cbranch_\w+ .*: [0-9A-F]{4}([0-9A-F]{4})$", llvm("objdump", "-d", obj), re.M)
    return any(int(offset, 16) >= 0x8000 for offset in offsets)


def wrong(source, obj):
    text = open(source).read()
    header = dict(re.findall(r"^//   (\w+) +(.+)$", text, re.M))
    name = re.match(r"// (\w+):", text)
    lanes = re.search(r"(\d+) lanes", header.get("launch", ""))
    straight = header.get("budget") == "no loop"
    budget = straight or re.match(r"(\d+) issued per [^:]+: (.*?) +\((\d+) % arithmetic\)", header.get("budget", ""))
    for line, found in (("name", name), ("launch", lanes), ("budget", budget)):
        if not found:
            yield f"the header's {line} line is missing or reads otherwise than in the other kernels"
            return

    real = resources(obj, name[1], int(lanes[1]))
    if header.get("resources") != real:
        yield f"resources are {real}"

    if straight:
        if loops(obj):
            yield "the budget says there is no loop, the code has one"
        return
    issued = loop(obj, name[1])
    if not issued:
        yield f"no loop from {name[1]}_loop to a branch back to it"
        return
    total, parts, share = budget.groups()
    if int(total) != len(issued):
        yield f"the loop issues {len(issued)}, the budget says {total}"
    real = round(100 * sum(op.startswith("v_mac") for op in issued) / len(issued))
    if real != int(share):
        yield f"the loop is {real} % arithmetic, the budget says {share} %"
    rest = collections.Counter(issued)
    for count, kind in (part.split() for part in parts.split(", ")):
        matching = [op for op in rest if kind == "other" or op.startswith(kind)]
        real = sum(rest.pop(op) for op in matching)
        if real != int(count):
            yield f"the loop has {real} {kind}, the budget says {count}"
    for op in sorted(set(issued)):
        if op.startswith("v_fma"):
            yield f"the loop has {op}, at a quarter of the rate of v_mac_f32"
        elif not IN_LOOP.match(op):
            yield f"the loop has {op}: only v_mac_f32, ds_*, buffer_* and s_* belong there"


bad = 0
for source, obj in zip(sys.argv[1::2], sys.argv[2::2]):
    for message in wrong(source, obj):
        bad += 1
        print(f"{source}: {message}")
sys.exit(bad != 0)
