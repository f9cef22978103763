"""How measured time and memory grow with size, and what they come to at sizes beyond this machine.

Everything here is worked out from the figures as they are printed, so that whoever reads the page
can do the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from _scale_ladders import LADDERS, PARTS, PLACES, SITES
from _scale_run import PHASES

LARGEST = 3
"""How many of the largest sizes an exponent is fitted to."""

HEADS = ("run", "size", "MB of file", *PHASES, "all", "MB of memory")
SIZE, ALL, MEMORY = HEADS.index("size"), HEADS.index("all"), HEADS.index("MB of memory")


@dataclass(frozen=True)
class Growth:
    """What grows as a power of the size: the exponent, and those between neighbouring sizes."""

    exponent: float
    least: float
    most: float

    def times(self, ratio: float) -> tuple[float, float]:
        """Return what a size that is so many times as large takes more: as fitted, as planned.

        What is small beside a fixed start seems to grow slowly. Plans reckon with the steepest
        growth between neighbours, and with no less than proportion.
        """
        return ratio**self.exponent, ratio ** max(1.0, self.most)


def growth(sizes: Sequence[float], values: Sequence[float]) -> Growth:
    """Return how values grow over the largest sizes: least squares on logarithms."""
    x, y = (np.log(np.array(one[-LARGEST:], dtype=float)) for one in (sizes, values))
    steps = np.diff(y) / np.diff(x)
    return Growth(float(np.polyfit(x, y, 1)[0]), float(steps.min()), float(steps.max()))


@dataclass(frozen=True)
class Plan:
    """A size beyond what is measured.

    Attributes
    ----------
    name
        What it is.
    steps
        Ladders by their name, each with the size it starts from, None for its largest, and the size
        it goes to; what they take more is multiplied.
    pieces
        In how many pieces it is solved, one after the other in time; memory is that of one.
    """

    name: str
    steps: tuple[tuple[str, int | None, int], ...]
    pieces: int = 1


PLANS = (
    Plan("10,000,000 parts screened, whole", (("screening", None, 10_000_000),)),
    Plan("the same in 10 tables of 1,000,000", (("screening", None, 1_000_000),), 10),
    Plan("10,000,000 parts printed, a table", (("printing, a table", None, 10_000_000),)),
    Plan("the same in 40 tables of 250,000", (("printing, a table", 250_000, 250_000),), 40),
    Plan("100,000 printed parts under five limits", (("printing, limits", None, 100_000),)),
    Plan("10,000,000 order lines, whole", (("sourcing", None, 10_000_000),)),
    Plan("1,000,000 order lines, whole", (("sourcing", None, 1_000_000),)),
    Plan("the same in 400 files of 2,500", (("sourcing", 2_500, 2_500),), 400),
    Plan(
        f"network of {SITES} sites, 10,000 places, {PARTS} parts",
        (("placement, places", None, 10_000),),
    ),
    Plan(
        f"network of 10,000 sites, {PLACES} places, {PARTS} parts",
        (("placement, sites", None, 10_000),),
    ),
    Plan(
        f"network of 10,000 sites, 10,000 places, {PARTS} parts",
        (("placement, places", None, 10_000), ("placement, sites", SITES, 10_000)),
    ),
    Plan(
        "100 rounds of prices for that",
        (("placement, prices", None, 10_000 * 10_000 * PARTS),),
    ),
    Plan("a process of 10,000,000 states", (("decision process", None, 10_000_000),)),
)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table in Markdown."""
    lines = [f"| {' | '.join(heads)} |", "|---|" + "---:|" * (len(heads) - 1)]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows)]


def cells_of(name: str, size: int, row: Mapping[str, object]) -> list[str]:
    """Return what a run took as cells."""
    seconds = row["seconds"]
    assert isinstance(seconds, dict)
    spent = [float(seconds[phase]) for phase in PHASES]
    figures = [f"{one:.2f}" for one in (*spent, sum(spent))]
    return [name, f"{size:,}", f"{row['file']:.3g}", *figures, f"{row['memory']:,.0f}"]


def rows_of(text: str) -> list[list[str]]:
    """Return the cells of the runs on a page of results."""
    head = f"| {' | '.join(HEADS)} |"
    found = re.search(re.escape(head) + r"\n\|[-:|]+\n((?:\|.*\n?)+)", text)
    lines = found[1].splitlines() if found else []
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


