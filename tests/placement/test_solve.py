"""Optimum, forms and tables against brute force and numbers worked by hand."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import amopt
from amopt.errors import NoAnswerError, UsageError
from amopt.outcome import Outcome, Status, Stopped
from amopt.placement import Instance, solve
from amopt.placement.decision import _best, _solved
from amopt.placement.methods import programs
from amopt.placement.methods.bounded_plan import BoundedPlan
from amopt.placement.methods.programs import ProgramSearch, array_programs
from amopt.placement.supply.supply import Supply
from amopt.program.solver import highs
from amopt.program.time import Budget
from tests.placement.cases import hours, money, random_data, renamed, reordered
from tests.placement.oracles import brute_force


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("stocked", [True, False])
def test_single_sourcing_is_what_brute_force_finds(seed, stocked):
    data = random_data(seed, stocked=stocked, single=True)
    answer = solve(Instance.from_dict(data))
    assert answer.outcome.objective == pytest.approx(brute_force.best_single(data), rel=1e-6)
    assert answer.outcome.status == "optimal"


@pytest.mark.parametrize("seed", range(10))
def test_split_supply_is_what_brute_force_finds(seed):
    data = random_data(seed, places=4, single=False)
    answer = solve(Instance.from_dict(data), forms=False)
    assert answer.outcome.objective == pytest.approx(brute_force.best_split(data), rel=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_two_parts_at_two_sites(seed):
    data = random_data(seed, places=2, parts=2)
    answer = solve(Instance.from_dict(data), forms=False)
    assert answer.outcome.objective == pytest.approx(brute_force.best_single(data), rel=1e-6)


@pytest.mark.parametrize("seed", [0, 12, 19, 41])
def test_an_optimum_of_almost_nothing_is_no_refusal(seed):
    """Rounding of what a bound adds up is more than the optimum, which is optimal all the same."""
    data = random_data(seed, single=seed % 2 == 0)
    for part in data["parts"]:
        free = {"emergency_weeks": 0.0, "may_wait": False, "downtime_cost_per_hour": 0.0}
        part.update(free, emergency_cost=1e-30)
    outcome = solve(Instance.from_dict(data), method="milp").outcome
    assert (outcome.status, outcome.gap) == ("optimal", pytest.approx(0, abs=1e-6))
    assert 0 < outcome.objective < 1e-26


UNKNOWN = Outcome(stopped=Stopped.TIME_LIMIT, status=Status.UNKNOWN)


def total(answer):
    return next(row for row in answer.rows["bill"] if row["cost"] == "total")


def test_the_textbook_instance_is_what_it_says():
    answer = amopt.solve(amopt.load("placement/textbook"))
    assert total(answer) == {
        "cost": "total",
        "optimum": pytest.approx(2980),
        "central": pytest.approx(2980),
        "distributed": pytest.approx(3380),
        "conventional": pytest.approx(8000),
    }
    bill = {row["cost"]: row["optimum"] for row in answer.rows["bill"]}
    assert bill["sites"] == pytest.approx(200)
    assert bill["machines"] + bill["operators"] == pytest.approx(300)
    assert bill["printing"] == pytest.approx(2000)
    assert bill["transport"] == pytest.approx(480)
    arnhem = answer.rows["sites"][0]
    assert arnhem == {
        "place": "Arnhem",
        "period": "year",
        "open": True,
        "machines": 1,
        "hours": pytest.approx(800),
        "utilisation": pytest.approx(0.8),
    }
    lead = {row["place"]: row["lead_time_weeks"] for row in answer.rows["supply"]}
    # 4 hours of 1000 / 52 a week, five times over with the queue at 0.8; and the lanes.
    assert lead["Arnhem"] == pytest.approx(5 * 4 * 52 / 1000)
    assert lead["Breda"] == pytest.approx(5 * 4 * 52 / 1000 + 0.3)
    assert "Arnhem" in " ".join(answer.headline())


def test_technology_turns_central_into_distributed():
    today = total(amopt.solve(amopt.load("placement/aircraft-today")))
    future = total(amopt.solve(amopt.load("placement/aircraft-future")))
    assert today["central"] < today["distributed"]
    assert future["distributed"] < future["central"]
    assert future["optimum"] < future["distributed"]


def test_the_mobile_factory_moves():
    answer = amopt.solve(amopt.load("placement/mobile-factory"))
    moves = {(r["period"], r["place"]) for r in answer.rows["fleet"] if r["moved_in"]}
    assert moves == {("2027", "middle"), ("2028-2029", "south")}
    assert sum(row["bought"] for row in answer.rows["fleet"]) == 1
    stay = amopt.load("placement/mobile-factory")
    machines = tuple(m.model_copy(update={"moving_cost": None}) for m in stay.machines)
    fixed = amopt.solve(stay.model_copy(update={"machines": machines}))
    assert fixed.outcome.objective > answer.outcome.objective
    assert not any(row["moved_in"] for row in fixed.rows["fleet"])


def test_periods_without_ties_are_solved_one_by_one():
    """With machines at no lasting cost and sites free to open, periods do not meet."""
    periods = [
        {"name": "a", "years": 1.0},
        {"name": "b", "years": 2.0, "demand_factor": 1.5, "print_speed_factor": 2.0},
    ]
    data = random_data(4, periods=periods)
    for site in data["sites"]:
        site["opening_cost"] = 0.0
    whole = solve(Instance.from_dict(data), forms=False).outcome.objective
    apart = 0.0
    for period in periods:
        alone = solve(Instance.from_dict({**data, "periods": [period]}), forms=False)
        apart += alone.outcome.objective
    assert whole == pytest.approx(apart, rel=1e-6)


def test_owned_machines_are_paid_for():
    data = random_data(1)
    data["sites"][0] |= {"owned": [{"machine": "SLS", "count": 1}], "state": "open"}
    owned = solve(Instance.from_dict(data), forms=False)
    del data["sites"][0]["owned"]
    bought = solve(Instance.from_dict(data), forms=False)
    assert owned.outcome.objective <= bought.outcome.objective + 1e-6


def test_selling_loses_book_value():
    """Two years of need, then none: the machine goes with a loss, or is kept where that is less."""
    data = random_data(0, stocked=False, places=1, sites=1)
    data["machines"][0] |= {"price": 1000.0, "life_years": 4.0, "yearly_cost": 500.0,
                            "resale_loss": 0.5}  # fmt: skip
    data["sites"][0] |= {"yearly_cost": 0.0, "opening_cost": 0.0}
    data["conventional"][0]["cost_per_part"] = 5000.0
    data["demand"] = [
        {"place": "place 0", "part": "part 0", "per_year": 0.0, "by_period": [5.0, 0.0]}
    ]
    data["periods"] = [{"name": "a", "years": 2.0}, {"name": "b", "years": 1.0}]
    bill = {
        row["cost"]: row["optimum"]
        for row in solve(Instance.from_dict(data), forms=False).rows["bill"]
    }
    # 250 a year for two years, and half of the 500 that it is worth then.
    assert bill["machines"] == pytest.approx(2 * 250 + 250)


def test_the_fastest_route_is_taken_where_waiting_is_dear():
    instance = amopt.load("placement/textbook")
    lanes = [lane.model_dump(by_alias=True) for lane in instance.network.lanes]
    lanes.append(
        {"from": "Arnhem", "to": "Breda", "mode": "air", "weeks": 0.01, "cost_per_part": 8.0}
    )
    data = instance.model_dump(by_alias=True, mode="json") | {"routes": ["cost", "weeks"]}
    data["network"]["lanes"] = lanes
    data["parts"][0]["downtime_cost_per_hour"] = 1.0
    data["sites"][1]["state"] = "closed"
    answer = solve(Instance.from_dict(data), forms=False)
    route = {row["place"]: row["route"] for row in answer.rows["supply"]}
    assert route["Breda"] == "weeks"


def test_limits_bind_and_are_kept():
    data = random_data(3, single=False)
    free = solve(Instance.from_dict(data), forms=False)
    data["limits"] = {
        "fill_rate": [
            {"at_least": 0.6},
            {"at_least": 0.97, "on_average": True},
        ],
        "storage": [{"place": "place 1", "at_most": 30}],
        "open_sites": 1,
    }
    bound = solve(Instance.from_dict(data), forms=False)
    assert bound.outcome.objective >= free.outcome.objective - 1e-6
    rates = {d["place"]: d["per_year"] for d in data["demand"]}
    met = sum(rates[r["place"]] * r["share"] * r["fill_rate"] for r in bound.rows["supply"])
    assert met >= 0.97 * sum(rates.values()) - 1e-6
    assert all(row["fill_rate"] >= 0.6 for row in bound.rows["supply"])


def test_emissions_can_be_limited_and_minimised():
    data = random_data(5, single=False)
    data["limits"] = {}
    data["parts"][0]["emergency_kg_co2"] = 4.0
    data["minimise"] = {"cost": 0, "kg_co2": 1}
    cleanest = solve(Instance.from_dict(data), forms=False).outcome.objective
    data["minimise"] = {"cost": 1, "kg_co2": 0}
    dirty = solve(Instance.from_dict(data))
    least = dirty.rows["forms"][0]["kg_co2"]
    assert cleanest <= least
    data["limits"] = {"kg_co2": (cleanest + least) / 2 + 1e-3}
    between = solve(Instance.from_dict(data))
    assert between.rows["forms"][0]["kg_co2"] <= data["limits"]["kg_co2"] * (1 + 1e-6)
    assert between.outcome.objective >= dirty.outcome.objective - 1e-6


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
@pytest.mark.slow
def test_names_order_and_money_change_nothing_else(seed, shuffle):
    data = random_data(seed % 50, places=3, parts=1, single=True)
    before = solve(Instance.from_dict(data))
    for change, factor in [
        (reordered(data, shuffle), 1.0),
        (renamed(data), 1.0),
        (money(data, 40.0), 40.0),
    ]:
        after = solve(Instance.from_dict(change))
        assert after.outcome.objective == pytest.approx(factor * before.outcome.objective, rel=1e-6)
        for form, cost in total(before).items():
            if form != "cost" and cost is not None:
                assert total(after)[form] == pytest.approx(factor * cost, rel=1e-6)


def test_every_column_of_every_table_is_described():
    for name in ("placement/mobile-factory", "placement/orders", "placement/textbook"):
        answer = amopt.solve(amopt.load(name))
        for table, rows in answer.rows.items():
            described = {column.name for column in answer.columns[table]}
            for row in rows:
                assert set(row) <= described, table


def test_the_template_is_solved_and_mentions_every_field():
    text = amopt.template("placement")
    instance = amopt.load(__import__("yaml").safe_load(text))
    assert amopt.solve(instance).verdict.accepted


def test_the_pyomo_model_can_be_extended():
    instance = amopt.load("placement/textbook")
    free = solve(instance, forms=False)

    def keep_arnhem_closed(model):
        model.open["Arnhem", "year"].fix(0)

    answer = solve(instance, forms=False, extend=keep_arnhem_closed)
    assert answer.outcome.objective == pytest.approx(3480)
    assert answer.outcome.objective > free.outcome.objective
    assert not answer.rows["sites"][0]["open"]


def test_an_unknown_method_is_a_usage_error():
    with pytest.raises(UsageError, match="has no method 'luck'"):
        solve(amopt.load("placement/textbook"), method="luck")
    with pytest.raises(UsageError, match="several periods"):
        solve(amopt.load("placement/mobile-factory"), method="lagrangian")


@pytest.mark.parametrize("method", ["milp", "lagrangian"])
def test_without_sites_everything_is_conventional(method):
    data = amopt.load("placement/textbook").model_dump(by_alias=True, mode="json")
    answer = solve(Instance.from_dict(data | {"sites": []}), method=method)
    assert total(answer)["optimum"] == pytest.approx(8000)
    assert total(answer)["central"] is None


@pytest.mark.parametrize("method", ["milp", "lagrangian"])
def test_sites_that_must_be_open_are_paid_for(method):
    data = amopt.load("placement/textbook").model_dump(by_alias=True, mode="json")
    for site in data["sites"]:
        site["state"] = "open"
    answer = solve(Instance.from_dict(data), method=method)
    assert total(answer)["optimum"] == pytest.approx(3380)
    assert total(answer)["central"] is None
    assert total(answer)["conventional"] == pytest.approx(8700)


def test_a_limit_without_a_plan_says_so():
    with pytest.raises(amopt.NoAnswerError, match="time"):
        solve(amopt.load("placement/textbook"), options=highs.Options(time_limit=1e-6))


def test_the_headline_tells_a_planner_what_to_do():
    textbook = amopt.solve(amopt.load("placement/textbook"))
    assert textbook.headline() == (
        "Print at Arnhem (1 machine) for all 3 places.",
        "The plan costs 2,980 EUR in all: as much as printing at one site at a time (central), "
        "400 EUR less than printing at each place's own site (distributed) and 5,020 EUR less than "
        "printing nothing (conventional).",
    )
    assert textbook.objective_meaning == "cost over a year"
    mobile = amopt.solve(amopt.load("placement/mobile-factory"), forms=False)
    assert mobile.headline()[1] == "2027: Print at middle (1 machine) for all 3 places."
    assert mobile.objective_meaning == "cost over all periods"
    future = amopt.solve(amopt.load("placement/aircraft-future"), forms=False)
    assert "base 06 and 2 more (1 machine each) for all 10 places" in future.headline()[0]


@pytest.mark.parametrize("method", ["milp", "lagrangian", "formulation"])
def test_a_site_without_machines_is_no_central_one(method):
    """A site that costs nothing and cannot print does not make a plan central."""
    data = amopt.load("placement/textbook").model_dump(by_alias=True, mode="json")
    data["sites"].append({"place": "Cuijk", "most_machines": 0})
    data["machines"].append({"name": "mill", "price": 0.0})
    data["sites"][0]["owned"] = []
    data["conventional"][0]["cost_per_part"] = 1.0
    answer = solve(Instance.from_dict(data), method=method)
    # 200 parts at 1; and for the central form a site at 200 with a machine at 300
    assert total(answer)["optimum"] == pytest.approx(200)
    assert total(answer)["central"] == pytest.approx(700)
    central = next(row for row in answer.rows["forms"] if row["form"] == "central")
    assert central["open_sites"] == central["machines"] == 1


def test_a_machine_that_prints_nothing_demanded_is_no_central_one():
    data = amopt.load("placement/textbook").model_dump(by_alias=True, mode="json")
    data["machines"].append({"name": "mill", "price": 0.0})
    data["parts"].append({"name": "idle", "print": [{"machine": "mill", "hours": 1.0}]})
    data["conventional"][0]["cost_per_part"] = 1.0
    answer = solve(Instance.from_dict(data), method="milp")
    assert total(answer)["central"] == pytest.approx(700)


def test_a_bound_that_is_known_is_not_lost(monkeypatch):
    """The solver under a short limit may know less than the relaxation did."""
    from amopt.placement.methods import programs

    honest = programs.highs.solve

    def forgetful(*arguments, **named):
        answer = honest(*arguments, **named)
        outcome = replace(answer.outcome, status=Status.FEASIBLE, bound=0.0)
        return replace(answer, outcome=outcome)

    monkeypatch.setattr(programs.highs, "solve", forgetful)
    branched = 0
    for seed in range(8):
        instance = Instance.from_dict(random_data(seed, sites=3, places=4))
        answer = solve(instance, method="milp", forms=False)
        assert answer.outcome.bound > 0.5 * answer.outcome.objective
        branched += answer.outcome.status is Status.FEASIBLE
    assert branched


def test_what_forms_leave_of_their_time_the_optimum_has():
    class Search:
        program = None

        def __init__(self):
            self.limits = {}

        def begin(self):
            return None

        def form(self, form, options):
            self.limits[form] = options.time_limit
            return BoundedPlan(None, UNKNOWN)

        def finish(self, progress):
            self.limits["optimum"] = budget.left
            return BoundedPlan(None, UNKNOWN)

    search, budget = Search(), Budget(10.0)
    _solved(search, highs.Options(time_limit=10.0), budget, None, forms=True)
    assert search.limits["central"] == pytest.approx(1.0, abs=0.1)
    assert search.limits["distributed"] == pytest.approx(1.5, abs=0.1)
    assert search.limits["conventional"] == pytest.approx(3.0, abs=0.1)
    assert search.limits["optimum"] == pytest.approx(10.0, abs=0.1)


def test_a_form_is_a_plan_of_the_optimum():
    """Where the search for the optimum finds nothing in time, the best form is the answer."""
    instance = amopt.load("placement/textbook")
    central = solve(instance, forms=False).outcome.objective
    search = ProgramSearch(array_programs(Supply(instance)), highs.Options(), Budget())
    search.begin()
    found = {"central": search.form("central", highs.Options())}
    best = _best(BoundedPlan(None, replace(UNKNOWN, bound=2000.0)), found)
    assert best.plan.objective == pytest.approx(central)
    assert best.outcome.status is Status.FEASIBLE
    assert best.outcome.bound == 2000.0


def test_no_bound_of_a_form_is_below_that_of_the_optimum():
    for seed in range(6):
        answer = solve(Instance.from_dict(random_data(seed)))
        rows = {row["form"]: row for row in answer.rows["forms"]}
        for form in rows:
            assert rows[form]["gap"] is not None
            assert rows[form]["gap"] <= 1e-5


def test_an_interrupt_among_the_forms_ends_the_solve_with_the_best_plan(monkeypatch):
    """The optimum is not sought after Ctrl-C; the best form so far is the answer."""
    honest = ProgramSearch.form
    asked = []

    def interrupted(search, form, options):
        found = honest(search, form, options)
        asked.append(form)
        outcome = replace(found.outcome, stopped=Stopped.INTERRUPTED, status=Status.FEASIBLE)
        return replace(found, outcome=outcome)

    begin, relaxations = ProgramSearch.begin, []

    def not_whole(search):
        begin(search)
        relaxations.append(search.relaxation)

    monkeypatch.setattr(ProgramSearch, "begin", not_whole)
    monkeypatch.setattr(ProgramSearch, "form", interrupted)
    answer = solve(amopt.load("placement/textbook"), method="milp")
    assert asked == ["central"]
    assert answer.outcome.stopped is Stopped.INTERRUPTED
    assert answer.outcome.objective == pytest.approx(2980)
    assert answer.outcome.bound == pytest.approx(relaxations[0])


def test_whole_values_of_a_relaxation_cut_short_are_where_the_search_begins(monkeypatch):
    """They are a plan, and no optimum: there is time left to look for it."""
    instance = amopt.load("placement/textbook")
    right = solve(instance, method="milp", forms=False).outcome.objective

    def cut_short(program, options):
        some = highs.solve(replace(program, cost=0 * program.cost), options)
        told = replace(some.outcome, stopped=Stopped.TIME_LIMIT, status=Status.FEASIBLE, bound=None)
        return replace(some, outcome=told)

    monkeypatch.setattr(programs, "_relaxed", cut_short)
    answer = solve(instance, method="milp", forms=False)
    assert answer.outcome.status == "optimal"
    assert answer.outcome.objective == pytest.approx(right)


@pytest.mark.parametrize("at", [1, 2])
def test_an_interrupt_of_a_relaxation_ends_the_solve(at, monkeypatch):
    """The optimum's relaxation comes first, then those of the forms: nothing follows."""
    relaxed, after = programs._relaxed, []

    def interrupted(program, options):
        after.append(program)
        answer = relaxed(program, options)
        if len(after) < at:
            return answer
        return replace(answer, outcome=replace(answer.outcome, stopped=Stopped.INTERRUPTED))

    monkeypatch.setattr(programs, "_relaxed", interrupted)
    monkeypatch.setattr(programs, "_is_whole", lambda program, values: False)
    door = SimpleNamespace(Solver=highs.Solver, solve=lambda *_, **__: pytest.fail("it went on"))
    monkeypatch.setattr(programs, "highs", door)
    with pytest.raises(NoAnswerError) as told:
        solve(amopt.load("placement/textbook"), method="milp")
    assert told.value.outcome.stopped is Stopped.INTERRUPTED
    assert len(after) == at


