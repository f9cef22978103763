"""The formulation as sparse arrays: the same rows and columns, without Pyomo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.program.builder import Builder, Term, Variables
from amopt.program.family import present
from amopt.program.linear import LinearProgram
from amopt.screening import formulation
from amopt.screening.candidates import Candidates

__all__ = ["HONOURS", "arrays_of"]

Ints = NDArray[np.int64]

HONOURS = frozenset({"most_parts", "effort", "alike", "cover", "different", "fewest", "most"})
"""The families of constraints that the arrays hold."""


def arrays_of(candidates: Candidates) -> LinearProgram:
    """Return the program over the candidates, the columns ``examine`` first.

    See :func:`amopt.screening.formulation.formulate`.
    """
    builder = Builder()
    examine = builder.variables(
        "examine", candidates.names, cost=candidates.value, upper=1.0, integer=True
    )
    keys = [
        (one.attribute, label)
        for one in candidates.instance.examination.diversity
        if one.at_least_different is not None
        for label in candidates.groups[one.attribute].labels
    ]
    covered = builder.variables("covered", keys, upper=1.0)
    for family in present(formulation.FAMILIES, candidates.instance):
        if family.name in _ROWS:
            _ROWS[family.name](builder, candidates, examine, covered)
    return replace(builder.build(candidates.instance.name), maximise=True)


def _chosen(examine: Variables, members: list[Ints], hours: Any = None) -> Term:
    """Return the term in which row r holds the candidates ``members[r]``."""
    rows = np.repeat(np.arange(len(members)), [one.size for one in members])
    every = np.concatenate([np.zeros(0, dtype=np.int64), *members])
    return Term(examine, rows, every, 1.0 if hours is None else hours[every])


def _most_parts(builder: Builder, candidates: Candidates, examine: Variables, _: Variables) -> None:
    most = candidates.instance.examination.most_parts
    every = np.arange(len(candidates))
    if every.size:
        term = Term(examine, np.zeros(every.size), every)
        builder.rows("most_parts", [None], term, upper=most)


def _effort(builder: Builder, candidates: Candidates, examine: Variables, _: Variables) -> None:
    keys, members, hours = [], [], []
    takes_time = candidates.hours > 0
    for one in candidates.instance.examination.efforts:
        parts = np.arange(len(candidates))
        if one.attribute is not None and one.one_of is not None:
            parts = candidates.groups[one.attribute].of(one.one_of)
        parts = parts[takes_time[parts]]
        if parts.size:
            keys.append(one.name)
            members.append(parts)
            hours.append(one.hours)
    term = _chosen(examine, members, candidates.hours)
    builder.rows("effort", keys, term, upper=np.array(hours))


def _alike(builder: Builder, candidates: Candidates, examine: Variables, _: Variables) -> None:
    keys, members, most = [], [], []
    for attribute, groups in candidates.groups.items():
        for one in candidates.instance.examination.diversity:
            if one.attribute == attribute and one.at_most is not None:
                keys += [(attribute, label) for label in groups.labels]
                members.append(groups.member)
                most += [float(one.at_most)] * len(groups.labels)
    if keys:
        member = sp.coo_array(sp.vstack(members))
        term = Term(examine, member.row, member.col)
        builder.rows("alike", keys, term, upper=np.array(most))


def _cover(
    builder: Builder, candidates: Candidates, examine: Variables, covered: Variables
) -> None:
    keys, members = [], []
    for one in candidates.instance.examination.diversity:
        if one.at_least_different is not None:
            groups = candidates.groups[one.attribute]
            keys += [(one.attribute, label) for label in groups.labels]
            members.append(groups.member)
    if keys:
        member = sp.coo_array(sp.vstack(members))
        minus = Term(examine, member.row, member.col, -1.0)
        builder.rows("cover", keys, covered.per_row(), minus, upper=0.0)


def _different(builder: Builder, candidates: Candidates, _: Variables, covered: Variables) -> None:
    keys: list[str] = []
    rows, least = [], []
    for one in candidates.instance.examination.diversity:
        if one.at_least_different is not None:
            rows += [len(keys)] * len(candidates.groups[one.attribute].labels)
            keys.append(one.attribute)
            least.append(float(one.at_least_different))
    term = covered.grouped(np.array(rows, dtype=np.int64))
    builder.rows("different", keys, term, lower=np.array(least))


def _shares(
    builder: Builder, candidates: Candidates, examine: Variables, *, at_least: bool
) -> None:
    keys, members, ends = [], [], []
    for one in candidates.instance.examination.shares:
        end = one.at_least if at_least else one.at_most
        parts = candidates.groups[one.attribute].of((one.value,))
        if end is not None and (parts.size or (at_least and end)):
            keys.append((one.attribute, one.value))
            members.append(parts)
            ends.append(float(end))
    sides = {"lower" if at_least else "upper": np.array(ends)}
    builder.rows("fewest" if at_least else "most", keys, _chosen(examine, members), **sides)


def _fewest(builder: Builder, candidates: Candidates, examine: Variables, _: Variables) -> None:
    _shares(builder, candidates, examine, at_least=True)


def _most(builder: Builder, candidates: Candidates, examine: Variables, _: Variables) -> None:
    _shares(builder, candidates, examine, at_least=False)


_ROWS: dict[str, Callable[[Builder, Candidates, Variables, Variables], None]] = {
    "most_parts": _most_parts,
    "effort": _effort,
    "alike": _alike,
    "cover": _cover,
    "different": _different,
    "fewest": _fewest,
    "most": _most,
}
"""What writes the rows of each family."""
