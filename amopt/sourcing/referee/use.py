"""What orders come to and add up to, beside the limits of the file.

An order of several lines is priced, and takes as long, as all its parts together; a line bears what
is paid for the order by its share of the parts. What is paid once (the tooling of a part, the fee
of a supplier, an approval, the preparation of a model, a delivery to a place) is borne by all that
it serves, by their parts; a discount on what is spent at a supplier, by prices.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from amopt.referee import Amount
from amopt.sourcing.instance.entries import CONVENTIONAL
from amopt.sourcing.referee.quote_pricing import Terms

if TYPE_CHECKING:
    from amopt.referee import Notebook
    from amopt.sourcing.instance.entries import Licence, Line, Offer
    from amopt.sourcing.referee.terms import OrderTerms

__all__ = ["Placed", "Totals", "Use", "bills", "check_limits", "of_goods", "paid_once"]


class Placed(NamedTuple):
    """Parts of a line that are part of an order.

    Attributes
    ----------
    line
        The line.
    offer
        The offer; None for conventional supply.
    quantity
        Parts.
    order
        What tells the order from others.
    """

    line: Line
    offer: Offer | None
    quantity: float
    order: Hashable

    @property
    def supplier(self) -> str:
        """The supplier, or conventional."""
        return CONVENTIONAL if self.offer is None else self.offer.supplier


def bills(terms: OrderTerms, placed: Sequence[Placed], *, anew: bool = False) -> list[Terms]:
    """Return what each line is paid for each of its parts of orders, in the order given.

    Parameters
    ----------
    terms
        The instance.
    placed
        All new orders.
    anew
        Whether to forget what committed orders have paid already.
    """
    ordered: dict[Hashable, float] = defaultdict(float)
    for own in placed:
        ordered[own.order] += own.quantity
    found = [_of_order(terms, own, ordered[own.order]) for own in placed]
    for _, amount, served in paid_once(terms, placed, anew=anew):
        parts = sum(placed[n].quantity for n in served)
        for n in served:
            share = amount * (placed[n].quantity / parts)
            found[n] = found[n]._replace(cost=found[n].cost + share)
    for n, share in _discounts(terms, placed, ordered):
        found[n] = found[n]._replace(cost=found[n].cost - share)
    return found


def of_goods(terms: OrderTerms, placed: Sequence[Placed]) -> list[tuple[Amount, Amount]]:
    """Return the duty on each part of an order, and the discount on what is spent on it."""
    ordered: dict[Hashable, float] = defaultdict(float)
    for own in placed:
        ordered[own.order] += own.quantity
    spared = dict(_discounts(terms, placed, ordered))
    found = []
    for n, own in enumerate(placed):
        share, q = own.quantity / ordered[own.order], own.quantity
        if own.offer is None:
            usual = terms.conventional[own.line.part]
            goods, start, size = usual.cost_per_part * q, usual.place, 0.0
        else:
            pricing, start = terms.pricing_of(own.offer), own.supplier
            goods = pricing.total(ordered[own.order]) * share
            size = pricing.total_terms(ordered[own.order]) * share
        on_goods, on_transport = terms.duty(start, own.line)
        scale = max(size, abs(goods))
        duty = Amount(on_goods * goods + on_transport * q, on_goods * scale + on_transport * q)
        off = spared.get(n, 0.0)
        found.append((duty, Amount(off, off and scale)))
    return found


def _discounts(
    terms: OrderTerms, placed: Sequence[Placed], ordered: Mapping[Hashable, float]
) -> Iterator[tuple[int, float]]:
    """Yield what each part of an order is spared by discounts on what is spent at its supplier."""
    by_supplier: dict[str, list[int]] = defaultdict(list)
    for n, own in enumerate(placed):
        by_supplier[own.supplier].append(n)
    for entry in terms.instance.suppliers:
        if entry.spend_discounts is None:
            continue
        goods = {}
        for n in by_supplier[entry.supplier]:
            own = placed[n]
            if own.offer is not None:
                whole = terms.pricing_of(own.offer).total(ordered[own.order])
                goods[n] = whole * (own.quantity / ordered[own.order])
        spent = sum(goods.values())
        tiers = [t for t in entry.spend_discounts.tiers if spent >= t.from_ - 1e-9 * abs(t.from_)]
        if not tiers or spent <= 0:
            continue
        rate = tiers[-1].percent / 100
        if entry.spend_discounts.kind == "incremental":
            ends = [*(t.from_ for t in tiers[1:]), spent]
            off = sum((b - t.from_) * t.percent / 100 for t, b in zip(tiers, ends, strict=True))
            rate = off / spent
        for n, value in goods.items():
            yield n, value * rate


def _of_order(terms: OrderTerms, own: Placed, ordered: float) -> Terms:
    """Return a line's share of an order of so many parts, without what is paid once."""
    q = own.quantity
    share = q / ordered
    if own.offer is None:
        usual = terms.conventional_rates(own.line)
        if usual is None:
            return Terms(0.0, 0.0, 0.0)
        cost = (usual.setup + usual.price * ordered) * share + usual.moved * q
        return Terms(cost, usual.weeks, usual.kg_co2 * q)
    rates, pricing = terms.offer_rates(own.offer, own.line), terms.pricing_of(own.offer)
    whole = rates._replace(cost=0.0, moved=0.0).of(pricing, ordered)
    return Terms(
        whole.cost * share + rates.cost * q,
        whole.weeks + rates.moved,
        rates.kg_co2 * q,
        whole.cost_terms * share,
        whole.weeks_terms,
    )


