"""The linear programs of a decision process beside the iterations of ours and of other packages.

    python -m benchmarks mdp FILE PART --peers all        # one part of a printing file
    python -m benchmarks mdp --processes all --peers all  # processes that are not ours
    python -m benchmarks mdp --smoke                      # a few seconds, on its own
    python -m benchmarks mdp --markdown FILE              # all of it, for the docs: PAGE

Every way runs in a process of its own, on the same arrays, and is asked for values that are right
to 1e-6 of the largest one. Ways that end soon may take turns (``--rounds``): their medians stand in
the table, and ratios are those of each round. Values are compared with those of a policy iteration
that is written here and uses nothing of amopt. What is not installed, or does not end in time, is
told with the reason.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import scipy.sparse as sp
from _markdown import write
from _mdp_processes import PROCESSES
from _mdp_ways import ACCURACY, PEERS, WAYS
from numpy.typing import NDArray
from scipy.sparse.linalg import splu

import amopt
from amopt.mdp import MarkovDecisionProcess
from amopt.mdp.exchange.archive import save
from amopt.outcome import versions
from amopt.printing.process.processes import full_process

HERE = Path(__file__).parent
SOON = 8.0
"""Seconds of the processor, loading and building with it, up to which a way runs in every round."""

WAITS = 4
"""How many times as long the clock may run as the processor, on a machine that does other work."""

NO_STORM = (
    "**Storm was not measured here.** It is no dependency of amopt and in none of its extras: "
    "[](mdp.md) says what it is handed where it is installed."
)
"""What the page says of it; its row says why."""

PAGE = [
    *(str(HERE / "mdp_systems_42.yaml"), "part", "--processes", "all", "--peers", "all"),
    *("--rounds", "3", "--limit", "45", "--small-limit", "8"),
]
"""What the docs show, where nothing else is asked for."""

SHOWN = ("hiive", "mdpax", "mdpsolver", "mdptoolbox", "quantecon")
"""Packages without which rows of the docs would be empty; of Storm its row says so."""

PACKAGES = (
    "amopt",
    "highspy",
    "numpy",
    "scipy",
    "quantecon",
    "mdpsolver",
    "pymdptoolbox",
    "mdptoolbox-hiive",
    "mdpax",
    "stormpy",
)


@dataclass(frozen=True)
class Row:
    """How one way did on one process; ``solves`` are the seconds of every round."""

    process: str
    way: str
    group: str
    seconds: dict[str, float]
    megabytes: dict[str, float]
    error: float | None
    stopped: str
    solves: tuple[float, ...] = ()

    @property
    def solve(self) -> float | None:
        """Seconds to solve; None where there is no right answer."""
        right = self.error is not None and self.error <= ACCURACY
        return self.seconds.get("solve") if right else None


def policy_iteration(process: MarkovDecisionProcess) -> NDArray[np.float64]:
    """Return the values of Howard's policy iteration, by sparse LU of each policy."""
    owner, states = process.state_of_pair, process.states
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], np.arange(states))
    matrix = sp.csr_array(process.transition[order])
    cost, alpha = process.cost[order], process.discount
    assert alpha is not None
    policy = starts.copy()
    while True:
        system = sp.csc_array(sp.eye_array(states) - alpha * matrix[policy])
        value = splu(system).solve(cost[policy])
        quality = cost + alpha * (matrix @ value)
        least = np.minimum.reduceat(quality, starts)
        better = least < quality[policy] - 1e-11 * np.abs(value).max()
        if not better.any():
            return np.asarray(value)
        first = np.full(states, len(cost))
        hits = np.flatnonzero(quality == np.repeat(least, np.diff([*starts, len(cost)])))
        np.minimum.at(first, owner[order][hits], hits)
        policy = np.where(better, first, policy)


def compare(
    name: str,
    process: MarkovDecisionProcess,
    ways: list[str],
    limit: float,
    part: tuple[Any, int] | None = None,
    rounds: int = 1,
) -> Iterator[Row]:
    """Yield a row a way, and once more those of ways that ran in more rounds.

    ``part`` is the printing instance of the part, and its first state.
    """
    began = time.perf_counter()
    right = policy_iteration(process)
    scale = float(np.abs(right).max())
    size = (
        f"{process.states:,} states, {process.pairs:,} pairs, {process.transition.nnz:,} nonzeros"
    )
    print(f"\n{name}: {size}; reference in {time.perf_counter() - began:.2f} s", flush=True)
    with tempfile.TemporaryDirectory() as room:
        folder = Path(room)
        save(process, folder / "process.npz")
        (folder / "scale.json").write_text(json.dumps(scale))
        if part is not None:
            (folder / "instance.json").write_text(json.dumps(part[0].to_dict()))
        first: list[Row] = []
        for way in ways:
            group = WAYS[way][0]
            if group == "printing" and part is None:
                continue
            said = _run(way, folder, limit)
            error = None
            if (folder / "value.npy").exists():
                found = np.load(folder / "value.npy")
                aim = right[part[1]] if found.shape == () and part is not None else right
                error = _error(found, aim) / scale
                (folder / "value.npy").unlink()
            row = Row(
                name,
                way,
                group,
                said.get("seconds", {}),
                said.get("megabytes", {}),
                error,
                said.get("failed", said.get("stopped", "")),
            )
            print(_line(row), flush=True)
            first.append(row)
            yield row
        yield from _more_rounds(first, folder, limit, rounds)


