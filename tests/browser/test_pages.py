"""Pages in a browser: nothing goes wrong, nothing is asked of others, all by keyboard.

Every shipped instance's page is opened on a screen and on a phone. That takes one browser, which
opens one page after the other in one worker.
"""

from __future__ import annotations

import csv
import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import amopt
from amopt import printing, sourcing
from amopt.drawing import new_figure
from amopt.instance import catalogue
from amopt.mdp import MarkovDecisionProcess
from amopt.mdp.exchange import write
from amopt.mdp.exchange.solving import solve as solve_arrays
from amopt.report import overviews, page
from amopt.report.document import Document, Grid, Section
from amopt.report.studies import alternatives as report
from amopt.scenarios import alternatives
from amopt.solution import Column
from tests.browser.chromium import Tab
from tests.test_figures import says_what_the_tables_say

SCREEN, PHONE = 1280, 390

pytestmark = pytest.mark.xdist_group("browser")

HOSTILE = (
    "<script>document.title='taken'</script>",
    "</script><img src=x onerror=document.title='taken'>",
    '"><svg onload=document.title="taken">',
    "=HYPERLINK(1)",
    "@SUM(1)",
    " +1",
    "tab\t=1",
    'quote " and, comma',
    "&lt;b&gt; {{ 7 * 7 }}",
)

SORTED = """(k) => [...document.querySelectorAll('table')[k].tBodies[0].rows]
  .map((row) => row.cells[1].textContent)"""

KEEP = """window.kept = [];
URL.createObjectURL = (blob) => { window.kept.push(blob); return '#'; };"""

READ = """window.kept[0].arrayBuffer()
  .then((all) => new TextDecoder('utf-8', {ignoreBOM: true}).decode(all))"""

CLEAR = """document.activeElement.value = '';
document.activeElement.dispatchEvent(new Event('input'));"""

VISIBLE = """[...document.querySelectorAll('section:nth-of-type(2) tbody tr')]
  .filter((row) => !row.hidden).length"""

TOO_WIDE = """[...document.querySelectorAll('thead th')]
  .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent)"""
"""The headings that run into their neighbours."""

SETTLED = """(async () => {
  const figures = [...document.querySelectorAll('.drawn:not([hidden])')];
  while (!figures.every((one) => one.parentElement.classList.contains('live')))
    await new Promise((done) => setTimeout(done, 10));
})()"""
"""Waits until every picture that the script draws is drawn."""

PICTURES = """[...document.querySelectorAll('figure [role=img]')]
  .filter((one) => one.getClientRects().length)"""


def holds(tab: Tab, *, width: int, drawn: int) -> None:
    """Require what holds of every page."""
    assert tab.wrong() == []
    assert tab.asked() == []
    assert tab.run("document.documentElement.scrollWidth") <= width
    assert tab.run("document.querySelectorAll('h1').length") == 1
    levels = tab.run("[...document.querySelectorAll('h1,h2,h3,h4')].map((one) => +one.tagName[1])")
    assert all(b - a <= 1 for a, b in pairwise(levels))
    assert tab.run("['header', 'main', 'footer'].every((one) => document.querySelector(one))")
    assert tab.run(TOO_WIDE) == []
    tab.run(SETTLED)
    assert tab.run(FAINT) == []
    assert tab.run(SMALL) == []
    assert tab.run(f"{PICTURES}.length") == drawn
    assert tab.run(f"{PICTURES}.every((one) => one.getAttribute('aria-label').length > 20)")
    assert tab.run(
        "[...document.querySelectorAll('table')].every((one) => one.caption.textContent.trim()"
        " && [...one.tHead.rows[0].cells].every((cell) => cell.scope === 'col'))"
    )


NAMED = ("button", "textbox", "image", "link", "heading", "table", "columnheader", "main")
"""Roles whose elements a screen reader calls by a name, and landmarks that there must be."""


def is_told_to_a_screen_reader(tab: Tab) -> None:
    """Require that all that is worked or looked at has a name in the tree of accessibility."""
    tab.send("Accessibility.enable")
    tree = tab.send("Accessibility.getFullAXTree", depth=9)["nodes"]
    tab.send("Accessibility.disable")
    told = [
        (node["role"]["value"], node.get("name", {}).get("value", "").strip())
        for node in tree
        if not node.get("ignored")
    ]
    nameless = {role for role, name in told if role in NAMED and role != "main" and not name}
    assert nameless == set()
    assert {"main", "banner", "contentinfo", "heading"} <= {role for role, _ in told}
    assert sum(role == "main" for role, _ in told) == 1


