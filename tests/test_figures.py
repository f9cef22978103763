"""Every shipped instance has a page with pictures that show what its tables say."""

from __future__ import annotations

import importlib
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from itertools import combinations
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest

import amopt
from amopt import Instance, Solution
from amopt.drawing import names
from amopt.instance import catalogue
from amopt.report import page

ONE_OF_EACH = {name.partition("/")[0]: name for name in reversed(catalogue.names())}
"""An instance a decision: ``browser/test_pages.py`` looks at every one."""


@pytest.mark.parametrize("name", [*ONE_OF_EACH.values(), "placement/orders", "sourcing/table-4"])
def test_a_shipped_instance_has_a_page(name: str) -> None:
    instance = amopt.load(name)
    says_what_the_tables_say(instance, amopt.solve(instance))


def says_what_the_tables_say(instance: Instance, solution: Solution) -> None:
    """Require of a page that it has all pictures and tables, and no number that nobody reads."""
    text = page.render(instance, solution)
    drawn = importlib.import_module(f"amopt.{instance.kind}.answer.figures").figures(
        instance, solution
    )
    assert text.count("<figure>") == text.count('<div class="drawn"') == len(drawn)
    assert drawn
    words = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL)
    assert not re.search(r"\d[eE][+-]\d|\bnan\b|\binf\b|no bound", words)
    body = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    tables = re.findall(r"<tbody>(.*?)</tbody>", body, flags=re.DOTALL)
    assert len(tables) == sum(bool(rows) for rows in solution.rows.values())
    for table in tables:
        rows = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row) for row in table.split("<tr>")[1:]]
        for column in zip(*rows, strict=True):
            assert set(column) - {"0", "0.00", "-"}
    light = page.render(instance, solution, light=True)
    assert len(light.encode()) < page.LIGHTEST
    assert len(text.encode()) < page.LARGEST
    assert light.count("<svg") == 2 * len(drawn)


def test_a_figure_stands_in_a_notebook_without_a_script() -> None:
    from plotly.graph_objects import Bar, Figure

    from amopt.report.pictures import still

    shown = still("What <b> costs", Figure(Bar(x=["<script>", "b"], y=[1, 2])))
    text = shown._repr_html_()
    assert fromstring(text)[0].tag.endswith("svg")
    assert "<script" not in text
    assert "<b>" not in text
    assert "What &lt;b&gt; costs. Bars" in text
    assert len(repr(shown)) < 80


def test_the_frontier_joins_the_suppliers_that_nobody_beats() -> None:
    from amopt.sourcing.answer import figures

    solution = amopt.solve(amopt.load("sourcing/hangbar"))
    drawn = figures.frontier(solution, "hangbar")
    line = next(trace for trace in drawn.data if trace.mode == "lines")
    assert list(zip(line.x, line.y, strict=True)) == [(56, 285), (97, 240), (124, 158)]


@pytest.mark.parametrize("name", [one for one in catalogue.names() if one.startswith("sourcing/")])
def test_no_offer_is_named_on_the_name_of_a_quadrant(name: str) -> None:
    """Where the script draws: some 7 pixels a letter, on a picture of 640 by 320."""
    from amopt.sourcing.answer.scenario_figure import scenarios

    solution = amopt.sourcing.frontier(amopt.load(name))
    rows = [row for row in solution.rows["switchover"] if row["cost_saving"] is not None]
    for part in {row["part"] for row in rows}:
        drawn = scenarios(solution, part)
        scale = 640 / (2 * drawn.layout.xaxis.range[1]), 320 / (2 * drawn.layout.yaxis.range[1])
        offers = drawn.data[-1]
        told = zip(offers.x, offers.y, offers.text, offers.textposition, strict=True)
        for x, y, text, position in told:
            spot = x * scale[0], y * scale[1]
            up, along = position.split()
            left = spot[0] - 7 * len(text) * {"left": 1.0, "center": 0.5, "right": 0.0}[along]
            middle = spot[1] + {"top": 12, "middle": 0, "bottom": -12}[up]
            for note in drawn.layout.annotations:
                wide = 7 * len(note.text)
                start = note.x * scale[0] - (wide if note.xanchor == "right" else 0)
                beside = left + 7 * len(text) < start or start + wide < left
                assert not text or beside or abs(middle - note.y * scale[1]) > 14, (part, text)
        assert set(offers.hovertext) >= set(offers.text) - {""}


