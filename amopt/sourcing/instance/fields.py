"""A sourcing instance: what its file says, and what is checked beyond the fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from amopt.instance.findings import Problem
from amopt.instance.loadable import Filled
from amopt.sourcing.instance.codes import CODES
from amopt.sourcing.instance.contents import Contents
from amopt.sourcing.instance.entries import (
    CONVENTIONAL,
    Between,
    Box,
    Capacity,
    Committed,
    Conventional,
    Licence,
    Limits,
    Line,
    Minimise,
    Offer,
    Part,
    Quote,
    Route,
)

__all__ = [
    "CODES",
    "CONVENTIONAL",
    "Between",
    "Box",
    "Capacity",
    "Committed",
    "Conventional",
    "Instance",
    "Licence",
    "Limits",
    "Line",
    "Minimise",
    "Offer",
    "Part",
    "Quote",
    "Route",
]


class Instance(Contents):
    """A sourcing instance: which suppliers fill which order lines, and with how many parts."""

    @classmethod
    def filled(cls, data: Mapping[str, Any], folder: Path | None) -> Filled:
        """Return the raw data with the quotes of a log in the place of ``quotes: log``."""
        from amopt.sourcing.instance.quote_log.filling import filled

        return filled(data, folder)

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong across fields."""
        return chain.from_iterable(self.checks())

    def checks(self) -> Iterator[Iterator[Problem]]:
        """Yield the checks across fields, each to be made by itself."""
        from amopt.sourcing.instance.validation import checks

        yield from checks(self)

    def problems_beside(self, folder: Path | None) -> Iterator[Problem]:
        """Yield what is wrong with the design files of the licences."""
        from amopt.sourcing.instance.design_files import design_problems

        yield from design_problems(self.licences, folder)