def paid_once(
    terms: OrderTerms, placed: Sequence[Placed], *, anew: bool = False
) -> Iterator[tuple[str, float, list[int]]]:
    """Yield what is paid once: what for, each amount, and the numbers of what it serves."""
    groups: dict[tuple[Hashable, ...], list[int]] = defaultdict(list)
    for n, own in enumerate(placed):
        part, supplier = own.line.part, own.supplier
        groups["delivery", own.order, supplier, own.line.place].append(n)
        if own.offer is None:
            groups["tooling", part].append(n)
        else:
            groups["supplier", supplier].append(n)
            groups["approval", supplier, part].append(n)
            groups["preparation", part].append(n)
    paid = set() if anew else _paid(terms)
    amounts = _asked_once(terms)
    for key, served in groups.items():
        known = ("delivery", *key[2:]) if key[0] == "delivery" else key
        amount = amounts.get(known, 0.0)
        if amount > 0 and key not in paid:
            yield str(key[0]), amount, served


def _asked_once(terms: OrderTerms) -> dict[tuple[Hashable, ...], float]:
    """Return all that the file asks once, by what it is for."""
    instance = terms.instance
    found: dict[tuple[Hashable, ...], float] = {
        ("tooling", e.part): 0.0 if e.asset_exists else e.asset_cost for e in instance.conventional
    }
    found |= {("supplier", e.supplier): e.fee_per_supplier for e in instance.suppliers}
    for entry in instance.deliveries:
        found["delivery", entry.supplier, entry.place] = entry.cost_per_delivery
    for approval in instance.approvals:
        cost = 0.0 if approval.done else approval.cost
        found["approval", approval.supplier, approval.part] = cost
    for made in instance.preparations:
        found["preparation", made.part] = 0.0 if made.done else made.cost
    return found


def _paid(terms: OrderTerms) -> set[tuple[Hashable, ...]]:
    """Return what committed orders have paid already."""
    found: set[tuple[Hashable, ...]] = set()
    for order in terms.instance.committed:
        part = terms.lines[order.line].part
        if order.supplier == CONVENTIONAL:
            found.add(("tooling", part))
        else:
            found |= {
                ("supplier", order.supplier),
                ("approval", order.supplier, part),
                ("preparation", part),
            }
    return found


def _amounts() -> dict[str, float]:
    return defaultdict(float)


@dataclass
class Totals:
    """What the orders of a line, or of all lines, add up to; parts by supplier."""

    quantity: float = 0.0
    cost: Amount = field(default_factory=lambda: Amount(0.0))
    weeks: Amount = field(default_factory=lambda: Amount(0.0))
    kg_co2: float = 0.0
    suppliers: dict[str, float] = field(default_factory=_amounts)

    def add(self, supplier: str, quantity: float, terms: Terms) -> None:
        """Add an order."""
        self.quantity += quantity
        scale = self.cost.scale + max(abs(terms.cost), terms.cost_terms)
        self.cost = Amount(self.cost.value + terms.cost, scale)
        if terms.weeks > self.weeks.value:
            self.weeks = Amount(terms.weeks, max(terms.weeks_terms, self.weeks.scale))
        self.kg_co2 += terms.kg_co2
        self.suppliers[supplier] += quantity


