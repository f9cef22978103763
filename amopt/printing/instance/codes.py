"""What can be wrong with a printing instance beside its single fields."""

from __future__ import annotations

from amopt.instance.findings import Code, Severity
from amopt.printing.instance.convoys import CODES as CODES_OF_CONVOYS
from amopt.printing.instance.parts_table import CODES as CODES_OF_TABLES
from amopt.printing.instance.practice import CODES as CODES_OF_PRACTICE
from amopt.printing.instance.uncertainty import CODES as UNCERTAINTY_CODES

__all__ = ["CODES"]

CODES: tuple[Code, ...] = (
    *CODES_OF_CONVOYS,
    *CODES_OF_PRACTICE,
    *CODES_OF_TABLES,
    Code(
        "exactly-one",
        "Of fields that say the same in different units, exactly one must be given.",
        "Keep one of them and leave out the others.",
    ),
    Code(
        "expedite-too-cheap",
        "An expedited part must cost more than one that comes with the replenishment.",
        "Raise expedite_cost above the order cost with its transport, or leave it out.",
    ),
    Code(
        "implausible-discount",
        "A discount factor a day so low that money is worth next to nothing after a month.",
        "Give the factor of a day: one of 0.9 a year is 0.9 ** (1 / 365) = 0.99971 a day.",
        Severity.WARNING,
    ),
    Code(
        "implausible-failure",
        "A part fails so often that it lasts less than two days on average.",
        "Give failures a day: divide a rate a year by 365.",
        Severity.WARNING,
    ),
    Code(
        "implausible-holding-cost",
        "Holding a part for a year costs more than five times what the part costs.",
        "Give a share, not percent: 0.25 for 25 % a year.",
        Severity.WARNING,
    ),
    Code(
        "implausible-interest",
        "Interest of more than the whole purchase a year.",
        "Give a share, not percent: 0.05 for 5 % a year.",
        Severity.WARNING,
    ),
    Code(
        "incomplete-supply",
        "The route of the replenishment needs a network, the place and where it is supplied from.",
        "Give network, place and supplied_from together, or none of them.",
    ),
    Code(
        "limit-needs-data",
        "A limit adds up something that a part does not state.",
        "Give it, 0 where there is none, or leave the part out of the limit.",
    ),
    Code(
        "limit-on-nothing",
        "A limit is about no part.",
        "Name parts that belong to its systems, or leave one of the two out.",
    ),
    Code(
        "limit-side",
        "A limit has the wrong side or time for its measure.",
        "Give at_least for availability, at_most for all else; per only for what adds up in time.",
    ),
    Code(
        "purchase-terms",
        "A purchase needs the years and the interest over which it is spread; a price has none.",
        "Give purchase_cost with life_years and interest_per_year, or price_per_year alone.",
    ),
    Code(
        "too-many-failures",
        "So many failures are expected in a cycle that no answer could be proven in short time.",
        "Check the failure rate, the number of systems and the length of the cycle.",
    ),
    *UNCERTAINTY_CODES,
    Code(
        "unused-printed-failure",
        "Failure data of the printed part are given, but no print cost: the part has no printer.",
        "Add print_cost, or leave out the failure data of the printed part.",
        Severity.WARNING,
    ),
)
