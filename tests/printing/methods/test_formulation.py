"""The linear program: written out, priced, extended."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pyomo.environ import Constraint, value

import amopt
from amopt.errors import UsageError
from amopt.printing import closed_form, formulation
from amopt.printing.formulation import formulate, likely_failures
from amopt.printing.policy import Policy
from amopt.program.linear import LinearProgram
from amopt.program.pyomo import compile_model, solve_model
from tests.printing.cases import lowest_cycle_cost, one_part

GOLDEN = Path(__file__).parents[1] / "golden"


def written_out(program: LinearProgram) -> str:
    """Write a program out, a line for the objective and for each row and fixed sign."""

    def terms(coefficients: np.ndarray) -> str:
        named = [
            (program.column_name(j), coefficients[j]) for j in np.flatnonzero(coefficients).tolist()
        ]
        return " ".join(f"{number:+.10g} {name}" for name, number in sorted(named))

    dense = program.matrix.toarray()
    rows = [
        f"{program.row_name(i)}: {program.row_lower[i]:.10g} <= {terms(dense[i])} "
        f"<= {program.row_upper[i]:.10g}"
        for i in range(program.shape[0])
    ]
    assert (program.lower == 0).all()
    assert np.isinf(program.upper).all()
    return "\n".join([f"minimise: {terms(program.cost)} {program.offset:+.10g}", *sorted(rows), ""])


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("print-and-expedite", {"expedite_cost": 150.0}),
        ("no-printer", {"print_cost": None, "discount": None}),
    ],
)
def test_the_program_written_out(name: str, changes: dict[str, float | None]) -> None:
    instance = one_part(
        **{"count": 2, "cycle_days": 3, "failure_probability_per_day": 0.1, "discount": 0.9}
        | changes
    )
    model = formulate(instance, highest_base_stock=1)
    golden = GOLDEN / f"{name}.txt"
    assert written_out(compile_model(model).program) == golden.read_text(encoding="utf-8")


def test_the_dual_of_a_shortage_is_what_a_missing_part_costs() -> None:
    instance = one_part()
    parameters = instance.parameters
    model = formulate(instance)
    solve_model(model)
    alpha, fails, printed_fails = 0.9995, 0.01, 0.2
    missing = printed = 100.0
    for n in range(1, 14):
        printed = alpha * ((1 - printed_fails) * printed + (printed_fails - fails) * missing)
        missing = min(30.0 + alpha * (1 - fails) * missing, 50.0 + printed)
        weight = alpha ** (14 - n)
        assert abs(model.dual[model.shortage_balance["part", n]]) == pytest.approx(weight * missing)
    assert value(model.objective) == pytest.approx(lowest_cycle_cost(parameters)[0])


def test_expressions_are_what_happens_in_a_cycle() -> None:
    instance = one_part(expedite_cost=200.0, discount=None)
    model = formulate(instance)
    solve_model(model)
    expected = closed_form.amounts(
        instance.parameters, closed_form.best_policy(instance.parameters)
    )
    assert value(model.orders["part"]) == pytest.approx(expected.orders[0])
    assert value(model.print_total["part"]) == pytest.approx(expected.prints[0])
    assert value(model.expedite_total["part"]) == pytest.approx(expected.expedites[0])
    assert value(model.stock_days["part"]) == pytest.approx(expected.stock_days[0])
    assert value(model.down_days["part"]) == pytest.approx(expected.down_days[0])


def test_a_pipeline_adds_a_limit_that_all_parts_share() -> None:
    instance = amopt.load("printing/mission")
    model = amopt.formulate(instance, highest_base_stock=8)
    names = [part.name for part in instance.parts]
    free = amopt.solve(model).outcome.objective
    prints = sum(model.print_total[name] for name in names)
    model.printer = Constraint(expr=prints <= 0.2)
    limited = amopt.solve(model).outcome.objective
    price = model.dual[model.printer]
    assert limited > free
    assert value(prints) == pytest.approx(0.2)
    # the price is the slope of the cost in the limit: by solving twice more, on both sides
    costs = []
    for limit in (0.199, 0.201):
        model.del_component(model.printer)
        model.printer = Constraint(expr=prints <= limit)
        costs.append(amopt.solve(model).outcome.objective)
    assert costs[1] - limited == pytest.approx(0.001 * price, rel=1e-6)
    assert costs[0] - limited >= -0.001 * price - 1e-9


def test_only_failures_that_may_happen_are_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = one_part(count=200, failure_probability_per_day=0.05, cycle_days=8)
    highest = int(closed_form.levels_to_try(instance.parameters)[0])
    model = formulate(instance, highest_base_stock=highest)
    solve_model(model)
    assert value(model.objective) == pytest.approx(
        lowest_cycle_cost(instance.parameters)[0], rel=1e-9
    )
    monkeypatch.setattr(formulation, "NEGLIGIBLE", 1e-300)
    whole = formulate(instance, highest_base_stock=highest)
    entries = [compile_model(entry).program.matrix.nnz for entry in (model, whole)]
    assert entries[0] < 0.85 * entries[1]


@pytest.mark.parametrize("probability", [0.0, 1e-15, 0.01, 0.5, 1.0])
def test_probabilities_of_failures_sum_to_one_with_the_right_mean(probability: float) -> None:
    fewest, chance = likely_failures(3_000, probability)
    assert sum(chance) == pytest.approx(1.0, rel=1e-12)
    mean = np.arange(fewest, fewest + len(chance)) @ chance
    assert mean == pytest.approx(3_000 * probability, rel=1e-11, abs=1e-11)
    assert len(chance) < 500


def test_without_prints_the_program_is_that_of_the_single_source() -> None:
    instance = amopt.load("printing/mission")
    single = formulate(instance, printer=False)
    solve_model(single)
    expected = lowest_cycle_cost(instance.parameters.without_printer())
    assert value(single.objective) == pytest.approx(expected.sum())
    forbidden = formulate(instance, highest_base_stock=8)
    for part in instance.parts:
        for n in forbidden.days:
            forbidden.prints[part.name, n].fix(0.0)
    solve_model(forbidden)
    assert value(forbidden.objective) == pytest.approx(expected.sum())


def test_days_without_an_action_are_completed_with_the_best() -> None:
    parameters = one_part(expedite_cost=200.0).parameters
    best = closed_form.best_policy(parameters)
    open_days = best.action.copy()
    open_days[[3, 9], 0] = -1
    completed = closed_form.completed(parameters, Policy(best.base_stock, open_days))
    assert (completed.action == best.action).all()


def test_names_from_files_are_only_names() -> None:
    base = amopt.load("printing/table-3-1").model_dump(by_alias=True)
    base["parts"] = [{**base["parts"][0], "name": "a[1]; <b>=x: [/red] é"}]
    answer = amopt.solve(amopt.load(base), method="collapsed")
    assert answer.rows["parts"][0]["part"] == "a[1]; <b>=x: [/red] é"


@pytest.mark.parametrize(("days", "cost"), [(1e-8, 137.2182178), (1e-9, 150.1425213)])
def test_levels_that_a_limit_may_ask_for_are_in_the_program(days: float, cost: float) -> None:
    """Closed form stocks none of what is cheap to wait for; a limit on down time asks for many.

    The cost is that of the two levels on either side of the limit, each from its own balance.
    """
    instance = one_part(backorder_cost_per_day=0.01, print_cost=None, discount=None)
    assert closed_form.levels_to_try(instance.parameters)[0] == 1
    model = formulate(instance)
    solve_model(model)
    assert value(model.objective) == pytest.approx(lowest_cycle_cost(instance.parameters)[0])
    model.down = Constraint(expr=model.down_days["part"] <= days)
    solve_model(model)
    assert value(model.objective) == pytest.approx(cost, rel=1e-5)
    level = max(S for k, S in model.levels if model.order_up_to[k, S].value > 0.5)
    assert 4 <= level <= model.highest["part"]


@pytest.mark.parametrize("form", ["factored", "full"])
@pytest.mark.parametrize("discount", [None, 0.99])
def test_each_form_writes_its_own_program(form: str, discount: float | None) -> None:
    two = one_part(count=2, cycle_days=4, discount=discount, expedite_cost=200.0)
    model = formulate(two, form=form)
    sizes = [compile_model(one).program.shape for one in (model, formulate(two))]
    assert sizes[0] != sizes[1]
    solve_model(model)
    assert value(model.objective) == pytest.approx(lowest_cycle_cost(two.parameters)[0], rel=1e-7)
    single = formulate(two, form=form, printer=False)
    solve_model(single)
    expected = lowest_cycle_cost(two.parameters.without_printer())[0]
    assert value(single.objective) == pytest.approx(expected, rel=1e-7)


def test_a_program_that_does_not_fit_is_refused_in_words() -> None:
    with pytest.raises(UsageError, match=r"about .* probabilities, .* of part '9' alone"):
        formulate(amopt.load("printing/mission"), form="full")
    with pytest.raises(UsageError, match="unknown form 'closed'"):
        formulate(one_part(), form="closed")
    with pytest.raises(UsageError, match=r"would have about .* fit into memory"):
        amopt.solve(one_part(count=1_000), method="full")
