"""What the options of all lines use of the limits that they share: capacities and licences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.sourcing.instance.entries import CONVENTIONAL

if TYPE_CHECKING:
    from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = ["ANY_SUPPLIER", "SHARED", "SharedUse", "shared_use"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ANY_SUPPLIER = "any supplier"
"""The supplier in the key of a licence for all suppliers together."""

SHARED = ("machine_hours", "parts", "prints")
"""The limits on what options use: machine hours and parts of suppliers, prints of licences."""


@dataclass(frozen=True, eq=False)
class SharedUse:
    """What options use of the limits of one kind.

    Attributes
    ----------
    keys
        The key of each limit: a supplier, or the part and supplier of a licence, length k.
    options
        The options that use each limit, length k.
    per_part
        What an option uses a part, shape (options of the instance,).
    stated, committed
        What the file allows, and what committed orders take of it, shape (k,).
    """

    keys: tuple[Any, ...]
    options: tuple[Ints, ...]
    per_part: Floats
    stated: Floats
    committed: Floats

    @property
    def left(self) -> Floats:
        """What new orders may take, shape (k,); nothing where committed orders took all."""
        return np.maximum(0.0, self.stated - self.committed)


def shared_use(supply: SupplyOptions, kind: str) -> SharedUse:
    """Return what options use of the limits of one kind, one of :data:`SHARED`."""
    return _prints(supply) if kind == "prints" else _capacity(supply, kind)


def _grouped(names: Sequence[str]) -> dict[str, Ints]:
    """Return the positions of each name, ascending."""
    number = {name: index for index, name in enumerate(dict.fromkeys(names))}
    group = np.fromiter((number[name] for name in names), dtype=np.int64, count=len(names))
    order = np.argsort(group, kind="stable")
    cuts = np.searchsorted(group[order], np.arange(1, len(number)))
    return dict(zip(number, np.split(order, cuts), strict=True)) if number else {}


def _capacity(supply: SupplyOptions, kind: str) -> SharedUse:
    """Return what options use of the machine hours, or of the parts, of suppliers."""
    hours = kind == "machine_hours"
    stated = {entry.supplier: getattr(entry, kind) for entry in supply.instance.capacities}
    keys = tuple(name for name, amount in stated.items() if amount is not None)
    per_part = supply.hours if hours else np.ones(len(supply))
    own = _grouped(supply.supplier) if keys else {}
    none = np.zeros(0, dtype=np.int64)
    taken = dict.fromkeys(keys, 0.0)
    for order, _, _, _, used in supply.commitments:
        if order.supplier in taken:
            taken[order.supplier] += used if hours else order.quantity
    found = [own.get(name, none) for name in keys]
    return SharedUse(
        keys,
        tuple(options[per_part[options] > 0] for options in found),
        per_part,
        np.array([stated[name] for name in keys], dtype=float),
        np.array([taken[name] for name in keys], dtype=float),
    )


def _prints(supply: SupplyOptions) -> SharedUse:
    """Return what options use of the prints under each licence."""
    instance = supply.instance
    lines = _grouped([line.part for line in instance.lines]) if instance.licences else {}
    done: dict[tuple[str, str], float] = defaultdict(float)
    part_of_line = {line.line: line.part for line in instance.lines}
    for order in instance.committed:
        if order.supplier != CONVENTIONAL:
            done[part_of_line[order.line], ANY_SUPPLIER] += order.quantity
            done[part_of_line[order.line], order.supplier] += order.quantity
    first = np.searchsorted(supply.line, np.arange(len(instance.lines) + 1))
    options = []
    for licence in instance.licences:
        own = [np.arange(first[n], first[n + 1]) for n in lines.get(licence.part, ())]
        every = np.concatenate(own) if own else np.zeros(0, dtype=np.int64)
        every = every[~supply.conventional[every]]
        if licence.supplier is not None:
            every = every[[supply.supplier[o] == licence.supplier for o in every.tolist()]]
        options.append(every)
    keys = tuple((entry.part, entry.supplier or ANY_SUPPLIER) for entry in instance.licences)
    return SharedUse(
        keys,
        tuple(options),
        np.ones(len(supply)),
        np.array([entry.prints for entry in instance.licences], dtype=float),
        np.array([done[key] for key in keys], dtype=float),
    )
