"""A Pyomo model as arrays, and what in it is no linear program."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import amopt
from amopt.errors import InfeasibleError, UsageError
from amopt.program.pyomo import (
    compile_model,
    linear,
    solve_model,
    weighted_sum,
)
from tests.program.pyomo.models import plant


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


def infinite_cost(m: Any) -> None:
    m.profit.expr = float("inf") * m.y + m.x["a", 1]


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
        (infinite_cost, "profit has a number that is not finite"),
        (special_ordered_set, "sos"),
    ],
)
def test_what_is_not_a_linear_program_is_named(change: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        compile_model(broken(change))


@pytest.mark.parametrize(("end", "bound"), [(0, np.nan), (1, np.nan), (0, np.inf), (1, -np.inf)])
def test_a_bound_that_no_number_keeps_is_named(end: int, bound: float) -> None:
    model = plant()
    x = model.x["a", 2]
    (x.setub if end else x.setlb)(bound)
    with pytest.raises(UsageError, match=r"x\[a,2\].*Write a finite number, or None where it is"):
        compile_model(model)


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
    model.difference = pyo.Constraint(expr=model.x[1] + model.x[2] - 0.3 == 0)
    compiled = compile_model(model)
    assert compiled.constant == [model.sum, model.difference]
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


def test_a_variable_in_a_side_of_two_is_refused_in_words() -> None:
    model = pyo.ConcreteModel(name="shop")
    model.x, model.y = pyo.Var(bounds=(0, 9)), pyo.Var(bounds=(0, 9))
    model.o = pyo.Objective(expr=model.x)
    model.between = pyo.Constraint(expr=pyo.inequality(model.y, model.x, 9))
    with pytest.raises(UsageError, match="between has two sides and a variable in one"):
        amopt.solve(model)


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


def nested_model(seed: int) -> Any:
    """Expressions of every shape: nested sums, parameters, named expressions, fixed variables."""
    rng = np.random.default_rng(seed)
    model = pyo.ConcreteModel()
    model.x = pyo.Var(range(4), bounds=(0, 4))
    model.z = pyo.Var(["a", "b"], domain=pyo.Integers, bounds=(-2, 5))
    model.p = pyo.Param(range(3), initialize=lambda _, k: float(k + 1), mutable=True)
    model.part = pyo.Block([0, 1])
    for part in model.part.values():
        part.w = pyo.Var(domain=pyo.Binary)
        part.v = pyo.Var([2, 1], domain=pyo.NonNegativeReals)
    inside = [v for part in model.part.values() for v in (part.w, *part.v.values())]
    variables = [*model.x.values(), *model.z.values(), *inside]
    for variable in variables:
        if rng.random() < 0.2:
            variable.fix(float(rng.integers(0, 2)))
    bounds = [None, -1, -0.5, float("-inf"), -model.p[1], np.float64(-2)]
    for variable in model.x.values():
        variable.setlb(bounds[rng.integers(len(bounds))])
        variable.setub([None, 7, float("inf"), 2 * model.p[2]][rng.integers(4)])
    model.e = pyo.Expression(range(2), rule=lambda m, k: m.p[k] * m.x[k] - 2 * m.z["a"] + k)

    def term() -> Any:
        kind, v = rng.integers(11), variables[rng.integers(len(variables))]
        number = float(rng.integers(-3, 4))
        return [
            v, number * v, number, model.p[int(rng.integers(3))] * v, model.e[int(rng.integers(2))],
            -(v - number), 2 * (v + model.p[1]) / 4, np.float64(number) * v, v - (v + number),
            number * (v + 2 * model.x[3]), -(number * (1 - v) + model.e[0]),
        ][kind]  # fmt: skip

    def body() -> Any:
        return sum(term() for _ in range(rng.integers(1, 7)))

    def varying() -> Any:
        return body() + 0 * model.x[0] + variables[rng.integers(len(variables))]

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
    model.most = pyo.Constraint(range(3), rule=lambda m, k: varying() <= 50 + k)
    model.least = pyo.Constraint(range(2), rule=lambda m, k: np.float64(-50) <= varying())
    model.equal = pyo.Constraint([3, 0], rule=lambda m, k: varying() == k)
    model.both = pyo.Constraint(range(2), rule=lambda m, k: varying() <= varying() + 60)
    model.even = pyo.Constraint(range(3))
    for k in rng.permutation(3).tolist():  # not in the order of its index
        model.even[k] = varying() == varying()
    for row in (*model.most.values(), *model.both.values()):
        if rng.random() < 0.2:
            row.deactivate()
    for part in model.part.values():
        part.own = pyo.Constraint(expr=part.w <= part.v[1] + 60)
        if rng.random() < 0.5:
            part.deactivate()
    model.goal = pyo.Objective(expr=body() + model.x[0])
    return model


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_arrays_are_those_of_pyomo_s_compiler(seed: int) -> None:
    """Entry by entry, whatever an expression is made of."""
    from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

    model = nested_model(seed)
    try:
        compiled = compile_model(model)
    except InfeasibleError:  # a row of fixed variables alone
        return
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
    bounds = [tuple(x.bounds) for x in compiled.variables]
    assert program.lower.tolist() == [-np.inf if low is None else low for low, _ in bounds]
    assert program.upper.tolist() == [np.inf if high is None else high for _, high in bounds]
    assert program.integer.tolist() == [x.is_integer() for x in compiled.variables]
    assert list(program.columns) == [x.name for x in compiled.variables]
    assert list(program.rows) == [row.name for row in compiled.constraints]
    free = [x for x in model.component_data_objects(pyo.Var, active=True) if not x.fixed]
    assert {id(x) for x in compiled.unused} == {id(x) for x in free} - set(column)


def test_columns_stand_in_the_order_in_which_their_components_are_mentioned() -> None:
    model = pyo.ConcreteModel()
    model.late, model.never, model.early = (pyo.Var([2, 1], bounds=(0, 1)) for _ in range(3))
    model.middle = pyo.Var()
    model.same = pyo.Reference(model.late)
    model.row = pyo.Constraint(expr=model.middle + model.late[1] <= 1 + model.late[2])
    model.goal = pyo.Objective(expr=model.early[1])
    compiled = compile_model(model)
    assert list(compiled.program.columns) == ["early[1]", "middle", "late[2]", "late[1]"]
    assert compiled.program.matrix.toarray().tolist() == [[0, 1, -1, 1]]
    assert compiled.program.matrix.indices.tolist() == [1, 2, 3]
    assert compiled.unused == [model.never[2], model.never[1], model.early[2]]


def test_columns_that_pyomo_s_walker_mentions_stand_in_that_order_too() -> None:
    model = pyo.ConcreteModel()
    model.late, model.early, model.held = pyo.Var(), pyo.Var(), pyo.Var()
    model.held.fix(2.0)
    model.row = pyo.Constraint(expr=model.held * model.early + model.held * model.late <= 1)
    assert list(compile_model(model).program.columns) == ["early", "late"]


def test_variables_of_which_only_a_reference_is_active_are_unused_unless_fixed() -> None:
    model = pyo.ConcreteModel()
    model.resting = pyo.Block()
    model.resting.x = pyo.Var([1, 2, 3], bounds=(0, 1))
    model.resting.deactivate()
    model.known = pyo.Reference(model.resting.x)
    model.known[2].fix(1)
    model.row = pyo.Constraint(expr=model.known[3] <= 1)
    compiled = compile_model(model)
    assert (compiled.variables, compiled.unused) == ([model.known[3]], [model.known[1]])


def test_members_that_were_made_out_of_order_stand_in_the_order_of_the_index() -> None:
    model = pyo.ConcreteModel()
    model.x = pyo.Var([0, 1, 2], bounds=(0, 1))
    model.row = pyo.Constraint([0, 1, 2])
    for k in (2, 0, 1):
        model.row[k] = model.x[k] <= k
    model.goal = pyo.Objective(expr=model.x[2])
    program = compile_model(model).program
    assert list(program.rows) == ["row[0]", "row[1]", "row[2]"]
    assert program.row_upper.tolist() == [0, 1, 2]


def test_a_sum_that_was_added_to_keeps_its_own_terms() -> None:
    model = pyo.ConcreteModel()
    model.x = pyo.Var([0, 1, 2], bounds=(0, 1))
    two = model.x[0] + model.x[1]
    three = two + model.x[2]  # both are the same list of terms to Pyomo
    assert two._args_ is three._args_
    model.two, model.three = pyo.Constraint(expr=two <= 1), pyo.Constraint(expr=three <= 2)
    model.goal = pyo.Objective(expr=two)
    program = compile_model(model).program
    assert program.matrix.toarray().tolist() == [[1, 1, 0], [1, 1, 1]]
    assert program.cost.tolist() == [1, 1, 0]


def test_variables_of_another_model_and_of_none() -> None:
    other, model = pyo.ConcreteModel(), pyo.ConcreteModel(name="shop")
    other.x, model.y = pyo.Var([0, 1], bounds=(0, 2)), pyo.Var([0, 1], bounds=(0, 1))
    model.row = pyo.Constraint(expr=model.y[0] + other.x[1] <= 2)
    model.goal = pyo.Objective(expr=model.y[0] - other.x[1])
    compiled = compile_model(model)
    assert list(compiled.program.columns) == ["y[0]", "x[1]"]
    assert [x.name for x in compiled.unused] == ["y[1]"]
    del other.x[1]
    with pytest.raises(UsageError, match="not part of the model any more"):
        compile_model(model)
