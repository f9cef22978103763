"""The tally of licences: what an answer says of each, so that it can be committed later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from amopt.solution import Column
from amopt.sourcing.plan import ANY, CONVENTIONAL, Grant

if TYPE_CHECKING:
    from amopt.sourcing.instance import Instance
    from amopt.sourcing.register import Register

__all__ = ["COLUMNS", "tally"]

COLUMNS: dict[str, tuple[Column, ...]] = {
    "licences": (
        Column("part", "", "licensed part"),
        Column("supplier", "", "supplier of the licence, or any"),
        Column("granted", "prints", "prints that the owner allows in all"),
        Column("used_before", "prints", "prints that the register records; 0 without one"),
        Column("prints", "prints", "prints of this plan, with what was committed before"),
        Column("royalty", "money", "royalty of these prints"),
    ),
    "register": (
        Column("register", "", "file of the register that the plan was made with"),
        Column("records", "", "records that it held"),
        Column("head", "", "hash of the last of them"),
    ),
}
"""The columns of both tables."""


def tally(
    instance: Instance, orders: Iterable[Mapping[str, Any]], register: Register | None = None
) -> dict[str, list[dict[str, Any]]]:
    """Return the tables of licences and register.

    Parameters
    ----------
    instance
        The instance with its licences as granted.
    orders
        The answer's table of orders.
    register
        The register that the plan was made with.

    Returns
    -------
    dict of list of dict
        ``licences``, a row for each licence of the instance; ``register``, one row or none.
    """
    ledger = None if register is None else register.ledger()
    prints: dict[tuple[str, str], float] = {}
    for row in orders:
        if row["supplier"] != CONVENTIONAL:
            key = (row["part"], row["supplier"])
            prints[key] = prints.get(key, 0.0) + float(row["quantity"])
    licences = []
    for licence in instance.licences:
        number = Grant.of(licence).total(prints)
        licences.append(
            {
                "part": licence.part,
                "supplier": ANY if licence.supplier is None else licence.supplier,
                "granted": licence.prints,
                "used_before": 0.0 if ledger is None else ledger.balance(licence).used,
                "prints": number,
                "royalty": number * licence.royalty_per_print,
            }
        )
    if register is None or ledger is None:
        return {"licences": licences, "register": []}
    held = {"register": str(register.path), "records": ledger.records, "head": ledger.head}
    return {"licences": licences, "register": [held]}
