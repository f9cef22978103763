"""Rows of totals, which would count as one entry more."""

from __future__ import annotations

import re

from amopt.instance.findings import Where
from amopt.instance.suggest import shown
from amopt.instance.workbook.tables import Remark, Table

__all__ = ["is_total", "total_row"]

_TOTAL = re.compile(
    r"(?:grand |sub-?)?(?:totals?|sums?|summe|gesamt(?:summe)?|totaal|totale?|yhteensä)\W*",
    re.IGNORECASE,
)


def is_total(name: str) -> bool:
    """Return whether a name is that of a sum."""
    return _TOTAL.fullmatch(name.strip()) is not None


def total_row(table: Table) -> Remark | None:
    """Return a remark where the last row of a table has the name of a sum; else None."""
    if len(table.rows) < 2:
        return None
    last = table.rows[-1]
    name = next((cell for cell in last if cell not in (None, "")), None)
    numbers = any(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in last)
    if not (isinstance(name, str) and is_total(name) and numbers):
        return None
    where = Where(sheet=table.name, row=table.numbers[-1])
    message = f"the last row is called {shown(name)}: it looks like the sum of the others."
    return Remark("total-row", where, message)
