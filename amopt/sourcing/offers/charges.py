"""What is paid once, however many parts or lines it serves: tooling, fees, qualifications.

A charge belongs to a set of options and is paid when anything is ordered on one of them. Each of
them then bears it by its share of the parts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from amopt.sourcing.instance.entries import CONVENTIONAL, Offer

if TYPE_CHECKING:
    from amopt.sourcing.instance.fields import Instance
    from amopt.sourcing.offers.reach import Source

__all__ = ["KINDS", "Charges", "charges_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

KINDS = ("tooling", "deliveries", "supplier_fees", "approvals", "preparations")
"""The kinds of charges, as the families of constraints are called that pay them."""


@dataclass(frozen=True, eq=False)
class Charges:
    """k charges.

    Attributes
    ----------
    kind, key
        Kind of each, and what it is for: a part, a supplier, both, or pool and place.
    amount
        What is paid, in money, shape (k,).
    charge, option
        The options that each is for, one a row, shape (e,), charges ascending.
    """

    kind: tuple[str, ...]
    key: tuple[Any, ...]
    amount: Floats
    charge: Ints
    option: Ints

    def __len__(self) -> int:
        return self.amount.size

    def shares(self, quantity: Floats) -> Floats:
        """Return what each option bears of all charges, shape of ``quantity``.

        Parameters
        ----------
        quantity
            Parts ordered on each option.
        """
        parts = quantity[self.option]
        served = np.bincount(self.charge, parts, minlength=len(self))
        used = parts > 0
        part = parts[used] / served[self.charge[used]]
        return np.bincount(
            self.option[used], self.amount[self.charge[used]] * part, minlength=quantity.size
        ).astype(np.float64)

    def keep(self, wanted: Flags) -> Charges:
        """Return some of the charges."""
        chosen = np.flatnonzero(wanted)
        rows = wanted[self.charge]
        return Charges(
            tuple(self.kind[c] for c in chosen.tolist()),
            tuple(self.key[c] for c in chosen.tolist()),
            self.amount[chosen],
            (np.cumsum(wanted) - 1)[self.charge[rows]],
            self.option[rows],
        )

    def with_order(self, pool: Ints, members: tuple[Ints, Ints]) -> Floats:
        """Return what each pool pays whenever anything is ordered, beside its fee, shape (pools,).

        These are the charges that no other pool sets off.

        Parameters
        ----------
        pool, members
            The pool of each option, and the options of each pool that may be ordered on, as
            :class:`~amopt.sourcing.offers.supply_options.SupplyOptions` holds them.
        """
        found = np.zeros(members[1].size - 1)
        one, set_off_by = self._of_one_pool(pool, members)
        np.add.at(found, set_off_by[one], self.amount[one])
        return found

    def of_several(self, pool: Ints, members: tuple[Ints, Ints]) -> Charges:
        """Return the charges that several orders, or some lines of an order, set off.

        Parameters are those of :meth:`with_order`.
        """
        one, set_off_by = self._of_one_pool(pool, members)
        return self.keep(~one & (set_off_by >= 0))

    def _of_one_pool(self, pool: Ints, members: tuple[Ints, Ints]) -> tuple[Flags, Ints]:
        """Return whether each charge is set off by one pool, whatever its lines are, and by which.

        The pool is -1 where nothing that may be ordered sets the charge off.
        """
        options, start = members
        able = np.zeros(pool.size, dtype=bool)
        able[options] = True
        rows = able[self.option]
        charge, own = self.charge[rows], pool[self.option[rows]]
        lowest = np.full(len(self), start.size - 1)
        highest = np.full(len(self), -1)
        np.minimum.at(lowest, charge, own)
        np.maximum.at(highest, charge, own)
        size = np.diff(start)[np.maximum(highest, 0)] if len(self) else highest
        whole = np.bincount(charge, minlength=len(self)) == size
        return (lowest == highest) & whole, highest


class Options(Protocol):
    """The supply options of an instance, as far as charges are found from them."""

    @property
    def instance(self) -> Instance:
        """The instance."""

    @property
    def sources(self) -> tuple[Source, ...]:
        """The instance's offers, then its conventional supplies."""

    @property
    def line(self) -> Ints:
        """The line of each option."""

    @property
    def source(self) -> Ints:
        """The source of each option."""

    @property
    def pool(self) -> Ints:
        """The pool of each option."""

    @property
    def usable(self) -> Flags:
        """Whether an option can be used."""


