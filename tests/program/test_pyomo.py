"""A Pyomo model as arrays, and the way back."""

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
from amopt.program.linear import LinearProgram, NamedBlock, Names
from amopt.program.pyomo import (
    compile_model,
    linear,
    load,
    read_answer,
    read_values,
    rows_of,
    solve_model,
    to_pyomo,
    weighted_sum,
)
from amopt.program.solver.highs import Options, solve

from .programs import market_split, transport


def plant(most: float = 3) -> Any:
    """A small model with rows of all kinds, a fixed variable and one that stands nowhere."""
    model = pyo.ConcreteModel(name="plant")
    model.I = pyo.Set(initialize=["a", "b"])
    model.x = pyo.Var(model.I, [1, 2], bounds=(0, 5))
    model.y = pyo.Var(domain=pyo.Binary)
    model.spare = pyo.Var(model.I, bounds=(2, None))
    model.two_sided = pyo.Constraint(
        model.I, rule=lambda m, i: (1, m.x[i, 1] + 2 * m.x[i, 2] - m.y, 4)
    )
    model.equal = pyo.Constraint(expr=model.x["a", 1] == model.x["b", 2] + 0.5)
    model.most = pyo.Constraint(expr=model.x["a", 1] + model.x["a", 2] <= most)
    model.least = pyo.Constraint(expr=model.x["b", 2] >= 0.25)
    model.x["b", 1].fix(1)
    model.profit = pyo.Objective(expr=sum(model.x.values()) + 3 * model.y + 7, sense=pyo.maximize)
    return model


def test_the_arrays_and_names() -> None:
    program = compile_model(plant()).program
    assert list(program.rows) == ["two_sided[a]", "two_sided[b]", "equal", "most", "least"]
    assert list(program.columns) == ["x[a,1]", "x[a,2]", "x[b,2]", "y"]
    assert program.rows.family_and_key(1) == ("two_sided", "b")
    assert program.columns.family_and_key(2) == ("x", ("b", 2))
    assert program.matrix.toarray().tolist() == [
        [1, 2, 0, -1],
        [0, 0, 2, -1],
        [1, 0, -1, 0],
        [1, 1, 0, 0],
        [0, 0, 1, 0],
    ]
    assert program.row_lower.tolist() == [1, 0, 0.5, -np.inf, 0.25]  # the fixed 1 moved over
    assert program.row_upper.tolist() == [4, 3, 0.5, 3, np.inf]
    assert program.cost.tolist() == [1, 1, 1, 3]
    assert program.offset == 8
    assert program.maximise
    assert program.integer.tolist() == [False, False, False, True]
    assert program.lower.tolist() == [0] * 4
    assert program.upper.tolist() == [5, 5, 5, 1]
    assert program.name == "plant"


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


def test_a_model_without_objective_or_constraints() -> None:
    model = pyo.ConcreteModel()
    model.x = pyo.Var([1, 2], bounds=(1, 3))
    model.c = pyo.Constraint(expr=model.x[1] + model.x[2] == 5)
    answer = solve_model(model)
    assert answer.outcome.objective == 0
    assert model.x[1].value + model.x[2].value == pytest.approx(5)
    free = pyo.ConcreteModel()
    free.x = pyo.Var(bounds=(1, 3))
    free.cost = pyo.Objective(expr=2 * free.x)
    assert solve_model(free).outcome.objective == 2
    assert free.x.value == 1


def test_blocks_and_expressions() -> None:
    model = pyo.ConcreteModel()
    model.price = pyo.Param(initialize=3, mutable=True)
    model.week = pyo.Block([1, 2])
    for week in model.week.values():
        week.make = pyo.Var(["A"], bounds=(0, 4))
        week.cost = pyo.Expression(expr=model.price * week.make["A"])
        week.need = pyo.Constraint(expr=week.make["A"] >= 1)
    model.total = pyo.Objective(expr=sum(week.cost for week in model.week.values()))
    compiled = compile_model(model)
    assert list(compiled.program.columns) == ["week[1].make[A]", "week[2].make[A]"]
    assert list(compiled.program.rows) == ["week[1].need", "week[2].need"]
    assert solve_model(model).outcome.objective == 6
    model.price = 5
    model.week[2].deactivate()
    model.total.deactivate()
    model.other = pyo.Objective(expr=model.week[1].cost)
    assert solve_model(model).outcome.objective == 5


