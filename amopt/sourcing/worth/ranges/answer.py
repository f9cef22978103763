"""Up to which price offers stay chosen, and from which others would be: by solving again."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from amopt.errors import UsageError
from amopt.outcome import Outcome, Status, Stopped, versions
from amopt.phrases import counted, listed, money, plural
from amopt.program.solver.options import Options
from amopt.program.time import Budget
from amopt.solution import Column, Solution
from amopt.sourcing.worth.ranges.chosen import Chosen
from amopt.sourcing.worth.ranges.line import ordered
from amopt.sourcing.worth.ranges.not_chosen import NotChosen
from amopt.sourcing.worth.search import Search
from amopt.sourcing.worth.values import value_of
from amopt.sourcing.worth.worth import ENDED
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.sourcing.instance.fields import Instance, Offer

__all__ = ["Ranges", "price_ranges"]

NAMED = 3
"""Offers that the headline names of either sort."""


@dataclass(frozen=True)
class Ranges(Solution):
    """Up to which price each chosen offer stays chosen, and from which each other would be."""

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {
        "ranges": (
            Column("part", "", "Part."),
            Column("supplier", "", "Supplier of a chosen offer."),
            Column("quantity", "parts", "Parts that the plan orders there."),
            Column("price", "money", "Price a part at that quantity, without fees and transport."),
            Column("keeps_quantity_up_to", "money", "Price up to which it keeps all of them."),
            Column("chosen_up_to", "money", "Price up to which it gets anything; empty: at any."),
            Column("without", "money", "What the best plan without the offer costs; empty: none."),
            Column("why", "", "Why a price is empty, where it is not at any price."),
            Column("route", "", "Route of the offer.", shown=False),
            Column("material", "", "Material of the offer.", shown=False),
        ),
        "not_chosen": (
            Column("part", "", "Part."),
            Column("supplier", "", "Supplier of an offer that is not chosen."),
            Column("quantity", "parts", "Parts that it would get first."),
            Column("price", "money", "Price a part at that quantity, without fees and transport."),
            Column("chosen_from", "money", "Price from which down it gets anything; empty: none."),
            Column("lower_by", "money", "By how much a part that is lower."),
            Column("why", "", "Why a price is empty."),
            Column("route", "", "Route of the offer.", shown=False),
            Column("material", "", "Material of the offer.", shown=False),
        ),
    }

    def headline(self) -> tuple[str, ...]:
        """Return the ranges in a few plain sentences."""
        rows, every = self.rows["ranges"], self.outcome.stopped is Stopped.FINISHED
        others = self.rows.get("not_chosen", ())
        looked = "chosen" if every else "looked at"
        said = [f"{counted(len(rows), 'chosen offer' if not every else 'offer')} {looked}."]
        said += [
            f"{row['supplier']} stays chosen for {row['part']} up to "
            f"{money(row['chosen_up_to'], self.currency)} a part, and asks "
            f"{money(row['price'], self.currency)}."
            for row in rows[:NAMED]
            if row["chosen_up_to"] is not None
        ]
        near = [row for row in others if row["chosen_from"] is not None]
        near.sort(key=lambda row: row["lower_by"] / (row["price"] or 1.0))
        said += [self._brings_in(row) for row in near[:NAMED]]
        return tuple(said)

    def _brings_in(self, row: Mapping[str, Any]) -> str:
        """Say from which price an offer that is not chosen would be."""
        asked = money(row["price"], self.currency)
        if row["lower_by"] == 0:
            return f"{row['supplier']} is as good as the plan for {row['part']} at {asked} a part."
        return (
            f"{row['supplier']} would be chosen for {row['part']} from "
            f"{money(row['chosen_from'], self.currency)} a part down, and asks {asked}."
        )


def price_ranges(
    instance: Instance,
    supplier: str | None = None,
    *,
    others: bool = True,
    options: Options | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Ranges:
    """Return up to which price each chosen offer stays chosen, and from which others would be.

    Ctrl-C ends the search: the offers that have been looked at are returned, and said not to be
    all.

    Parameters
    ----------
    instance
        The instance.
    supplier
        The supplier to look at; left out, all.
    others
        Whether to look at offers that are not chosen, too: from which price they would be.
    options
        As for :func:`amopt.sourcing.solve`; the time limit is that of the whole.
    progress
        Told how many offers have been looked at, and how many there are.

    Raises
    ------
    UsageError
        When the supplier offers nothing, or spend discounts make the question ill posed.
    InfeasibleError, NoAnswerError
        When the instance has no plan, or none was found.
    KeyboardInterrupt
        At Ctrl-C before the plan is there, and at a second one.
    """
    _require_one_price(instance, supplier)
    from amopt.sourcing.decision import solve

    options = options or Options()
    budget = Budget(options.time_limit)
    with budget.phase("plan"):
        today = value_of(solve(instance, options=budget.options(options)))
    search = Search(options, budget, today, progress=progress)
    asked = {line.part for line in instance.lines}
    own = [
        (index, offer)
        for index, offer in enumerate(instance.offers)
        if supplier in (None, offer.supplier) and offer.part in asked
    ]
    chosen = [index for index, offer in own if ordered(today, offer)]
    left = [index for index, _ in own if index not in {*chosen}] if others else []
    every = len(chosen) + len(left)
    with budget.phase("offers"):
        rows = search.rows(chosen, lambda n: Chosen(instance, n, search).row(), 0, every)
        more = search.rows(left, lambda n: NotChosen(instance, n, search).row(), len(rows), every)
    unseen = (
        [instance.offers[index] for index in chosen[len(rows) :]],
        [instance.offers[index] for index in left[len(more) :]],
    )
    exact = search.exact and search.stopped is Stopped.FINISHED
    return Ranges(
        kind="sourcing",
        name=instance.name,
        outcome=Outcome(
            stopped=search.stopped,
            status=Status.OPTIMAL if exact else Status.FEASIBLE,
            objective=today.high,
            bound=min(today.low, today.high) if math.isfinite(today.low) else None,
            method="solved again at other prices",
            seconds=dict(budget.seconds),
            versions=versions("amopt", "highspy", "pyomo"),
        ),
        verdict=Verdict(checks=search.checks),
        rows={"ranges": rows, "not_chosen": more},
        notes=_notes(instance, search, *unseen),
        fingerprint=instance.fingerprint(),
        currency=instance.currency,
        objective_meaning=instance.objective_meaning,
    )


def _require_one_price(instance: Instance, supplier: str | None) -> None:
    """Refuse what has no one price at which the choice changes."""
    if supplier is not None and supplier not in {offer.supplier for offer in instance.offers}:
        raise UsageError(f"{supplier!r} offers nothing", "range-of-unknown-offer")
    asked = [one for one in instance.suppliers if supplier in (None, one.supplier)]
    if any(entry.spend_discounts is not None for entry in asked):
        raise UsageError(
            "a dearer part can reach a discount on what is spent there, so that there is no one "
            "price up to which an offer stays chosen; leave spend_discounts out",
            "range-with-discount",
        )
    least = [one.supplier for one in asked if one.minimum_order_value is not None]
    if least:
        other = "" if supplier else ", or name another supplier"
        raise UsageError(
            f"a dearer part can reach the minimum order value of {least[0]!r}, so that there is no "
            "one price up to which an offer stays chosen; leave minimum_order_value "
            f"out{other}",
            "range-with-discount",
        )
    if instance.counts_committed:
        raise UsageError(
            "committed parts count for new ones, so that a price is that of both; leave "
            "committed_counts out"
        )


def _notes(
    instance: Instance, search: Search, chosen: Sequence[Offer], others: Sequence[Offer]
) -> tuple[str, ...]:
    """Return what is not proven, and which offers were not looked at."""
    said = []
    if instance.limits.budget is not None:
        said.append("The budget binds dearer plans too: prices are found to the cent by bisection.")
    if not search.exact:
        said.append("Not every plan is proven to be the best: prices are those of plans found.")
    left = [
        f"{counted(len(offers), noun)} "
        f"({listed([f'{offer.supplier!r} for {offer.part!r}' for offer in offers], most=NAMED)})"
        for offers, noun in ((chosen, "chosen offer"), (others, "other offer"))
        if offers
    ]
    if left:
        were = plural(len(chosen) + len(others), "was", "were")
        said.append(
            f"{ENDED[search.stopped]} ended the search before {listed(left)} {were} looked at."
        )
    return tuple(said)
