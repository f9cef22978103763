"""The limits of a program: which rows each of them is, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import Limit
from amopt.program.family import Family
from amopt.program.linear import LinearProgram, NamedBlock

__all__ = ["ProgramLimits"]

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class ProgramLimits:
    """The limits of a program.

    Rows of one family that say the same are one limit, which gives way as a whole.

    Attributes
    ----------
    rows
        The rows of each limit; limits that are easy to change first, the whole plan's before those
        of one member of many.
    families
        The family of each limit's name; a caller's own rows have none.
    aside
        The rows of valid inequalities.
    instance
        The instance.
    """

    rows: dict[Limit, Rows]
    families: dict[str, Family]
    aside: Rows
    instance: Any

    @classmethod
    def of(cls, program: LinearProgram, families: Sequence[Family], instance: Any) -> ProgramLimits:
        """Return the limits of a program whose rows carry the names of the families' components."""
        owners = {component: family for family in families for component in family.components}
        found: dict[tuple[str, str], tuple[Any, list[int]]] = {}
        aside: list[int] = []
        start = 0
        unnamed = (NamedBlock("r", range(program.shape[0])),)
        for block in program.rows.families if len(program.rows) else unnamed:
            owner = owners.get(block.name)
            if owner is not None and owner.tightens:
                aside += range(start, start + len(block))
            elif owner is None or owner.says is not None:
                for member in range(len(block)):
                    key, row = block.key(member), start + member
                    if owner is None or owner.says is None:
                        name, words = block.name, f"the constraint {program.row_name(row)}"
                    else:
                        name, words = owner.name, owner.says(instance, key)
                    found.setdefault((name, words), (key, []))[1].append(row)
            start += len(block)
        named = {family.name: family for family in families}
        rank = {name: position for position, name in enumerate(named)}

        def ease(member: tuple[tuple[str, str], tuple[Any, list[int]]]) -> tuple[bool, bool, int]:
            (name, _), (key, _) = member
            gives = name not in named or named[name].remedy is not None
            return not gives, key is not None, rank.get(name, len(rank))

        rows = {
            Limit(name, key, words): np.array(own, dtype=np.int64)
            for (name, words), (key, own) in sorted(found.items(), key=ease)
        }
        return cls(rows, named, np.array(aside, dtype=np.int64), instance)

    def may_give(self, limit: Limit) -> bool:
        """Return whether a change of the limit can be acted on."""
        family = self.families.get(limit.family)
        return family is None or family.remedy is not None