def broken(change: Any) -> Any:
    model = plant()
    change(model)
    return model


def nonlinear(m: Any) -> None:
    m.square = pyo.Constraint(expr=m.x["a", 1] * m.x["a", 2] <= 4)


def nonlinear_objective(m: Any) -> None:
    m.profit.expr = m.x["a", 1] ** 2


def two_objectives(m: Any) -> None:
    m.second = pyo.Objective(expr=m.y)


def fixed_without_value(m: Any) -> None:
    m.x["a", 2].fixed = True


def gap_in_domain(m: Any) -> None:
    m.z = pyo.Var(domain=pyo.Set(initialize=[1, 3, 7]))
    m.with_z = pyo.Constraint(expr=m.z + m.y >= 1)


def not_a_number(m: Any) -> None:
    m.wrong = pyo.Constraint(expr=float("nan") * m.y + m.x["a", 1] <= 1)


def infinite_coefficient(m: Any) -> None:
    m.wrong = pyo.Constraint(expr=float("inf") * m.y + m.x["a", 1] <= 1)


def special_ordered_set(m: Any) -> None:
    m.sos = pyo.SOSConstraint(var=m.spare, sos=1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (nonlinear, "square"),
        (nonlinear_objective, "profit"),
        (two_objectives, r"2 active objectives \(profit, second\)"),
        (fixed_without_value, r"x\[a,2\]"),
        (gap_in_domain, "variable z"),
        (not_a_number, "wrong"),
        (infinite_coefficient, "wrong"),
        (special_ordered_set, "sos"),
    ],
)
def test_what_is_not_a_linear_program_is_named(change: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        compile_model(broken(change))


def test_what_cannot_hold_by_itself_is_named() -> None:
    model = plant()
    model.p = pyo.Param(initialize=1, mutable=True)
    model.held = pyo.Constraint([1, 2], rule=lambda m, i: (i, m.x["b", 1], 4))  # fixed at 1
    model.never = pyo.Constraint([7], rule=lambda m, i: (None, 3 * m.p, 2))
    with pytest.raises(InfeasibleError, match=r"held\[2\]") as raised:
        compile_model(model)
    conflicts = raised.value.conflicts
    assert [(c.limits[0].family, c.limits[0].key) for c in conflicts] == [("held", 2), ("never", 7)]
    assert [c.remedies[0].words for c in conflicts] == [
        "lower the right-hand side of held[2] by 1",
        "raise the right-hand side of never[7] by 1",
    ]
    model = plant()
    model.x["a", 1].setlb(9)
    with pytest.raises(InfeasibleError, match=r"x\[a,1\], between 9 and 5") as raised:
        compile_model(model)
    limit = raised.value.conflicts[0].limits[0]
    assert (limit.family, limit.key) == ("x", ("a", 1))


def test_a_constant_constraint_may_be_broken_by_rounding() -> None:
    model = pyo.ConcreteModel()
    model.x = pyo.Var([1, 2])
    model.x[1].fix(0.1)
    model.x[2].fix(0.2)
    model.sum = pyo.Constraint(expr=model.x[1] + model.x[2] <= 0.3)
    compiled = compile_model(model)
    assert compiled.constant == [model.sum]
    assert compiled.program.shape == (0, 0)


def missing_constraint(model: Any) -> None:
    model.most.set_value(model.x["a", 1] + model.x["a", 2] <= -3)


def constant_constraint(model: Any) -> None:
    model.held = pyo.Constraint(expr=model.x["b", 1] >= 3)


def crossed_bounds(model: Any) -> None:
    model.x["a", 1].setlb(9)


@pytest.mark.parametrize("change", [missing_constraint, constant_constraint, crossed_bounds])
def test_every_infeasible_model_ends_alike(change: Any) -> None:
    model = plant()
    change(model)
    with pytest.raises(InfeasibleError) as raised:
        amopt.solve(model)
    assert raised.value.conflicts
    assert raised.value.conflicts[0].limits[0].family in ("most", "held", "x")
    assert str(raised.value).startswith("This cannot hold: the ")
    assert all(variable.value is None for variable in model.y.values())


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


def appsi(model: Any) -> Any:
    return pyo.SolverFactory("appsi_highs").solve(model)


def contributed(model: Any) -> Any:
    from pyomo.contrib.solver.common.factory import SolverFactory

    return SolverFactory("highs").solve(model)


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


def test_a_variable_in_a_side_of_two_is_refused_in_words() -> None:
    model = pyo.ConcreteModel(name="shop")
    model.x, model.y = pyo.Var(bounds=(0, 9)), pyo.Var(bounds=(0, 9))
    model.o = pyo.Objective(expr=model.x)
    model.between = pyo.Constraint(expr=pyo.inequality(model.y, model.x, 9))
    with pytest.raises(UsageError, match="between has two sides and a variable in one"):
        amopt.solve(model)


def test_rows_by_the_name_of_their_component() -> None:
    model = plant()
    assert rows_of(model, "two_sided") == {k: model.two_sided[k] for k in ("a", "b")}
    assert rows_of(model, "most") == {None: model.most}
    model.two_sided["a"].deactivate()
    assert list(rows_of(model, "two_sided")) == ["b"]
    assert rows_of(model, "nothing") == {}


def test_sums_are_written_quickly() -> None:
    model = plant()
    x = model.x
    keys = list(x)
    model.first = pyo.Constraint(expr=linear([1, 2, 3, 4], x.values(), 5.0) <= 90)
    model.second = pyo.Constraint(expr=linear(2.0, list(x.values())) <= 90)
    model.third = pyo.Constraint(
        expr=weighted_sum(keys[:2], dict.fromkeys(keys, 7.0), x, 1.0) <= np.float64(90)
    )
    model.fourth = pyo.Constraint(expr=linear(np.arange(4.0), x.values()) <= 90)
    for row, written in (
        ("first", 1 * x[keys[0]] + 2 * x[keys[1]] + 3 * x[keys[2]] + 4 * x[keys[3]] + 5),
        ("second", 2 * sum(x.values())),
        ("third", 7 * (x[keys[0]] + x[keys[1]]) + 1),
        ("fourth", x[keys[1]] + 2 * x[keys[2]] + 3 * x[keys[3]]),
    ):
        model.add_component(f"slow_{row}", pyo.Constraint(expr=written <= 90))
        program = compile_model(model).program
        fast, slow = (program.rows.block(name).start for name in (row, f"slow_{row}"))
        assert program.matrix[fast].toarray().tolist() == program.matrix[slow].toarray().tolist()
        assert program.row_upper[fast] == program.row_upper[slow]


def test_constraints_that_pyomo_keeps_as_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyomo.core.base.constraint.TEMPLATIZE_CONSTRAINTS", True)

    def model() -> Any:
        made = pyo.ConcreteModel()
        made.x = pyo.Var([0, 1], domain=pyo.NonNegativeReals)
        made.need = pyo.Param([0, 1], initialize={0: 3.0, 1: 5.0})
        made.met = pyo.Constraint([0, 1], rule=lambda m, i: m.x[i] >= m.need[i])
        made.cost = pyo.Objective(rule=lambda m: sum(m.x[i] for i in [0, 1]))
        return made

    kept = model()
    assert hasattr(kept.met[0], "template_expr")
    program = compile_model(kept).program
    assert program.row_lower.tolist() == [3.0, 5.0]
    assert program.matrix.toarray().tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_a_product_with_a_fixed_variable_is_linear() -> None:
    model = plant()
    model.product = pyo.Constraint(expr=model.x["b", 1] * model.x["a", 1] + model.y <= 4)
    program = compile_model(model).program
    assert program.matrix[program.rows.block("product").start].toarray().tolist() == [1, 0, 0, 1]
    model.x["b", 1].unfix()
    with pytest.raises(UsageError, match="product is not linear"):
        compile_model(model)


def random_model(seed: int) -> Any:
    rng = np.random.default_rng(seed)
    m, n = (int(size) for size in rng.integers(1, 6, 2))
    coefficients = rng.integers(-3, 4, (m, n)).astype(float)
    middle = coefficients @ rng.uniform(0, 2, n)
    model = pyo.ConcreteModel()
    model.x = pyo.Var(range(n), bounds=(0, 4))
    model.row = pyo.Constraint(pyo.Any)
    for i in np.flatnonzero(coefficients.any(axis=1)).tolist():
        body = sum(coefficients[i, j] * model.x[j] for j in range(n) if coefficients[i, j])
        kind = rng.integers(4)
        model.row[i] = [
            (middle[i] - 1, body, None),
            (None, body, middle[i] + 1),
            (middle[i], body, middle[i]),
            (middle[i] - 1, body, middle[i] + 1),
        ][kind]
    cost = rng.integers(-4, 5, n)
    sense = pyo.maximize if rng.random() < 0.5 else pyo.minimize
    model.cost = pyo.Objective(
        expr=sum(int(c) * model.x[j] for j, c in enumerate(cost)) + 1, sense=sense
    )
    return model


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


def nested_model(seed: int) -> Any:
    """Expressions of every shape: nested sums, parameters, named expressions, fixed variables."""
    rng = np.random.default_rng(seed)
    model = pyo.ConcreteModel()
    model.x = pyo.Var(range(4), bounds=(0, 4))
    model.z = pyo.Var(["a", "b"], domain=pyo.Integers, bounds=(-2, 5))
    model.p = pyo.Param(range(3), initialize=lambda _, k: float(k + 1), mutable=True)
    variables = [*model.x.values(), *model.z.values()]
    for variable in variables:
        if rng.random() < 0.2:
            variable.fix(float(rng.integers(0, 4)))
    model.e = pyo.Expression(range(2), rule=lambda m, k: m.p[k] * m.x[k] - 2 * m.z["a"] + k)

    def term() -> Any:
        kind, v = rng.integers(7), variables[rng.integers(len(variables))]
        number = float(rng.integers(-3, 4))
        return [
            v, number * v, number, model.p[int(rng.integers(3))] * v, model.e[int(rng.integers(2))],
            -(v - number), 2 * (v + model.p[1]) / 4,
        ][kind]  # fmt: skip

    def body() -> Any:
        return sum(term() for _ in range(rng.integers(1, 7)))

    model.row = pyo.Constraint(pyo.Any)
    for k in range(8):
        low, high = -50.0 - k, 50.0 + k
        left = body()
        if not hasattr(left, "is_potentially_variable") or not left.is_potentially_variable():
            continue
        kind = rng.integers(5)
        if kind < 3:
            model.row[k] = [(low, left, None), (None, left, high), (low, left, high)][kind]
        else:
            right = body() + high if kind == 3 else high * model.p[0]
            model.row[k] = left + 0 * model.x[0] <= right
    model.goal = pyo.Objective(expr=body() + model.x[0])
    return model


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_arrays_are_those_of_pyomo_s_compiler(seed: int) -> None:
    """Entry by entry, whatever an expression is made of."""
    from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

    model = nested_model(seed)
    compiled = compile_model(model)
    form = LinearStandardFormCompiler().write(model, mixed_form=True, set_sense=None)
    column = {id(variable): j for j, variable in enumerate(compiled.variables)}
    assert {id(variable) for variable in form.columns} == set(column)
    order = [column[id(variable)] for variable in form.columns]
    theirs = {}
    for k, row in enumerate(form.rows):
        coefficients = np.zeros(len(order))
        coefficients[order] = form.A.tocsr()[[k]].toarray()[0]
        lower, upper = theirs.get(row.constraint.name, (None, -np.inf, np.inf))[1:]
        side = form.rhs[k]
        lower = side if row.bound_type <= 0 else lower
        upper = side if row.bound_type >= 0 else upper
        theirs[row.constraint.name] = (coefficients, lower, upper)
    program = compiled.program
    ours = {
        name: (program.matrix[[k]].toarray()[0], program.row_lower[k], program.row_upper[k])
        for k, name in enumerate(program.rows)
    }
    for name, (coefficients, lower, upper) in ours.items():
        assert coefficients == pytest.approx(theirs[name][0], abs=1e-12)
        assert (lower, upper) == pytest.approx(theirs[name][1:], abs=1e-9)
    assert {c.name for c in compiled.constant} >= theirs.keys() - ours.keys()
    costs = np.zeros(len(order))
    costs[order] = form.c.toarray()[0]
    assert program.cost == pytest.approx(costs, abs=1e-12)
    assert program.offset == pytest.approx(form.c_offset[0])


def test_a_program_as_a_model_and_back() -> None:
    program = compile_model(plant()).program
    model = to_pyomo(program)
    assert {component.name for component in model.component_objects(pyo.Constraint)} == {
        "two_sided", "equal", "most", "least",
    }  # fmt: skip
    again = compile_model(model).program
    assert same(program, again)
    assert list(again.columns) == list(program.columns)
    assert list(again.rows) == list(program.rows)
    assert solve_model(model).outcome.objective == solve(program).outcome.objective


def same(one: LinearProgram, two: LinearProgram) -> bool:
    return (
        (one.matrix != two.matrix).nnz == 0
        and all(
            np.array_equal(getattr(one, name), getattr(two, name))
            for name in ("cost", "row_lower", "row_upper", "lower", "upper", "integer")
        )
        and (one.offset, one.maximise) == (two.offset, two.maximise)
    )


def test_programs_with_awkward_names_become_models() -> None:
    program = transport(4)
    assert same(program, compile_model(to_pyomo(program)).program)
    families = [
        NamedBlock("a b", np.array([[1, 2], [3, 4]])),
        NamedBlock("objective", [(1, (2, 3)), (1, (2, 4))]),
        NamedBlock("a.b", ["x", "x"]),
        NamedBlock("1", range(2)),
    ]
    awkward = replace(program, rows=Names(families))
    model = to_pyomo(awkward)
    names = [component.name for component in model.component_objects(pyo.Constraint)]
    assert names == ["a_b", "objective_2", "a_b_2", "_1"]
    assert model.a_b[3, 4] is not None
    assert same(program, compile_model(model).program)


def test_keys_of_several_lengths_become_a_model() -> None:
    program = transport(2)
    keys = ["a", ("b", 1), ("c", 1, 2), 4]
    mixed = replace(
        program, rows=Names([NamedBlock("row", keys)]), columns=Names([NamedBlock("x", keys)])
    )
    model = to_pyomo(mixed)
    assert model.x["b", 1].name == "x[b,1]"
    again = compile_model(model).program
    assert same(program, again)
    assert [again.rows.family_and_key(row)[1] for row in range(4)] == keys


def test_a_time_limit_loads_the_incumbent() -> None:
    model = to_pyomo(market_split())
    answer = solve_model(model, Options(time_limit=0.5))
    assert answer.outcome.status is Status.FEASIBLE
    assert pyo.value(model.objective) == pytest.approx(answer.outcome.objective)
