"""A synthetic portfolio of spare parts: seeded, nobody's data, of the shape that companies meet.

Sizes, costs and demand are skewed, a few materials make up most parts, and cells are missing as
they are in practice: dimensions and tolerances of old drawings, demand of parts never ordered.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

MATERIALS = {
    "steel": 0.34, "aluminium": 0.16, "stainless steel": 0.12, "polyamide": 0.1, "rubber": 0.09,
    "cast iron": 0.07, "brass": 0.05, "titanium": 0.03, "glass": 0.02, "wood": 0.02,
}  # fmt: skip
PROCESSES = ("milling", "turning", "casting", "milling; turning", "moulding", "sheet forming")
EQUIPMENT = ("press", "conveyor", "pump station", "vehicle", "generator", "packing line")

MISSING = {
    "material": 0.04, "length_mm": 0.12, "width_mm": 0.12, "height_mm": 0.12,
    "tightest_tolerance_mm": 0.3, "surface_roughness_um": 0.4, "year_designed": 0.1,
    "loading": 0.25, "causes_downtime": 0.05, "lead_time_weeks": 0.06, "cost_per_part": 0.03,
    "demand_per_year": 0.05, "remaining_years": 0.15, "suppliers": 0.08, "format": 0.1,
    "print_cost_per_part": 0.7, "effort_hours": 0.5,
}  # fmt: skip
"""Share of blank cells, by attribute."""


def portfolio(parts: int, seed: int = 2026) -> Any:
    """Return a portfolio as a pandas frame, with the names of attributes as columns."""
    import pandas as pd

    draw = np.random.default_rng(seed)
    size = np.exp(draw.normal(np.log(110), 0.9, parts))
    cost = np.exp(draw.normal(np.log(90), 1.3, parts))
    data: dict[str, Any] = {
        "part": [f"P{number:06d}" for number in range(1, parts + 1)],
        "equipment": draw.choice(EQUIPMENT, parts),
        "year_designed": draw.integers(1965, 2024, parts).astype(float),
        "format": draw.choice(["drawing", "3D model"], parts, p=[0.7, 0.3]),
        "material": draw.choice(list(MATERIALS), parts, p=list(MATERIALS.values())),
        "length_mm": size.round(1),
        "width_mm": (size * draw.uniform(0.2, 1, parts)).round(1),
        "height_mm": (size * draw.uniform(0.05, 0.8, parts)).round(1),
        "tightest_tolerance_mm": draw.choice([0.01, 0.02, 0.05, 0.1, 0.2, 0.5], parts),
        "surface_roughness_um": draw.choice([0.8, 1.6, 3.2, 6.3, 12.5], parts),
        "conventional_processes": draw.choice(PROCESSES, parts),
        "causes_downtime": draw.choice(["yes", "no"], parts, p=[0.2, 0.8]),
        "loading": draw.choice(["static", "variable", "shock"], parts, p=[0.6, 0.3, 0.1]),
        "lead_time_weeks": draw.gamma(2, 7, parts).round(0),
        "cost_per_part": cost.round(2),
        "print_cost_per_part": (cost * draw.uniform(0.3, 2.5, parts)).round(2),
        "demand_per_year": (draw.poisson(0.8, parts) * draw.integers(1, 20, parts)).astype(float),
        "remaining_years": draw.integers(0, 25, parts).astype(float),
        "stock": draw.poisson(6, parts).astype(float),
        "suppliers": draw.integers(0, 6, parts).astype(float),
        "effort_hours": draw.choice([2.0, 4.0, 8.0, 16.0], parts),
    }
    frame = pd.DataFrame(data)
    for name, share in MISSING.items():
        frame.loc[draw.random(parts) < share, name] = None
    return frame


def norwind(parts: int = 240, seed: int = 31) -> Any:
    """Return the spare parts of an invented operator of wind farms at sea."""
    frame = portfolio(parts, seed)
    draw = np.random.default_rng(seed)
    frame["part"] = [f"NW-{number:04d}" for number in range(1, parts + 1)]
    frame["equipment"] = draw.choice(["turbine", "vessel", "crane"], parts, p=[0.6, 0.25, 0.15])
    frame["material"] = draw.choice(["steel", "stainless steel", "polyamide", "rubber"], parts)
    frame["mass_kg"] = np.exp(draw.normal(0, 0.8, parts)).round(2)
    cost = frame["cost_per_part"].fillna(80.0)
    frame["print_cost_per_part"] = (cost * draw.uniform(0.3, 1.4, parts)).round(2)
    frame["demand_per_year"] = (1 + draw.poisson(3, parts)).astype(float)
    return frame


if __name__ == "__main__":
    folder = Path(__file__).parent.parent / "instances" / "screening"
    for name, table in (("portfolio", portfolio(600)), ("norwind", norwind())):
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