def _without_answer(_):
    return None


@pytest.mark.sampled(6)
@pytest.mark.parametrize("method", ["milp", "lagrangian", "decomposition"])
@pytest.mark.parametrize("seed", [0, 1, 5, 10, 15, 20])
def test_neither_the_unit_of_hours_nor_of_money_changes_a_plan(seed, method):
    data = random_data(seed, sites=3, places=4, parts=2, single=bool(seed % 2))
    if seed % 5 == 0:
        sold = {"machine": "SLS", "cost_per_hour": 1.0, "hours_per_year": 300.0}
        data["sites"][-1]["contracts"] = [sold]
    plain = solve(Instance.from_dict(data), method=method)
    for other, unit in (
        (hours(data, 1e-8), 1.0),
        (hours(data, 1e6), 1.0),
        (money(data, 1e-9), 1e-9),
        (money(data, 1e6), 1e6),
    ):
        answer = solve(Instance.from_dict(other), method=method)
        assert answer.outcome.objective == pytest.approx(plain.outcome.objective * unit, rel=1e-4)
        assert answer.outcome.bound <= plain.outcome.objective * unit * (1 + 1e-6)


def test_sentences_tell_money_of_any_size():
    """Of a thousandth of the money nothing is said to cost 0."""
    textbook = amopt.load("placement/textbook")
    data = json.loads(textbook.model_dump_json(by_alias=True, exclude_unset=True))
    little = money(data, 1e-4)
    (_, cost) = solve(Instance.from_dict(little)).headline()
    assert cost.startswith("The plan costs 0.298 EUR in all")
    assert "0.0400 EUR less than printing at each place's own site" in cost
    little["limits"] = {"budget": 0.029}
    with pytest.raises(amopt.InfeasibleError, match=r"the budget of 0\.0290 EUR"):
        solve(Instance.from_dict(little))
