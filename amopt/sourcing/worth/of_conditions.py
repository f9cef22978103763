"""How suppliers share parts, and when they are closed, as limits that move in steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from amopt.phrases import counted
from amopt.sourcing.instance.entries import CONVENTIONAL
from amopt.sourcing.worth.stated import StatedLimit

if TYPE_CHECKING:
    from amopt.solution import Solution
    from amopt.sourcing.instance.conditions import Share
    from amopt.sourcing.instance.fields import Instance

__all__ = ["of_closures", "of_shares"]

LONGEST = 366.0
"""Days of a closure, at most."""


def of_shares(instance: Instance) -> Iterator[StatedLimit]:
    """Yield how many suppliers parts have at least, and between which shares each makes."""
    for n, share in enumerate(instance.shares):
        asked = sum(line.quantity for line in instance.lines if line.part == share.part)
        if not asked:
            continue
        pair = share.part, ""
        if share.least_suppliers > 1:
            yield StatedLimit(
                *("least_suppliers", share.part, "", float(share.least_suppliers), -1.0),
                *("suppliers", _share_at(instance, n, "least_suppliers", 1.0)),
                used=_reaching(share, asked),
                low=1.0,
                high=100.0,
            )
        if share.least_percent > 0:
            yield StatedLimit(
                *("least_part_share", pair, "", share.least_percent, -1.0, "%"),
                at=_share_at(instance, n, "least_percent", 0.0),
                used=_least_share(share, asked),
                high=100.0,
                hinted=False,
            )
        if share.largest_percent < 100:
            yield StatedLimit(
                *("largest_part_share", pair, "", share.largest_percent, 1.0, "%"),
                at=_share_at(instance, n, "largest_percent", 100.0),
                used=_largest_share(share, asked),
                low=1e-9,
                high=100.0,
                hinted=False,
            )


def of_closures(instance: Instance) -> Iterator[StatedLimit]:
    """Yield the closures of suppliers that are not over, by their days."""
    today = instance.order_date
    for n, supplier in enumerate(instance.suppliers):
        for m, closure in enumerate(supplier.closed):
            if today is None or closure.to < today:
                continue
            days = (closure.to - closure.from_).days + 1
            yield StatedLimit(
                "closures",
                (supplier.supplier, m),
                f"the closure of {supplier.supplier!r} from {closure.from_} on, "
                f"{counted(days, 'day')}",
                *(float(days), -1.0, "days"),
                at=_closure_at(instance, n, m),
                used=lambda _: None,
                high=LONGEST,
                hinted=False,
            )


def _share_at(
    instance: Instance, index: int, name: str, free: float
) -> Callable[[float | None], Instance]:
    def at(value: float | None) -> Instance:
        entries = list(instance.shares)
        new = free if value is None else value
        changed = {name: round(new) if name == "least_suppliers" else new}
        entries[index] = entries[index].model_copy(update=changed)
        return instance.unchecked_copy(shares=tuple(entries))

    return at


def _closure_at(instance: Instance, index: int, number: int) -> Callable[[float | None], Instance]:
    def at(value: float | None) -> Instance:
        entries = list(instance.suppliers)
        closed = list(entries[index].closed)
        days = 0 if value is None else round(value)
        if days:
            until = closed[number].from_ + timedelta(days=days - 1)
            closed[number] = closed[number].model_copy(update={"to": until})
        else:
            del closed[number]
        entries[index] = entries[index].model_copy(update={"closed": tuple(closed)})
        return instance.unchecked_copy(suppliers=tuple(entries))

    return at


def _made(solution: Solution, share: Share) -> list[float]:
    """Return the parts of each supplier that may count, those with most first."""
    made: dict[str, float] = defaultdict(float)
    for row in solution.rows["orders"]:
        if row["part"] == share.part:
            made[row["supplier"]] += row["quantity"]
    if not share.conventional_counts:
        made.pop(CONVENTIONAL, None)
    return sorted(made.values(), reverse=True)


def _reaching(share: Share, asked: float) -> Callable[[Solution], float]:
    """Return what counts the suppliers that reach the least share."""

    def used(solution: Solution) -> float:
        least = share.least_percent / 100 * asked * (1 - 1e-9)
        return float(sum(parts >= least for parts in _made(solution, share)))

    return used


def _least_share(share: Share, asked: float) -> Callable[[Solution], float]:
    """Return what tells the share of the last of the suppliers that must count, in percent."""

    def used(solution: Solution) -> float:
        made = _made(solution, share)
        last = share.least_suppliers - 1
        return 100 * made[last] / asked if last < len(made) else 0.0

    return used


def _largest_share(share: Share, asked: float) -> Callable[[Solution], float]:
    """Return what tells the largest share of any supplier, in percent."""
    every = share.model_copy(update={"conventional_counts": True})

    def used(solution: Solution) -> float:
        return min(100.0, 100 * max(_made(solution, every), default=0.0) / asked)

    return used
