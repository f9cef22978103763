"""How large the program of an instance is, by family, without solving it."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from amopt.instance.common import Instance
    from amopt.program.linear import LinearProgram, Names

__all__ = ["size_of"]

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def size_of(instance: Instance) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Return the size of an instance's program, and a row a family of variables and constraints.

    Variables that stand neither in a constraint nor in the objective do not count.

    Parameters
    ----------
    instance
        The instance.
    """
    program = _program(instance)
    matrix = program.matrix
    in_rows = np.diff(matrix.indptr).astype(np.int64)
    in_columns = np.bincount(matrix.indices, minlength=matrix.shape[1])
    stands = (in_columns > 0) | (program.cost != 0)
    whole = program.integer & stands
    everywhere = np.ones(matrix.shape[0], dtype=bool)
    rows = [
        *_by_family("variables", program.columns, in_columns, (stands, whole), {}),
        *_by_family(
            "constraints", program.rows, in_rows, (everywhere, None), _families(instance.kind)
        ),
    ]
    size = {
        "variables": int(np.count_nonzero(stands)),
        "whole": int(np.count_nonzero(whole)),
        "constraints": int(matrix.shape[0]),
        "nonzeros": int(matrix.nnz),
    }
    return size, rows


def _program(instance: Instance) -> LinearProgram:
    """Return the program of an instance as arrays: a decision's own where they are its program."""
    from amopt import decisions
    from amopt.program.linear import LinearProgram

    quickly = getattr(decisions.decision(instance.kind), "formulate_arrays", None)
    found = None if quickly is None else quickly(instance)
    if found is None:
        found = decisions.formulate(instance)
    if isinstance(found, LinearProgram):
        return found
    from amopt.program.pyomo import compile_model

    return compile_model(found).program


def _families(kind: str) -> dict[str, str]:
    """Return the family of each Pyomo component of a decision's constraints."""
    formulation = importlib.import_module(f"amopt.{kind}.formulation")
    return {
        component: family.name for family in formulation.FAMILIES for component in family.components
    }


def _by_family(
    part: str,
    names: Names,
    nonzeros: Ints,
    stands: tuple[Bools, Bools | None],
    families: dict[str, str],
) -> Iterator[dict[str, Any]]:
    """Yield a row a family, the largest first."""
    counted, integer = stands
    number: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    held: Counter[str] = Counter()
    start = 0
    for block in names.families:
        end = start + len(block)
        family = families.get(block.name, block.name)
        number[family] += int(np.count_nonzero(counted[start:end]))
        held[family] += int(nonzeros[start:end].sum())
        whole[family] += 0 if integer is None else int(np.count_nonzero(integer[start:end]))
        start = end
    for family, count in number.most_common():
        if count:
            yield {
                "part": part,
                "family": family.replace("_", " "),
                "number": count,
                "whole": None if integer is None else whole[family],
                "nonzeros": held[family],
            }
