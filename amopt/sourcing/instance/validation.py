"""What is wrong with a sourcing file across its fields."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING

from amopt.instance.findings import Problem
from amopt.sourcing.instance.condition_problems import (
    committed_together,
    condition_problems,
    repeated,
)
from amopt.sourcing.instance.dates import date_problems, past_problems
from amopt.sourcing.instance.entries import CONVENTIONAL
from amopt.sourcing.instance.offered.left_out import left_out
from amopt.sourcing.instance.offered.quotes import offer_problems

if TYPE_CHECKING:
    from amopt.sourcing.instance.contents import Contents
    from amopt.sourcing.instance.entries import Committed, Line, Offer

__all__ = ["checks", "problems"]


def problems(instance: Contents) -> Iterator[Problem]:
    """Yield what is wrong with the instance across fields."""
    return chain.from_iterable(checks(instance))


def checks(instance: Contents) -> Iterator[Iterator[Problem]]:
    """Yield the checks of the instance across fields, each to be made by itself."""
    for check in (
        _nothing_to_order,
        _duplicates,
        condition_problems,
        _quantities,
        offer_problems,
        _amounts,
        date_problems,
        past_problems,
        _supply,
        left_out,
        _licences,
        _limited_suppliers,
        _committed,
        committed_together,
        _places,
    ):
        yield check(instance)


def _places(instance: Contents) -> Iterator[Problem]:
    """Yield the places that there are not, else those that nobody reaches."""
    if instance.network.places:
        unknown = list(_unknown_places(instance))
        yield from unknown or _unreachable(instance)


def _nothing_to_order(instance: Contents) -> Iterator[Problem]:
    """Yield that the file has no order lines: events of a replay may bring them yet."""
    if not instance.lines:
        yield Problem(
            "nothing-to-order",
            ("lines",),
            "the file has no order lines, so that there is nothing to order.",
            "Write lines, unless a replay's events bring them.",
        )


def _duplicates(instance: Contents) -> Iterator[Problem]:
    yield from repeated("calendars", (entry.name for entry in instance.calendars), "name")
    yield from repeated("lines", (line.line for line in instance.lines), "line")
    yield from repeated("conventional", (entry.part for entry in instance.conventional), "part")
    yield from repeated(
        "offers", (offer.key for offer in instance.offers), "supplier, part, route or material"
    )
    yield from repeated("capacities", (entry.supplier for entry in instance.capacities), "supplier")
    yield from repeated(
        "licences",
        ((entry.part, entry.supplier) for entry in instance.licences),
        "part or supplier",
    )


def _quantities(instance: Contents) -> Iterator[Problem]:
    for index, line in enumerate(instance.lines):
        if not line.divisible and line.quantity != int(line.quantity):
            yield Problem(
                "fractional-quantity",
                ("lines", index, "quantity"),
                f"line {line.line!r} asks for {line.quantity:.10g} parts and is not divisible.",
                f"Write {_whole(line.quantity)}, or divisible: true.",
            )


def _whole(quantity: float) -> int:
    """Return the whole number of parts that is nearest to an amount: one part at least."""
    return max(1, round(quantity))


def _amounts(instance: Contents) -> Iterator[Problem]:
    for index, capacity in enumerate(instance.capacities):
        if capacity.machine_hours is None and capacity.parts is None:
            yield Problem(
                "no-capacity-stated",
                ("capacities", index),
                f"the capacity of {capacity.supplier!r} states neither machine hours nor parts.",
                "Write machine_hours, parts, or both.",
            )
    if not any(weight for _, weight in instance.minimise):
        yield Problem(
            "nothing-to-minimise",
            ("minimise",),
            "all weights are zero.",
            "Write minimise: {cost: 1, downtime: 1}.",
        )
    dated = [offer for offer in instance.offers if offer.valid_from or offer.valid_to]
    if dated and instance.order_date is None:
        yield Problem(
            "no-order-date",
            ("order_date",),
            f"{len(dated)} offers hold for certain dates, and no order date is given.",
            "Write order_date: YYYY-MM-DD.",
        )


def _supply(instance: Contents) -> Iterator[Problem]:
    offers: dict[str, list[Offer]] = defaultdict(list)
    for offer in instance.offers:
        offers[offer.part].append(offer)
    made = {entry.part for entry in instance.conventional}
    left = {entry.part for entry in instance.unquoted}
    largest = {part: max((o.largest for o in own), default=0.0) for part, own in offers.items()}
    pooled, before = instance.orders == "together", instance.committed_parts
    asked: dict[str, float] = defaultdict(float)
    for index, line in enumerate(instance.lines):
        so_far = asked[line.part]
        asked[line.part] = so_far + line.quantity if pooled else max(so_far, line.quantity)
        supplied = line.part in offers or line.part in made
        if not supplied and not _needs_nothing(line, before):
            why = "of which no quotes hold" if line.part in left else "which nobody offers or makes"
            yield Problem(
                "no-supply",
                ("lines", index, "part"),
                f"line {line.line!r} asks for {line.part!r}, {why}.",
                "Add an offer or a conventional supply, or unmet_penalty_per_part on the line: "
                "what it does not get is then paid for.",
            )
    sizes = {part.name: part for part in instance.parts}
    for index, offer in enumerate(instance.offers):
        part = sizes.get(offer.part)
        if (
            offer.build_envelope
            and part
            and None in (part.length_mm, part.width_mm, part.height_mm)
        ):
            yield Problem(
                "unknown-size",
                ("offers", index, "build_envelope"),
                f"{part.name!r} states no dimensions; it is taken to fit.",
                "Write its length_mm, width_mm and height_mm.",
            )
        if offer.largest_quantity is None and asked[offer.part] > largest[offer.part]:
            several = pooled and offer.part in instance.several_lines
            yield Problem(
                "beyond-quotes",
                ("offers", index, "quotes"),
                f"{'its lines ask' if several else 'a line asks'} for {asked[offer.part]:.10g} of "
                f"{offer.part!r}, and no offer of it is quoted beyond {largest[offer.part]:.10g}.",
                "Write largest_quantity where the supplier makes more at the last quote's price.",
            )


def _needs_nothing(line: Line, before: Mapping[str, float]) -> bool:
    """Return whether a line may go without new orders: for a penalty, or since it has all."""
    paid_for = line.unmet_penalty_per_part is not None
    return paid_for or before.get(line.line, 0.0) >= line.quantity * (1 - 1e-9)


def _licences(instance: Contents) -> Iterator[Problem]:
    for index, licence in enumerate(instance.licences):
        if (licence.file is None) != (licence.sha256 is None):
            given = "file" if licence.sha256 is None else "sha256"
            yield Problem(
                "no-fingerprint",
                ("licences", index, given),
                f"the licence of {licence.part!r} states {given} alone.",
                "Write both file and sha256, or neither.",
            )
    named: dict[str, set[str | None]] = defaultdict(set)
    for licence in instance.licences:
        named[licence.part].add(licence.supplier)
    for index, offer in enumerate(instance.offers):
        if named[offer.part] and not named[offer.part] & {None, offer.supplier}:
            yield Problem(
                "unlimited-supplier",
                ("offers", index, "supplier"),
                f"{offer.part!r} is licensed to other suppliers, and not limited at "
                f"{offer.supplier!r}.",
                f"Add a licence for {offer.supplier!r}; prints: 0 forbids it.",
            )


def _limited_suppliers(instance: Contents) -> Iterator[Problem]:
    """Yield the capacities and licences that are no AM supplier's, or of one who offers nothing."""
    from amopt.instance.suggest import closest

    offering = {offer.supplier for offer in (*instance.offers, *instance.unquoted)}
    known = offering | {order.supplier for order in instance.committed}
    limits = [("capacities", index, x.supplier) for index, x in enumerate(instance.capacities)]
    limits += [
        ("licences", index, x.supplier)
        for index, x in enumerate(instance.licences)
        if x.supplier is not None
    ]
    for collection, index, name in limits:
        if name == CONVENTIONAL:
            yield Problem(
                "reserved-supplier",
                (collection, index, "supplier"),
                f"{CONVENTIONAL!r} names conventional supply, which has no such limit.",
                "Write the name of an AM supplier.",
            )
        elif name not in known and offering:
            match = closest(name, offering)
            yield Problem(
                "idle-supplier",
                (collection, index, "supplier"),
                f"{name!r} offers nothing, so that this limits nobody.",
                f"Did you mean {match!r}?" if match else "Mend the name, or add its offers.",
            )


