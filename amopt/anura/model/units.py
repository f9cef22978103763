"""Units of measure of a model -> the base units of an instance file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from amopt.anura.model.tables import Model, Row

__all__ = ["HOURS_A_WEEK", "Units"]

HOURS_A_WEEK: Final = 168.0

_BASE: Final[dict[str, tuple[str, float]]] = {
    # hours
    "SEC": ("Time", 1 / 3600), "MIN": ("Time", 1 / 60), "HR": ("Time", 1.0),
    "DAY": ("Time", 24.0), "WK": ("Time", 168.0), "WEEK": ("Time", 168.0), "YR": ("Time", 8760.0),
    # kg
    "G": ("Weight", 1e-3), "KG": ("Weight", 1.0), "LB": ("Weight", 0.45359237),
    "OZ": ("Weight", 0.028349523125), "TONNE": ("Weight", 1e3), "MT": ("Weight", 1e3),
    # km
    "MM": ("Distance", 1e-6), "CM": ("Distance", 1e-5), "M": ("Distance", 1e-3),
    "KM": ("Distance", 1.0), "MI": ("Distance", 1.609344), "FT": ("Distance", 3.048e-4),
    "IN": ("Distance", 2.54e-5),
    # pieces
    "EA": ("Quantity", 1.0),
}  # fmt: skip
"""Type of a unit, and how many hours, kg, km or pieces one is."""

PRIMARY: Final = {
    "Quantity": ("PrimaryQuantityUOM", "EA"),
    "Weight": ("PrimaryWeightUOM", "LB"),
    "Time": ("PrimaryTimeUOM", "HR"),
    "Distance": ("PrimaryDistanceUOM", "MI"),
    "Volume": ("PrimaryVolumeUOM", "CFT"),
}
"""The setting that names the primary unit of a type, and what a blank cell means."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """A unit: its type, and how many of the base unit of the type one is."""

    kind: str
    size: float


class Units:
    """The units of a model: pieces, kg, hours, km; volumes stay in the primary unit.

    Parameters
    ----------
    model
        The model.
    """

    def __init__(self, model: Model) -> None:
        settings = model.rows("ModelSettings")
        self._primary = {
            kind: settings[0].text(setting, default) if settings else default
            for kind, (setting, default) in PRIMARY.items()
        }
        self._known = {symbol: _Unit(*unit) for symbol, unit in _BASE.items()}
        sizes = {kind: self._size_of_primary(kind, model) for kind in PRIMARY}
        for kind, symbol in self._primary.items():
            self._known[symbol.upper()] = _Unit(kind, sizes[kind])
        for row in model.rows("UnitsOfMeasure"):
            kind, ratio = row.text("Type"), row.positive("Ratio", 1.0)
            row.text("UnitOfMeasureName")
            if kind in sizes:
                self._known[row.text("Symbol").upper()] = _Unit(kind, ratio * sizes[kind])
        self._pieces = {
            (row.text("ProductName"), row.text("UOMSymbol").upper()): row.positive("Quantity", 1.0)
            for row in model.rows("ProductUnitsOfMeasure")
        }

    def _size_of_primary(self, kind: str, model: Model) -> float:
        """Return how many of the base unit the primary unit of a type is; else a finding."""
        symbol = self._primary[kind].upper()
        known = _BASE.get(symbol)
        if known is not None and known[0] == kind:
            return known[1]
        if kind not in ("Quantity", "Volume"):
            message = f"how many of the base units {symbol!r} is, is not known."
            model.remarks.find("unknown-name", "ModelSettings", message, column=PRIMARY[kind][0])
        return 1.0

    def symbol(self, row: Row, column: str, kind: str = "Quantity") -> str:
        """Return the symbol in a column of units; a blank one is the primary unit of a type."""
        return row.text(column, self._primary[kind]).upper()

    def kind(self, row: Row, column: str, symbol: str, product: str = "") -> str:
        """Return the type of a unit, such as ``Time`` or ``Weight-Distance``; else a finding."""
        types = []
        for piece in symbol.split("-"):
            unit = self._unit(piece, product)
            if unit is None:
                row.wrong(column, f"the unit {piece!r} is not in UnitsOfMeasure", "unknown-name")
                return ""
            types.append(unit.kind)
        return "-".join(types)

    def _unit(self, symbol: str, product: str) -> _Unit | None:
        pieces = self._pieces.get((product, symbol))
        return _Unit("Quantity", pieces) if pieces else self._known.get(symbol)

    def size(
        self, row: Row, column: str, *kinds: str, default: str = "", product: str = ""
    ) -> float | None:
        """Return how many of the base unit one unit of a column is; refused if of another type.

        Parameters
        ----------
        row, column
            The cell that names the unit.
        *kinds
            The types that will do.
        default
            The type whose primary unit a blank cell means; left out, the first that will do.
        product
            The product, whose own units count first.
        """
        symbol = self.symbol(row, column, default or kinds[0])
        kind = self.kind(row, column, symbol, product)
        if kind and kind not in kinds:
            row.refuse(column, f"a unit of the type {kind}, and only {', '.join(kinds)} is taken")
        unit = self._unit(symbol, product)
        return unit.size if kind in kinds and unit is not None else None

    def sizes(self, symbol: str, product: str = "") -> tuple[float, ...]:
        """Return how many of the base units each piece of a compound unit is."""
        units = (self._unit(piece, product) for piece in symbol.split("-"))
        return tuple(unit.size for unit in units if unit is not None)