FAINT = """(() => {
  const light = (colour) => colour.slice(0, 3).map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, k) => sum + part * [0.2126, 0.7152, 0.0722][k], 0.05);
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const behind = (one) => {
    for (; one; one = one.parentElement) {
      const colour = parts(getComputedStyle(one).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const inside = 'script, style, .bartext-inside, text[style*=fill]';
  return [...document.querySelectorAll(`body *:not(${inside})`)]
    .filter((one) => one.getClientRects().length
      && [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()))
    .filter((one) => {
      const style = getComputedStyle(one);
      const ink = parts(one instanceof SVGElement ? style.fill : style.color);
      const [low, high] = [light(ink), light(behind(one))].sort((a, b) => a - b);
      return high / low < 4.5;
    }).map((one) => one.outerHTML.slice(0, 200));
})()"""
"""The words that do not stand out from what is behind them as WCAG AA asks, as they are drawn."""

SMALL = """[...document.querySelectorAll('nav a, button, input, summary')]
  .filter((one) => one.getClientRects().length && one.getBoundingClientRect().height < 20)
  .map((one) => one.textContent)"""
"""What is too low to be met by a finger."""

OFF_PAPER = """[...document.querySelectorAll('table')]
  .filter((one) => (one.closest('.broad') !== null) === BROAD
    && one.getBoundingClientRect().right > innerWidth)
  .map((one) => one.dataset.name)"""

UPRIGHT, ACROSS = 718, 1046
"""Pixels between the margins of A4 paper, upright and across."""


def fits_on_paper(tab: Tab) -> None:
    """Require that no table reaches beyond the paper: the broad ones are printed across."""
    tab.send("Emulation.setEmulatedMedia", media="print")
    for width, broad in ((UPRIGHT, "false"), (ACROSS, "true")):
        tab.resize(width)
        assert tab.run(OFF_PAPER.replace("BROAD", broad)) == []
    tab.send("Emulation.setEmulatedMedia", media="")


GO_BEFORE = """(selector) => {
  window.wanted = document.querySelector(selector);
  const all = [...document.querySelectorAll('a[href],button,input,[tabindex="0"],summary')]
    .filter((one) => one.getClientRects().length);
  all[all.indexOf(window.wanted) - 1].focus();
}"""


def to(tab: Tab, selector: str) -> None:
    """Go to a control by the tabulator alone, from the one before it."""
    tab.run(f"({GO_BEFORE})({selector!r})")
    tab.press("Tab")
    assert tab.run("document.activeElement === window.wanted"), selector
    style = "getComputedStyle(document.activeElement)"
    assert tab.run(f"{style}.outlineStyle !== 'none' && parseFloat({style}.outlineWidth) >= 2")


def test_a_page_is_worked_by_keyboard(tab: Tab, tmp_path: Path) -> None:
    columns = [Column("name", "", "what it is"), Column("cost", "money", "what it costs")]
    rows = [
        {"name": name, "cost": cost}
        for name, cost in zip("abcd", (9.5, 1200.25, -3.0, None), strict=True)
    ]
    hostile = [{"name": name, "cost": float(k)} for k, name in enumerate(HOSTILE)]
    sections = [
        Section("First", table=Grid("first", rows, columns, "EUR")),
        Section(HOSTILE[0], table=Grid(HOSTILE[1], hostile, columns, HOSTILE[2])),
    ]
    file = tmp_path / "page.html"
    page.write_document(Document(HOSTILE[0], aside=HOSTILE[1], sections=sections), file, light=True)
    tab.open(file, width=PHONE)
    holds(tab, width=PHONE, drawn=0)
    assert tab.run("document.title") == HOSTILE[0]
    assert tab.run("document.querySelectorAll('img, svg, [onload], [onerror]').length") == 0

    to(tab, "table thead th:nth-child(2) button")
    for sign, order in (("ascending", ["-3.00", "9.50", "1,200.25", "-"]),
                        ("descending", ["1,200.25", "9.50", "-3.00", "-"])):  # fmt: skip
        tab.press("Enter")
        assert tab.run(f"({SORTED})(0)") == order
        assert tab.run("document.activeElement.closest('th').getAttribute('aria-sort')") == sign

    tab.run(KEEP)
    to(tab, "section:nth-of-type(2) .tools input")
    tab.press(*"TAB")
    assert tab.run(VISIBLE) == 1
    assert tab.run("document.querySelectorAll('[role=status]')[1].textContent") == "1 of 9 rows"
    tab.run(CLEAR)
    to(tab, "section:nth-of-type(2) .tools button")
    tab.press("Enter")
    text = tab.run(READ)
    assert text.startswith("\ufeff")
    read = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert read[0] == ["name", f"cost [{HOSTILE[2]}]"]
    risky = {"=HYPERLINK(1)", "@SUM(1)", " +1"}
    assert [row[0] for row in read[1:]] == [
        f"'{name}" if name in risky else name for name in HOSTILE
    ]
    assert [float(row[1]) for row in read[1:]] == list(range(9))
    assert tab.wrong() == []


