"""A screening instance: the portfolio, the rules, the ranking, and what may be examined."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from amopt.instance.common import Network
from amopt.instance.findings import Code, Problem
from amopt.screening.instance.codes import CODES
from amopt.screening.instance.entries import Contents
from amopt.screening.instance.parts import Parts
from amopt.screening.instance.reading import read
from amopt.screening.instance.validation import field_problems, missing_columns, unmatched_texts

if TYPE_CHECKING:
    from amopt.network import SupplyNetwork

__all__ = ["ScreeningInstance"]


class ScreeningInstance(Contents):
    """Which parts of a portfolio are worth printing at all, and which to look at first."""

    codes: ClassVar[tuple[Code, ...]] = CODES

    @cached_property
    def supply_network(self) -> SupplyNetwork:
        """The network, without places: this decision has none."""
        from amopt.network import SupplyNetwork

        return SupplyNetwork.from_instance(Network())

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong across fields."""
        yield from field_problems(self)

    def problems_beside(self, folder: Path | None) -> Iterator[Problem]:
        """Yield what is wrong with the table of the parts."""
        parts, problems = self._read
        yield from problems
        if parts is not None:
            yield from missing_columns(self, parts)
            yield from unmatched_texts(self, parts)

    @cached_property
    def _read(self) -> tuple[Parts | None, list[Problem]]:
        return read(self.portfolio, self._folder, self.known)

    @property
    def parts(self) -> Parts:
        """The parts, as the table says them; read once."""
        parts = self._read[0]
        assert parts is not None  # a valid instance has parts
        return parts

    @cached_property
    def _fingerprint(self) -> str:
        """The SHA-256 of the content: the same parts count alike, whatever file holds them."""
        data = self.to_dict()
        data["portfolio"] = self.parts.digest
        text = json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()
