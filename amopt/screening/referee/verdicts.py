"""What every rule says of every part, recomputed as: surely passes, and may pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from amopt.screening.instance import DIMENSIONS, Parts, ScreeningInstance
from amopt.screening.instance.words import MACHINES, TOO_LARGE, WRONG_MATERIAL, broken, not_known

__all__ = ["Verdicts", "listed_in", "verdicts"]

Bools = NDArray[np.bool_]
Objects = NDArray[np.object_]


@dataclass(eq=False)
class Verdicts:
    """What rules say; arrays have shape (parts,).

    Attributes
    ----------
    surely, may
        Whether a part passes all rules, and whether it could once all is known of it.
    rule, attribute, reason
        What decides; None where all rules pass.
    machine, needs
        The machine that makes it, and what it needs besides.
    counts
        Name, passed, failed, unknown, decided and needs of each rule.
    open_for
        Parts that some rule cannot judge for want of an attribute.
    """

    surely: Bools
    may: Bools
    rule: Objects
    attribute: Objects
    reason: Objects
    machine: Objects
    needs: Objects
    counts: list[dict[str, object]] = field(default_factory=list)
    open_for: dict[str, Bools] = field(default_factory=dict)


@dataclass(eq=False)
class _Rule:
    name: str
    surely: Bools
    may: Bools
    attribute: Objects
    reason: Objects
    open_for: dict[str, Bools]
    needs: str | None = None


def _same(value: str | None, size: int) -> Objects:
    return np.full(size, value, dtype=object)


def listed_in(words: Iterable[str]) -> Callable[[str | None], bool]:
    """Return what tells whether a cell lists one of some words."""
    wanted = {" ".join(word.casefold().split()) for word in words}

    def lists(cell: str | None) -> bool:
        entries = (" ".join(one.casefold().split()) for one in (cell or "").split(";"))
        return any(entry in wanted for entry in entries)

    return lists


def cells_that(parts: Parts, attribute: str, holds: Callable[[str | None], bool]) -> Bools:
    """Return which parts have a text of which something holds."""
    texts = parts.text(attribute)
    by_word = [holds(word) for word in texts.words]
    return np.array([*by_word, holds(None)], dtype=bool)[texts.code]


def verdicts(instance: ScreeningInstance) -> Verdicts:
    """Judge all parts."""
    parts = instance.parts
    size = len(parts)
    rules = []
    machine = _same(None, size)
    if instance.machines:
        found, machine = _by_machines(instance)
        rules.append(found)
    rules += [_by_rule(instance, index) for index in range(len(instance.rules))]
    strict = [rule for rule in rules if rule.needs is None]
    surely, may = np.ones(size, dtype=bool), np.ones(size, dtype=bool)
    for rule in strict:
        surely &= rule.surely
        may &= rule.may
    told = Verdicts(
        surely, may, rule=_same(None, size), attribute=_same(None, size), reason=_same(None, size),
        machine=machine, needs=_same(None, size),
    )  # fmt: skip
    pending = ~surely
    for rule in rules:
        decided = np.zeros(size, dtype=bool)
        if rule.needs is None:
            decided = pending & np.where(may, ~rule.surely, ~rule.may)
            told.rule[decided] = rule.name
            told.attribute[decided] = rule.attribute[decided]
            told.reason[decided] = rule.reason[decided]
            pending &= ~decided
            for name, lacks in rule.open_for.items():
                so_far = told.open_for.get(name, np.zeros(size, dtype=bool))
                told.open_for[name] = so_far | (lacks & may & ~surely)
        else:
            for place in np.flatnonzero(~rule.may & may).tolist():
                before = told.needs[place]
                told.needs[place] = rule.needs if before is None else f"{before}; {rule.needs}"
        passed, failed = int(rule.surely.sum()), int((~rule.may).sum())
        told.counts.append(
            {
                "rule": rule.name,
                "passed": passed,
                "failed": failed,
                "unknown": size - passed - failed,
                "decides": int(decided.sum()),
                "needs": rule.needs,
            }
        )
    return told


def _by_rule(instance: ScreeningInstance, index: int) -> _Rule:
    rule, parts = instance.rules[index], instance.parts
    size = len(parts)
    missing = parts.missing(rule.attribute)
    values = parts.number(rule.attribute)
    right = np.ones(size, dtype=bool)
    if rule.at_least is not None:
        right &= ~(values < rule.at_least)
    if rule.at_most is not None:
        right &= ~(values > rule.at_most)
    if rule.equals is not None:
        right &= values == (1.0 if rule.equals else 0.0)
    if rule.one_of is not None:
        right &= cells_that(parts, rule.attribute, listed_in(rule.one_of))
    if rule.none_of is not None:
        right &= ~cells_that(parts, rule.attribute, listed_in(rule.none_of))
    reason = np.where(missing, not_known(rule.attribute), broken(rule)).astype(object)
    open_for = {rule.attribute: missing}
    attribute = _same(rule.attribute, size)
    return _Rule(
        rule.name, right & ~missing, right | missing, attribute, reason, open_for, rule.needs
    )


def _by_machines(instance: ScreeningInstance) -> tuple[_Rule, Objects]:
    parts = instance.parts
    size = len(parts)
    sizes = [parts.number(name) for name in DIMENSIONS]
    unsized = [np.isnan(one) for one in sizes]
    no_material = parts.missing("material")
    surely, may, works = (np.zeros(size, dtype=bool) for _ in range(3))
    asks_size, asks_material = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    nearest, decides = np.full(size, np.inf), _same(DIMENSIONS[0], size)
    first_sure, first_may = _same(None, size), _same(None, size)
    for machine in instance.machines:
        material = np.ones(size, dtype=bool)
        if machine.materials:
            material = cells_that(parts, "material", listed_in(machine.materials)) | no_material
        fits = np.ones(size, dtype=bool)
        sure = material & ~(no_material if machine.materials else np.zeros(size, dtype=bool))
        if machine.build_envelope is not None:
            box = machine.build_envelope
            room = (box.length_mm, box.width_mm, box.height_mm)
            fits = np.zeros(size, dtype=bool)
            for turned in permutations(room):
                inside = [~(one > side) for one, side in zip(sizes, turned, strict=True)]
                fits |= inside[0] & inside[1] & inside[2]
            sure &= fits & ~(unsized[0] | unsized[1] | unsized[2])
            asks_size |= material & fits
            _come_nearer((nearest, decides), sizes, room, material)
        if machine.materials:
            asks_material |= fits & no_material
        works |= material
        now_may = material & fits
        first_may[now_may & ~may] = machine.name
        first_sure[sure & ~surely] = machine.name
        surely |= sure
        may |= now_may
    pending = may & ~surely
    open_for: dict[str, Bools] = {}
    if any(machine.materials for machine in instance.machines):
        open_for["material"] = pending & asks_material
    for name, unknown in zip(DIMENSIONS, unsized, strict=True):
        if asks_size.any() or any(one.build_envelope for one in instance.machines):
            open_for[name] = pending & asks_size & unknown
    machine_of = np.where(surely, first_sure, first_may)
    attribute, reason = _decides(decides, works, open_for)
    return _Rule(MACHINES, surely, may, attribute, reason, open_for), machine_of


def _come_nearer(
    found: tuple[NDArray[np.float64], Objects],
    sizes: list[NDArray[np.float64]],
    room: tuple[float, float, float],
    works: Bools,
) -> None:
    """Note of parts that a machine works by how much and in which dimension they are too large.

    The smallest dimension stands along the smallest side and the largest along the largest; by how
    much is a factor, and the machine with the smallest one counts.
    """
    nearest, decides = found
    known = [np.nan_to_num(one, nan=0.0) for one in sizes]
    sides = np.array(sorted(room))
    excess = np.zeros(works.size)
    name = _same(None, works.size)
    for k, own in enumerate(known):
        smaller = [known[j] <= own if j < k else known[j] < own for j in range(3) if j != k]
        factor = own / sides[smaller[0].astype(int) + smaller[1]]
        name[factor > excess] = DIMENSIONS[k]
        excess = np.maximum(excess, factor)
    nearer = works & (excess < nearest)
    nearest[nearer], decides[nearer] = excess[nearer], name[nearer]


def _decides(
    too_large: Objects, works: Bools, open_for: dict[str, Bools]
) -> tuple[Objects, Objects]:
    """Return the attribute by which no machine takes a part, or for want of which none can say."""
    size = works.size
    attribute, reason = too_large.copy(), _same(TOO_LARGE, size)
    attribute[~works], reason[~works] = "material", WRONG_MATERIAL
    told = np.zeros(size, dtype=bool)
    for name in ("material", *DIMENSIONS):
        lacks = open_for.get(name, np.zeros(size, dtype=bool)) & ~told
        attribute[lacks], reason[lacks] = name, not_known(name)
        told |= lacks
    return attribute, reason
