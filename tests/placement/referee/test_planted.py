"""Every column of every table of every shipped answer: whatever is planted in it is refused."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

import amopt
from amopt.outcome import Status
from amopt.placement import Instance, check, solve
from amopt.placement.answer.solution import PlacementSolution
from amopt.placement.referee.check import COPIED
from tests.placement.cases import money

pytestmark = pytest.mark.slow

SHIPPED = (
    "aircraft-future",
    "aircraft-today",
    "mobile-factory",
    "norwind",
    "orders",
    "synthetic",
    "textbook",
)
INSTANCES = Path(__file__).parents[3] / "instances" / "placement"
SOLVED = {}


def solved(name, factor=1.0):
    if (name, factor) not in SOLVED:
        data = amopt.load(f"placement/{name}").model_dump(by_alias=True, mode="json")
        instance = Instance.from_dict(money(data, factor) if factor != 1 else data)
        SOLVED[name, factor] = instance, solve(instance)
    return SOLVED[name, factor]


def test_every_shipped_instance_is_here():
    assert set(SHIPPED) == {path.stem for path in INSTANCES.glob("*.yaml")}


def some(name, table):
    """The positions of a few rows; of long tables and the forms' plans, read alike, of one."""
    last = len(table) - 1
    one = last > 50 or name.startswith("form_")
    return sorted({last // 2} if one else {0, last // 2, last})


def wrong_values(table, row, column):
    """What may be planted in a cell: nothing, another kind, and numbers and names that are near."""
    value = table[row][column]
    yield "nothing" if value is None else None
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1, float(value))
    elif isinstance(value, float):
        size = max((abs(r[column]) for r in table if r[column] is not None), default=0.0) or 1.0
        size = 1.0 if column == "gap" else size  # whose last digits are the rounding of others
        yield from (value + 0.5 * size, math.nan, str(value))
        if abs(value) > 1e-6 * size:
            yield from (-value, 1.0001 * value)
    elif isinstance(value, str):
        yield from ("nobody", value + " ")
        yield from sorted({r[column] for r in table if isinstance(r[column], str)} - {value})[:2]


def planted(rows, *, every=False):
    """Every edit of the tables, each with what it is; of some rows, or, cell by cell, of all."""
    for name, table in rows.items():
        yield f"{name} dropped", {key: rows[key] for key in rows if key != name}
        if table:
            yield f"{name} emptied", {**rows, name: []}
            wider = [{**row, "more": 1} for row in table]
            yield f"{name} with a column more", {**rows, name: wider}
        for k in range(len(table)) if every else some(name, table) if table else ():
            fewer, twice = [*table[:k], *table[k + 1 :]], [*table[: k + 1], *table[k:]]
            yield f"{name} without row {k}", {**rows, name: fewer}
            yield f"{name} with row {k} twice", {**rows, name: twice}
            for column in table[k]:
                less = {key: value for key, value in table[k].items() if key != column}
                short = [*table[:k], less, *table[k + 1 :]]
                yield f"{name} {k} without {column}", {**rows, name: short}
                for value in wrong_values(table, k, column):
                    edited = [*table[:k], {**table[k], column: value}, *table[k + 1 :]]
                    yield f"{name} {k} {column}: {value!r}", {**rows, name: edited}
            for other in () if every else some(name, table):
                yield from swapped(rows, name, k, other)
    yield "an unknown table", {**rows, "more": []}


def alike(one, other):
    """Whether two cells differ by rounding alone."""
    floats = isinstance(one, float) and isinstance(other, float)
    return floats and math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)


def swapped(rows, name, k, other):
    """Two rows that have a cell of each other, where that is not the two rows in another order."""
    table = rows[name]
    differ = [column for column in table[k] if table[k][column] != table[other][column]]
    for column in differ if len(differ) > 1 else ():
        value = table[k][column]
        if k < other and not alike(value, table[other][column]):
            edited = list(table)
            edited[k] = {**table[k], column: table[other][column]}
            edited[other] = {**table[other], column: value}
            yield f"{name} {column}: {k} and {other} swapped", {**rows, name: edited}


LONG = ("synthetic", "aircraft-today", "aircraft-future")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.long] * (name in LONG)) for name in SHIPPED],
)
def test_whatever_is_planted_is_refused(name):
    instance, answer = solved(name)
    assert check(instance, answer).accepted
    accepted = [
        what
        for what, rows in planted(answer.rows)
        if check(instance, replace(answer, rows=rows)).accepted
    ]
    assert accepted == []


@pytest.mark.parametrize(
    "name",
    [
        "orders",
        pytest.param("textbook", marks=pytest.mark.long),
    ],
)
def test_whatever_is_planted_in_any_row_is_refused(name):
    instance, answer = solved(name)
    accepted = [
        what
        for what, rows in planted(answer.rows, every=True)
        if check(instance, replace(answer, rows=rows)).accepted
    ]
    assert accepted == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("mobile-factory", 1e-9),
        ("mobile-factory", 1e6),
        ("orders", 1e-9),
        ("orders", 1e9),
        ("textbook", 1e-9),
        ("textbook", 1e8),
    ],
)
def test_whatever_is_planted_is_refused_at_any_scale_of_money(name, factor):
    instance, answer = solved(name, factor)
    assert check(instance, answer).accepted
    total = answer.outcome.objective
    assert total == pytest.approx(factor * solved(name)[1].outcome.objective, rel=1e-5)
    accepted = [
        what
        for what, rows in planted(answer.rows)
        if check(instance, replace(answer, rows=rows)).accepted
    ]
    assert accepted == []


@pytest.mark.parametrize("name", SHIPPED)
def test_status_objective_and_bound_agree(name):
    instance, answer = solved(name)
    outcome = answer.outcome
    assert outcome.status == "optimal"
    for edit in (
        {"objective": None},
        {"objective": 1.01 * outcome.objective},
        {"objective": 0.5 * outcome.objective},
        {"objective": math.nan},
        {"bound": None},
        {"bound": 0.5 * outcome.bound},
        {"bound": 0.9999 * outcome.bound},
        {"bound": 1.01 * outcome.bound},
        {"bound": math.nan},
        {"status": Status.INFEASIBLE},
        {"status": Status.UNKNOWN},
    ):
        wrong = replace(answer, outcome=replace(outcome, **edit))
        assert not check(instance, wrong).accepted, edit


def test_every_column_is_declared_and_those_that_are_copied_are_named():
    for name, table in COPIED.items():
        declared = {column.name for column in PlacementSolution.columns[name]}
        assert set(table) <= declared
    for name in SHIPPED:
        _, answer = solved(name)
        for table, rows in answer.rows.items():
            declared = [column.name for column in PlacementSolution.columns[table]]
            assert all(list(row) == declared for row in rows)
