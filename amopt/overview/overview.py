"""An instance at a glance: network, demand against capacity, oddities, size of the program."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from amopt.instance.common import Network
from amopt.instance.workbook.flattening import filled_sheets
from amopt.instance.workbook.layout import layout
from amopt.overview.oddities import of_columns, of_entries, of_places
from amopt.overview.reach import unreached
from amopt.overview.size import size_of
from amopt.phrases import counted, listed
from amopt.solution import Column, Table

if TYPE_CHECKING:
    import pandas as pd

    from amopt.instance.common import Instance

__all__ = ["COLUMNS", "Overview", "show"]

COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "contents": (
        Column("collection", "", "the entries of the file, by what they are"),
        Column("entries", "", "how many there are"),
    ),
    "demand": (
        Column("what", "", "what is needed, and by whom it is made"),
        Column("needed", "", "how much demand asks for"),
        Column("available", "", "how much there is or may be; empty where there is no limit"),
        Column("unit", "", "the unit of both"),
        Column("share", "%", "what is needed, in hundredths of what is available"),
    ),
    "unreached": (
        Column("place", "", "a place of the network"),
        Column("role", "", "what the place is"),
        Column("why", "", "what no lane or mode of the network does for it"),
    ),
    "oddities": (
        Column("collection", "", "where it stands"),
        Column("entry", "", "the entry"),
        Column("key", "", "the key, whose name ends in its unit"),
        Column("value", "", "what it says"),
        Column("typical", "", "the median of the same key in the other entries"),
        Column("what", "", "what is odd about it"),
    ),
    "program": (
        Column("part", "", "variables or constraints"),
        Column("family", "", "the family, as the formulation calls it"),
        Column("number", "", "how many there are: columns or rows"),
        Column("whole", "", "how many of the variables are whole numbers"),
        Column("nonzeros", "", "coefficients in these columns or rows"),
    ),
}
"""The columns of the tables."""


@dataclass(frozen=True)
class Overview:
    """What an instance holds.

    Attributes
    ----------
    instance
        The instance.
    rows
        The tables by name: ``contents``, ``demand`` (against capacity), ``unreached`` (places),
        ``oddities`` (of the data) and ``program`` (its size by family).
    size
        Variables, whole ones among them, constraints and nonzeros of the program.
    """

    instance: Instance
    rows: Mapping[str, Table]
    size: Mapping[str, int]

    @property
    def name(self) -> str:
        """The instance's name."""
        return self.instance.name

    @property
    def kind(self) -> str:
        """The decision."""
        return self.instance.kind

    @property
    def currency(self) -> str:
        """The unit of money of the instance."""
        return self.instance.currency

    @property
    def columns(self) -> Mapping[str, tuple[Column, ...]]:
        """The columns of the tables, by table."""
        return COLUMNS

    def headline(self) -> tuple[str, ...]:
        """Return what a planner should know before solving, in a few sentences."""
        return tuple(self._sentences())

    def _sentences(self) -> Iterator[str]:
        held = [f"{row['collection']} {row['entries']:,}" for row in self.rows["contents"]]
        if held:
            yield f"The file holds: {', '.join(held)}."
        room = _demand_room(self.kind)
        limited = [row for row in self.rows["demand"] if row["available"] is not None]
        if hasattr(room, "in_words"):
            yield from map(room.in_words, limited)
            limited = []
        short = [row["what"] for row in limited if row["needed"] > row["available"]]
        if short:
            yield f"More is asked for than there is: {listed(short, most=3)}."
        elif limited:
            yield "No demand exceeds the capacity that it is held against."
        cut_off = len(self.rows["unreached"])
        if cut_off:
            yield f"Cut off: {counted(cut_off, 'place')}."
        odd = len(self.rows["oddities"])
        yield f"{counted(odd, 'thing')} in the data to look at." if odd else "Nothing looks odd."
        size = self.size
        yield (
            f"The program has {counted(size['variables'], 'variable')}, {size['whole']:,} of them "
            f"whole, {counted(size['constraints'], 'constraint')} and "
            f"{counted(size['nonzeros'], 'nonzero')}; nothing was solved."
        )

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables as pandas data frames."""
        import pandas as pd

        return {
            name: pd.DataFrame(list(rows), columns=[column.name for column in COLUMNS[name]])
            for name, rows in self.rows.items()
        }

    def figures(self) -> dict[str, Any]:
        """Return plotly figures by title: the network, and demand in shares of capacity.

        Raises
        ------
        UsageError
            When plotly is not installed.
        """
        from amopt.overview.figures import figures

        return figures(self.instance, self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the overview as plain data: what ``amopt show --json`` prints."""
        from amopt.files.version import __version__

        return {
            "amopt": __version__,
            "kind": self.kind,
            "name": self.name,
            "instance": self.instance.fingerprint(),
            "headline": list(self.headline()),
            "size": dict(self.size),
            "tables": {name: list(rows) for name, rows in self.rows.items()},
        }

    def __repr__(self) -> str:
        """Return kind, name and what stands out, on one line."""
        return f"<overview of {self.kind} {self.name[:60]!r}: {self.size['variables']:,} variables>"


def show(instance: Instance) -> Overview:
    """Return what an instance holds, without solving it.

    Parameters
    ----------
    instance
        An instance as :func:`amopt.load` returns it.

    Returns
    -------
    Overview
        Its network and what no lane reaches, demand against capacity, the data's oddities, and how
        large the program of its formulation is, by family.
    """
    room = _demand_room(instance.kind)
    network = getattr(instance, "network", None) or Network()
    ends = room.ends(instance) if hasattr(room, "ends") else (frozenset(), frozenset())
    data = instance.model_dump(by_alias=True, exclude_unset=True)
    _, sheets = filled_sheets(layout(type(instance)), data)
    columns = room.columns_beside(instance) if hasattr(room, "columns_beside") else {}
    contents = [
        {"collection": one.sheet.name.replace("_", " "), "entries": len(one.rows)} for one in sheets
    ]
    told = {row["collection"] for row in contents}
    contents += [
        {"collection": name, "entries": len(held[0])}
        for name, held in columns.items()
        if f"{name} rows" not in told  # else they stand in the file, and are counted
    ]
    oddities = [*of_entries(sheets), *of_places(network)]
    for name, (entries, numbers) in columns.items():
        oddities += of_columns(name, entries, numbers)
    size, program = size_of(instance)
    return Overview(
        instance,
        {
            "contents": contents,
            "demand": [_demand_row(*need) for need in getattr(room, "needs", _none)(instance)],
            "unreached": list(unreached(network, *ends)),
            "oddities": oddities,
            "program": program,
        },
        size,
    )


def _demand_room(kind: str) -> Any:
    """Return the room of a decision that knows its demand; None where it has none."""
    name = f"amopt.{kind}.demand"
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


def _none(instance: Instance) -> tuple[()]:
    return ()


def _demand_row(what: str, needed: float, available: float | None, unit: str) -> dict[str, Any]:
    """Return the row of a need; a share of no capacity at all is none."""
    share = 100.0 * needed / available if available else None
    return {
        "what": what,
        "needed": needed,
        "available": available,
        "unit": unit,
        "share": share,
    }
