"""Every shipped instance has a page with pictures that show what its tables say."""

from __future__ import annotations

import importlib
import re
from html.parser import HTMLParser

import pytest

import amopt
from amopt import Instance, Solution
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
