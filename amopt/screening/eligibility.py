r"""Which parts can be printed: yes, no, or unknown, with the rule and the attribute that decide.

Every rule says of every part that it passes (1), fails (-1), or that nobody can tell, since a value
is missing (0). A part is eligible with the least of what its rules say:

.. math:: v_i = \min_r v_{ir}

so that a missing value never rejects a part. The first rule in the file's order that says
:math:`v_i` decides. A rule with ``needs`` rejects nothing: what fails it needs something more.

Machines are one rule: one of them must be able to make the part. A part with sorted dimensions
:math:`d_1 \le d_2 \le d_3` fits into a sorted envelope e, turned so that its edges stay along the
axes, where :math:`d_k \le e_k` for all k. Missing dimensions count as 0 to see whether it can fit
at all, and as infinite to see whether it surely does. Of a part that fits into no machine of its
material the dimension decides with the largest :math:`d_k / e_k`, in the machine in which that is
the least.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.screening.instance import DIMENSIONS, Parts, ScreeningInstance, Texts, folded
from amopt.screening.instance.entries import Machine, Rule
from amopt.screening.instance.words import (
    MACHINES,
    TOO_LARGE,
    WRONG_MATERIAL,
    broken,
    not_known,
)

__all__ = ["FAILS", "PASSES", "UNKNOWN", "Eligibility", "eligibility"]

Verdicts = NDArray[np.int8]
Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]

PASSES, UNKNOWN, FAILS = 1, 0, -1


@dataclass(frozen=True, eq=False)
class Said:
    """What one rule says of every part.

    Attributes
    ----------
    name
        The rule.
    verdict
        1, 0 or -1, shape (parts,).
    attribute
        The attribute that decides, by its position in ``attributes``, shape (parts,).
    reason
        Why, by its position in ``reasons``, shape (parts,).
    lacking
        Which parts it cannot judge for want of an attribute, by attribute.
    needs
        What those that fail it need; then it rejects nothing.
    """

    name: str
    verdict: Verdicts
    attributes: tuple[str, ...]
    attribute: Ints
    reasons: tuple[str, ...]
    reason: Ints
    lacking: dict[str, Bools]
    needs: str | None = None


@dataclass(frozen=True, eq=False)
class Eligibility:
    """What all rules together say; arrays have shape (parts,).

    Attributes
    ----------
    verdict
        1 eligible, 0 unknown, -1 not.
    rule
        The rule that decides, by its position in ``said``; -1 where all pass.
    attribute, reason
        The attribute that decides and the reason, by position in ``attributes`` and ``reasons``; -1
        where all rules pass.
    machine
        The first machine that can make the part, or could; -1 where there is none.
    said
        What each rule says.
    """

    verdict: Verdicts
    rule: Ints
    attributes: tuple[str, ...]
    attribute: Ints
    reasons: tuple[str, ...]
    reason: Ints
    machine: Ints
    said: tuple[Said, ...]

    @property
    def lacking(self) -> dict[str, Bools]:
        """For want of which attributes parts are unknown, shape (parts,) each."""
        found: dict[str, Bools] = {}
        for rule in self.said:
            if rule.needs is None:
                for name, parts in rule.lacking.items():
                    found[name] = found.get(name, np.zeros_like(parts)) | parts
        unknown = self.verdict == UNKNOWN
        return {name: parts & unknown for name, parts in found.items()}


def eligibility(instance: ScreeningInstance) -> Eligibility:
    """Judge all parts of a portfolio by all rules."""
    parts = instance.parts
    said = []
    machine = np.full(len(parts), -1, dtype=np.int32)
    if instance.machines:
        by_machines, machine = _machines(instance.machines, parts)
        said.append(by_machines)
    said += [_rule(rule, parts) for rule in instance.rules]
    verdict = np.ones(len(parts), dtype=np.int8)
    for one in said:
        if one.needs is None:
            verdict = np.minimum(verdict, one.verdict)
    rule = np.full(len(parts), -1, dtype=np.int32)
    attribute, reason = rule.copy(), rule.copy()
    attributes: dict[str, int] = {}
    reasons: dict[str, int] = {}
    for index, one in enumerate(said):
        decides = (rule < 0) & (verdict < PASSES) & (one.verdict == verdict)
        if one.needs is None and decides.any():
            rule[decides] = index
            for words, found, own, place in (
                (one.attributes, attributes, one.attribute, attribute),
                (one.reasons, reasons, one.reason, reason),
            ):
                global_place = np.array(
                    [found.setdefault(word, len(found)) for word in words], dtype=np.int32
                )
                place[decides] = global_place[own[decides]]
    return Eligibility(
        verdict, rule, tuple(attributes), attribute, tuple(reasons), reason, machine, tuple(said)
    )


def _rule(rule: Rule, parts: Parts) -> Said:
    """Return what a rule on one attribute says."""
    missing = parts.missing(rule.attribute)
    passes = _passes(rule, parts)
    verdict = np.where(missing, UNKNOWN, np.where(passes, PASSES, FAILS)).astype(np.int8)
    zero = np.zeros(len(parts), dtype=np.int32)
    return Said(
        rule.name,
        verdict,
        (rule.attribute,),
        zero,
        (broken(rule), not_known(rule.attribute)),
        missing.astype(np.int32),
        {rule.attribute: missing},
        rule.needs,
    )


def _passes(rule: Rule, parts: Parts) -> Bools:
    """Return which parts pass a rule, as far as they have a value."""
    if rule.one_of is not None or rule.none_of is not None:
        texts = parts.text(rule.attribute)
        wanted = _any_of(texts, rule.one_of) if rule.one_of is not None else np.True_
        unwanted = _any_of(texts, rule.none_of) if rule.none_of is not None else np.False_
        return np.asarray(wanted & ~unwanted, dtype=bool)
    values = parts.number(rule.attribute)
    if rule.equals is not None:
        return np.asarray(values == float(rule.equals), dtype=bool)
    low = -np.inf if rule.at_least is None else rule.at_least
    high = np.inf if rule.at_most is None else rule.at_most
    return np.asarray((values >= low) & (values <= high), dtype=bool)


def _any_of(texts: Texts, words: tuple[str, ...]) -> Bools:
    """Return which parts have one of some texts; False where they have none."""
    wanted = {folded(word) for word in words}
    has = np.array([bool(wanted & entries) for entries in texts.entries] + [False])
    found: Bools = has[texts.code]
    return found


def _machines(machines: tuple[Machine, ...], parts: Parts) -> tuple[Said, Ints]:
    """Return what the list of machines says, and the first machine that makes, or could, a part."""
    sizes = np.array([parts.number(name) for name in DIMENSIONS])
    no_size = np.isnan(sizes)
    materials = parts.text("material")
    no_material = materials.code < 0
    least = np.sort(np.where(no_size, 0.0, sizes), axis=0)
    count = len(parts)
    can, may = (np.zeros((len(machines), count), dtype=bool) for _ in range(2))
    asks = np.array([[bool(one.materials), one.build_envelope is not None] for one in machines])
    works, nearest = np.zeros(count, dtype=bool), np.full(count, np.inf)
    too_large = np.zeros(count, dtype=np.int32)
    place = np.argsort(np.argsort(np.where(no_size, 0.0, sizes), axis=0, kind="stable"), axis=0)
    for index, machine in enumerate(machines):
        right: Bools = np.ones(count, dtype=bool)
        known = right
        if machine.materials:
            right = _any_of(materials, machine.materials) | no_material
            known = ~no_material
        fits: Bools = np.ones(count, dtype=bool)
        surely = fits
        if machine.build_envelope is not None:
            envelope = np.sort(list(machine.build_envelope.model_dump().values()))
            fits = np.asarray((least <= envelope[:, None]).all(axis=0))
            surely = fits & ~no_size.any(axis=0)
            excess = np.where(no_size, 0.0, sizes) / envelope[place]
            nearer = right & (excess.max(axis=0) < nearest)
            nearest[nearer] = excess.max(axis=0)[nearer]
            too_large[nearer] = excess.argmax(axis=0)[nearer]
        works |= right
        may[index], can[index] = right & fits, right & known & surely
    verdict = np.where(can.any(axis=0), PASSES, np.where(may.any(axis=0), UNKNOWN, FAILS))
    open_ = verdict == UNKNOWN
    lacking = {}
    if asks[:, 0].any():
        lacking["material"] = may[asks[:, 0]].any(axis=0) & open_ & no_material
    if asks[:, 1].any():
        asked = may[asks[:, 1]].any(axis=0) & open_
        lacking.update({name: asked & no_size[k] for k, name in enumerate(DIMENSIONS)})
    first = np.where(can.any(axis=0), can.argmax(axis=0), may.argmax(axis=0)).astype(np.int32)
    first[verdict == FAILS] = -1
    return _said_of_machines(verdict.astype(np.int8), works, too_large, lacking), first


def _said_of_machines(
    verdict: Verdicts, works: Bools, too_large: Ints, lacking: dict[str, Bools]
) -> Said:
    """Return which attribute decides, and why; ``too_large`` is the dimension that does."""
    attributes = ("material", *DIMENSIONS)
    reasons = (WRONG_MATERIAL, TOO_LARGE, *map(not_known, attributes))
    attribute = np.where(works, too_large + 1, 0).astype(np.int32)
    reason = works.astype(np.int32)
    for place in range(len(attributes) - 1, -1, -1):
        lacks = lacking.get(attributes[place])
        if lacks is not None:
            attribute[lacks] = place
            reason[lacks] = 2 + place
    return Said(MACHINES, verdict, attributes, attribute, reasons, reason, lacking)
