"""The tables of the docs: each script writes its own, and ``python -m benchmarks page`` keeps them.

A script whose figures stand in the docs takes ``--markdown FILE``; without other options it does
what the docs show, within some minutes. The tables of ``benchmarks/results`` are included there.
"""

from __future__ import annotations

import datetime
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import _protocol
from _registry import HERE, Script, Spec, registry, scripts

RESULTS = HERE / "results"
SPECS = "specs"
"""The name of the table of all specs."""

_NEEDS = re.compile(r"\bAMOPT_[A-Z]+\b")
_TOOK = re.compile(r"^\*`python -m benchmarks page \w+`, ([\d-]+), ([\d,]+) s ", re.MULTILINE)
_LAST = 5
"""Lines of what a script said that are shown where it fails."""


@dataclass(frozen=True)
class Table:
    """A file of tables, and what writes it.

    Attributes
    ----------
    name
        That of the script.
    command
        What is run, without ``--markdown FILE``.
    needs
        Environment variables that name what the script reads besides the project.
    """

    name: str
    command: Sequence[str]
    needs: Sequence[str] = ()

    def absent(self) -> list[str]:
        """Return the variables that name nothing."""
        return [name for name in self.needs if not Path(os.environ.get(name) or "/ /").exists()]


def tables() -> dict[str, Table]:
    """Return all tables by name: one a script that can write it, and one of the specs."""
    found = {name: of(script) for name, script in scripts().items() if script.writes_tables}
    specs = [name for name, one in registry().items() if isinstance(one, Spec)]
    return found | {SPECS: Table(SPECS, (sys.executable, str(HERE), "run", *specs))}


def of(script: Script) -> Table:
    """Return the table of a script; what else it needs is what it names."""
    needs = sorted(set(_NEEDS.findall(script.path.read_text(encoding="utf-8"))))
    return Table(script.name, (sys.executable, str(script.path)), needs)


def took(folder: Path, name: str) -> tuple[str, int] | None:
    """Return when a kept table was measured and the seconds that it took, where a command did."""
    file = folder / f"{name}.md"
    said = _TOOK.search(file.read_text(encoding="utf-8")) if file.exists() else None
    return (said[1], int(said[2].replace(",", ""))) if said else None


def redo(table: Table, folder: Path, limit: float) -> tuple[str, Sequence[str]]:
    """Measure anew and keep the table; return why it was not kept, and what the script said."""
    from amopt.files import write_text

    machine, today = _protocol.machine(), datetime.datetime.now(datetime.UTC).date()
    with tempfile.TemporaryDirectory() as room:
        file = Path(room) / f"{table.name}.md"
        row = _protocol.run_command([*table.command, "--markdown", str(file)], limit)
        text = file.read_text(encoding="utf-8").strip() if file.exists() else ""
    if row["exit"]:
        return f"exit {row['exit']}", row["said"]
    if not re.search(r"^\|[-:| ]+\|$", text, re.MULTILINE):
        return "it wrote no table", row["said"]
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{table.name}.md"
    if lost := gone(kept.read_text(encoding="utf-8") if kept.exists() else "", text):
        print(f"   rows that the former table had: {'; '.join(lost)}")
    whole = page(table.name, text, said(table.name, today.isoformat(), row["seconds"], machine))
    write_text(kept, whole)
    return "", row["said"]


def gone(former: str, now: str) -> list[str]:
    """Return rows and columns that a file of tables no longer has, of a peer, say.

    A row is known by as many of its first cells as tell it from the others of its table.
    """
    before, after = _tables_in(former), _tables_in(now)
    heads = {head for table in after for head in table[0]}
    lost = [
        f"column {head}"
        for head in dict.fromkeys(chain(*(table[0] for table in before)))
        if head and head not in heads
    ]
    labels = Counter[tuple[str, ...]]()
    for _, *rows in before:
        widths = range(1, max(map(len, rows), default=0) + 1)
        width = next((n for n in widths if len({row[:n] for row in rows}) == len(rows)), 1)
        labels.update(row[:width] for row in rows if any(row[:width]))
    still = Counter(row[:n] for _, *rows in after for row in rows for n in {*map(len, labels)})
    return lost + [", ".join(filter(None, label)) for label in labels - still]


def _tables_in(text: str) -> list[list[tuple[str, ...]]]:
    """Return the tables of a file: their rows, the headings first."""
    found: list[list[tuple[str, ...]]] = []
    within = False
    for line in text.splitlines():
        if not line.startswith("|"):
            within = False
            continue
        if not within:
            found.append([])
        within = True
        if not re.fullmatch(r"[-:| ]+", line):
            found[-1].append(tuple(cell.strip() for cell in line.strip("|").split("|")))
    return [table for table in found if table]


def page(name: str, text: str, line: str) -> str:
    """Return what is kept: who writes it, the tables, and the line of the run."""
    head = f"<!-- Written by `python -m benchmarks page {name}`, which writes it anew. -->"
    return f"{head}\n\n{text}\n\n{line}\n"


def said(name: str, date: str, seconds: float, machine: Mapping[str, Any]) -> str:
    """Return the line of a run: when, how long, on what."""
    versions = ", ".join(f"{package} {number}" for package, number in machine["versions"].items())
    return (
        f"*`python -m benchmarks page {name}`, {date}, {seconds:,.0f} s of the processor: amopt "
        f"{machine['amopt']}, Python {machine['python']}, {versions}; {machine['processor']}, "
        f"{machine['cores']} cores, one thread, {machine['system']}; load {machine['load']} at "
        "the start.*"
    )


def listed(folder: Path) -> Iterator[str]:
    """Yield a line a table: how long the kept one took."""
    total = 0
    for name, table in tables().items():
        known = took(folder, name)
        total += known[1] if known else 0
        last = f"{known[1]:>6,} s, {known[0]}" if known else "not yet measured"
        needs = f"; needs {', '.join(table.needs)}" if table.needs else ""
        yield f"{name:20} {last}{needs}"
    yield f"{'all that are known':20} {total:>6,} s of the processor"


def redone(chosen: Iterable[Table], folder: Path, limit: float) -> int:
    """Do tables anew, one after the other, and say how each went; return 1 where one was not."""
    failed, unmeasured = [], []
    for table in chosen:
        stays = "the former table stays" if (folder / f"{table.name}.md").exists() else "no table"
        if absent := table.absent():
            print(f"-- {table.name}: {', '.join(absent)} names nothing that is there; {stays}")
            unmeasured.append(table.name)
            continue
        known = took(folder, table.name)
        about = f", about {known[1]:,} s" if known else ""
        print(f"-- {table.name}{about}: {' '.join(table.command[1:])}", flush=True)
        wrong, lines = redo(table, folder, limit)
        if wrong:
            failed.append(table.name)
            print("\n".join(f"   {line}" for line in lines[-_LAST:]))
        told = f"failed: {wrong}; {stays}" if wrong else f"kept in {folder / f'{table.name}.md'}"
        print(f"   {told}", flush=True)
    for what, names in (("not measured", unmeasured), ("failed", failed)):
        if names:
            print(f"{what}: {', '.join(names)}")
    return int(bool(failed or unmeasured))
