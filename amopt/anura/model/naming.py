"""Names of a model: its places, products and modes, groups of them, and ``ALL``."""

from __future__ import annotations

from typing import Final

from amopt.anura.model.remarks import Sort
from amopt.anura.model.tables import Model, Row, plain_name
from amopt.instance.suggest import closest, did_you_mean

__all__ = ["Naming"]

TYPES: Final = {
    "customers": ("Customers", "CustomerName"),
    "facilities": ("Facilities", "FacilityName"),
    "suppliers": ("Suppliers", "SupplierName"),
    "products": ("Products", "ProductName"),
    "periods": ("Periods", "PeriodName"),
    "modes": ("TransportationModes", "ModeName"),
    "work centres": ("WorkCenters", "WorkCenterName"),
}
"""The collections by what they are called here: table, and column of the name."""

GROUPS: Final = {
    "customers": ("customers",),
    "facilities": ("facilities",),
    "suppliers": ("suppliers",),
    "products": ("products",),
    "sources": ("facilities", "suppliers"),
    "destinations": ("facilities", "customers"),
    "periods": ("periods",),
    "modes": ("modes",),
    "workcenters": ("work centres",),
}
"""The collections of the members of a group by its type; those of others are not read."""

READ: Final = ("customers", "facilities", "suppliers", "products")
"""The collections that every decision reads."""


class Naming:
    """Who is called what.

    Parameters
    ----------
    model
        The model.
    """

    def __init__(self, model: Model) -> None:
        for table, column in (TYPES[what] for what in READ):
            for row in model.rows(table):
                row.text(column)
        self._names = {
            what: tuple(model.names(table, column)) for what, (table, column) in TYPES.items()
        }
        self._excluded = {
            what: frozenset(model.names(table, column, excluded=True))
            for what, (table, column) in TYPES.items()
        }
        self._groups: dict[str, list[str]] = {}
        for row in model.rows("Groups"):
            name, member = row.text("GroupName"), row.text("MemberName")
            self._groups.setdefault(name, []).append(member)
            self._look_up(row, member)

    def _look_up(self, row: Row, member: str) -> None:
        """Add a finding where nothing of the type of a group is called as its member."""
        kind = plain_name(row.text("GroupType"))
        what = GROUPS.get(kind, ()) if kind else tuple(TYPES)
        known = self.all_of(*what)
        if not what or member in known or (kind == "modes" and not known):
            return
        if any(member in self._excluded[one] for one in what):
            row.remark(Sort.LEFT_OUT, "MemberName", "a name that the model excludes")
            return
        near = closest(member, known)
        hint = f"; {did_you_mean(near)}".rstrip(".") if near else ""
        message = f"{member!r} is none of {', '.join(what)}{hint}"
        row.wrong("MemberName", message, "unknown-name")

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
            return self._of_group(row, column, *what)
        if not said:
            row.wrong(column, "the cell is blank", "missing-key")
        elif any(said in self._excluded[one] for one in what):
            row.remark(Sort.LEFT_OUT, column, "it names what the model excludes")
        else:
            row.wrong(column, f"{said!r} is none of {', '.join(what)}, nor a group", "unknown-name")
        return []

    def _of_group(self, row: Row, column: str, *what: str) -> list[str]:
        """Return the members of a group that are of the collections; without any, a finding."""
        said = row.text(column)
        members, known = dict.fromkeys(self._groups[said]), self.all_of(*what)
        found = [name for name in members if name in known]
        if not found and not any(name in self._excluded[one] for name in members for one in what):
            message = f"no member of the group {said!r} is one of {', '.join(what)}"
            row.wrong(column, message, "unknown-name")
        return found

    def no_aggregate(self, row: Row, column: str) -> None:
        """Refuse a group whose members are meant together."""
        said = row.choice(f"{column}GroupBehavior", ("Enumerate", "Aggregate"), "Enumerate")
        if said == "Aggregate" and row.text(column) in self._groups:
            row.refuse(f"{column}GroupBehavior", "a group is taken apart, not as a whole")
