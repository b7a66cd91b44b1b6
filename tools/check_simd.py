"""check_simd.py OBJECT ...: a build of emulator/exec/simd.cpp must share no code with the rest of the program.

Those objects are compiled for one vector unit each. Were one to emit a function that others emit too (an inline function
of a header, a template of std), the linker could keep the AVX-512 copy for all, and older machines would die of it. So:
only the handler table is global, and weak symbols belong to the build's own namespace.
"""
import pathlib
import re
import subprocess
import sys

bad = 0
for obj in sys.argv[1:]:
    simd = pathlib.Path(obj).stem.removeprefix("simd_")
    listing = subprocess.run(["nm", "-C", "--defined-only", obj], check=True, capture_output=True, text=True).stdout
    for kind, name in re.findall(r"^[0-9a-f]+ ([A-Zuvw]) (.+)$", listing, re.M):
        own = f"gcn::emulator::handlers_{simd}" if kind.isupper() and kind not in "WV" else f"gcn::emulator::{simd}::"
        # The others come with the sanitizers: their own names, and the pointer to the personality of C++ frames.
        if not name.startswith((own, "__asan", "__ubsan", "__odr_asan", "DW.ref.")):
            bad += 1
            print(f"{obj}: '{name}' could be shared with code for other processors")
sys.exit(bad != 0)
