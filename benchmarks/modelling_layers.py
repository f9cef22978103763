"""What modelling layers cost: build, hand-over, whole runs and memory, each in its own process.

Three linear programs (sourcing, placement, printing) at about 1e4, 1e5 and 1e6 nonzeros, by bare
arrays, by our formulations' way (Pyomo rules, our compiler), by Pyomo's own interfaces to HiGHS,
and by other layers that are installed. Every way that solves must reach the optimum of the arrays.
At the largest size only arrays are solved, by HiGHS itself and by amopt; the other ways hand over
the same program, and their whole runs count the solve of the former. The largest placement, which
the simplex method takes many minutes for, is handed over and not solved.

    python benchmarks/modelling_layers.py                          # three sizes
    python benchmarks/modelling_layers.py placement --sizes 3      # a million nonzeros
    python benchmarks/modelling_layers.py --unsolved               # build and hand-over alone
    python benchmarks/modelling_layers.py --markdown FILE          # the tables of the docs
    python benchmarks/modelling_layers.py --smoke
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import _protocol

_protocol.pin()

from _layer_programs import PROGRAMS  # noqa: E402
from _layer_ways import WAYS, Phases  # noqa: E402
from _memory import begun, peak  # noqa: E402

from amopt.phrases import listed  # noqa: E402

TIME_LIMIT = 900.0
REPEATS = (1, 9, 3, 1)
"""How often a way is gone at each size, one after the other in its process."""

LARGEST = 3
FIRST, OURS, RULES = [*WAYS][:3]
PYOMO_S = ("Pyomo rules, appsi_highs", "Pyomo rules, contrib.solver")
UNSOLVED = {("placement", LARGEST)}
"""Programs that are handed over and not solved."""

Row = Mapping[str, Any]


def child(program: str, place: int, way: str, *, solve: bool) -> None:
    """Measure one way in this process, and print it as JSON: medians, and memory at first."""
    make, sizes = PROGRAMS[program]
    act, _ = WAYS[way]
    act(make(sizes[0]), Phases())()  # imports, and what is set up once
    case = make(sizes[place])
    gc.collect()
    before, memory, objective = begun(), 0.0, None
    runs: list[dict[str, float]] = []
    for _ in range(REPEATS[place]):
        phases = Phases()
        run = act(case, phases)
        memory = memory or peak() - before
        if solve:
            with phases.phase("solve"):
                objective = run()
        runs.append(phases.seconds)
        del run
    seconds = {name: statistics.median(one[name] for one in runs) for name in runs[0]}
    print(json.dumps({"seconds": seconds, "MB": memory, "objective": objective}), flush=True)
    os._exit(0)  # millions of objects are not taken apart one by one


def measured(program: str, place: int, way: str, *, solve: bool) -> dict[str, Any]:
    """Measure one way in a process of its own."""
    command = [sys.executable, __file__, "--child", json.dumps([program, place, way, solve])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT, check=False)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:]
        raise RuntimeError(f"{way} on {program}: {' '.join(last)}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def compare(
    program: str, place: int, rounds: int, wanted: Sequence[str], *, solve: bool
) -> dict[str, Row]:
    """Return seconds of build and hand-over, the whole run against arrays, and MB, way by way.

    Ways take turns, round by round; each figure is the median of the rounds, and each ratio the
    median of the ratios within a round. Without a solve there is no whole run.
    """
    ways = [way for way, (_, package) in WAYS.items() if way in wanted and find_spec(package)]
    runs: dict[str, list[dict[str, Any]]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            own = solve and (place < LARGEST or way in (FIRST, OURS))
            runs[way].append(measured(program, place, way, solve=own))
    rows: dict[str, Row] = {}
    for way, found in runs.items():
        rows[way] = {
            phase: statistics.median(run["seconds"][phase] for run in found)
            for phase in ("build", "hand-over")
        } | {"MB": statistics.median(run["MB"] for run in found)}
        if not solve:
            continue
        for run, other in zip(found, runs[FIRST], strict=True):
            if run["objective"] is None:
                run["seconds"]["solve"] = other["seconds"]["solve"]
            elif abs(run["objective"] - other["objective"]) > 1e-6 * abs(other["objective"]):
                raise RuntimeError(f"{way} on {program}: {run['objective']}, {other['objective']}")
        whole = [
            sum(run["seconds"].values()) / sum(other["seconds"].values())
            for run, other in zip(found, runs[FIRST], strict=True)
        ]
        rows[way] = {
            **rows[way],
            "solve": statistics.median(run["seconds"]["solve"] for run in found),
            "whole": statistics.median(whole),
        }
    return rows


def table(found: Mapping[int, Mapping[str, Row]]) -> list[str]:
    """Return a program's ways at several sizes as lines of Markdown."""
    head = [f"{nonzeros:,}: build | hand-over | whole | MB" for nonzeros in found]
    lines = [f"| way | {' | '.join(head)} |", "|---" * (4 * len(found) + 1) + "|"]
    for way in max(found.values(), key=len):
        cells = []
        for rows in found.values():
            one = rows.get(way)
            cells += ["", "", "", ""] if one is None else [
                f"{one['build']:.2g}", f"{one['hand-over']:.2g}",
                f"{one['whole']:.2f}" if "whole" in one else "", f"{one['MB']:.0f}",
            ]  # fmt: skip
        lines.append(f"| {way} | {' | '.join(cells)} |")
    return lines


