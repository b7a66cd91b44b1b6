"""encodings.py OBJECT...: every instruction that LLVM finds, as lines of "word0 word1 text", word1 - for none.

What LLVM calls no instruction (padding and data between functions) is left out. An object without code has no lines.
"""
import re
import subprocess
import sys

INSTRUCTION = re.compile(r"^\t(\w.*?)\s*// [0-9A-F]+: ([0-9A-F]{8})(?: ([0-9A-F]{8}))?(?: <.*>)?$", re.M)
TO_LABEL = re.compile(r"(s_cbranch_i_fork \S+,|s_c?branch(?!_join|_g_fork|_i_fork)\w*) [^\d\s]\S*")

for obj in sys.argv[1:]:
    listing = subprocess.run(["llvm-objdump-16", "-d", obj], check=True, capture_output=True, text=True).stdout
    for text, word0, word1 in INSTRUCTION.findall(listing):
        text = TO_LABEL.sub(rf"\1 {int(word0, 16) & 0xffff}", text)  # a number, as where the target has no label
        print(word0, word1 or "-", " ".join(text.split()))
