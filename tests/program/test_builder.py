"""The builder against a program written out by hand."""

import numpy as np
import pytest

from amopt.program.builder import Builder, Term


def test_a_program_of_two_families():
    builder = Builder()
    x = builder.variables("x", [("a", 1), ("a", 2), ("b", 1)], cost=[1, 2, 3], upper=9)
    y = builder.variables("y", ["a", "b"], cost=5, upper=1, integer=True)
    builder.rows("serve", [1, 2], x.grouped([0, 1, 0]), lower=1, upper=1)
    builder.rows("link", [0, 1, 2], x.per_row(), y.spread([0, 0, 1], [-1, -1, -2]), upper=0)
    builder.rows("nothing", [], x.per_row())
    builder.rows("all", ["only"], Term(x, [0, 0, 0], [0, 1, 2], 4.0), upper=7)
    program = builder.build("small")
    assert program.matrix.toarray().tolist() == [
        [1, 0, 1, 0, 0],
        [0, 1, 0, 0, 0],
        [1, 0, 0, -1, 0],
        [0, 1, 0, -1, 0],
        [0, 0, 1, 0, -2],
        [4, 4, 4, 0, 0],
    ]
    assert program.cost.tolist() == [1, 2, 3, 5, 5]
    assert program.upper.tolist() == [9, 9, 9, 1, 1]
    assert program.integer.tolist() == [False, False, False, True, True]
    assert program.row_lower.tolist() == [1, 1, -np.inf, -np.inf, -np.inf, -np.inf]
    assert program.row_upper.tolist() == [1, 1, 0, 0, 0, 7]
    assert list(program.rows) == [
        "serve[1]", "serve[2]", "link[0]", "link[1]", "link[2]", "all[only]",
    ]  # fmt: skip
    assert list(program.columns) == ["x[a,1]", "x[a,2]", "x[b,1]", "y[a]", "y[b]"]


def test_an_empty_program():
    assert Builder().build("empty").shape == (0, 0)


def test_shapes_that_disagree_are_refused():
    builder = Builder()
    with pytest.raises(ValueError):
        builder.variables("x", [1, 2], cost=[1, 2, 3])