def against_pyomo(found: Mapping[str, Mapping[int, Mapping[str, Row]]]) -> list[str]:
    """Return how many times longer Pyomo's interfaces take than rules that amopt hands over."""
    names = [name.removeprefix("Pyomo rules, ") for name in PYOMO_S]
    head = " | ".join(f"{name}: both | hand-over" for name in names)
    lines = [f"| program | nonzeros | {head} | build, of ours |", "|---" * 7 + "|"]
    for program, sizes in found.items():
        for nonzeros, rows in sizes.items():
            if not {RULES, *PYOMO_S} <= set(rows):
                continue
            ours = rows[RULES]
            both = ours["build"] + ours["hand-over"]
            cells = []
            for way in PYOMO_S:
                other = rows[way]
                cells.append(f"{(other['build'] + other['hand-over']) / both:.1f}")
                cells.append(f"{other['hand-over'] / ours['hand-over']:.1f}")
            share = f"{ours['build'] / both:.0%}".replace("%", " %")
            lines.append(f"| {program} | {nonzeros:,} | {' | '.join(cells)} | {share} |")
    return lines


SAID = (
    "Seconds of the processor to build and to hand over, medians of {repeats} by size, each way in "
    "a process of its own; *whole* is build, hand-over and solve against the first row, *MB* the "
    "most memory until it was handed over, beyond the process with its imports and data."
)
SOLVES = (
    " Of the largest programs only the first two rows were solved, and the others count the solve "
    "of the first, which took {solves}."
)
NO_SOLVE = " Not solved: the largest program of {unsolved}."
RATIOS = (
    "How many times as long Pyomo's interfaces take as rules of Pyomo that amopt hands over: build "
    "and hand-over together, hand-over alone; and the share of the build, which is Pyomo's, in "
    "ours."
)


def main(asked: argparse.Namespace) -> None:
    """Print a table for each program, and write all where asked."""
    found: dict[str, dict[int, dict[str, Row]]] = {}
    lines, solves, unsolved = [], [], []
    for program in ["placement"] if asked.smoke else asked.programs or PROGRAMS:
        make, sizes = PROGRAMS[program]
        found[program] = {}
        for place in [0] if asked.smoke else asked.sizes:
            nonzeros = int(make(sizes[place]).arrays().matrix.nnz)
            wanted = [FIRST, OURS, RULES] if asked.smoke else [FIRST, *asked.ways]
            rounds = 1 if asked.smoke else asked.rounds
            solve = not asked.unsolved and (program, place) not in UNSOLVED
            found[program][nonzeros] = compare(program, place, rounds, wanted, solve=solve)
            if place == LARGEST and solve:
                last = found[program][nonzeros][FIRST]["solve"]
                solves.append(f"{last:.2g} s for {program}")
            elif place == LARGEST:
                unsolved.append(program)
        lines += [f"**{program}**", "", *table(found[program]), ""]
        print("\n".join(lines[-len(table(found[program])) - 3 :]), flush=True)
    repeats = [f"{REPEATS[place]} runs".replace("1 runs", "one run") for place in asked.sizes]
    said = SAID.format(repeats=listed(repeats))
    said += SOLVES.format(solves=listed(solves)) if solves else ""
    said += NO_SOLVE.format(unsolved=listed(unsolved)) if unsolved else ""
    text = [said, "", *lines, RATIOS, "", *against_pyomo(found)]
    print("\n".join(text[-len(against_pyomo(found)) :]))
    if asked.markdown:
        from amopt.files import write_text

        write_text(asked.markdown, "\n".join(text) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("programs", nargs="*", choices=[[], *PROGRAMS])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 2, 3], help="1, 2, 3")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--ways", nargs="*", choices=[*WAYS], default=[*WAYS], help="arrays too")
    parser.add_argument("--unsolved", action="store_true", help="build and hand over, no more")
    parser.add_argument("--markdown", type=Path, help="write the tables to this file")
    parser.add_argument("--smoke", action="store_true", help="small cases, once")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        program, place, way, solve = json.loads(given.child)
        child(program, place, way, solve=solve)
    else:
        main(given)
