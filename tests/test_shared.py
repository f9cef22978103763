"""What all decisions share: families, methods, budgets of time, the referees' notebook, phrases."""

from __future__ import annotations

import math
import time
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import amopt
from amopt import phrases
from amopt.decision import Method, choose, judged, method_names, proven
from amopt.errors import NoAnswerError, RefusedError, UsageError
from amopt.program.family import Family, not_honoured, present
from amopt.program.solver.options import Options
from amopt.program.time import LEAST, Budget
from amopt.referee import Amount, Notebook, is_number

# -- families --------------------------------------------------------------------------------------


def add_budget(model: Any) -> None:
    r"""Keep what is paid within the budget.

    .. math:: \sum_s r_s x_s \le B
    """


def family(name: str, *scope: str, tightens: bool = False) -> Family:
    return Family(name, add_budget, scope, tightens=tightens)


def instance(**entries: Any) -> SimpleNamespace:
    limits = SimpleNamespace(budget=None, single_source=False)
    return SimpleNamespace(**{"limits": limits, "capacities": (), "orders": None, **entries})


def test_a_family_says_what_it_adds() -> None:
    own = family("budget")
    assert own.components == ("budget",)
    assert own.equation.endswith(r".. math:: \sum_s r_s x_s \le B")
    assert Family("fleet", add_budget, rows=("bought", "sold")).components == ("bought", "sold")


@pytest.mark.parametrize(
    ("scope", "entries", "there"),
    [
        ((), {}, True),  # without a scope it always is
        (("limits.budget",), {}, False),
        (("limits.budget",), {"limits": SimpleNamespace(budget=0.0)}, True),  # 0 is stated
        (("limits.single_source",), {}, False),
        (("limits.single_source",), {"limits": SimpleNamespace(single_source=True)}, True),
        (("capacities[].hours",), {}, False),
        (("capacities[].hours",), {"capacities": [SimpleNamespace(hours=None)]}, False),
        (
            ("capacities[].hours",),
            {"capacities": [SimpleNamespace(hours=None), SimpleNamespace(hours=5)]},
            True,
        ),
        (("orders.due",), {}, False),  # nothing stands above it
        (("orders[].due",), {}, False),
        (("orders.due", "capacities[]"), {"capacities": [1]}, True),  # any one of them
    ],
)
def test_a_family_is_present_where_an_entry_is_stated(
    scope: tuple[str, ...], entries: dict[str, Any], there: bool
) -> None:
    assert family("own", *scope).is_present(instance(**entries)) == there


def test_a_default_is_not_stated() -> None:
    """An opening cost of 0 is none; a budget of 0 is a limit, for its default is none."""
    textbook = amopt.load("placement/textbook")
    sites = tuple(site.model_copy(update={"opening_cost": 0.0}) for site in textbook.sites)
    free = textbook.model_copy(update={"sites": sites})
    assert not family("newly_open", "sites[].opening_cost").is_present(free)
    paid = (sites[0].model_copy(update={"opening_cost": 1.0}), *sites[1:])
    charged = free.model_copy(update={"sites": paid})
    assert family("newly_open", "sites[].opening_cost").is_present(charged)
    broke = free.limits.model_copy(update={"budget": 0.0})
    assert family("budget", "limits.budget").is_present(free.model_copy(update={"limits": broke}))


def test_what_an_accelerator_does_not_honour() -> None:
    families = (
        family("demand"),
        family("budget", "limits.budget"),
        family("cut", tightens=True),
        family("hours", "capacities[].hours"),
    )
    stated = instance(limits=SimpleNamespace(budget=4.0))
    assert [own.name for own in present(families, stated)] == ["demand", "budget", "cut"]
    assert [own.name for own in not_honoured({"demand"}, families, stated)] == ["budget"]
    assert not_honoured({"demand"}, families, instance()) == ()
    assert not_honoured({"demand", "budget"}, families, stated) == ()


# -- methods ---------------------------------------------------------------------------------------

METHODS = (
    Method("closed form", "by hand", frozenset({"demand"})),
    Method("prices", "by prices", frozenset({"demand", "budget"}), lambda of: of.obstacle),
    Method("slow", "for comparison", frozenset({"demand", "budget"}), automatic=False),
    Method("milp", "the formulation"),
)
FAMILIES = (family("demand"), family("budget", "limits.budget"), family("cut", tightens=True))


