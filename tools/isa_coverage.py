"""isa_coverage.py OPCODES [--fuzzed FILE]: docs/isa-coverage.md, on standard output.

OPCODES is what tests/fuzz_isa.cpp writes: LLVM's opcodes that words of gfx803 were met of, each with its row here, then
those with names of the same kind that were not met, with what LLVM's assembler says to their mnemonics. FILE: the
instructions that a fuzzer of their meaning executes, one a line. All else is read from the tree: run it at its root.
"""
import argparse
import collections
import pathlib
import re
import sys

# What does not compute, by name and by what it is.
NOT_COMPUTING = [
    ("images", r"image_.*"),
    ("EXP", r"exp"),
    ("VINTRP", r"v_interp_.*"),
    ("GDS", r"ds_ordered_count"),
    ("GWS", r"ds_gws_.*"),
    ("debug messages", r"s_ttracedata|s_cbranch_cdbg.*"),
]
# LLVM's opcodes that gfx803 has no words of its own for, though the assembler knows the mnemonic.
SAME_OR_LATER = [
    (r"(T?BUFFER)_(LOAD|STORE)_FORMAT_D16_X.*", "packed d16, from gfx810 on; gfx803 has the opcodes with _gfx80"),
    (r"IMAGE_.*_V\d_V\d_vi", "the same words: how many registers the address has is not encoded"),
    (r"S_C?BRANCH.*_pad_s_nop_vi", "the same words as the branch alone"),
    (r"V_\w+_F64(_[FIU]32)?_dpp_vi", "DPP of 64 bits, from gfx90a on"),
    (r"V_INTERP_P1_F32_16bank_vi", "the same words as V_INTERP_P1_F32_vi"),
    (r"V_MUL_LO_I32_vi", "the same words as V_MUL_LO_U32_vi"),
]
UNSUPPORTED = "instruction not supported on this GPU"
FORM = re.compile(r"^(.*?)_(e32|e64|sdwa|dpp|IMM|SGPR|SGPR_IMM|OFFSET|OFFEN|IDXEN|BOTHEN|RTN|TFE|LDS|gfx80|V\d)(_|$)")


def rows():
    """name -> format, in the order of the table."""
    text = pathlib.Path("isa/insts.def").read_text(encoding="utf-8")
    return {name: fmt for fmt, name in re.findall(r"^INST\( (\w+),\s+0x\w+,\s+(\w+),", text, re.M)}


def unexecuted():
    text = pathlib.Path("emulator/exec/unexecuted.inc").read_text(encoding="utf-8")
    return dict(re.findall(r'^UNEXECUTED\((\w+),\s+"(.*)"\)', text, re.M))


def named_in_tests():
    words = set()
    for path in sorted(pathlib.Path("tests").glob("test_exec_*.cpp")):
        words |= set(re.findall(r"\b[a-z]\w+", path.read_text(encoding="utf-8")))
    forms = {re.sub(r"_(e32|e64|sdwa|dpp)$", "", word) for word in words}
    return words | forms


def not_computing(name):
    return next((what for what, pattern in NOT_COMPUTING if re.fullmatch(pattern, name)), None)


def form_of(opcode):
    """The part of LLVM's name that tells the forms of one mnemonic apart."""
    match = FORM.match(opcode)
    return opcode[len(match[1]) + 1:] if match else ""


def percent(part, whole):
    return f"{100 * part / whole:.1f} %" if part != whole else "100 %"


