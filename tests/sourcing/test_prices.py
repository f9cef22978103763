"""Prices on shared limits: the bound is one, and the plan is near it."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import amopt
from amopt.program.blocks import solve_blocks
from amopt.program.solver.highs import Options
from amopt.sourcing.methods.arrays import Arrays, arrays_of
from amopt.sourcing.methods.column_generation import solve_by_prices
from amopt.sourcing.offers.segments import cut
from amopt.sourcing.offers.supply_options import SupplyOptions
from tests.sourcing.random_instances import instance


def arrays(data: dict[str, Any]) -> Arrays:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        supply = SupplyOptions.of(amopt.load(data))
    return arrays_of(supply, cut(supply))


@pytest.mark.parametrize("seed", range(20))
def test_the_optimum_lies_between_bound_and_plan(seed: int) -> None:
    data = instance(seed, lines=12, shared=True)
    data.pop("limits", None)
    if seed % 3 == 0:
        data["licences"] = [{"part": "p0", "prints": 3}, {"part": "p1", "prints": 5}]
    if seed % 4 == 0:
        data["limits"] = {"suppliers_per_line": 1, "budget": 1e6}
    written = arrays(data)
    program = written.program
    optimum = solve_blocks(program).outcome.objective
    assert optimum is not None
    answer = solve_by_prices(written, Options(gap=0.02))
    assert answer is not None
    assert answer.outcome.bound is not None
    assert answer.outcome.objective is not None
    assert answer.outcome.bound <= optimum * (1 + 1e-6)
    assert answer.outcome.objective >= optimum * (1 - 1e-6)
    assert answer.values is not None
    rows = program.matrix @ answer.values
    assert (rows <= program.row_upper + 1e-6).all()
    assert (rows >= program.row_lower - 1e-6).all()


@pytest.mark.parametrize("seed", range(5))
def test_lines_that_share_nothing_are_solved_to_the_end(seed: int) -> None:
    data = instance(seed, lines=10)
    written = arrays(data)
    program = written.program
    answer = solve_by_prices(written, Options())
    assert answer is not None
    optimum = solve_blocks(program).outcome.objective
    assert answer.outcome.objective == pytest.approx(optimum, rel=1e-6)
    assert answer.outcome.bound == pytest.approx(optimum, rel=1e-6)


def test_many_lines_reach_the_gap_that_is_asked_for() -> None:
    """The more lines, the smaller the gap that the shared limits leave."""
    data = instance(42, lines=150, shared=True)
    data.pop("limits", None)
    written = arrays(data)
    program = written.program
    answer = solve_by_prices(written, Options(gap=0.01))
    assert answer is not None
    assert answer.outcome.gap is not None
    assert answer.outcome.gap <= 0.01
    slack = program.row_upper - program.matrix @ answer.values
    assert slack.min() >= -1e-6
