"""How values and outcomes read."""

from __future__ import annotations

from dataclasses import replace

import pytest

import amopt
from amopt.kinds import solution_type
from amopt.outcome import Stopped
from amopt.report import page
from amopt.report.document import Grid
from amopt.report.grids import body
from amopt.report.terminal import print_rows
from amopt.report.words import ROUNDING, gap_in_words, idle_columns, rounding_of, shown, worth
from amopt.solution import AS_STATED, Column
from amopt.sourcing.answer.figures import frontier, lines
from amopt.verdict import Verdict


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (33_410.0, "kg", "33,410"),
        (0.7389, "weeks", "0.74"),
        (1.3e-16, "share", "0"),
        (-2e-13, "money", "0.00"),
        (0.00123, "money", "0.00123"),
        (0.43, "money", "0.43"),
        (1_234.5, "money", "1,234.50"),
        (0.03411, "", "0.03411"),
        (12.0, "", "12"),
        (3.5e18, "", "3.5e+18"),
        (float("inf"), "", "inf"),
        (1_200, "parts", "1,200"),
        (True, "", "yes"),
        (None, "money", "-"),
    ],
)
def test_values(value: object, unit: str, said: str) -> None:
    assert shown(value, unit) == said


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        (None, "no bound"),
        (0.0, "gap 0 %"),
        (1.3e-16, "gap 0 %"),
        (3.3e-5, "gap 0.0033 %"),
        (0.105, "gap 10 %"),
    ],
)
def test_gaps(gap: float | None, said: str) -> None:
    assert gap_in_words(gap) == said


def test_columns_that_are_all_zero_are_left_out_and_named() -> None:
    columns = [Column(name, "", "") for name in ("a", "b", "c", "d", "e")]
    rows = [
        {"a": 1e-12, "b": 0.0, "c": 0, "d": None, "e": False},
        {"a": None, "b": 1.0, "c": 0, "d": None, "e": False},
    ]
    assert idle_columns(rows, columns) == ["a", "c"]
    instance = amopt.load("placement/aircraft-today")
    solution = amopt.solve(instance)
    assert "All zero or empty, and left out" in page.render(instance, solution)


def test_money_in_billionths_is_no_rounding() -> None:
    """What is zero but for rounding is told by the largest amount of money beside it."""
    columns = [Column("cost", "money", ""), Column("fee", "money", ""), Column("hours", "h", "")]
    rows = [{"cost": 3e-10, "fee": 2e-25, "hours": 1e-12}, {"cost": 0.0, "fee": 0, "hours": 4.0}]
    assert idle_columns(rows, columns) == ["fee"]
    least = rounding_of(rows, columns)
    assert shown(3e-10, "money", least) == "0.000000000300"
    assert shown(2e-25, "money", least) == "0.00"
    assert shown(1e-12, "h", least) == "0"
    assert rounding_of([{"cost": 5e6}], columns) == ROUNDING
    assert rounding_of([{"cost": 0.0}], columns) == ROUNDING
    noise = [{"cost": 100.0, "fee": 1e-13, "hours": 1.0}]
    assert idle_columns(noise, columns) == ["fee"]


def test_a_table_of_billionths_is_printed_and_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    columns = [Column("part", "", ""), Column("cost", "money", ""), Column("fee", "money", "")]
    rows = [{"part": "a", "cost": 3e-10, "fee": 0.0}, {"part": "b", "cost": 0.0, "fee": 0.0}]
    print_rows(rows, columns, currency="EUR")
    assert "0.000000000300" in capsys.readouterr().out
    found = body(Grid("bill", rows, columns, "EUR"))
    assert [name for name, *_ in found.columns] == ["part", "cost"]
    assert '"3e-10"' in found.rows[0]
    assert ">0.000000000300<" in found.rows[0]


def test_an_answer_without_an_objective_claims_no_bound() -> None:
    solution = amopt.solve(amopt.load("printing/mission"))
    bare = replace(solution, outcome=replace(solution.outcome, objective=None, bound=None))
    assert "no bound" not in worth(bare)


def test_what_a_rule_proposes_is_not_short_of_a_bound() -> None:
    """No bound is told of where a search was stopped before it had one, and there alone."""
    from amopt.outcome import Status, Stopped

    rule = amopt.sourcing.frontier(amopt.load("sourcing/bush"))
    assert "5,718 EUR, not claimed to be the best; " in worth(rule)
    stopped = replace(rule.outcome, stopped=Stopped.TIME_LIMIT)
    assert "5,718 EUR, no bound; " in worth(replace(rule, outcome=stopped))
    optimal = replace(rule.outcome, status=Status.OPTIMAL)
    assert "5,718 EUR; " in worth(replace(rule, outcome=optimal))
    bounded = replace(rule.outcome, bound=5718.0)
    assert "5,718 EUR, gap 0 %; " in worth(replace(rule, outcome=bounded))


