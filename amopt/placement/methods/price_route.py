"""Which instances the route of prices can answer: all that is known of it before it is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from amopt.placement.supply.fleet import Fleet

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Instance

__all__ = ["HONOURS", "by_tree", "facilities_suffice", "obstacle"]

HONOURS = frozenset(
    {
        "serve",
        "hours",
        "only_from_open_sites",
        "only_by_machines",
        "room_for_machines",
        "exactly_one_site",
        "machines_at_open_sites",
        "newly_open",
        "balance",
        "moves",
        "vintages",
    }
)
"""The families that the route honours; those of fleets, because it refuses fleets that change."""


def obstacle(instance: Instance) -> str:
    """Return why the route cannot answer an instance; nothing where it can."""
    reasons = {
        "it has several periods": len(instance.horizon) > 1,
        "sites own machines already": any(o.count for s in instance.sites for o in s.owned),
        "emissions count": instance.minimise.kg_co2 > 0,
    }
    return ", ".join(reason for reason, holds in reasons.items() if holds)


def by_tree(instance: Instance) -> bool:
    """Return whether a tree over open sites answers an instance that the route can answer."""
    return facilities_suffice(Fleet(instance))


def facilities_suffice(fleet: Fleet) -> bool:
    """Return whether sites have hours of one type each, sold or of at most one machine."""
    alone = np.bincount(fleet.unit_site, minlength=1).max(initial=0) <= 1
    return bool(alone and (fleet.most <= 1).all())
