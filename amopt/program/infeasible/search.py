"""Which limits clash, and what would mend it, whatever it is that they limit.

Only two things are asked about what is infeasible: whether some of its limits can be kept, and what
the least changes of some limits would be while others are kept. All that is told was tested so:

- a conflict is an irreducible set of limits (QuickXplain: Junker, 2004);
- a correction is a set of limits that have to give way for all others to be kept, none of them
  needlessly: a minimal hitting set of all conflicts (Reiter, 1987);
- a combination of changes is a correction with amounts, solved for together: none of them can be
  less while the others stay.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from amopt.errors import Conflict, LeastChange, Limit, NoAnswerError

__all__ = ["MOST", "Feasible", "LeastChanges", "Limits", "Reasons", "Search"]

Limits = tuple[Limit, ...]

Feasible = Callable[[Limits], bool]
"""Whether these limits can be kept, all others dropped; raises ``NoAnswerError`` where it could not
tell."""

LeastChanges = Callable[[Limits, Limits], tuple[LeastChange, ...] | None]
"""The least changes of some limits, in their order, with which these others can be kept, all the
rest dropped; None where changing them is no help."""

MOST = 5
"""Most conflicts, and most combinations of changes, that are looked for."""

_MOST_REMEDIES = 10
"""Most limits of one conflict whose least changes are looked for."""

_MOST_SETS = 200
"""Most sets of limits that are looked at for corrections."""


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why limits cannot be kept, as far as it was proven.

    Attributes
    ----------
    conflicts
        Conflicts that share no limit.
    combinations
        Changes that, made together, make a plan possible, fewest first. There is at least one plan
        for each.
    complete
        Whether all limits outside the conflicts can be kept together.
    more
        Whether these limits surely clash, too.
    refuted
        Whether a plan was found that keeps all limits.
    hopeless
        Whether there is no plan even where none of the limits is kept.
    unfinished
        What could not be told in time; empty where everything was.
    """

    conflicts: tuple[Conflict, ...] = ()
    combinations: tuple[tuple[LeastChange, ...], ...] = ()
    complete: bool = False
    more: bool = False
    refuted: bool = False
    hopeless: bool = False
    unfinished: str = ""


class _RefutedError(Exception):
    """A plan turned up that keeps what could not be kept."""


