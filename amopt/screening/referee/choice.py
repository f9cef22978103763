"""What the chosen parts use and bring, recomputed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.referee import TOLERANCE, Notebook
from amopt.screening.instance import MACHINE, ScreeningInstance
from amopt.screening.referee.verdicts import Verdicts, cells_that, listed_in

__all__ = ["Worth", "check_limits", "groups", "worth_of"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(eq=False)
class Worth:
    """Expected savings (NaN where not known) and hours, shape (parts,)."""

    saving: Floats
    hours: Floats


def worth_of(instance: ScreeningInstance, judged: Verdicts) -> Worth:
    """Recompute what parts bring and take."""
    parts, examination = instance.parts, instance.examination
    horizon = examination.horizon_years
    years = parts.number("remaining_years").copy()
    years[np.isnan(years) | (years > horizon)] = horizon
    stock = parts.number("stock").copy()
    stock[np.isnan(stock)] = 0.0
    needed = parts.number("demand_per_year") * years - stock
    needed[needed < 0] = 0.0
    cost = parts.number("cost_per_part")
    printed = parts.number("print_cost_per_part").copy()
    if examination.print_cost_share is not None:
        unknown = np.isnan(printed)
        printed[unknown] = cost[unknown] * examination.print_cost_share
    gain = cost - printed
    gain[gain < 0] = 0.0
    saving = needed * gain
    told = parts.number("expected_saving")
    saving[~np.isnan(told)] = told[~np.isnan(told)]
    saving[judged.surely] *= examination.success.eligible
    saving[~judged.surely] *= examination.success.unknown
    saving[~judged.may] = np.nan
    hours = parts.number("effort_hours").copy()
    hours[np.isnan(hours)] = examination.hours_per_part
    return Worth(saving, hours)


def _have(
    instance: ScreeningInstance, judged: Verdicts, attribute: str, words: Sequence[str]
) -> Bools:
    """Return which candidates have one of some texts."""
    if attribute == MACHINE:
        wanted = {" ".join(word.casefold().split()) for word in words}
        names = [one.name for one in instance.machines]
        right = [name for name in names if " ".join(name.casefold().split()) in wanted]
        makes = np.zeros(len(judged.may), dtype=bool)
        for name in right:
            makes |= judged.machine == name
        return judged.may & makes
    return judged.may & cells_that(instance.parts, attribute, listed_in(words))


def _texts(
    instance: ScreeningInstance, judged: Verdicts, attribute: str
) -> dict[str, tuple[str, Bools]]:
    """Return the texts of an attribute, folded: how they are written first, and who has them."""
    if attribute == MACHINE:
        words: Sequence[str] = [one.name for one in instance.machines]
    else:
        every = instance.parts.text(attribute).words
        words = [one.strip() for word in every for one in word.split(";") if one.strip()]
    first: dict[str, str] = {}
    for word in words:
        first.setdefault(" ".join(word.casefold().split()), word)
    return {key: (word, _have(instance, judged, attribute, [word])) for key, word in first.items()}


def _counts(
    instance: ScreeningInstance, judged: Verdicts, attribute: str, chosen: Bools
) -> dict[str, tuple[str, int, int]]:
    """Return each text that a candidate has, with how many have it and how many are chosen."""
    parts = instance.parts
    if attribute == MACHINE:
        told = _texts(instance, judged, attribute)
        counts = {key: (w, int(h.sum()), int((h & chosen).sum())) for key, (w, h) in told.items()}
        return {key: one for key, one in counts.items() if one[1]}
    texts = parts.text(attribute)
    size = len(texts.words) + 1
    every = np.bincount(texts.code[judged.may] + 1, minlength=size)
    taken = np.bincount(texts.code[judged.may & chosen] + 1, minlength=size)
    found: dict[str, tuple[str, int, int]] = {}
    for place, word in enumerate(texts.words, start=1):
        keys: dict[str, str] = {}
        for entry in (one.strip() for one in word.split(";")):
            if entry:
                keys.setdefault(" ".join(entry.casefold().split()), entry)
        for key, entry in keys.items():
            label, count, examined = found.get(key, (entry, 0, 0))
            found[key] = label, count + int(every[place]), examined + int(taken[place])
    return {key: one for key, one in found.items() if one[1]}


def groups(
    instance: ScreeningInstance, judged: Verdicts, chosen: Bools
) -> dict[tuple[str, str], tuple[int, int]]:
    """Return how many candidates, and chosen parts, there are of each text."""
    examination = instance.examination
    asked = {one.attribute for one in examination.efforts if one.attribute is not None}
    asked |= {one.attribute for one in examination.diversity}
    asked |= {one.attribute for one in examination.shares}
    return {
        (attribute, word): (count, examined)
        for attribute in asked
        for word, count, examined in _counts(instance, judged, attribute, chosen).values()
    }


def check_limits(
    notebook: Notebook,
    instance: ScreeningInstance,
    judged: Verdicts,
    chosen: Bools,
    hours: Floats,
) -> list[dict[str, object]]:
    """Note limits that the choice breaks, and return what it uses of each."""
    examination = instance.examination
    rows: list[dict[str, object]] = []

    def limit(name: str, used: float, least: float | None, most: float | None) -> None:
        rows.append({"limit": name, "used": used, "at_least": least, "at_most": most})
        if most is not None:
            fits = used <= most + TOLERANCE * most
            notebook.require(fits, f"{name}: {used:.9g} of at most {most:.9g}")
        if least is not None:
            notebook.require(used >= least, f"{name}: {used:g}, at least {least:g} are due")

    limit("parts", int(chosen.sum()), None, examination.most_parts)
    for effort in examination.efforts:
        theirs = chosen
        if effort.attribute is not None and effort.one_of is not None:
            theirs = chosen & _have(instance, judged, effort.attribute, effort.one_of)
        limit(f"hours of {effort.name}", float(hours[theirs].sum()), None, effort.hours)
    for like in examination.diversity:
        counts = _counts(instance, judged, like.attribute, chosen)
        taken = [examined for _, _, examined in counts.values()]
        if like.at_most is not None:
            name = f"parts alike in {like.attribute}"
            limit(name, max(taken, default=0), None, like.at_most)
        if like.at_least_different is not None:
            different = sum(one > 0 for one in taken)
            name = f"different texts of {like.attribute}"
            limit(name, different, like.at_least_different, None)
    for share in examination.shares:
        have = _have(instance, judged, share.attribute, [share.value])
        name = f"parts with {share.attribute} {share.value}"
        limit(name, int((have & chosen).sum()), share.at_least, share.at_most)
    return rows