def _more_rounds(first: list[Row], folder: Path, limit: float, rounds: int) -> Iterator[Row]:
    """Yield the medians of ways that end soon, which take turns."""
    soon = [row for row in first if row.solve is not None and sum(row.seconds.values()) <= SOON]
    found = {row.way: [row.seconds] for row in soon}
    for _ in range(rounds - 1):
        for row in soon:
            found[row.way].append(_run(row.way, folder, limit)["seconds"])
    (folder / "value.npy").unlink(missing_ok=True)
    for row in soon if rounds > 1 else ():
        every = found[row.way]
        seconds = {phase: median(one[phase] for one in every) for phase in row.seconds}
        yield replace(row, seconds=seconds, solves=tuple(one["solve"] for one in every))


def _run(way: str, folder: Path, limit: float) -> dict[str, Any]:
    """Run a way in a process of its own, and return what it says."""
    (folder / "answer.json").unlink(missing_ok=True)
    command = [sys.executable, str(HERE / "_mdp_ways.py"), way, str(folder)]
    try:
        alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        ended = subprocess.run(
            command,
            timeout=WAITS * limit,
            capture_output=True,
            check=False,
            env=alone,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (round(limit),) * 2),
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"not done in {WAITS * limit:g} s of the clock"}
    if ended.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return {"failed": f"not done in {limit:g} s, loading and building with it"}
    if not (folder / "answer.json").exists():
        return {"failed": f"ended with code {ended.returncode}: memory, or a crash"}
    return dict(json.loads((folder / "answer.json").read_text()))


def _error(found: NDArray[np.float64], aim: NDArray[np.float64]) -> float:
    """Return the largest error; that of values which are none, or not one a state, is infinite."""
    if found.shape != np.shape(aim) or not np.isfinite(found).all():
        return float("inf")
    return float(np.abs(found - aim).max())


def _line(row: Row) -> str:
    solve = row.seconds.get("solve")
    took = "" if solve is None else f"{solve:.4g} s"
    error = "" if row.error is None else f"{row.error:.1e}"
    return f"  {row.way:<40} {took:>12} {error:>9}  {row.stopped}"


def markdown(rows: list[Row]) -> list[str]:
    """Return the sections of all tables, and what goes before them."""
    rounds = max((len(row.solves) for row in rows), default=0)
    times = (
        f"those that end within {SOON:g} s in {rounds} rounds, of which the medians stand here,"
        if rounds > 1
        else "once,"
    )
    text = [
        "Every way ran in a process of its own, on the same "
        f"arrays, {times} and was asked for values right to {ACCURACY:g} of the largest one; "
        "*error* is against a policy iteration that is written in the benchmark and uses nothing "
        "of amopt (of ways that are not on the full process, at its first state). *Load* is "
        "reading the arrays from a file and turning them into the package's own form, *build* "
        "constructing what is solved; MB is the peak of the process. Seconds are those of the "
        "processor, one thread (of what takes milliseconds, the median of many times): compare "
        "ratios. Where they are installed: "
        + ", ".join(f"{name} {version}" for name, version in versions(*PACKAGES).items())
        + ".",
    ]
    if not any(row.group == "stormpy" and row.solve is not None for row in rows):
        text.append(NO_STORM)
    for name in dict.fromkeys(row.process for row in rows):
        text += [f"## {name[0].upper()}{name[1:]}", "\n".join(_table(rows, name))]
    return text


def _table(rows: list[Row], name: str) -> Iterator[str]:
    own = [row for row in rows if row.process == name]
    yield "| way | load s | build s | solve s | MB | error | how it ended |"
    yield "|---|---|---|---|---|---|---|"
    for row in own:
        cells = [
            f"{row.seconds[phase]:.3g}" if phase in row.seconds else ""
            for phase in ("load", "build", "solve")
        ]
        memory = f"{max(row.megabytes.values()):.0f}" if row.megabytes else ""
        error = "" if row.error is None else f"{row.error:.0e}"
        if row.error is not None and row.error > ACCURACY:
            error += ", **missed**"
        yield f"| {row.way} | {' | '.join(cells)} | {memory} | {error} | {row.stopped} |"
    yield ""
    yield from _said(own)


