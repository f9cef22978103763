"""Bars of what moves an answer: the largest are drawn, and no colour says what is good."""

from __future__ import annotations

from typing import Any

from amopt.drawing import GREEN, RED
from amopt.report import compared, tornado
from amopt.scenarios.comparison import Comparison
from amopt.scenarios.sensitivity import COLUMNS, Sensitivity
from amopt.scenarios.standing import Standing


def sensitivity(*rows: dict[str, Any], objective: float = 100.0) -> Sensitivity:
    base = Standing(objective, "optimal", objective, 0.0)
    filled = [{**dict.fromkeys(column.name for column in COLUMNS), **row} for row in rows]
    return Sensitivity("some", "EUR", "cost", 0.1, base, None, filled)


def moved(name: str, swing: float | None, note: str = "") -> dict[str, Any]:
    up = None if note else swing
    return {"input": name, "values": 1, "change_lowered": swing, "change_raised": up,
            "swing": swing, "swing_share": swing, "largest_step": 10.0, "note": note}  # fmt: skip


def test_the_inputs_that_move_most_are_drawn() -> None:
    """The table begins with those that leave no plan on one side, however little they move."""
    rows = [moved(f"impossible {k}", 0.01 * k, "raised: no plan") for k in range(1, 25)]
    rows += [moved(f"large {k}", 1000.0 - k) for k in range(22)]
    (section,) = tornado.document_of(sensitivity(*rows)).sections
    assert list(section.figure.layout.yaxis.ticktext) == [f"large {k}" for k in range(20)]


def test_an_answer_of_nothing_has_no_share() -> None:
    """What moves an objective of zero moves it by no hundredths of it."""
    row = {**moved("price", 7.5), "swing_share": None}
    found = sensitivity(row, objective=0.0)
    assert found.headline() == "price moves the cost most: 10 % of it is 7.50 EUR."
    document = tornado.document_of(found)
    assert document.sections[0].figure is not None


def test_a_risen_saving_is_not_painted_as_a_loss() -> None:
    def row(what: str, change: float) -> dict[str, Any]:
        return {"table": "totals", "entry": "", "what": what, "unit": "money", "before": 1.0,
                "after": 1.0 + change, "change": change, "relative_change": change}  # fmt: skip

    one = Comparison("a", "b", "EUR", [row("saving", 5.0), row("cost", -5.0)])
    (section,) = compared.document_of({"data": one}).sections
    (bars,) = section.figure.data
    assert not {RED, GREEN} & set(bars.marker.color)
    assert len(set(bars.marker.color)) == 2
