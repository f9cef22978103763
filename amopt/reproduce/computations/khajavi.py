"""Khajavi et al. 2014: central or distributed machines, today and in future."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import amopt

Values = dict[tuple[str, str], Any]


def forms(instances: Mapping[str, str]) -> Values:
    """Return which of the two pure forms that print is the cheaper, by instance."""
    found: Values = {}
    for label, instance in instances.items():
        rows = {row["form"]: row for row in amopt.solve(amopt.load(instance)).rows["forms"]}
        cost = {form: rows[form]["cost"] for form in ("central", "distributed") if form in rows}
        found[label, "cheaper form"] = min(cost, key=lambda form: cost[form])
    return found
