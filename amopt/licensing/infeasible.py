"""Why no contract keeps every limit, in the instance's words, and what would mend it.

Whether some limits can be kept the exact search knows at once, for any number of buyers; so each
limit's least change is found by halving.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from amopt.errors import InfeasibleError, LeastChange, Limit, NoAnswerError
from amopt.licensing.costs import Buyers
from amopt.licensing.formulation import FAMILIES
from amopt.licensing.instance import Buyer, LicensingInstance, Printer
from amopt.licensing.methods.exact import supremum
from amopt.program.family import Family
from amopt.program.infeasible.search import Search
from amopt.program.infeasible.sentences import no_plan
from amopt.program.time import Budget

__all__ = ["explain"]

PATIENCE = 60.0
"""Seconds for an explanation where the caller set no limit."""

HALVINGS = 50

Values = dict[Limit, float]
"""What each limit is at; a limit that is dropped is not among them."""


def explain(instance: LicensingInstance, limit: float | None) -> InfeasibleError | NoAnswerError:
    """Return the error that says which limits of one contract clash, and what would mend it.

    Parameters
    ----------
    instance
        An instance of which no contract keeps every limit.
    limit
        Seconds for the explanation; None for a minute.
    """
    oracle = _Oracle(instance, Budget(PATIENCE if limit is None else limit))
    search = Search(tuple(oracle.stated), oracle.feasible, oracle.least_changes)
    return no_plan(search.reasons())


@dataclass
class _Oracle:
    """What can be kept, asked of the exact search."""

    instance: LicensingInstance
    budget: Budget

    def __post_init__(self) -> None:
        families = {family.name: family for family in FAMILIES}
        self.families: dict[str, Family] = families
        own = self.instance
        stated: list[tuple[str, Any, float]] = []
        if own.limits.most_licensees is not None:
            stated.append(("most_licensees", None, float(own.limits.most_licensees)))
        stated += [
            ("printer_capacity", printer.name, printer.prints_per_year) for printer in own.printers
        ]
        stated += [
            ("least_surplus", buyer.name, buyer.least_surplus)
            for buyer in own.buyers
            if buyer.least_surplus is not None
        ]
        self.stated: Values = {
            Limit(name, key, self._says(name, key)): value for name, key, value in stated
        }

    def _says(self, name: str, key: Any) -> str:
        says = self.families[name].says
        return name if says is None else says(self.instance, key)

    def feasible(self, kept: tuple[Limit, ...]) -> bool:
        """Return whether some limits can be kept, all others dropped."""
        return self._holds({limit: self.stated[limit] for limit in kept})

    def least_changes(
        self, give: tuple[Limit, ...], kept: tuple[Limit, ...]
    ) -> tuple[LeastChange, ...] | None:
        """Return the least changes of some limits with which others can be kept."""
        values: Values = {limit: self.stated[limit] for limit in kept}
        if not self._holds(values):
            return None
        changes = []
        for limit in give:
            values[limit] = self._least(limit, values)
            amount = abs(values[limit] - self.stated[limit])
            remedy = self.families[limit.family].remedy
            words = limit.words if remedy is None else remedy(self.instance, limit.key, amount)
            changes.append(LeastChange(limit, amount, words))
        return tuple(changes)

    def _least(self, limit: Limit, values: Values) -> float:
        """Return the value of a limit nearest to what is stated that can be kept beside others."""
        stated = self.stated[limit]

        def keeps(value: float) -> bool:
            return self._holds({**values, limit: value})

        if keeps(stated):
            return stated
        if limit.family == "most_licensees":
            return float(_first(keeps, int(stated), len(self.instance.buyers)))
        demand = sum(buyer.demand_per_year for buyer in self.instance.buyers)
        good = demand if limit.family == "printer_capacity" else 0.0
        bad = stated
        for _ in range(HALVINGS):
            middle = (good + bad) / 2
            good, bad = (middle, bad) if keeps(middle) else (good, middle)
        return good

    def _holds(self, values: Values) -> bool:
        """Return whether limits can be kept at given values, all others dropped."""
        self.budget.require("it was known which limits clash")
        return supremum(Buyers.of(self._at(values))) is not None

    def _at(self, values: Values) -> LicensingInstance:
        """Return the instance with limits at given values, all others dropped."""
        by_name = {(limit.family, limit.key): value for limit, value in values.items()}
        own = self.instance
        printers = tuple(
            Printer(name=printer.name, prints_per_year=by_name["printer_capacity", printer.name])
            for printer in own.printers
            if ("printer_capacity", printer.name) in by_name
        )
        known = {printer.name for printer in printers}
        most = by_name.get(("most_licensees", None))
        return own.unchecked_copy(
            printers=printers,
            buyers=tuple(_changed(buyer, by_name, known) for buyer in own.buyers),
            limits=own.limits.model_copy(
                update={"most_licensees": None if most is None else round(most)}
            ),
        )


def _changed(buyer: Buyer, values: dict[tuple[str, Any], float], printers: set[str]) -> Buyer:
    """Return a buyer with his promise at a value, none where it is dropped or nothing."""
    least = values.get(("least_surplus", buyer.name)) or None
    printer = buyer.printer if buyer.printer in printers else None
    return buyer.model_copy(update={"least_surplus": least, "printer": printer})


def _first(keeps: Callable[[float], bool], low: int, high: int) -> int:
    """Return the first whole number above ``low`` that keeps, ``high`` being one."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if keeps(middle) else (middle, high)
    return high