def charges_of(supply: Options, *, anew: bool = False) -> Charges:
    """Return the charges of an instance.

    Parameters
    ----------
    supply
        The supply options.
    anew
        Whether to forget what committed orders have paid already.
    """
    found = [
        (kind, key, amount, options)
        for kind, key, amount, options in _charges(supply, anew=anew)
        if amount > 0 and options.size
    ]
    sizes = [options.size for *_, options in found]
    return Charges(
        tuple(kind for kind, *_ in found),
        tuple(key for _, key, _, _ in found),
        np.array([amount for _, _, amount, _ in found], dtype=float),
        np.repeat(np.arange(len(found)), sizes),
        np.concatenate([options for *_, options in found] + [np.zeros(0, dtype=np.int64)]),
    )


def _charges(supply: Options, *, anew: bool) -> Iterator[tuple[str, Any, float, Ints]]:
    """Yield kind, key, amount and options of each charge that is not paid yet."""
    instance = supply.instance
    usable = np.flatnonzero(supply.usable)
    usable = usable[np.argsort(supply.source[usable], kind="stable")]
    cuts = np.searchsorted(supply.source[usable], np.arange(1, len(supply.sources)))
    of_source = np.split(usable, cuts)
    paid = _Paid.of(supply, anew=anew)
    first = len(instance.offers)
    for n, entry in enumerate(instance.conventional):
        if not entry.asset_exists and entry.part not in paid.tooling:
            yield "tooling", entry.part, entry.asset_cost, of_source[first + n]
    yield from _deliveries(supply, usable)
    of_offers: dict[tuple[str | None, str | None], list[Ints]] = defaultdict(list)
    if instance.suppliers or instance.approvals or instance.preparations:
        for offer, options in zip(instance.offers, of_source, strict=False):
            for who in (offer.supplier, None):
                for what in (offer.part, None):
                    of_offers[who, what].append(options)

    def options_of(supplier: str | None, part: str | None) -> Ints:
        own = of_offers.get((supplier, part), ())
        return np.sort(np.concatenate([*own, np.zeros(0, dtype=np.int64)]))

    for terms in instance.suppliers:
        if terms.supplier not in paid.suppliers:
            own = options_of(terms.supplier, None)
            yield "supplier_fees", terms.supplier, terms.fee_per_supplier, own
    for approval in instance.approvals:
        key = approval.supplier, approval.part
        if not approval.done and key not in paid.approved:
            yield "approvals", key, approval.cost, options_of(*key)
    for made in instance.preparations:
        if not made.done and made.part not in paid.prepared:
            yield "preparations", made.part, made.cost, options_of(None, made.part)


def _deliveries(supply: Options, usable: Ints) -> Iterator[tuple[str, Any, float, Ints]]:
    """Yield what orders pay for being delivered to a place, a pool and place at a time."""
    lines = supply.instance.lines
    asked = {
        (entry.supplier, entry.place): entry.cost_per_delivery
        for entry in supply.instance.deliveries
    }
    if not asked:
        return
    own: dict[tuple[int, str], list[int]] = defaultdict(list)
    amounts: dict[tuple[int, str], float] = {}
    for o in np.sort(usable).tolist():
        source, place = supply.sources[supply.source[o]], lines[supply.line[o]].place
        who = source.supplier if isinstance(source, Offer) else CONVENTIONAL
        if place is not None and (who, place) in asked:
            own[int(supply.pool[o]), place].append(o)
            amounts[int(supply.pool[o]), place] = asked[who, place]
    for key, options in own.items():
        yield "deliveries", key, amounts[key], np.array(options, dtype=np.int64)


@dataclass(frozen=True)
class _Paid:
    """What committed orders have paid already: they set it off, and it is in what they cost."""

    tooling: frozenset[str] = frozenset()
    suppliers: frozenset[str] = frozenset()
    approved: frozenset[tuple[str, str]] = frozenset()
    prepared: frozenset[str] = frozenset()

    @classmethod
    def of(cls, supply: Options, *, anew: bool) -> _Paid:
        if anew or not supply.instance.committed:
            return cls()
        parts = {line.line: line.part for line in supply.instance.lines}
        placed = {(order.supplier, parts[order.line]) for order in supply.instance.committed}
        printed = {key for key in placed if key[0] != CONVENTIONAL}
        return cls(
            frozenset(part for who, part in placed if who == CONVENTIONAL),
            frozenset(who for who, _ in printed),
            frozenset(printed),
            frozenset(part for _, part in printed),
        )