def test_a_comparison_and_a_sensitivity_say_the_same_of_what_a_rule_proposes() -> None:
    from amopt.report import compared, tornado
    from amopt.scenarios.comparison import compare_answers
    from amopt.scenarios.sensitivity import Sensitivity
    from amopt.scenarios.standing import standing

    rule = amopt.sourcing.frontier(amopt.load("sourcing/bush"))
    stopped = replace(rule, outcome=replace(rule.outcome, stopped=Stopped.TIME_LIMIT))
    bare = replace(rule, outcome=replace(rule.outcome, objective=None))
    for answer, said in (
        (rule, "feasible, not claimed to be the best."),
        (stopped, "feasible, no bound."),
        (bare, "feasible."),
    ):
        told, _ = compared.tables_of({"answers": compare_answers(answer, answer)})
        assert told[0].endswith(f"Both: {said}")
    for answer, said, worst in (
        (rule, "feasible, not claimed to be the best.", "one is not claimed to be the best"),
        (stopped, "feasible, no bound.", "one has no bound"),
    ):
        base = standing(answer.outcome)
        words, _ = tornado.tables_of(Sensitivity("some", "EUR", "cost", 0.1, base, base, ()))
        assert words[1].endswith(f"EUR, {said}")
        assert words[2] == f"Not every answer is optimal ({worst}): smaller changes may be none."


def test_what_nobody_checked_is_not_accepted() -> None:
    solution = amopt.solve(amopt.load("sourcing/bush"))
    assert "; accepted by the referee (" in worth(solution)
    assert worth(replace(solution, verdict=Verdict())).endswith("; not judged by the referee.")
    refused = Verdict(("budget: 118 of at most 10",), checks=86)
    assert worth(replace(solution, verdict=refused)).endswith("; refused by the referee.")


def test_a_line_is_compared_with_conventional_supply_and_the_waiting_for_it() -> None:
    solution = amopt.solve(amopt.load("sourcing/bush"))
    row = solution.rows["lines"][0]
    mark = lines(solution).data[-1]
    assert mark.x[0] == row["cost_of_conventional"] + row["downtime_cost_of_conventional"]


def test_offers_without_an_upper_end_are_drawn_at_the_edge() -> None:
    solution = amopt.solve(amopt.load("sourcing/bush"))
    rows = [dict(row) for row in solution.rows["switchover"]]
    rows[0]["reduced_cost_quantity"] = None
    endless = replace(solution, rows={**solution.rows, "switchover": rows})
    point = next(
        trace
        for trace in frontier(endless, "bush").data
        if trace.text and "no upper end" in trace.text[0]
    )
    ends = [row["reduced_cost_quantity"] for row in rows[1:]]
    assert point.x[0] > max(ends)
    assert point.marker.symbol == "triangle-right"


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.99999, "0.99999"), (13_529.82, "13,529.82"), (1e-5, "0.00001"), (30.0, "30")],
)
def test_a_limit_is_never_shown_as_another_one(value: float, said: str) -> None:
    """Neither on the page nor in the terminal, in whichever table limits are."""
    limit = Column("limit", "", "", digits=AS_STATED)
    assert f">{said}<" in body(Grid("limits", [{"limit": value}], [limit])).rows[0]
    stated = [
        column
        for name in ("sourcing", "screening", "maintenance", "printing")
        for column in answer_columns(name)
    ]
    assert len(stated) == 6
    assert all(shown(value, one.unit, digits=one.digits) == said for one in stated)


def answer_columns(name: str) -> list[Column]:
    """Return the columns of a decision's table of limits that hold what is allowed."""
    columns = solution_type(name).columns["limits"]
    return [
        one for one in columns if one.name in ("stated", "most", "least", "at_most", "at_least")
    ]


def test_a_gap_that_is_not_known_is_not_zero() -> None:
    columns = [Column("gap", "", "")]
    assert idle_columns([{"gap": 0.0}, {"gap": 1e-12}], columns) == ["gap"]
    assert idle_columns([{"gap": 0.0}, {"gap": None}], columns) == []
