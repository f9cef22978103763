"""The program of three parts under every family of limits, written out and read by eye."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from amopt.program.pyomo import compile_model
from amopt.screening import formulation
from tests.screening.cases import small

GOLDEN = Path(__file__).parent / "golden" / "three-parts.txt"


def three_parts() -> Any:
    """Return three parts: a steel lever, a polyamide cover, and a hook of either."""
    common = {"length_mm": 10, "width_mm": 10, "height_mm": 10, "lead_time_weeks": 10}
    rows = [
        {"part": "lever", "material": "steel", "cost_per_part": 100, "demand_per_year": 5},
        {"part": "cover", "material": "polyamide", "cost_per_part": 60, "demand_per_year": 9},
        {"part": "hook", "material": "steel; polyamide", "cost_per_part": 50, "effort_hours": 3},
    ]
    saved = {"print_cost_per_part": 40, "demand_per_year": 2}
    examination = {
        "most_parts": 2,
        "success": {"eligible": 0.5, "unknown": 0.25},
        "horizon_years": 4,
        "hours_per_part": 2,
        "efforts": [
            {"name": "all", "hours": 6},
            {"name": "metal", "hours": 4, "attribute": "material", "one_of": ["steel"]},
        ],
        "diversity": [{"attribute": "material", "at_most": 2, "at_least_different": 1}],
        "shares": [{"attribute": "material", "value": "polyamide", "at_least": 1, "at_most": 2}],
    }
    return small([{**common, **saved, **row} for row in rows], examination=examination)


def written_out() -> str:
    """Write the program out, a line for the objective and for each row."""
    program = compile_model(formulation.formulate(three_parts())).program
    dense = program.matrix.toarray()
    sense = "maximise" if program.maximise else "minimise"

    def terms(coefficients: np.ndarray) -> str:
        return " ".join(
            f"{coefficients[j]:+.8g} {program.column_name(j)}"
            for j in np.flatnonzero(coefficients).tolist()
        )

    rows = [
        f"{program.row_name(i)}: {program.row_lower[i]:.8g} <= {terms(dense[i])} "
        f"<= {program.row_upper[i]:.8g}"
        for i in range(program.shape[0])
    ]
    return "\n".join([f"{sense}: {terms(program.cost)}", *rows, ""])


def test_the_program_written_out() -> None:
    assert written_out() == GOLDEN.read_text(encoding="utf-8")


def test_every_family_is_in_it() -> None:
    assert all(family.is_present(three_parts()) for family in formulation.FAMILIES)
