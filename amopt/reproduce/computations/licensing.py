"""Westerweel 2019, chapter 5: which contract to offer."""

from __future__ import annotations

from typing import Any

import amopt

Values = dict[tuple[str, str], Any]


def theorem(instance: str) -> Values:
    """Return whether the best of the theorem's contracts is the best of all."""
    answer = amopt.solve(amopt.load(instance))
    rows = {row["alternative"]: row for row in answer.rows["alternatives"]}
    supremum = answer.rows["totals"][0]["supremum"]
    best = rows["theorem"]["profit"] >= supremum * (1 - 1e-9)
    return {("the four candidates", "hold the best contract"): "yes" if best else "no"}
