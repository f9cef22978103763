"""Why a formulation has no solution: which limits clash, and what was shown to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amopt.errors import Conflict, InfeasibleError, LeastChange, Limit, NoAnswerError
from amopt.outcome import Outcome, Status, Stopped
from amopt.program.family import Family
from amopt.program.infeasible import oracle
from amopt.program.infeasible.explain import explain
from amopt.program.infeasible.search import Limits, Reasons, Search
from amopt.program.infeasible.sentences import no_plan
from amopt.program.linear import LinearProgram, NamedBlock
from amopt.program.pyomo.formulated import solve_formulation
from amopt.program.solver import highs
from amopt.program.solver.highs import Options
from amopt.program.time import Budget
from amopt.sourcing.rolling.infeasible import at_event

INF = np.inf


class Clashes:
    """Limits of which some sets cannot be kept together, known beforehand."""

    def __init__(self, size: int, clashes: Iterable[Iterable[int]]) -> None:
        self.limits = tuple(Limit("limit", index, f"limit {index}") for index in range(size))
        self.sets = [{self.limits[index] for index in clash} for clash in clashes]

    def feasible(self, kept: Limits) -> bool:
        return not any(clash <= set(kept) for clash in self.sets)

    def least_changes(self, limits: Limits, kept: Limits) -> tuple[LeastChange, ...] | None:
        if not self.feasible(kept):
            return None
        return tuple(LeastChange(limit, 1.0, f"mend {limit.key}") for limit in limits)

    def corrections(self) -> set[frozenset[Limit]]:
        """Return every minimal set of limits without which the others can be kept."""
        found: set[frozenset[Limit]] = set()
        for size in range(len(self.limits) + 1):
            for dropped in combinations(self.limits, size):
                rest = tuple(limit for limit in self.limits if limit not in dropped)
                if self.feasible(rest) and not any(less <= set(dropped) for less in found):
                    found.add(frozenset(dropped))
        return found


sets_of_limits = st.lists(
    st.frozensets(st.integers(0, 6), min_size=1, max_size=4), min_size=1, max_size=5
)


@settings(max_examples=200, deadline=None)
@given(sets_of_limits)
def test_against_every_set_of_limits(clashes: list[frozenset[int]]) -> None:
    """Conflicts are irreducible and disjoint, and nothing clashes beside them; combinations are
    all minimal corrections."""
    known = Clashes(7, clashes)
    reasons = Search(known.limits, known.feasible, known.least_changes, 1_000).reasons()
    named: set[Limit] = set()
    for conflict in reasons.conflicts:
        assert not known.feasible(conflict.limits)
        for limit in conflict.limits:
            assert known.feasible(tuple(other for other in conflict.limits if other != limit))
        assert not named & set(conflict.limits)
        named |= set(conflict.limits)
    beside = tuple(limit for limit in known.limits if limit not in named)
    assert reasons.complete
    assert known.feasible(beside)
    for conflict in reasons.conflicts:
        for remedy in conflict.remedies:
            others = tuple(limit for limit in conflict.limits if limit != remedy.limit)
            assert known.feasible(others + beside)
    mended = [frozenset(change.limit for change in changes) for changes in reasons.combinations]
    assert len(set(mended)) == len(mended)
    if len(reasons.conflicts) == 1 and reasons.conflicts[0].remedies:
        assert set(mended) == {entry for entry in known.corrections() if len(entry) == 1}
    else:
        assert set(mended) == known.corrections()


def test_no_single_change_helps_where_three_limits_clash_in_pairs() -> None:
    known = Clashes(3, [{0, 1}, {1, 2}, {0, 2}])
    reasons = Search(known.limits, known.feasible, known.least_changes).reasons()
    assert [len(conflict.limits) for conflict in reasons.conflicts] == [2]
    assert reasons.conflicts[0].remedies == ()
    assert {frozenset(c.limit.key for c in changes) for changes in reasons.combinations} == {
        frozenset({0, 1}), frozenset({0, 2}), frozenset({1, 2}),
    }  # fmt: skip
    error = no_plan(reasons)
    assert str(error) == (
        "These cannot hold together: limit 0 and limit 1.\n"
        "Either mend 1 and mend 0,\nor mend 2 and mend 0,\nor mend 2 and mend 1."
    )


def test_a_change_of_nothing_refutes_the_conflict() -> None:
    """A plan that keeps a limit as it is was found: what was said of it cannot be true."""
    known = Clashes(3, [{0, 1}])

    def nothing(limits: Limits, kept: Limits) -> tuple[LeastChange, ...]:
        return tuple(LeastChange(limit, 0.0, "change nothing") for limit in limits)

    reasons = Search(known.limits, known.feasible, nothing).reasons()
    assert reasons.refuted
    assert reasons.conflicts == ()
    assert isinstance(no_plan(reasons), NoAnswerError)


def test_a_limit_that_need_not_change_is_in_no_combination() -> None:
    known = Clashes(2, [{0}, {1}])

    def second_for_free(limits: Limits, kept: Limits) -> tuple[LeastChange, ...]:
        several = len(limits) > 1
        return tuple(
            LeastChange(limit, 0.0 if limit.key == 0 and several else 1.0, f"mend {limit.key}")
            for limit in limits
        )

    reasons = Search(known.limits, known.feasible, second_for_free).reasons()
    assert [[c.limit.key for c in changes] for changes in reasons.combinations] == [[1]]


def test_conflicts_beyond_the_most_are_not_looked_for() -> None:
    known = Clashes(6, [{index} for index in range(6)])
    reasons = Search(known.limits, known.feasible, known.least_changes, 2).reasons()
    assert len(reasons.conflicts) == 2
    assert not reasons.complete
    assert reasons.combinations == ()  # none of them would make a plan possible
    assert str(no_plan(reasons)).splitlines() == [
        "This cannot hold: limit 0.",
        "For this alone: mend 0.",
        "This cannot hold: limit 1.",
        "For this alone: mend 1.",
        "These are not all: when they are mended, others clash.",
    ]


# Printing at 2 an hour on one machine of 10 hours, buying for 3; a licence of 4 prints.
def shop(demand: float, hours: float, licence: float, budget: float, most: float) -> LinearProgram:
    """Rows: x + y >= demand, 2x <= hours, x <= licence, x + 3y <= budget, y <= most."""
    return LinearProgram.from_arrays(
        [1, 3],
        [[1, 1], [2, 0], [1, 0], [1, 3], [0, 1]],
        [demand, -INF, -INF, -INF, -INF],
        [INF, hours, licence, budget, most],
        integer=True,
        rows=[
            NamedBlock("served", ["valve"]),
            NamedBlock("hours", ["SLS"]),
            NamedBlock("prints", ["valve"]),
            NamedBlock("budget"),
            NamedBlock("market", ["valve"]),
        ],
        columns=[NamedBlock("x"), NamedBlock("y")],
    )


def add_nothing(model: Any) -> None:
    """Nothing."""


FAMILIES = (
    Family("served", add_nothing, says=lambda _, key: f"the demand for {key}"),
    Family(
        "hours",
        add_nothing,
        says=lambda _, key: f"the hours of {key}",
        remedy=lambda _, key, by: f"find {by:g} more hours of {key}",
    ),
    Family(
        "licence",
        add_nothing,
        says=lambda of, key: f"the licence of {of} for {key}",
        remedy=lambda _, key, by: f"allow {by:g} more prints of {key}",
        rows=("prints",),
    ),
    Family(
        "budget",
        add_nothing,
        says=lambda _, key: "the budget",
        remedy=lambda _, key, by: f"raise the budget by {by:g}",
    ),
    Family("market", add_nothing),  # what the variables mean
)


def test_one_conflict_and_its_remedies() -> None:
    """5 asked, 3 can be bought, 1 printed: hours and licence clash with the demand each."""
    error = explain(shop(5, 2, 9, 100, 3), FAMILIES, "the design's owner")
    assert isinstance(error, InfeasibleError)
    assert [limit.words for limit in error.conflicts[0].limits] == [
        "the hours of SLS", "the demand for valve",
    ]  # fmt: skip
    assert [(r.limit.family, r.amount) for r in error.conflicts[0].remedies] == [("hours", 2.0)]
    assert str(error) == (
        "These cannot hold together: the hours of SLS and the demand for valve.\n"
        "Find 2 more hours of SLS."
    )
    assert error.conflict == ("the hours of SLS", "the demand for valve")
    assert error.remedies == ("find 2 more hours of SLS",)


def test_a_combination_was_solved_together() -> None:
    """5 asked, 4 bought at most: 1 to print needs 2 hours; the budget then has to be 13 or 11.

    The hours alone would be mended by 2 more, the budget alone by much less: for the cheaper plan
    that has hours in plenty. Named together they have to hold together.
    """
    error = explain(shop(5, 0, 9, 3, 4), FAMILIES, None)
    assert isinstance(error, InfeasibleError)
    for changes in error.combinations:
        by = {change.limit.family: change.amount for change in changes}
        mended = shop(
            5, 0 + by.get("hours", 0), 9 + by.get("licence", 0), 3 + by.get("budget", 0), 4
        )
        assert highs.solve(mended).outcome.status is Status.OPTIMAL
        for family, amount in by.items():  # and none of them could be less, the others held
            less = {**by, family: amount - 1}
            short = shop(5, less.get("hours", 0), 9, 3 + less.get("budget", 0), 4)
            assert highs.solve(short).outcome.status is Status.INFEASIBLE
    assert [{c.limit.family: c.amount for c in changes} for changes in error.combinations] == [
        {"hours": 2.0, "budget": 10.0},
    ]  # fmt: skip
    assert error.remedies == ("find 2 more hours of SLS and raise the budget by 10",)


def test_rows_of_no_family_go_by_their_own_names() -> None:
    p = shop(5, 100, 9, 100, 0).with_rows([[1, 0]], -INF, 2, family=NamedBlock("mine", [("a", 1)]))
    error = explain(p, FAMILIES, None)
    assert isinstance(error, InfeasibleError)
    assert "the constraint mine[a,1]" in error.conflict
    assert error.remedies == ("raise the right-hand side of mine[a,1] by 3",)


def test_rows_without_names_go_by_their_places() -> None:
    p = LinearProgram.from_arrays([1, 1], [[1, 1], [1, 0], [1, 1]], [-INF, 0, 5], [3, 9, INF])
    error = explain(p, (), None)
    assert isinstance(error, InfeasibleError)
    assert error.conflict == ("the constraint r0", "the constraint r2")
    assert error.remedies == (
        "raise the right-hand side of r0 by 2",
        "lower the right-hand side of r2 by 2",
    )


@pytest.mark.parametrize("size", [1.0, 1e-6, 1e-9, 1e-12])
def test_limits_may_be_counted_in_any_unit(size: float) -> None:
    """At least three and at most one: either gives way by two, of whatever is counted."""
    p = LinearProgram.from_arrays([1], [[1], [1]], [3 * size, -INF], [INF, size])
    error = explain(p, (), None)
    assert isinstance(error, InfeasibleError)
    (conflict,) = error.conflicts
    assert [change.amount for change in conflict.remedies] == pytest.approx([2 * size, 2 * size])


def test_what_variables_mean_is_never_named() -> None:
    error = explain(shop(5, 0, 9, 100, 0), FAMILIES, None)
    assert isinstance(error, InfeasibleError)
    assert all("market" not in limit.family for c in error.conflicts for limit in c.limits)


def test_valid_inequalities_are_left_aside() -> None:
    """Derived from the licence of 1 print: x <= 1. With more prints it does not hold."""
    p = shop(5, 100, 1, 100, 2).with_rows([[1, 0]], -INF, 1, family=NamedBlock("cut"))
    cut = Family("cut", add_nothing, tightens=True)
    error = explain(p, (*FAMILIES, cut), "nobody")
    assert isinstance(error, InfeasibleError)
    assert error.remedies == ("allow 2 more prints of valve",)


def test_without_any_limit_there_is_no_plan_either() -> None:
    p = LinearProgram.from_arrays([0], [[1], [1]], [2, -INF], [INF, 1], rows=[
        NamedBlock("market", [1, 2])])  # fmt: skip
    error = explain(p, FAMILIES, None)
    assert isinstance(error, InfeasibleError)
    assert "even where every limit of the instance gives way" in str(error)
    assert error.conflicts == ()


def test_a_solver_that_calls_everything_infeasible_is_not_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = Outcome(stopped=Stopped.FINISHED, status=Status.INFEASIBLE)
    monkeypatch.setattr(oracle, "solve", lambda *_, **__: highs.Answer(said))
    error = explain(shop(5, 100, 9, 100, 3), FAMILIES, None, outcome=said)
    assert "no reason could be proven" in str(error)
    assert not isinstance(error, InfeasibleError) or error.conflicts == ()


def test_a_plan_that_turns_up_refutes_the_reason() -> None:
    said = Outcome(stopped=Stopped.FINISHED, status=Status.INFEASIBLE)
    error = explain(shop(5, 100, 9, 100, 3), FAMILIES, None, outcome=said)
    assert isinstance(error, NoAnswerError)
    assert "no reason could be proven" in str(error)
    assert error.outcome is said


def test_what_could_not_be_told_in_time_is_not_named() -> None:
    """After some questions there is no time: conflicts that were shown stay, others are left."""
    known = Clashes(8, [{0, 1}, {4, 5}])
    for enough in range(40):
        asked: list[Limits] = []

        def feasible(kept: Limits, asked: list[Limits] = asked, enough: int = enough) -> bool:
            asked.append(kept)
            if len(asked) > enough:
                raise NoAnswerError("no time is left")
            return known.feasible(kept)

        reasons = Search(known.limits, feasible, known.least_changes).reasons()
        for conflict in reasons.conflicts:
            assert not known.feasible(conflict.limits)
        for changes in reasons.combinations:
            changed = {change.limit for change in changes}
            assert known.feasible(tuple(x for x in known.limits if x not in changed))
        if reasons.unfinished:
            assert "Not everything was known in time" in str(no_plan(reasons)) or (
                "no reason could be proven (no time is left)" in str(no_plan(reasons))
            )
    assert len(reasons.conflicts) == 2
    assert len(reasons.combinations) == 4
    assert not reasons.unfinished


def test_a_search_that_took_all_time_leaves_some_for_saying_why() -> None:
    """The limit of the caller counts, not what the search has left of it."""

    def formulate(_: Any) -> Any:
        model = pyo.ConcreteModel(name="shop")
        model.x = pyo.Var()
        model.least = pyo.Constraint(expr=model.x >= 3)
        model.most = pyo.Constraint(expr=model.x <= 1)
        return model

    budget = Budget(3.0)
    budget._began -= 1e6  # as if the search had taken it all
    with pytest.raises(InfeasibleError) as refused:
        solve_formulation(formulate, (), None, options=Options(time_limit=3.0), budget=budget)
    assert refused.value.remedies


def test_within_one_budget_of_time() -> None:
    budget = Budget(0.0)
    error = explain(shop(5, 2, 9, 100, 3), FAMILIES, None, Options(time_limit=0.0), budget=budget)
    assert isinstance(error, InfeasibleError)
    assert error.conflicts == ()
    assert str(error).startswith("no plan was found, and no reason could be proven (the time limit")


def test_many_members_of_one_family_are_counted() -> None:
    p = LinearProgram.from_arrays(
        [1], np.ones((9, 1)), [*[-INF] * 8, 9], [*[1.0] * 8, INF],
        rows=[NamedBlock("hours", range(8)), NamedBlock("served")],
    )  # fmt: skip
    apart = LinearProgram.from_arrays(
        np.ones(8), np.vstack([np.eye(8), np.ones(8)]), [*[-INF] * 8, 9], [*[1.0] * 8, INF],
        rows=p.rows,
    )  # fmt: skip
    error = explain(apart, FAMILIES, None)
    assert isinstance(error, InfeasibleError)
    assert len(error.conflict) == 9
    assert str(error).splitlines()[0] == (
        "These cannot hold together: the hours of 0, the hours of 1, the hours of 2, "
        "5 more of this kind and the demand for None."
    )


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_random_programs_against_every_set_of_rows(seed: int) -> None:
    """Every conflict clashes and is irreducible; every combination makes a plan possible."""
    random = np.random.default_rng(seed)
    m, n = 6, 4
    matrix = random.integers(-2, 3, (m, n))
    upper = random.integers(-3, 4, m).astype(float)
    p = LinearProgram.from_arrays(
        np.zeros(n), matrix, -INF, upper, upper=3, integer=random.random(n) < 0.5,
        rows=[NamedBlock("own", range(m))],
    )  # fmt: skip

    def feasible(rows: Iterable[int], change: dict[int, float] | None = None) -> bool:
        kept = set(rows)
        moved = [upper[row] + 1e-6 + (change or {}).get(row, 0.0) for row in range(m)]
        right = [moved[row] if row in kept else INF for row in range(m)]
        q = LinearProgram.from_arrays(np.zeros(n), matrix, -INF, right, upper=3, integer=p.integer)
        return highs.solve(q).outcome.has_answer

    error = explain(p, (), None)
    if feasible(range(m)):
        assert isinstance(error, NoAnswerError)
        return
    assert isinstance(error, InfeasibleError)
    assert error.conflicts
    for conflict in error.conflicts:
        rows = [limit.key for limit in conflict.limits]
        assert not feasible(rows)
        assert all(feasible(set(rows) - {row}) for row in rows)
    assert error.combinations
    for changes in error.combinations:
        by = {change.limit.key: change.amount for change in changes}
        assert feasible(range(m), by)
        for row, amount in by.items():
            assert not feasible(range(m), {**by, row: 0.99 * amount - 1e-5})


@pytest.mark.parametrize("complete", [True, False])
def test_whether_more_clashes_is_kept_as_data(complete: bool) -> None:
    """Whatever the limits are called: the sentence is not asked for it."""
    words = "Whether more clashes is not known"
    reasons = Reasons((Conflict((Limit("f", None, words),)),), complete=complete)
    error = no_plan(reasons)
    assert isinstance(error, InfeasibleError)
    assert error.complete is complete
    assert at_event(error, "week 2").complete is complete