def _committed(instance: Contents) -> Iterator[Problem]:
    lines = {line.line: line for line in instance.lines}
    made = {entry.part for entry in instance.conventional}
    total: dict[str, float] = defaultdict(float)
    for index, order in enumerate(instance.committed):
        line = lines.get(order.line)
        if line is None:
            continue
        total[order.line] += order.quantity
        most = line.quantity + line.surplus
        if total[order.line] > most * (1 + 1e-9):
            yield Problem(
                "committed-beyond-line",
                ("committed", index, "quantity"),
                f"{total[order.line]:.10g} parts are committed for line {order.line!r}, which "
                f"takes at most {most:.10g}.",
                "Raise the line's quantity or surplus.",
            )
        if not line.divisible and order.quantity != int(order.quantity):
            yield Problem(
                "fractional-quantity",
                ("committed", index, "quantity"),
                f"line {line.line!r} is not divisible.",
                f"Write {_whole(order.quantity)}.",
            )
        if order.supplier == CONVENTIONAL:
            known = line.part in made
        else:
            known = sum(order.matches(offer, line.part) for offer in instance.offers) == 1
        agreed = order.cost is not None and (order.weeks, order.delivery) != (None, None)
        if not known and not agreed:
            yield Problem(
                "committed-unknown",
                ("committed", index),
                f"the order of line {order.line!r} at {order.supplier!r} states no cost and weeks, "
                "and no one offer of the file says them.",
                "Write its cost and weeks.",
            )
        elif sum(_counts(instance, order, line.part)) > 1:
            yield Problem(
                "committed-unknown",
                ("committed", index),
                f"the order of line {order.line!r} at {order.supplier!r} counts for new orders of "
                "one offer, and may be of several.",
                "Write its route and material.",
            )
        elif order.weeks is None and order.delivery is None:
            yield Problem(
                "committed-anew",
                ("committed", index),
                f"the order of line {order.line!r} at {order.supplier!r} does not say when it "
                "arrives, so that its lead time is counted from now on, as if placed today.",
                "Write delivery: YYYY-MM-DD, or the weeks that are left.",
            )


