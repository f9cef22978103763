"""What a printing instance says."""

from __future__ import annotations

from amopt.printing.instance.codes import CODES
from amopt.printing.instance.entries import Discounted, Part, System
from amopt.printing.instance.limits import MEASURES, Limit
from amopt.printing.instance.practice import Material, PartPolicy
from amopt.printing.instance.printer import Printer
from amopt.printing.instance.printing_instance import (
    DAYS_A_YEAR,
    REPORTED_DAYS,
    PrintingInstance,
)
from amopt.printing.instance.uncertainty import UncertainRate

__all__ = [
    "CODES",
    "DAYS_A_YEAR",
    "MEASURES",
    "REPORTED_DAYS",
    "Discounted",
    "Limit",
    "Material",
    "Part",
    "PartPolicy",
    "Printer",
    "PrintingInstance",
    "System",
    "UncertainRate",
]
