"""Capacitated location: published optima of OR-Library and of later collections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from amopt.reproduce.run import data_folder

Values = dict[tuple[str, str], Any]

_PROVEN = 1e-6


def warehouses(files: Mapping[str, Sequence[Any]], single_source: bool = False) -> Values:
    """Return the optima of OR-Library's small files.

    The collection's 37 problems are three files with other capacities and fixed costs: ``files``
    has by problem the file to read, the capacity of each warehouse, and the fixed cost of those
    that have one.
    """
    from amopt.placement import read_orlib_cap

    folder = data_folder("orlib")
    found: Values = {}
    for name, (file, capacity, fixed) in files.items():
        data = read_orlib_cap(folder / f"{file}.txt")
        for site in data["sites"]:
            site["contracts"][0]["hours_per_year"] = float(capacity)
            site["yearly_cost"] = float(fixed if site["yearly_cost"] else 0.0)
        found[name, "cost"] = _optimum({**data, "single_source": single_source})
    return found


def large(files: Mapping[str, Sequence[Any]]) -> Values:
    """Return the optima with split supply: by problem its set, its file, and the capacity."""
    return {
        (name, "cost"): _optimum(_read(data_folder("sscflp") / group / file, capacity))
        for name, (group, file, capacity) in files.items()
    }


def single_source(group: str, files: Sequence[str], seconds: float = 60.0) -> Values:
    """Return the optima with single sources that are proven in so many seconds each."""
    folder = data_folder("sscflp") / group
    return {
        (file, "cost"): _optimum({**_read(folder / file, None), "single_source": True}, seconds)
        for file in files
    }


def _optimum(data: Mapping[str, Any], seconds: float | None = None) -> float | None:
    """Return the optimum of an instance; None where it is not proven in time."""
    from amopt.placement import Instance, solve
    from amopt.program.solver.options import Options

    limits = Options(time_limit=seconds, gap=_PROVEN)
    outcome = solve(Instance.from_dict(data), forms=False, options=limits).outcome
    return outcome.objective if outcome.status == "optimal" else None


def _read(path: Path, capacity: float | None) -> dict[str, Any]:
    """Return the instance of a file: sizes, capacities, fixed costs, demands, costs by customer."""
    words = path.read_text(encoding="utf-8").split()
    count, customers = int(words[0]), int(words[1])
    parts = np.split(np.array(words[2:], dtype=float), np.cumsum([count, count, customers]))
    hours, fixed, demand, cost = parts[0], parts[1], parts[2], parts[3].reshape(customers, count)
    sites = [f"site {number}" for number in range(count)]
    ends = [f"customer {number}" for number in range(customers)]
    each = cost / demand[:, None]
    return {
        "amopt": 1,
        "kind": "placement",
        "name": path.name,
        "network": {
            "places": [{"name": name} for name in (*sites, *ends)],
            "lanes": [
                {"from": site, "to": end, "cost_per_part": price}
                for end, prices in zip(ends, each.tolist(), strict=True)
                for site, price in zip(sites, prices, strict=True)
            ],
        },
        "parts": [{"name": "unit", "print": [{"machine": "line", "hours": 1.0}]}],
        "machines": [{"name": "line", "utilisation_limit": 1.0, "queue_allowance_weeks": 0.0}],
        "sites": [
            {
                "place": site,
                "yearly_cost": cost_of_site,
                "contracts": [{"machine": "line", "hours_per_year": float(capacity or own)}],
            }
            for site, cost_of_site, own in zip(sites, fixed.tolist(), hours.tolist(), strict=True)
        ],
        "demand": [
            {"place": end, "part": "unit", "per_year": wanted}
            for end, wanted in zip(ends, demand.tolist(), strict=True)
        ],
    }
