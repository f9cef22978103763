"""Small programs written out, with every family of constraints in one of them."""

from pathlib import Path

import numpy as np
import pytest

import amopt
from amopt.placement import Instance
from amopt.placement.methods.arrays.families import FAMILIES, assemble
from amopt.placement.supply.supply import Supply
from amopt.program.solver import highs

GOLDEN = Path(__file__).parent / "golden"


def rich():
    """Two sites, two periods, one part ordered and one stocked, and every limit there is."""
    return Instance.from_dict(
        {
            "amopt": 1,
            "kind": "placement",
            "name": "rich",
            "network": {
                "places": [{"name": "A"}, {"name": "B"}],
                "lanes": [{"from": "A", "to": "B", "weeks": 1.0, "cost_per_part": 2.0}],
            },
            "machines": [
                {
                    "name": "SLS",
                    "price": 400.0,
                    "life_years": 4.0,
                    "yearly_cost": 10.0,
                    "hours_per_year": 100.0,
                    "moving_cost": 7.0,
                    "moving_weeks": 5.2,
                    "resale_loss": 0.5,
                    "queue_allowance_weeks": 1.0,
                }
            ],
            "sites": [
                {
                    "place": "A",
                    "opening_cost": 5.0,
                    "yearly_cost": 20.0,
                    "most_machines": 2,
                    "owned": [{"machine": "SLS", "count": 1}],
                },
                {"place": "B", "yearly_cost": 30.0, "most_machines": 1},
            ],
            "parts": [
                {"name": "jig", "print": [{"machine": "SLS", "hours": 5.0}]},
                {
                    "name": "seal",
                    "unit_value": 10.0,
                    "holding_cost_per_year_per_value": 0.3,
                    "emergency_cost": 50.0,
                    "space": 1.5,
                },
            ],
            "conventional": [
                {"part": "jig", "cost_per_part": 9.0, "kg_co2_per_part": 3.0},
                {"part": "seal", "cost_per_part": 5.0, "lead_time_weeks": 13.0},
            ],
            "periods": [{"name": "now", "years": 1.0}, {"name": "then", "years": 2.0}],
            "demand": [
                {"place": "B", "part": "jig", "per_year": 8.0},
                {"place": "B", "part": "seal", "per_year": 0.0, "by_period": [4.0, 0.0]},
            ],
            "limits": {
                "budget": 900.0,
                "kg_co2": 60.0,
                "open_sites": 1,
                "storage": [{"place": "B", "at_most": 4.0}],
                "fill_rate": [{"part": "seal", "at_least": 0.5, "on_average": True}],
            },
        }
    )


PROGRAMS = {
    "textbook": lambda: assemble(Supply(amopt.load("placement/textbook"))).program,
    "rich": lambda: assemble(Supply(rich()), prune=False).program,
    "rich-central": lambda: assemble(Supply(rich()), form="central", prune=False).program,
}


def written_out(program):
    """Write a program out: objective, rows, and bounds, a line each."""

    def terms(coefficients):
        return " ".join(
            f"{coefficients[j]:+.8g} {program.column_name(j)}"
            for j in np.flatnonzero(coefficients).tolist()
        )

    lines = [f"minimise: {terms(program.cost)}"]
    for row, coefficients in enumerate(program.matrix.toarray()):
        low, high = program.row_lower[row], program.row_upper[row]
        lines.append(f"{program.row_name(row)}: {low:g} <= {terms(coefficients)} <= {high:g}")
    for j in range(program.shape[1]):
        whole = " whole" if program.integer[j] else ""
        name = program.column_name(j)
        lines.append(f"{program.lower[j]:g} <= {name} <= {program.upper[j]:g}{whole}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_program_is_what_it_was(name):
    golden = GOLDEN / f"{name}.txt"
    assert written_out(PROGRAMS[name]()) == golden.read_text(encoding="utf-8")


def test_every_family_is_written_out_somewhere():
    text = "".join((GOLDEN / f"{name}.txt").read_text(encoding="utf-8") for name in PROGRAMS)
    rows = {line.partition("[")[0] for line in text.splitlines()}
    named = {
        "vintages": {"held_when_bought", "held_in_all", "held_no_longer_than_before"},
        "fill_rate": {"fill_rate_0"},
        "storage": {"storage"},
    }
    for family in FAMILIES:
        assert named.get(family.__name__, {family.__name__}) <= rows, family.__name__
        assert family.__doc__
        assert ":math:" in family.__doc__


@pytest.mark.parametrize("name", PROGRAMS)
def test_links_are_disaggregated(name):
    """Summing the links up leaves a relaxation that is never better."""
    program = PROGRAMS[name]()
    strong = highs.solve(program.relaxed()).outcome.objective
    kept = [
        row
        for row in range(program.shape[0])
        if not program.row_name(row).startswith(("only_by_machines", "only_from_open_sites"))
    ]
    weak = highs.solve(_rows(program, kept).relaxed()).outcome.objective
    assert weak <= strong + 1e-6


def _rows(program, kept):
    from dataclasses import replace

    from amopt.program.linear import Names

    return replace(
        program,
        matrix=program.matrix[kept],
        row_lower=program.row_lower[kept],
        row_upper=program.row_upper[kept],
        rows=Names(),
    )