class Search:
    """Looks for the reasons why limits cannot be kept.

    Parameters
    ----------
    limits
        The limits, those that are easiest to change first.
    feasible
        Whether some limits can be kept.
    least_changes
        The least changes of limits.
    most
        Most conflicts, and most combinations of changes, that are looked for.
    may_give
        Whether a change of the limit can be acted on.
    narrowed
        Returns some of these limits that cannot be kept either, where that is quicker than halving,
        such as those on which a proof rests.
    """

    def __init__(
        self,
        limits: Sequence[Limit],
        feasible: Feasible,
        least_changes: LeastChanges,
        most: int = MOST,
        *,
        may_give: Callable[[Limit], bool] = lambda _: True,
        narrowed: Callable[[Limits], Limits] = lambda limits: limits,
    ) -> None:
        self._limits = tuple(limits)
        self._asked = feasible
        self._least_changes = least_changes
        self._most = most
        self._may_give = may_give
        self._narrowed = narrowed
        self._known: dict[frozenset[Limit], bool] = {}
        self._clashes: list[Limits] = []
        self._remedies: dict[Limits, tuple[LeastChange, ...]] = {}
        self._combinations: list[tuple[LeastChange, ...]] = []
        self._complete = self._more = self._hopeless = False
        self._unfinished = ""

    def reasons(self) -> Reasons:
        """Return what could be proven."""
        try:
            self._look()
        except NoAnswerError as error:
            self._unfinished = self._unfinished or str(error)
        except _RefutedError:
            return Reasons(refuted=True)
        return Reasons(
            conflicts=tuple(
                Conflict(clash, self._remedies.get(clash, ())) for clash in self._clashes
            ),
            combinations=tuple(self._combinations),
            complete=self._complete,
            more=self._more,
            hopeless=self._hopeless,
            unfinished=self._unfinished,
        )

    def _look(self) -> None:
        if not self._feasible(()):
            self._hopeless = True
            return
        self._find_clashes()
        if self._complete and len(self._clashes) == 1:
            self._find_remedies()
            only = self._remedies[self._clashes[0]]
            self._combinations = [(change,) for change in only[: self._most]]
        if self._complete and not self._combinations:
            self._find_combinations()
        self._find_remedies()

    def _feasible(self, limits: Limits) -> bool:
        """Return whether limits can be kept; each question is asked once."""
        key = frozenset(limits)
        if key not in self._known:
            self._known[key] = self._asked(limits)
        return self._known[key]

    def _surely_clash(self, limits: Limits) -> bool:
        """Return whether limits cannot be kept; where that could not be told, they may be."""
        try:
            return not self._feasible(limits)
        except NoAnswerError:
            return False

    def _without(self, limits: Sequence[Limit]) -> Limits:
        """Return all other limits."""
        out = set(limits)
        return tuple(limit for limit in self._limits if limit not in out)

    def _find_clashes(self) -> None:
        left = self._limits
        while True:
            clash = self._surely_clash(left)
            if not clash and self._known.get(frozenset(left)):
                if not self._clashes:
                    raise _RefutedError
                self._complete = True
                return
            if len(self._clashes) == self._most:
                self._more = clash
                return
            self._clashes.append(self._proven(self._irreducible(left), left))
            left = self._without([limit for clash in self._clashes for limit in clash])

    def _proven(self, clash: Limits, among: Limits) -> Limits:
        """Return a clash once it was tested by itself, or the smallest that was.

        Raises
        ------
        NoAnswerError
            When none was tested in time.
        """
        try:
            if self._feasible(clash):
                if self._known.get(frozenset(among), True):
                    raise NoAnswerError("it was not known in time whether the limits can be kept")
                raise _RefutedError
        except NoAnswerError:
            tested = [
                key for key, kept in self._known.items() if not kept and key <= frozenset(among)
            ]
            if not tested:
                raise
            self._unfinished = "not all of these may be needed for that"
            smallest = min(tested, key=len)
            return tuple(limit for limit in among if limit in smallest)
        return clash

    def _irreducible(self, limits: Limits) -> Limits:
        """Return an irreducible set of limits that clash; where there is a choice, early ones."""

        def search(base: Limits, added: bool, rest: Limits) -> Limits:
            if added and self._surely_clash(base):
                return ()
            if len(rest) <= 1:
                return rest
            half = len(rest) // 2
            first, second = rest[:half], rest[half:]
            found = search(base + first, True, second)
            return search(base + found, bool(found), first) + found

        return search((), False, self._narrowed(limits))

    def _find_remedies(self) -> None:
        """Find the changes of one limit that resolve each conflict, the other conflicts dropped."""
        beside = self._without([limit for clash in self._clashes for limit in clash])
        for clash in self._clashes:
            if clash in self._remedies:
                continue
            self._remedies[clash] = ()
            for limit in [limit for limit in clash if self._may_give(limit)][:_MOST_REMEDIES]:
                others = tuple(other for other in clash if other != limit)
                kept = others + beside if self._complete else others
                for change in self._least_changes((limit,), kept) or ():
                    if change.amount <= 0:
                        raise _RefutedError
                    self._remedies[clash] += (change,)

    def _find_combinations(self) -> None:
        for correction in self._corrections():
            changes = self._changed(correction)
            if changes:
                self._combinations.append(changes)
            if len(self._combinations) == self._most:
                return

    def _corrections(self) -> Iterator[Limits]:
        """Yield minimal sets of limits without which the others can be kept, smallest first."""
        known = list(self._clashes)
        yielded: list[set[Limit]] = []
        sets: deque[Limits] = deque([()])
        seen: set[frozenset[Limit]] = set()
        while sets and len(seen) < _MOST_SETS:
            dropped = sets.popleft()
            if any(less <= set(dropped) for less in yielded):
                continue
            clash = next((c for c in known if not set(c) & set(dropped)), None)
            if clash is None:
                rest = self._without(dropped)
                if self._feasible(rest):
                    yielded.append(set(dropped))
                    yield dropped
                    continue
                clash = self._irreducible(rest)
                known.append(clash)
            for limit in clash:
                larger = (*dropped, limit)
                if self._may_give(limit) and frozenset(larger) not in seen:
                    seen.add(frozenset(larger))
                    sets.append(larger)

    def _changed(self, correction: Limits) -> tuple[LeastChange, ...]:
        """Return least changes of a correction's limits, those that are easy to change last."""
        ordered = tuple(sorted(correction, key=self._limits.index, reverse=True))
        changes = self._least_changes(ordered, self._without(correction)) or ()
        return tuple(change for change in changes if change.amount > 0)
