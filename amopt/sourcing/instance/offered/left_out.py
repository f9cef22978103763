"""Why an offer cannot be used, whatever else the plan is: its dates, and what the part asks for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING

from amopt.instance.findings import Problem

if TYPE_CHECKING:
    from amopt.sourcing.instance.contents import Contents
    from amopt.sourcing.instance.entries import Line, Offer, Part

__all__ = ["lacks", "left_out", "unfit", "void"]

_ANEW = "Ask for a new quote, or mend the offer's dates or order_date."


def void(offer: Offer, day: date | None) -> str:
    """Return why an offer does not hold on a day; empty where it does, or no day is known."""
    if day is not None and offer.valid_from is not None and day < offer.valid_from:
        return f"holds from {offer.valid_from} on"
    if day is not None and offer.valid_to is not None and day > offer.valid_to:
        return f"held until {offer.valid_to}"
    return ""


def unfit(offer: Offer, part: Part) -> str:
    """Return why an offer will not do for a part, whatever the line; empty where it will."""
    if part.materials and offer.material not in part.materials:
        return f"material {offer.material or 'not stated'} will not do"
    box, size = offer.build_envelope, (part.length_mm, part.width_mm, part.height_mm)
    if box is not None:
        known = sorted((x for x in size if x is not None), reverse=True)
        space = sorted((box.length_mm, box.width_mm, box.height_mm), reverse=True)
        if any(x > s for x, s in zip(known, space, strict=False)):
            return "the part does not fit the build envelope"
    return lacks(offer, part.certificates)


def lacks(offer: Offer, wanted: Iterable[str]) -> str:
    """Return which certificates an offer lacks, in words; empty where none."""
    missing = set(wanted) - set(offer.certificates)
    return f"lacks the certificate {', '.join(sorted(missing))}" if missing else ""


def left_out(instance: Contents) -> Iterator[Problem]:
    """Yield the offers that can be used for no line of their part."""
    parts = {part.name: part for part in instance.parts}
    lines: dict[str, list[Line]] = defaultdict(list)
    for line in instance.lines:
        lines[line.part].append(line)
    for index, offer in enumerate(instance.offers):
        what = f"the offer of {offer.part!r} at {offer.supplier!r} is left out"
        first, last, day = offer.valid_from, offer.valid_to, instance.order_date
        if why := void(offer, day):
            if first is not None and last is not None and last < first:
                why = f"holds from {first} to {last}, which is before"
            message = f"{what}: it {why}, and orders are placed on {day}."
            key = "valid_to" if last is not None else "valid_from"
            yield Problem("quote-expired", ("offers", index, key), message, _ANEW)
            continue
        lacking = [lacks(offer, line.certificates) for line in lines[offer.part]]
        why = unfit(offer, parts[offer.part]) if offer.part in parts else ""
        if why := why or (lacking[0] if lacking and all(lacking) else ""):
            yield Problem("offer-unfit", ("offers", index), f"{what}: {why}.")
