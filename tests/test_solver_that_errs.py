"""A solver that calls every program infeasible: no decision invents a reason for it."""

from __future__ import annotations

from typing import Any

import pytest

import amopt
from amopt.errors import InfeasibleError, NoAnswerError
from amopt.outcome import Outcome, Status, Stopped
from amopt.program.solver import highs

ASKED = [
    ("printing/mission-limited", "prices"),
    ("printing/mission-limited", "collapsed"),
    ("sourcing/dynamic", "prices"),
    ("sourcing/dynamic", "program"),
    ("placement/textbook", "auto"),
    ("placement/textbook", "decomposition"),
    ("placement/textbook", "formulation"),
    ("placement/orders", "milp"),
    ("placement/orders", "formulation"),
    ("design/pump-unit", "program"),
    ("licensing/two-buyers", "program"),
    ("screening/norwind", "reduced"),
    ("screening/norwind", "program"),
]
"""Instances that have a plan, by every method that asks the solver for it."""


@pytest.mark.parametrize(("instance", "method"), ASKED)
def test_no_reason_is_invented(instance: str, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def infeasible(*_: Any, **__: Any) -> highs.Answer:
        asked.append(1)
        return highs.Answer(Outcome(stopped=Stopped.FINISHED, status=Status.INFEASIBLE))

    loaded = amopt.load(instance)
    monkeypatch.setattr(highs.Solver, "solve", infeasible)
    with pytest.raises((InfeasibleError, NoAnswerError)) as caught:
        amopt.solve(loaded, method=method)
    assert asked
    if isinstance(caught.value, InfeasibleError):
        assert caught.value.conflicts == ()
        assert caught.value.remedies == ()
        assert "no plan was found, and no reason could be proven" in str(caught.value)
    else:
        assert "infeasible" in str(caught.value) or "no plan was found" in str(caught.value)
