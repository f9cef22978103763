"""The limits of a sourcing file: which there are, in words, and the file without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from amopt.sourcing.instance.fields import Instance

__all__ = ["Limit", "change_in_words", "keeping", "limits_of", "without", "words"]


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of the file.

    Attributes
    ----------
    kind
        ``"machine_hours"``, ``"parts"``, ``"prints"``, ``"need_by"``, ``"weeks"``, ``"budget"``,
        ``"kg_co2"``, ``"suppliers"``, ``"largest"``, ``"smallest"`` or ``"minimum_order"``.
    index
        Where it stands in its collection of the file; 0 for a limit of the plan.
    """

    kind: str
    index: int = 0


def limits_of(instance: Instance) -> list[Limit]:
    """Return the limits of an instance, those that are easiest to change last."""
    asked: dict[str, float] = {}
    for line in instance.lines:
        asked[line.part] = max(asked.get(line.part, 0.0), line.quantity)
    found = [
        Limit("minimum_order", i)
        for i, entry in enumerate(instance.conventional)
        if entry.minimum_order > 1
    ]
    offers = [(i, offer) for i, offer in enumerate(instance.offers) if offer.part in asked]
    found += [Limit("smallest", i) for i, offer in offers if offer.smallest > 1]
    found += [Limit("largest", i) for i, offer in offers if offer.largest < asked[offer.part]]
    found += [Limit("prints", i) for i, _ in enumerate(instance.licences)]
    for i, entry in enumerate(instance.capacities):
        found += [Limit("machine_hours", i)] * (entry.machine_hours is not None)
        found += [Limit("parts", i)] * (entry.parts is not None)
    own = instance.limits
    found += [Limit("suppliers")] * (own.suppliers_per_line is not None)
    found += [Limit("kg_co2")] * (own.kg_co2 is not None)
    found += [
        Limit("need_by", i)
        for i, line in enumerate(instance.lines)
        if line.need_by_weeks is not None
    ]
    found += [Limit("weeks")] * (own.weeks is not None)
    found += [Limit("budget")] * (own.budget is not None)
    return found


def keeping(instance: Instance, limits: Sequence[Limit]) -> Instance:
    """Return the instance with these limits only."""
    kept = set(limits)
    return without(instance, [limit for limit in limits_of(instance) if limit not in kept])


def without(instance: Instance, limits: Sequence[Limit]) -> Instance:
    """Return the instance without some limits."""
    drop: dict[str, set[int]] = {}
    for limit in limits:
        drop.setdefault(limit.kind, set()).add(limit.index)

    def changed(entries: Sequence[Any], **fields: tuple[str, Any]) -> tuple[Any, ...]:
        result = []
        for i, entry in enumerate(entries):
            update = {
                field: value for field, (kind, value) in fields.items() if i in drop.get(kind, ())
            }
            result.append(entry.model_copy(update=update) if update else entry)
        return tuple(result)

    own = {
        "budget": "budget",
        "weeks": "weeks",
        "kg_co2": "kg_co2",
        "suppliers_per_line": "suppliers",
    }
    return instance.supposing(
        lines=changed(instance.lines, need_by_weeks=("need_by", None)),
        conventional=changed(instance.conventional, minimum_order=("minimum_order", 0.0)),
        offers=changed(
            instance.offers,
            smallest_quantity=("smallest", 1e-9),
            largest_quantity=("largest", 1e15),
        ),
        capacities=changed(
            instance.capacities, machine_hours=("machine_hours", None), parts=("parts", None)
        ),
        licences=tuple(
            entry.model_copy(update={"prints": 1e15}) if i in drop.get("prints", ()) else entry
            for i, entry in enumerate(instance.licences)
        ),
        limits=instance.limits.model_copy(
            update={field: None for field, kind in own.items() if kind in drop}
        ),
    )


def words(instance: Instance, limit: Limit) -> str:
    """Return a limit in the instance's words."""
    i, own = limit.index, instance.limits
    if limit.kind in ("machine_hours", "parts"):
        entry = instance.capacities[i]
        hours = limit.kind == "machine_hours"
        amount = f"{entry.machine_hours:g} machine hours" if hours else f"{entry.parts:g} parts"
        return f"the capacity of {entry.supplier!r}, {amount}"
    if limit.kind == "prints":
        licence = instance.licences[i]
        who = f" at {licence.supplier!r}" if licence.supplier else ""
        return f"the licence of {licence.part!r}{who}, {licence.prints:g} prints"
    if limit.kind == "need_by":
        line = instance.lines[i]
        return f"the need-by of line {line.line!r}, {line.need_by_weeks:g} weeks"
    if limit.kind in ("largest", "smallest"):
        offer = instance.offers[i]
        most = offer.largest if limit.kind == "largest" else offer.smallest
        whose = f"{offer.supplier!r} for {offer.part!r}"
        return f"the {limit.kind} quantity of {whose}, {most:g} parts"
    if limit.kind == "minimum_order":
        made = instance.conventional[i]
        return f"the minimum order of conventional {made.part!r}, {made.minimum_order:g} parts"
    return {
        "budget": f"the budget, {own.budget or 0:g} {instance.currency}",
        "weeks": f"the latest delivery, {own.weeks or 0:g} weeks",
        "kg_co2": f"the emission limit, {own.kg_co2 or 0:g} kg of CO2",
        "suppliers": f"at most {own.suppliers_per_line} suppliers a line",
    }[limit.kind]


def change_in_words(instance: Instance, limit: Limit, needed: float) -> str | None:
    """Return the least change of a limit in the instance's words."""
    name = words(instance, limit).rpartition(", ")[0] or "the most suppliers a line"
    if not np.isfinite(needed):
        return None
    if limit.kind in ("smallest", "minimum_order"):
        return f"lower {name} to {needed:g} parts"
    unit = {
        "machine_hours": "machine hours",
        "parts": "parts",
        "prints": "prints",
        "need_by": "weeks",
        "weeks": "weeks",
        "budget": instance.currency,
        "kg_co2": "kg of CO2",
        "suppliers": "suppliers",
        "largest": "parts",
    }[limit.kind]
    return f"raise {name} to {_up(needed)} {unit}"


def _up(amount: float) -> str:
    """Return an amount rounded up, so that what is written is enough."""
    digits = 2 if abs(amount) >= 1 else 6
    rounded = np.ceil(round(amount * 10**digits, 6)) / 10**digits
    return f"{rounded:,.{digits}f}".rstrip("0").rstrip(".")
