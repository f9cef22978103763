"""A choice: a version of each component, and its base-stock level for each installed base."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.design.instance import Component, DesignInstance, Version

__all__ = ["Choice"]

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Choice:
    """What is designed and what is kept in stock.

    Attributes
    ----------
    versions
        The name of the version of each component.
    levels
        The base-stock levels of each component, shape (installed bases,).
    """

    versions: Mapping[str, str]
    levels: Mapping[str, Ints]

    def version(self, component: Component) -> Version:
        """Return the version of a component."""
        chosen = self.versions[component.name]
        return next(version for version in component.versions if version.name == chosen)

    def pairs(self, instance: DesignInstance) -> list[tuple[Component, Version]]:
        """Return the components with their versions, in the order of the file."""
        return [(component, self.version(component)) for component in instance.components]
