"""What a caller adds means the same in every decision: fixings are named, the objective stays."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Any

import pytest
from pyomo.environ import Constraint, Objective, Var

import amopt
from amopt.errors import InfeasibleError, UsageError
from tests.maintenance.cases import small
from tests.printing.cases import one_part
from tests.screening.test_choice import limited
from tests.sourcing.program.test_methods import two_suppliers

Case = tuple[Callable[[], Any], Callable[[Any], dict[Any, tuple[Any, float]]]]
"""An instance, and variables of its model with values that no plan has."""

CASES: dict[str, Case] = {
    "printing": (
        lambda: one_part(discount=None),
        lambda model: {"order": (model.order_up_to["part", 2], 2.0)},
    ),
    "sourcing": (
        lambda: amopt.load(two_suppliers()),
        lambda model: {s: (x, 0.0) for s, x in model.quantity.items()},
    ),
    "placement": (
        lambda: amopt.load("placement/textbook").model_copy(update={"conventional": ()}),
        lambda model: {key: (x, 0.0) for key, x in model.open.items()},
    ),
    "screening": (
        lambda: limited(shares=[{"attribute": "material", "value": "steel", "at_least": 1}]),
        lambda model: {part: (model.examine[part], 0.0) for part in ["lever"]},
    ),
    "design": (
        lambda: amopt.load("design/valve-block"),
        lambda model: {key: (x, 0.0) for key, x in model.choose.items()},
    ),
    "licensing": (
        lambda: amopt.load("licensing/two-buyers"),
        lambda model: {key: (x, 0.0) for key, x in model.offered.items()},
    ),
    "maintenance": (
        small,
        lambda model: {key: (x, 0.0) for key, x in model.occupation.items()},
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_a_fixing_that_leaves_no_plan_is_named(kind: str) -> None:
    instance, impossible = CASES[kind]
    names: list[str] = []

    def extend(model: Any) -> None:
        for variable, value in impossible(model).values():
            names.append(variable.name)
            variable.fix(value)

    with pytest.raises(InfeasibleError) as caught:
        amopt.solve(instance(), extend=extend)
    fixings = [f"what {name} is fixed at" for name in dict.fromkeys(names)]
    assert any(words in caught.value.conflict for words in fixings), caught.value.conflict
    freed = " ".join(caught.value.remedies)
    assert any(f"leave {name} free" in freed for name in names), freed


def _own(model: Any) -> Any:
    return next(model.component_data_objects(Objective, active=True))


def _replace(model: Any) -> None:
    expression = _own(model).expr
    _own(model).deactivate()
    model.mine = Objective(expr=2 * expression)


def _scale(model: Any) -> None:
    _own(model).set_value(2 * _own(model).expr)


def _turn(model: Any) -> None:
    _own(model).set_sense(-_own(model).sense)


def _second(model: Any) -> None:
    model.mine = Objective(expr=_own(model).expr)


@pytest.mark.parametrize("change", [_replace, _scale, _turn, _second])
@pytest.mark.parametrize("kind", CASES)
def test_an_objective_that_is_changed_is_refused(kind: str, change: Callable[[Any], None]) -> None:
    with pytest.raises(UsageError, match="extend changes the objective of"):
        amopt.solve(CASES[kind][0](), extend=change)


def test_what_the_formulation_fixed_itself_stays_fixed() -> None:
    instance = one_part(discount=None)
    seen: list[int] = []

    def extend(model: Any) -> None:
        seen.append(sum(x.fixed for x in model.component_data_objects(Var)))
        model.order_up_to["part", 2].fix(1.0)

    found = amopt.solve(instance, extend=extend)
    assert seen[-1] > 0  # without a printer nothing is printed
    assert [row["limit"] for row in found.rows["limits"]] == ["order_up_to[part,2] is held"]
    assert found.rows["parts"][0]["base_stock"] == 2


IMPOSSIBLE: dict[str, tuple[Callable[[Any], Any], str]] = {
    "at most -inf": (lambda x: x <= -inf, "at most -inf"),
    "at least inf": (lambda x: x >= inf, "at least inf"),
    "inf": (lambda x: x == inf, "at least inf"),
    "not a number": (lambda x: (None, x, nan), "at most nan"),
    "coefficient": (lambda x: nan * x <= 1, "a number that is not finite"),
    "constant": (lambda x: x - inf <= 1, "a number that is not finite"),
}
"""Rows that no number keeps, and the words that say so."""


@pytest.mark.parametrize("kind", CASES)
def test_a_row_that_no_number_keeps_is_named(kind: str) -> None:
    instance, variables = CASES[kind]
    for row, words in IMPOSSIBLE.values():

        def extend(model: Any, row: Callable[[Any], Any] = row) -> None:
            x = next(iter(variables(model).values()))[0]
            model.added = Constraint(["fine", "wrong"], rule=lambda _, key: _row(x, key, row))

        with pytest.raises(UsageError) as caught:
            amopt.solve(instance(), extend=extend)
        assert "added[wrong]" in str(caught.value)
        assert words in str(caught.value)


def _row(x: Any, key: str, row: Callable[[Any], Any]) -> Any:
    return x <= inf if key == "fine" else row(x)


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_a_variable_with_an_end_that_no_number_keeps_is_named(value: float) -> None:
    def fixes(model: Any) -> None:
        model.order_up_to["part", 2].set_value(value, skip_validation=True)
        model.order_up_to["part", 2].fixed = True

    def bounds(model: Any) -> None:
        model.added = Var(bounds=(None, value) if value != inf else (value, None))
        model.row = Constraint(expr=model.added >= model.order_up_to["part", 2])

    for extend, words in (
        (fixes, rf"fixes order_up_to\[part,2\] at {value}"),
        (bounds, r"'added'.*Write a finite number"),
    ):
        with pytest.raises(UsageError, match=words):
            amopt.solve(one_part(discount=None), extend=extend)
