"""Small instances of maintenance, of which every program is solved in no time."""

from __future__ import annotations

from typing import Any

import amopt


def small(**changes: Any) -> Any:
    """Return an instance with a few hundred states."""
    data: dict[str, Any] = {
        "amopt": 1,
        "kind": "maintenance",
        "name": "Small",
        "regular": {
            "cost": 120.0,
            "lead_time_days": 4,
            "life": {"distribution": "weibull", "scale_days": 40.0, "shape": 3.0},
        },
        "printed": {
            "cost": 60.0,
            "lead_time_days": 1,
            "life": {"distribution": "gamma", "scale_days": 2.0, "shape": 6.0},
        },
        "replacement_cost": 20.0,
        "failure_cost": 40.0,
        "downtime_cost_per_day": 50.0,
        "holding_cost_per_day": 0.5,
        "oldest_survival": 0.01,
    }
    return amopt.load({**data, **changes})
