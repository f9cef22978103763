"""Licence use: what a saved answer asks of the licences, ready to be recorded."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from amopt.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from amopt.solution import Solution
    from amopt.sourcing.instance.fields import Instance

__all__ = [
    "ANY",
    "CONVENTIONAL",
    "SPARE",
    "Grant",
    "LicenceTerms",
    "LicenceUse",
    "Print",
    "digest",
    "merged",
]

CONVENTIONAL = "conventional"
"""The supplier of an order that is not printed."""

ANY = "any"
"""How a table writes the supplier of a licence that holds for all suppliers together."""

SPARE = 1e-6
"""Prints by which a quantity may differ by rounding: never a whole print."""


class LicenceTerms(Protocol):
    """What a licence of an instance says: prints of a part, by one supplier or by all together."""

    @property
    def part(self) -> str:
        """The part."""

    @property
    def supplier(self) -> str | None:
        """The supplier; None for all suppliers together."""

    @property
    def prints(self) -> float:
        """Prints that the owner of the design allows."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A licence as a saved answer remembers it."""

    part: str
    supplier: str | None
    prints: float

    @classmethod
    def of(cls, licence: LicenceTerms) -> Grant:
        """Return what a licence of an instance grants."""
        return cls(licence.part, licence.supplier, float(licence.prints))

    def covers(self, part: str, supplier: str) -> bool:
        """Return whether a print of ``part`` at ``supplier`` uses this licence."""
        return self.part == part and self.supplier in (None, supplier)

    def total(self, prints: Mapping[tuple[str, str], float]) -> float:
        """Return how many of the prints, by part and supplier, use this licence."""
        return math.fsum(number for where, number in prints.items() if self.covers(*where))


@dataclass(frozen=True, slots=True)
class Print:
    """The prints of one order: a line's part at a supplier."""

    line: str
    part: str
    supplier: str
    prints: float


@dataclass(frozen=True, slots=True)
class LicenceUse:
    """The printed orders of an accepted answer, and the licences that it was made under.

    Attributes
    ----------
    name
        The instance's name.
    instance
        The instance's fingerprint (SHA-256).
    prints
        The printed orders that the plan makes.
    placed
        Printed orders that the instance says were placed before; recorded unless they are already.
    grants
        The licences as granted; None where the answer does not hold them.
    head
        The head of the register that the plan was made with; empty without one.
    """

    name: str
    instance: str
    prints: tuple[Print, ...]
    placed: tuple[Print, ...] = ()
    grants: tuple[Grant, ...] | None = None
    head: str = ""

    def fingerprint(self, reference: str = "") -> str:
        """Return the SHA-256 by which a second commit of the same plan is noticed.

        Parameters
        ----------
        reference
            What tells two wanted orders of the same plan apart, such as a purchase order's number.
        """
        orders = sorted([p.line, p.part, p.supplier, p.prints] for p in self.prints)
        return digest(["plan", self.name, self.instance, reference, orders])

    @classmethod
    def of(cls, solution: Solution, instance: Instance | None = None) -> LicenceUse:
        """Return the plan of an answer, checked against the instance when it is given.

        Raises
        ------
        UsageError
            When the answer is no sourcing plan, is damaged, or is another instance's.
        RefusedError
            When the referee did not accept the answer, or does not accept it now.
        """
        _require_usable(solution)
        if instance is not None:
            _require_of(solution, instance)
        return cls(
            name=_text(solution.name, "name"),
            instance=_text(solution.fingerprint, "instance"),
            prints=tuple(_prints(solution.rows, placed=False)),
            placed=merged(_prints(solution.rows, placed=True)),
            grants=_grants(solution.rows, instance),
            head=_head(solution.rows),
        )


def merged(prints: Iterable[Print]) -> tuple[Print, ...]:
    """Return one entry for each line and supplier."""
    total: dict[tuple[str, str, str], float] = {}
    for p in prints:
        key = (p.line, p.part, p.supplier)
        total[key] = total.get(key, 0.0) + p.prints
    return tuple(Print(*key, number) for key, number in total.items())


