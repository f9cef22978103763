"""Pages: readable in light and dark, small, and of texts that stay texts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import amopt
from amopt.drawing import PALETTE, contrasting, luminance, new_figure
from amopt.drawing.svg import as_svg, described
from amopt.drawing.svg.axes import Axis
from amopt.files.formulas import begins_formula
from amopt.report import page
from amopt.report.document import Document, Grid, Section
from amopt.report.grids import body
from amopt.solution import Column

STYLE = (Path(page.__file__).parent / "templates" / "style.css").read_text(encoding="utf-8")
SCRIPT = (Path(page.__file__).parent / "templates" / "page.js").read_text(encoding="utf-8")

HOSTILE = "</script><img src=x onerror=alert(1)> & 'x' \"y\""


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))


LIGHT, DARK = (colours(block) for block in STYLE.split("@media (prefers-color-scheme: dark)")[:2])
PRINT = {**LIGHT, **colours(STYLE.split("@media print")[1])}
DARK = {**LIGHT, **colours(STYLE.split("prefers-color-scheme: dark")[1].split("}")[0])}
LIGHT = colours(STYLE.split("@media")[0])


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, as WCAG 2.2 defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_what_the_standard_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", [LIGHT, DARK, PRINT], ids=["light", "dark", "print"])
def test_words_and_pictures_stand_out(scheme: dict[str, str]) -> None:
    for text in ("ink", "quiet", "link"):
        assert contrast(scheme[text], scheme["paper"]) >= 4.5
        assert contrast(scheme[text], scheme["stripe"]) >= 4.5
    for box in ("good", "note"):
        assert contrast(scheme["ink"], scheme[box]) >= 4.5
    for mark in ("frame", "focus", "good-edge", "coast"):
        assert contrast(scheme[mark], scheme["paper"]) >= 3
    for colour in PALETTE:
        assert contrast(colour, scheme["paper"]) >= 3, colour
        assert contrast(contrasting(colour), colour) >= 4.5


def test_the_script_quotes_what_the_csv_files_quote() -> None:
    (letters,) = re.findall(r"formula = /\^\[\\s\]\*\[(.*)\]/;", SCRIPT)
    known = re.sub(
        r"\\u([0-9a-f]{4})|\\t|\\r|\\-",
        lambda m: chr(int(m[1], 16)) if m[1] else {"\\t": "\t", "\\r": "\r", "\\-": "-"}[m[0]],
        letters,
    )
    assert set(known) == {sign for sign in map(chr, range(0x10000)) if begins_formula(sign)}


def test_names_are_escaped_everywhere() -> None:
    figure = new_figure()
    figure.add_bar(x=[HOSTILE, "b"], y=[1.0, 2.0], name=HOSTILE)
    figure.add_scatter(x=["b"], y=[1.0], text=[HOSTILE], mode="markers+text", name=HOSTILE)
    figure.update_xaxes(title=HOSTILE)
    table = Grid(HOSTILE, [{HOSTILE: HOSTILE}], (), HOSTILE)
    document = Document(
        HOSTILE, HOSTILE, [HOSTILE], HOSTILE, [HOSTILE], [Section(HOSTILE, HOSTILE, figure, table)]
    )
    for light in (False, True):
        text = page.render_document(document, light=light)
        assert "<img" not in text.replace(str(page_library(text)), "")
        assert "onerror=alert" in text  # it is there, as a text
    (held,) = re.findall(r'<script type="application/json" class="figure">(.*?)</script>',
                         page.render_document(document))  # fmt: skip
    assert json.loads(held)["data"][0]["name"] == HOSTILE


def page_library(text: str) -> str:
    """Return the plotting library of a page: a package's own code."""
    return max(re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL), key=len, default="")


