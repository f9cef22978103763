"""Names of a model: its places, products and modes, groups of them, and ``ALL``."""

from __future__ import annotations

from collections.abc import Iterable

from amopt.anura.model.tables import Model, Row

__all__ = ["Naming"]

TYPES = {
    "customers": ("Customers", "CustomerName"),
    "facilities": ("Facilities", "FacilityName"),
    "suppliers": ("Suppliers", "SupplierName"),
    "products": ("Products", "ProductName"),
}
"""The collections by what they are called here: table, and column of the name."""


class Naming:
    """Who is called what.

    Parameters
    ----------
    model
        The model.
    """

    def __init__(self, model: Model) -> None:
        self._names = {
            what: tuple(dict.fromkeys(row.text(column) for row in model.rows(table)))
            for what, (table, column) in TYPES.items()
        }
        self._groups: dict[str, list[str]] = {}
        self.am: tuple[str, ...] = ()
        for row in model.rows("Groups"):
            name, member = row.text("GroupName"), row.text("MemberName")
            row.text("GroupType")
            self._groups.setdefault(name, []).append(member)

    def all_of(self, *what: str) -> tuple[str, ...]:
        """Return all names of one or more collections."""
        return tuple(dict.fromkeys(name for one in what for name in self._names[one]))

    def members(self, group: str) -> list[str]:
        """Return the members of a group; none where it is no group."""
        return self._groups.get(group, [])

    def of(self, row: Row, column: str, *what: str, blank: bool = False) -> list[str]:
        """Return the names that a cell stands for: one, those of a group, or all.

        Parameters
        ----------
        row, column
            The cell.
        *what
            The collections that it may name.
        blank
            Whether a blank cell means all.
        """
        said = row.text(column)
        known = self.all_of(*what)
        if said in known:
            return [said]
        if said.casefold() == "all" or (blank and not said):
            return list(known)
        if said in self._groups:
            return self._known(self._groups[said], known)
        if not said:
            row.wrong(column, "the cell is blank", "missing-key")
        else:
            row.wrong(column, f"{said!r} is none of {', '.join(what)}, nor a group", "unknown-name")
        return []

    @staticmethod
    def _known(members: Iterable[str], known: tuple[str, ...]) -> list[str]:
        return [name for name in members if name in known]

    def no_aggregate(self, row: Row, column: str) -> None:
        """Refuse a group whose members are meant together."""
        said = row.choice(f"{column}GroupBehavior", ("Enumerate", "Aggregate"), "Enumerate")
        if said == "Aggregate" and row.text(column) in self._groups:
            row.refuse(f"{column}GroupBehavior", "a group is taken apart, not as a whole")