CROWDED = {
    "amopt": 1,
    "kind": "sourcing",
    "name": "many offers of like reach",
    "network": {
        "places": [
            {"name": "plant"},
            *({"name": f"a supplier of long name {n}"} for n in range(8)),
        ],
        "lanes": [{"from": f"a supplier of long name {n}", "to": "plant"} for n in range(8)],
    },
    "parts": [{"name": "p"}],
    "lines": [
        {"line": f"l{n}", "part": "p", "place": "plant", "quantity": 5 + n} for n in range(3)
    ],
    "conventional": [{"part": "p", "cost_per_part": 30, "lead_time_weeks": 9}],
    "offers": [
        {
            "supplier": f"a supplier of long name {n}",
            "part": "p",
            "quotes": [
                {"quantity": 1, "cost_per_part": 31 + n / 8, "lead_time_weeks": 1},
                {"quantity": 40 + n, "cost_per_part": 20 - n / 8, "lead_time_weeks": 2},
            ],
        }
        for n in range(8)
    ],
}


@pytest.mark.parametrize(
    "source", [CROWDED, *(one for one in catalogue.names() if one.startswith("sourcing/"))]
)
def test_no_offer_is_named_on_another_or_out_of_the_picture(source: Any) -> None:
    """Where the script draws: some 7 pixels a letter, on a picture of 640 by 300."""
    from amopt.sourcing.answer.figures import frontier

    solution = amopt.sourcing.frontier(amopt.load(source))
    for part in {row["part"] for row in solution.rows["switchover"] if row["scenario"]}:
        drawn = frontier(solution, part)
        wide, high = (axis.range[1] for axis in (drawn.layout.xaxis, drawn.layout.yaxis))
        boxes = []
        for trace in drawn.data:
            for text, place in zip(trace.text or (), trace.textposition or (), strict=False):
                assert text in (*trace.hovertext, "")
                if not text:
                    continue
                x, y = trace.x[0] * 640 / wide, trace.y[0] * 300 / high
                up, along = place.split()
                left = x - 7 * len(text) * {"left": 1.0, "center": 0.5, "right": 0.0}[along]
                away = 14 if along == "center" else 10
                middle = y + {"top": away, "middle": 0, "bottom": -away}[up]
                boxes.append((left, left + 7 * len(text), middle, text))
        for left, right, _, text in boxes:
            assert left >= -50, (part, text)
            assert right <= 650, (part, text)
        for (left, right, middle, one), (start, end, other, two) in combinations(boxes, 2):
            assert right <= start or end <= left or abs(middle - other) > 12, (part, one, two)


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