def test_tables_are_cut_to_what_a_page_has_room_for() -> None:
    columns = [Column(name, "", "") for name in ("name", "long", "number")]
    rows = [{"name": f"part {k}", "long": "x" * 300, "number": k / 7} for k in range(3_000)]
    small = [{"name": "only", "long": "y", "number": 1.0}]
    sections = [
        Section("large", table=Grid("large", rows, columns)),
        Section("small", table=Grid("small", small, columns)),
    ]
    text = page.render_document(Document("two tables", sections=sections), light=True)
    assert len(text.encode()) < page.LIGHTEST
    shown = text.count("<tr>") - 3
    assert 400 < shown < 1_500
    assert f"{3_000 - shown} more rows are in the csv file" in text
    assert text.count("only") == 1


def test_cells_say_what_they_mean() -> None:
    columns = [
        Column("name", "", ""),
        Column("wait", "weeks", ""),
        Column("noise", "share", ""),
        Column("nothing", "", ""),
        Column("large", "kg", ""),
        Column("empty", "", ""),
    ]
    rows = [
        {"name": "a", "wait": 1.5, "noise": 1.3e-16, "nothing": None, "large": 33410.123456789,
         "empty": ""},
        {"name": "b", "wait": None, "noise": 0.0, "nothing": None, "large": 1e-5, "empty": ""},
    ]  # fmt: skip
    found = body(Grid("cells", rows, columns))
    assert [column[:2] for column in found.columns] == [
        ("name", ""), ("wait", "weeks (days)"), ("large", "kg"),
    ]  # fmt: skip
    assert found.folded == "All zero or empty, and left out: noise, nothing and empty."
    assert found.rows[0] == (
        '<tr><th scope="row">a</th><td class="number" data-v="1.5">1.50 (10.5)</td>'
        '<td class="number" data-v="33410.1234568">33,410</td></tr>'
    )
    assert "e-" not in found.rows[1]
    few = [Column("down", "days", "")]
    (row,) = body(Grid("few", [{"down": 0.003}], few)).rows
    assert row == '<tr><td class="number">0.003</td></tr>'  # 0 weeks would be no news
    dated = [{**row, "name": "2026-03-02"} for row in rows]
    assert body(Grid("dated", dated, columns)).columns[1][1] == "weeks"


def test_an_axis_says_its_scale_however_short_it_is() -> None:
    axis = Axis("x", "linear", 0.06, 0.96).placed(70.0, 340.0)
    assert [text for _, text in axis.ticks()] == ["0.2", "0.4", "0.6", "0.8"]
    assert len(axis.placed(70.0, 110.0).ticks()) > 1


def test_a_picture_as_svg_stands_where_its_numbers_say() -> None:
    figure = new_figure(barmode="stack")
    figure.add_bar(x=["one", "two"], y=[1.0, 3.0], name="first")
    figure.add_bar(x=["one", "two"], y=[2.0, -1.0], name="second")
    tree = ElementTree.fromstring(as_svg(figure, 800, "A picture."))
    bars = [one for one in tree.iter("rect") if len(one)]
    heights = [float(bar.attrib["height"]) for bar in bars]
    assert heights[1] / heights[0] == pytest.approx(3, rel=0.01)
    assert heights[2] / heights[0] == pytest.approx(2, rel=0.01)
    low, up = bars[0], bars[2]
    assert float(up.attrib["y"]) + heights[2] == pytest.approx(float(low.attrib["y"]), abs=0.2)
    assert float(bars[3].attrib["y"]) > float(bars[1].attrib["y"])
    assert tree.attrib["aria-label"] == "A picture."
    assert {"first", "second", "one", "two"} <= {one.text for one in tree.iter("text")}


def test_bars_that_have_a_base_leave_zero_out() -> None:
    figure = new_figure(barmode="overlay")
    for change in (-50.0, 100.0):
        figure.add_bar(y=["input"], x=[change], base=[3_000.0], orientation="h")
    tree = ElementTree.fromstring(as_svg(figure, 800, "x"))
    widths = sorted(float(bar.attrib["width"]) for bar in tree.iter("rect") if len(bar))
    assert sum(widths) > 500  # of 800: they are what the picture shows
    assert widths[1] / widths[0] == pytest.approx(2, rel=0.01)


