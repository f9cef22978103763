"""What is wrong with the terms beside prices, and with how lines share orders."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import TYPE_CHECKING

from amopt.instance.findings import Code, Problem, Severity
from amopt.sourcing.instance.entries import CONVENTIONAL

if TYPE_CHECKING:
    from amopt.sourcing.instance.contents import Contents

__all__ = ["CODES", "condition_problems", "repeated"]

CODES: tuple[Code, ...] = (
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
    yield from _tooling(instance)
    yield from _unknown(instance)


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
    offered = {(offer.supplier, offer.part) for offer in instance.offers}
    routes = {(offer.part, offer.route) for offer in instance.offers}
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
