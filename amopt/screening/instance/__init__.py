"""What a screening file says, and what its table says of each part."""

from amopt.screening.instance.attributes import ATTRIBUTES, DIMENSIONS, MACHINE, Attribute
from amopt.screening.instance.codes import CODES
from amopt.screening.instance.fields import ScreeningInstance
from amopt.screening.instance.parts import Parts, Texts, folded

__all__ = [
    "ATTRIBUTES",
    "CODES",
    "DIMENSIONS",
    "MACHINE",
    "Attribute",
    "Parts",
    "ScreeningInstance",
    "Texts",
    "folded",
]
