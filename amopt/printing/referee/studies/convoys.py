"""The referee where replenishments may not come: what a plan costs, forward in time.

Day by day from a replenishment it follows the distribution of the shelf, and the expected regular,
printed and missing parts once it is empty, each weighed by the probability that no replenishment
has come yet. The cost of such a cycle over its expected length is the cost a day; discounted, over
one less the expected discount of its length. That no other decision is better is shown by trying
them: every other action on every single day, and every stock level up to the one from which a part
more must lie longer than it can save. A part more than S is used only where more than S fail in a
cycle; it then saves no more than a system down until the next replenishment, and lies on the shelf
for a day at least.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.printing.instance import REPORTED_DAYS, PrintingInstance
from amopt.printing.referee.plan import ACTIONS, Terms, terms_of
from amopt.printing.referee.probabilities import binomial, overshoots, taken
from amopt.printing.referee.studies.lead_time import rate_ordered_early
from amopt.referee import Amount, Notebook, is_number
from amopt.verdict import Verdict

__all__ = ["check_convoys"]

Days = list[tuple[float, int, int]]
"""By day: probability that the replenishment comes after it, the day that follows, its label."""

KEY = ("arrival_probability", "sourcing", "part")

MOST_STOCK = 10**6

GONE = 1e-14
"""Probability that no replenishment has come yet from which the rest is left out."""


def check_convoys(
    instance: PrintingInstance, rows: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Verdict:
    """Return what the referee says of the tables of an answer about convoys."""
    notebook = Notebook()
    notebook.tables(rows, ("parts", "worth"))
    if notebook.findings:
        return notebook.verdict()
    stated = 1.0 if instance.convoys is None else instance.convoys.arrival_probability
    chances: list[Any] = [stated, *(row.get("arrival_probability") for row in rows["worth"][1:])]
    sourcings = ("printing", "single source")
    keys = [tuple(row.get(key) for key in KEY) for row in rows["parts"]]
    due = [(q, way, part.name) for q in chances for way in sourcings for part in instance.parts]
    fits = keys == due and all(is_number(q) and 0 < q <= 1 for q in chances[1:])
    if not notebook.require(fits, "parts: rows are missing, moved or unknown"):
        return notebook.verdict()
    left = iter(rows["parts"])
    for number, chance in enumerate(chances):
        lead = 0 if instance.convoys is None else instance.convoys.order_lead_days
        days = (
            _days(instance)
            if number == 0
            else _scheduled(instance.cycle_days, chance, whole=lead > 0)
        )
        sums = []
        for way in sourcings:
            total = (0, 0.0, 0.0)
            for index in range(len(instance.parts)):
                terms = terms_of(instance, index, printer=way == "printing")
                part = _Part(instance, index, terms, days, lead)
                found = part.check(notebook, next(left), proven=number == 0)
                total = (total[0] + found[0], total[1] + found[1], total[2] + found[2])
            sums.append(total)
        with_printer, without = sums
        right = {
            "arrival_probability": chance,
            "base_stock": with_printer[0],
            "single_source_base_stock": without[0],
            "yearly_cost": Amount(with_printer[1], with_printer[2]),
            "single_source_yearly_cost": Amount(without[1], without[2]),
            "worth": Amount(without[1] - with_printer[1], without[2]),
        }
        notebook.compare(f"worth at {chance!r}", rows["worth"][number], right)
    return notebook.verdict()


@dataclass(frozen=True)
class _Part:
    """One part, with or without a printer, and the days of a cycle."""

    instance: PrintingInstance
    index: int
    terms: Terms
    days: Days
    lead: int = 0

    def check(
        self, notebook: Notebook, row: Mapping[str, Any], *, proven: bool
    ) -> tuple[int, float, float]:
        """Note what is wrong with a plan; return stock, yearly cost and its scale."""
        where = f"part {row['part']!r} ({row['sourcing']})"
        terms, days, nothing = self.terms, self.days, (0, 0.0, 0.0)
        actions, stock = _read(row.get("plan"), days), row.get("base_stock")
        if actions is None or type(stock) is not int or not 0 <= stock <= MOST_STOCK:
            notebook.require(False, f"{where}: the plan or the stock cannot be read")
            return nothing
        cost = self._rate(actions, stock)
        if not notebook.require(
            math.isfinite(cost), f"{where}: an action has no source, or the stock never settles"
        ):
            return nothing
        avoided = terms.c_r * terms.N * float(self.instance.parameters.failures_per_day[self.index])
        yearly, scale = REPORTED_DAYS * (cost - avoided), REPORTED_DAYS * (cost + avoided)
        stated = {key: row.get(key) for key in (*KEY, "base_stock", "plan")}
        notebook.compare(where, row, {**stated, "yearly_cost": Amount(yearly, scale)})
        if proven:
            others = [(actions, level) for level in range(self._enough(stock) + 1)]
            others += [
                ([*actions[:day], action, *actions[day + 1 :]], stock)
                for day in range(1, len(days))
                for action in ACTIONS
            ]
            least = min(self._rate(*one) for one in others)
            notebook.require(
                cost <= least + 1e-7 * cost,
                lambda: f"{where}: one decision changed costs {least:.9g} a day, not {cost:.9g}",
            )
        return stock, yearly, scale

    def _rate(self, actions: Sequence[str], stock: int) -> float:
        """Return what a plan costs a day."""
        if not self.lead:
            return _rate(self.terms, self.days, actions, stock)
        if "expedite" in actions or ("print" in actions and math.isinf(self.terms.c_p)):
            return math.inf
        by_label = {label: action for (_, _, label), action in zip(self.days, actions, strict=True)}
        told = ["wait", *(by_label[n] for n in range(1, self.terms.L + 1))]
        chance = self.days[self.terms.L - 1][0]
        return rate_ordered_early(self.terms, told, stock, chance=chance, lead=self.lead)

    def _enough(self, stock: int) -> int:
        """Return a level beyond which none is better, or one that runs out with 1e-9 at most."""
        terms, chance = self.terms, binomial(self.terms.N, self.terms.p_r)
        left, lasts, day = 1.0, float(self.lead), 0
        while left > GONE:
            lasts, left = lasts + left, left * (1 - self.days[day][0])
            day = self.days[day][1]
        saved = terms.b * lasts + terms.c_r
        level = stock + 1
        while True:
            used = _runs_out(self.days, chance, level, self.lead)
            if used <= 1e-9 or saved * used <= terms.h * terms.alpha**terms.L * (1 - used):
                return level
            level += 1


def _days(instance: PrintingInstance) -> Days:
    """Return the days of a cycle, from the file."""
    L, stated = instance.cycle_days, instance.convoys
    if stated is not None and stated.cycle_lengths:
        chance = {one.days: one.probability for one in stated.cycle_lengths}
        most, left, backwards = max(chance), 0.0, []
        for day in range(most, 0, -1):  # from the last one: no difference, which may be rounding
            now = chance.get(day, 0.0)
            left += now
            backwards.append((min(1.0, now / left), min(day, most - 1), day - 1))
        return backwards[::-1]
    if stated is None or stated.arrival_probability is None:
        return _scheduled(L, 1.0)
    return _scheduled(L, stated.arrival_probability, whole=stated.order_lead_days > 0)


def _scheduled(L: int, q: float, *, whole: bool = False) -> Days:
    """Return the days where each scheduled replenishment comes with probability q."""
    found = [(0.0, day + 1, L - day) for day in range(L - 1)]
    found.append((q, L if q < 1 or whole else L - 1, 1))
    return [*found, (0.0, 1, L)] if q < 1 or whole else found


def _runs_out(days: Days, chance: NDArray[np.float64], stock: int, lead: int) -> float:
    """Return how likely more than so many parts fail until a replenishment, and lead days more."""
    shelf = np.zeros(stock + 2)  # index: parts left, one more than there are
    shelf[-1] = 1.0
    for _ in range(lead):
        shelf = taken(shelf, chance)
    used, day = 1.0 - float(shelf.sum()), 0
    while (there := float(shelf.sum())) > GONE:
        shelf = taken(shelf, chance)
        used += there - float(shelf.sum())
        arrives, day, _ = days[day]
        shelf = shelf * (1 - arrives)
    return used


def _read(plan: Any, days: Days) -> list[str] | None:
    """Return the action by day from a plan in words; None where it cannot be read."""
    if not isinstance(plan, str):
        return None
    labels = sorted((label for _, _, label in days[1:]), reverse=True)
    told: list[str] = []
    for run in plan.split(", "):
        action, _, span = run.partition(" ")
        first, _, last = span.partition("-")
        if action not in ACTIONS or not first.isdigit() or not (last or first).isdigit():
            return None
        if len(told) >= len(labels) or labels[len(told)] != int(first):
            return None
        told += [action] * (int(first) - int(last or first) + 1)
        if f"{first}" + (f"-{last}" if last else "") != span or last == first:
            return None
    if len(told) != len(labels):
        return None
    by_label = dict(zip(labels, told, strict=True))
    return ["wait", *(by_label[label] for _, _, label in days[1:])]


def _rate(terms: Terms, days: Days, actions: Sequence[str], stock: int) -> float:
    """Return what a plan costs a day; discounted, the equal charge with the same present value."""
    spent, length, discounted = 0.0, 0.0, 0.0
    chance = binomial(terms.N, terms.p_r)
    beyond, at_least = overshoots(chance, stock)
    shelf: NDArray[np.float64] = np.zeros(stock + 1)
    shelf[stock] = 1.0
    regular = printed = missing = 0.0
    if stock == 0:
        shelf[0], regular = 0.0, float(terms.N)
    levels = np.arange(stock + 1)
    spent, weight, there, day = stock * (terms.c_r + terms.h), 1.0, 1.0, 0
    while there > GONE:
        length, weight = length + there, weight * terms.alpha
        short = float(beyond @ shelf)
        ended = float(at_least @ shelf)
        shelf = taken(shelf, chance)
        worn, lost = terms.p_p * printed, terms.p_r * regular
        missing += lost + worn + short
        regular += ended * terms.N - short - lost
        printed -= worn
        arrives, then, _ = days[day]
        # What is here is already weighed by the probability that no replenishment has come.
        spent += weight * arrives * terms.c_r * (missing + printed - float(levels @ shelf))
        discounted += weight * arrives * there
        shelf, there = shelf * (1 - arrives), there * (1 - arrives)
        regular, printed, missing = (x * (1 - arrives) for x in (regular, printed, missing))
        day = then
        action, prices = actions[day], {"wait": 0.0, "print": terms.c_p, "expedite": terms.c_e}
        if there > GONE and missing > 0 and action != "wait":
            spent += weight * prices[action] * missing
            printed += missing if action == "print" else 0.0
            regular += missing if action == "expedite" else 0.0
            missing = 0.0
        spent += weight * (terms.h * float(levels @ shelf) + terms.b * missing)
    if terms.alpha == 1.0:
        return spent / length
    days_of_cycle = terms.L
    return (
        spent / (1 - discounted) * -float(np.expm1(days_of_cycle * math.log(terms.alpha)))
    ) / days_of_cycle