def _said(rows: list[Row]) -> Iterator[str]:
    """Yield the comparison in words, with what is faster than ours."""
    others = [row for row in rows if row.group in PEERS and row.solve is not None]
    if not others:
        yield "No other package gave values within the accuracy that was asked for."
        return
    peer = min(others, key=lambda row: row.solve or 0.0)
    yield f"The fastest other package is {peer.way}: {peer.solve:.3g} s."
    yield ""
    for row in rows:
        if row.group in PEERS or row.solve is None or peer.solve is None:
            continue
        turns = bool(peer.solves and row.solves)  # what ran once is held to the medians shown
        theirs, own = (peer.solves, row.solves) if turns else ((peer.solve,), (row.solve,))
        ahead = [other / max(one, 1e-6) for other, one in zip(theirs, own, strict=True)]
        name = f"{row.way[0].upper()}{row.way[1:]}"
        if median(ahead) >= 1:
            yield f"- {name} is {median(ahead):,.3g} times as fast{_range(ahead)}."
        else:
            longer = [1 / one for one in ahead]
            yield f"- **{name} is slower: {median(longer):,.3g} times as long**{_range(longer)}."


def _range(ratios: list[float]) -> str:
    """Return from what to what ratios are, of rounds that are more than one."""
    if len(ratios) < 2:
        return ""
    return f" ({min(ratios):,.3g} to {max(ratios):,.3g} in {len(ratios)} rounds)"


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks mdp")
    parser.add_argument("file", nargs="?", help="a printing file, or a shipped instance's name")
    parser.add_argument("part", nargs="?", help="one of its parts")
    parser.add_argument("--processes", nargs="+", default=[], help="all, or names")
    parser.add_argument("--peers", nargs="+", default=[], help=f"all, or of {', '.join(PEERS)}")
    parser.add_argument("--ways", nargs="+", default=[], help="only ways that begin so")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds of the processor")
    parser.add_argument("--small-limit", type=float, default=20.0, help="the same of --processes")
    parser.add_argument("--rounds", type=int, default=1, help="of ways that end soon, in turn")
    parser.add_argument("--smoke", action="store_true", help="a small case, in a few seconds")
    parser.add_argument("--json", type=Path, help="where to write the rows")
    parser.add_argument("--add", type=Path, nargs="+", default=[], help="rows of earlier runs")
    parser.add_argument("--markdown", type=Path, help="where to write the tables of the docs")
    given = parser.parse_args()
    if given.markdown and not (given.file or given.processes or given.smoke or given.add):
        given = parser.parse_args([*PAGE, *sys.argv[1:]])
        if missing := [name for name in SHOWN if find_spec(name) is None]:
            parser.error(f"the docs show {', '.join(missing)}: pip install '.[peers]'")
    peers = PEERS if "all" in given.peers else given.peers
    ways = [name for name, (group, _) in WAYS.items() if group in ("printing", "ours", *peers)]
    if given.ways:
        ways = [way for way in ways if way.startswith(tuple(given.ways))]
    names = list(PROCESSES) if "all" in given.processes else given.processes
    if given.smoke and (given.file or names or given.peers or given.ways or given.add):
        parser.error("--smoke has a process and ways of its own: give it alone")
    if given.smoke:
        names, ways = ["taxicab"], ["policy iteration", "full LP from a policy", "full LP, cold"]
    elif given.file is None and not names and not given.add:
        parser.error("give FILE PART, or --processes")
    unknown = [*(set(names) - set(PROCESSES)), *(set(peers) - set(PEERS))]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}")
    rows = {}
    for path in given.add:
        for row in json.loads(path.read_text()):
            rows[row["process"], row["way"]] = Row(
                **{**row, "solves": tuple(row.get("solves", ()))}
            )
    found = [] if given.file is None else [_of_part(given, ways, parser)]
    found += [
        compare(name, PROCESSES[name](), ways, given.small_limit, rounds=given.rounds)
        for name in names
    ]
    for row in chain.from_iterable(found):
        rows[row.process, row.way] = row
        if given.json:  # at once: a run takes long, and may be stopped
            given.json.write_text(json.dumps([asdict(one) for one in rows.values()], indent=1))
    if given.markdown:
        write(given.markdown, *markdown(list(rows.values())))


def _of_part(
    given: argparse.Namespace, ways: list[str], parser: argparse.ArgumentParser
) -> Iterator[Row]:
    """Return the rows of one part of a printing file."""
    part = given.part
    data = amopt.load(given.file).to_dict()
    names = [entry["name"] for entry in data["parts"]]
    if part not in names:
        parser.error(f"PART is one of {', '.join(names)}")
    if data["criterion"] == "average":
        parser.error("other packages need a discount: give the file one close to 1")
    data = {
        key: data[key]
        for key in ("amopt", "kind", "name", "cycle_days", "criterion", "systems", "parts")
    }
    data["parts"] = [entry for entry in data["parts"] if entry["name"] == part]
    instance = amopt.load(data)
    began = time.perf_counter()
    made = full_process(instance.parameters)
    print(f"the full process is built in {time.perf_counter() - began:.2f} s")
    title = (
        f"printing, {instance.parameters.systems[0]} systems, cycle of {instance.cycle_days} days"
    )
    return compare(title, made.process, ways, given.limit, (instance, made.start), given.rounds)


if __name__ == "__main__":
    main()
