"""Every method gives the formulation's answer, or says which constraints it does not know."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyomo.environ import ConcreteModel, Constraint, Objective, Var

import amopt
from amopt.instance import catalogue
from amopt.program.family import Family
from amopt.program.linear import LinearProgram
from amopt.program.pyomo import compile_model
from amopt.sourcing import METHODS, formulate, formulation, read_back, solve
from amopt.sourcing.methods.arrays import HONOURS, arrays_of
from amopt.sourcing.methods.frontier_rule import HONOURS as HONOURED_BY_THE_RULE
from amopt.sourcing.methods.prices import HONOURS as HONOURED_BY_PRICES
from amopt.sourcing.offers.segments import cut
from amopt.sourcing.offers.supply_options import SupplyOptions
from tests.oracles.whole_plan import Order, best
from tests.sourcing import bid
from tests.sourcing.random_instances import crowded, instance

SHARE = 0.6
"""The largest share of a line that a supplier may have, in a family that nobody foresaw."""


def two_suppliers(lines: int = 1) -> dict[str, Any]:
    """Return lines of 10 parts at 10 from s, or at 12 from t."""
    offers = [
        {
            "supplier": supplier,
            "part": "p",
            "quotes": [{"quantity": 1, "cost_per_part": price, "lead_time_weeks": weeks}],
            "largest_quantity": 10,
        }
        for supplier, price, weeks in (("s", 10, 3), ("t", 12, 1))
    ]
    return {
        "amopt": 1,
        "kind": "sourcing",
        "name": "two suppliers",
        "orders": "by_line",
        "parts": [{"name": "p"}],
        "lines": [{"line": f"l{n}", "part": "p", "quantity": 10} for n in range(lines)],
        "offers": offers,
        "minimise": {"cost": 1},
    }


def add_largest_share(model: ConcreteModel) -> None:
    r"""Let no supplier make more than a share of a line.

    .. math:: \sum_{s \in l, k} x_s \le 0.6 \, Q_l
    """
    rows = {
        (name, supplier): sum(model.quantity[s] for s in own) <= SHARE * line.quantity
        for line in model.instance.lines
        for name in [line.line]
        for supplier, of_supplier in model.of_supplier.items()
        if (own := sorted({*of_supplier} & {*model.of_line[name]}))
    }
    model.largest_share = Constraint(list(rows), rule=lambda _, *key: rows[key])


def keeps_largest_share(orders: tuple[Order, ...], data: dict[str, Any]) -> bool:
    asked = {line["part"]: line["quantity"] for line in data["lines"]}
    made: dict[tuple[str, str], float] = {}
    for order in orders:
        if not order.committed:
            key = order.part, order.supplier
            made[key] = made.get(key, 0) + order.quantity
    return all(amount <= SHARE * asked[part] for (part, _), amount in made.items())


def add_one_order(model: ConcreteModel) -> None:
    r"""Place no more than one order with a supplier, for all lines together.

    .. math:: \sum_{s \in k} y_s \le 1
    """
    model.one_order = Constraint(
        list(model.of_supplier),
        rule=lambda m, supplier: sum(m.ordered[s] for s in m.of_supplier[supplier]) <= 1,
    )


def keeps_one_order(orders: tuple[Order, ...], _: dict[str, Any]) -> bool:
    new = [order.supplier for order in orders if not order.committed]
    return len(new) == len({*new})


UNFORESEEN: dict[str, tuple[Callable[[ConcreteModel], None], Callable[..., bool]]] = {
    "largest_share": (add_largest_share, keeps_largest_share),
    "one_order": (add_one_order, keeps_one_order),
}


def with_family(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    add, _ = UNFORESEEN[name]
    monkeypatch.setattr(formulation, "FAMILIES", (*formulation.FAMILIES, Family(name, add)))


@pytest.mark.parametrize("lines", [1, 3])
@pytest.mark.parametrize("method", ["auto", "program"])
def test_a_family_that_nobody_foresaw_is_honoured(
    lines: int, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """6 parts at 10 and 4 at 12 a line; without the family 10 at 10."""
    data = two_suppliers(lines)
    assert solve(amopt.load(data), method=method).outcome.objective == 100 * lines
    added = solve(amopt.load(data), method=method, extend=add_largest_share)
    assert added.outcome.objective == pytest.approx(108 * lines)
    assert added.outcome.status == "optimal"
    with_family(monkeypatch, "largest_share")
    found = solve(amopt.load(data), method=method)
    assert found.outcome.objective == pytest.approx(108 * lines)
    assert found.outcome.bound == pytest.approx(108 * lines)


@pytest.mark.parametrize("method", ["prices", "frontier"])
def test_a_method_that_does_not_know_a_family_refuses_it(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = amopt.load(two_suppliers(2))
    assert solve(data, method=method).outcome.has_answer
    with pytest.raises(amopt.UsageError, match=f"{method}.*does not see constraints"):
        solve(data, method=method, extend=add_largest_share)
    with_family(monkeypatch, "largest_share")
    with pytest.raises(amopt.UsageError, match=f"{method}.*does not honour largest_share"):
        solve(data, method=method)


@pytest.mark.sampled(2)
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", UNFORESEEN)
def test_unforeseen_families_equal_trying_every_plan(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add, keeps = UNFORESEEN[name]
    feasible = changed = 0
    for seed in range(60):
        data = crowded(seed)
        if len(data["lines"]) > 2:  # too many plans to try them all
            continue
        expected = best(data, lambda orders, data=data: keeps(orders, data))
        loaded = amopt.load(data)
        for family in (False, True):
            with monkeypatch.context() as patch:
                if family:
                    with_family(patch, name)
                try:
                    answer = solve(loaded, extend=None if family else add)
                    found = answer.outcome.objective
                except amopt.InfeasibleError:
                    found = math.inf
            assert found == pytest.approx(expected, rel=1e-6), seed
        feasible += math.isfinite(expected)
        changed += expected > best(data) * (1 + 1e-9)
    assert feasible >= 5
    assert changed >= 2


def test_every_family_is_honoured_by_the_arrays() -> None:
    of_shares = {family.name for family in formulation.shares.FAMILIES}
    names = {family.name for family in formulation.FAMILIES}
    assert names == HONOURS | of_shares | {"spend", "ordered_at", "least_spend", "unmet"}
    left = names - HONOURED_BY_THE_RULE
    assert left == of_shares | {
        "delivery_mean",
        "budget",
        "emission_limit",
        "ordered_at",
        "least_spend",
    }


def test_the_page_says_what_a_method_leaves_out() -> None:
    page = (Path(__file__).parents[3] / "docs/decisions/sourcing.md").read_text(encoding="utf-8")
    every = {family.name for family in formulation.FAMILIES}
    of_shares = {family.name for family in formulation.shares.FAMILIES}
    for method, honoured in (
        ("prices", HONOURED_BY_PRICES),
        ("frontier", HONOURED_BY_THE_RULE),
        ("corrected-frontier", HONOURED_BY_THE_RULE),
    ):
        row = next(line for line in page.splitlines() if line.startswith(f"| `{method}` |"))
        named = set(re.findall(r"`(\w+)`", row.rsplit("|", 2)[1]))
        assert named == every - honoured - of_shares, method
        assert "those of shares" in row


def test_the_frontier_rule_knows_no_budget() -> None:
    data = {**two_suppliers(), "limits": {"budget": 1000}}
    with pytest.raises(amopt.UsageError, match="does not honour budget"):
        solve(amopt.load(data), method="frontier")


Entries = tuple[dict[Any, Any], dict[Any, Any], dict[Any, Any], float]


def entries(program: LinearProgram) -> Entries:
    """Return every entry of a program by the names of its row and column."""
    rows = [program.row_name(i) for i in range(program.shape[0])]
    columns = [program.column_name(j) for j in range(program.shape[1])]
    assert len({*rows}) == len(rows)
    assert len({*columns}) == len(columns)
    own = program.matrix.tocoo()
    used = {*own.col.tolist(), *np.flatnonzero(program.cost).tolist()}
    return (
        {
            (rows[i], columns[j]): value
            for i, j, value in zip(own.row, own.col, own.data.tolist(), strict=True)
        },
        dict(zip(rows, zip(program.row_lower, program.row_upper, strict=True), strict=True)),
        {
            columns[j]: (program.cost[j], program.lower[j], program.upper[j], program.integer[j])
            for j in used
        },
        program.offset,
    )


def require_equal(a: Entries, b: Entries) -> None:
    for first, second in zip(a[:3], b[:3], strict=True):
        assert first.keys() == second.keys()
        for key, value in first.items():
            assert np.asarray(value, float) == pytest.approx(
                np.asarray(second[key], float), rel=1e-12
            ), key
    assert a[3] == pytest.approx(b[3], rel=1e-12)


def require_arrays_equal_formulation(data: Any, *, limited: bool = True) -> bool:
    supply = SupplyOptions.of(amopt.load(data))
    segments = cut(supply, limited=limited)
    try:
        compiled = compile_model(formulation.build(supply, segments))
    except amopt.InfeasibleError:  # a row without variables: nothing to compare
        return False
    require_equal(entries(arrays_of(supply, segments).program), entries(compiled.program))
    return True


@pytest.mark.filterwarnings("ignore")
@pytest.mark.slow
def test_the_arrays_are_the_formulation() -> None:
    """Entry by entry, on 300 random instances."""
    compared = 0
    for seed in range(175):
        compared += require_arrays_equal_formulation(crowded(seed))
        data = instance(seed, lines=1 + seed % 5, shared=seed % 2 == 0)
        if seed % 3 == 0:
            data["limits"] = {"suppliers_per_line": 1 + seed % 2, "budget": 1e6, "weeks": 30}
            data["offers"] += [{**offer, "material": "PA12"} for offer in data["offers"][::2]]
            data["licences"] = [{"part": "p0", "prints": 3, "royalty_per_print": 0.5}]
        compared += require_arrays_equal_formulation(data)
    assert compared >= 300


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_arrays_of_segments_that_are_not_cut_are_the_formulation() -> None:
    """Smallest and largest orders are rows then."""
    compared, families = 0, set()
    for seed in range(60):
        data = crowded(seed) if seed % 2 else instance(seed, lines=1 + seed % 5, shared=True)
        if seed == 0:
            data = {**two_suppliers(2), "lines": [{"line": "l", "part": "p", "quantity": 15}]}
        compared += require_arrays_equal_formulation(data, limited=False)
        supply = SupplyOptions.of(amopt.load(data))
        program = arrays_of(supply, cut(supply, limited=False)).program
        families |= {family.name for family in program.rows.families}
    assert compared >= 30
    assert {"smallest_order", "largest_order"} <= families


@pytest.mark.parametrize(
    "name", [name for name in catalogue.names() if name.startswith("sourcing/")]
)
def test_the_arrays_of_shipped_instances_are_the_formulation(name: str) -> None:
    assert require_arrays_equal_formulation(name)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_prices_and_the_formulation_agree(seed: int) -> None:
    try:
        data = amopt.load(instance(seed, lines=2 + seed % 3, shared=True))
    except amopt.InvalidInstanceError:
        assume(False)
    try:
        by_prices = solve(data, method="prices").outcome
    except amopt.InfeasibleError:
        with pytest.raises(amopt.InfeasibleError):
            solve(data, method="program")
        return
    by_program = solve(data, method="program").outcome
    assert by_prices.objective == pytest.approx(by_program.objective, rel=3e-6)
    assert by_prices.bound <= by_program.objective * (1 + 1e-9)


def test_prices_need_no_pyomo() -> None:
    """Building a model of many lines would take longer than solving it."""
    import subprocess

    program = (
        "import sys, amopt; amopt.solve(amopt.load('sourcing/portfolio-36x7')); "
        "assert 'pyomo' not in sys.modules, 'pyomo was imported'"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


class TestExtend:
    """Constraints of a caller's own."""

    def test_the_objective_stays_the_instance_s(self) -> None:
        def other(model: ConcreteModel) -> None:
            model.objective.deactivate()
            model.mine = Objective(expr=model.kg_co2)

        def dearer(model: ConcreteModel) -> None:
            model.objective.expr += model.paid

        for extend in (other, dearer):
            with pytest.raises(amopt.UsageError, match="changes the objective"):
                solve(amopt.load(two_suppliers()), extend=extend)

    def test_a_delivery_that_is_held_back_is_refused(self) -> None:
        """The plan itself is delivered when its last order is."""

        def late(model: ConcreteModel) -> None:
            model.late = Constraint(expr=model.delivery_weeks["l0"] >= 10)

        data = two_suppliers()
        data["minimise"] = {"cost": 1, "weeks": 1}
        with pytest.raises(amopt.UsageError, match="delivery_weeks"):
            solve(amopt.load(data), extend=late)

    def test_variables_may_be_added(self) -> None:
        def even(model: ConcreteModel) -> None:
            from pyomo.environ import NonNegativeIntegers

            model.pairs = Var(domain=NonNegativeIntegers)
            model.odd = Constraint(
                expr=sum(model.quantity[s] for s in model.of_supplier["s"]) == 2 * model.pairs + 1
            )

        found = solve(amopt.load(two_suppliers()), extend=even)
        assert found.outcome.objective == pytest.approx(9 * 10 + 12)

    def test_an_added_constraint_that_clashes_is_named(self) -> None:
        def none_from_t(model: ConcreteModel) -> None:
            model.boycott = Constraint(
                expr=sum(model.quantity[s] for s in model.of_supplier["t"]) <= 0
            )

        data = two_suppliers()
        data["lines"][0]["need_by_weeks"] = 2
        with pytest.raises(amopt.InfeasibleError) as caught:
            solve(amopt.load(data), extend=none_from_t)
        assert {*caught.value.conflict} == {
            "the need-by of line 'l0', 2 weeks",
            "the constraint boycott",
        }
        assert {*caught.value.remedies} == {
            "raise the need-by of line 'l0' to 3 weeks",
            "raise the right-hand side of boycott by 10",
        }

    def test_fitted_powers_are_extended_at_each_refinement(self) -> None:
        data = two_suppliers()
        for offer in data["offers"]:
            offer["between"] = "power"
            offer["quotes"] = [
                {"quantity": q, "cost_per_part": 20 * q**-0.3, "lead_time_weeks": 1 + 0.1 * q}
                for q in (1, 4, 10)
            ]
        calls = []

        def half(model: ConcreteModel) -> None:
            calls.append(model)
            for supplier, own in model.of_supplier.items():
                model.add_component(
                    f"half_{supplier}", Constraint(expr=sum(model.quantity[s] for s in own) <= 5)
                )

        found = solve(amopt.load(data), extend=half)
        assert len(calls) > 1
        assert found.outcome.objective == pytest.approx(2 * 20 * 5**0.7)
        assert found.outcome.bound == pytest.approx(found.outcome.objective)