def fetched(text: str) -> list[str]:
    """Return the addresses from which a page loads something when it opens."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            names = {"src", "href"} if tag == "link" else {"src"}
            found.extend(value or "" for name, value in attrs if name in names)

    Reader().feed(text)
    return found


def test_what_a_page_fetches_is_seen() -> None:
    assert fetched('<script>x = \'src="http://a"\'</script><img src="http://b">') == ["http://b"]


def test_a_map_has_coasts_and_needs_no_network() -> None:
    from amopt.placement.answer import figures

    instance = amopt.load("placement/aircraft-today")
    solution = amopt.solve(instance)
    drawn = figures.network(instance, solution)
    traces = {trace.name: trace for trace in drawn.data}
    # Cape Finisterre and the like: land's ends are where atlases have them, to a degree.
    for kind in ("coasts", "borders"):
        assert len(traces[kind].x) == len(traces[kind].y) > 50
    assert "topojson" not in str(drawn.to_dict().keys())
    text = page.render(instance, solution)
    assert not [trace for trace in drawn.data if "geo" in trace.type]
    assert not [link for link in fetched(text) if ":" in link]


def test_outlines_are_those_of_the_world() -> None:
    from amopt.drawing import land

    coasts = [point for line in land._outlines()["coasts"] for point in line]
    borders = [point for line in land._outlines()["borders"] for point in line]
    assert max(abs(x) for x, _ in coasts) <= 180

    def near(points: list[land.Point], x: float, y: float) -> bool:
        return any(abs(px - x) < 1 and abs(py - y) < 1 for px, py in points)

    # Gibraltar, Cape Agulhas, Cape Horn; the Rhine at Basel, El Paso on the Rio Grande.
    assert all(near(coasts, *at) for at in ((-5.6, 36.0), (20.0, -34.8), (-67.5, -55.5)))
    assert all(near(borders, *at) for at in ((7.6, 47.6), (-106.5, 31.8)))
    assert not near(coasts, 7.6, 47.6)
    assert len(coasts) + len(borders) < 10_000


def test_names_on_a_map_do_not_run_into_each_other() -> None:
    from amopt.drawing import land

    close = {f"Place {k}": (4.0 + 0.01 * k, 52.0) for k in range(6)}
    far = {"West": (-60.0, 0.0), "East": (60.0, 10.0)}
    among = [*close.values(), *far.values()]
    told = land.label_positions({**far, **close}, among)
    assert set(far) <= set(told)
    assert 1 <= len(set(close) & set(told)) < len(close)
    assert len({told[name] for name in set(close) & set(told)}) == len(set(close) & set(told))
    assert land.label_positions({}, []) == {}


def test_names_keep_clear_of_lines_where_there_is_room() -> None:
    from amopt.drawing.names import Name, box, place

    frame = (0.0, 400.0, 0.0, 300.0)
    spot = (200.0, 150.0)
    up, down = ((200.0, 0.0), spot, 4.0), ((200.0, 300.0), spot, 4.0)

    def positions(lines: list[tuple[tuple[float, float], tuple[float, float], float]]) -> str:
        (placed,) = place(
            [Name(spot, 60.0, 5.0)], signs=[box(spot, 8, 8)], lines=lines, frame=frame
        )
        assert placed is not None
        return placed.position

    assert positions([]) == "top center"
    assert positions([up]) == "bottom center"
    assert positions([up, down]) == "middle right"
    right = ((400.0, 150.0), spot, 4.0)
    left = ((0.0, 150.0), spot, 4.0)
    assert positions([up, down, right]) == "middle left"
    assert positions([up, down, right, left]) == "top right"
    # Lines behind every place: the name stands where the fewest run through it.
    wide = [((0.0, y), (400.0, y), 1.0) for y in range(100, 200, 4)]
    assert positions([*wide, up]) in ("bottom center", "middle right", "middle left")


def test_one_sign_for_offers_at_one_point_beyond_what_is_needed() -> None:
    """Quantities without an upper end must not look smaller than the quantity needed."""
    from amopt.sourcing.answer.figures import frontier

    instance = amopt.load("sourcing/norwind")
    solution = amopt.solve(instance)
    drawn = frontier(solution, "*")
    (point,) = [trace for trace in drawn.data if trace.mode == "markers+text"]
    assert point.text == ("Alfa Print; Bravo Metals (no upper end)",)
    (needed,) = [trace for trace in drawn.data if trace.name == "needed: 5"]
    assert point.x[0] > max(needed.x)
    assert point.y[0] > max(needed.y)


def two_places(**lever: object) -> dict[str, object]:
    """Return a file whose conventional supply makes one of two parts, and reaches one place."""

    def quotes(cost: float, weeks: float) -> list[dict[str, float]]:
        return [
            {"quantity": 1, "cost_per_part": cost, "lead_time_weeks": weeks},
            {"quantity": 50, "cost_per_part": cost - 0.4, "lead_time_weeks": weeks + 1},
        ]

    lanes = [{"from": f, "to": t} for f in "ab" for t in "pr"]
    lanes[1] |= {"weeks": 3, "cost_per_part": 2}
    return {
        "amopt": 1,
        "kind": "sourcing",
        "name": "two places",
        "network": {
            "places": [{"name": name} for name in "prabc"],
            "lanes": [*lanes, {"from": "c", "to": "p"}],
        },
        "parts": [{"name": "bush"}, {"name": "lever"}],
        "lines": [
            {"line": "1", "part": "bush", "place": "p", "quantity": 5},
            {"line": "2", "part": "bush", "place": "r", "quantity": 9},
            {"line": "3", "part": "lever", "place": "p", "quantity": 3, **lever},
        ],
        "conventional": [
            {"part": "bush", "place": "c", "cost_per_part": 3, "asset_cost": 40,
             "lead_time_weeks": 2.5},
        ],
        "offers": [
            {"supplier": name, "part": part, "quotes": quotes(cost, weeks)}
            for name, cost, weeks in (("a", 4, 1), ("b", 5, 0.5))
            for part in ("bush", "lever")
        ],
    }  # fmt: skip


def names_of(figure: Any) -> list[str]:
    return [name for trace in figure.data if "text" in str(trace.mode) for name in trace.text]


def test_what_nothing_is_compared_with_is_not_said_to_have_no_end() -> None:
    """Nobody makes levers but the suppliers, and the bush's maker does not reach the second place.

    A frontier of what is cheaper and quicker than nothing is no picture.
    """
    from amopt.sourcing.answer.figures import figures

    instance = amopt.load(two_places())
    drawn = figures(instance, amopt.solve(instance))
    assert [title for title in drawn if "lever" in title] == []
    (frontier,) = [figure for title, figure in drawn.items() if "can do of bush" in title]
    assert names_of(frontier) == ["a", "b"]


def test_each_line_has_its_own_frontier() -> None:
    """A longer way to the second place makes one supplier two points, which are told apart."""
    from amopt.sourcing.answer.figures import figures

    data = two_places()
    data["network"]["lanes"].append({"from": "c", "to": "r"})  # type: ignore[index]
    instance = amopt.load(data)
    solution = amopt.solve(instance)
    drawn = figures(instance, solution)
    for title, figure in drawn.items():
        if "can do of bush" in title:
            assert sorted(names_of(figure)) == ["a, line 1", "a, line 2", "b"]
            points = {
                (row["reduced_cost_quantity"], row["reduced_time_quantity"])
                for row in solution.rows["switchover"]
                if row["part"] == "bush"
            }
            signs = [trace for trace in figure.data if trace.mode == "markers+text"]
            assert {(trace.x[0], trace.y[0]) for trace in signs} == points
            joined = [trace for trace in figure.data if "frontier" in str(trace.name)]
            for trace in joined:  # more of one is less of the other
                assert list(trace.x) == sorted(trace.x)
                assert list(trace.y) == sorted(trace.y, reverse=True)
        if "AM saves of bush" in title:
            told = ["a, line 1", "a, line 2", "b, line 1", "b, line 2"]
            assert sorted(figure.data[-1].hovertext) == told


def test_one_downtime_has_one_border() -> None:
    """What a week costs is worked out from savings, whose digits end."""
    from amopt.sourcing.answer.scenario_figure import scenarios

    solution = amopt.solve(amopt.load("sourcing/bush"))
    row = dict(solution.rows["switchover"][0])
    rows = []
    draw = random.Random(1)
    for k in range(40):
        cost, weeks = draw.uniform(1e4, 1e8), draw.uniform(0.01, 5)
        told = {"cost_saving": cost, "weeks_saved": weeks, "total_saving": cost + 4000 * weeks}
        rows.append({**row, **told, "supplier": f"s{k}"})
    drawn = scenarios(replace(solution, rows={"switchover": rows}), row["part"])
    borders = [trace.name for trace in drawn.data if trace.mode == "lines"]
    assert borders == ["downtime of 4,000 EUR a week: above it AM pays"]


@pytest.mark.parametrize("name", ["placement/norwind", "placement/mobile-factory"])
def test_no_name_of_a_shipped_map_lies_on_a_flow(name: str) -> None:
    from amopt.drawing.svg import as_svg
    from amopt.placement.answer.figures import network

    instance = amopt.load(name)
    drawn = network(instance, amopt.solve(instance, forms=False))
    for width in (350, 880):
        tree = fromstring(as_svg(drawn, width, "x"))
        boxes = [name_box(mark) for mark in tree.iter("text") if mark.get("class") == "n"]
        assert len(boxes) == len(instance.network.places)
        flows = [mark for mark in tree.iter("path") if mark.get("stroke") == "#9a6fb0"]
        for mark in flows:
            for x, y in along(mark.get("d") or ""):
                assert not any(a < x < b and c < y < d for a, b, c, d in boxes), (x, y)


def name_box(mark: Element) -> tuple[float, float, float, float]:
    x, y = float(mark.get("x") or 0), float(mark.get("y") or 0)
    wide = 6.4 * len(mark.text or "")
    left = x - {"middle": wide / 2, "end": wide}.get(mark.get("text-anchor") or "", 0.0)
    return left, left + wide, y - 11, y + 3


def along(path: str) -> Iterator[tuple[float, float]]:
    """Yield points on the straight stretches of a path, a pixel apart or less."""
    last = (0.0, 0.0)
    for step in re.findall(r"[ML][^ML]+", path):
        x, y = (float(part) for part in step[1:].split())
        if step[0] == "L":
            for k in range(1001):
                share = k / 1000
                yield last[0] + share * (x - last[0]), last[1] + share * (y - last[1])
        last = x, y


def test_lines_left_out_beforehand_would_not_have_been_crossed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Names stand where they would if each position were held to every line."""
    draw = random.Random(5)

    def spot() -> tuple[float, float]:
        return draw.uniform(0, 300), draw.uniform(0, 300)

    lines = [(spot(), spot(), draw.choice((1.0, 9.0))) for _ in range(40)]
    own = [names.Name(spot(), draw.uniform(10, 90), 5.0) for _ in range(25)]
    given: dict[str, Any] = {"signs": [], "lines": lines, "frame": (0.0, 300.0, 0.0, 300.0)}
    found = names.place(own, **given)
    assert any(found)
    monkeypatch.setattr(names, "_around", lambda line: names.EVERYWHERE)
    assert names.place(own, **given) == found
