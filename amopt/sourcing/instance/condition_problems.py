"""What is wrong with the terms beside prices, and with how lines share orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from typing import TYPE_CHECKING

from amopt.instance.findings import Code, Problem, Severity
from amopt.phrases import rounded_down, rounded_up
from amopt.sourcing.instance.entries import CONVENTIONAL

if TYPE_CHECKING:
    from amopt.sourcing.instance.contents import Contents
    from amopt.sourcing.instance.entries import Offer

__all__ = ["CODES", "committed_together", "condition_problems", "repeated"]

CODES: tuple[Code, ...] = (
    Code(
        "duty-percent",
        "The duty of a lane is more than all that the parts are priced at.",
        "Write the duty in percent of the price; 6.5 is six and a half percent.",
        Severity.WARNING,
    ),
    Code(
        "two-duties",
        "Two lanes of one mode join the same places, and their duties differ.",
        "Write the same duty on both, or name their modes apart.",
    ),
    Code(
        "setup-in-asset",
        "Lines of one part have orders of their own, and its tooling is paid once for all of them.",
        "Write what each order pays as setup_cost; asset_cost is paid once for the part.",
        Severity.WARNING,
    ),
    Code(
        "approval-unknown",
        "An approval is of a part that its supplier does not offer.",
        "Mend the supplier or the part, or add the offer.",
        Severity.WARNING,
    ),
    Code(
        "post-route-unknown",
        "Post-processing is stated for a part and route that nobody offers.",
        "Mend the part or the route.",
        Severity.WARNING,
    ),
    Code(
        "delivery-unknown",
        "A delivery cost is of a place that no order line names, or a supplier who offers nothing.",
        "Mend the place or the supplier.",
        Severity.WARNING,
    ),
    Code(
        "tiers-not-rising",
        "The tiers of a supplier's discounts do not rise, in what is spent and in percent.",
        "Write tiers by rising amounts, each with a larger discount than the one before.",
    ),
    Code(
        "discount-percent",
        "A discount is no percentage above 0 and up to 100.",
        "Write the percentage that is taken off, such as 5.",
    ),
    Code(
        "spend-unreachable",
        "A discount begins at more than could ever be spent at its supplier.",
        "Mend the amount; as it stands, the discount never holds.",
        Severity.WARNING,
    ),
    Code(
        "discount-with-power",
        "A supplier counts what is spent there, and prices of its are fitted powers.",
        "Write another between, such as linear, which passes through the quotes.",
    ),
    Code(
        "shares-beyond-whole",
        "The least shares of a part's suppliers add up to more than the whole.",
        "Lower least_percent or least_suppliers, so that their product is 100 at most.",
    ),
    Code(
        "too-few-suppliers",
        "A part must have more suppliers than supply it.",
        "Lower least_suppliers, add offers of other suppliers, or let conventional supply count.",
    ),
    Code(
        "shares-clash",
        "The largest share of a part's suppliers leaves no way to share the whole between them.",
        "Raise largest_percent: to least_percent, and to 100 over the number of suppliers.",
    ),
)
"""The codes of these findings."""


def repeated(collection: str, keys: Iterable[Hashable], told: str) -> Iterator[Problem]:
    """Yield the entries of a collection that are of the same thing as an earlier one."""
    first: dict[Hashable, int] = {}
    for index, key in enumerate(keys):
        if key in first:
            shown = ", ".join(str(k) for k in key if k) if isinstance(key, tuple) else str(key)
            yield Problem(
                "duplicate-entry",
                (collection, index),
                f"{collection}[{first[key]}] is of {shown!r} as well; entries differ in {told}.",
                "Keep one of them.",
            )
        first.setdefault(key, index)


def condition_problems(instance: Contents) -> Iterator[Problem]:
    """Yield what is wrong with the terms beside prices, and with how lines share orders."""
    yield from repeated("suppliers", (e.supplier for e in instance.suppliers), "supplier")
    yield from repeated(
        "deliveries", ((e.supplier, e.place) for e in instance.deliveries), "supplier or place"
    )
    yield from repeated(
        "approvals", ((e.supplier, e.part) for e in instance.approvals), "supplier or part"
    )
    yield from repeated("preparations", (e.part for e in instance.preparations), "part")
    yield from repeated(
        "post_processing", ((e.part, e.route) for e in instance.post_processing), "part or route"
    )
    yield from repeated("shares", (e.part for e in instance.shares), "part")
    yield from _duties(instance)
    yield from _tooling(instance)
    yield from _unknown(instance)
    yield from _shares(instance)
    yield from _discounts(instance)
    yield from _unreachable(instance)


def _duties(instance: Contents) -> Iterator[Problem]:
    """Yield duties of more than all that is paid, and lanes that differ in their duties alone."""
    known: dict[Hashable, tuple[int, Hashable]] = {}
    for index, lane in enumerate(instance.network.lanes):
        if lane.duty_percent > 100:
            yield Problem(
                "duty-percent",
                ("network", "lanes", index, "duty_percent"),
                f"{lane.duty_percent:g} % is more than the parts are priced at.",
                "Write the duty in percent, such as 6.5.",
            )
        name = lane.from_, lane.to, lane.mode
        first, paid = known.setdefault(name, (index, (lane.duty_percent, lane.duty_on)))
        if paid != (lane.duty_percent, lane.duty_on):
            yield Problem(
                "two-duties",
                ("network", "lanes", index, "duty_percent"),
                f"network.lanes[{first}] joins {lane.from_!r} and {lane.to!r} by {lane.mode!r} as "
                "well, with another duty.",
                "Write one duty, or another mode.",
            )


def _tooling(instance: Contents) -> Iterator[Problem]:
    """Yield the tooling that was perhaps meant to be paid by each order."""
    if instance.orders != "by_line":
        return
    for index, entry in enumerate(instance.conventional):
        costs = entry.asset_cost > 0 and not entry.asset_exists and not entry.setup_cost
        if costs and entry.part in instance.several_lines:
            yield Problem(
                "setup-in-asset",
                ("conventional", index, "asset_cost"),
                f"several lines ask for {entry.part!r}, each with an order of its own, and the "
                f"asset cost of {entry.asset_cost:g} is paid once for all of them.",
                "Write setup_cost where each order pays it.",
            )


def _unknown(instance: Contents) -> Iterator[Problem]:
    """Yield terms of what nobody offers or needs."""
    known = (*instance.offers, *instance.unquoted)  # what is not quoted now is offered all the same
    offered = {(offer.supplier, offer.part) for offer in known}
    routes = {(offer.part, offer.route) for offer in known}
    suppliers = {supplier for supplier, _ in offered} | {CONVENTIONAL}
    places = {line.place for line in instance.lines}
    for index, terms in enumerate(instance.suppliers):
        if terms.supplier not in suppliers - {CONVENTIONAL}:
            yield Problem(
                "idle-supplier",
                ("suppliers", index, "supplier"),
                f"{terms.supplier!r} offers nothing, so that these terms are nobody's.",
                "Mend the name, or add its offers.",
            )
    for index, approval in enumerate(instance.approvals):
        if (approval.supplier, approval.part) not in offered:
            yield Problem(
                "approval-unknown",
                ("approvals", index),
                f"{approval.supplier!r} does not offer {approval.part!r}.",
                "Mend the supplier or the part.",
            )
    for index, done in enumerate(instance.post_processing):
        if (done.part, done.route) not in routes:
            yield Problem(
                "post-route-unknown",
                ("post_processing", index),
                f"nobody offers {done.part!r} on the route {done.route!r}.",
                "Mend the part or the route.",
            )
    for index, entry in enumerate(instance.deliveries):
        if instance.lines and (entry.supplier not in suppliers or entry.place not in places):
            yield Problem(
                "delivery-unknown",
                ("deliveries", index),
                f"nothing is delivered from {entry.supplier!r} to {entry.place!r}.",
                "Mend the supplier or the place.",
            )


def _shares(instance: Contents) -> Iterator[Problem]:
    """Yield the shares of parts that no plan could keep, whatever else it does."""
    if not instance.shares:
        return
    from amopt.sourcing.instance.offered.needs import needs_by_part

    of_part = needs_by_part(instance)
    for index, share in enumerate(instance.shares):
        needs = of_part[share.part]
        if needs.asked and not needs.left:
            continue  # nothing is to be ordered
        told = repr(share.part)
        if share.least_suppliers * share.least_percent > needs.whole * (1 + 1e-9):
            yield Problem(
                "shares-beyond-whole",
                ("shares", index, "least_percent"),
                f"{share.least_suppliers} suppliers with {share.least_percent:.10g} % of {told} "
                "each are more than the whole.",
                f"Write {rounded_down(needs.whole / share.least_suppliers)} or less.",
            )
        who = needs.suppliers
        counted = who if share.conventional_counts else who - {CONVENTIONAL}
        if len(counted) < share.least_suppliers:
            names = ", ".join(map(repr, sorted(counted))) or "nobody"
            others = "or add offers of other suppliers"
            yield Problem(
                "too-few-suppliers",
                ("shares", index, "least_suppliers"),
                f"{told} must have {share.least_suppliers} suppliers, and those that count are "
                f"{names}.",
                f"Write {len(counted)}, {others}."
                if counted
                else "Add offers of suppliers, or let conventional supply count.",
            )
        least = 0.0
        if needs.held_by(share.least_percent) < share.least_suppliers:
            least = share.least_percent
        least = max(least, needs.least_of_the_largest)
        if share.largest_percent < least * (1 - 1e-9):
            yield Problem(
                "shares-clash",
                ("shares", index, "largest_percent"),
                f"no supplier of {told} may have more than {share.largest_percent:.10g} %, and one "
                f"must have {least:.4g} %.",
                f"Write {rounded_up(least)} or more.",
            )


def _discounts(instance: Contents) -> Iterator[Problem]:
    """Yield what is wrong with discounts on what is spent."""
    offers: dict[str, list[Offer]] = defaultdict(list)
    for offer in instance.offers:
        offers[offer.supplier].append(offer)
    for index, terms in enumerate(instance.suppliers):
        own = offers[terms.supplier]
        counted = terms.minimum_order_value, terms.spend_discounts
        if any(each is not None for each in counted) and any(o.between == "power" for o in own):
            key = "spend_discounts" if terms.spend_discounts is not None else "minimum_order_value"
            yield Problem(
                "discount-with-power",
                ("suppliers", index, key),
                f"prices of {terms.supplier!r} are fitted powers.",
                f"Write between: linear on these offers, or leave {key} out.",
            )
        if terms.spend_discounts is None:
            continue
        where = "suppliers", index, "spend_discounts", "tiers"
        before = None
        for number, tier in enumerate(terms.spend_discounts.tiers):
            if not 0 < tier.percent <= 100:
                yield Problem(
                    "discount-percent",
                    (*where, number, "percent"),
                    f"{tier.percent:g} % is no discount.",
                    "Write a number above 0, up to 100.",
                )
            elif before and not (tier.from_ > before.from_ and tier.percent > before.percent):
                yield Problem(
                    "tiers-not-rising",
                    (*where, number),
                    f"{tier.percent:g} % from {tier.from_:g} on comes after {before.percent:g} % "
                    f"from {before.from_:g} on.",
                    "Let both rise from tier to tier.",
                )
            before = tier


def _unreachable(instance: Contents) -> Iterator[Problem]:
    """Yield the tiers of discounts that no plan reaches."""
    offers: dict[str, list[Offer]] = defaultdict(list)
    for offer in instance.offers:
        offers[offer.supplier].append(offer)
    asked: dict[str, float] = defaultdict(float)
    for line in instance.lines:
        asked[line.part] += line.quantity + line.surplus
    for index, terms in enumerate(instance.suppliers):
        own = offers[terms.supplier]
        if terms.spend_discounts is None:
            continue
        dearest: dict[str, float] = defaultdict(float)
        for offer in own:
            price = max((quote.cost_per_part for quote in offer.quotes), default=0.0)
            dearest[offer.part] = max(dearest[offer.part], price)
        most = sum(asked.get(part, 0.0) * price for part, price in dearest.items())
        if own and instance.lines and all(offer.between != "line" for offer in own):
            for number, tier in enumerate(terms.spend_discounts.tiers):
                if tier.from_ > most * (1 + 1e-9):
                    yield Problem(
                        "spend-unreachable",
                        ("suppliers", index, "spend_discounts", "tiers", number, "from"),
                        f"no more than {most:,.10g} could be spent on parts at {terms.supplier!r}.",
                        "Mend the amount.",
                    )


def committed_together(instance: Contents) -> Iterator[Problem]:
    """Yield entries of one order that differ, tooling of those who have none, and what counts."""
    for index, offer in enumerate(instance.offers):
        tiers = offer.committed_counts == "new_parts" and not offer.tiered
        if tiers or (offer.committed_counts is not None and offer.between == "power"):
            yield Problem(
                "committed-counts-curve",
                ("offers", index, "committed_counts"),
                f"between: {offer.between} has no tier whose price new parts could have."
                if tiers
                else "what is left of a fitted power is no fitted power.",
                "Write between: all_units or incremental, or leave committed_counts out."
                if offer.between == "power"
                else "Write committed_counts: all_parts.",
            )
    parts = {line.line: line.part for line in instance.lines}
    first: dict[str, tuple[str | None, ...]] = {}
    for index, order in enumerate(instance.committed):
        if order.tooling_weeks_left is not None and order.supplier != CONVENTIONAL:
            yield Problem(
                "tooling-left-unknown",
                ("committed", index, "tooling_weeks_left"),
                f"{order.supplier!r} is no conventional supply, which alone has tooling.",
                "Leave it out.",
            )
        of = parts.get(order.line), order.supplier, order.route, order.material
        if order.order is not None and first.setdefault(order.order, of) != of:
            yield Problem(
                "committed-mixed",
                ("committed", index, "order"),
                f"order {order.order!r} has entries of another part, supplier, route or material.",
                "Give this one an order of its own, or mend what differs.",
            )
