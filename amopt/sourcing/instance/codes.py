"""The codes of what can be wrong with a sourcing file."""

from __future__ import annotations

from amopt.instance.findings import Code, Severity
from amopt.sourcing.instance.condition_problems import CODES as OF_CONDITIONS
from amopt.sourcing.instance.dates import CODES as OF_DATES
from amopt.sourcing.instance.design_files import CODES as OF_DESIGN_FILES
from amopt.sourcing.instance.quote_log.codes import CODES as OF_QUOTE_LOGS

__all__ = ["CODES"]

CODES: tuple[Code, ...] = (
    Code(
        "duplicate-entry",
        "Two entries of a collection say something of the same thing.",
        "Keep one of them, or make them differ in what tells them apart.",
    ),
    Code(
        "fractional-quantity",
        "A line that is not divisible asks for a fraction of a part.",
        "Write a whole number, or divisible: true on the line.",
    ),
    Code(
        "reserved-supplier",
        "A supplier is named 'conventional', which is how tables name conventional supply.",
        "Give the supplier another name.",
    ),
    Code(
        "quantity-range",
        "An offer's smallest quantity is above its largest.",
        "Swap the two, or leave one out: it is then the smallest or largest quoted quantity.",
    ),
    Code(
        "too-few-quotes",
        "A curve cannot be fitted to fewer than two quotes.",
        "Add quotes at other quantities, or write between: linear.",
    ),
    Code(
        "curve-not-positive",
        "The curve fitted to an offer's quotes gives a negative price or lead time.",
        "Write between: linear, which passes through the quotes.",
    ),
    Code(
        "falling-total",
        "The price tiers of an offer make the total of all the units fall as the quantity grows.",
        "Check the unit prices; a total that falls at a price break is taken as it is written.",
        Severity.WARNING,
    ),
    Code(
        "rising-price",
        "The price a part of an offer rises with the quantity that is quoted.",
        "Check the quotes: a total may have been written as a price, or two quantities exchanged; "
        "prices are taken as they are written.",
        Severity.WARNING,
    ),
    Code(
        "no-supply",
        "Nobody makes the part of a line: it has no offer and no conventional supply.",
        "Add an offer or a conventional supply of the part.",
    ),
    Code(
        "no-order-date",
        "An offer holds for certain dates only, and the file does not say when orders are placed.",
        "Write order_date: YYYY-MM-DD, or leave valid_from and valid_to out.",
    ),
    Code(
        "unknown-place",
        "A supplier or a line is at a place that the network does not have.",
        "Add the place to network.places, or mend the name.",
    ),
    Code(
        "unreachable-supplier",
        "No route leads from a supplier to a place that it could supply.",
        "Add a lane; as it stands, the supplier's offers are left out there.",
        Severity.WARNING,
    ),
    Code(
        "unknown-size",
        "An offer states a build envelope, and the part does not state its dimensions.",
        "Write length_mm, width_mm and height_mm of the part.",
        Severity.WARNING,
    ),
    Code(
        "beyond-quotes",
        "A line, or lines that share an order, ask for more than an offer quotes, and the offer "
        "states no largest quantity.",
        "Write the offer's largest_quantity; beyond the quotes the last one then holds.",
        Severity.WARNING,
    ),
    Code(
        "offer-unfit",
        "An offer will do for no line of its part: its material, size or certificates are others.",
        "Mend the offer, or what the part asks for; as it stands, the offer is left out.",
        Severity.WARNING,
    ),
    Code(
        "nothing-to-order",
        "A file has no order lines.",
        "Write lines; as it stands there is nothing to order, and offers are compared for one "
        "piece.",
        Severity.WARNING,
    ),
    Code(
        "idle-supplier",
        "A capacity or licence names a supplier who offers nothing, so that it limits nobody.",
        "Mend the supplier's name, or add its offers.",
        Severity.WARNING,
    ),
    Code(
        "unlimited-supplier",
        "A part's licences name suppliers, and another supplier offers the part without a licence.",
        "Add a licence for the supplier; prints: 0 forbids it. As it stands it is not limited.",
        Severity.WARNING,
    ),
    Code(
        "no-capacity-stated",
        "A capacity states neither machine hours nor parts.",
        "Write machine_hours, parts, or both.",
    ),
    Code(
        "no-fingerprint",
        "A licence states a design file without its fingerprint, or the reverse.",
        "Write both file and sha256, or neither.",
    ),
    Code(
        "nothing-to-minimise",
        "All weights of minimise are zero.",
        "Give cost, downtime, weeks or kg_co2 a positive weight.",
    ),
    Code(
        "committed-unknown",
        "A committed order does not say what was agreed, or for which new orders it counts, and no "
        "one offer of the file says it.",
        "Write the committed order's own cost and weeks, and its route and material.",
    ),
    Code(
        "committed-anew",
        "An order that was placed before does not say when it arrives: its lead time begins anew.",
        "Write the day of delivery that was agreed (delivery), or the weeks until then (weeks).",
        Severity.WARNING,
    ),
    Code(
        "committed-beyond-line",
        "The committed orders of a line are more than the line asks for.",
        "Raise the line's quantity or surplus, or mend the committed orders.",
    ),
    Code(
        "committed-mixed",
        "Entries of one committed order are not of one part at one supplier, route and material.",
        "Give them orders of their own, or mend what differs.",
    ),
    Code(
        "committed-counts-curve",
        "Committed parts count for new orders of an offer in a way that its curve does not have.",
        "Write committed_counts: all_parts, or price tiers; with between: power, leave it out.",
    ),
    Code(
        "tooling-left-unknown",
        "A committed order says how long tooling takes yet, and is not conventional supply.",
        "Leave tooling_weeks_left out: AM needs no tooling of the part.",
    ),
    *OF_CONDITIONS,
    *OF_DESIGN_FILES,
    *OF_QUOTE_LOGS,
    *OF_DATES,
)
"""The codes of sourcing's own findings."""
