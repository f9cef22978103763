"""The columns of a plan's tables, and whether they hold names and numbers as they should."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from amopt.placement.referee.machines import NUMBERS
from amopt.referee import Notebook, is_number

__all__ = ["COLUMNS", "check_columns"]

Row = Mapping[str, Any]

COLUMNS = {
    "sites": {"place", "period", "open", "machines", "hours", "utilisation"},
    "fleet": {"place", "period", "machine", "ownership", *NUMBERS, "hours", "utilisation"},
    "supply": {
        "place", "part", "period", "source", "machine", "share", "stock_level", "lead_time_weeks",
        "fill_rate", "route", "hours", "kg_co2", "yearly_cost",
    },
    "holdings": {"machine", "place", "bought", "period", "machines"},
}  # fmt: skip

NAMES = {"place", "period", "machine", "ownership", "part", "source", "route"}
AMOUNTS = {
    "hours", "utilisation", "share", "lead_time_weeks", "fill_rate", "kg_co2", "yearly_cost",
}  # fmt: skip


def check_columns(name: str, table: Sequence[Row], notebook: Notebook) -> None:
    """Check that each row of a table has its columns, with names and numbers where they belong."""
    columns = COLUMNS[name]
    texts, amounts = tuple(NAMES & columns), tuple(AMOUNTS & columns)
    for row in table:
        if row.keys() != columns:
            odd = sorted(row.keys() ^ columns)
            notebook.require(False, f"{name}: columns {odd} are unknown or missing")
            return
        notebook.checks += 1
        sound = all(isinstance(row[key], str) for key in texts)
        sound = sound and all(is_number(row[key]) for key in amounts)
        notebook.require(sound, "" if sound else f"{name}: {row} is not of names and numbers")
