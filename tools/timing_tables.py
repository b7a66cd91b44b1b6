#!/usr/bin/env python3
"""The tables of docs/timing.md, from calibrate's figures on all chips of the software Polaris.

    python3 tools/timing_tables.py [BUILD] > tables.md             # groups a, b and c: ten minutes, most for sgemm_huge
    python3 tools/timing_tables.py [BUILD] --guesses > guesses.md  # what the guesses of memory move: five
"""
import json
import os
import subprocess
import sys

CHIPS = ["rx590", "rx580", "rx570", "rx480", "rx560", "r9nano"]
# Parameters of emulator/timing/parameters.tsv at an end of their range.
GUESSES = """dram_efficiency=0.9 dram_efficiency=1 l1_outstanding=40 l2_outstanding=64 l2_outstanding=256
    dram_latency_ns=100 dram_latency_ns=300 dram_turn_ns=10 dram_turn_ns=30 dram_write_batch=16 dram_write_batch=32
    dram_rows_near=1 dram_rows_near=8 l2_hash=0 l1_writes=16 l2_write_queue=16""".split()
SHOWN = [("clpeak_read_x1_rx570", "rx570"), ("clpeak_read_x1_r9nano", "r9nano"), ("vector_add_x4", "rx590"),
         ("lbm_rx590", "rx590"), ("latency_dram", "rx590")]


def figures(build, chip, *arguments, **more):
    """calibrate's rows on `chip`, by name."""
    environment = {**os.environ, "GCN_BACKEND": "hsa-software", "GCN_EMU_TIMING": "full", "GCN_EMU_CHIP": chip,
                   **more}
    run = subprocess.run([f"{build}/tests/calibrate", "--json", *arguments], env=environment, capture_output=True,
                         text=True)
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    if not lines:
        sys.exit(run.stderr.strip() or "gcn: cannot make tables: calibrate printed nothing.")
    return {line["row"]: line for line in lines}


def number(value):
    """Four digits, as calibrate prints them."""
    return f"{value:.1f}" if value >= 999.95 else f"{value:#.4g}"


def percent(value):
    return f"{value:+.1f} %"


def published(row):
    if "published" not in row:
        return "-"
    low, high = (number(v) for v in row["published"])
    return low if low == high else f"{low} to {high}"


def print_row(*cells):
    print("| " + " | ".join(cells) + " |")


def print_head(*cells):
    print_row(*cells)
    print("|" + "---|" * len(cells))


def worst(rows):
    errors = [row["error_percent"] for row in rows if row.get("error_percent") is not None]
    return percent(max(errors, key=abs)) if errors else "-"


def spread(rows):
    values = [number(f(row["modelled"] for row in rows)) for f in (min, max)]
    return values[0] if values[0] == values[1] else f"{values[0]} to {values[1]}"


def print_tables(build):
    by_name = {}
    for chip in CHIPS:
        for name, row in figures(build, chip).items():
            by_name.setdefault(name, {})[chip] = row
    # Those that calibrate leaves out as slow, by samples.
    slow = ["sgemm_medium", "sgemm_large", "sgemm_huge"]
    for name, row in figures(build, "r9nano", *slow, GCN_EMU_TIMING="sampled").items():
        by_name[name] = {"r9nano": row}
    groups = {"a": [], "b": [], "c": []}
    for name, rows in by_name.items():
        groups[next(iter(rows.values()))["group"]].append((name, rows))
    print_head("row", "modelled, six chips", "unit", "published", "largest error", "source")
    for name, rows in groups["a"]:
        all_rows = list(rows.values())
        one = all_rows[0]
        print_row(f"`{name}`", spread(all_rows), one["unit"], published(one), worst(all_rows), one["source"])
    print()
    print_head("row", "card", "modelled", "unit", "published", "error", "source")
    for name, rows in groups["b"]:
        all_rows = list(rows.values())
        one = all_rows[0]
        card = next(iter(rows)) if len(rows) == 1 else "six chips"
        print_row(f"`{name}`", card, spread(all_rows), one["unit"], published(one), worst(all_rows), one["source"])
    print()
    print_head("row", "unit", "RX 590", "RX 580", "RX 570", "RX 480", "RX 560", "R9 Nano", "published",
               "farthest outside", "source")
    for name, rows in groups["c"]:
        all_rows = list(rows.values())
        one = all_rows[0]
        cells = [number(rows[chip]["modelled"]) if chip in rows else "" for chip in CHIPS]
        print_row(f"`{name}`", one["unit"], *cells, published(one), worst(all_rows), one["source"])


def print_guesses(build):
    print_head("parameter", "`clpeak_read_x1_rx570`, % DRAM", "`clpeak_read_x1_r9nano`, % DRAM",
               "`vector_add_x4` on an RX 590, % DRAM", "`lbm_rx590`, MLUP/s", "`latency_dram` on an RX 590, clk")
    for change in ["", *GUESSES]:
        by_chip = {chip: figures(build, chip, *(row for row, of in SHOWN if of == chip), GCN_EMU_TIMING_SET=change)
                   for chip in {chip for _, chip in SHOWN}}
        values = [number(by_chip[chip][row]["modelled"]) for row, chip in SHOWN]
        print_row(f"`{change.replace('=', '` ')}" if change else "as it is", *values)
        sys.stdout.flush()


if __name__ == "__main__":
    arguments = sys.argv[1:]
    guesses = "--guesses" in arguments
    folders = [a for a in arguments if a != "--guesses"]
    if len(folders) > 1 or any(a.startswith("-") for a in folders):
        sys.exit("gcn: cannot make tables: the arguments are not [BUILD] [--guesses]. Try: "
                 "python3 tools/timing_tables.py build --guesses.")
    (print_guesses if guesses else print_tables)(folders[0] if folders else "build")