def test_a_figure_is_drawn_in_the_colours_of_the_page(tab: Tab, tmp_path: Path) -> None:
    instance = amopt.load("placement/textbook")
    file = tmp_path / "page.html"
    page.write_document(overviews.document_of(amopt.show(instance)), file)
    for dark in (False, True):
        tab.open(file, width=SCREEN, dark=dark)
        holds(tab, width=SCREEN, drawn=2)
        assert tab.run("document.querySelectorAll('.drawn .main-svg').length") >= 2
        is_told_to_a_screen_reader(tab)
        fill = tab.run("getComputedStyle(document.querySelector('.drawn .xtick text')).fill")
        assert fill == ("rgb(230, 235, 241)" if dark else "rgb(26, 35, 48)")
    tab.send("Emulation.setDeviceMetricsOverride", width=1000, height=3000, deviceScaleFactor=1,
             mobile=False)  # fmt: skip
    tab.run("new Promise((done) => setTimeout(done, 400))")
    assert tab.run(
        "[...document.querySelectorAll('.drawn')].every((one) => one.offsetHeight > 100)"
    )
    tab.send("Emulation.setEmulatedMedia", media="print")
    assert tab.run("getComputedStyle(document.querySelector('.still.wide')).display") == "block"
    assert tab.run("getComputedStyle(document.querySelector('.tools')).display") == "none"
    tab.send("Emulation.setEmulatedMedia", media="")


COVERED = """(() => {
  const boxes = (texts) => texts.filter((one) => one.getClientRects().length)
    .map((one) => [one.textContent, one.getBoundingClientRect()]);
  return [...document.querySelectorAll('figure')].flatMap((figure) => {
    const texts = [...figure.querySelectorAll('text')];
    const quadrants = boxes(texts.filter((one) => /^I?[IV]+: saves/.test(one.textContent)));
    const names = boxes(texts.filter((one) => one.matches('.n, .textpoint text, text.textpoint')));
    window.seen = (window.seen || 0) + quadrants.length * names.length;
    return quadrants.flatMap(([quadrant, a], k) => [...names, ...quadrants.slice(k + 1)]
      .filter(([, b]) => a.left < b.right && b.left < a.right)
      .filter(([, b]) => a.top < b.bottom && b.top < a.bottom)
      .map(([name]) => `${name} on ${quadrant}`));
  });
})()"""
"""The names of offers, and of quadrants, that lie on the name of a quadrant."""


@pytest.mark.long  # without a browser: test_figures.py
def test_no_name_lies_on_that_of_a_quadrant(tab: Tab, tmp_path: Path) -> None:
    for name in catalogue.names():
        if not name.startswith("sourcing/"):
            continue
        instance = amopt.load(name)
        document = page.document_of(instance, sourcing.frontier(instance))
        for light in (False, True):
            file = tmp_path / f"{light}.html"
            page.write_document(document, file, light=light)
            for width in (SCREEN, 768, PHONE):
                tab.open(file, width=width)
                tab.run(SETTLED)
                assert tab.run(COVERED) == [], (name, light, width)
                assert tab.run("window.seen") > 0, name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "within"),
    [("printing/norwind", 0.2), ("licensing/two-buyers", 0.5), ("design/pump-unit", 0.02)],
)
def test_a_page_of_other_plans(name: str, within: float, tab: Tab, tmp_path: Path) -> None:
    found = alternatives.alternatives(amopt.load(name), within=within, most=2)
    document = report.document_of(found)
    for light in (False, True):
        file = tmp_path / f"{light}.html"
        page.write_document(document, file, light=light)
        for width in (SCREEN, PHONE):
            tab.open(file, width=width, dark=width == PHONE)
            holds(tab, width=width, drawn=1)
    is_told_to_a_screen_reader(tab)
    fits_on_paper(tab)


