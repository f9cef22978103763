"""The choices that tell plans of maintenance apart: when to order, to replace and to print.

Ages differ by a lead time of a regular part or more, days to arrival by a quarter of it; a day more
or less is no other plan. With printed parts a plan does what is best for it.

Plans are looked for region by region: what differs from a plan has one of its days a step earlier
or a step later, and the best plan of each such region is that of the program with windows. The
region with the least bound has the next plan, and is divided in turn (Murty 1968, "An algorithm for
ranking all the assignments in order of increasing cost", Operations Research 16).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heapify, heappush
from itertools import combinations, product
from math import inf
from typing import TYPE_CHECKING, Any

from amopt.errors import InfeasibleError, NoAnswerError
from amopt.maintenance.decision import answer_of
from amopt.maintenance.methods.program import by_arrays
from amopt.maintenance.methods.windows import ORDER, PRINT, REPLACE, Windows, earliest, never
from amopt.maintenance.policy import Optimum, rules
from amopt.program.solver.options import Options
from amopt.program.time import Budget

if TYPE_CHECKING:
    from amopt.maintenance.instance import MaintenanceInstance
    from amopt.solution import Solution

__all__ = ["chosen", "in_words", "refusal", "search", "steps"]

Days = Mapping[Any, float]
"""The days of a plan by choice."""

MOST_PAIRS = 200_000
"""Pairs of states and actions of a program that is solved several times for each plan."""


def refusal(instance: MaintenanceInstance) -> str:
    """Return why plans of an instance are not told apart; an empty text where they are."""
    limits = instance.limits
    if limits.stock is not None or limits.downtime_days_per_year is not None:
        return "to meet a limit exactly a plan draws between two of its ages, and has none to vary"
    pairs = sum(map(len, instance.failure_probabilities)) * (instance.regular.lead_time_days + 5)
    if pairs > MOST_PAIRS:
        return (
            f"the process has some {pairs:,} pairs of states and actions, of {MOST_PAIRS:,} at "
            "most: a larger oldest_survival has fewer"
        )
    return ""


def steps(instance: MaintenanceInstance) -> dict[str, int]:
    """Return the least by which the days of plans differ, by choice."""
    lead = instance.regular.lead_time_days
    return {name: max(1, lead // 4 if name == PRINT else lead) for name in never(instance)}


@dataclass(order=True)
class _Region:
    """Plans within windows: the least that they cost, and the best of them."""

    bound: float
    number: int
    windows: Windows = field(compare=False)
    days: Days = field(compare=False)
    found: Optimum | None = field(compare=False)


class _Search:
    """The regions that are left, the one with the least bound first."""

    def __init__(self, instance: MaintenanceInstance, best: Solution, apart: int) -> None:
        self._instance, self._apart, self._steps = instance, apart, steps(instance)
        self._ends, self._number = never(instance), 0
        self._left: list[_Region] = []
        self._passed_over: list[float] = []
        every = {name: (0, end) for name, end in self._ends.items()}
        self._add(best.outcome.bound or 0.0, every, chosen(best), None)

    def next(self, known: Sequence[Days], seconds: float | None) -> Solution:
        """Return the best plan that differs from all known ones.

        Raises
        ------
        InfeasibleError
            When there is none.
        NoAnswerError
            When the time is over.
        """
        budget = Budget(seconds)
        while self._left:
            region = self._left[0]
            near = next((one for one in known if not self._differ(region.days, one)), None)
            if near is None and region.found is not None:
                least = min([region.bound, *self._passed_over])
                found = replace(region.found, bound=least)
                return _named(self._instance, answer_of(self._instance, found, budget))
            inside = [
                (windows, by_arrays(self._instance, Options(), budget, windows=windows))
                for windows in self._around(region, near or region.days)
            ]
            self._left.remove(region)
            heapify(self._left)
            for windows, found in inside:
                days = _days(rules(found.grid, found.share), self._ends, found.grid.lead)
                bound = -inf if found.bound is None else found.bound
                self._add(max(bound, region.bound), windows, days, found)
        if self._passed_over:
            raise NoAnswerError("other plans may differ so much, in what hardly ever happens")
        raise InfeasibleError("no other plan differs so much")

    def _add(self, bound: float, windows: Windows, days: Days, found: Optimum | None) -> None:
        self._number += 1
        heappush(self._left, _Region(bound, self._number, windows, days, found))

    def _differ(self, days: Days, other: Days) -> bool:
        """Return whether plans differ in so many choices."""
        apart = [abs(days[name,] - other[name,]) >= step for name, step in self._steps.items()]
        return sum(apart) >= self._apart

    def _around(self, region: _Region, near: Days) -> Iterator[Windows]:
        """Yield the windows of the plans of a region that differ from one near its best.

        What they leave as it is is passed over: its best plan differs from that one in what it
        never comes to.
        """
        for names in combinations(self._steps, self._apart):
            for ways in product((-1, 1), repeat=len(names)):
                windows = dict(region.windows)
                for name, way in zip(names, ways, strict=True):
                    first, last = windows[name]
                    day = int(near[name,]) + way * self._steps[name]
                    windows[name] = (first, min(last, day)) if way < 0 else (max(first, day), last)
                windows |= self._in_time(windows)
                if any(max(first, earliest(one)) > last for one, (first, last) in windows.items()):
                    continue
                if windows == region.windows:
                    self._passed_over.append(region.bound)
                    continue
                yield windows

    def _in_time(self, windows: Windows) -> Windows:
        """Return windows without the days on which a spare could not be there yet."""
        lead, oldest = self._instance.regular.lead_time_days, self._ends[REPLACE] - 1
        (soonest, latest), (first, last) = windows[ORDER], windows[REPLACE]
        before = latest if last >= oldest else min(latest, last - lead)
        return {ORDER: (soonest, before), REPLACE: (max(first, min(soonest + lead, oldest)), last)}


def search(
    instance: MaintenanceInstance, best: Solution, apart: int
) -> Callable[[Sequence[Days], float | None], Solution]:
    """Return what finds the best plan that differs from all known ones, in the seconds it has."""
    return _Search(instance, best, apart).next


def _named(instance: MaintenanceInstance, answer: Solution) -> Solution:
    """Return an answer with what those of :func:`amopt.solve` have."""
    notes = (*answer.notes, *(str(finding) for finding in instance.warnings))
    return replace(answer, fingerprint=instance.fingerprint(), notes=notes)


def _days(
    rows: Sequence[Mapping[str, Any]], ends: Mapping[str, int], lead: int
) -> dict[Any, float]:
    """Return the first day of each decision by the rules of a plan; never is the day at the end.

    No order is a day after the part was installed at the soonest, but with it, and a spare is there
    a lead time after its order, where parts grow so old: what a rule says of days before is no
    choice.
    """
    wanted = {
        ORDER: ("regular", "no order", "order"),
        REPLACE: ("regular", "in stock", "install"),
        PRINT: ("none", "on order", "print"),
    }
    at_once = any(row["action"] == "install and order" for row in rows)
    found: dict[Any, float] = {}
    for name, end in ends.items():
        *where, action = wanted[name]
        soonest = min(int(found[ORDER,]) + lead, end - 1) if name == REPLACE else 1
        days = [
            max(row["from_day"], soonest)
            for row in rows
            if [row["installed"], row["order"]] == where
            and row["action"].startswith(action)
            and row["to_day"] >= soonest
        ]
        found[name,] = float(min([end, *days]) if name != ORDER or not at_once else 0)
    return found


def chosen(solution: Solution) -> dict[Any, float]:
    """Return what an answer chooses, by choice."""
    sourcing = solution.rows["thresholds"][0]["sourcing"]
    rows = [row for row in solution.rows["rules"] if row["sourcing"] == sourcing]
    ages = 1 + max(row["to_day"] for row in rows if row["installed"] == "regular")
    lead = max(row["to_day"] for row in rows if row["order"] == "on order")
    ends = {ORDER: ages, REPLACE: ages}
    if any(row["installed"] == "printed" for row in rows) and lead > 1:
        ends[PRINT] = lead
    return _days(rows, ends, lead)


def in_words(solution: Solution, name: tuple[str, ...], before: float, after: float) -> str:
    """Return a choice that differs, in words."""
    instance = getattr(solution, "instance", None)
    end = None if instance is None else never(instance)[name[0]]
    what = {ORDER: "order at", REPLACE: "replace at", PRINT: "print from"}[name[0]]
    unit = "days to arrival" if name[0] == PRINT else "days"
    first, second = ("never" if day == end else f"{day:g} {unit}" for day in (before, after))
    return f"{what} {first} -> {second}"
