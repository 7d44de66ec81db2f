#!/usr/bin/env python3
"""Lays the lines of examples/sweeps/table.toml out as the tables of benches/policies.md.

    swarmbound sweep examples/sweeps/table.toml --out table.jsonl
    scripts/policies.py table.jsonl
"""
import json
import sys
from decimal import ROUND_UP, Decimal

runs = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
sizes = sorted({(run["peers"], run["chunks"]) for run in runs})


def exact(run):
    numerator, _, denominator = run["ratio_exact"].partition("/")
    return Decimal(numerator) / Decimal(denominator or 1)


def cell(run):
    if run["verdict"] != "holds":
        return run["verdict"]
    if run["completed"] < run["peers"]:
        return f"{run['completed']} done"
    # Up, so that nobody seems to be nearer to the bound than it was.
    return str(exact(run).quantize(Decimal("0.001"), rounding=ROUND_UP))


def setting(run, name):
    return run["settings"][name]


def in_order(values):
    return list(dict.fromkeys(values))


for scenario in in_order(run["scenario"] for run in runs):
    for share in in_order(setting(run, "free_riders") for run in runs):
        these = [
            run
            for run in runs
            if run["scenario"] == scenario and setting(run, "free_riders") == share
        ]
        cells = {
            (
                setting(run, "protocol.picker"),
                setting(run, "protocol.choker"),
                run["peers"],
                run["chunks"],
            ): cell(run)
            for run in these
        }
        print(f"\n### {scenario}, {share} free riders\n")
        print("| picker | choker | " + " | ".join(f"{n} x {m}" for n, m in sizes) + " |")
        print("|---|---|" + "---|" * len(sizes))
        for picker, choker in in_order(key[:2] for key in cells):
            row = [cells.get((picker, choker, n, m), "") for n, m in sizes]
            print(f"| {picker} | {choker} | " + " | ".join(row) + " |")
