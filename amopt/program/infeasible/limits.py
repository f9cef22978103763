"""The limits of a program, by name and key, so that they can be said in an instance's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from amopt.program.linear import LinearProgram

__all__ = ["Limit", "Side", "Words", "column_limit", "row_limit"]

Side = Literal["lower", "upper", "both", "integer"]
Words = Mapping[str, Callable[..., str]]


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of a program: a side of a row, a bound of a column, or its integrality.

    Attributes
    ----------
    index
        Its position among the rows or columns.
    name
        The name of the row or column, such as ``capacity[plant,3]``.
    family, key
        The family's name and the member's key, as given to
        :class:`~amopt.program.linear.NamedBlock`; the key is None for a single member.
    side
        ``"lower"``, ``"upper"``, ``"both"`` or ``"integer"``.
    """

    index: int
    name: str
    family: str
    key: Any
    side: Side

    def in_words(self, words: Words) -> str:
        """Return what ``words`` says of it: ``words[family](key)``, or its name."""
        return words[self.family](self.key) if self.family in words else self.name


def row_limit(program: LinearProgram, index: int, side: Side) -> Limit:
    """Return a side of row ``index`` with its name and key."""
    family, key = program.rows.family_and_key(index) if len(program.rows) else ("r", index)
    return Limit(index, program.row_name(index), family, key, side)


def column_limit(program: LinearProgram, index: int, side: Side) -> Limit:
    """Return a bound of column ``index``, or its integrality, with its name and key."""
    family, key = program.columns.family_and_key(index) if len(program.columns) else ("c", index)
    return Limit(index, program.column_name(index), family, key, side)
