"""The best contract: the published counterexample, brute force, the program, and limits."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyomo.environ import Constraint

import amopt
from amopt.errors import InfeasibleError, UsageError
from amopt.licensing.contract import Contract, earned, responses
from amopt.licensing.costs import Buyers
from amopt.licensing.decision import read_back
from amopt.licensing.forms import pay_per_print, subscription, theorem
from amopt.licensing.formulation import formulate
from amopt.licensing.methods.exact import best_limits, supremum
from amopt.licensing.referee import buyers as referee
from tests.licensing.cases import brute_force, instance, limited_case, random_case
from tests.seeds import seeds


def test_the_counterexample_to_the_published_theorem() -> None:
    answer = amopt.solve(amopt.load("licensing/two-buyers"))
    (total,), (contract,) = answer.rows["totals"], answer.rows["contracts"]
    assert round(total["supremum"], 2) == 571.27
    assert total["form"] == "hybrid small"
    assert not total["attained"]
    assert contract["side"] == "just above"
    assert contract["royalty"] == pytest.approx(5.375, abs=1e-3)
    assert contract["fee"] == pytest.approx(198.36, abs=0.01)
    assert answer.outcome.objective < total["supremum"] <= answer.outcome.objective * (1 + 1e-6)
    rows = {row["alternative"]: row for row in answer.rows["alternatives"]}
    assert rows["theorem"]["profit"] == pytest.approx(461.23, abs=0.01)
    assert rows["theorem"]["licensees"] == 2
    assert rows["no licence"]["profit"] == 450


SEEDS = seeds(200, always=12)


@pytest.mark.parametrize("seed", SEEDS)
def test_exactly_as_by_the_program(seed: int) -> None:
    own = random_case(seed)
    limit = supremum(Buyers.of(own))
    assert limit is not None
    program = amopt.solve(formulate(own)).outcome
    assert program.status == "optimal"
    assert program.objective == pytest.approx(limit.profit, rel=2e-9)


def test_no_more_and_hardly_less_by_brute_force() -> None:
    for seed in range(200):
        own = random_case(seed)
        limit = supremum(Buyers.of(own))
        assert limit is not None
        tried = brute_force(own, royalties=40, fees=12)
        assert tried <= limit.profit * (1 + 1e-9), seed
        assert tried >= limit.profit * (1 - 1e-6), seed


@pytest.mark.parametrize("seed", seeds(36, always=12))
def test_under_limits_too(seed: int) -> None:
    own = limited_case(seed)
    limit = supremum(Buyers.of(own))
    tried = brute_force(own, royalties=40, fees=12)
    if limit is None:
        assert tried == -np.inf
        with pytest.raises(InfeasibleError) as caught:
            amopt.solve(own)
        assert caught.value.conflicts
        return
    program = amopt.solve(formulate(own)).outcome
    assert program.objective == pytest.approx(limit.profit, rel=2e-9)
    assert tried <= limit.profit * (1 + 1e-9)
    assert tried >= limit.profit * (1 - 1e-6)


def test_the_limits_of_these_cases_bind_and_some_cannot_be_kept() -> None:
    bound = impossible = 0
    for seed in range(60):
        buyers = Buyers.of(limited_case(seed))
        limit, free = supremum(buyers), supremum(buyers.without_limits())
        assert free is not None
        impossible += limit is None
        bound += limit is not None and limit.profit < free.profit * (1 - 1e-6)
    assert bound >= 10
    assert impossible >= 3


@settings(max_examples=150)
@given(st.integers(0, 100_000))
def test_simpler_licences_and_the_theorem_never_earn_more(seed: int) -> None:
    draw = np.random.default_rng(seed)
    pair = random_case(seed).to_dict()["buyers"][:1]
    pair += [{"name": "other", "demand_per_year": float(draw.lognormal(1.5, 1))}]
    buyers = Buyers.of(random_case(seed, buyers=pair))
    limit, found = supremum(buyers), theorem(buyers)
    assert limit is not None
    assert found is not None
    best = limit.profit * (1 + 1e-9)
    nobody = float((buyers.margin * buyers.demand).sum())
    for simpler in (found, subscription(buyers), pay_per_print(buyers)):
        assert nobody <= simpler.profit <= best


@settings(max_examples=100)
@given(st.integers(0, 100_000), st.floats(0, 80), st.floats(0, 400))
def test_no_contract_earns_more_than_the_supremum(seed: int, royalty: float, fee: float) -> None:
    buyers = Buyers.of(random_case(seed))
    limit = supremum(buyers)
    assert limit is not None
    assert buyers.profit(royalty, fee) <= limit.profit * (1 + 1e-12)


@settings(max_examples=40)
@given(st.integers(0, 100_000))
def test_every_answer_is_accepted_and_near_its_supremum(seed: int) -> None:
    answer = amopt.solve(random_case(seed))
    assert answer.outcome.status == "optimal"
    assert answer.verdict.accepted
    (total,) = answer.rows["totals"]
    assert total["profit"] >= total["supremum"] * (1 - 1e-6)


@pytest.mark.parametrize("seed", [82, 88, 142])
def test_a_contract_is_found_beside_curves_that_hardly_part(seed: int) -> None:
    """The licensee would pay hardly more than the other one: fees need more digits."""
    answer = amopt.solve(limited_case(seed))
    (total,) = answer.rows["totals"]
    assert not total["attained"]
    assert answer.outcome.status == "optimal"


def test_one_buyer_or_all_alike_pay_a_fee_of_their_whole_surplus() -> None:
    for demands in ((6.0,), (6.0, 6.0, 6.0)):
        answer = amopt.solve(
            instance(*demands, printing={"price": 170, "setup_cost": 50, "lead_time_years": 0.01})
        )
        (contract,), (total,) = answer.rows["contracts"], answer.rows["totals"]
        assert contract["royalty"] == 0
        assert contract["licensees"] == len(demands)
        assert total["surplus"] == pytest.approx(0, abs=1e-9)
        assert total["form"] == "decentralised by fee"
        assert total["efficiency"] == pytest.approx(100)


def test_a_licence_that_nobody_would_pay_for_is_not_offered() -> None:
    answer = amopt.solve(
        instance(2.0, 8.0, printing={"price": 900, "setup_cost": 250, "lead_time_years": 0.03})
    )
    assert answer.rows["contracts"] == []
    assert answer.rows["totals"][0]["form"] == "centralised"
    assert "Offer no licence" in answer.headline()[0]


def test_epsilon_is_kept_and_buys_rounder_numbers() -> None:
    near = amopt.load("licensing/two-buyers")
    round_one = amopt.solve(near.model_copy(update={"epsilon": 0.01}))
    (contract,), (total,) = round_one.rows["contracts"], round_one.rows["totals"]
    assert total["supremum"] - total["profit"] <= 0.01
    assert (contract["royalty"], contract["fee"]) == (5.38, 198.35)
    assert round_one.outcome.status == "feasible"  # its gap is more than a millionth
    assert round_one.outcome.bound == total["supremum"]


def test_the_limit_that_is_attained_is_preferred() -> None:
    limits = best_limits(Buyers.of(instance(6.0, 6.0)))
    assert limits
    buyers = Buyers.of(instance(6.0, 6.0))
    assert np.array_equal(buyers.takes(limits[0].royalty, limits[0].fee), limits[0].licensees)


def test_a_hundred_buyers_take_less_than_a_second() -> None:
    demands = np.random.default_rng(7).lognormal(1.5, 1, 100)
    own = instance(*map(float, demands))
    amopt.solve(instance(1.0, 2.0))
    seconds = []
    for _ in range(3):
        begun = time.process_time()
        answer = amopt.solve(own)
        seconds.append(time.process_time() - begun)
    assert answer.outcome.status == "optimal"
    assert min(seconds) < 1.0
    with pytest.raises(UsageError, match="choices"):
        amopt.solve(own, method="program")


@pytest.mark.parametrize("seed", [3, 8])
def test_the_referee_finds_the_same_some_royalties_at_a_time(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = limited_case(seed)
    whole, sizes = referee.Buyers(own), []
    best = [whole.best_profit(limited=limited) for limited in (False, True)]
    monkeypatch.setattr(referee, "CHUNK", 3 * whole.demand.size)
    some, look = referee.Buyers(own), referee.Buyers._best_at

    def looked(self: Any, royalty: Any, limited: bool) -> float:
        sizes.append(royalty.size)
        return look(self, royalty, limited)

    monkeypatch.setattr(referee.Buyers, "_best_at", looked)
    assert [some.best_profit(limited=limited) for limited in (False, True)] == best
    assert max(sizes) == 3
    assert len(sizes) > 4


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds(6, always=2))
def test_a_menu_earns_no_less_and_is_the_best_of_its_royalties(seed: int) -> None:
    data = random_case(8 * seed + 1 + seed % 2).to_dict()
    listed = [0.0, 4.0, 9.0, 15.0, 30.0]
    menu = amopt.load({**data, "contracts": 2, "royalties": listed})
    answer = amopt.solve(menu)
    buyers, best = Buyers.of(menu), -np.inf
    for first in listed:
        for second in listed:
            worth = buyers.highest_fee([first, second])
            fees = _fees(worth)
            for a in fees:
                for b in fees:
                    pair = (Contract(first, a), Contract(second, b))
                    best = max(best, earned(buyers, pair, responses(buyers, pair)))
    assert answer.outcome.objective >= best * (1 - 1e-7)
    assert answer.outcome.bound >= answer.outcome.objective
    single = max(
        buyers.profit(royalty, fee) for royalty in listed for fee in buyers.highest_fee(royalty)
        if fee >= 0
    )  # fmt: skip
    assert answer.outcome.objective >= single * (1 - 1e-6)


def _fees(worth: np.ndarray) -> list[float]:
    """Return fees at which somebody is indifferent between contracts or to buying."""
    flat = worth.ravel()
    differences = [a - b + c for a in flat for b in flat for c in flat]
    found = np.unique(np.round([*flat, *differences], 9))
    kept = found[(found >= 0) & (found <= flat.max() + 1)]
    return [float(fee) for fee in (*kept[:: max(1, len(kept) // 25)], flat.max() + 1)]


def test_what_a_caller_adds_is_kept_and_told() -> None:
    own = amopt.load("licensing/ten-buyers")

    def not_dover(model: Any) -> None:
        model.not_dover = Constraint(expr=model.licensed["Dover"] == 0)

    answer = amopt.solve(own, extend=not_dover)
    assert [row["limit"] for row in answer.rows["limits"]] == ["not_dover"]
    channel = {row["buyer"]: row["channel"] for row in answer.rows["buyers"]}
    assert channel["Dover"] == "traditional"
    assert answer.outcome.objective < amopt.solve(own).outcome.objective
    assert not amopt.licensing.check(own, answer).accepted
    assert amopt.licensing.check(own, answer, limits=["not_dover"]).accepted
    with pytest.raises(UsageError, match="does not see constraints"):
        amopt.solve(own, extend=not_dover, method="exact")


def _fees_at_most(most: float) -> Any:
    def extend(model: Any) -> None:
        model.cap = Constraint(
            model.contracts, rule=lambda m, c: sum(m.fee[c, q] for q in m.q) <= most
        )

    return extend


@pytest.mark.sampled(1)
@pytest.mark.parametrize("contracts", [1, 2])
def test_what_a_caller_says_of_fees_and_savings_is_kept(contracts: int) -> None:
    """To the last digit: fees that are worked out again do not go beyond it."""
    dear = {"price": 162.5, "production_cost": 125.0, "setup_cost": 3500.0, "lead_time_years": 0.33}
    own = instance(2.4, 9.6, traditional=dear, contracts=contracts)
    free = amopt.solve(own).rows["contracts"]
    for most in (free[0]["fee"] - 0.01, 150.0):
        answer = amopt.solve(own, extend=_fees_at_most(most))
        assert all(row["fee"] <= most + 1e-5 for row in answer.rows["contracts"]), most
        assert answer.outcome.bound == pytest.approx(answer.outcome.objective, rel=1e-6)
    for least in (0.01, 20.0):

        def saved(model: Any, least: float = least) -> None:
            model.saved = Constraint(expr=model.surplus["buyer 0"] >= least)

        answer = amopt.solve(own, extend=saved)
        assert answer.rows["buyers"][0]["surplus"] >= least - 1e-5
    bounded = formulate(own)
    bounded.fee.setub(150.0)
    amopt.solve(bounded)
    assert all(row["fee"] <= 150 for row in read_back(bounded).rows["contracts"])


def test_limits_that_clash_are_named_with_what_would_mend_them() -> None:
    data = amopt.load("licensing/ten-buyers").to_dict()
    data["limits"]["most_licensees"] = 0
    with pytest.raises(InfeasibleError) as caught:
        amopt.solve(amopt.load(data))
    assert set(caught.value.conflict) == {
        "at most 0 licensees",
        "the surplus of 20.00 EUR a year of 'Calais'",
    }
    assert any(words.startswith("allow ") for words in caught.value.remedies)
    allowed = next(w for w in caught.value.remedies if w.startswith("allow "))
    data["limits"]["most_licensees"] = int(allowed.split()[1])
    assert amopt.solve(amopt.load(data)).verdict.accepted


def test_a_printer_that_is_too_small_is_named() -> None:
    own = instance(4.0, printers=[{"name": "shop", "prints_per_year": 3.0}])
    data = own.to_dict()
    data["buyers"][0] |= {"printer": "shop", "least_surplus": 5.0}
    with pytest.raises(InfeasibleError) as caught:
        amopt.solve(amopt.load(data))
    assert "the 3 prints a year of printer 'shop'" in caught.value.conflict
    assert "raise printer 'shop' to 4 prints a year" in caught.value.remedies


def test_a_model_solved_elsewhere_is_read_back() -> None:
    own = amopt.load("licensing/ten-buyers")
    model = formulate(own)
    pyo.SolverFactory("appsi_highs").solve(model)
    bound = pyo.value(model.objective)
    assert read_back(model).outcome.status == "feasible"
    again = read_back(model, bound=bound)
    assert again.outcome.status == "optimal"
    assert again.outcome.objective == pytest.approx(amopt.solve(own).outcome.objective, rel=1e-6)


def test_a_licence_that_is_worth_nothing_to_anybody_saves_a_loss() -> None:
    """Printing costs each buyer exactly what buying does, and the part is sold at a loss."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        alike = instance(
            0.04,
            2.4,
            9.6,
            safety_factor=0,
            holding_cost_per_year_per_value=0,
            traditional={
                "price": 2016.35,
                "production_cost": 2419.62,
                "setup_cost": 0,
                "lead_time_years": 0.2,
            },
            printing={"price": 2016.35, "setup_cost": 7.5, "lead_time_years": 0},
        )
    for contracts in (1, 2):
        outcome = amopt.solve(alike.model_copy(update={"contracts": contracts})).outcome
        assert (outcome.status, outcome.objective) == ("optimal", 0)


