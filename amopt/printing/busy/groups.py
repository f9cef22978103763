"""Which parts get into each other's way at a busy printer, and what that adds to the bound."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from amopt.printing.busy.alone import Alone
from amopt.printing.busy.formulation import Group, formulate
from amopt.printing.busy.together import Member, least_extra, most_idle
from amopt.printing.parameters import Parameters
from amopt.program.pyomo import solve_model

__all__ = ["Counted", "counted"]

MOST_STATES = 100_000
"""States of the parts of a group together."""

MOST_OF_A_PART = 1_000
"""States up to which a part is looked at in groups."""

MOST_PARTS = 40
"""Parts that are looked at in groups, those that fail most."""

SOME = 1e-9
"""Share of what the parts cost alone below which a group adds nothing."""


@dataclass(frozen=True)
class Counted:
    """A group, and the share of each of its parts' cost that is counted in it.

    Attributes
    ----------
    parts
        The parts by number, ascending.
    share
        The same share of each.
    extra
        What they cost more with these shares, in money a cycle.
    """

    parts: tuple[int, ...]
    share: float
    extra: float


def counted(
    parameters: Parameters, found: Sequence[Alone], most_prints: int
) -> tuple[Counted, ...]:
    """Return the groups that add most to what the parts cost alone, by the linear program.

    Parameters
    ----------
    parameters
        The parameters of all parts.
    found
        What is best for each of them alone.
    most_prints
        Prints of a day, of all parts.
    """
    members = _members(parameters, found, most_prints)
    least = SOME * sum(abs(one.cycle_cost) for one in found)
    groups = _grown(members, parameters, most_prints, least)
    if not groups:
        return ()
    model = formulate(groups)
    solve_model(model)
    share = np.array([max(float(model.share[g].value), 0.0) for g in model.columns])
    share[share < 1e-6] = 0.0
    taken = np.zeros(len(parameters))
    for x, group in zip(share, groups, strict=True):
        taken[list(group.parts)] += x
    share /= max(1.0, float(taken.max()))
    return tuple(
        Counted(group.parts, float(x), float(x) * group.extra)
        for x, group in zip(share, groups, strict=True)
        if x > 0
    )


def _members(parameters: Parameters, found: Sequence[Alone], most_prints: int) -> dict[int, Member]:
    """Return the parts that can want the printer and are small enough, those that fail most."""
    if not most_prints:
        return {}
    idle, often = {}, {}
    for part in np.flatnonzero(np.isfinite(parameters.print_cost)).tolist():
        one = parameters.take([part])
        most = most_idle(one, pair=len(parameters) == 2)
        if (most + 1) * (most + 2) // 2 + found[part].base_stock + 2 <= MOST_OF_A_PART:
            idle[part] = most
            often[part] = float(one.systems[0] * one.failure[0])
    chosen = sorted(sorted(idle, key=lambda part: -often[part])[:MOST_PARTS])
    return {
        part: Member.of(parameters.take([part]), found[part], most_prints, idle[part])
        for part in chosen
    }


def _grown(
    members: dict[int, Member], parameters: Parameters, most_prints: int, least: float
) -> list[Group]:
    """Return the pairs, and the groups that grow from each part, that add more than ``least``.

    What two parts cost each other tells which part comes next.
    """

    def extra(parts: tuple[int, ...]) -> float:
        chosen = [members[part] for part in parts]
        return least_extra(chosen, [1.0] * len(parts), most_prints, parameters.discount)

    found: dict[tuple[int, ...], float] = {
        pair: extra(pair)
        for pair in itertools.combinations(members, 2)
        if members[pair[0]].states * members[pair[1]].states <= MOST_STATES
    }
    between = {frozenset(pair): value for pair, value in found.items() if value > least}
    for first in members:
        parts = [first]
        while True:
            size = math.prod(members[part].states for part in parts)
            worth = {
                part: sum(between.get(frozenset((part, other)), 0.0) for other in parts)
                for part, member in members.items()
                if part not in parts and size * member.states <= MOST_STATES
            }
            if not worth or max(worth.values()) <= 0.0:
                break
            parts.append(max(worth, key=lambda part: worth[part]))
            key = tuple(sorted(parts))
            if key not in found:
                found[key] = extra(key)
    return [Group(parts, value) for parts, value in found.items() if value > least]
