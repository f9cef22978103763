"""Why no plan exists: the limits that clash, in the instance's words, and the least changes.

A limit of the file is dropped by writing the instance without it. A conflict is an irreducible
set of limits: with all of them no plan exists, without any one of them one does (found by halving,
QuickXplain: Junker, 2004). The least change of a limit is found by minimising what it bounds, all
others held.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from amopt.errors import InfeasibleError, NoAnswerError
from amopt.program.solver.highs import Options
from amopt.program.solver.outcome import Status
from amopt.sourcing.instance.fields import Instance, Minimise
from amopt.sourcing.instance.limits import (
    Limit,
    change_in_words,
    keeping,
    limits_of,
    without,
    words,
)
from amopt.sourcing.measures import MEASURES, any_plan
from amopt.sourcing.methods.refine import Goal, NoPlanError, by_program
from amopt.sourcing.offers.supply_options import SupplyOptions

if TYPE_CHECKING:
    from amopt.program.solver.outcome import Outcome
    from amopt.sourcing.instance.fields import Line

__all__ = ["explain", "nothing_to_order"]

MOST_CONFLICTS = 5
"""Most conflicts that are told of; there may be one a line."""


def explain(
    instance: Instance, options: Options, outcome: Outcome | None = None
) -> InfeasibleError:
    """Return the error that says which limits clash, and what would mend it."""
    free = without(instance, limits_of(instance))
    if not _feasible(free, options):
        return nothing_to_order(SupplyOptions.of(instance), _unsupplied(instance, options), outcome)
    said: list[str] = []
    limits: list[str] = []
    remedies: list[str] = []
    for part in _blocked_parts(instance, options):
        conflicts = _conflicts(part, options, MOST_CONFLICTS - len(said))
        clashes = [[words(part, limit) for limit in conflict] for conflict in conflicts]
        limits += [limit for own in clashes for limit in own]
        said += [_clash(part, own) for own in clashes]
        for conflict, changes in zip(conflicts, _remedies(part, conflicts, options), strict=True):
            if changes:
                also = " together with one for each other clash" if len(conflicts) > 1 else ""
                remedies += [f"{change}{also}" for change in changes]
            else:
                remedies.append(
                    f"change more than one of: {', '.join(words(part, x) for x in conflict)}"
                )
        if len(said) >= MOST_CONFLICTS:
            break
    message = f"no plan exists: {'; and '.join(said)}."
    return InfeasibleError(message, conflict=limits, remedies=remedies, outcome=outcome)


def _clash(instance: Instance, limits: Sequence[str]) -> str:
    """Return a conflict in words, with the lines that it is about."""
    lines = [f"line {line.line!r} ({line.quantity:g} parts)" for line in instance.lines]
    about = ", ".join(lines) if len(lines) <= 3 else f"{len(lines)} lines"
    if len(limits) == 1:
        return f"{limits[0]} cannot be kept by {about}"
    return f"{', '.join(limits[:-1])} and {limits[-1]} cannot hold together for {about}"


def _conflicts(instance: Instance, options: Options, most: int) -> list[tuple[Limit, ...]]:
    """Return conflicts that share no limit, until the rest can be kept."""
    found: list[tuple[Limit, ...]] = []
    left = limits_of(instance)
    while len(found) < most and not _feasible(keeping(instance, left), options):
        conflict = _conflict(instance, left, options)
        found.append(conflict)
        left = [limit for limit in left if limit not in conflict]
    return found


def nothing_to_order(
    supply: SupplyOptions, lines: Sequence[str], outcome: Outcome | None = None
) -> InfeasibleError:
    """Return the error for lines that nothing can be ordered for, whatever the limits are."""
    said = []
    for name in lines:
        index = next(i for i, line in enumerate(supply.instance.lines) if line.line == name)
        reasons = [
            f"{supply.supplier[o]}: {supply.excluded[o] or 'its quantities do not add up to it'}"
            for o in np.flatnonzero(supply.line == index)
        ]
        said.append(f"line {name!r} ({'; '.join(reasons) or 'nobody offers its part'})")
    return InfeasibleError(
        f"nothing that can be ordered fills {', '.join(said[:5])}"
        + (f" and {len(said) - 5} more lines" if len(said) > 5 else ""),
        conflict=[f"line {name!r}" for name in lines],
        remedies=["add an offer or conventional supply that can fill the line"],
        outcome=outcome,
    )


def _feasible(instance: Instance, options: Options) -> bool:
    """Return whether a plan exists."""
    supply = SupplyOptions.of(instance)
    try:
        by_program(supply, options, goal=Goal(any_plan, lambda plan: 0.0))
    except InfeasibleError:
        return False
    except NoPlanError as error:
        if error.outcome.status is Status.INFEASIBLE:
            return False
        raise NoAnswerError(
            "no plan exists, or none was found, and the time ran out before the reason was known",
            outcome=error.outcome,
        ) from None
    return True


def _blocked_parts(instance: Instance, options: Options) -> Iterator[Instance]:
    """Yield the instance with only lines that share limits, for each such group without a plan.

    A line whose part and suppliers have no limit in common with others is a group by itself.
    """
    own = instance.limits
    if own.budget is not None or own.kg_co2 is not None:
        yield instance
        return
    limited = {entry.supplier for entry in instance.capacities}
    licensed = {licence.part for licence in instance.licences}
    suppliers: dict[str, set[str]] = {}
    for offer in instance.offers:
        suppliers.setdefault(offer.part, set()).add(offer.supplier)
    groups: dict[str, list[Line]] = {}
    for line in instance.lines:
        capacity = "capacity" if suppliers.get(line.part, set()) & limited else ""
        licence = f"licence {line.part}" if line.part in licensed else ""
        groups.setdefault(capacity or licence or f"line {line.line}", []).append(line)
    for group in groups.values():
        names, parts = {line.line for line in group}, {line.part for line in group}
        part = instance.supposing(
            lines=tuple(group),
            committed=tuple(o for o in instance.committed if o.line in names),
            offers=tuple(o for o in instance.offers if o.part in parts),
            conventional=tuple(e for e in instance.conventional if e.part in parts),
            licences=tuple(x for x in instance.licences if x.part in parts),
        )
        if not _feasible(part, options):
            yield part


def _unsupplied(instance: Instance, options: Options) -> list[str]:
    """Return the lines that cannot be filled without any limit."""
    free = without(instance, limits_of(instance))
    return [
        line.line
        for line in free.lines
        if not _feasible(
            free.supposing(
                lines=(line,),
                committed=tuple(o for o in free.committed if o.line == line.line),
            ),
            options,
        )
    ]


def _conflict(instance: Instance, limits: list[Limit], options: Options) -> tuple[Limit, ...]:
    """Return an irreducible set of limits that no plan keeps (QuickXplain)."""

    def clash(kept: Sequence[Limit]) -> bool:
        return not _feasible(keeping(instance, kept), options)

    def search(base: list[Limit], added: bool, rest: list[Limit]) -> list[Limit]:
        if added and clash(base):
            return []
        if len(rest) == 1:
            return rest
        half = len(rest) // 2
        first, second = rest[:half], rest[half:]
        found = search(base + first, True, second)
        return found + search(base + found, bool(found), first)

    return tuple(search([], False, limits))


def _remedies(
    instance: Instance, conflicts: Sequence[tuple[Limit, ...]], options: Options
) -> list[list[str]]:
    """Return, by conflict, the least change of each limit, the other conflicts dropped."""
    found = []
    for conflict in conflicts:
        others = [limit for other in conflicts if other is not conflict for limit in other]
        changes = (
            _least_change(without(instance, [*others, limit]), instance, limit, options)
            for limit in conflict
        )
        found.append([change for change in changes if change is not None])
    return found


def _least_change(free: Instance, instance: Instance, limit: Limit, options: Options) -> str | None:
    """Return how far a limit must be moved if it alone is; nothing if that does not mend it."""
    measure = MEASURES[limit.kind]
    weights = Minimise(cost=1.0, downtime=1.0, weeks=1.0, kg_co2=1.0)
    supply = SupplyOptions.of(free.supposing(minimise=weights))
    goal = Goal(
        lambda model: measure.shape(model, instance, limit.index),
        lambda plan: measure.value(plan, limit.index),
    )
    try:
        plan, _ = by_program(supply, options, goal=goal)
    except (InfeasibleError, NoPlanError):
        return None
    return change_in_words(instance, limit, measure.value(plan, limit.index))