def number(cell: str) -> float:
    """Return the number of a cell."""
    return float(cell.replace(",", ""))


def ladder_of(rows: Iterable[Sequence[str]], name: str, column: int) -> tuple[list[float], ...]:
    """Return the sizes of a ladder, and one of its columns."""
    own = [row for row in rows if row[0] == name]
    return [number(row[SIZE]) for row in own], [number(row[column]) for row in own]


def grows(rows: Sequence[Sequence[str]], name: str, start: int | None = None) -> bool:
    """Tell whether there are runs to fit the growth of a ladder to, and one of a size, if asked."""
    ladders = [ladder_of(rows, name, column) for column in (ALL, MEMORY)]
    return all(
        len(sizes) > 1 and min(values) > 0 and (start is None or start in sizes)
        for sizes, values in ladders
    )


def extrapolated(plan: Plan, rows: Sequence[Sequence[str]], column: int) -> list[float]:
    """Return what a plan takes by one column, as fitted and as planned."""
    first, *_ = plan.steps
    sizes, values = ladder_of(rows, first[0], column)
    found = np.full(2, values[sizes.index(first[1])] if first[1] else values[-1])
    for name, start, end in plan.steps:
        sizes, values = ladder_of(rows, name, column)
        found *= growth(sizes, values).times(end / (start or sizes[-1]))
    pieces = plan.pieces if column == ALL else 1
    return [float(value) * pieces for value in found]


def in_time(seconds: float) -> str:
    """Return seconds in a unit that fits them, to two digits."""
    units = (("s", 1.0), ("min", 60.0), ("h", 3600.0), ("days", 86400.0))
    unit, size = next(
        ((unit, size) for unit, size in reversed(units) if seconds >= 2 * size), units[0]
    )
    return f"{float(f'{seconds / size:.2g}'):,g} {unit}"


def in_memory(megabytes: float) -> str:
    """Return megabytes in a unit that fits them, to two digits."""
    unit, size = ("TB", 1e6) if megabytes >= 1e6 else ("GB", 1e3)
    return f"{float(f'{megabytes / size:.2g}'):,g} {unit}"


def _measured(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the table of what was measured and fitted."""
    found = []
    for name, ladder in LADDERS.items():
        if not grows(rows, name):
            continue
        cells = [name, ladder.of]
        for column in (ALL, MEMORY):
            sizes, values = ladder_of(rows, name, column)
            own, last = growth(sizes, values), slice(-2, None)
            cells += [f"{own.exponent:.2f}", f"{own.least:.2f} to {own.most:.2f}"]
        each = 1e3 * np.diff(values[last])[0] / np.diff(sizes[last])[0]
        found.append([*cells, f"{float(f'{each:.2g}'):g}"])
    heads = ("run", "the size counts", "time", "range", "memory", "range", "kB each")
    return table(heads, found)


def _planned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the table of what is planned on paper, as far as the runs that it takes are there."""
    found = []
    for plan in PLANS:
        (first, start, _), *others = plan.steps
        if grows(rows, first, start) and all(grows(rows, name) for name, _, _ in others):
            time = map(in_time, extrapolated(plan, rows, ALL))
            memory = map(in_memory, extrapolated(plan, rows, MEMORY))
            found.append([plan.name, *time, *memory])
    return table(("size", "time, as fitted", "planned", "memory, as fitted", "planned"), found)


def markdown(rows: Sequence[Sequence[str]], *, planned: bool = True) -> str:
    """Return the page of results."""
    lines = [
        "Seconds of the processor from the file to the judged answer, one run each in a process of "
        "its own, by phase (*answer* is what a solve does besides the others, tables above all), "
        "without the start of the process; memory is what the process took at most beyond what it "
        "had after its start.",
        "",
        *table(HEADS, rows),
        "",
        "Exponents of the growth: time and memory as a power of the size, by least squares on the "
        f"logarithms of the {LARGEST} largest sizes, and between neighbouring ones of these; the "
        "memory of each one more, between the two largest.",
        "",
        *_measured(rows),
    ]
    if planned:
        lines += [
            "",
            "On paper: the largest run (of pieces: the run of their size, times their number), "
            "times the ratio of the sizes to the power of the fitted exponent; *planned* reckons "
            "with the greatest exponent between neighbouring sizes, and at least 1. Time is of one "
            "processor.",
            "",
            *_planned(rows),
        ]
    return "\n".join(lines) + "\n"
