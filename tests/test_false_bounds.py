"""A bound beyond the answer is wrong: it is not made a proof of the optimum, but refused."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo
import pytest

import amopt
from amopt.errors import RefusedError
from amopt.maintenance.methods import program
from amopt.outcome import rounded_bound
from amopt.printing.methods import master
from amopt.screening.methods import reduced
from amopt.sourcing.methods.decomposition import column_generation
from tests.maintenance.cases import small


@pytest.mark.parametrize(
    "name",
    [
        "sourcing/hangbar",
        "placement/textbook",
        "design/pump-unit",
        "licensing/ten-buyers",
        "screening/mission",
        "maintenance",
    ],
)
def test_one_that_is_stated_with_a_model_is_refused(name: str) -> None:
    model = amopt.formulate(amopt.load(name) if "/" in name else small())
    pyo.SolverFactory("appsi_highs").solve(model)
    objective = amopt.read_back(model).outcome.objective
    assert objective is not None
    goal = next(model.component_data_objects(pyo.Objective))
    beyond = 1 if goal.is_minimizing() else -1
    near = amopt.read_back(model, bound=objective * (1 + beyond * 1e-12)).outcome
    assert (near.status, near.gap) == ("optimal", 0.0)
    with pytest.raises(RefusedError, match="bound"):
        amopt.read_back(model, bound=objective * (1 + beyond * 0.05))


@pytest.mark.parametrize(
    ("name", "method", "place", "what", "wrong"),
    [
        (
            "printing/mission-limited",
            "prices",
            master,
            "Solved",
            lambda right, *found: right(*found[:-1], 1.05 * found[-1]),
        ),
        (
            "sourcing/dynamic",
            "prices",
            column_generation._Run,
            "_answer",
            lambda right, run, *chosen: (
                setattr(run, "bound", 1.05 * run.bound),
                right(run, *chosen),
            )[1],
        ),
        (
            "screening/norwind",
            "reduced",
            reduced,
            "_outcome",
            lambda right, inner, objective, bound, delta: right(
                inner, objective, bound / 1.05, delta
            ),
        ),
        ("maintenance", "arrays", program, "_bound", lambda right, *found: 1.05 * right(*found)),
    ],
)
def test_one_of_a_method_is_refused(
    name: str, method: str, place: Any, what: str, wrong: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance, right = amopt.load(name) if "/" in name else small(), getattr(place, what)
    monkeypatch.setattr(place, what, lambda *found: wrong(right, *found))
    monkeypatch.setattr(reduced, "CORE", 5)  # more columns are settled by reduced costs
    with pytest.raises(RefusedError, match="bound"):
        amopt.solve(instance, method=method)


def test_rounding_is_taken_for_the_objective_and_more_is_left() -> None:
    assert rounded_bound(None, 1.0) is None
    assert rounded_bound(0.9, 1.0) == 0.9
    assert rounded_bound(1.0 + 1e-12, 1.0) == 1.0
    assert rounded_bound(1.05, 1.0) == 1.05
    assert rounded_bound(1e-9, 0.0, 1.0) == 0.0
    assert rounded_bound(0.95, 1.0, maximise=True) == 0.95
    assert rounded_bound(1.0 - 1e-12, 1.0, maximise=True) == 1.0
