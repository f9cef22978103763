"""Why a program is infeasible, and the least that mends it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amopt.errors import UsageError
from amopt.program.infeasible.conflict import Conflict, diagnose, least_change
from amopt.program.infeasible.least_change import Change
from amopt.program.infeasible.limits import Limit
from amopt.program.linear import LinearProgram, NamedBlock, Names
from amopt.program.solver.highs import Solver, solve
from amopt.program.solver.outcome import Status

from .programs import transport

program = LinearProgram.from_arrays

# two suppliers of 4 and 3 a week, a demand of 9 and, apart from that, a budget
SUPPLY = program(
    [1, 1],
    [[1, 0], [0, 1], [1, 1], [2, 1]],
    [-np.inf, -np.inf, 9, -np.inf],
    [4, 3, np.inf, 100],
    rows=[
        NamedBlock("capacity", ["A", "B"]),
        NamedBlock("demand"),
        NamedBlock("budget", np.array([[1, 2]])),
    ],
    columns=[NamedBlock("amount", ["A", "B"])],
)


def test_the_conflict_has_names_and_keys() -> None:
    conflict = diagnose(SUPPLY)
    assert [limit.name for limit in conflict.rows] == ["capacity[A]", "capacity[B]", "demand"]
    assert [limit.side for limit in conflict.rows] == ["upper", "upper", "lower"]
    assert [limit.key for limit in conflict.rows] == ["A", "B", None]
    assert conflict.columns == ()
    assert conflict.kind == "bounds"
    words = {
        "capacity": lambda key: f"supplier {key} has a capacity",
        "demand": lambda key: "the demand must be met",
    }
    assert conflict.in_words(words) == (
        "supplier A has a capacity",
        "supplier B has a capacity",
        "the demand must be met",
    )


def test_bounds_of_columns_take_part() -> None:
    p = replace(SUPPLY, upper=np.array([np.inf, 2.0]), row_upper=np.array([6.0, 3, np.inf, 100]))
    conflict = diagnose(p)
    assert [limit.name for limit in conflict.rows] == ["capacity[A]", "demand"]
    assert [(limit.name, limit.side) for limit in conflict.columns] == [("amount[B]", "upper")]
    assert conflict.in_words({}) == ("capacity[A]", "demand", "amount[B]")


def test_integrality_alone() -> None:
    """4x + 4y = 6 has fractional answers only; x + y <= 9 is not to blame."""
    p = program(
        [0, 0], [[1, 1], [4, 4]], [-np.inf, 6], [9, 6], upper=5, integer=True,
        rows=[NamedBlock("room"), NamedBlock("balance", [("a", 1)])],
    )  # fmt: skip
    conflict = diagnose(p)
    assert conflict.kind == "integrality"
    assert [limit.name for limit in conflict.rows] == ["balance[a,1]"]
    assert conflict.rows[0].key == ("a", 1)
    assert [(limit.name, limit.side) for limit in conflict.columns] == [
        ("c0", "integer"),
        ("c1", "integer"),
    ]


def test_integrality_over_several_rows() -> None:
    """An odd cycle of pairs of which exactly one must be chosen: halves only."""
    rows = [[1, 1, 0, 0], [0, 1, 1, 0], [1, 0, 1, 0], [0, 0, 1, 1]]
    p = program([0] * 4, rows, [1, 1, 1, 0], [1, 1, 1, 2], upper=1, integer=True)
    conflict = diagnose(p)
    assert conflict.kind == "integrality"
    assert [limit.index for limit in conflict.rows] == [0, 1, 2]


def test_bounds_that_clash_with_whole_numbers_take_part() -> None:
    """2x + 3y = 7 holds for whole numbers, x = 2 and y = 1, until x is at most 1."""
    conflict = diagnose(program([0, 0], [[2, 3]], 7, 7, upper=[1, 5], integer=True))
    assert conflict.kind == "integrality"
    assert [(limit.index, limit.side) for limit in conflict.rows] == [(0, "both")]
    assert [(limit.index, limit.side) for limit in conflict.columns] == [
        (0, "integer"), (0, "upper"), (1, "integer"),
    ]  # fmt: skip


def test_one_side_of_a_row_is_named() -> None:
    """Of ``1 <= 3x - 3y <= 2`` both sides clash with whole numbers, of the room only one."""
    p = program([0, 0], [[3, -3], [1, 1]], [1, 0], [2, 9], upper=4, integer=True)
    assert [limit.side for limit in diagnose(p).rows] == ["both"]
    q = program([0, 0], [[2, 2], [1, 1]], [3, -5], [9, 1.8], integer=True)
    assert [(limit.index, limit.side) for limit in diagnose(q).rows] == [(0, "lower"), (1, "upper")]


@pytest.mark.parametrize(
    ("p", "rows", "columns"),
    [
        (program([1], [[1], [2]], [0, 3], [5, 2]), [1], []),
        (program([1], [[1], [0]], [0, 3], [5, 4]), [1], []),
        (program([], np.zeros((2, 0)), [0, 1], [0, 1]), [1], []),
        (program([1], [[1]], 0, 9, lower=0.2, upper=0.8, integer=True), [], [0, 0, 0]),
    ],
)
def test_a_limit_that_cannot_hold_alone(
    p: LinearProgram, rows: list[int], columns: list[int]
) -> None:
    conflict = diagnose(p)
    assert [limit.index for limit in conflict.rows] == rows
    assert [limit.index for limit in conflict.columns] == columns


def test_a_feasible_program_has_no_conflict() -> None:
    with pytest.raises(UsageError, match="can be satisfied"):
        diagnose(replace(SUPPLY, row_lower=np.array([-np.inf, -np.inf, 7, -np.inf])))


def kept(p: LinearProgram, conflict: Conflict, leave_out: int | None = None) -> LinearProgram:
    """Keep the conflict's limits only, but one."""
    limits = [*conflict.rows, *conflict.columns]
    low, high = np.full(p.shape[0], -np.inf), np.full(p.shape[0], np.inf)
    lower, upper = np.where(p.lower == 0, 0, -np.inf), np.full(p.shape[1], np.inf)
    whole = np.zeros(p.shape[1], bool)
    for position, limit in enumerate(limits):
        if position == leave_out:
            continue
        if limit.side == "integer":
            whole[limit.index] = True
            continue
        sides = (low, high) if position < len(conflict.rows) else (lower, upper)
        given = (p.row_lower, p.row_upper) if position < len(conflict.rows) else (p.lower, p.upper)
        if limit.side != "upper":
            sides[0][limit.index] = given[0][limit.index]
        if limit.side != "lower":
            sides[1][limit.index] = given[1][limit.index]
    return replace(
        p, cost=0 * p.cost, row_lower=low, row_upper=high, lower=lower, upper=upper, integer=whole,
        rows=Names(),
    )  # fmt: skip


