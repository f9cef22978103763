"""Growth with size: the fit, what is planned on paper, and that the page follows from its runs."""

from __future__ import annotations

import sys
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.test_docs_numbers import page, rows_below

ROOT = Path(__file__).parent.parent
HERE = ROOT / "benchmarks"


@pytest.fixture(scope="module")
def growing() -> Any:
    """Benchmarks import one another as scripts do, from their own folder."""
    sys.path.insert(0, str(HERE))
    yield import_module("_scale_growth")
    sys.path.remove(str(HERE))


def runs(name: str, sizes: tuple[int, ...], seconds: Any, memory: Any) -> list[list[str]]:
    """Return rows with what functions of the size say."""
    between = ["0"] * 7
    return [
        [name, f"{size:,}", *between, f"{seconds(size):.2f}", f"{memory(size):,.0f}"]
        for size in sizes
    ]


def test_a_power_is_found_and_small_sizes_do_not_count(growing: Any) -> None:
    own = growing.growth([1, 4, 16, 64], [1e9, 3 * 4**1.5, 3 * 16**1.5, 3 * 64**1.5])
    assert (own.least, own.exponent, own.most) == pytest.approx((1.5, 1.5, 1.5))
    bent = growing.growth([1, 10, 100], [1.0, 10.0, 1000.0])
    assert (bent.least, bent.exponent, bent.most) == pytest.approx((1.0, 1.5, 2.0))
    assert bent.times(10.0) == pytest.approx((10**1.5, 100.0))
    flat = growing.growth([1, 10, 100], [5.0, 6.0, 7.0])
    assert flat.times(10.0)[1] == pytest.approx(10.0)  # nothing is planned below proportion


def test_what_is_planned_follows_from_the_runs(growing: Any) -> None:
    rows = runs("a", (10, 100, 1_000), lambda n: n / 10, lambda n: n * n)
    rows += runs("b", (2, 20, 200), lambda n: 3 * n, lambda n: 5 * n)
    whole = growing.Plan("whole", (("a", None, 10_000),))
    assert growing.extrapolated(whole, rows, growing.ALL) == pytest.approx([1_000.0] * 2)
    assert growing.extrapolated(whole, rows, growing.MEMORY) == pytest.approx([1e8] * 2)
    pieces = growing.Plan("pieces", (("a", 100, 100),), 7)
    assert growing.extrapolated(pieces, rows, growing.ALL) == pytest.approx([70.0] * 2)
    assert growing.extrapolated(pieces, rows, growing.MEMORY) == pytest.approx([1e4] * 2)
    both = growing.Plan("both", (("a", None, 2_000), ("b", 20, 60)))
    assert growing.extrapolated(both, rows, growing.ALL) == pytest.approx([600.0] * 2)


def test_sizes_that_nothing_is_planned_from_end_in_no_error(growing: Any) -> None:
    """What needs a run that is not there is left out; what can be planned is planned."""
    name, others = "sourcing", (1_000, 2_000)
    rows = runs(name, others, lambda n: n / 10, lambda n: n)
    text = growing.markdown(rows)
    assert "| 1,000,000 order lines, whole |" in text
    assert "400 files of 2,500" not in text
    for few in (rows[:1], runs(name, others, lambda n: 0, lambda n: n), []):
        assert "order lines" not in growing.markdown(few).partition("On paper")[2]


@pytest.mark.parametrize(
    ("seconds", "said"), [(1.26, "1.3 s"), (119, "120 s"), (120, "2 min"), (8e4, "22 h")]
)
def test_time_is_told_in_a_unit_that_fits(growing: Any, seconds: float, said: str) -> None:
    assert growing.in_time(seconds) == said


def test_memory_is_told_in_a_unit_that_fits(growing: Any) -> None:
    assert [growing.in_memory(one) for one in (12, 1_230, 2.4e6)] == [
        "0.012 GB",
        "1.2 GB",
        "2.4 TB",
    ]


def test_the_page_follows_from_the_runs_that_it_shows(growing: Any) -> None:
    text = (HERE / "results" / "scale.md").read_text(encoding="utf-8")
    rows = growing.rows_of(text)
    assert growing.markdown(rows).strip() in text
    for name, ladder in growing.LADDERS.items():
        sizes, _ = growing.ladder_of(rows, name, growing.ALL)
        assert sizes == list(ladder.sizes)
        (ratio,) = {b / a for a, b in pairwise(sizes)}
        assert ratio in (2, 4)
    assert {name for plan in growing.PLANS for name, _, _ in plan.steps} <= set(growing.LADDERS)


def test_the_arrays_of_a_large_network() -> None:
    """Numbers a way of supply, counted from the arrays themselves where they are made."""
    from dataclasses import fields

    import numpy as np

    import amopt
    from amopt.placement.methods.prices.sites_alone import SitesAlone
    from amopt.placement.methods.pricing import DenseSupply
    from amopt.placement.supply.columns import EMPTY, KINDS
    from amopt.placement.supply.supply import Supply

    text, ways = page("scale"), 10_000 * 10_000 * 8
    assert f"{ways:,} ways of supply" in text
    columns = sum(len(KINDS) if one.name == "split" else 1 for one in fields(EMPTY))
    assert {getattr(EMPTY, one.name).itemsize for one in fields(EMPTY)} == {8}
    dense = DenseSupply(Supply(amopt.load("placement/textbook")))
    shape = dense.units, dense.pairs
    large = [one for one in vars(dense).values() if getattr(one, "shape", None) == shape]
    alone = [one for one in vars(SitesAlone(dense)).values() if np.shape(one) == shape]
    assert {one.itemsize for one in (*large, *alone)} == {8}
    numbers = [columns, columns, 3, len(large), len(alone)]
    rows = rows_below(text, "| array | numbers a way")
    assert [int(row[1]) for row in rows] == numbers
    assert [int(row[2]) for row in rows] == [round(8 * ways * each / 1e9) for each in numbers]


def test_what_ends_first() -> None:
    from math import isqrt

    from amopt.instance.document import MAX_BYTES
    from amopt.instance.workbook import tables
    from amopt.licensing.methods.by_program import MOST_CHOICES
    from amopt.maintenance.instance.fields import MOST_STATES
    from amopt.printing.instance import entries, parts_table
    from amopt.report import page as pages
    from amopt.report import workbook
    from amopt.screening.instance import reading

    most = [
        MAX_BYTES / 1e6, tables.MOST_ROWS, workbook.MOST_ROWS, pages.LARGEST / 1e6,
        reading.MOST_PARTS, reading.MOST_BYTES / 1e6, parts_table.MOST_BYTES / 1e6,
        parts_table.MOST_ROWS, entries.MOST_SYSTEMS, MOST_STATES, MOST_CHOICES, isqrt(2**31 - 1),
    ]  # fmt: skip
    rows = rows_below(page("scale"), "| what ends | where |")
    assert [row[2] for row in rows] == [f"{number:,.0f}" for number in most]


def test_a_run_is_told_by_phase(growing: Any, tmp_path: Path) -> None:
    """Of every way of work the quickest: what is counted is what the process took."""
    ladder = growing.LADDERS["decision process"]
    found = import_module("_scale_run").run(
        ladder.work, lambda folder: ladder.write(50, folder), ladder.how
    )
    cells = growing.cells_of("a", 50, found)
    assert growing.rows_of("\n".join(growing.table(growing.HEADS, [cells]))) == [cells]
    assert found["seconds"]["solve"] > 0
    assert 0 < found["memory"] < 500