def asked(
    method: str, *, budget: float | None = None, obstacle: str = "", extended: bool = False
) -> str:
    stated = instance(limits=SimpleNamespace(budget=budget), obstacle=obstacle)
    return choose("toys", method, METHODS, FAMILIES, stated, extended=extended).name


def test_the_first_method_that_honours_every_family_answers() -> None:
    assert asked("auto") == "closed form"
    assert asked("auto", budget=3.0) == "prices"
    assert asked("auto", budget=3.0, obstacle="prices are not whole") == "milp"
    assert asked("auto", extended=True) == "milp"
    assert asked("slow") == "slow"
    assert method_names(METHODS) == ("auto", "closed form", "prices", "slow", "milp")


@pytest.mark.parametrize(
    ("method", "given_too", "words"),
    [
        ("closed form", {"budget": 3.0}, "'closed form' cannot .* it does not honour budget"),
        ("prices", {"obstacle": "prices are not whole"}, "prices are not whole"),
        ("slow", {"extended": True}, "does not see constraints that are added"),
        ("mlip", {}, "toys has no method 'mlip', only auto, .*milp.* Did you mean 'milp'"),
    ],
)
def test_a_method_that_cannot_answer_is_refused_in_words(
    method: str, given_too: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        asked(method, **given_too)


def test_a_family_that_nobody_foresaw_is_never_overlooked() -> None:
    families = (*FAMILIES, family("share"))
    assert choose("toys", "auto", METHODS, families, instance(obstacle="")).name == "milp"


def test_where_no_method_can_answer_each_says_why() -> None:
    methods = (METHODS[0], Method("milp", "the formulation", obstacle=lambda _: "it is not whole"))
    stated = instance(limits=SimpleNamespace(budget=1.0))
    with pytest.raises(UsageError, match=r"closed form: .* not honour budget; milp: it is not wh"):
        choose("toys", "auto", methods, FAMILIES, stated)


@pytest.mark.parametrize("money", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_a_bound_proves_the_optimum_at_every_scale(money: float, sign: float) -> None:
    worth = sign * money
    assert proven(worth, worth * (1 + 9e-7)) == proven(worth, worth * (1 - 9e-7)) == "optimal"
    assert proven(worth, worth * (1 + 2e-6)) == proven(worth, worth * (1 - 2e-6)) == "feasible"
    assert proven(worth, worth * (1 - 2e-6), 3 * money) == "optimal"
    assert proven(worth, None) == "feasible"
    assert proven(0.0, 0.0) == "optimal"


def test_an_answer_is_judged() -> None:

    solution = amopt.solve(amopt.load("printing/table-3-1"))
    notebook = Notebook()
    notebook.require(True, "never seen")
    answer = judged(None, solution, lambda *_: notebook.verdict())
    assert answer.verdict.checks == 1
    assert answer.outcome.seconds["check"] >= 0
    notebook.require(False, "the cost is wrong")
    with pytest.raises(RefusedError, match="the cost is wrong") as raised:
        judged(None, solution, lambda *_: notebook.verdict())
    assert raised.value.outcome is not None


# -- time ------------------------------------------------------------------------------------------


def test_a_budget_without_limit_is_never_over() -> None:
    budget = Budget()
    options = Options(time_limit=7.0)
    assert budget.left is None
    assert not budget.is_over
    budget.require("anything was done")
    assert budget.options(options) is options


def test_a_solver_has_all_that_is_left_unless_a_share_is_asked_for() -> None:
    budget = Budget(1_000.0)
    whole, half = (budget.options(Options(), *share).time_limit for share in ((), (0.5,)))
    assert whole == pytest.approx(1_000.0, rel=0.1)
    assert half == pytest.approx(500.0, rel=0.1)


def test_a_budget_counts_down_for_every_phase() -> None:
    budget = Budget(60.0)
    with budget.phase("build"):
        time.sleep(0.02)
    with budget.phase("build"), pytest.raises(KeyError), budget.phase("solve"):
        raise KeyError
    assert set(budget.seconds) == {"build", "solve"}
    assert budget.seconds["build"] >= 0.02
    assert budget.left is not None
    assert 50 < budget.left <= 60 - budget.seconds["build"]
    limit = budget.options(Options(), share=0.5).time_limit
    assert limit is not None
    assert 25 < limit <= 30


def test_a_budget_that_is_over_says_what_was_not_done() -> None:
    budget = Budget(0.0)
    assert budget.left == 0.0
    assert budget.is_over
    assert budget.options(Options()).time_limit == LEAST
    with pytest.raises(NoAnswerError, match="limit of 0 s was reached before the levels were list"):
        budget.require("the levels were listed")


# -- the referees' notebook ------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_one_tolerance_at_every_scale(scale: float) -> None:
    notebook = Notebook()
    assert notebook.same("cost", 2.0000001 * scale, 2.0 * scale)
    assert not notebook.same("cost", 2.00001 * scale, 2.0 * scale)
    assert notebook.within("budget", 2.0000001 * scale, 2.0 * scale)
    assert not notebook.within("budget", 2.00001 * scale, 2.0 * scale)
    assert notebook.checks == 4
    assert [finding.split(":")[0] for finding in notebook.findings] == ["cost", "budget"]
    assert not notebook.verdict().accepted


def test_what_was_added_up_sets_the_scale() -> None:
    """A difference of a millionth of 1,000 + (-1,000) is rounding; of 0 it is not."""
    notebook = Notebook()
    assert notebook.same("net", 1e-4, Amount(0.0, scale=2_000.0))
    assert not notebook.same("net", 1e-4, Amount(0.0))
    assert notebook.same("net", 0.0, 0.0)
    assert notebook.same("net", 0, 0.0)
    assert notebook.within("net", 0.0, 0.0)
    assert notebook.within("net", 1e-4, 0.0, scale=2_000.0)
    assert not notebook.within("net", 1e-4, 0.0)


@pytest.mark.parametrize("stated", [math.nan, math.inf, -math.inf, None, "2", True])
def test_no_number_passes_for_one(stated: Any) -> None:
    assert not is_number(stated)
    assert not Notebook().same("cost", stated, 1.0)


@pytest.mark.parametrize("used", [math.nan, math.inf])
def test_no_limit_is_kept_by_what_is_not_a_number(used: float) -> None:
    assert not Notebook().within("budget", used, 5.0)


def test_anything_else_must_be_equal_and_of_its_type() -> None:
    notebook = Notebook()
    assert notebook.same("supplier", "beta", "beta")
    assert notebook.same("open", True, True)
    assert notebook.same("parts", 3, 3)
    for stated, expected in (("Beta", "beta"), (1, True), (3.0, 3), (None, "beta")):
        assert not notebook.same("entry", stated, expected)
    assert notebook.findings[0] == "entry: 'Beta' is stated, 'beta' is right"


def test_every_column_and_every_table_counts() -> None:
    notebook = Notebook()
    notebook.compare("row 1", {"cost": 1.0, "who": "a"}, {"cost": 1.0, "who": "a"})
    notebook.tables(["lines"], ["lines"])
    assert notebook.verdict().accepted
    assert notebook.checks == 6
    notebook.compare("row 2", {"cost": 2.0, "guess": 1}, {"cost": 1.0, "who": "a"})
    notebook.tables(["lines", "fun"], ["lines", "orders"])
    assert notebook.findings == [
        "row 2 lacks who",
        "row 2 has unknown columns guess",
        "row 2, cost: 2.0 is stated, 1 is right",
        "the answer lacks orders",
        "the answer has unknown fun",
    ]


def test_a_column_of_any_type_counts_and_nan_is_never_right() -> None:
    notebook = Notebook()
    notebook.compare("row 1", {"who": "b", "parts": 3}, {"who": "a", "parts": 3})
    unknown = math.nan
    notebook.compare("row 2", {"cost": unknown}, {"cost": unknown})
    assert [finding.split(":")[0] for finding in notebook.findings] == ["row 1, who", "row 2, cost"]
    assert notebook.checks == 7


@pytest.mark.parametrize(
    ("status", "objective", "bound", "words"),
    [
        ("optimal", 10.0, 10.0, ""),
        ("optimal", 10.0, 10.0 - 1e-5, ""),
        ("optimal", 10.0, 9.9, "optimal, and the bound is"),
        ("optimal", 10.0, None, "optimal, and the bound is"),
        ("optimal", -10.0, -10.1, "optimal, and the bound is"),
        ("optimal", 1e9, 1e9 - 1e3, ""),
        ("optimal", 1e9, 1e9 - 1e4, "optimal, and the bound is"),
        ("optimal", 1e-9, 1e-9 - 1e-14, "optimal, and the bound is"),
        ("feasible", 10.0, None, ""),
        ("feasible", 10.0, 9.0, ""),
        ("feasible", 10.0, 10.1, "bound above the objective"),
        ("infeasible", 10.0, None, "holds no plan"),
    ],
)
def test_status_objective_and_bound_agree(
    status: str, objective: float, bound: float | None, words: str
) -> None:
    notebook = Notebook()
    outcome = SimpleNamespace(status=status, objective=objective, bound=bound)
    notebook.outcome(outcome, Amount(objective))
    assert len(notebook.findings) == bool(words)
    assert all(words in finding for finding in notebook.findings)


def test_an_objective_that_is_not_the_answers_is_named() -> None:
    notebook = Notebook()
    outcome = SimpleNamespace(status="feasible", objective=10.1, bound=10.0)
    notebook.outcome(outcome, Amount(10.0))
    assert notebook.findings == ["outcome, objective: 10.1 is stated, 10 is right"]


@pytest.mark.parametrize("table", [None, 3, "rows", [None], [{"cost": 1.0}, ["cost"]]])
def test_what_is_no_table_of_rows_is_named(table: Any) -> None:
    notebook = Notebook()
    assert notebook.shapes({"orders": [{"cost": 1.0}], "lines": []})
    assert not notebook.shapes({"orders": table, "lines": []})
    assert notebook.findings == ["orders: no table of rows"]


# -- phrases ---------------------------------------------------------------------------------------


def test_counts_and_lists() -> None:
    assert phrases.counted(1, "line") == "1 line"
    assert phrases.counted(1200, "line") == "1,200 lines"
    assert phrases.counted(0, "capacity", "capacities") == "0 capacities"
    assert phrases.plural(1.0, "day") == "day"
    names = ["a", "b", "c", "d"]
    assert phrases.listed([]) == ""
    assert phrases.listed(names[:1]) == "a"
    assert phrases.listed(names[:2], "or") == "a or b"
    assert phrases.listed(names) == "a, b, c and d"
    assert phrases.listed(names, most=4) == "a, b, c and d"
    assert phrases.listed(names, most=2) == "a, b and 2 more"


def test_amounts_money_and_weeks() -> None:
    assert phrases.amount(1234.5) == "1,234.5"
    assert phrases.amount(1200.0) == "1,200"
    assert phrases.amount(100.0, 0) == "100"
    assert phrases.money(1234.5, "EUR") == "1,234.50 EUR"
    assert phrases.money(0.0) == "0.00"
    assert phrases.money(0.00123) == "0.00123"
    assert phrases.weeks(0.5) == "3.5 days"
    assert phrases.weeks(1 / 7) == "1 day"
    assert phrases.weeks(1.0) == "1 week"
    assert phrases.weeks(2.25) == "2.25 weeks"


@given(st.floats(1e-9, 1e12))
def test_what_is_rounded_up_is_enough(value: float) -> None:
    """And not by more than the last digit that is shown."""
    text = phrases.rounded_up(value)
    shown = float(text.replace(",", ""))
    assert shown >= value * (1 - 1e-9)
    assert shown <= value * (1 + 2e-5) + (0.01 if value >= 1 else 0.0)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (11958.3751, "11,958.4"),
        (2.0, "2"),
        (1.5000001, "1.51"),
        (0.1234561, "0.123457"),
    ],
)
def test_rounded_up(value: float, text: str) -> None:
    assert phrases.rounded_up(value) == text


