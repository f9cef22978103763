"""Two versions of amopt side by side: the same work, in turns, and the ratio of their seconds.

    python -m benchmarks before_after --before PYTHON [--after PYTHON] [--only WORD ...]

PYTHON is the interpreter of an environment that holds the other version (``git worktree add
/tmp/before COMMIT``; an environment with ``pip install -e /tmp/before`` and the same versions of
everything else); where it is left out, ``AMOPT_BEFORE`` names it. Each version has one process of
its own that does all cases, round by round and in turns; whole processes (``amopt solve FILE``) are
started anew each time, in three times as many rounds. Seconds are those of the processor, the ratio
is the median of the ratios within each round, and a first round that warms up does not count. Work
of less than a tenth of a second is repeated until it takes as much. The files are those of the
version before, which both can read. Without another version there is nothing to compare;
``--smoke`` alone compares this version with itself, on two cases, once.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import _protocol

_protocol.pin()

from _markdown import table, write  # noqa: E402
from _two_versions import FILES, cases  # noqa: E402

LEAST = 0.1
"""Seconds that a turn takes at least."""
SMOKE = ("bush, solve", "transfer of a Pyomo model, 30,000 nonzeros")
WHOLE = ("mission", "table", "textbook", "orders", "bush")
WHOLE_ROUNDS = 3
"""How many times as many rounds whole commands take."""
WORKER = Path(__file__).parent / "_two_versions.py"


class Row(NamedTuple):
    """What one case took, in seconds of the processor, and the ratio after / before."""

    case: str
    before: float
    after: float
    ratio: float
    least: float
    most: float


Turn = Callable[[int], float]
"""Do the work so many times; return the seconds of one."""


class Version:
    """One version of amopt: its interpreter, and a worker that does cases one by one."""

    def __init__(self, python: str, folder: Path, elsewhere: Path) -> None:
        self.python, self.elsewhere = python, elsewhere
        self.worker = subprocess.Popen(
            [python, str(WORKER), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=elsewhere,
            text=True,
        )

    def turn(self, case: str, times: int) -> float:
        """Return the seconds that one run of a case took, of so many."""
        pipes = self.worker.stdin, self.worker.stdout
        assert pipes[0] is not None
        assert pipes[1] is not None
        print(json.dumps([case, times]), file=pipes[0], flush=True)
        said = pipes[1].readline()
        if not said:
            raise SystemExit(f"{self.python} could not do: {case}")
        return float(json.loads(said))

    def process(self, words: tuple[str, ...], times: int) -> float:
        """Return the seconds that a command of this version took, whole, of so many runs."""
        used = 0.0
        for _ in range(times):
            command = [self.python, "-m", "amopt", *words]
            started = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=self.elsewhere)
            _, status, usage = os.wait4(started.pid, 0)
            started.returncode = os.waitstatus_to_exitcode(status)
            if started.returncode:
                raise SystemExit(f"{' '.join(command)} ended with {started.returncode}")
            used += usage.ru_utime + usage.ru_stime
        return used / times

    def close(self) -> None:
        """Let the worker end."""
        self.worker.communicate()


def instances(python: str, elsewhere: Path) -> Path:
    """Return the folder of the instances that ship with the amopt of an interpreter."""
    asked = "from amopt.instance.catalogue import path; print(path('printing/mission'))"
    said = subprocess.run(
        [python, "-c", asked], cwd=elsewhere, check=True, capture_output=True, text=True
    )
    return Path(said.stdout.strip()).parent.parent


def turns(version: Version, folder: Path) -> Mapping[str, Turn]:
    """Return the work that a version is measured on, by name."""
    data = Path(os.environ.get("AMOPT_DATA", ""))
    names = cases(folder, data if (data / "orlib").is_dir() else None)
    found: dict[str, Turn] = {
        name: lambda times, name=name: version.turn(name, times)  # type: ignore[misc]
        for name in names
    }
    commands = {f"amopt solve {name}": ("solve", str(folder / FILES[name])) for name in WHOLE}
    commands |= {"amopt --help": ("--help",)}
    commands |= {"amopt check mission": ("check", str(folder / FILES["mission"]))}
    for name, words in commands.items():
        found[name] = lambda times, words=words: version.process(words, times)  # type: ignore[misc]
    return found


def rows(before: Mapping[str, Turn], after: Mapping[str, Turn], rounds: int) -> Iterator[Row]:
    """Yield what each case takes before and after."""
    for case, first in before.items():
        pair = (first, after[case])
        once = [way(1) for way in pair]
        times = max(1, min(200, round(LEAST / max(min(once), 1e-9))))
        spent: list[list[float]] = [[], []]
        for number in range(rounds * (WHOLE_ROUNDS if case.startswith("amopt ") else 1)):
            for side in (0, 1) if number % 2 == 0 else (1, 0):
                spent[side].append(pair[side](times))
        ratios = [b / a for a, b in zip(*spent, strict=True)]
        median = [statistics.median(side) for side in spent]
        yield Row(case, *median, statistics.median(ratios), min(ratios), max(ratios))


def markdown(found: Sequence[Row], rounds: int) -> list[str]:
    """Return a sentence and the table: a row a case."""
    lead = (
        "Two versions in turns: medians in milliseconds of the processor, the median of the ratios "
        f"within a round, and their range; {rounds} rounds, {WHOLE_ROUNDS * rounds} of whole "
        "commands."
    )
    cells = [
        [
            row.case,
            f"{1e3 * row.before:,.1f}",
            f"{1e3 * row.after:,.1f}",
            f"{row.ratio:.2f}",
            f"{row.least:.2f} to {row.most:.2f}",
        ]
        for row in found
    ]
    worst, best = (pick(found, key=lambda row: row.ratio) for pick in (max, min))
    middle = statistics.median(row.ratio for row in found)
    last = (
        f"The worst ratio is {worst.ratio:.2f} ({worst.case}), the best {best.ratio:.2f} "
        f"({best.case}), the one in the middle {middle:.2f}."
    )
    return [lead, table(["case", "before", "after", "ratio", "range"], cells), last]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or a fresh checkout is compiled each time
    before = os.environ.get("AMOPT_BEFORE")
    parser.add_argument("--before", default=before, help="interpreter of the other version")
    parser.add_argument("--after", default=sys.executable, help="interpreter of this version")
    parser.add_argument("--only", nargs="+", default=[], help="cases with one of these words")
    parser.add_argument("--rounds", type=int, default=7, help="rounds that count")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    parser.add_argument("--markdown", type=Path, help="where to write the table of the docs")
    parser.add_argument("--smoke", action="store_true", help="two small cases, once")
    asked = parser.parse_args()
    if not (asked.before or asked.smoke):
        print("nothing to compare: --before names the interpreter of the other version")
        return
    with ExitStack() as stack:
        elsewhere = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        old = asked.before or asked.after
        folder = instances(old, elsewhere)
        pair = [Version(python, folder, elsewhere) for python in (old, asked.after)]
        for version in pair:
            stack.callback(version.close)
        before, after = (turns(version, folder) for version in pair)
        words = SMOKE if asked.smoke else tuple(asked.only)
        before = {n: t for n, t in before.items() if not words or any(w in n for w in words)}
        found = []
        print(f"{'case':44} {'before':>9} {'after':>9} {'ratio':>6}   least, most")
        rounds = 1 if asked.smoke else asked.rounds
        for row in rows(before, after, rounds):
            found.append(row)
            print(
                f"{row.case:44} {row.before:9.4f} {row.after:9.4f} {row.ratio:6.2f}   "
                f"{row.least:.2f}, {row.most:.2f}",
                flush=True,
            )
    if asked.markdown:
        write(asked.markdown, *markdown(found, rounds))
    if asked.json:
        record: dict[str, Any] = {
            "machine": _protocol.machine(),
            "rows": [row._asdict() for row in found],
        }
        asked.json.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
