r"""What the examination chooses from: what each part would bring, what it takes, whose it is.

A part that is printed instead of made as today saves, over the years in which it is needed,

.. math:: S_i = \max(0, d_i \min(y_i, Y) - s_i) \cdot \max(0, c_i - p_i)

with its demand d, remaining years y (Y, the horizon, where not known), stock s (0 where not known),
cost c and print cost p (a share of c where not known); or what the table says in
``expected_saving``. It is expected to bring :math:`\pi_i S_i` with the chance :math:`\pi_i` that
experts find it worth printing. Where demand or costs are not known, nobody can tell: then it counts
as 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.screening.eligibility import PASSES, Eligibility, eligibility
from amopt.screening.instance import MACHINE, ScreeningInstance, Texts, folded
from amopt.screening.ranking import Ranks, rank

__all__ = ["Candidates", "Groups", "expected_savings"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Groups:
    """Candidates grouped by a text attribute; one with several texts is in several groups.

    Attributes
    ----------
    labels
        The texts.
    member
        Which candidates have which, shape (texts, candidates).
    """

    labels: tuple[str, ...]
    member: sp.csr_array

    def of(self, words: tuple[str, ...]) -> Ints:
        """Return the candidates that have one of some texts, ascending."""
        wanted = {folded(word) for word in words}
        rows = [k for k, label in enumerate(self.labels) if folded(label) in wanted]
        return np.unique(self.member[rows].indices).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Candidates:
    """The parts that no rule rejects; arrays have shape (candidates,).

    Attributes
    ----------
    instance
        The instance.
    eligibility, ranks
        What rules and criteria say of all parts.
    place
        Where the candidates stand among all parts.
    saving
        Expected saving of all parts in money, NaN where nobody can tell, shape (parts,).
    effort
        Hours to examine each part, shape (parts,).
    groups
        Groups by each attribute that the examination asks for.
    """

    instance: ScreeningInstance
    eligibility: Eligibility
    ranks: Ranks
    place: Ints
    saving: Floats
    effort: Floats
    groups: dict[str, Groups]

    def __len__(self) -> int:
        """Return the number of candidates."""
        return int(self.place.size)

    @property
    def names(self) -> list[str]:
        """The candidates' part numbers."""
        names = self.instance.parts.names
        return [names[place] for place in self.place.tolist()]

    @property
    def value(self) -> Floats:
        """What a candidate adds to what is maximised."""
        if self.instance.examination.maximise == "score":
            return self.ranks.score[self.place]
        return np.nan_to_num(self.saving[self.place], nan=0.0)

    @property
    def saving_waits(self) -> dict[str, Bools]:
        """For want of what nobody can tell what candidates save, shape (parts,) each."""
        parts, examination = self.instance.parts, self.instance.examination
        open_ = (self.eligibility.verdict >= 0) & np.isnan(self.saving)
        needed = ["demand_per_year", "cost_per_part"]
        if examination.print_cost_share is None:
            needed.append("print_cost_per_part")
        return {name: open_ & parts.missing(name) for name in needed}

    @property
    def hours(self) -> Floats:
        """Hours to examine each candidate."""
        return self.effort[self.place]

    @classmethod
    def of(cls, instance: ScreeningInstance) -> Candidates:
        """Return the candidates of an instance."""
        judged = eligibility(instance)
        ranked = judged.verdict >= 0
        place = np.flatnonzero(ranked)
        examination = instance.examination
        effort = instance.parts.number("effort_hours")
        effort = np.where(np.isnan(effort), examination.hours_per_part, effort)
        asked = {one.attribute for one in examination.diversity}
        asked |= {one.attribute for one in examination.shares}
        asked |= {one.attribute for one in examination.efforts if one.attribute is not None}
        groups = {name: _groups(instance, judged, name, place) for name in sorted(asked)}
        ranks = rank(instance, ranked)
        saving = expected_savings(instance, judged)
        return cls(instance, judged, ranks, place, saving, effort, groups)


def expected_savings(instance: ScreeningInstance, judged: Eligibility) -> Floats:
    """Return what each part is expected to bring in money, NaN where not known, shape (parts,)."""
    parts, examination = instance.parts, instance.examination
    years = parts.number("remaining_years")
    years = np.where(np.isnan(years), examination.horizon_years, years)
    years = np.minimum(years, examination.horizon_years)
    stock = np.nan_to_num(parts.number("stock"), nan=0.0)
    needed = np.maximum(parts.number("demand_per_year") * years - stock, 0.0)
    cost, printed = parts.number("cost_per_part"), parts.number("print_cost_per_part")
    if examination.print_cost_share is not None:
        printed = np.where(np.isnan(printed), examination.print_cost_share * cost, printed)
    saving = needed * np.maximum(cost - printed, 0.0)
    told = parts.number("expected_saving")
    saving = np.where(np.isnan(told), saving, told)
    success = examination.success
    chance = np.where(judged.verdict == PASSES, success.eligible, success.unknown)
    return np.where(judged.verdict < 0, np.nan, chance * saving)


def _groups(instance: ScreeningInstance, judged: Eligibility, name: str, place: Ints) -> Groups:
    """Return the candidates grouped by an attribute, or by machine."""
    if name == MACHINE:
        texts = Texts(tuple(one.name for one in instance.machines), judged.machine)
    else:
        texts = instance.parts.text(name)
    label: dict[str, str] = {}
    number: dict[str, int] = {}
    words, groups = [], []
    for index, word in enumerate(texts.words):
        for entry in (one.strip() for one in word.split(";")) if name != MACHINE else (word,):
            if entry:
                label.setdefault(folded(entry), entry)
                words.append(index)
                groups.append(number.setdefault(folded(entry), len(number)))
    code = texts.code[place]
    has = np.flatnonzero(code >= 0)
    holds = sp.csr_array(
        (np.ones(has.size), (code[has], has)), shape=(len(texts.words), place.size)
    )
    spread = sp.csr_array(
        (np.ones(len(words)), (groups, words)), shape=(len(label), len(texts.words))
    )
    member = sp.csr_array(spread @ holds)
    member.data[:] = 1.0
    present = np.flatnonzero(np.diff(member.indptr) > 0)
    member = sp.csr_array(member[present])
    member.sort_indices()
    labels = list(label.values())
    return Groups(tuple(labels[k] for k in present.tolist()), member)