def digest(content: object) -> str:
    """Return the SHA-256 of plain data, written in one canonical way."""
    text = json.dumps(content, ensure_ascii=True, separators=(",", ":"), default=repr)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _require_usable(solution: Solution) -> None:
    """Raise unless the answer is a sourcing plan that its referee accepted."""
    if solution.kind != "sourcing" or "orders" not in solution.rows:
        raise UsageError(
            f"{solution.name!r} is an answer of kind {solution.kind!r} without a table of orders; "
            "only a sourcing plan can be committed"
        )
    if not solution.verdict.accepted:
        raise RefusedError(solution.verdict, outcome=solution.outcome)
    if not solution.outcome.has_answer:
        raise UsageError(
            f"the answer {solution.name!r} holds no plan: it is {solution.outcome.status}"
        )


def _require_of(solution: Solution, instance: Instance) -> None:
    """Raise unless the answer is this instance's and the referee accepts it now."""
    from amopt.sourcing.referee.check import check

    if solution.fingerprint and solution.fingerprint != instance.fingerprint():
        raise UsageError(
            f"the answer {solution.name!r} was made for another instance, or the instance has "
            "changed since; solve it again"
        )
    verdict = check(instance, solution)
    if not verdict.accepted:
        raise RefusedError(verdict, outcome=solution.outcome)


def _prints(rows: Mapping[str, Sequence[Mapping[str, Any]]], *, placed: bool) -> Iterable[Print]:
    """Yield the printed orders, placed before or new; a damaged row is an error that names it."""
    for index, row in enumerate(rows["orders"]):
        where = f"orders[{index}]"
        try:
            line, part, supplier, quantity = (
                row[key] for key in ("line", "part", "supplier", "quantity")
            )
        except (KeyError, TypeError) as error:
            raise UsageError(f"the answer is damaged: {where} has no {error}") from error
        prints = _amount(quantity, f"{where}.quantity")
        if supplier != CONVENTIONAL and prints > 0 and bool(row.get("committed")) is placed:
            yield Print(
                _text(line, f"{where}.line"),
                _text(part, f"{where}.part"),
                _text(supplier, f"{where}.supplier"),
                prints,
            )


def _grants(
    rows: Mapping[str, Sequence[Mapping[str, Any]]], instance: Instance | None
) -> tuple[Grant, ...] | None:
    """Return the licences as granted: the instance's, or those that the answer remembers."""
    if instance is not None:
        return tuple(Grant.of(licence) for licence in instance.licences)
    if "licences" not in rows:
        return None
    try:
        return tuple(
            Grant(
                _text(row["part"], f"licences[{index}].part"),
                None if row["supplier"] == ANY else _text(row["supplier"], "licences.supplier"),
                _amount(row["granted"], f"licences[{index}].granted"),
            )
            for index, row in enumerate(rows["licences"])
        )
    except (KeyError, TypeError) as error:
        raise UsageError(f"the answer is damaged: its licences have no {error}") from error


def _head(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Return the head of the register that the answer was made with."""
    table = rows.get("register", ())
    return _text(table[0].get("head", ""), "register.head") if table else ""


def _amount(value: object, where: str) -> float:
    """Return a quantity; whole where it is nearly so."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UsageError(f"the answer is damaged: {where} is {value!r}, not a number")
    amount = float(value)
    if not (math.isfinite(amount) and amount >= 0):
        raise UsageError(f"the answer is damaged: {where} is {value!r}; no such quantity exists")
    return float(round(amount)) if abs(amount - round(amount)) <= SPARE else amount


def _text(value: object, where: str) -> str:
    """Return a name that a database can hold."""
    if not isinstance(value, str):
        raise UsageError(f"the answer is damaged: {where} is {value!r}, not a name")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError(f"the answer is damaged: {where} is not text: {value!r}") from error
    return value
