"""Numbers that are too large for a solver are named by row and column."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
import scipy.sparse as sp

import amopt
from amopt.errors import UsageError
from amopt.program.blocks import solve_blocks
from amopt.program.linear import LinearProgram, NamedBlock
from amopt.program.magnitudes import require_magnitudes
from amopt.program.solver.highs import Solver, solve

PLAIN = LinearProgram.from_arrays(
    [1, 2], [[1, 1], [1, 0]], [1, -np.inf], [np.inf, 4],
    rows=[NamedBlock("need", ["a", "b"])], columns=[NamedBlock("flow", [("a", 1), ("b", 2)])],
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"matrix": sp.csr_array([[1, 1], [-1e16, 0]])},
            "the coefficient -1e+16 of flow[a,1] in need[b]",
        ),
        ({"cost": np.array([1, 1e20])}, "the cost 1e+20 of flow[b,2]"),
        ({"row_lower": np.array([1e20, -np.inf])}, "the right-hand side 1e+20 of need[a]"),
        ({"row_upper": np.array([np.inf, -1e21])}, "the right-hand side -1e+21 of need[b]"),
        (
            {"lower": np.array([0, 1e20]), "upper": np.array([1, 1e20])},
            "the bound 1e+20 of flow[b,2]",
        ),
    ],
)
def test_what_is_too_large_is_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as raised:
        solve(replace(PLAIN, **change))
    assert words in str(raised.value)


def test_a_handful_is_named_and_the_rest_counted() -> None:
    many = LinearProgram.from_arrays(np.full(9, 1e30), np.eye(9), 1, np.inf)
    with pytest.raises(UsageError, match=r"of c0, the cost 1e\+30 of c1, .* of c2 and 6 more\."):
        require_magnitudes(many)


def test_open_sides_are_not_too_large() -> None:
    wide = replace(PLAIN, row_upper=np.array([1e20, 4]), upper=np.array([1e25, np.inf]))
    require_magnitudes(wide)
    assert solve(wide).outcome.objective == 1


def test_a_pyomo_model_names_its_own_rows() -> None:
    model = pyo.ConcreteModel(name="plant")
    model.x = pyo.Var(["a"], bounds=(0, 9))
    model.hours = pyo.Constraint(["SLS"], rule=lambda m, _: 1e16 * m.x["a"] <= 4)
    with pytest.raises(UsageError, match=r"'plant' has .* coefficient 1e\+16 of x\[a\] in hours\["):
        amopt.solve(model)


def test_names_are_told_where_a_program_falls_apart() -> None:
    two = LinearProgram.from_arrays(
        np.ones(20_000), 1e16 * sp.eye(20_000), 1, np.inf, rows=[NamedBlock("need", range(20_000))],
        columns=[NamedBlock("flow", range(20_000))],
    )  # fmt: skip
    with pytest.raises(UsageError, match=r"of flow\[0\] in need\[0\]"):
        solve_blocks(two)


@pytest.mark.parametrize(("smallest", "threshold"), [(1.0, 1e-9), (2e-9, 1e-9), (1e-11, 1e-12)])
def test_only_small_coefficients_lower_the_threshold_of_the_solver(smallest, threshold):
    """A lower one than its own makes it keep the dust of its cuts, which takes long."""
    program = replace(PLAIN, matrix=sp.csr_array([[1, 1], [smallest, 1]]))
    with Solver(program) as solver:
        assert solver._highs.getOptionValue("small_matrix_value")[1] == threshold
        assert solver._highs.getNumNz() == 4
