"""What the referee says of orders: every one recomputed, none missing, none too many."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from amopt.referee import Amount, is_number
from amopt.sourcing.instance.entries import CONVENTIONAL, Line
from amopt.sourcing.referee.quotes import quote_age
from amopt.sourcing.referee.rows import Row, require_rows
from amopt.sourcing.referee.use import Placed, Totals, Use, bills, of_goods

if TYPE_CHECKING:
    from amopt.referee import Notebook
    from amopt.sourcing.instance.entries import Offer
    from amopt.sourcing.referee.quote_pricing import Terms
    from amopt.sourcing.referee.terms import OrderTerms

__all__ = ["Orders", "check_orders", "order_numbers", "order_row", "read_order"]


@dataclass
class Orders:
    """What all orders come to: by line, those committed ``before`` too, and what they use.

    ``placed`` are the parts of new orders: the number of the order, what is ordered, its terms;
    ``goods`` the duty and the discount of each.
    """

    by_line: dict[str, Totals]
    before: dict[str, Totals] = field(default_factory=dict)
    days: dict[str, str] = field(default_factory=dict)
    placed: list[tuple[int, Placed, Terms]] = field(default_factory=list)
    goods: list[tuple[Amount, Amount]] = field(default_factory=list)
    held: Use = field(default_factory=Use)
    new: Use = field(default_factory=Use)
    used: Use = field(default_factory=Use)

    def received(self, line: str, day: str | None) -> None:
        """Note a day on which a line receives something: its last day is what counts."""
        if day is not None:
            self.days[line] = max(day, self.days.get(line, day))


def check_orders(terms: OrderTerms, notebook: Notebook, table: Sequence[Row]) -> Orders:
    """Recompute every order of a table, and note any that should or should not be there."""
    by_line, before = ({line: Totals() for line in terms.lines} for _ in range(2))
    orders = Orders(by_line, before)
    _check_order_of_rows(terms, notebook, table)
    held: dict[str, int] = dict.fromkeys(terms.lines, 0)
    new: list[tuple[Row, Placed]] = []
    for row in table:
        line = terms.lines.get(row["line"])
        if line is None:
            notebook.require(False, f"order of line {row['line']!r}: the instance has none")
        elif row["committed"] is True:
            _check_committed(terms, notebook, row, orders, line=line, number=held[line.line])
            held[line.line] += 1
        elif (own := read_order(terms, notebook, row, line)) is not None:
            new.append((row, own))
    numbers = order_numbers(terms, notebook, new)
    ordered: dict[Any, float] = defaultdict(float)
    for _, own in new:
        ordered[own.order] += own.quantity
    placed = [own for _, own in new]
    _check_sizes(terms, notebook, placed, ordered)
    _check_spent(terms, notebook, placed, ordered)
    orders.goods = of_goods(terms, placed)
    for (row, own), found, number, (duty, off) in zip(
        new, bills(terms, placed), numbers, orders.goods, strict=True
    ):
        where = f"order of line {row['line']!r} at {row['supplier']!r}"
        printed = own.offer is not None
        scenario = (
            terms.scenario(own.line, own.quantity, ordered[own.order], found) if printed else ""
        )
        if own.offer is not None:
            hours = own.offer.machine_hours_per_part * own.quantity
            for use in (orders.new, orders.used):
                use.add(own.line.part, own.supplier, own.quantity, hours)
        expected = order_row(terms, row, own.line, found, scenario=scenario, committed=False)
        expected |= {"order": number, "placed_as": None, "duty": duty, "discount": off}
        expected["quote_age_days"] = own.offer and quote_age(terms.instance, own.offer)
        notebook.compare(where, row, expected)
        orders.received(row["line"], expected["delivery_date"])
        orders.by_line[own.line.line].add(own.supplier, own.quantity, found)
        orders.placed.append((number, own, found))
    for name, number in held.items():
        due = len(terms.committed_to.get(name, ()))
        notebook.require(
            number == due, f"line {name!r}: {number} committed orders are stated, {due} are right"
        )
    return orders


def _check_order_of_rows(terms: OrderTerms, notebook: Notebook, table: Sequence[Row]) -> None:
    """Note orders twice, and orders that do not stand in the order of the file.

    Committed orders come last; of a line those at offers come before conventional supply.
    """
    lines = {name: index for index, name in enumerate(terms.lines)}
    offers = {key: index for index, key in enumerate(terms.offers)}
    names = [_name(row) for row in table if row["committed"] is not True]
    for name in (name for name, times in Counter(names).items() if times > 1):
        notebook.require(False, f"order of line {name[0]!r} at {name[1]!r}: ordered twice")

    def place(row: Row) -> tuple[int, int, int]:
        offer = (row["supplier"], row["part"], row["route"], row["material"])
        held = row["committed"] is True
        own = 0 if held else offers.get(offer, len(offers))
        return (int(held), lines.get(row["line"], len(lines)), own)

    places = [place(row) for row in table]
    require_rows(notebook, "orders", places, sorted(places))


def _name(row: Row) -> tuple[Any, ...]:
    return row["line"], row["supplier"], row["route"], row["material"]


def read_order(terms: OrderTerms, notebook: Notebook, row: Row, line: Line) -> Placed | None:
    """Return what a row of the table orders; None where it cannot be ordered."""
    where = f"order of line {row['line']!r} at {row['supplier']!r}"
    q = row["quantity"]
    if not notebook.require(is_number(q) and q > 0, f"{where}: the quantity is {q!r}"):
        return None
    notebook.require(
        line.divisible or (isinstance(q, int) or q.is_integer()),
        f"{where}: {q} is not a whole number of parts",
    )
    if row["supplier"] == CONVENTIONAL:
        if line.part not in terms.conventional:
            notebook.require(False, f"{where}: {line.part!r} has no conventional supply")
            return None
        reached = terms.conventional_rates(line) is not None
        if not notebook.require(reached, f"{where}: no route leads there"):
            return None
        return Placed(line, None, q, _order_of(terms, row, line))
    offer = terms.offers.get((row["supplier"], line.part, row["route"], row["material"]))
    if offer is None:
        notebook.require(False, f"{where}: there is no such offer")
        return None
    reason = terms.exclusion(offer, line)
    notebook.require(not reason, f"{where}: {reason}")
    return Placed(line, offer, q, _order_of(terms, row, line))


def _order_of(terms: OrderTerms, row: Row, line: Line) -> Any:
    """Return what tells the order of a row from others: the file says, or else the row."""
    source = row["supplier"], line.part, row["route"], row["material"]
    orders = terms.instance.orders
    if orders == "either":
        return source, row["order"]
    return source if orders == "together" else (source, line.line)


def order_numbers(
    terms: OrderTerms, notebook: Notebook, new: Sequence[tuple[Row, Placed]]
) -> list[int]:
    """Return the right number of each row's order, counted as they come.

    Where lines may choose, one order at most of a source has several lines.
    """
    number: dict[Any, int] = {}
    lines: dict[Any, int] = Counter(own.order for _, own in new)
    shared = Counter(order[0] for order, times in lines.items() if times > 1)
    for source, times in shared.items() if terms.instance.orders == "either" else ():
        notebook.require(
            times == 1, f"orders of {source[1]!r} at {source[0]!r}: {times} are shared"
        )
    return [number.setdefault(own.order, len(number) + 1) for _, own in new]


def _check_sizes(
    terms: OrderTerms, notebook: Notebook, new: Sequence[Placed], ordered: Mapping[Any, float]
) -> None:
    """Compare orders with the smallest and largest that their sources take."""
    for own in {own.order: own for own in new}.values():
        q, where = ordered[own.order], f"order of {own.line.part!r} at {own.supplier!r}"
        if own.offer is None:
            entry = terms.conventional[own.line.part]
            notebook.require(
                q >= entry.minimum_order * (1 - notebook.tolerance),
                f"{where}: {q:g} is below the minimum order, {entry.minimum_order:g}",
            )
            continue
        low, high = own.offer.smallest, own.offer.largest
        notebook.require(
            low * (1 - notebook.tolerance) <= q <= high * (1 + notebook.tolerance),
            f"{where}: {q:g} is outside of {low:g} to {high:g} parts",
        )


def _check_spent(
    terms: OrderTerms, notebook: Notebook, new: Sequence[Placed], ordered: Mapping[Any, float]
) -> None:
    """Compare what is spent on parts at a supplier with the least that it asks for."""
    by_supplier: dict[str, dict[Any, Offer]] = defaultdict(dict)
    for each in new:
        if each.offer is not None:
            by_supplier[each.offer.supplier][each.order] = each.offer
    for entry in terms.instance.suppliers:
        own = by_supplier[entry.supplier]
        if entry.minimum_order_value is None or not own:
            continue
        prices = [(terms.pricing_of(offer), ordered[order]) for order, offer in own.items()]
        spent = sum(pricing.total(q) for pricing, q in prices)
        scale = sum(pricing.total_terms(q) for pricing, q in prices)
        least = entry.minimum_order_value
        where = f"spent at {entry.supplier!r}, of its minimum order value"
        notebook.within(where, least, spent, scale)


def order_row(
    terms: OrderTerms, row: Row, line: Line, found: Terms, *, scenario: str, committed: bool
) -> dict[str, Any]:
    """Return the right row of an order, whose supplier, route, material and quantity are stated.

    Duty and discount are those of a committed order, which are not told.
    """
    printed = committed or row["supplier"] != CONVENTIONAL
    q = float(row["quantity"])
    start = row["supplier"] if printed else terms.conventional[line.part].place
    carried = None if committed else (terms.transport(start, line) or (0.0,))[0] * q
    royalty = terms.royalty_of(line.part, row["supplier"]) if printed else 0.0
    weeks, day = Amount(found.weeks, found.weeks_terms), terms.instance.order_date
    return {
        "line": line.line,
        "place": line.place,
        "supplier": row["supplier"],
        "quantity": q,
        "cost": Amount(found.cost, found.cost_terms),
        "weeks": weeks,
        "delivery_date": terms.delivery_date(line, weeks, row.get("delivery_date")),
        "order_date": None if committed or day is None else day.isoformat(),
        "scenario": scenario,
        "part": line.part,
        "route": row["route"] if printed else None,
        "material": row["material"] if printed else None,
        "kg_co2": found.kg_co2,
        "transport": carried,
        "royalty": None if committed else royalty * q,
        "duty": None,
        "discount": None,
        "committed": committed,
        "quote_age_days": None,
    }


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
    expected = order_row(terms, stated, line, found, scenario="", committed=True)
    expected |= {"order": None, "placed_as": order.order or "placed before"}
    if order.delivery is not None:
        expected["delivery_date"] = order.delivery.isoformat()
    notebook.compare(where, row, expected)
    orders.received(line.line, expected["delivery_date"])
    for use in (orders.held, orders.used):
        use.add(line.part, order.supplier, order.quantity, hours)
    orders.by_line[line.line].add(order.supplier, order.quantity, found)
    orders.before[line.line].add(order.supplier, order.quantity, found)