@dataclass
class Use:
    """What orders use: machine hours and parts by supplier, prints by part and supplier.

    Prints at any supplier stand under the supplier None.
    """

    hours: dict[str, float] = field(default_factory=_amounts)
    parts: dict[str, float] = field(default_factory=_amounts)
    prints: dict[tuple[str, str | None], float] = field(default_factory=lambda: defaultdict(float))

    def add(self, part: str, supplier: str, quantity: float, hours: float) -> None:
        """Add an order."""
        self.hours[supplier] += hours
        self.parts[supplier] += quantity
        if supplier != CONVENTIONAL:
            self.prints[part, supplier] += quantity
            self.prints[part, None] += quantity

    def under(self, licence: Licence) -> float:
        """Return the prints that come under a licence."""
        return self.prints.get((licence.part, licence.supplier), 0.0)


def check_limits(
    terms: OrderTerms, notebook: Notebook, by_line: Mapping[str, Totals], held: Use, new: Use
) -> None:
    """Compare what orders add up to with every limit of the file but the licences.

    What is committed is held, whatever is left of a capacity: these bind new orders.
    """
    _check_lines(terms, notebook, by_line)
    _check_shares(terms, notebook, by_line)
    limits = terms.instance.limits
    if limits.budget is not None:
        paid = [total.cost for total in by_line.values()]
        scale = sum(cost.scale for cost in paid)
        notebook.within("budget", sum(cost.value for cost in paid), limits.budget, scale)
    if limits.kg_co2 is not None:
        emitted = sum(total.kg_co2 for total in by_line.values())
        notebook.within("kg of CO2", emitted, limits.kg_co2)
    for capacity in terms.instance.capacities:
        name = capacity.supplier
        for what, old, more, limit in (
            ("machine hours", held.hours[name], new.hours[name], capacity.machine_hours),
            ("parts", held.parts[name], new.parts[name], capacity.parts),
        ):
            if limit is not None and more > 0:
                notebook.within(f"{what} of {name!r}", old + more, limit)


def _check_lines(terms: OrderTerms, notebook: Notebook, by_line: Mapping[str, Totals]) -> None:
    """Compare what each line gets, by when and from how many, with what it asks for."""
    limits = terms.instance.limits
    for name, line in terms.lines.items():
        where, total = f"line {name!r}", by_line[name]
        slack = notebook.tolerance * line.quantity if line.divisible else 0.0
        most = line.quantity + line.surplus + slack
        least = 0.0 if line.unmet_penalty_per_part is not None else line.quantity - slack
        notebook.require(
            least <= total.quantity <= most,
            f"{where}: {total.quantity:.10g} parts for {line.quantity:g} asked for",
        )
        weeks, scale = total.weeks.value, total.weeks.scale
        if (need_by := terms.need_by(line)) is not None:
            notebook.within(f"{where}, weeks to need-by", weeks, need_by, scale)
        if limits.weeks is not None:
            notebook.within(f"{where}, weeks", weeks, limits.weeks, scale)
        if limits.suppliers_per_line is not None:
            held = {order.supplier for order in terms.committed_to.get(name, ())}
            allowed = max(limits.suppliers_per_line, len(held))
            notebook.within(f"{where}, suppliers", len(total.suppliers), allowed)


def _check_shares(terms: OrderTerms, notebook: Notebook, by_line: Mapping[str, Totals]) -> None:
    """Compare how suppliers share each part with what the file asks; what is held stays."""
    lines: dict[str, list[Line]] = defaultdict(list)
    for line in terms.lines.values():
        lines[line.part].append(line)
    for share in terms.instance.shares:
        own = lines[share.part]
        asked = sum(line.quantity for line in own)
        held: dict[str, float] = defaultdict(float)
        made: dict[str, float] = defaultdict(float)
        for line in own:
            for order in terms.committed_to.get(line.line, ()):
                held[order.supplier] += order.quantity
            for supplier, parts in by_line[line.line].suppliers.items():
                made[supplier] += parts
        slack = notebook.tolerance * asked
        if sum(made.values()) <= sum(held.values()) + slack:
            continue
        least = max(share.least_percent / 100 * asked, min(1.0, asked))
        count = sum(
            parts >= least - slack
            for supplier, parts in made.items()
            if share.conventional_counts or supplier != CONVENTIONAL
        )
        what = f"suppliers of {share.part!r} with {share.least_percent:g} % or more"
        notebook.require(
            count >= share.least_suppliers, f"{what}: {count} for {share.least_suppliers} at least"
        )
        for supplier, parts in made.items():
            if parts > held[supplier] + slack:
                most = max(held[supplier], share.largest_percent / 100 * asked)
                notebook.require(
                    share.largest_percent == 100 or parts <= most + slack,
                    f"{supplier!r} makes {parts:.10g} of {asked:.10g} {share.part!r}, more than "
                    f"{share.largest_percent:g} %",
                )
