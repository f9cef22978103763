"""Linear expressions of Pyomo as rows, variables and numbers.

Sums of numbers, of variables, each by itself or with a number before it, and of such sums are taken
apart level by level. A row that holds anything else (parameters, products of expressions) is read
by Pyomo's own walker of linear expressions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, compress
from math import isfinite
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import UsageError
from amopt.program.pyomo.reading.columns import Variables
from amopt.program.pyomo.reading.kinds import (
    ARGUMENTS,
    MONOMIAL,
    NAMED,
    NEGATION,
    NUMBER,
    OTHER,
    PRODUCT,
    SUM,
    VARIABLE,
    Kinds,
    numbers,
    terms_of_sums,
)

__all__ = ["Bodies", "Terms", "read"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_COEFFICIENT, _VARIABLE = itemgetter(0), itemgetter(1)


@dataclass(frozen=True)
class Bodies:
    """What stands between the sides of constraints: expressions, and some that are taken off.

    Attributes
    ----------
    parts
        Expressions, row by row.
    rows
        The row of each, ascending, shape (parts,).
    kinds
        What each is, shape (parts,).
    signs
        1, or -1 where the expression is taken off, shape (parts,).
    height
        The number of rows.
    """

    parts: list[Any]
    rows: Integers
    kinds: NDArray[np.int8]
    signs: Floats
    height: int

    @classmethod
    def each(cls, bodies: Sequence[Any], kinds: Kinds) -> Bodies:
        """Return bodies that are an expression each."""
        height = len(bodies)
        return cls(list(bodies), np.arange(height), kinds.of(bodies), np.ones(height), height)

    def whole(self, row: int) -> Any:
        """Return the body of a row as one expression."""
        start, end = np.searchsorted(self.rows, [row, row + 1]).tolist()
        parts = zip(self.parts[start:end], self.signs[start:end].tolist(), strict=True)
        terms = [part if sign > 0 else -part for part, sign in parts]
        return terms[0] if len(terms) == 1 else sum(terms)


@dataclass
class Terms:
    """What bodies add up.

    Attributes
    ----------
    rows, places, numbers
        The rows, the variables' places and the coefficients, shape (terms,) each once it is read.
    constant
        The constant of each body, fixed variables at their values, shape (rows,).
    size
        What was added up to the constant, shape (rows,): the sum of absolute values.
    """

    height: int
    rows: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    places: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    numbers: Floats = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        self.constant, self.size = np.zeros(self.height), np.zeros(self.height)

    def add(self, rows: Integers, places: Integers, coefficients: Floats) -> None:
        """Add terms."""
        if not self.rows.size:
            self.rows, self.places, self.numbers = rows, places, coefficients
            return
        self.rows = np.concatenate([self.rows, rows])
        self.places = np.concatenate([self.places, places])
        self.numbers = np.concatenate([self.numbers, coefficients])

    def add_constants(self, rows: Integers, given: Floats) -> None:
        """Add constants."""
        np.add.at(self.constant, rows, given)
        np.add.at(self.size, rows, np.abs(given))

    def hold_fixed(self, variables: Variables) -> None:
        """Let what stands before fixed variables go into the constants."""
        fixed = variables.fixed
        if not fixed.any():
            return
        here = fixed[self.places]
        held = here & (self.numbers != 0)
        values = variables.values(self.places[held])
        self.add_constants(self.rows[held], self.numbers[held] * values)
        self.rows, self.places, self.numbers = (
            self.rows[~here],
            self.places[~here],
            self.numbers[~here],
        )


def read(bodies: Bodies, variables: Variables, names: Sequence[Any], kinds: Kinds) -> Terms:
    """Read linear expressions into coefficients.

    Parameters
    ----------
    bodies
        The expressions.
    variables
        The model's; is told which are mentioned.
    names
        The constraint, or objective, that each row belongs to, for messages.
    kinds
        What terms are.

    Raises
    ------
    UsageError
        When one is not linear.
    """
    terms, kind, rows, factors = _flat(bodies, kinds)
    odd = np.zeros(bodies.height, dtype=bool)
    odd[rows[kind == OTHER]] = True
    if odd.any():
        kind[odd[rows]] = OTHER
    found = Terms(bodies.height)
    mentioned = []
    for of in (MONOMIAL, VARIABLE):
        at = np.flatnonzero(kind == of)
        if not at.size:
            continue
        some = terms if at.size == len(terms) else list(compress(terms, (kind == of).tolist()))
        if of == MONOMIAL:
            pairs = list(map(ARGUMENTS, some))
            coefficients = numbers(list(map(_COEFFICIENT, pairs))) * factors[at]
            some = list(map(_VARIABLE, pairs))
        else:
            coefficients = factors[at]
        places = variables.places(some)
        mentioned.append((places, at))
        found.add(rows[at], places, coefficients)
    variables.hear(mentioned)
    constants = np.flatnonzero(kind == NUMBER)
    if constants.size:
        given = np.array([terms[k] for k in constants.tolist()], dtype=np.float64)
        found.add_constants(rows[constants], given * factors[constants])
    if odd.any():
        _walk(np.flatnonzero(odd), bodies, variables, names, found)
    found.hold_fixed(variables)
    return found


def _flat(bodies: Bodies, kinds: Kinds) -> tuple[list[Any], NDArray[np.int8], Integers, Floats]:
    """Return the terms of all bodies in their order, what they are, their rows and factors."""
    terms, kind, rows, factors = bodies.parts, bodies.kinds.copy(), bodies.rows, bodies.signs
    while True:
        _keep_products(terms, kind)
        held = np.flatnonzero((kind >= SUM) & (kind < OTHER))
        if not held.size:
            return terms, kind, rows, factors
        inner, factor = _opened([terms[k] for k in held.tolist()], kind[held])
        sizes, by = np.ones(len(terms), np.int64), np.ones(len(terms))
        sizes[held], by[held] = np.fromiter(map(len, inner), np.int64, len(inner)), factor
        new = np.repeat(np.isin(np.arange(len(terms)), held, assume_unique=True), sizes)
        rows, factors = np.repeat(rows, sizes), np.repeat(factors * by, sizes)
        kind = np.repeat(kind, sizes)
        kind[new] = kinds.of(list(chain.from_iterable(inner)))
        terms = _in_place(terms, held, inner)


def _opened(held: Sequence[Any], kind: NDArray[np.int8]) -> tuple[list[Sequence[Any]], Floats]:
    """Return what stands in terms that hold others, and the factor before it."""
    inner: list[Sequence[Any]] = [()] * len(held)
    factor = np.ones(len(held))
    sums = np.flatnonzero(kind == SUM).tolist()
    for k, own in zip(sums, terms_of_sums([held[k] for k in sums]), strict=True):
        inner[k] = own
    for k in np.flatnonzero(kind != SUM).tolist():
        if kind[k] == NAMED:
            inner[k] = (held[k].expr,)
        elif kind[k] == NEGATION:
            inner[k], factor[k] = held[k].args[:1], -1.0
        else:
            factor[k], inside = held[k].args
            inner[k] = (inside,)
    return inner, factor


def _in_place(terms: list[Any], held: Integers, inner: Sequence[Sequence[Any]]) -> list[Any]:
    """Return the terms with what stands in some of them in their places."""
    pieces: list[Sequence[Any]] = []
    begun = 0
    for k, own in zip(held.tolist(), inner, strict=True):
        pieces += terms[begun:k], own
        begun = k + 1
    pieces.append(terms[begun:])
    return list(chain.from_iterable(pieces))


def _keep_products(terms: Sequence[Any], kind: NDArray[np.int8]) -> None:
    """Leave products to Pyomo's walker, unless they are of a finite number and an expression."""
    for k in np.flatnonzero(kind == PRODUCT).tolist():
        first = terms[k].args[0]
        if not (first.__class__ in (int, float) and isfinite(first) and first):
            kind[k] = OTHER


def _walk(
    rows: Integers, bodies: Bodies, variables: Variables, names: Sequence[Any], found: Terms
) -> None:
    """Have Pyomo's walker read the bodies of some rows."""
    from pyomo.repn.linear import LinearRepnVisitor

    recorder = variables.walked()
    walker = LinearRepnVisitor({}, var_recorder=recorder)
    at: list[int] = []
    mentioned: list[Any] = []
    coefficients: list[Any] = []
    constants: list[Any] = []
    for row in rows.tolist():
        read = walker.walk_expression(bodies.whole(row))
        if read.nonlinear is not None:
            raise UsageError(f"{names[row].name} is not linear")
        at += [row] * len(read.linear)
        mentioned += map(recorder.var_map.__getitem__, read.linear)
        coefficients += read.linear.values()
        constants.append(read.constant)
    places = variables.places(mentioned)
    variables.hear([(places, np.arange(places.size))])
    found.add(np.array(at, dtype=np.int64), places, _real(coefficients))
    found.add_constants(rows, _real(constants))


def _real(given: list[Any]) -> Floats:
    """Return numbers; NaN for what Pyomo's walker marks as none."""
    real = [number if isinstance(number, (int, float)) else np.nan for number in given]
    return np.array(real, dtype=np.float64)
