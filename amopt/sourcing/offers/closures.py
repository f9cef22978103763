"""Days on which suppliers are closed: what would be ready after they begin is ready so much later.

The curves of lead times are cut where what is made would be ready on the first morning of a
closure; beyond it, its days come on top. Lead times are then linear on pieces as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from amopt.sourcing.instance.conditions import open_days
from amopt.sourcing.instance.curves import Curves

if TYPE_CHECKING:
    from amopt.sourcing.instance.fields import Instance
    from amopt.sourcing.offers.reach import Source

__all__ = ["with_closures"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MET = 1e-8
"""How far after a first morning what is ready still counts as ready by then, relative."""

CUT = 1e-9
"""How far after it, in parts, the piece begins that is ready later, relative."""


class _Closure(NamedTuple):
    """Weeks of making after which a supplier's closure is met, and the weeks that it adds."""

    after: float
    weeks: float


def with_closures(
    instance: Instance, sources: Sequence[Source], goods: Curves, made_in: Curves
) -> tuple[Curves, Curves]:
    """Return the curves of all sources with the closures of their suppliers.

    Parameters
    ----------
    instance
        The instance.
    sources
        Offers, then conventional supply.
    goods, made_in
        What q parts cost, and the weeks until they leave the supplier, with pieces in common.
    """
    made_by: dict[str | None, list[int]] = {}
    for number, source in enumerate(sources):
        made_by.setdefault(getattr(source, "supplier", None), []).append(number)
    for supplier, closures in _of_suppliers(instance).items():
        own = np.zeros(len(sources), dtype=bool)
        own[made_by.get(supplier, [])] = True
        for closure in closures:
            goods, made_in = _cut(goods, made_in, own, closure.after)
        late = own[made_in.curve]
        middle = _within(made_in)
        ready = made_in.on(np.arange(middle.size), middle)
        added = sum(
            np.where(ready > c.after * (1 + MET) + MET, c.weeks, 0.0) for c in closures
        ) + np.zeros(middle.size)
        made_in = replace(made_in, fixed=made_in.fixed + np.where(late, added, 0.0))
    return goods, made_in


def _of_suppliers(instance: Instance) -> dict[str, list[_Closure]]:
    """Return the closures of each supplier that are not over, by weeks of making."""
    found: dict[str, list[_Closure]] = {}
    for terms in instance.suppliers:
        lost = 0.0
        for first, days in open_days(terms.closed, instance.order_date):
            closure = _Closure((first - lost) / 7, days / 7)
            found.setdefault(terms.supplier, []).append(closure)
            lost += days
    return found


def _within(curves: Curves) -> Floats:
    """Return a quantity inside each piece."""
    lower, upper = curves.lower, curves.upper
    middle: Floats = np.where(np.isinf(upper), 2 * lower + 1, (lower + upper) / 2)
    return middle


def _cut(
    goods: Curves, made_in: Curves, own: NDArray[np.bool_], after: float
) -> tuple[Curves, ...]:
    """Cut pieces of some curves where their weeks pass a number."""
    rate = made_in.rate
    with np.errstate(divide="ignore", invalid="ignore"):
        at = (after - made_in.fixed) / rate
    at = np.where(rate > 0, at * (1 + CUT), at * (1 - CUT))
    inside = own[made_in.curve] & (rate != 0) & (at > made_in.lower) & (at < made_in.upper)
    if not inside.any():
        return goods, made_in
    piece = np.concatenate([np.arange(rate.size), np.flatnonzero(inside)])
    lower = np.concatenate([made_in.lower, at[inside]])
    curve = made_in.curve[piece]
    order = np.lexsort((lower, curve))
    piece, lower = piece[order], lower[order]
    start = np.searchsorted(curve[order], np.arange(len(made_in) + 1))
    return tuple(
        Curves(start, lower, c.fixed[piece], c.rate[piece], c.scale[piece], c.exponent[piece])
        for c in (goods, made_in)
    )
