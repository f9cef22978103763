"""Ticks of axes say what stands at them, whatever the range, and a bar what it amounts to."""

from __future__ import annotations

import math
import re

import pytest

from amopt.drawing import new_figure
from amopt.drawing.gantt import Span, gantt
from amopt.drawing.svg.axes import Axis
from amopt.drawing.svg.describing import described
from amopt.drawing.svg.picture import as_svg


def read(text: str) -> float:
    return float(text.replace(",", ""))


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (0.3, 0.95),
        (-0.55, -0.02),
        (-0.3, 1.2),
        (-12.0, 0.0),
        (2.301, 2.302),
        (3.0, 3.5),
        (5.0, 7.5),
    ],
)
def test_an_axis_of_logarithms_has_ticks_that_stand_where_they_say(low: float, high: float) -> None:
    axis = Axis("y", "log", low, high, start=300.0, end=10.0)
    ticks = axis.ticks()
    assert len(ticks) >= 2
    for pixel, text in ticks:
        assert axis.at(math.log10(read(text))) == pytest.approx(pixel, abs=0.5)
        assert 9.5 <= pixel <= 300.5
    assert len({text for _, text in ticks}) == len(ticks)


def test_small_powers_have_an_exponent() -> None:
    texts = [text for _, text in Axis("y", "log", -12.0, 0.0, start=300.0, end=10.0).ticks()]
    assert texts[0] == "1e-12"
    assert texts[-4:] == ["0.001", "0.01", "0.1", "1"]


@pytest.mark.parametrize("step", [0.25, 1.5, 2.5, 0.125, 1.0, 0.2, 10.0])
def test_ticks_of_a_given_step_are_not_rounded_to_others(step: float) -> None:
    axis = Axis("x", "linear", 0.0, 6 * step, start=0.0, end=600.0, step=step)
    assert [read(text) for _, text in axis.ticks()] == pytest.approx(
        [k * step for k in range(7)], rel=1e-12
    )


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (1e15, 1e15 + 4e3),
        (9.9999e14, 1.00001e15),
        (-3.00001e15, -3e15),
        (1e16, 1.0001e16),
        (0.0, 7e15),
        (1e20, 1.00000001e20),
        (1e18, 1e18 + 512.0),
        (2.0**70, 2.0**70 + 2.0**19),
        (5e300, 5.001e300),
    ],
)
@pytest.mark.parametrize("side", ["x", "y"])
def test_ticks_of_large_numbers_are_told_apart(low: float, high: float, side: str) -> None:
    axis = Axis(side, "linear", low, high, start=0.0, end=600.0)
    ticks = axis.ticks()
    assert len(ticks) >= 2
    assert len({text for _, text in ticks}) == len(ticks)
    for pixel, text in ticks:
        assert axis.at(read(text)) == pytest.approx(pixel, abs=0.5)
    assert all(re.fullmatch(r"-?[\d.,]+(e\d+)?", text) for _, text in ticks)


def test_small_bars_say_what_they_amount_to() -> None:
    figure = new_figure()
    figure.add_bar(x=["a", "b", "c"], y=[1.234e-7, 0.3, math.nan], name="cost")
    svg = as_svg(figure, 390, "d")
    assert re.findall(r"<title>([^<]*)<", svg) == ["cost a: 0.00000012", "cost b: 0.3"]
    assert "nan" not in svg
    assert "Values from 0.0000001234 to 0.3" in described("T", figure)


def test_a_bar_left_out_takes_no_colour_of_another() -> None:
    figure = new_figure()
    colours = ["#111111", "#222222", "#333333"]
    figure.add_bar(x=["a", "b", "c"], y=[1, None, 3], marker={"color": colours})
    svg = as_svg(figure, 390, "d")
    assert "#111111" in svg
    assert "#222222" not in svg
    assert re.search(r"fill='#333333'><title>c: 3<", svg)


def test_bars_over_time_say_whose_they_are() -> None:
    """Their rows are numbers with names beside them."""
    spans = [Span("north", 0.0, 2.0, "busy"), Span("south", 1.5, 9.25, "busy")]
    figure = gantt(spans, title="weeks", signs={"due": [("south", 5.0)]})
    svg = as_svg(figure, 390, "d")
    assert "<title>busy north: 0 to 2</title>" in svg
    assert "<title>busy south: 1.5 to 9.25</title>" in svg
    text = described("Plan", figure)
    assert "2 entries: north and south" in text
    assert "Values from 2 to 7.75" in text  # how long they are, not the rows' numbers


@pytest.mark.parametrize("kind", ["log", "linear"])
@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_what_has_no_place_on_an_axis_is_not_drawn(kind: str, value: float) -> None:
    from amopt.drawing.svg.axes import Axis

    axis = Axis("x", kind, 0.0, 3.0).placed(0.0, 300.0)
    assert axis.pixel(value) is None
    assert axis.pixel(1.0) is not None
