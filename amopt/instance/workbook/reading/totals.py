"""Rows of totals, which would count as one entry more."""

from __future__ import annotations

import re
from dataclasses import replace

from amopt.instance.findings import Where
from amopt.instance.suggest import shown
from amopt.instance.workbook.layout import Sheet
from amopt.instance.workbook.tables import Remark, Table, bare
from amopt.phrases import listed

__all__ = ["is_total", "without_sum"]

_TOTAL = re.compile(
    r"(?:grand |sub-?)?(?:totals?|sums?|summe|gesamt(?:summe)?|totaal|totale?|yhteensä)\W*",
    re.IGNORECASE,
)

_AMOUNT = re.compile(r"[+-]?[\d.,'\s]*\d[\d.,'\s]*")


def is_total(name: str) -> bool:
    """Return whether a name is that of a sum."""
    return _TOTAL.fullmatch(name.strip()) is not None


def without_sum(sheet: Sheet, table: Table) -> tuple[Table, list[Remark]]:
    """Return a table without a last row that can be its sum alone, and what to say of such a row.

    One that has all that an entry needs stays.
    """
    if sheet.form != "entries" or len(table.rows) < 2:
        return table, []
    last = table.rows[-1]
    name = next((cell for cell in last if cell not in (None, "")), None)
    if not (isinstance(name, str) and is_total(name) and any(map(_is_amount, last))):
        return table, []
    where = Where(sheet=table.name, row=table.numbers[-1])
    message = f"the last row is called {shown(name)}: it looks like the sum of the others"
    held = dict(zip(map(bare, table.headings), last, strict=False))
    needed = [*sheet.leading, *(one.heading for one in sheet.columns if one.required)]
    lacking = [heading for heading in needed if heading in held and held[heading] in (None, "")]
    if not lacking:
        return table, [Remark("total-row", where, f"{message}.")]
    message += f", has no {listed(lacking)}, and is left out."
    table = replace(table, rows=table.rows[:-1], numbers=table.numbers[:-1])
    return table, [Remark("total-row", where, message, "Remove it.")]


def _is_amount(cell: object) -> bool:
    """Return whether a cell holds a number, as text too: all cells of a csv file are text."""
    if isinstance(cell, str):
        return _AMOUNT.fullmatch(cell) is not None
    return isinstance(cell, int | float) and not isinstance(cell, bool)
