"""The headings of tables: which columns a sheet may have, and what those that it has say."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Final

from amopt.instance.suggest import closest
from amopt.instance.workbook.layout import INSTANCE, Column, Layout, Sheet
from amopt.instance.workbook.tables import Heads, Table, bare

__all__ = [
    "REMARK",
    "absent_amounts",
    "expected",
    "heads_of",
    "leading_columns",
    "meant_column",
    "meant_sheet",
    "own_columns",
]

REMARK: Final = "_"
"""What the heading of a column for the planner's own use begins with."""

_MONEY: Final = frozenset(("price", "cost", "fee"))
"""Words by which a heading says that it is about money."""


def own_columns(sheet: Sheet, table: Table, below: Sequence[Sheet]) -> Iterator[Column]:
    """Yield the columns of an entry's own values."""
    if sheet.form == "free":
        yield from (Column((bare(heading),)) for heading in table.headings)
        return
    yield from sheet.columns
    yield from (Column(one.path) for one in below)


def expected(layout: Layout, sheet: Sheet) -> Iterator[Column]:
    """Yield all columns that a sheet may have."""
    for above in sheet.ancestors:
        yield from leading_columns(above)
    if sheet.numbered:
        yield Column(sheet.own, "whole")
    yield from sheet.columns
    yield from (Column(one.path, "text") for one in layout.below(sheet))


def leading_columns(sheet: Sheet) -> Iterator[Column]:
    """Yield the columns by which sheets below name an entry of a sheet."""
    if sheet.numbered:
        yield Column(sheet.own, "whole", required=True)
        return
    for heading, column in zip(sheet.own, sheet.repeats, strict=True):
        yield replace(column, path=(heading,))


def heads_of(layout: Layout) -> Heads:
    """Return the headings that each sheet may have, by its name in small letters."""
    heads = {sheet.name.casefold(): _headings(layout, sheet) for sheet in layout.sheets}
    return {INSTANCE: frozenset(("key", "value", "meaning")), **heads}


def _headings(layout: Layout, sheet: Sheet) -> frozenset[str]:
    """Return the headings that a sheet may have; none where it may have any."""
    if sheet.form == "free":
        return frozenset()
    return frozenset(column.heading for column in expected(layout, sheet))


def meant_sheet(layout: Layout, table: Table, taken: Collection[str]) -> str | None:
    """Return the sheet that a table of another name is likely to be; None where none is.

    Its name has the words of the sheet's, is spelt nearly so, or its headings are the sheet's.

    Parameters
    ----------
    layout
        The sheets that there may be.
    table
        The table.
    taken
        Sheets that are there.
    """
    known = [sheet.name for sheet in layout.sheets if sheet.name not in taken]
    words = set(table.name.casefold().replace("_", " ").split())
    said = [name for name in known if set(name.split("_")) <= words]
    if said:
        return max(said, key=len)
    near = closest(table.name.casefold(), known)
    if near is not None:
        return near
    headings = {bare(heading) for heading in table.headings if heading}
    best, most = None, 1
    for sheet in layout.sheets:
        shared = len(headings & _headings(layout, sheet))
        needed = {column.heading for column in sheet.columns if column.required}
        if sheet.name in known and needed <= headings and most < shared >= 0.6 * len(headings):
            best, most = sheet.name, shared
    return best


def meant_column(heading: str, known: Sequence[Column], table: Table) -> str | None:
    """Return the column that an unknown heading is likely to mean; None where none is.

    It is one that the table does not have: the nearest in its letters, else the only one that is
    needed, where no other heading could be it.
    """
    there = {bare(one) for one in table.headings}
    absent = [column for column in known if column.heading not in there]
    near = closest(heading, [column.heading for column in absent])
    needed = [column.heading for column in absent if column.required]
    unknown = there - {column.heading for column in known} - {""}
    strangers = [one for one in unknown if not one.startswith(REMARK)]
    return near or (needed[0] if len(needed) == len(strangers) == 1 else None)


def absent_amounts(sheet: Sheet, table: Table) -> list[str]:
    """Return columns of money that a sheet lacks though it has others that it does not use.

    What a template's sheet lacks somebody has deleted; where only what is used is written, it is
    not there by right. A blank cell in such a column counts as 0.
    """
    optional = {column.heading: column for column in sheet.columns if not column.required}
    there = [bare(heading) for heading in table.headings]
    unused = (
        all(row[place] in (None, "") for row in table.rows)
        for place, heading in enumerate(there)
        if heading in optional
    )
    if not any(unused):
        return []
    return [
        heading
        for heading, column in optional.items()
        if heading not in there and column.default == 0 and _MONEY & set(column.path[-1].split("_"))
    ]
