"""Every #include must be allowed by docs/layers.txt, and docs/layers.txt must not allow a cycle."""
import pathlib
import re
import sys

TOP = ("include", "capi", "cli", "modules", "bench", "perfcounters", "plan", "backend", "hsa_host", "drm_host", "cpu_ref",
       "emulator", "isa", "tests")

problems, allowed = [], {}
for line in pathlib.Path("docs/layers.txt").read_text().splitlines():
    if m := re.match(r"([\w/]+):(.*)", line):
        allowed.setdefault(m[1], set()).update(m[2].split())

order = list(allowed)
for folder, names in allowed.items():
    for name in names:
        if name not in order or order.index(name) <= order.index(folder):
            problems.append(f"docs/layers.txt: {folder} names {name}, which is not below it")


def folder_of(path):
    """The longest listed folder that holds `path`; public headers are included as gcn/..."""
    path = "include/" + path if path.startswith("gcn/") else path
    return max((f for f in order if path.startswith(f + "/")), key=len, default=None)


sources = [p for top in TOP for p in pathlib.Path(top).rglob("*") if p.suffix in {".hpp", ".cpp", ".inc", ".def", ".h"}]
for source in sorted(sources):
    if (here := folder_of(str(source))) is None:
        problems.append(f"{source}: its folder has no line in docs/layers.txt")
        continue
    for number, line in enumerate(source.read_text().splitlines(), 1):
        m = re.match(r'\s*#\s*include "(.+)"', line)
        there = folder_of(m[1]) if m else None
        if m and there is None:
            problems.append(f'{source}:{number}: "{m[1]}" is in no folder of docs/layers.txt; includes name whole paths')
        elif there not in {None, here, *allowed[here]}:
            problems.append(f"{source}:{number}: {here} must not include {there} (see docs/layers.txt)")

print("\n".join(problems), end="\n" if problems else "")
sys.exit(bool(problems))