@settings(max_examples=60)
@given(st.integers(0, 10**6))
def test_random_conflicts_are_irreducible(seed: int) -> None:
    rng = np.random.default_rng(seed)
    m, n = rng.integers(2, 8), rng.integers(1, 5)
    p = program(
        rng.integers(-3, 4, n), rng.integers(-3, 4, (m, n)),
        rng.integers(0, 4, m), rng.integers(4, 8, m), upper=rng.integers(1, 6, n),
        lower=rng.integers(-1, 2, n),
    )  # fmt: skip
    if solve(p).outcome.status is not Status.INFEASIBLE:
        return
    conflict = diagnose(p)
    assert conflict.kind == "bounds"
    assert solve(kept(p, conflict)).outcome.status is Status.INFEASIBLE
    for position in range(len(conflict.rows) + len(conflict.columns)):
        assert solve(kept(p, conflict, position)).outcome.status is Status.OPTIMAL


@settings(max_examples=150)
@given(st.integers(0, 10**6))
def test_random_conflicts_of_whole_numbers_are_irreducible(seed: int) -> None:
    rng = np.random.default_rng(seed)
    m, n = rng.integers(1, 5), rng.integers(1, 4)
    low = rng.integers(2, 9, m)
    p = program(
        rng.integers(-3, 4, n), rng.integers(2, 8, (m, n)), low, low + rng.integers(0, 3, m),
        upper=rng.integers(1, 6, n) + 0.5, lower=rng.integers(-1, 2, n),
        integer=rng.random(n) < 0.8,
    )  # fmt: skip
    relaxed = solve(p.relaxed()).outcome.status
    if relaxed is Status.INFEASIBLE or solve(p).outcome.status is not Status.INFEASIBLE:
        return
    conflict = diagnose(p)
    assert conflict.kind == "integrality"
    assert solve(kept(p, conflict)).outcome.status is Status.INFEASIBLE
    for position in range(len(conflict.rows) + len(conflict.columns)):
        assert solve(kept(p, conflict, position)).outcome.status is Status.OPTIMAL


