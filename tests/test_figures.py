"""Every shipped instance has a page with pictures that show what its tables say."""

from __future__ import annotations

import importlib

import pytest

import amopt
from amopt.instance import catalogue
from amopt.report import page

SHIPPED = [name for name in catalogue.names() if name not in ("placement/synthetic",)]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_instance_has_a_page(name: str) -> None:
    instance = amopt.load(name)
    solution = amopt.solve(instance)
    text = page.render(instance, solution)
    drawn = importlib.import_module(f"amopt.{instance.kind}.answer.figures").figures(
        instance, solution
    )
    assert text.count('class="plotly-graph-div"') == len(drawn)
    if name != "placement/orders":
        assert drawn


def test_the_frontier_joins_the_suppliers_that_nobody_beats() -> None:
    from amopt.sourcing.answer import figures

    solution = amopt.solve(amopt.load("sourcing/hangbar"))
    drawn = figures.frontier(solution, "hangbar")
    line = next(trace for trace in drawn.data if trace.mode == "lines")
    assert list(zip(line.x, line.y, strict=True)) == [(56, 285), (97, 240), (124, 158)]


def test_the_bill_adds_up_to_the_totals() -> None:
    from amopt.placement.answer import figures

    solution = amopt.solve(amopt.load("placement/textbook"))
    drawn = figures.bill(solution)
    totals = [sum(column) for column in zip(*(trace.y for trace in drawn.data), strict=True)]
    assert totals == pytest.approx([2980, 2980, 3380, 8000])


@pytest.mark.parametrize("name", ["<b>x</b>", "a & b", "<a href='javascript:alert(1)'>y</a>"])
def test_names_are_not_markup(name: str) -> None:
    from amopt.drawing import plain

    assert "<" not in plain(name)
