"""The active constraints of a Pyomo model: their sides, and what stands between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, compress
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import UsageError
from amopt.program.linear import NamedBlock, Names
from amopt.program.pyomo.reading.columns import members_of
from amopt.program.pyomo.reading.kinds import ARGUMENTS, NUMBER, OTHER, Kinds, numbers
from amopt.program.pyomo.reading.terms import Bodies

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["Rows"]

Floats = NDArray[np.float64]

_ACTIVE, _EXPRESSION = attrgetter("_active"), attrgetter("_expr")
"""Where the properties ``active`` and ``expr`` look, a call of Python each time."""

_LEFT, _RIGHT = itemgetter(0), itemgetter(1)


@dataclass
class Rows:
    """The active constraints of a model, component by component.

    Attributes
    ----------
    constraints
        The constraints that have a side.
    bodies
        What stands between their sides.
    lower, upper
        Their sides, infinite where open, shape (constraints,).
    blocks
        Each component's name, and the keys of its members; None where it is not indexed.
    """

    constraints: list[Any]
    bodies: Bodies
    lower: Floats
    upper: Floats
    blocks: list[tuple[str, list[Any] | None]]

    @classmethod
    def of(cls, model: ConcreteModel, kinds: Kinds) -> Rows:
        """Return the active constraints of a model."""
        from pyomo.environ import Constraint

        constraints: list[Any] = []
        blocks: list[tuple[str, list[Any] | None]] = []
        pieces = [_Piece.none()]
        for component in model.component_objects(Constraint, active=True):
            keys, members = members_of(component)
            active = list(map(_ACTIVE, members))
            if not all(active):
                keys, members = (list(compress(of, active)) for of in (keys, members))
            piece, kept = _Piece.of(members, kinds)
            if len(kept) < len(members):
                keys, members = ([of[k] for k in kept] for of in (keys, members))
            if members:
                constraints += members
                pieces.append(piece)
                blocks.append((component.name, keys if component.is_indexed() else None))
        sizes = np.concatenate([piece.sizes for piece in pieces])
        bodies = Bodies(
            list(chain.from_iterable(piece.parts for piece in pieces)),
            np.repeat(np.arange(len(constraints)), sizes),
            np.concatenate([piece.kinds for piece in pieces]),
            np.concatenate([piece.signs for piece in pieces]),
            len(constraints),
        )
        lower, upper = (np.concatenate([piece.sides[end] for piece in pieces]) for end in (0, 1))
        return cls(constraints, bodies, lower, upper, blocks)

    def names(self, kept: NDArray[np.bool_]) -> Names:
        """Return the names of the constraints that are kept."""
        families, start = [], 0
        for name, keys in self.blocks:
            size = 1 if keys is None else len(keys)
            own = kept[start : start + size]
            start += size
            if own.all():
                families.append(NamedBlock(name, keys))
            elif own.any():
                families.append(
                    NamedBlock(name, None if keys is None else list(compress(keys, own.tolist())))
                )
        return Names(families)


@dataclass
class _Piece:
    """The members of one component: parts of their bodies, how many each, kinds, signs, sides."""

    parts: Sequence[Any]
    sizes: NDArray[np.int64]
    kinds: NDArray[np.int8]
    signs: Floats
    sides: tuple[Floats, Floats]

    @classmethod
    def none(cls) -> _Piece:
        no = np.zeros(0)
        return cls([], np.zeros(0, np.int64), np.zeros(0, np.int8), no, (no, no))

    @classmethod
    def of(cls, members: Sequence[Any], kinds: Kinds) -> tuple[_Piece, Sequence[int]]:
        """Return the members with a side, and which they are."""
        pairs, equal = _pairs(members)
        left, right = list(map(_LEFT, pairs)), list(map(_RIGHT, pairs))
        known = [kinds.of(left), kinds.of(right)]
        uniform = all(
            (kind == NUMBER).all() or not ((kind == NUMBER) | (kind == OTHER)).any()
            for kind in known
        )
        numbered = [bool(pairs) and bool(kind[0] == NUMBER) for kind in known]
        if not pairs or not uniform or all(numbered):
            return cls._one_by_one(members, kinds)
        m = len(members)
        size, signs = np.ones(m, np.int64), np.ones(m)
        if numbered[1]:
            parts, own, upper = left, known[0], numbers(right)
            lower = upper if equal else np.full(m, -np.inf)
        elif numbered[0]:
            parts, own, lower = right, known[1], numbers(left)
            upper = lower if equal else np.full(m, np.inf)
        else:
            parts, upper = list(chain.from_iterable(pairs)), np.zeros(m)
            own = np.column_stack(known).ravel()
            lower = upper if equal else np.full(m, -np.inf)
            size, signs = size + 1, np.tile([1.0, -1.0], m)
        return cls(parts, size, own, signs, (lower, upper)), range(m)

    @classmethod
    def _one_by_one(cls, members: Sequence[Any], kinds: Kinds) -> tuple[_Piece, Sequence[int]]:
        """Ask each member for its sides and its body."""
        kept, bodies, lower, upper = [], [], [], []
        for k, member in enumerate(members):
            low, body, high = _bounded(member)
            if low is None and high is None:
                continue
            kept.append(k)
            bodies.append(body)
            lower.append(-np.inf if low is None else low)
            upper.append(np.inf if high is None else high)
        m = len(bodies)
        sides = numbers(lower), numbers(upper)
        return cls(bodies, np.ones(m, np.int64), kinds.of(bodies), np.ones(m), sides), kept


def _pairs(members: Sequence[Any]) -> tuple[list[Any], bool]:
    """Return the two sides of each constraint, and whether they are equal.

    There are none unless all are equations, or all inequalities, of two sides.
    """
    from pyomo.core.base.constraint import ConstraintData, ScalarConstraint
    from pyomo.core.expr.relational_expr import EqualityExpression, InequalityExpression

    if set(map(type, members)) <= {ConstraintData, ScalarConstraint}:
        relations = list(map(_EXPRESSION, members))
        said = set(map(type, relations))
        if said in ({EqualityExpression}, {InequalityExpression}):
            return list(map(ARGUMENTS, relations)), said == {EqualityExpression}
    return [], False


def _bounded(constraint: Any) -> tuple[Any, Any, Any]:
    """Return the lower side, the body and the upper side of a constraint, None where open.

    Raises
    ------
    UsageError
        When a variable stands in a side of a constraint that has two.
    """
    from pyomo.common.errors import PyomoException

    if hasattr(constraint, "template_expr"):  # kept as a template of its rule by Pyomo
        constraint.expr  # noqa: B018 - gives it an expression of its own
    try:
        low, body, high = constraint.to_bounded_expression()
    except (PyomoException, ValueError) as error:  # the one or the other, by version
        raise UsageError(
            f"{constraint.name} has two sides and a variable in one of them: write two constraints"
        ) from error
    return low, body, high
