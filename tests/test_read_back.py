"""One call reads back the model of any decision, by whatever solver it was solved."""

from __future__ import annotations

import pyomo.environ as pyo
import pytest

import amopt
from amopt.errors import UsageError
from tests.maintenance.cases import small


@pytest.mark.parametrize(
    "name",
    [
        "printing/table-3-1",
        "sourcing/hangbar",
        "placement/textbook",
        "design/pump-unit",
        "licensing/ten-buyers",
        "screening/mission",
        "maintenance",
    ],
)
def test_a_model_solved_elsewhere_gives_the_whole_answer(name: str) -> None:
    instance = amopt.load(name) if "/" in name else small()
    model = amopt.formulate(instance)
    pyo.SolverFactory("appsi_highs").solve(model)
    answer, expected = amopt.read_back(model), amopt.solve(instance)
    assert answer.outcome.objective == pytest.approx(expected.outcome.objective, rel=1e-6)
    assert answer.verdict.accepted
    beside = {name for name in expected.rows if name.startswith("form")}
    assert set(answer.rows) >= set(expected.rows) - beside
    assert answer.fingerprint == expected.fingerprint


def test_another_model_is_refused_in_words() -> None:
    with pytest.raises(UsageError, match="formulate"):
        amopt.read_back(pyo.ConcreteModel())
