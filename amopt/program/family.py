"""A family of constraints: one declaration of one limit, or of one thing that words mean.

How it enters the program, which entries of the file it belongs to, what it is called in a planner's
words and what would mend it stand in one place. The formulation is its families; conflicts, least
changes, prices and the table of constraints in the docs are read from them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["Extend", "Family", "not_honoured", "present"]

Extend = Callable[["ConcreteModel"], None]
"""Adds constraints of a caller's own to a decision's Pyomo model, before it is solved."""


@dataclass(frozen=True, slots=True)
class Family:
    """One family of constraints.

    Attributes
    ----------
    name
        Its name, which its Pyomo component carries too, such as ``"budget"``.
    add
        Adds it to a Pyomo model; its docstring is the equation.
    scope
        The entries of the file that it belongs to, such as ``"limits.budget"`` or
        ``"capacities[].machine_hours"``. The family is present in an instance where one of them is
        stated, which a field's default is not; with no scope it always is.
    says
        What a member is called in a planner's words, from the instance and the member's key; None
        where nobody can give way on it, because it only says what the variables mean.
    remedy
        What to do about a member, from the instance, its key and the least change; None where no
        change of its right-hand side can be acted on.
    tightens
        Whether it cuts off no plan, only fractional points of the relaxation (a valid inequality).
    judged
        Whether the decision's own referee judges it, or nothing needs to: an answer names what
        nobody has judged.
    rows
        The names of the Pyomo components that it adds, where they are not just its own name.
    """

    name: str
    add: Callable[[ConcreteModel], None]
    scope: tuple[str, ...] = ()
    says: Callable[[Any, Any], str] | None = None
    remedy: Callable[[Any, Any, float], str] | None = None
    tightens: bool = False
    judged: bool = False
    rows: tuple[str, ...] = ()

    @property
    def components(self) -> tuple[str, ...]:
        """The names of the Pyomo components that it adds."""
        return self.rows or (self.name,)

    @property
    def equation(self) -> str:
        """What it says, in mathematics: the docstring of what adds it."""
        return inspect.getdoc(self.add) or ""

    def is_present(self, instance: Any) -> bool:
        """Return whether an instance states any of the entries in the family's scope."""
        return not self.scope or any(
            value is not None and value is not False
            for path in self.scope
            for value in _stated(instance, path.split("."))
        )


def _stated(entry: Any, path: Sequence[str]) -> Iterator[Any]:
    """Yield the values at a dotted path that are no defaults; ``name[]`` is each of a list."""
    if not path or entry is None:
        yield entry
        return
    name, each = path[0].removesuffix("[]"), path[0].endswith("[]")
    value, field = getattr(entry, name), getattr(type(entry), "model_fields", {}).get(name)
    if not each and field is not None and value == field.default:
        return
    for below in (value or ()) if each else (value,):
        yield from _stated(below, path[1:])


def present(families: Sequence[Family], instance: Any) -> tuple[Family, ...]:
    """Return the families of a formulation that an instance states."""
    return tuple(family for family in families if family.is_present(instance))


def not_honoured(
    honours: Collection[str], families: Sequence[Family], instance: Any
) -> tuple[Family, ...]:
    """Return the families of an instance that an accelerator does not honour.

    A valid inequality need not be honoured: it cuts off no plan.

    Parameters
    ----------
    honours
        The names of the families that the accelerator honours.
    families
        The families of the formulation.
    instance
        The instance to be solved.
    """
    others = (one for one in families if one.name not in honours and not one.tightens)
    return present(tuple(others), instance)