@pytest.mark.parametrize("contracts", [1, 2])
@pytest.mark.parametrize("demands", [(2.4, 2.4, 9.6), (2.4, 2.4)])
def test_buyers_alike_are_not_told_apart(contracts: int, demands: tuple[float, ...]) -> None:
    """The program took some of those who are indifferent as licensees, and others not."""
    own = instance(
        *demands,
        printing={"price": 170, "setup_cost": 50, "lead_time_years": 0.01},
        limits={"most_licensees": len(demands) - 1},
        contracts=contracts,
    )
    quick, program = amopt.solve(own), amopt.solve(own, method="program")
    assert program.outcome.status == "optimal"
    assert program.outcome.objective == pytest.approx(quick.outcome.objective, rel=1e-6)
    tried = brute_force(own)
    if contracts == 1:
        assert tried <= quick.outcome.bound * (1 + 1e-9)
        assert tried >= quick.outcome.bound * (1 - 1e-6)


@pytest.mark.parametrize("seed", seeds(40, always=6))
def test_tied_buyers_exactly_as_by_the_program_and_by_brute_force(seed: int) -> None:
    draw = np.random.default_rng(500 + seed)
    data = limited_case(seed).to_dict()
    sizes = draw.lognormal(1.5, 0.8, max(1, len(data["buyers"]) // 2))
    for buyer in data["buyers"]:
        buyer["demand_per_year"] = float(draw.choice(sizes))
    own = amopt.load(data)
    limit, tried = supremum(Buyers.of(own)), brute_force(own, royalties=40, fees=12)
    if limit is None:
        assert tried == -np.inf
        return
    assert amopt.solve(formulate(own)).outcome.objective == pytest.approx(limit.profit, rel=2e-9)
    assert limit.profit * (1 - 1e-6) <= tried <= limit.profit * (1 + 1e-9)


def test_the_relaxation_of_a_royalty_is_an_offer() -> None:
    """What pays_the_last adds makes the bound of the relaxation that of the best contract."""
    for seed in range(3, 40, 5):
        own = random_case(seed)
        limit = supremum(Buyers.of(own))
        assert limit is not None
        model = formulate(own)
        for variable in model.component_data_objects(pyo.Var):
            if variable.is_binary():
                variable.domain = pyo.UnitInterval
        relaxed = amopt.solve(model).outcome
        assert relaxed.objective == pytest.approx(limit.profit, rel=1e-6), seed