def test_names_of_a_picture_do_not_run_into_each_other() -> None:
    figure = new_figure()
    names = [f"a long name {k}" for k in range(12)]
    figure.add_scatter(x=[k / 50 for k in range(12)], y=[1.0] * 12, text=names, mode="markers+text")
    figure.update_xaxes(range=[0, 1])
    tree = ElementTree.fromstring(as_svg(figure, 350, "x"))
    spots = [
        (float(one.attrib["x"]), float(one.attrib["y"]), one.attrib["text-anchor"], one.text)
        for one in tree.iter("text")
        if one.text in names
    ]
    assert 2 <= len(spots) < 12
    boxes = []
    for x, y, anchor, text in spots:
        wide = 6.4 * len(text or "")
        left = x - {"middle": wide / 2, "start": 0.0, "end": wide}[anchor]
        boxes.append((left, left + wide, y - 11, y + 3))
    for k, one in enumerate(boxes):
        for other in boxes[k + 1 :]:
            apart = (
                one[1] <= other[0] or other[1] <= one[0] or one[3] <= other[2] or other[3] <= one[2]
            )
            assert apart


def test_a_description_tells_what_there_is() -> None:
    figure = new_figure()
    figure.add_bar(x=["one", "two"], y=[1.0, 3.5], name="cost")
    figure.update_yaxes(title="EUR")
    assert described("What it costs", figure) == (
        "What it costs. Bars of cost; along the axes: EUR. 2 entries: one and two. "
        "Values from 1 to 3.5. The tables hold the numbers."
    )


def test_a_replay_has_its_orders_over_time() -> None:
    from amopt import decisions
    from amopt.sourcing.rolling.figures import figures
    from amopt.sourcing.rolling.replay import load_events, replay

    instance = amopt.load("sourcing/dynamic")
    events = load_events(decisions.locate("sourcing/dynamic-events"), instance)
    answer = replay(instance, events)
    drawn = figures(instance, answer)["Orders over time"]
    bars = [trace for trace in drawn.data if trace.type == "bar"]
    ends = sorted(
        round(base + size, 6)
        for trace in bars
        for base, size in zip(trace.base, trace.x, strict=True)
    )
    due = sorted(round(row["delivered_weeks"], 6) for row in answer.rows["decisions"])
    assert ends == due
    assert {trace.name for trace in bars} == {row["state"] for row in answer.rows["decisions"]}
    assert page.render(instance, answer, light=True).count("<figure>") == 2


def test_distributions_and_simulations_have_pages() -> None:
    from amopt import printing

    instance = amopt.load("printing/table-3-1")
    mission = amopt.load("printing/mission")  # whose optimum has no day down
    found = page.render(mission, printing.distributions(mission), light=True)
    assert found.count("<figure>") == 1
    for answer, drawn in (
        (printing.distributions(instance), 2),
        (printing.simulate(instance, cycles=50, seed=1), 4),
    ):
        assert page.render(instance, answer, light=True).count("<figure>") == drawn


def test_the_frontier_says_how_many_are_needed() -> None:
    from amopt import sourcing
    from amopt.sourcing.answer.figures import frontier

    drawn = frontier(sourcing.frontier(amopt.load("sourcing/hangbar")), "hangbar")
    (needed,) = [trace for trace in drawn.data if (trace.name or "").startswith("needed")]
    assert (needed.name, tuple(needed.x), tuple(needed.y)) == (
        "needed: 90",
        (90, 90, 0),
        (0, 90, 90),
    )


def test_flows_are_as_wide_as_they_are_large() -> None:
    from amopt.placement.answer.figures import network

    instance = amopt.load("placement/textbook")
    drawn = network(instance, amopt.solve(instance))
    lines = [trace for trace in drawn.data if trace.mode == "lines"]
    assert [(line.name, line.line.width) for line in lines] == [
        ("supplies up to 60 parts a year", 7.0)
    ]


def test_the_page_is_there_though_nobody_reads_the_summary(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "amopt", "solve", "placement/textbook"]
    with subprocess.Popen(
        [*command, "--html-light", "page.html", "--out", "answer"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as run:  # fmt: skip
        assert run.stdout is not None
        run.stdout.close()
        run.wait(120)
    assert "</html>" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert (tmp_path / "answer" / "solution.json").exists()