@given(st.floats(1e-9, 1e12))
def test_what_is_rounded_down_is_low_enough(value: float) -> None:
    """And not by more than the last digit that is shown."""
    shown = float(phrases.rounded_down(value).replace(",", ""))
    assert shown <= value * (1 + 1e-9)
    assert shown >= value * (1 - 2e-5) - (0.01 if value >= 1 else 0.0)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1234567 - 0.4, "1,234,566"),
        (11958.3751, "11,958.3"),
        (2.0, "2"),
        (1.4999999, "1.49"),
        (0.1234569, "0.123456"),
        (-1.5000001, "-1.51"),
    ],
)
def test_rounded_down(value: float, text: str) -> None:
    assert phrases.rounded_down(value) == text


def test_an_explanation_has_a_budget_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left of a limit, but some seconds at least; without a limit it ends all the same."""
    for limit, seconds in ((None, 20.0), (3.0, 3.0), (0.0, 0.0)):
        assert Budget(limit).to_explain().limit == pytest.approx(seconds, abs=0.01)
    long = Budget(100.0)
    assert long.to_explain().limit == pytest.approx(100.0, abs=0.1)
    monkeypatch.setattr(Budget, "spent", 99.0)
    assert long.to_explain().limit == 5.0
    over = Budget(None).to_explain()
    with pytest.raises(NoAnswerError, match="the time for an explanation of 20 s was reached"):
        over.require("it was known which limits clash")
