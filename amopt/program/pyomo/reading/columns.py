"""The variables of a Pyomo model: where each stands, and in which order they are columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress
from operator import attrgetter, eq
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import UsageError
from amopt.program.linear import NamedBlock, Names

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["Variables", "members_of"]

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

_FIXED = attrgetter("_fixed")
"""Where the property ``fixed`` looks, a call of Python each time."""

_NEVER = np.iinfo(np.int64).max


def members_of(component: Any) -> tuple[list[Any], list[Any]]:
    """Return the keys and the members of a component, in the order of its index."""
    from pyomo.core.base.enums import SortComponents

    keys = component.keys(SortComponents.ORDERED_INDICES)
    data = getattr(component, "_data", None)
    if data.__class__ is dict:  # in the order in which they were made, mostly that of the index
        own = list(data)
        if len(own) == len(component) and all(map(eq, own, keys)):
            return own, list(data.values())
        keys = component.keys(SortComponents.ORDERED_INDICES)
    return list(keys), list(component.values(SortComponents.ORDERED_INDICES))


class Variables:
    """All variables of a model, each at a place of its own; other models' where it speaks of them.

    Parameters
    ----------
    model
        The model.

    Attributes
    ----------
    members
        The variables by place.
    """

    def __init__(self, model: ConcreteModel) -> None:
        from pyomo.environ import Var

        self.members: list[Any] = []
        self._sorted: tuple[Places, Places] | None = None
        self._components: list[tuple[str, list[Any] | None]] = []
        self._sizes: list[int] = []
        self._fixed: list[NDArray[np.bool_]] = []
        self._heard = 0
        self._first = np.zeros(0, np.int64)
        elsewhere = []
        for component in model.component_objects(Var, active=True):
            if component.is_reference():
                elsewhere.append(component)
            else:
                self.add(component)
        self._own = len(self.members)
        self._referred = [x for component in elsewhere for x in component.values()]

    def add(self, component: Any) -> None:
        """Give the members of a component their places."""
        keys, members = members_of(component)
        self._sorted = None
        self.members += members
        self._components.append((component.name, keys if component.is_indexed() else None))
        self._sizes.append(len(members))
        self._fixed.append(np.fromiter(map(_FIXED, members), np.bool_, len(members)))

    def places(self, variables: Sequence[Any]) -> Places:
        """Return the place of each variable; components not yet known are added.

        Raises
        ------
        UsageError
            When a variable was taken out of its model.
        """
        found = self._find(variables)
        unknown = {id(variables[k]): variables[k] for k in np.flatnonzero(found < 0).tolist()}
        if not unknown:
            return found
        of = {id(x.parent_component()): x.parent_component() for x in unknown.values()}
        for component in of.values():
            if component is not None:
                self.add(component)
        found = self._find(variables)
        if (found < 0).any():
            variable = variables[int(np.argmin(found))]
            raise UsageError(f"the variable {variable.name} is not part of the model any more")
        return found

    def _find(self, variables: Sequence[Any]) -> Places:
        """Return the place of each variable, -1 where it is not known."""
        if self._sorted is None:
            identities = np.fromiter(map(id, self.members), np.int64, len(self.members))
            order = np.argsort(identities, kind="stable")
            self._sorted = identities[order], order
        known, place = self._sorted
        wanted = np.fromiter(map(id, variables), np.int64, len(variables))
        if not known.size:
            return np.full(wanted.size, -1)
        at = np.minimum(np.searchsorted(known, wanted), known.size - 1)
        return np.where(known[at] == wanted, place[at], -1)

    def hear(self, mentioned: Sequence[tuple[Places, Places]]) -> None:
        """Note where and when variables are mentioned, later than all that was noted before.

        When is ascending in each.
        """
        component, last = self._component(), -1
        for places, when in mentioned:
            if not places.size:
                continue
            first = np.full(len(self._sizes), _NEVER)
            first[component[places[::-1]]] = self._heard + when[::-1]  # the last counts: the first
            first[: self._first.size] = np.minimum(first[: self._first.size], self._first)
            self._first, last = first, max(last, int(when[-1]))
        self._heard += last + 1

    def _component(self) -> Places:
        """Return the number of each place's component."""
        return np.repeat(np.arange(len(self._sizes)), self._sizes)

    @property
    def fixed(self) -> NDArray[np.bool_]:
        """Which places hold fixed variables."""
        return np.concatenate([np.zeros(0, np.bool_), *self._fixed])

    def values(self, places: Places) -> Floats:
        """Return the values of variables, NaN where there is none."""
        values = [self.members[k].value for k in places.tolist()]
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)

    def order(self, used: NDArray[np.bool_]) -> Places:
        """Return the places that become columns, components in the order of their first mention."""
        places = np.flatnonzero(used)
        first = np.full(len(self._sizes), _NEVER)
        first[: self._first.size] = self._first
        when = first[self._component()[places]]
        if (when[1:] >= when[:-1]).all():
            return places
        return places[np.argsort(when, kind="stable")]

    def names(self, places: Places) -> Names:
        """Return the names of columns, in the order of :meth:`order`."""
        starts = np.cumsum([0, *self._sizes])
        of = self._component()[places]
        ends = np.flatnonzero(np.diff(of, append=-1)) + 1
        families, begun = [], 0
        for end in ends.tolist():
            number = int(of[begun])
            name, keys = self._components[number]
            if keys is not None and end - begun < len(keys):
                inside = places[begun:end] - starts[number]
                keys = [keys[k] for k in inside.tolist()]
            families.append(NamedBlock(name, keys))
            begun = end
        return Names(families)

    def unused(self, used: NDArray[np.bool_]) -> list[Any]:
        """Return the model's free variables that are not used."""
        left = ~used & ~self.fixed
        found = list(compress(self.members[: self._own], left[: self._own].tolist()))
        place = self._find(self._referred).tolist()
        elsewhere = {
            id(x): x
            for x, k in zip(self._referred, place, strict=True)
            if not x.fixed and (k < 0 or (k >= self._own and not used[k]))
        }
        return [*found, *elsewhere.values()]

    def walked(self) -> Walked:
        """Return the free variables as Pyomo's walker of expressions asks for them."""
        return Walked(self)


class Walked:
    """The free variables by identity, for Pyomo's walker, which adds to them.

    Attributes
    ----------
    var_map
        The walker asks for it by this name, and takes whatever is fixed and not in it for a number.
    """

    def __init__(self, variables: Variables) -> None:
        self._variables = variables
        self.var_map: dict[int, Any] = dict(_free(variables.members))

    def add(self, variable: Any) -> None:
        """Add all members of the variable's component."""
        before = len(self._variables.members)
        self._variables.places([variable])
        self.var_map.update(_free(self._variables.members[before:]))


def _free(members: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    return ((id(x), x) for x in members if not x.fixed)