class TestReadBack:
    """A model that any solver has solved, as a judged solution."""

    def test_it_is_the_answer_of_solve(self) -> None:
        plain = instance(3, lines=3, shared=True)
        for offer in plain["offers"]:
            offer["between"] = "linear"
        data = amopt.load(plain)
        model = formulate(data)
        outcome = amopt.solve(model).outcome
        back, own = read_back(model, bound=outcome.bound), solve(data)
        assert back.verdict.accepted
        assert back.outcome.status == own.outcome.status
        assert back.outcome.objective == pytest.approx(own.outcome.objective, rel=2e-6)
        assert back.rows.keys() == own.rows.keys()
        for name, rows in back.rows.items():
            assert {tuple(row) for row in rows} == {tuple(row) for row in own.rows[name]}, name
        assert read_back(model).outcome.status == "feasible"

    def test_by_pyomo_s_own_interface(self) -> None:
        pytest.importorskip("highspy")
        from pyomo.contrib.appsi.solvers.highs import Highs

        model = formulate(amopt.load(two_suppliers(2)))
        add_largest_share(model)
        Highs().solve(model)
        assert read_back(model).outcome.objective == pytest.approx(216)

    def test_pieces_below_a_fitted_power_only_bound(self) -> None:
        data = two_suppliers()
        data["offers"][0]["between"] = "power"
        data["offers"][0]["quotes"] = [
            {"quantity": q, "cost_per_part": 20 * q**-0.3, "lead_time_weeks": 1} for q in (1, 100)
        ]
        data["offers"][0]["largest_quantity"] = 9
        data["lines"][0] |= {"quantity": 7, "surplus": 2}
        model = formulate(amopt.load(data))
        found = amopt.solve(model).outcome
        back = read_back(model, bound=found.bound).outcome
        assert back.objective == pytest.approx(20 * 7**0.7)
        assert found.objective < back.objective
        assert back.bound == found.bound
        assert back.status == "feasible"

    def test_what_is_no_plan_is_not_read(self) -> None:
        model = formulate(amopt.load(two_suppliers()))
        with pytest.raises(amopt.NoAnswerError, match="solve it first"):
            read_back(model)
        for variable in model.quantity.values():
            variable.set_value(0.0)
        with pytest.raises(amopt.RefusedError):
            read_back(model)
        model.quantity[0].set_value(9.5)
        with pytest.raises(amopt.UsageError, match="whole parts only"):
            read_back(model)
        with pytest.raises(amopt.UsageError, match="not one that amopt"):
            read_back(ConcreteModel(name="other"))

    def test_a_published_optimum(self) -> None:
        model = formulate(amopt.load(bid.in_our_words()))
        amopt.solve(model)
        assert read_back(model).outcome.objective == pytest.approx(bid.OPTIMUM, abs=5e-4)


@pytest.mark.parametrize("method", METHODS)
def test_a_minimum_order_of_nothing_is_none(method: str) -> None:
    costs = []
    for least in (0, 1):
        data = amopt.load("sourcing/bush").to_dict()
        for entry in data["conventional"]:
            entry["minimum_order"] = least
        costs.append(amopt.solve(amopt.load(data), method=method).outcome.objective)
    assert costs[0] == pytest.approx(costs[1], rel=1e-9)
