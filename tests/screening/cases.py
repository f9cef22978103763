"""Instances of screening for tests: by hand, and at random."""

from __future__ import annotations

from typing import Any

import numpy as np

from amopt.screening import Instance

TEMPLATE_ROWS: list[dict[str, Any]] = [
    {
        "part": "lever", "material": "steel", "length_mm": 100, "width_mm": 50, "height_mm": 20,
        "causes_downtime": True, "lead_time_weeks": 10, "cost_per_part": 100,
        "print_cost_per_part": 40, "demand_per_year": 5,
    },
    {
        "part": "cover", "material": "polyamide", "length_mm": 200, "width_mm": 50, "height_mm": 20,
        "causes_downtime": False, "lead_time_weeks": 20, "cost_per_part": 50,
        "print_cost_per_part": 40, "demand_per_year": 9,
    },
]  # fmt: skip

LEAD_TIME = {
    "name": "lead time",
    "attribute": "lead_time_weeks",
    "linear": {"worst": 0, "best": 40},
}


def data(rows: Any = None, **changes: Any) -> dict[str, Any]:
    """Return a small instance as plain data, with changes at the top."""
    found: dict[str, Any] = {
        "amopt": 1,
        "kind": "screening",
        "name": "small",
        "portfolio": {"rows": TEMPLATE_ROWS if rows is None else rows},
        "ranking": {"goals": [{"name": "supply", "criteria": [LEAD_TIME]}]},
        "examination": {"most_parts": 1},
    }
    found.update(changes)
    return found


def small(rows: Any = None, **changes: Any) -> Instance:
    """Return a small instance."""
    return Instance.from_dict(data(rows, **changes))


def at_random(seed: int, parts: int = 12) -> Instance:
    """Return an instance with every kind of rule, criterion and limit, and many blank cells."""
    draw = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for number in range(parts):
        row: dict[str, Any] = {
            "part": f"p{number}",
            "material": str(draw.choice(["steel", "Steel ", "brass", "wood; steel", "wood"])),
            "equipment": str(draw.choice(["press", "pump", "van"])),
            "length_mm": int(draw.integers(10, 400)),
            "width_mm": int(draw.integers(10, 400)),
            "height_mm": int(draw.integers(10, 400)),
            "causes_downtime": bool(draw.integers(2)),
            "tightest_tolerance_mm": float(draw.choice([0.01, 0.1, 0.5])),
            "lead_time_weeks": int(draw.integers(0, 50)),
            "cost_per_part": float(draw.integers(1, 400)),
            "print_cost_per_part": float(draw.integers(1, 400)),
            "demand_per_year": int(draw.integers(0, 9)),
            "remaining_years": int(draw.integers(0, 12)),
            "stock": int(draw.integers(0, 9)),
            "effort_hours": int(draw.integers(0, 5)),
        }
        for name in list(row)[1:]:
            if draw.random() < 0.12:
                del row[name]
        rows.append(row)
    rows[0] = {**TEMPLATE_ROWS[0], **rows[0], "material": "steel", "equipment": "press"}
    maximise = "score" if seed % 3 == 0 else "expected_saving"
    return small(
        rows,
        machines=[
            {
                "name": "big",
                "build_envelope": {"length_mm": 350, "width_mm": 300, "height_mm": 200},
                "materials": ["steel", "brass"],
            },
            {"name": "any", "build_envelope": {"length_mm": 90, "width_mm": 90, "height_mm": 500}},
        ],
        rules=[
            {"name": "served", "attribute": "remaining_years", "at_least": 1, "at_most": 11},
            {"name": "no wood", "attribute": "material", "none_of": ["WOOD"]},
            {
                "name": "fine",
                "attribute": "tightest_tolerance_mm",
                "at_least": 0.1,
                "needs": "mill",
            },
            {"name": "calm", "attribute": "causes_downtime", "equals": False, "needs": "papers"},
        ],
        ranking={
            "goals": [
                {
                    "name": "supply",
                    "criteria": [
                        LEAD_TIME,
                        {
                            "name": "downtime",
                            "attribute": "causes_downtime",
                            "values": {"yes": 1, "no": 0.25},
                        },
                        {
                            "name": "stuff",
                            "attribute": "material",
                            "values": {"steel": 0.5, "brass": 1},
                        },
                    ],
                },
                {
                    "name": "cost",
                    "criteria": [
                        {
                            "name": "dear",
                            "attribute": "cost_per_part",
                            "weight": 2,
                            "logistic": {"middle": 100, "slope": 0.02},
                        },
                        {
                            "name": "slow",
                            "attribute": "demand_per_year",
                            "weight": 1,
                            "steps": [{"from": 0, "worth": 1}, {"from": 3, "worth": 0.5}],
                        },
                    ],
                },
            ],
            "comparisons": [
                {"more": "supply", "than": "cost", "times": int(draw.integers(1, 4))},
                {"more": "downtime", "than": "lead time", "times": 2},
                {"more": "downtime", "than": "stuff", "times": 4},
                {"more": "lead time", "than": "stuff", "times": 2},
            ],
        },
        examination={
            "most_parts": int(draw.integers(2, 6)),
            "maximise": maximise,
            "success": {"eligible": 0.5, "unknown": 0.25},
            "horizon_years": 8,
            "hours_per_part": 2,
            "efforts": [
                {"name": "all", "hours": int(draw.integers(4, 14))},
                {"name": "metal", "hours": 6, "attribute": "material", "one_of": ["steel"]},
            ],
            "diversity": [
                {"attribute": "equipment", "at_most": 2, "at_least_different": 1},
                {"attribute": "machine", "at_most": 3},
            ],
            "shares": [
                {"attribute": "material", "value": "steel", "at_most": 3},
                {"attribute": "equipment", "value": "press", "at_least": int(draw.integers(2))},
            ],
        },
    )