def main():
    options = argparse.ArgumentParser()
    options.add_argument("opcodes")
    options.add_argument("--fuzzed")
    given = options.parse_args()

    met, unmet = collections.defaultdict(list), []
    for line in pathlib.Path(given.opcodes).read_text(encoding="utf-8").splitlines():
        opcode, row, *said = line.split(" ", 2)
        if row == "-":
            unmet.append((opcode, said[0].split(": ", 1)[1]))
        else:
            met[row].append(opcode)
    table, why = rows(), unexecuted()
    tested = named_in_tests()
    if given.fuzzed:
        tested |= set(pathlib.Path(given.fuzzed).read_text(encoding="utf-8").split())
    undecoded = met.pop("?", [])
    older = [opcode for opcode in undecoded if opcode.endswith("_gfx6_gfx7")]
    undecoded = [opcode for opcode in undecoded if opcode not in older]
    strangers = sorted(set(met) - set(table)) + sorted(set(table) - set(met))
    later, same, unknown = [], collections.defaultdict(list), []
    for opcode, said in unmet:
        reason = next((text for pattern, text in SAME_OR_LATER if re.fullmatch(pattern, opcode)), None)
        if said == UNSUPPORTED:
            later.append(opcode)
        elif reason:
            same[reason].append(opcode)
        else:
            unknown.append(f"{opcode}: {said}")
    for what, names in (("opcodes without a row", undecoded), ("rows without an opcode", strangers),
                        ("opcodes that no word was met of", unknown)):
        if names:
            sys.exit(f"gcn: cannot write docs/isa-coverage.md: {what}: {', '.join(names)}. "
                     "Try: a row in isa/insts.def, more words for build/tests/fuzz_isa, or a reason in "
                     "tools/isa_coverage.py.")

    computing = [name for name in table if not not_computing(name)]
    executed = [name for name in computing if name not in why]
    known = [name for name in executed if name in tested]
    opcodes = sum(len(names) for names in met.values())
    print("""# The instruction set, counted

Written by `make isa-coverage`; `make check` fails when it is not what the tree says. LLVM 16 is the oracle of what
gfx803 has: `build/tests/fuzz_isa` sweeps every opcode of every encoding through its disassembler, and notes which of its
opcodes (MCInstrInfo) were met. One that ends in `_vi` and was not met belongs to a later chip when LLVM's assembler
calls its mnemonic unsupported on gfx803; the others are listed at the end, with what they are.

| | |
|---|---|""")
    print(f"| LLVM's opcodes met with gfx803 | {opcodes}, which are {len(table)} instructions |")
    print(f"| decoded and printed as LLVM does | {len(met)} of {len(table)}: {percent(len(met), len(table))} |")
    print(f"| those that compute | {len(computing)} |")
    print(f"| executed | {len(executed)} of {len(computing)}: {percent(len(executed), len(computing))} |")
    print(f"| tested | {len(known)} of {len(executed)}: {percent(len(known), len(executed))} |")
    print("""
* **decoded**: has a row in `isa/insts.def`, and `fuzz_isa` found no difference but those that
  `tests/isa_exceptions.txt` allows.
* **those that compute**: all but these, by name:""")
    for what, pattern in NOT_COMPUTING:
        names = [name for name in table if not_computing(name) == what]
        print(f"  * {what}: {len(names)} (`{pattern.replace('.*', '*').replace('|', '`, `')}`)")
    print("""* **executed**: its body is not a line of `emulator/exec/unexecuted.inc`.
* **tested**: named in a `tests/test_exec_*.cpp`, or executed by the fuzzer of meanings.

`forms` are the rest of the names that LLVM has for the encodings of an instruction, `_vi` left out.

| instruction | encoding | forms | executed | tested |
|---|---|---|---|---|""")
    for name, fmt in table.items():
        forms = sorted({form_of(re.sub(r"_(vi|gfx80)$", "", opcode)) for opcode in met[name]} - {""})
        shown = " ".join(forms) if len(forms) <= 6 else f"{len(forms)} forms"
        state = "no: " + why[name] if name in why else "yes"
        print(f"| {name} | {fmt} | {shown} | {state} | {'yes' if name in tested and name not in why else '-'} |")
    print(f"""
## LLVM's opcodes that gfx803 was not met with

* {len(later)} that end in `_vi`: not supported on gfx803, says LLVM's assembler.""")
    for reason, names in sorted(same.items()):
        print(f"* {len(names)}, {names[0]} the first: {reason}.")
    if older:
        print(f"* {', '.join(older)}: met, but of older chips, see `tests/isa_exceptions.txt`.")


main()
