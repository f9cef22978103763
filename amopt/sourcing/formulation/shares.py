"""How many suppliers share a part, and how much of it each may make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.phrases import counted, rounded_down, rounded_up, stated
from amopt.program.family import Family
from amopt.sourcing.formulation.variables import linear
from amopt.sourcing.offers.part_shares import PartShares, part_shares

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.sourcing.instance.conditions import Share
    from amopt.sourcing.instance.fields import Instance

__all__ = [
    "FAMILIES",
    "add_counts",
    "add_largest_part_share",
    "add_least_part_share",
    "add_least_suppliers",
]


def add_counts(model: ConcreteModel) -> None:
    r"""Count a supplier of a part only where it makes some of it.

    .. math:: \sum_{ls \in p, k} q_{ls} + \text{committed} \ge \min(1, Q_p) \, U_{pk}

    :math:`Q_p = \sum_{l \in p} Q_l` is what all lines of the part ask for.
    """
    from pyomo.environ import Constraint

    def some(_: Any, part: str, supplier: str) -> Any:
        own = model.part_shares[part]
        return _made(model, own, supplier) >= own.one * model.counts[part, supplier]

    model.counted_supplier = Constraint(list(model.counts), rule=some)


def add_least_part_share(model: ConcreteModel) -> None:
    r"""Let a supplier of a part count only from the least share on.

    .. math:: \sum_{ls \in p, k} q_{ls} + \text{committed} \ge \alpha_p Q_p \, U_{pk}

    Where only whole parts are ordered, the right side is rounded up to whole parts.
    """
    from pyomo.environ import Constraint

    wanted = {part for part, own in model.part_shares.items() if own.least > own.one}
    beyond = [pair for pair in model.counts if pair[0] in wanted]

    def enough(_: Any, part: str, supplier: str) -> Any:
        own = model.part_shares[part]
        return _made(model, own, supplier) >= own.least * model.counts[part, supplier]

    model.least_part_share = Constraint(beyond, rule=enough)


def add_least_suppliers(model: ConcreteModel) -> None:
    r"""Have so many suppliers of a part, at least, that count.

    .. math:: \sum_k U_{pk} \ge n_p
    """
    from pyomo.environ import Constraint

    def several(_: Any, part: str) -> Any:
        own = model.part_shares[part]
        pairs = [(part, k) for k in own.counted]
        some = linear(pairs, dict.fromkeys(pairs, 1.0), model.counts)
        return own.entry.least_suppliers, some, None

    asked = [part for part, own in model.part_shares.items() if own.suppliers_count]
    model.least_suppliers = Constraint(asked, rule=several)


def add_largest_part_share(model: ConcreteModel) -> None:
    r"""Let no supplier of a part make more than the largest share.

    .. math:: \sum_{ls \in p, k} q_{ls} \le \max(0, \beta_p Q_p - \text{committed})

    Where only whole parts are ordered, :math:`\beta_p Q_p` is rounded down to whole parts.
    """
    from pyomo.environ import Constraint

    rows = {}
    for own in model.part_shares.values():
        for supplier in own.options if own.entry.largest_percent < 100 else ():
            shares = _shares(model, own, supplier)
            if shares:
                left = max(0.0, own.most - own.committed.get(supplier, 0.0))
                rows[own.entry.part, supplier] = sum(model.x[i] for i in shares) <= left
    model.largest_part_share = Constraint(list(rows), rule=lambda _, *pair: rows[pair])


def _shares(model: ConcreteModel, own: PartShares, supplier: str) -> list[int]:
    """Return the shares that are a supplier's of a part."""
    return [i for o in own.options.get(supplier, ()) for i in model.options.get(o, ())]


def _made(model: ConcreteModel, own: PartShares, supplier: str) -> Any:
    """Return the parts that a supplier makes of a part."""
    shares = _shares(model, own, supplier)
    return sum(model.x[i] for i in shares) + own.committed.get(supplier, 0.0)


def _entry(instance: Instance, part: str) -> Share:
    return next(entry for entry in instance.shares if entry.part == part)


def _percent(instance: Instance, part: str, parts: float) -> float:
    """Return how much of a part's quantity so many parts are, in percent."""
    return 100 * parts / sum(line.quantity for line in instance.lines if line.part == part)


def _of_part(instance: Instance, part: str) -> PartShares:
    from amopt.sourcing.offers.supply_options import SupplyOptions

    return next(x for x in part_shares(SupplyOptions.of(instance)) if x.entry.part == part)


def least_share_says(instance: Instance, key: tuple[str, str]) -> str:
    """Return the least share of a part's suppliers in words."""
    least = _entry(instance, key[0]).least_percent
    return f"the least share of a supplier of {key[0]!r}, {stated(least)} %"


def least_share_remedy(instance: Instance, key: tuple[str, str], change: float) -> str:
    """Return what the least share must be."""
    least = _percent(instance, key[0], max(0.0, _of_part(instance, key[0]).least - change))
    return f"lower the least share of a supplier of {key[0]!r} to {rounded_down(least)} %"


def least_suppliers_says(instance: Instance, part: str) -> str:
    """Return the least suppliers of a part in words."""
    return f"at least {counted(_entry(instance, part).least_suppliers, 'supplier')} of {part!r}"


def least_suppliers_remedy(instance: Instance, part: str, change: float) -> str:
    """Return how many suppliers a part may have at least."""
    least = round(_entry(instance, part).least_suppliers - change)
    if least < 1:
        return f"leave out the least share of a supplier of {part!r}"
    return f"lower the least suppliers of {part!r} to {least}"


def largest_share_says(instance: Instance, key: tuple[str, str]) -> str:
    """Return the largest share of a part's suppliers in words."""
    most = _entry(instance, key[0]).largest_percent
    return f"the largest share of a supplier of {key[0]!r}, {stated(most)} %"


def largest_share_remedy(instance: Instance, key: tuple[str, str], change: float) -> str:
    """Return what the largest share must be."""
    own = _of_part(instance, key[0])
    most = max([own.most, *own.committed.values()]) + change
    enough = rounded_up(min(100.0, _percent(instance, key[0], most)))
    return f"raise the largest share of a supplier of {key[0]!r} to {enough} %"


_SCOPE = ("shares[].counts_suppliers",)

FAMILIES = (
    Family("counts", add_counts, scope=_SCOPE, rows=("counted_supplier",)),
    Family(
        "least_part_share",
        add_least_part_share,
        scope=("shares[].least_percent",),
        says=least_share_says,
        remedy=least_share_remedy,
    ),
    Family(
        "least_suppliers",
        add_least_suppliers,
        scope=_SCOPE,
        says=least_suppliers_says,
        remedy=least_suppliers_remedy,
    ),
    Family(
        "largest_part_share",
        add_largest_part_share,
        scope=("shares[].largest_percent",),
        says=largest_share_says,
        remedy=largest_share_remedy,
    ),
)
"""What suppliers share of a part."""