def test_ticks_of_large_numbers_are_told_apart(tab: Tab, tmp_path: Path) -> None:
    figure = new_figure(height=420)
    figure.add_scatter(x=[0, 1, 2], y=[1e15, 1e15 + 2e3, 1e15 + 4e3], mode="markers")
    file = tmp_path / "page.html"
    document = Document("Large", sections=[Section("Numbers of fifteen digits", figure=figure)])
    for light, ticks in ((False, ".drawn .ytick text"), (True, ".still.wide text")):
        page.write_document(document, file, light=light)
        tab.open(file, width=SCREEN)
        tab.run(SETTLED)
        texts = tab.run(f"[...document.querySelectorAll('{ticks}')].map((one) => one.textContent)")
        large = [text for text in texts if text.startswith("1") and len(text) > 3]
        assert len(large) >= 3
        assert len(set(large)) == len(large)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["printing/table-3-1", "printing/mission"])
def test_a_page_of_a_simulation(name: str, tab: Tab, tmp_path: Path) -> None:
    instance = amopt.load(name)
    document = page.document_of(instance, printing.simulate(instance, cycles=1000))
    drawn = sum(section.figure is not None for section in document.sections)
    assert drawn >= 3
    for light in (False, True):
        file = tmp_path / f"{light}.html"
        page.write_document(document, file, light=light)
        for width in (SCREEN, PHONE):
            tab.open(file, width=width, dark=width == PHONE)
            holds(tab, width=width, drawn=drawn)
    is_told_to_a_screen_reader(tab)


@pytest.mark.slow
@pytest.mark.parametrize("kind", amopt.KINDS)
def test_every_shipped_page(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    documents = []
    for name in catalogue.names():
        if name.startswith(f"{kind}/"):
            instance = amopt.load(name)
            gap = {"gap": 0.02} if name == "placement/synthetic" else {}
            solution = amopt.solve(instance, **gap)
            says_what_the_tables_say(instance, solution)
            documents.append(page.document_of(instance, solution))
    tab = request.getfixturevalue("tab")
    for number, document in enumerate(documents):
        drawn = sum(section.figure is not None for section in document.sections)
        # The plotting library is the same on every page: one a decision has it.
        for light in (False, True) if number == 0 else (True,):
            file = tmp_path / f"page-{number}-{light}.html"
            page.write_document(document, file, light=light)
            for width in (SCREEN, PHONE):
                tab.open(file, width=width, dark=width == PHONE)
                holds(tab, width=width, drawn=drawn)
            assert file.stat().st_size < (page.LIGHTEST if light else page.LARGEST)
        is_told_to_a_screen_reader(tab)
        fits_on_paper(tab)
        sort = "document.querySelector('thead button')"
        tab.run(f"{sort}.focus()")
        tab.press("Enter")
        assert tab.run(f"{sort}.closest('th').getAttribute('aria-sort')") == "ascending"
        assert tab.wrong() == []


def test_the_page_of_a_process_that_comes_as_arrays(tab: Tab, tmp_path: Path) -> None:
    """It has no instance behind it, and names of states that nobody has checked."""
    names = [*HOSTILE, "last"]
    size = len(names)
    chain = np.roll(np.eye(size), 1, axis=1)
    process = MarkovDecisionProcess(chain, np.arange(size), range(size), 0.9, state_names=names)
    write(process, tmp_path / "ring.npz", "npz")
    document = page.document_of(None, solve_arrays(tmp_path / "ring.npz"))
    for light in (False, True):
        file = tmp_path / f"page-{light}.html"
        page.write_document(document, file, light=light)
        for width in (SCREEN, PHONE):
            tab.open(file, width=width, dark=width == PHONE)
            holds(tab, width=width, drawn=1)
        assert tab.run("document.querySelectorAll('tbody tr').length") == size
        assert tab.wrong() == []
    is_told_to_a_screen_reader(tab)
