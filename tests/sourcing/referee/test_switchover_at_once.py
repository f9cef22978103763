"""Rows of the comparison that are found right at once, against row by row; frontiers by definition.

The two ways share no arithmetic: one is on arrays, the other reads quote by quote.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import amopt
from amopt.sourcing import check
from amopt.sourcing.referee.switchover import comparison
from amopt.sourcing.referee.switchover.corners import Points, nondominated
from tests.sourcing.random_instances import crowded

FILES = ("sourcing/bush", "sourcing/hangbar", crowded(1))
WRONG = (None, "I", -1.0, 7.0)


def none(terms: Any, table: Any, *_: Any, **__: Any) -> tuple[Any, int]:
    return np.zeros(len(table), dtype=bool), 0


def edits(answer: Any) -> Iterator[Any]:
    """Yield answers with one cell of one row of the comparison changed."""
    rows = answer.rows["switchover"]
    number = len(rows) // 2
    for column, value in rows[number].items():
        near = (value * (1 + 1e-4), value + 1) if isinstance(value, float) else ()
        for wrong in (*WRONG, *near):
            if wrong != value or type(wrong) is not type(value):
                table = [*rows]
                table[number] = {**rows[number], column: wrong}
                yield replace(answer, rows={**answer.rows, "switchover": table})


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES, ids=["bush", "hangbar", "crowded"])
def test_at_once_and_row_by_row_say_the_same(file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    instance = amopt.load(file)
    answer = amopt.solve(instance)
    changed = [answer, *edits(answer)]
    at_once = [check(instance, one) for one in changed]
    monkeypatch.setattr(comparison, "right_rows", none)
    one_by_one = [check(instance, one) for one in changed]
    assert [v.findings for v in at_once] == [v.findings for v in one_by_one]
    assert at_once[0].accepted
    assert at_once[0].checks == one_by_one[0].checks
    assert len([v for v in at_once if not v.accepted]) > 0.9 * len(changed)


def test_all_rows_of_a_portfolio_are_found_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = amopt.load("sourcing/portfolio-36x7")
    answer = amopt.solve(instance, gap=0.05)
    looked_at: list[Any] = []
    one = comparison._check_row
    monkeypatch.setattr(
        comparison, "_check_row", lambda *a, **k: looked_at.append(a) or one(*a, **k)
    )
    assert check(instance, answer).accepted
    assert not looked_at
    wrong = {**answer.rows["switchover"][5], "cost_saving": 1.0}
    table = [*answer.rows["switchover"][:5], wrong, *answer.rows["switchover"][6:]]
    found = check(instance, replace(answer, rows={**answer.rows, "switchover": table}))
    assert len(looked_at) == 1
    assert any("cost_saving" in finding for finding in found.findings)


@pytest.mark.parametrize("seed", range(12))
def test_nondominated_by_definition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = int(rng.integers(0, 15))
    group = np.sort(rng.integers(0, 3, size))
    x, y = (rng.choice([0.0, 1.0, 2.0, 5.0, math.inf], size) for _ in range(2))
    number = rng.permutation(size)
    best = {
        int(number[i])
        for i in range(size)
        if not any(
            group[j] == group[i] and x[j] >= x[i] and y[j] >= y[i] and (x[j], y[j]) != (x[i], y[i])
            for j in range(size)
        )
    }
    assert nondominated(Points(number, group, x, y)) == best