def _counts(instance: Contents, order: Committed, part: str) -> Iterator[bool]:
    """Yield of each offer that an order may be of whether it counts for new orders there."""
    own = [offer for offer in instance.offers if order.matches(offer, part)]
    if any(offer.committed_counts is not None for offer in own):
        yield from (True for _ in own)


def _unknown_places(instance: Contents) -> Iterator[Problem]:
    from amopt.instance.suggest import Suggestions

    places, told = {place.name for place in instance.network.places}, Suggestions()
    wanted = [
        *((("offers", i, "supplier"), offer.supplier) for i, offer in enumerate(instance.offers)),
        *(
            (("conventional", i, "place"), entry.place)
            for i, entry in enumerate(instance.conventional)
        ),
        *((("lines", i, "place"), line.place) for i, line in enumerate(instance.lines)),
    ]
    for key, name in wanted:
        if name is not None and name not in places:
            message = f"{name!r} is no place of the network."
            if key[-1] == "supplier":
                message = f"the supplier {name!r} has no place in the network."
            advice = "Add a place of this name to network.places, or mend the name."
            yield Problem("unknown-place", key, message, told.advice(name, places, advice))


def _unreachable(instance: Contents) -> Iterator[Problem]:
    from amopt.network import unreachable_place

    sources: dict[str, dict[str, int]] = defaultdict(dict)
    for index, offer in enumerate(instance.offers):
        sources[offer.part].setdefault(offer.supplier, index)
    made = {entry.part: entry.place for entry in instance.conventional}
    suppliers = sorted({name for own in sources.values() for name in own})
    suppliers += sorted({place for place in made.values() if place} - set(suppliers))
    places = sorted({line.place for line in instance.lines if line.place is not None})
    if not suppliers or not places:
        return
    routes = instance.supply_network.routes(suppliers, places)
    reached = {
        (source, place)
        for row, source in enumerate(suppliers)
        for column, place in enumerate(places)
        if routes.reached[row, column]
    }
    supplied, before = sources.keys() | made.keys(), instance.committed_parts
    told: set[tuple[str, str]] = set()
    for index, line in enumerate(instance.lines):
        if line.place is None or line.part not in supplied:
            continue
        own = sources[line.part]
        missed = [name for name in own if (name, line.place) not in reached]
        maker = made.get(line.part)
        unmade = maker is not None and (maker, line.place) not in reached
        nobody = len(missed) == len(own) and (line.part not in made or unmade)
        if nobody and not _needs_nothing(line, before):
            names = [*own, *([maker] if maker else [])]
            yield unreachable_place(("lines", index, "place"), line.place, names)
            continue
        for name in [*missed, *([maker] if unmade and maker else [])]:
            if (name, line.place) in told:
                continue
            told.add((name, line.place))
            key = ("offers", own[name], "supplier") if name in own else ("conventional",)
            yield Problem(
                "unreachable-supplier",
                key,
                f"no route leads from {name!r} to {line.place!r}; it is left out there.",
                "Add a lane.",
            )