def test_without_a_proof_the_filter_still_finds_the_conflict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Solver, "ray", lambda self: None)
    conflict = diagnose(SUPPLY)
    assert [limit.name for limit in conflict.rows] == ["capacity[A]", "capacity[B]", "demand"]
    p = replace(SUPPLY, upper=np.array([np.inf, 2.0]), row_upper=np.array([6.0, 3, np.inf, 100]))
    assert [limit.name for limit in diagnose(p).columns] == ["amount[B]"]


def test_a_conflict_among_many_limits() -> None:
    """6,400 shipments against 80 demands and one total that is too small for them."""
    p = transport(80).with_rows(np.ones((1, 6400)), -np.inf, 1.0, family=NamedBlock("total"))
    conflict = diagnose(p)
    assert "total" in [limit.name for limit in conflict.rows]
    assert len(conflict.rows) == 2
    assert conflict.columns == ()


# -- the least change -----------------------------------------------------------------------------


def test_the_least_change_in_words() -> None:
    remedy = least_change(SUPPLY, {"capacity": [1.0, 5.0], "demand": 3.0})
    assert remedy is not None
    assert remedy.outcome.status is Status.OPTIMAL
    assert remedy.total == pytest.approx(2)
    words = {"capacity": lambda key, amount: f"{amount:g} more a week from {key}"}
    assert remedy.in_words(words) == ("2 more a week from A",)
    assert remedy.in_words({}) == ("raise the limit capacity[A] by 2",)
    demand = least_change(SUPPLY, {"demand": 1.0})
    assert demand is not None
    assert demand.in_words({}) == ("lower the limit demand by 2",)
    assert least_change(SUPPLY, {"budget": 1.0}) is None


def test_a_large_change_is_said_in_full() -> None:
    """Six digits would say 1.23457e+06, which is less for some and no number to write down."""
    change = Change(Limit(0, "capacity[A]", "capacity", "A", "upper"), 1234571.5)
    assert change.in_words({}) == "raise the limit capacity[A] by 1,234,572"


def test_nothing_to_change() -> None:
    remedy = least_change(replace(SUPPLY, row_upper=np.array([9.0, 9, np.inf, 100])))
    assert remedy is not None
    assert remedy.changes == ()
    assert remedy.total == 0


def test_the_least_change_of_a_mixed_integer_program() -> None:
    """Lots of 5 against a demand of exactly 7: two short are less than three over."""
    p = program([1], [[5]], 7, 7, integer=True, rows=[NamedBlock("demand")])
    remedy = least_change(p)
    assert remedy is not None
    assert [(change.limit.side, change.amount) for change in remedy.changes] == [("lower", 2.0)]


def test_wrong_families_and_weights() -> None:
    with pytest.raises(UsageError, match="no rows are called 'demands'; there are budget"):
        least_change(SUPPLY, {"demands": 1.0})
    with pytest.raises(UsageError, match="less than nothing"):
        least_change(SUPPLY, {"demand": -1.0})


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_the_changes_mend_a_random_program_and_less_does_not(seed: int) -> None:
    rng = np.random.default_rng(seed)
    m, n = rng.integers(2, 7), rng.integers(1, 5)
    p = program(
        np.zeros(n), rng.integers(-3, 4, (m, n)), rng.integers(0, 4, m), rng.integers(4, 8, m),
        upper=rng.integers(1, 6, n),
        lower=np.zeros(n),
    )  # fmt: skip
    remedy = least_change(p)
    assert remedy is not None
    low, high = p.row_lower.copy(), p.row_upper.copy()
    for change in remedy.changes:
        side = low if change.limit.side == "lower" else high
        side[change.limit.index] += change.amount * (-1 if change.limit.side == "lower" else 1)
    assert solve(replace(p, row_lower=low, row_upper=high)).outcome.status is Status.OPTIMAL
    assert (remedy.total == 0) == (solve(p).outcome.status is Status.OPTIMAL)
