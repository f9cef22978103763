"""Measure whole runs by phase for each decision: from the file to page, workbook and tables.

Each run is a process of its own. A phase is told in seconds of the processor, beside the most
memory that the process had taken by its end:

    start       importing what every command needs
    read        the text of the file becomes plain data
    check       plain data become a validated instance, with its findings
    build, solve, referee, answer
                what a solve does; the last is all that is none of the other three
    shown       what the terminal shows
    page, light the page with pictures that answer a pointer, and the light one
    workbook    the answer as a workbook
    write       the folder with the tables and the answer as JSON

Without names, large files are then read and checked by themselves, and converted from each format
to each other one.

    python benchmarks/whole_runs.py                         # usual sizes, of sourcing the large too
    python benchmarks/whole_runs.py sourcing --sizes smoke usual large --markdown tables.md
    python benchmarks/whole_runs.py --smoke
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from _markdown import table, write
from _memory import peak

PHASES = (
    "start", "read", "check", "build", "solve", "referee", "answer", "shown", "page", "light",
    "workbook", "write",
)  # fmt: skip

REFEREE = "check"
"""What a solve calls the phase of its referee."""


class Meter:
    """Seconds of the processor and the most memory, phase by phase."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(PHASES, 0.0)
        self.megabytes = dict.fromkeys(PHASES, 0.0)

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count what is done within for a phase."""
        begun = time.process_time()
        yield
        self.add(name, time.process_time() - begun)

    def add(self, name: str, seconds: float) -> None:
        """Count seconds for a phase that ends now."""
        self.seconds[name] += seconds
        self.megabytes[name] = peak()


def judged(file: str, how: Mapping[str, Any], meter: Meter) -> tuple[Any, Any]:
    """Return the instance of a file and its answer, judged, and count what they took."""
    time.perf_counter = time.process_time  # what a solve tells of its phases is the processor's
    from amopt import decisions
    from amopt.instance import loader

    meter.add("start", time.process_time())
    document_of = loader.document_of

    def read(*given: Any, **more: Any) -> Any:
        with meter.phase("read"):
            return document_of(*given, **more)

    loader.document_of = read
    with meter.phase("check"):
        instance = decisions.load(file)
    meter.seconds["check"] -= meter.seconds["read"]
    with meter.phase("answer"):
        answer = decisions.solve(instance, **how)
    for name, seconds in answer.outcome.seconds.items():
        known = {REFEREE: "referee"}.get(name, name if name in ("build", "solve") else "answer")
        if known != "answer":
            meter.add(known, seconds)
            meter.seconds["answer"] -= seconds
    return instance, answer


def one(file: str, how: Mapping[str, Any]) -> None:
    """Go through all phases with a file, and print what they took."""
    meter = Meter()
    instance, answer = judged(file, how, meter)
    told = answer.outcome.seconds
    _give(meter, instance, answer)
    row = {"seconds": meter.seconds, "megabytes": meter.megabytes, "told": told}
    print(json.dumps({**row, "gap": answer.outcome.gap, "status": str(answer.status)}))


def _give(meter: Meter, instance: Any, answer: Any) -> None:
    """Show and write an answer in every way."""
    with tempfile.TemporaryDirectory() as folder:
        with meter.phase("shown"), contextlib.redirect_stdout(io.StringIO()):
            from amopt.report import terminal

            terminal.print_solution(answer)
        for name, light in (("page", False), ("light", True)):
            with meter.phase(name):
                from amopt.report import page

                document = page.document_of(instance, answer)
                page.write_document(document, Path(folder, f"{name}.html"), light=light)
        with meter.phase("workbook"):
            from amopt.report import workbook

            workbook.write_answer(answer, Path(folder, "answer.xlsx"))
        with meter.phase("write"):
            answer.save(Path(folder, "answer"))


def measured(decision: str, size: str) -> dict[str, Any]:
    """Return what a process of its own takes for a decision at a size."""
    from _whole_cases import CASES

    case = CASES[decision]
    with tempfile.TemporaryDirectory() as folder:
        file = case.write(case.sizes[size], Path(folder))
        held = sum(path.stat().st_size for path in Path(folder).iterdir())
        command = [sys.executable, __file__, "--one", str(file), "--how", json.dumps(case.how)]
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    row = json.loads(run.stdout)
    head = {"decision": decision, "size": size, "of": case.sizes[size], "what": case.of}
    return {**head, "file": held / 1e6, **row}


def told(row: Mapping[str, Any]) -> str:
    """Return what one run took, in words."""
    phases = ", ".join(f"{name} {row['seconds'][name]:.2f}" for name in PHASES)
    total = sum(row["seconds"].values())
    return (
        f"{row['decision']}, {row['of']:,} {row['what']} ({row['file']:.1f} MB): {total:.1f} s of "
        f"the processor, {max(row['megabytes'].values()):,.0f} MB\n    {phases}"
    )


def markdown(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a sentence, and the runs as a table: a row each, a column a phase."""
    yield (
        "Whole runs, each in a process of its own with one thread: seconds of the processor by "
        "phase, one run each, and the most memory of the process."
    )
    cells = []
    for row in rows:
        spent = [row["seconds"][name] for name in PHASES]
        cells.append(
            [
                f"{row['decision']}, {row['of']:,}",
                f"{row['file']:.3g}",
                *(f"{seconds:.2f}" for seconds in spent),
                f"{sum(spent):.1f}",
                f"{max(row['megabytes'].values()):,.0f}",
            ]
        )
    yield table(["run", "MB of file", *PHASES, "all", "MB of memory"], cells)


def runs(decisions: Sequence[str], sizes: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the decisions that were asked for, or all, and the sizes of each."""
    from _whole_cases import CASES

    for decision in decisions or CASES:
        for size in sizes or (("usual", "large") if decision == "sourcing" else ("usual",)):
            yield decision, size


def main() -> None:
    """Measure, print, and write the table where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("decisions", nargs="*", help="left out, all")
    parser.add_argument("--smoke", action="store_true", help="the smallest size of each")
    parser.add_argument("--sizes", nargs="+", default=[], metavar="SIZE")
    parser.add_argument("--markdown", type=Path, help="write the tables to this file")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--how", type=json.loads, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        one(asked.one, asked.how)
        return
    from _protocol import pin
    from _whole_cases import CASES
    from _whole_reading import tables

    pin()
    unknown = sorted(set(asked.decisions) - set(CASES))
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(CASES)}")
    rows = []
    for decision, size in runs(asked.decisions, ("smoke",) if asked.smoke else asked.sizes):
        rows.append(measured(decision, size))
        print(told(rows[-1]), flush=True)
    parts = list(markdown(rows))
    if not asked.decisions:
        with tempfile.TemporaryDirectory() as folder:
            for part in tables(Path(folder), smoke=asked.smoke):
                parts.append(part)
                print(part, flush=True)
    if asked.markdown:
        write(asked.markdown, *parts)


if __name__ == "__main__":
    main()
