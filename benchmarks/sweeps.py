"""Measure sweeps: how much of two workers' time solves, for solves of a millisecond to a second.

    python benchmarks/sweeps.py [--smoke] [--rounds 3] [--markdown FILE]

Each sweep runs here, one solve after the other, and on two processes, in turns. The efficiency is
the clock of the first by twice that of the second, the start of the processes included: it is 1
where two workers take half the time. A Dask cluster of two workers on this machine takes its turn
where ``distributed`` is installed, without the start of the cluster. What the machine itself leaves
of two cores is measured beside it: two processes that share nothing. Solves of
different lengths are printing decisions on so many parts.
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import _protocol

_protocol.pin()

import amopt  # noqa: E402
from amopt.files import write_text  # noqa: E402
from amopt.scenarios.sweep import Change, Point, sweep  # noqa: E402
from amopt.scenarios.workers import processes  # noqa: E402

WORKERS = 2
APART = "two apart"
SIZES = ((1, 600), (14, 80), (40, 40), (200, 12))
"""Printed parts, and points of the sweep."""


@dataclass(frozen=True)
class Row:
    """What came of the sweeps of one size: medians over rounds."""

    milliseconds: float
    points: int
    one: float
    efficiency: dict[str, float]

    def cells(self) -> list[str]:
        """Return the cells of its row."""
        efficiency = [f"{value:.2f}" for value in self.efficiency.values()]
        return [f"{self.milliseconds:.1f}", f"{self.points:,}", f"{self.one:.2f}", *efficiency]


def parts(count: int) -> Any:
    """Return an instance of printing with so many parts, those of the mission again and again."""
    data = amopt.load("printing/mission").to_dict()
    known = data["parts"]
    several = [
        {**known[n % len(known)], "name": str(n), "print_cost": 100.0 + n} for n in range(count)
    ]
    return amopt.load({**data, "parts": several})


@contextmanager
def cluster() -> Iterator[Callable[[], Any] | None]:
    """Give what gives an executor on a Dask cluster of two processes here, if it can be had."""
    if importlib.util.find_spec("distributed") is None:
        yield None
        return
    import distributed

    from amopt.scenarios.sweep.cluster import on_cluster

    with distributed.LocalCluster(
        n_workers=WORKERS, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as here:
        yield on_cluster(here.scheduler_address)


def apart(instance: Any, points: list[Point]) -> None:
    """Solve every second point in a process, and the others in another: what the machine can."""
    several = [multiprocessing.Process(target=sweep, args=(instance, points[n::2])) for n in (0, 1)]
    for one in several:
        one.start()
    for one in several:
        one.join()
        if one.exitcode:
            raise SystemExit("a process failed")


def measure(count: int, points: int, rounds: int, there: Callable[[], Any] | None) -> Row:
    """Run a sweep each way in turns."""
    instance = parts(count)
    costs = [
        Point((Change("parts.*.print_cost", f"{0.5 + step / points:.6f}x"),))
        for step in range(points)
    ]
    ways: dict[str, Any] = {"two processes": lambda: processes(WORKERS)}
    if there is not None:
        ways["Dask, two workers"] = there
    for pool in ways.values():
        sweep(instance, costs[: 2 * WORKERS], pool=pool)  # a worker imports the package once
    clock: dict[str, list[float]] = {"one": [], **{way: [] for way in ways}}
    machine: list[float] = []
    for _ in range(rounds):
        objectives = []
        for way, spent in clock.items():
            begun = time.perf_counter()
            found = sweep(instance, costs, pool=ways.get(way))
            spent.append(time.perf_counter() - begun)
            objectives.append([row["objective"] for row in found.rows])
        if any(one != objectives[0] for one in objectives):
            raise SystemExit("the ways do not agree")
        begun = time.perf_counter()
        apart(instance, costs)
        machine.append(time.perf_counter() - begun)
    one = statistics.median(clock["one"])
    seen = {**{way: clock[way] for way in ways}, APART: machine}
    return Row(
        1e3 * one / points,
        points,
        one,
        {way: _efficiency(clock["one"], spent) for way, spent in seen.items()},
    )


def _efficiency(one: list[float], two: list[float]) -> float:
    return statistics.median(a / (WORKERS * b) for a, b in zip(one, two, strict=True))


def main() -> None:
    """Print a row a size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--smoke", action="store_true", help="one small sweep, once")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--markdown", type=Path, help="file that the table is written to")
    asked = parser.parse_args()
    sizes = ((1, 40),) if asked.smoke else SIZES
    with cluster() as there:
        rows = [
            measure(*size, 1 if asked.smoke else asked.rounds, None if asked.smoke else there)
            for size in sizes
        ]
    heads = ["ms a solve", "solves", "s by one process"]
    heads += [f"efficiency: {way}" for way in rows[0].efficiency]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    lines += ["| " + " | ".join(row.cells()) + " |" for row in rows]
    print("\n".join(lines))
    if asked.markdown is not None:
        said = (
            "Seconds by the clock. Efficiency: the time of one process by twice that of two "
            f"workers, medians of {asked.rounds} rounds in turns; the start of the processes is "
            f"in it, that of the cluster is not. *{APART.capitalize()}* is what the machine "
            "leaves: two processes that solve half of the points each and share nothing."
        )
        write_text(asked.markdown, "\n".join([said, "", *lines]) + "\n")


if __name__ == "__main__":
    main()
