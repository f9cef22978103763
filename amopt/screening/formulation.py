r"""Which parts to examine, as a mixed-integer program.

Experts look at a part or not, :math:`x_i \in \{0, 1\}`, for every part i that no rule rejects. It
takes them :math:`h_i` hours and is worth :math:`b_i`: the expected saving, or the score. Parts are
grouped by texts of attributes or by machine; :math:`y_{av} \in [0, 1]` says that a part with text v
of attribute a is among the chosen ones.

The formulation is the definition: :data:`FAMILIES` lists every family of constraints, and whatever
solves faster than the formulation names those that it honours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from amopt.instance.suggest import shown
from amopt.phrases import amount, counted, rounded_up
from amopt.program.family import Family
from amopt.program.pyomo import linear
from amopt.screening.candidates import Candidates
from amopt.screening.instance import ScreeningInstance

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["FAMILIES", "build", "formulate"]


def formulate(instance: ScreeningInstance) -> ConcreteModel:
    """Return the program of an instance.

    Variables are ``examine[part]``, for parts that no rule rejects, and ``covered[attribute,
    text]``. ``model.groups[attribute, text]`` lists the parts of a group, for constraints of your
    own; ``model.hours[part]`` is the effort and ``model.value[part]`` what the part adds to the
    objective. ``model.candidates`` holds eligibility, scores and savings as arrays.

    Parameters
    ----------
    instance
        The instance.
    """
    return build(Candidates.of(instance))


def build(candidates: Candidates) -> ConcreteModel:
    """Return the program over the candidates; see :func:`formulate`."""
    from pyomo.common.gc_manager import PauseGC
    from pyomo.environ import ConcreteModel

    with PauseGC():
        model = ConcreteModel(name=candidates.instance.name)
        model.instance, model.candidates = candidates.instance, candidates
        add_sets(model)
        add_variables(model)
        for family in FAMILIES:
            if family.is_present(candidates.instance):
                family.add(model)
        add_objective(model)
    return model


def add_sets(model: Any) -> None:
    """Add the sets: candidates by part number, and the groups of each attribute by text."""
    from pyomo.environ import Set

    candidates: Candidates = model.candidates
    names = candidates.names
    model.parts = Set(initialize=names)
    model.hours = dict(zip(names, candidates.hours.tolist(), strict=True))
    model.value = dict(zip(names, candidates.value.tolist(), strict=True))
    model.groups = {
        (attribute, label): [
            names[k] for k in groups.member.indices[groups.member.indptr[row] :][:size]
        ]
        for attribute, groups in candidates.groups.items()
        for row, (label, size) in enumerate(
            zip(groups.labels, groups.member.sum(axis=1).astype(int).tolist(), strict=True)
        )
    }
    model.covers = Set(
        dimen=2,
        initialize=[
            (one.attribute, label)
            for one in candidates.instance.examination.diversity
            if one.at_least_different is not None
            for label in candidates.groups[one.attribute].labels
        ],
    )


def add_variables(model: Any) -> None:
    """Add the variables."""
    from pyomo.environ import Binary, UnitInterval, Var

    model.examine = Var(model.parts, domain=Binary)
    model.covered = Var(model.covers, domain=UnitInterval)


def _total(model: Any, parts: Sequence[str], weights: Any = 1.0) -> Any:
    """Return the weighted count of the chosen among some parts."""
    if isinstance(weights, dict):
        weights = [weights[part] for part in parts]
    return linear(weights, [model.examine[part] for part in parts])


def _of(candidates: Candidates, attribute: str, words: tuple[str, ...]) -> list[str]:
    """Return the candidates that have one of some texts."""
    names = candidates.names
    return [names[k] for k in candidates.groups[attribute].of(words).tolist()]


def add_most_parts(model: Any) -> None:
    r"""Examine no more than k parts: :math:`\sum_i x_i \le k`."""
    from pyomo.environ import Constraint

    parts = list(model.parts)
    if parts:
        most = model.instance.examination.most_parts
        model.most_parts = Constraint(expr=_total(model, parts) <= most)


def add_effort(model: Any) -> None:
    r"""Keep to the hours of each team e: :math:`\sum_{i \in e} h_i x_i \le H_e`."""
    from pyomo.environ import Constraint

    efforts = {one.name: one for one in model.instance.examination.efforts}

    def within(m: Any, name: str) -> Any:
        one = efforts[name]
        parts = list(m.parts)
        if one.attribute is not None and one.one_of is not None:
            parts = _of(m.candidates, one.attribute, one.one_of)
        parts = [part for part in parts if m.hours[part]]
        return _total(m, parts, m.hours) <= one.hours if parts else Constraint.Skip

    model.effort = Constraint(list(efforts), rule=within)


def add_alike(model: Any) -> None:
    r"""Examine no more than :math:`m_a` parts of one text v: :math:`\sum_{i \in v} x_i \le m_a`."""
    from pyomo.environ import Constraint

    most = {
        one.attribute: one.at_most
        for one in model.instance.examination.diversity
        if one.at_most is not None
    }
    keys = [key for key in model.groups if key[0] in most]
    model.alike = Constraint(keys, rule=lambda m, *key: _total(m, m.groups[key]) <= most[key[0]])


def add_covered(model: Any) -> None:
    r"""Count a text as covered only by a chosen part: :math:`y_{av} \le \sum_{i \in v} x_i`."""
    from pyomo.environ import Constraint

    def covered(m: Any, *key: Any) -> Any:
        parts = m.groups[key]
        terms = [m.covered[key], *(m.examine[part] for part in parts)]
        return linear([1.0, *([-1.0] * len(parts))], terms) <= 0

    model.cover = Constraint(model.covers, rule=covered)


def add_different(model: Any) -> None:
    r"""Cover at least :math:`n_a` texts of an attribute a: :math:`\sum_v y_{av} \ge n_a`."""
    from pyomo.environ import Constraint

    least = {
        one.attribute: one.at_least_different
        for one in model.instance.examination.diversity
        if one.at_least_different is not None
    }

    def different(m: Any, attribute: str) -> Any:
        covered = [m.covered[key] for key in m.covers if key[0] == attribute]
        return linear(1.0, covered) >= least[attribute]

    model.different = Constraint(list(least), rule=different)


def _add_shares(model: Any, name: str, *, at_least: bool) -> None:
    from pyomo.environ import Constraint

    ends = {
        (one.attribute, one.value): one.at_least if at_least else one.at_most
        for one in model.instance.examination.shares
    }

    def share(m: Any, *key: Any) -> Any:
        parts = _of(m.candidates, key[0], (key[1],))
        if not parts and not (at_least and ends[key]):
            return Constraint.Skip
        chosen = _total(m, parts)
        return chosen >= ends[key] if at_least else chosen <= ends[key]

    keys = [key for key, end in ends.items() if end is not None]
    model.add_component(name, Constraint(keys, rule=share))


def add_fewest(model: Any) -> None:
    r"""Examine at least :math:`l_v` parts of a text: :math:`\sum_{i \in v} x_i \ge l_v`."""
    _add_shares(model, "fewest", at_least=True)


def add_most(model: Any) -> None:
    r"""Examine at most :math:`u_v` parts of a text: :math:`\sum_{i \in v} x_i \le u_v`."""
    _add_shares(model, "most", at_least=False)


def add_objective(model: Any) -> None:
    r"""Maximise what the chosen parts are worth: :math:`\max \sum_i b_i x_i`."""
    from pyomo.environ import Objective, maximize

    parts = list(model.parts)
    expression = _total(model, parts, model.value) if parts else 0.0
    model.objective = Objective(expr=expression, sense=maximize)


def _examination(instance: ScreeningInstance) -> Any:
    return instance.examination


def _most_parts(instance: ScreeningInstance, _: Any) -> str:
    return f"the limit of {counted(_examination(instance).most_parts, 'part')}"


def _more_parts(instance: ScreeningInstance, _: Any, change: float) -> str:
    return f"examine {counted(_whole(change), 'more part')}"


def _effort(instance: ScreeningInstance, name: Any) -> str:
    hours = next(one.hours for one in _examination(instance).efforts if one.name == name)
    return f"the {amount(hours)} hours of {shown(name)}"


def _more_hours(instance: ScreeningInstance, name: Any, change: float) -> str:
    return f"give {shown(name)} {rounded_up(change)} more hours"


def _alike(instance: ScreeningInstance, key: Any) -> str:
    most = next(one.at_most for one in _examination(instance).diversity if one.attribute == key[0])
    return f"the limit of {counted(most, 'part')} with {key[0]} {shown(key[1])}"


def _more_alike(instance: ScreeningInstance, key: Any, change: float) -> str:
    return f"allow {counted(_whole(change), 'more part')} with {key[0]} {shown(key[1])}"


def _different(instance: ScreeningInstance, attribute: Any) -> str:
    entries = _examination(instance).diversity
    least = next(one.at_least_different for one in entries if one.attribute == attribute)
    return f"at least {least} different texts of {attribute}"


def _fewer_different(instance: ScreeningInstance, attribute: Any, change: float) -> str:
    return f"ask for {counted(_whole(change), 'text')} of {attribute} fewer"


def _share(instance: ScreeningInstance, key: Any) -> Any:
    shares = _examination(instance).shares
    return next(one for one in shares if (one.attribute, one.value) == key)


def _fewest(instance: ScreeningInstance, key: Any) -> str:
    least = counted(_share(instance, key).at_least, "part")
    return f"at least {least} with {key[0]} {shown(key[1])}"


def _fewer(instance: ScreeningInstance, key: Any, change: float) -> str:
    return f"ask for {counted(_whole(change), 'part')} with {key[0]} {shown(key[1])} fewer"


def _most(instance: ScreeningInstance, key: Any) -> str:
    most = counted(_share(instance, key).at_most, "part")
    return f"at most {most} with {key[0]} {shown(key[1])}"


def _whole(change: float) -> int:
    """Return a change in whole parts."""
    return max(1, round(change + 0.499999))


FAMILIES: tuple[Family, ...] = (
    Family("most_parts", add_most_parts, (), _most_parts, _more_parts),
    Family("effort", add_effort, ("examination.efforts[]",), _effort, _more_hours),
    Family("alike", add_alike, ("examination.diversity[].at_most",), _alike, _more_alike),
    Family("cover", add_covered, ("examination.diversity[].at_least_different",), rows=("cover",)),
    Family(
        "different",
        add_different,
        ("examination.diversity[].at_least_different",),
        _different,
        _fewer_different,
    ),
    Family("fewest", add_fewest, ("examination.shares[].at_least",), _fewest, _fewer),
    Family("most", add_most, ("examination.shares[].at_most",), _most, _more_alike),
)
"""The families of constraints, in the order of their rows."""
