"""Each component by itself: its cheapest version, at its best level.

Exact where no limit ties the components together.
"""

from __future__ import annotations

import numpy as np

from amopt.design.choice import Choice
from amopt.design.instance import Component, DesignInstance, Version
from amopt.design.life_cycle import expected_cost, life_cycle_of

__all__ = ["HONOURS", "best_choice", "version_cost"]

HONOURS = frozenset({"one_version", "one_level"})
"""The families of constraints that it honours: those that say what a choice is."""


def version_cost(instance: DesignInstance, component: Component, version: Version) -> float:
    """Return the expected cost of a version at its best levels, its design and benefit included."""
    chance = np.array([base.probability for base in instance.installed_base])
    systems = np.array([base.systems for base in instance.installed_base])
    benefit = version.benefit_per_system_month * float(systems @ chance) * instance.months
    life = life_cycle_of(instance, component, version)
    return version.design_cost - benefit + float(expected_cost(life, chance))


def best_choice(instance: DesignInstance) -> Choice:
    """Return the cheapest version of each component; of equal ones the first in the file."""
    versions, levels = {}, {}
    for component in instance.components:
        chosen = min(
            component.versions, key=lambda version: version_cost(instance, component, version)
        )
        versions[component.name] = chosen.name
        levels[component.name] = life_cycle_of(instance, component, chosen).best_base_stock()
    return Choice(versions, levels)
