"""Why no plan exists at an event, in the numbers of the files.

What is decided at an event counts weeks from when its orders would be placed, and a supplier's
parts from what is free; the files count a line's weeks from when it came in, and a supplier's parts
in all. Remedies are told as the files count, so that what is told can be written down there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from amopt.errors import Conflict, InfeasibleError, LeastChange, Limit
from amopt.phrases import in_weeks, rounded_up
from amopt.program.infeasible.search import Reasons
from amopt.program.infeasible.sentences import no_plan
from amopt.sourcing import formulation
from amopt.sourcing.offers.shared_use import shared_use
from amopt.sourcing.offers.supply_options import SupplyOptions

if TYPE_CHECKING:
    from amopt.program.family import Family
    from amopt.sourcing.instance.fields import Instance
    from amopt.sourcing.rolling.state import ReplayState

__all__ = ["as_the_files_count", "at_event"]


def at_event(error: InfeasibleError, when: str, message: str = "") -> InfeasibleError:
    """Return an error with the event at which no plan exists.

    Parameters
    ----------
    error
        Why no plan exists then.
    when
        The time and what happened.
    message
        More to say.
    """
    return InfeasibleError(
        f"{when}: {error}{message}",
        conflict=error.conflict,
        remedies=error.remedies,
        outcome=error.outcome,
        conflicts=error.conflicts,
        combinations=error.combinations,
        complete=error.complete,
    )


def as_the_files_count(state: ReplayState, error: InfeasibleError) -> InfeasibleError:
    """Return why no plan exists at a time, in the numbers of the instance and the events."""
    if not error.conflicts:
        return error
    files = _Files.of(state)
    told = no_plan(
        Reasons(
            conflicts=tuple(
                Conflict(
                    tuple(dict.fromkeys(files.limit(limit) for limit in conflict.limits)),
                    files.changes(conflict.remedies),
                )
                for conflict in error.conflicts
            ),
            combinations=tuple(files.changes(changes) for changes in error.combinations),
            complete=error.complete,
        ),
        error.outcome,
    )
    assert isinstance(told, InfeasibleError)
    return told


@dataclass(frozen=True)
class _Files:
    """How the files count at a time.

    Attributes
    ----------
    state
        What is known at the time.
    now
        What is decided then.
    stated
        The same with the limits as the files state them.
    families
        The families of the formulation, by name.
    """

    state: ReplayState
    now: Instance
    stated: Instance
    families: dict[str, Family]

    @classmethod
    def of(cls, state: ReplayState) -> _Files:
        """Return how the files count at a time."""
        now = state.to_decide()
        stated = now.unchecked_copy(
            lines=tuple(
                line.model_copy(update={"need_by_weeks": state.lines[line.line].line.need_by_weeks})
                for line in now.lines
            ),
            capacities=tuple(state.capacities.values()),
            limits=state.instance.limits,
        )
        return cls(state, now, stated, {family.name: family for family in formulation.FAMILIES})

    def limit(self, limit: Limit) -> Limit:
        """Return a limit as the files state it."""
        if limit.family == "need_by" and self._by_the_plan(limit.key):
            return self._named(Limit("latest_delivery", None, ""))
        return self._named(limit) if limit.family in {"need_by", "parts"} else limit

    def _named(self, limit: Limit) -> Limit:
        says = self.families[limit.family].says
        return replace(limit, words=limit.words if says is None else says(self.stated, limit.key))

    def changes(self, changes: Iterable[LeastChange]) -> tuple[LeastChange, ...]:
        """Return least changes as the files count."""
        return tuple(self._change(change) for change in changes)

    def _change(self, change: LeastChange) -> LeastChange:
        if change.limit.family == "need_by":
            return self._later(change)
        if change.limit.family == "parts":
            return self._more_parts(change)
        return change

    def _due(self, line: str) -> tuple[float | None, float | None]:
        """Return by when a line is needed, and the latest delivery of the plan; None without."""
        return self.state.lines[line].line.need_by_weeks, self.state.instance.limits.weeks

    def _by_the_plan(self, line: str) -> bool:
        """Return whether the plan's latest delivery is what binds a line, and not its need-by."""
        own, plan = self._due(line)
        return own is None or (plan is not None and plan < own)

    def _later(self, change: LeastChange) -> LeastChange:
        """Return the change of a need-by, in weeks from when the line came in."""
        name = change.limit.key
        (line,) = (line for line in self.now.lines if line.line == name)
        placed = self.state.origin(name) - self.state.lines[name].since_weeks
        due = placed + (line.need_by_weeks or 0.0) + change.amount
        own, plan = self._due(name)
        words = []
        if own is not None and due > own:
            words.append(f"raise the need-by of line {name!r} to {in_weeks(rounded_up(due))}")
        if plan is not None and due > plan:
            words.append(f"raise the latest delivery to {in_weeks(rounded_up(due))}")
        limit = self.limit(change.limit)
        before = plan if limit.family == "latest_delivery" else own
        return LeastChange(limit, due - (before or 0.0), " and ".join(words))

    def _more_parts(self, change: LeastChange) -> LeastChange:
        """Return the change of a capacity, with what finished prints hold free left out."""
        supplier = change.limit.key
        use = shared_use(SupplyOptions.of(self.now), "parts")
        i = use.keys.index(supplier)
        stated = self.state.capacities[supplier].parts or 0.0
        freed = float(use.stated[i]) - stated
        enough = max(float(use.stated[i]), float(use.committed[i])) + change.amount - freed
        return LeastChange(
            self.limit(change.limit),
            enough - stated,
            f"raise the capacity of {supplier!r} to {rounded_up(enough)} parts",
        )
