"""Whether a computed number is the printed one, as far as its digits say; arithmetic by hand."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

__all__ = ["agrees", "half_unit", "number", "worked_out"]

_ROUNDING = 1e-9
"""Relative to a number: what two ways of adding up may differ by at a digit's edge."""


def number(text: str) -> float | None:
    """Return a printed number; None where the text is a word."""
    try:
        return float(text.replace(",", "").replace("\u2212", "-"))
    except ValueError:
        return None


def half_unit(text: str) -> float:
    """Return half a unit of the last digit that is printed."""
    digits = text.rstrip().partition(".")[2]
    return 0.5 * 10.0 ** -len(digits)


def agrees(text: str, computed: Any, tolerance: float | None = None) -> bool:
    """Whether a computed value is printed so, or lies within a tolerance of it."""
    printed = number(text)
    if printed is None or isinstance(computed, str):
        return bool(text == computed)
    if tolerance is None:
        if isinstance(computed, int):
            return computed == printed
        tolerance = half_unit(text)
    return bool(abs(computed - printed) <= tolerance + _ROUNDING * max(1.0, abs(printed)))


_WORK: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
}
_FUNCTIONS: dict[str, Callable[..., float]] = {"exp": math.exp, "sqrt": math.sqrt}


def worked_out(text: str) -> float:
    """Return what arithmetic gives: numbers, the four operations, powers, exp and sqrt.

    Raises
    ------
    ValueError
        When the text is anything else.
    """
    return float(_worked_out(ast.parse(text, mode="eval").body))


def _worked_out(node: ast.AST) -> Any:
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.BinOp(left, op, right) if type(op) in _WORK:
            return _WORK[type(op)](_worked_out(left), _worked_out(right))
        case ast.UnaryOp(op, operand) if type(op) in _WORK:
            return _WORK[type(op)](_worked_out(operand))
        case ast.Call(ast.Name(name), [argument]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](_worked_out(argument))
    raise ValueError(f"not arithmetic: {ast.unparse(node)}")
