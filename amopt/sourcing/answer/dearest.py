"""The limits that cost most, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from amopt.phrases import counted, listed, money

__all__ = ["DEAREST", "dearest"]

DEAREST = 3
"""Limits that are named: those that cost most."""


def dearest(rows: Sequence[Mapping[str, Any]], currency: str, *, every: bool) -> list[str]:
    """Return in words which limits cost most.

    Parameters
    ----------
    rows
        Of each limit its name, what it costs where that is proven, and what it costs at least.
    currency
        The currency.
    every
        Whether these are all limits that are asked for.
    """
    dear = sorted((r for r in rows if r["costs_at_least"]), key=lambda r: -r["costs_at_least"])
    unknown = sum(row["costs"] is None and not row["costs_at_least"] for row in rows)
    told = [
        f"{row['limit']} ({'at least ' if row['costs'] is None else ''}"
        f"{money(row['costs_at_least'], currency)})"
        for row in dear[:DEAREST]
    ]
    if told:
        looked = "What costs most" if every else "Of the limits looked at, what costs most"
        said = [f"{looked}, each without it alone: {listed(told)}."]
    elif unknown:
        said = ["No limit is proven to cost anything."]
    elif every:
        said = ["No limit costs anything: without any one of them the plan costs the same."]
    else:
        said = ["No limit that was looked at costs anything."]
    if unknown:
        said.append(
            f"What {counted(unknown, 'limit')} {_verb(unknown, 'costs', 'cost')} is not known."
        )
    return said


def _verb(number: int, one: str, many: str) -> str:
    return one if number == 1 else many
