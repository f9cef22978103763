"""What is said of an answer: its headline, and the notes beside it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from amopt.phrases import counted, listed, money, plural
from amopt.solution import AS_STATED, Column
from amopt.sourcing.instance.fields import CONVENTIONAL, Offer

if TYPE_CHECKING:
    from amopt.solution import Table
    from amopt.sourcing.evaluation import Evaluation

__all__ = [
    "DEAREST",
    "LIMIT_COLUMNS",
    "PLACED_BEFORE",
    "beside",
    "conventional_of_some",
    "count",
    "dearest",
    "notes",
    "orders_in_words",
]

MOST_NAMED = 5
"""Lines that are named."""

ONCE_IN_WORDS = {
    "approvals": "approvals",
    "preparations": "preparations",
    "supplier_fees": "fees of suppliers",
    "deliveries": "deliveries",
}
"""What is paid once beside the orders of a line, by the kind of the charge."""

DEAREST = 3
"""Limits that are named: those that cost most."""

LIMIT_COLUMNS = (
    Column("limit", "", "The limit."),
    Column("stated", "", "What the file says.", digits=AS_STATED),
    Column("stated_day", "", "The same as a day; of need-bys, needs order_date."),
    Column("unit", "", "Its unit."),
    Column("used", "", "What the plan uses of it.", digits=AS_STATED),
    Column("used_day", "", "The same as a day."),
)
"""With what tables of limits begin."""

PLACED_BEFORE = "placed before"
"""How tables mark orders that were placed before, where the file has no name for them."""


def notes(plan: Evaluation, lines: list[dict[str, Any]], rule: Evaluation) -> tuple[str, ...]:
    """Return what the planner should know about a plan.

    Parameters
    ----------
    plan
        The plan.
    lines
        Its table of lines.
    rule
        The frontier rule's plan.
    """
    return (
        *_discount_notes(plan),
        *_quantity_notes(plan),
        *_reading_notes(plan),
        *_unmet_notes(lines),
        *_rule_notes(lines, rule),
        *_conventional_notes(plan, lines),
    )


def _reading_notes(plan: Evaluation) -> Iterator[str]:
    """Say how prices between quotes are read where offers that are ordered on do not say it."""
    import numpy as np

    supply = plan.supply
    ordered = supply.by_pool(plan.quantity)
    lead = dict(zip(supply.pool.tolist(), supply.source.tolist(), strict=True))
    found, more = [], 0.0
    for pool in np.flatnonzero(ordered > 0).tolist():
        source = supply.sources[lead[pool]]
        if not isinstance(source, Offer) or "between" in source.model_fields_set:
            continue
        amount = float(ordered[pool])
        steps = sorted((quote.quantity, quote.cost_per_part) for quote in source.quotes)
        price = next((p for q, p in reversed(steps) if q <= amount * (1 + 1e-9)), steps[0][1])
        paid = supply.pool_total.take(np.array([pool])).at(np.array([amount]))[0]
        goods = float(paid - supply.fee_of_pool[pool])
        if price * amount > goods * 1.001:
            found.append(f"{amount:g} {source.part} at {source.supplier!r}")
            more += price * amount - goods
    if found:
        yield (
            f"Between quotes, and without a word in the file on what holds there: "
            f"{listed(found, most=MOST_NAMED)}. The total is taken as linear between the quotes. "
            "Where these are a price list of steps, write between: all_units; "
            f"{counted(len(found), 'such order')} then cost{'s' if len(found) == 1 else ''} "
            f"{more:,.2f} more."
        )


def _conventional_notes(plan: Evaluation, lines: list[dict[str, Any]]) -> Iterator[str]:
    """Say what forbids conventional supply alone where the headline says that it costs less."""
    own = [row for row in lines if row["cost_of_conventional"] is not None]
    usual = sum(row["cost_of_conventional"] + row["downtime_cost_of_conventional"] for row in own)
    if usual >= sum(row["cost"] + row["downtime_cost"] + row["penalty"] for row in own) - 0.005:
        return
    asked = {row["part"] for row in own}
    late = _late(plan)
    if late:
        yield (
            f"Conventional supply alone is no plan of this file: {plural(len(late), 'line')} "
            f"{listed(late, most=MOST_NAMED)} would come too late."
        )
    for share in plan.supply.instance.shares:
        if share.part not in asked:
            continue
        why = []
        if share.least_suppliers > 1:
            why.append(f"{share.least_suppliers} suppliers at least")
        elif not share.conventional_counts:
            why.append("a supplier that is not conventional")
        if share.largest_percent < 100:
            why.append(f"{share.largest_percent:g} % at most from any of them")
        if why:
            yield (
                f"Conventional supply alone is no plan of this file: the shares of {share.part!r} "
                f"ask for {' and '.join(why)}."
            )


def _discount_notes(plan: Evaluation) -> Iterator[str]:
    """Say what discounts on what is spent at suppliers come to."""
    from amopt.sourcing.evaluation import goods_of
    from amopt.sourcing.offers.discounts import options_by_supplier

    supply = plan.supply
    goods, options = goods_of(supply, plan.quantity), options_by_supplier(supply)
    for terms in supply.instance.suppliers:
        if terms.spend_discounts is None or terms.supplier not in options:
            continue
        spent = float(goods[options[terms.supplier]].sum())
        off = terms.spend_discounts.discount(spent)
        if off > 0:
            yield (
                f"{terms.supplier!r}: of {spent:,.2f} spent there on parts, {off:,.2f} are taken "
                f"off ({100 * off / spent:.4g} % off)."
            )


def _quantity_notes(plan: Evaluation) -> Iterator[str]:
    """Say which quantities were not quoted."""
    import numpy as np

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


def _rule_notes(lines: list[dict[str, Any]], rule: Evaluation) -> Iterator[str]:
    """Say where the frontier rule would cost more than not using AM at all, and what makes it."""
    more = {
        index: row["cost_of_frontier_rule"] - row["cost_of_conventional"]
        for index, row in enumerate(lines)
        if row["cost_of_frontier_rule"] is not None
        and row["cost_of_conventional"] is not None
        and row["cost_of_frontier_rule"] > row["cost_of_conventional"] * (1 + 1e-9)
    }
    if not more:
        return
    once, supply = _paid_once(rule), rule.supply
    suppliers: dict[int, set[str]] = defaultdict(set)
    for o in ((rule.quantity > 0) & ~supply.conventional).nonzero()[0].tolist():
        suppliers[int(supply.line[o])].add(supply.supplier[o])
    because: dict[str, list[str]] = defaultdict(list)
    for index, excess in more.items():
        paid = {words: float(shares[index]) for words, shares in once.items() if shares[index] > 0}
        usual = supply.sources[supply.source[supply.conventional_of_line[index]]]
        if paid and excess <= sum(paid.values()) * (1 + 1e-9):
            why = f": it does not count what is paid once ({listed(list(paid))})."
        elif len(suppliers[index]) > 1 and getattr(usual, "asset_cost", 0.0) > 0:
            why = (
                ": it counts the tooling once for each supplier that it uses. The method "
                "corrected-frontier counts it once."
            )
        else:
            why = "."
        because[why].append(repr(lines[index]["line"]))
    for why, names in because.items():
        which = f"line{'s' if len(names) > 1 else ''} {listed(names, most=MOST_NAMED)}"
        yield f"For {which} the frontier rule costs more than conventional supply{why}"


def _paid_once(plan: Evaluation) -> dict[str, Any]:
    """Return what each line bears of what is paid once beside its AM orders, by what it is for."""
    import numpy as np

    supply, found = plan.supply, {}
    printed = np.where(supply.conventional, 0.0, plan.quantity)
    for kind, words in ONCE_IN_WORDS.items():
        wanted = np.array([own == kind for own in supply.charges.kind], dtype=bool)
        shares = supply.charges.keep(wanted).shares(plan.quantity)
        shares[printed <= 0] = 0.0
        found[words] = np.bincount(supply.line, shares, minlength=len(supply.instance.lines))
    return found


def _late(plan: Evaluation) -> list[str]:
    """Return the lines that conventional supply of all lines would bring too late, quoted."""
    from amopt.sourcing.evaluation import whole_conventional

    latest = plan.supply.latest.tolist()
    if all(math.isinf(weeks) for weeks in latest):
        return []
    weeks = whole_conventional(plan.supply).weeks.tolist()
    return [
        repr(line.line)
        for line, own, most in zip(plan.supply.instance.lines, weeks, latest, strict=True)
        if own > most * (1 + 1e-9)
    ]


def orders_in_words(orders: Table) -> str:
    """Say how many orders go to how many AM suppliers, and how many are conventional."""
    placed = {_order_of(number, row): row["supplier"] for number, row in enumerate(orders)}
    suppliers = [supplier for supplier in placed.values() if supplier != CONVENTIONAL]
    usual = len(placed) - len(suppliers)
    printed = (
        f"{count(len(suppliers), 'order')} at {count(len(set(suppliers)), 'AM supplier')}"
        if suppliers or not usual
        else ""
    )
    conventional = f"{count(usual, 'order')} of conventional supply" if usual else ""
    return " and ".join(words for words in (printed, conventional) if words)


def _order_of(number: int, row: Mapping[str, Any]) -> object:
    """Return what tells the order of a row from others: of one placed before, its name if any."""
    if row["order"] is not None:
        return row["order"]
    name = row.get("placed_as")
    return number if name in (None, PLACED_BEFORE) else (row["supplier"], name)


def conventional_of_some(lines: Table, money: str) -> list[str]:
    """Compare with conventional supply where only some lines have it, and say which have none."""
    without = [row["line"] for row in lines if row["cost_of_conventional"] is None]
    own = [row for row in lines if row["cost_of_conventional"] is not None]
    if not without or not own:
        return []
    more = sum(
        row["cost_of_conventional"]
        + row["downtime_cost_of_conventional"]
        - row["cost"]
        - row["downtime_cost"]
        - (row.get("penalty") or 0.0)
        for row in own
    )
    waits = any(row["downtime_cost"] for row in own)
    label = f"Conventional supply of the other {count(len(own), 'line')}"
    named = listed([repr(name) for name in without], most=MOST_NAMED)
    has = "has" if len(without) == 1 else "have"
    told = beside(label, more, money, " with waiting" if waits else "")
    return [f"{told.removesuffix('.')}; {plural(len(without), 'line')} {named} {has} none."]


def beside(label: str, more: float, money: str, beside: str) -> str:
    """Say what another way of filling the lines would cost beside this plan."""
    if abs(more) < 0.005:
        return f"{label} would cost the same{beside}."
    word = "more" if more > 0 else "less"
    return f"{label} would cost {abs(more):,.2f}{money} {word}{beside}."


def count(number: int, what: str) -> str:
    """Return a number of things in words."""
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def dearest(rows: Sequence[Mapping[str, Any]], currency: str, *, every: bool) -> list[str]:
    """Return in words which limits cost most.

    Parameters
    ----------
    rows
        Of each limit its name, what it costs where that is proven, and what it costs at least.
    currency
        The currency.
    every
        Whether these are all limits that are asked for.
    """
    dear = sorted((r for r in rows if r["costs_at_least"]), key=lambda r: -r["costs_at_least"])
    unknown = sum(row["costs"] is None and not row["costs_at_least"] for row in rows)
    told = [
        f"{row['limit']} ({'at least ' if row['costs'] is None else ''}"
        f"{money(row['costs_at_least'], currency)})"
        for row in dear[:DEAREST]
    ]
    if told:
        looked = "What costs most" if every else "Of the limits looked at, what costs most"
        said = [f"{looked}, each without it alone: {listed(told)}."]
    elif unknown:
        said = ["No limit is proven to cost anything."]
    elif every:
        said = ["No limit costs anything: without any one of them the plan costs the same."]
    else:
        said = ["No limit that was looked at costs anything."]
    if unknown:
        said.append(
            f"What {counted(unknown, 'limit')} {_verb(unknown, 'costs', 'cost')} is not known."
        )
    return said


def _verb(number: int, one: str, many: str) -> str:
    return one if number == 1 else many
