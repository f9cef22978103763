"""What each limit of a solved instance costs: solved once more without it, one after the other."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amopt.errors import UsageError
from amopt.outcome import Stopped
from amopt.phrases import counted, plural
from amopt.program.solver.options import Options
from amopt.program.time import Budget
from amopt.sourcing.worth.limits import limits_of
from amopt.sourcing.worth.search import Search, cost_of, stated_of
from amopt.sourcing.worth.values import value_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from amopt.sourcing.answer.solution import SourcingSolution
    from amopt.sourcing.instance.fields import Instance
    from amopt.sourcing.worth.stated import StatedLimit

__all__ = ["with_cost_of_limits"]

QUICK = 2000
"""Limits times ways of supply that are looked at where nobody asks for it."""

QUICK_SECONDS = 2.0
"""Seconds that it may take the solver then, as far as the solve of the plan tells."""

RULES = ("frontier", "corrected-frontier")
"""The methods that do not look for the least cost."""


def with_cost_of_limits(
    answer: SourcingSolution,
    instance: Instance,
    *,
    method: str = "auto",
    options: Options | None = None,
    register: str | Path | None = None,
    only_if_quick: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> SourcingSolution:
    """Return an answer with a table of what each limit costs, the dearest first.

    Each limit is left out alone, and the instance solved again: what the plan would save. Limits
    that Ctrl-C, or the time limit, leaves are in the table without a cost.

    Parameters
    ----------
    answer
        An answer to the instance, to a proven bound.
    instance
        The instance that it answers.
    method, options, register
        As for :func:`amopt.sourcing.solve`; the time limit is that of all these solves.
    only_if_quick
        Whether to look only where that takes no longer than a small instance does; elsewhere a
        note says that limits have not been looked at.
    progress
        Told how many limits have been looked at, and how many there are.

    Raises
    ------
    UsageError
        When a rule made the plan: a limit costs what the best plan would save.
    """
    if only_if_quick and (method in RULES or answer.outcome.stopped is not Stopped.FINISHED):
        return answer
    if method in RULES:
        raise UsageError(
            f"the method {method!r} does not look for the least cost, so that what a limit costs "
            "cannot be told; leave it out"
        )
    if register is not None:
        from amopt.sourcing.register.register import Register, with_register

        instance = with_register(instance, Register.open(register))
    stated = list(limits_of(instance))
    if not stated:
        none = () if only_if_quick else ("The file states no limit.",)
        return replace(answer, notes=(*answer.notes, *none))
    if only_if_quick and not _is_quick(answer, instance, len(stated)):
        words = f"{counted(len(stated), 'limit')} {plural(len(stated), 'is', 'are')} stated"
        note = f"{words}; solve with --worth to see what they cost."
        return replace(answer, notes=(*answer.notes, note))
    return _looked_at(answer, stated, options or Options(), progress)


def _is_quick(answer: SourcingSolution, instance: Instance, limits: int) -> bool:
    """Return whether looking at so many limits takes no longer than a small instance does."""
    offered = Counter(offer.part for offer in instance.offers)
    offered.update(entry.part for entry in instance.conventional)
    ways = sum(offered[line.part] for line in instance.lines)
    solving = answer.outcome.seconds.get("solve", 0.0)
    return limits * ways <= QUICK and limits * solving <= QUICK_SECONDS


def _looked_at(
    answer: SourcingSolution,
    stated: list[StatedLimit],
    options: Options,
    progress: Callable[[int, int], None] | None,
) -> SourcingSolution:
    budget, plan = Budget(options.time_limit), value_of(answer)
    search = Search(options, budget, plan, progress=progress)

    def row(limit: StatedLimit) -> dict[str, Any]:
        return {
            **stated_of(limit, plan),
            **cost_of(plan.gain(search.at(limit, None))),
            "family": limit.family,
        }

    with budget.phase("limits"):
        rows = search.rows(stated, row, 0, len(stated))
    nothing = {"costs": None, "costs_at_least": 0.0, "costs_at_most": None}
    for limit in stated[len(rows) :]:
        rows.append({**stated_of(limit, plan), **nothing, "family": limit.family})
    rows.sort(key=lambda own: -own["costs_at_least"])
    outcome = replace(answer.outcome, seconds={**answer.outcome.seconds, **budget.seconds})
    return replace(answer, rows={**answer.rows, "limits": rows}, outcome=outcome)
