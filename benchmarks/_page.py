"""The page of the docs that draws what is kept in ``benchmarks/results``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
WIDTH = 24
"""Characters of the longest bar."""


def results(folder: Path = RESULTS) -> list[dict[str, Any]]:
    """Return what is kept, the oldest first."""
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]


def markdown(kept: Sequence[Mapping[str, Any]]) -> str:
    """Return the page: a section a release, a table a benchmark, a bar a way."""
    lines = [
        "# Measured, release by release",
        "",
        "What `python -m benchmarks run --out benchmarks/results` kept; [](benchmarks.md) says how "
        "it is measured. Seconds are of the processor, medians over rounds in which the ways took "
        "turns; the ratio is to the first way of its phase in the same rounds. Only ratios compare "
        "between machines. Bars are drawn on a scale of powers of ten.",
    ]
    for one in reversed(kept):
        lines += _release(one)
    return "\n".join(lines) + "\n"


def _release(one: Mapping[str, Any]) -> Iterator[str]:
    machine = one["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    yield from ("", f"## amopt {machine['amopt']}, {one['date']}", "")
    yield (
        f"{machine['processor']}, {machine['cores']} cores, one thread; {machine['system']}, "
        f"Python {machine['python']}, {versions}; load {machine['load']} at the start."
    )
    rows = [row for row in one["rows"] if "way" in row]
    for name, group in groupby(rows, key=lambda row: (row["benchmark"], row["size"])):
        yield from _table(name, list(group))


def _table(name: tuple[str, str], rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    largest = max(bar(row["ratio"]) for row in rows)
    yield from ("", f"### {name[0]}, {name[1]} ({rows[0]['of']:,})", "")
    yield from ("| phase | way | seconds | ratio | |", "|---|---|---|---|---|")
    for row in rows:
        drawn = "█" * max(1, round(WIDTH * bar(row["ratio"]) / largest))
        yield (
            f"| {row['phase']} | {row['way']} | {row['seconds']:.4g} | {row['ratio']:.3g} "
            f"| {drawn} |"
        )


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return what was measured of several specs as one table."""
    lines = [
        "Seconds are of the processor, medians over rounds in which the ways took turns; the "
        "ratio is the median of those to the first way of the phase within each round.",
        "",
        "| spec | size | phase | way | seconds | ratio |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{row['benchmark']}` | {row['of']:,} | {row['phase']} | {row['way']} "
        f"| {row['seconds']:.4g} | {row['ratio']:.3g} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def bar(ratio: float) -> float:
    """Return the length of a ratio's bar: powers of ten above a thousandth."""
    from math import log10

    return max(0.1, 3 + log10(max(ratio, 1e-3)))
