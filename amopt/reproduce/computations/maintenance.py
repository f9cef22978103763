"""Westerweel 2019, chapter 4: printed parts as temporary replacements."""

from __future__ import annotations

from typing import Any

import numpy as np

import amopt

Values = dict[tuple[str, str], Any]


def factorial(instance: str) -> Values:
    """Return in how many of the variants a policy beats another, and by how much on average."""
    from amopt.maintenance import study

    whole: Any = amopt.load(instance)
    rows = study.variants(whole)
    cost = {name: np.array([row[name] for row in rows]) for name in ("B", "TR", "DA")}
    found: Values = {("all", "variants"): len(rows)}
    for better, worse in (("TR", "B"), ("DA", "B"), ("DA", "TR")):
        pair = f"{better} below {worse}"
        found[pair, "variants"] = int((cost[better] < cost[worse]).sum())
        saving = 100 * (1 - cost[better] / cost[worse])
        found[pair, "average saving in percent"] = float(saving.mean())
    return found
