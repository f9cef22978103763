"""An edit in any column of any table of any shipped instance is found, at any scale of money."""

from __future__ import annotations

from typing import Any

import pytest

import amopt
from amopt.instance import catalogue
from amopt.printing import check
from amopt.printing.instance import PrintingInstance
from amopt.printing.referee import check as referee
from amopt.printing.referee import optimality
from amopt.printing.referee.evaluation import Evaluation
from tests.planted import (
    require_columns_are_read,
    require_outcome_agrees,
    require_rows_are_read,
    require_tables_are_declared,
)

pytestmark = pytest.mark.slow

NAMES = [name for name in catalogue.names() if name.startswith("printing/")]
Answered = tuple[PrintingInstance, Any, float]
KNOWN: dict[str, Evaluation] = {}
MONEY = ("order_cost", "print_cost", "expedite_cost", "holding_cost_per_day")


def scaled(name: str, scale: float) -> PrintingInstance:
    """Return a shipped instance with every amount of money times a scale."""
    data = amopt.load(name).to_dict()
    for system in data["systems"]:
        system["backorder_cost_per_day"] *= scale
    for part in data["parts"]:
        for field in MONEY:
            if part.get(field) is not None:
                part[field] *= scale
    return PrintingInstance.from_dict(data)


@pytest.fixture(autouse=True)
def evaluated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evaluate each plan once, not again for every edit elsewhere."""

    def known(terms: Any, plan: Any, **how: Any) -> Evaluation:
        return KNOWN.setdefault(repr((terms, plan)), Evaluation(terms, plan, **how))

    for room in (referee, optimality):
        monkeypatch.setattr(room, "Evaluation", known)


LARGE = ("printing/mission-limited",)
"""An instance of many parts takes a minute, at one scale."""

ALIKE = ("printing/mission", "printing/mission-fitted")
"""Without the limits of the former, the same parts and tables."""

CASES = [(name, 1.0) for name in LARGE] + [
    (name, scale) for name in NAMES for scale in (1.0, 1e-9, 1e9) if name not in (*LARGE, *ALIKE)
]


QUICK = (("printing/norwind", 1.0), ("printing/table-3-1", 1.0))


@pytest.fixture(
    scope="module",
    params=[pytest.param(one, marks=[pytest.mark.long] * (one not in QUICK)) for one in CASES],
    ids=str,
)
def answered(request: pytest.FixtureRequest) -> Answered:
    instance = scaled(*request.param)
    return instance, amopt.solve(instance), max(request.param[1], 1.0)


def test_every_column_is_read(answered: Answered) -> None:
    instance, answer, shift = answered
    require_columns_are_read(check, instance, answer, shift, ("wait", "print"))


def test_every_row_and_every_table_is_read(answered: Answered) -> None:
    instance, answer, _ = answered
    require_rows_are_read(check, instance, answer)


def test_status_objective_and_bound_agree(answered: Answered) -> None:
    instance, answer, _ = answered
    require_outcome_agrees(check, instance, answer)


def test_tables_declare_every_column(answered: Answered) -> None:
    _, answer, _ = answered
    require_tables_are_declared(answer)
