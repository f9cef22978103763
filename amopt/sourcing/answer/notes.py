"""What is said beside an answer: what the planner should know about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from amopt.phrases import counted, listed
from amopt.sourcing.evaluation import Evaluation, goods_of

__all__ = ["notes"]

MOST_NAMED = 5
"""Lines that a note names."""


def notes(plan: Evaluation, lines: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return what the planner should know about a plan, from it and its table of lines."""
    return (
        *_discount_notes(plan),
        *_quantity_notes(plan),
        *_unmet_notes(lines),
        *_rule_notes(lines),
    )


def _discount_notes(plan: Evaluation) -> Iterator[str]:
    """Say what discounts on what is spent at suppliers come to."""
    supply = plan.supply
    goods = goods_of(supply, plan.quantity)
    for terms in supply.instance.suppliers:
        own = np.array([name == terms.supplier for name in supply.supplier], dtype=bool)
        spent = float(goods[own].sum())
        off = 0.0 if terms.spend_discounts is None else terms.spend_discounts.discount(spent)
        if off > 0:
            yield (
                f"{terms.supplier!r}: of {spent:,.2f} spent there on parts, {off:,.2f} are taken "
                f"off ({100 * off / spent:.4g} % off)."
            )


def _quantity_notes(plan: Evaluation) -> Iterator[str]:
    """Say which quantities were not quoted."""
    supply = plan.supply
    ordered = supply.by_pool(plan.quantity)
    told: set[int] = set()
    for o in np.flatnonzero((plan.quantity > 0) & ~supply.conventional).tolist():
        if int(supply.pool[o]) in told:
            continue
        told.add(int(supply.pool[o]))
        offer = supply.instance.offers[supply.source[o]]
        quoted = [quote.quantity for quote in offer.quotes]
        amount = ordered[supply.pool[o]]
        line = supply.instance.lines[supply.line[o]]
        alone = amount == plan.quantity[o]
        name = f"Line {line.line!r}" if alone else f"Part {line.part!r}"
        beyond, below = amount > max(quoted), amount < min(quoted)
        if (beyond and not offer.tiered) or below:
            end, word = (max(quoted), "largest") if beyond else (min(quoted), "smallest")
            kept = (
                "the fitted curve goes on"
                if offer.between in ("power", "line")
                else "its price a part and lead time were kept"
            )
            side = "above" if beyond else "below"
            yield (
                f"{name}: {amount:g} parts from {offer.supplier!r} are {side} the {word} "
                f"quote, {end:g}; {kept}."
            )


def _unmet_notes(lines: list[dict[str, Any]]) -> list[str]:
    """Say which lines do not get all that they ask for."""
    short = [row for row in lines if row["unmet"]]
    told = [
        f"Line {row['line']!r}: {row['unmet']:.10g} of {row['quantity']:.10g} parts of "
        f"{row['part']!r} are not supplied."
        for row in short[:MOST_NAMED]
    ]
    more = len(short) - len(told)
    return [*told, f"So are parts of {counted(more, 'more line')}: see lines."] if more else told


def _rule_notes(lines: list[dict[str, Any]]) -> list[str]:
    """Say where the frontier rule would cost more than not using AM at all."""
    worse = [
        repr(row["line"])
        for row in lines
        if row["cost_of_frontier_rule"] is not None
        and row["cost_of_conventional"] is not None
        and row["cost_of_frontier_rule"] > row["cost_of_conventional"] * (1 + 1e-9)
    ]
    if not worse:
        return []
    which = f"line{'s' if len(worse) > 1 else ''} {listed(worse, most=MOST_NAMED)}"
    return [
        f"For {which} the frontier rule costs more than conventional supply: it counts the tooling "
        "once for each supplier that it uses. The method corrected-frontier counts it once."
    ]
