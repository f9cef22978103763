"""A program as a Pyomo model, and back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyomo.environ as pyo

from amopt.program.linear import LinearProgram, NamedBlock, Names
from amopt.program.pyomo import (
    compile_model,
    solve_model,
    to_pyomo,
)
from amopt.program.solver.highs import solve
from tests.program.programs import transport
from tests.program.pyomo.models import plant


def test_a_program_as_a_model_and_back() -> None:
    program = compile_model(plant()).program
    model = to_pyomo(program)
    assert {component.name for component in model.component_objects(pyo.Constraint)} == {
        "two_sided", "equal", "most", "least",
    }  # fmt: skip
    again = compile_model(model).program
    assert same(program, again)
    assert list(again.columns) == list(program.columns)
    assert list(again.rows) == list(program.rows)
    assert solve_model(model).outcome.objective == solve(program).outcome.objective


def same(one: LinearProgram, two: LinearProgram) -> bool:
    return (
        (one.matrix != two.matrix).nnz == 0
        and all(
            np.array_equal(getattr(one, name), getattr(two, name))
            for name in ("cost", "row_lower", "row_upper", "lower", "upper", "integer")
        )
        and (one.offset, one.maximise) == (two.offset, two.maximise)
    )


def test_programs_with_awkward_names_become_models() -> None:
    program = transport(4)
    assert same(program, compile_model(to_pyomo(program)).program)
    families = [
        NamedBlock("a b", np.array([[1, 2], [3, 4]])),
        NamedBlock("objective", [(1, (2, 3)), (1, (2, 4))]),
        NamedBlock("a.b", ["x", "x"]),
        NamedBlock("1", range(2)),
    ]
    awkward = replace(program, rows=Names(families))
    model = to_pyomo(awkward)
    names = [component.name for component in model.component_objects(pyo.Constraint)]
    assert names == ["a_b", "objective_2", "a_b_2", "_1"]
    assert model.a_b[3, 4] is not None
    assert same(program, compile_model(model).program)


def test_keys_of_several_lengths_become_a_model() -> None:
    program = transport(2)
    keys = ["a", ("b", 1), ("c", 1, 2), 4]
    mixed = replace(
        program, rows=Names([NamedBlock("row", keys)]), columns=Names([NamedBlock("x", keys)])
    )
    model = to_pyomo(mixed)
    assert model.x["b", 1].name == "x[b,1]"
    again = compile_model(model).program
    assert same(program, again)
    assert [again.rows.family_and_key(row)[1] for row in range(4)] == keys
