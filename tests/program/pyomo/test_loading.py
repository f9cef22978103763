"""Answers into a Pyomo model, and out of one, whoever solved it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import amopt
from amopt.errors import InfeasibleError, NoAnswerError, UsageError
from amopt.outcome import Status
from amopt.program.pyomo import (
    compile_model,
    load,
    read_answer,
    read_values,
    rows_of,
    solve_model,
    to_pyomo,
)
from amopt.program.solver.highs import Options, solve
from tests.program.programs import market_split
from tests.program.pyomo.models import appsi, contributed, plant, random_model


def test_solve_model_fills_the_model() -> None:
    model = plant()
    answer = solve_model(model)
    assert answer.outcome.status is Status.OPTIMAL
    assert pyo.value(model.profit) == pytest.approx(answer.outcome.objective)
    assert model.y.value == 1
    assert model.x["b", 1].value == 1
    assert model.spare["a"].value == 2  # stands nowhere: nearest to zero
    for constraint in model.component_data_objects(pyo.Constraint):
        assert constraint.slack() >= -1e-6
    assert set(answer.outcome.seconds) == {"compile", "solve", "load"}


@pytest.mark.parametrize(
    ("domain", "low", "high", "value"),
    [
        (pyo.Reals, None, -1, -1),
        (pyo.Reals, None, None, 0),
        (pyo.Reals, -3, 5, 0),
        (pyo.Reals, 2.5, None, 2.5),
        (pyo.Integers, 0.5, 3, 1),
        (pyo.Integers, None, -0.5, -1),
        (pyo.Set(initialize=[1, 3, 7]), None, None, None),
    ],
)
def test_what_stands_nowhere_gets_a_value_of_its_domain(
    domain: Any, low: float | None, high: float | None, value: float | None
) -> None:
    model = plant()
    model.nowhere = pyo.Var(domain=domain, bounds=(low, high))
    assert solve_model(model).outcome.status is Status.OPTIMAL
    assert model.nowhere.value == value


def test_what_has_no_value_is_named() -> None:
    model = plant()
    model.nowhere = pyo.Var(domain=pyo.Integers, bounds=(0.2, 0.8))
    with pytest.raises(InfeasibleError, match=r"nowhere, a whole number between 0\.2 and 0\.8"):
        solve_model(model)


def test_duals_are_changes_of_the_objective() -> None:
    def held(most: float, upper: float) -> Any:
        model = plant(most)
        model.y.fix(0)
        model.two_sided["a"].set_value((1, model.two_sided["a"].body, upper))
        model.rc = pyo.Suffix(direction=pyo.Suffix.IMPORT)
        return model

    model, step = held(2.8, 4), 1e-4
    best = solve_model(model).outcome.objective
    more = solve_model(held(2.8 + step, 4)).outcome.objective
    wider = solve_model(held(2.8, 4 + step)).outcome.objective
    assert model.dual[model.most] == pytest.approx((more - best) / step, abs=1e-6)
    assert model.dual[model.most] > 0.1
    assert model.dual[model.two_sided["a"]] == pytest.approx((wider - best) / step, abs=1e-6)
    assert model.rc[model.x["a", 1]] == pytest.approx(0, abs=1e-9)


def test_stale_duals_do_not_survive() -> None:
    model = plant()
    model.y.fix(0)
    solve_model(model)
    assert len(model.dual) == 5
    assert not model.dual.import_enabled()  # a local one: no solver is asked for it
    model.y.unfix()
    solve_model(model)
    assert len(model.dual) == 0


def impossible(model: Any) -> None:
    model.most.set_value(model.x["a", 1] + model.x["a", 2] <= -3)


def without_a_value(model: Any) -> None:
    model.x["a", 1].setlb(9)


@pytest.mark.parametrize("change", [impossible, without_a_value])
def test_an_answer_does_not_outlive_its_model(change: Any) -> None:
    model = plant()
    model.y.fix(0)
    model.rc = pyo.Suffix(direction=pyo.Suffix.IMPORT)
    solve_model(model)
    assert not model.x["a", 1].stale
    assert model.dual
    assert model.rc
    change(model)
    with pytest.raises(InfeasibleError):
        solve_model(model)
    for variable in (model.x["a", 1], model.x["b", 2], model.spare["a"]):
        assert variable.value is None
        assert variable.stale
    assert (model.y.value, model.x["b", 1].value) == (0, 1)  # fixed: data, not an answer
    assert not model.dual
    assert not model.rc


def test_no_answer_is_not_loaded() -> None:
    model = plant()
    model.most.set_value(model.x["a", 1] + model.x["a", 2] <= -3)
    compiled = compile_model(model)
    with pytest.raises(NoAnswerError, match="infeasible"):
        load(compiled, solve(compiled.program))
    with pytest.raises(InfeasibleError, match="the constraint most"):
        solve_model(model)
    assert model.y.value is None


def test_a_component_named_dual_is_not_overwritten() -> None:
    model = plant()
    model.dual = pyo.Var()
    assert solve_model(model).outcome.status is Status.OPTIMAL  # it has no duals
    model.y.fix(1)
    with pytest.raises(UsageError, match="named 'dual'"):
        solve_model(model)
    assert solve_model(model, duals=False).outcome.status is Status.OPTIMAL


@pytest.mark.parametrize("theirs", [appsi, contributed])
@pytest.mark.parametrize("whole", [True, False])
def test_pyomo_s_own_solvers_work_on_the_model_afterwards(theirs: Any, whole: bool) -> None:
    model = plant()
    if not whole:
        model.y.fix(1)
    amopt.solve(model)
    assert (model.component("dual") is None) == whole
    best = pyo.value(model.profit)
    theirs(model)
    assert pyo.value(model.profit) == pytest.approx(best)
    model.y.unfix()  # a mixed-integer program now, whatever it was
    theirs(model)
    amopt.solve(model)
    theirs(model)
    assert pyo.value(model.profit) == pytest.approx(best)


@pytest.mark.parametrize("theirs", [appsi, contributed])
def test_what_is_fixed_or_constant_has_the_price_that_pyomo_gives(theirs: Any) -> None:
    def priced() -> Any:
        model = plant()
        model.y.domain = pyo.Reals
        model.y.fix(1)
        model.held = pyo.Constraint(expr=model.x["b", 1] + model.y <= 9)
        model.minus = pyo.Constraint(expr=model.x["a", 1] - model.x["b", 2] >= -9)
        for name in ("dual", "rc"):
            model.add_component(name, pyo.Suffix(direction=pyo.Suffix.IMPORT))
        return model

    ours, other = priced(), priced()
    amopt.solve(ours)
    theirs(other)
    if not other.dual:
        pytest.skip("this release of Pyomo's interface fills no suffixes")
    for suffix in ("dual", "rc"):
        mine, their = ({c.name: v for c, v in getattr(m, suffix).items()} for m in (ours, other))
        assert mine.keys() >= their.keys()
        assert mine == pytest.approx({name: their.get(name, 0.0) for name in mine}, abs=1e-9)


def test_a_start_from_the_model_s_values() -> None:
    model = plant()
    amopt.solve(model)
    again = amopt.solve(model, start=True)
    assert again.outcome.status is Status.OPTIMAL
    with pytest.raises(UsageError, match="no option beginning, only start"):
        amopt.solve(model, beginning=True)
    with pytest.raises(UsageError, match="start=True"):
        amopt.solve(model, start=np.ones(4))
    program = compile_model(model).program
    assert amopt.solve(program, start=np.full(4, np.nan)).outcome.status is Status.OPTIMAL
    for start in (True, 1.0, np.ones(3)):
        with pytest.raises(UsageError, match="must be 4 values, one a column"):
            amopt.solve(program, start=start)


def test_arrays_that_nothing_satisfies_are_an_error_too() -> None:
    program = replace(compile_model(plant()).program, row_upper=np.array([4, 3, 0.5, -3, 9.0]))
    with pytest.raises(InfeasibleError) as raised:
        amopt.solve(program)
    assert raised.value.conflict == ("the constraint most",)


def test_a_start_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from amopt.program.pyomo import model_solve

    starts = []

    def watched(*given: Any, start: Any, **more: Any) -> Any:
        starts.append(start)
        return solve(*given, start=start, **more)

    monkeypatch.setattr(model_solve, "solve", watched)
    model = plant()
    model.y.set_value(1)
    amopt.solve(model)
    model.x["a", 1].set_value(None)
    amopt.solve(model, start=True)
    assert starts[0] is None
    known = dict(zip(["x[a,1]", "x[a,2]", "x[b,2]", "y"], starts[1].tolist(), strict=True))
    assert np.isnan(known.pop("x[a,1]"))
    assert known["y"] == 1


def test_an_answer_from_elsewhere() -> None:
    model = plant()
    appsi(model)
    compiled, answer = read_answer(model)
    assert answer.outcome.status is Status.FEASIBLE
    assert answer.outcome.bound is None
    assert answer.outcome.objective == pytest.approx(pyo.value(model.profit))
    assert answer.values.tolist() == pytest.approx([x.value for x in compiled.variables])
    assert read_values(compiled).tolist() == [x.value for x in compiled.variables]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m.y.set_value(None, skip_validation=True), "y without a value"),
        (lambda m: m.x["a", 1].set_value(4.5, skip_validation=True), "constraint equal is 2.5"),
        (lambda m: m.y.set_value(0.5, skip_validation=True), "variable y is 0.5, not whole"),
        (lambda m: m.y.set_value(2, skip_validation=True), "variable y is 2, not between 0 and 1"),
    ],
)
def test_values_that_are_no_plan_are_refused(change: Any, words: str) -> None:
    model = plant()
    model.x["a", 1].setub(None)
    model.most.deactivate()
    appsi(model)
    change(model)
    with pytest.raises(UsageError, match=words):
        read_answer(model)


@pytest.mark.parametrize("size", [1.0, 1e-9])
def test_what_is_broken_most_is_named_beside_what_has_no_bounds(size: float) -> None:
    """By a share of what it adds up; a value that is free breaks nothing."""
    model = pyo.ConcreteModel(name="shop")
    model.free, model.y = pyo.Var(initialize=5 * size), pyo.Var(initialize=size)
    model.o = pyo.Objective(expr=model.y)
    model.much = pyo.Constraint(expr=model.y + model.free <= 5.9 * size)
    model.more = pyo.Constraint(expr=model.y >= 3 * size)
    with pytest.raises(UsageError, match=r"the constraint more is \S+, not between 3"):
        read_answer(model)


def test_rows_by_the_name_of_their_component() -> None:
    model = plant()
    assert rows_of(model, "two_sided") == {k: model.two_sided[k] for k in ("a", "b")}
    assert rows_of(model, "most") == {None: model.most}
    model.two_sided["a"].deactivate()
    assert list(rows_of(model, "two_sided")) == ["b"]
    assert rows_of(model, "nothing") == {}


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_random_models_against_pyomo_s_own_interface(seed: int) -> None:
    model = random_model(seed)
    answer = solve_model(model)
    other = random_model(seed)
    other.dual = pyo.Suffix(direction=pyo.Suffix.IMPORT)
    solver = pyo.SolverFactory("appsi_highs")
    solver.solve(other)
    assert answer.outcome.objective == pytest.approx(pyo.value(other.cost))
    ours = sum(model.dual[c] for c in model.row.values())
    mine = {key: model.dual[c] for key, c in model.row.items()}
    theirs = {key: other.dual[c] for key, c in other.row.items()}
    # duals are unique where the answer is; elsewhere both prove the same bound
    if all(mine[key] == pytest.approx(theirs[key], abs=1e-7) for key in mine):
        assert ours == pytest.approx(sum(theirs.values()), abs=1e-6)
    else:
        from amopt.program.solver.digits.dual_bound import check_dual

        compiled = compile_model(model)
        y = np.array([theirs[c.index()] for c in compiled.constraints])
        proof = check_dual(compiled.program, y, answer.values)
        assert proof.bound == pytest.approx(answer.outcome.objective, abs=1e-6)


def test_a_time_limit_loads_the_incumbent() -> None:
    model = to_pyomo(market_split())
    answer = solve_model(model, Options(time_limit=0.5))
    assert answer.outcome.status is Status.FEASIBLE
    assert pyo.value(model.objective) == pytest.approx(answer.outcome.objective)
