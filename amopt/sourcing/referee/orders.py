"""What the referee says of orders: every one recomputed, none missing, none too many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from amopt.referee import Amount, is_number
from amopt.sourcing.instance.entries import CONVENTIONAL, Line
from amopt.sourcing.referee.rows import Row, require_rows
from amopt.sourcing.referee.use import Totals, Use

if TYPE_CHECKING:
    from amopt.referee import Notebook
    from amopt.sourcing.referee.terms import OrderTerms, Terms

__all__ = ["Orders", "check_orders", "order_row"]


@dataclass
class Orders:
    """What all orders come to: by line, and what those committed and the new ones use."""

    by_line: dict[str, Totals]
    held: Use = field(default_factory=Use)
    new: Use = field(default_factory=Use)
    used: Use = field(default_factory=Use)


def check_orders(terms: OrderTerms, notebook: Notebook, table: Sequence[Row]) -> Orders:
    """Recompute every order of a table, and note any that should or should not be there."""
    orders = Orders({line: Totals() for line in terms.lines})
    _check_order_of_rows(terms, notebook, table)
    held: dict[str, int] = dict.fromkeys(terms.lines, 0)
    for row in table:
        line = terms.lines.get(row["line"])
        if line is None:
            notebook.require(False, f"order of line {row['line']!r}: the instance has none")
        elif row["committed"] is True:
            _check_committed(terms, notebook, row, orders, line=line, number=held[line.line])
            held[line.line] += 1
        else:
            _check_new(terms, notebook, row, orders, line)
    for name, number in held.items():
        due = len(terms.committed_to.get(name, ()))
        notebook.require(
            number == due, f"line {name!r}: {number} committed orders are stated, {due} are right"
        )
    return orders


def _check_order_of_rows(terms: OrderTerms, notebook: Notebook, table: Sequence[Row]) -> None:
    """Note orders twice, and orders that do not stand in the order of the file.

    A line's committed orders come first, then those at offers, then conventional supply.
    """
    lines = {name: index for index, name in enumerate(terms.lines)}
    offers = {key: index for index, key in enumerate(terms.offers)}
    names = [_name(row) for row in table if row["committed"] is not True]
    for name in (name for name, times in Counter(names).items() if times > 1):
        notebook.require(False, f"order of line {name[0]!r} at {name[1]!r}: ordered twice")

    def place(row: Row) -> tuple[int, int, int]:
        offer = (row["supplier"], row["part"], row["route"], row["material"])
        after = 0 if row["committed"] is True else 1
        return (
            lines.get(row["line"], len(lines)),
            after,
            offers.get(offer, len(offers)) if after else 0,
        )

    places = [place(row) for row in table]
    require_rows(notebook, "orders", places, sorted(places))


def _name(row: Row) -> tuple[Any, ...]:
    return row["line"], row["supplier"], row["route"], row["material"]


def _check_new(terms: OrderTerms, notebook: Notebook, row: Row, orders: Orders, line: Line) -> None:
    where = f"order of line {row['line']!r} at {row['supplier']!r}"
    q = row["quantity"]
    if not notebook.require(is_number(q) and q > 0, f"{where}: the quantity is {q!r}"):
        return
    notebook.require(
        line.divisible or (isinstance(q, int) or q.is_integer()),
        f"{where}: {q} is not a whole number of parts",
    )
    if row["supplier"] == CONVENTIONAL:
        found = _conventional(terms, notebook, where, line, q)
    else:
        found = _offered(terms, notebook, row, line, q)
    if found is None:
        return
    printed = row["supplier"] != CONVENTIONAL
    if printed:
        offer = terms.offers[row["supplier"], line.part, row["route"], row["material"]]
        for use in (orders.new, orders.used):
            use.add(line.part, offer.supplier, q, offer.machine_hours_per_part * q)
    notebook.compare(where, row, order_row(terms, row, line, found, committed=False))
    orders.by_line[line.line].add(row["supplier"], q, found)


def order_row(
    terms: OrderTerms, row: Row, line: Line, found: Terms, *, committed: bool
) -> dict[str, Any]:
    """Return the right row of an order, whose supplier, route, material and quantity are stated."""
    printed = not committed and row["supplier"] != CONVENTIONAL
    weeks, day = Amount(found.weeks, found.weeks_terms), terms.instance.order_date
    return {
        "line": line.line,
        "place": line.place,
        "supplier": row["supplier"],
        "quantity": float(row["quantity"]),
        "cost": Amount(found.cost, found.cost_terms),
        "weeks": weeks,
        "delivery_date": terms.delivery_date(line, weeks, row.get("delivery_date")),
        "order_date": None if committed or day is None else day.isoformat(),
        "scenario": terms.scenario(line, row["quantity"], found) if printed else "",
        "part": line.part,
        "route": row["route"] if committed or printed else None,
        "material": row["material"] if committed or printed else None,
        "kg_co2": found.kg_co2,
        "committed": committed,
    }


def _conventional(
    terms: OrderTerms, notebook: Notebook, where: str, line: Line, q: float
) -> Terms | None:
    """Return the terms of an order of conventional supply; None where there is none."""
    entry = terms.conventional.get(line.part)
    if entry is None:
        notebook.require(False, f"{where}: {line.part!r} has no conventional supply")
        return None
    notebook.require(
        q >= entry.minimum_order * (1 - notebook.tolerance),
        f"{where}: {q:g} is below the minimum order, {entry.minimum_order:g}",
    )
    found = terms.of_conventional(line, q)
    notebook.require(found is not None, f"{where}: no route leads there")
    return found


def _offered(terms: OrderTerms, notebook: Notebook, row: Row, line: Line, q: float) -> Terms | None:
    """Return the terms of an order at an offer; None where there is no such offer."""
    where = f"order of line {row['line']!r} at {row['supplier']!r}"
    offer = terms.offers.get((row["supplier"], line.part, row["route"], row["material"]))
    if offer is None:
        notebook.require(False, f"{where}: there is no such offer")
        return None
    reason = terms.exclusion(offer, line)
    notebook.require(not reason, f"{where}: {reason}")
    low, high = offer.smallest * (1 - notebook.tolerance), offer.largest * (1 + notebook.tolerance)
    notebook.require(
        low <= q <= high,
        f"{where}: {q:g} is outside of {offer.smallest:g} to {offer.largest:g} parts",
    )
    return terms.of_offer(offer, line, q)


def _check_committed(
    terms: OrderTerms, notebook: Notebook, row: Row, orders: Orders, *, line: Line, number: int
) -> None:
    """Compare a line's committed order with the one of the file that stands in its place."""
    where = f"committed order of line {line.line!r} at {row['supplier']!r}"
    placed = terms.committed_to.get(line.line, [])
    if not notebook.require(number < len(placed), f"{where}: no such order was committed"):
        return
    order = placed[number]
    found, hours = terms.of_committed(order)
    stated = {
        "supplier": order.supplier,
        "quantity": order.quantity,
        "route": order.route,
        "material": order.material,
        "delivery_date": row["delivery_date"],
    }
    notebook.compare(where, row, order_row(terms, stated, line, found, committed=True))
    for use in (orders.held, orders.used):
        use.add(line.part, order.supplier, order.quantity, hours)
    orders.by_line[line.line].add(order.supplier, order.quantity, found)
