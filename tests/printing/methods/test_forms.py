"""All forms of the problem give the same answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amopt.printing.decision import METHODS, solve
from amopt.printing.instance import PrintingInstance
from amopt.printing.methods.collapsed import best_policy
from amopt.printing.process.processes import factored_process, full_process
from amopt.program.solver.highs import Options
from tests.printing.cases import lowest_cycle_cost, one_part, small_instances

OPTIONS = Options()
FORMS = [method for method in METHODS if method != "auto"]
TABLE_3_1 = {"plain": {}, "expedited": {"expedite_cost": 200.0}}
WORKED = {
    "plain": (8442.487748, 1, {"wait": (1, 1), "print": (2, 13)}),
    "expedited": (8412.4524, 1, {"wait": (1, 1), "print": (2, 7), "expedite": (8, 13)}),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", WORKED)
def test_worked_example_by_every_form(form: str, case: str) -> None:
    value, stock, intervals = WORKED[case]
    answer = solve(one_part(**TABLE_3_1[case]), method=form)
    assert answer.outcome.objective == pytest.approx(value, abs=1e-4)
    assert answer.outcome.gap == pytest.approx(0.0, abs=1e-9)
    assert answer.outcome.residuals["objective"] < 1e-7 * value
    assert answer.rows["parts"][0]["base_stock"] == stock
    assert {
        row["action"]: (row["to_days_to_go"], row["from_days_to_go"])
        for row in answer.rows["intervals"]
        if row["sourcing"] == "printing"
    } == intervals


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_tables(form: str) -> None:
    instance = one_part(count=5, cycle_days=6, failure_probability_per_day=0.05, discount=None)
    expected, found = (solve(instance, method=method).rows for method in ("closed", form))
    assert list(found) == list(expected)
    for name, table in expected.items():
        for mine, theirs in zip(found[name], table, strict=True):
            assert mine.keys() == theirs.keys()
            for column, value in theirs.items():
                close = pytest.approx(value, rel=1e-9) if isinstance(value, float) else value
                assert mine[column] == close, column


def cycle_costs(instance: PrintingInstance) -> dict[str, float]:
    """Return the cost of a cycle by each form, and by iteration."""
    parameters = instance.parameters
    full, factored = full_process(parameters), factored_process(parameters)
    found = {
        f"{name} by {method}": built.cycle_cost(built.solve(method), parameters)
        for name, built, method in (
            ("full", full, "lp"),
            ("factored", factored, "lp"),
            ("full", full, "value_iteration"),
            ("factored", factored, "modified_policy_iteration"),
            ("factored", factored, "policy_iteration"),
        )
    }
    collapsed = best_policy(instance, printer=True, options=OPTIONS)
    return {**found, "collapsed": float(collapsed.cycle_cost[0])}


def require_every_form_alike(instance: PrintingInstance) -> None:
    closed = float(lowest_cycle_cost(instance.parameters)[0])
    found = cycle_costs(instance)
    assert len(found) == 6
    assert found == pytest.approx(dict.fromkeys(found, closed), rel=1e-7, abs=1e-7)


@settings(max_examples=20)
@given(small_instances())
def test_random_instances_by_every_form(instance: PrintingInstance) -> None:
    require_every_form_alike(instance)


@pytest.mark.long
@settings(max_examples=200)
@given(small_instances())
def test_two_hundred_random_instances_by_every_form(instance: PrintingInstance) -> None:
    require_every_form_alike(instance)


@settings(max_examples=40)
@given(small_instances(largest_fleet=4, longest_cycle=4), st.sampled_from(sorted(FORMS)))
def test_every_answer_passes_the_referee(instance: PrintingInstance, form: str) -> None:
    # solve raises when the referee refuses, so that base stock and actions of every form are proven
    answer = solve(instance, method=form)
    assert answer.verdict.accepted
    assert answer.outcome.gap is not None


def test_the_full_process_has_the_size_that_the_source_implies() -> None:
    parameters = one_part(count=8, cycle_days=7).parameters
    full, factored = full_process(parameters).process, factored_process(parameters).process
    assert full.transition.nnz > 3 * factored.transition.nnz
    assert np.unique(full.state_of_pair).size == full.states
