r"""Which parts are best to print: the analytic hierarchy process, and how firm its ranks are.

A criterion c has the weight :math:`w_c = g_c u_c` of its goal and within its goal (Saaty 1980; see
:mod:`amopt.screening.instance.comparisons`). Each part's value of the criterion's attribute is
worth :math:`v_{ic} \in [0, 1]` by a transfer function, and its score is
:math:`s_i = \sum_c w_c v_{ic}`. What is not known is worth ``missing_counts_as``; worth 0 and 1 it
gives the lowest and the highest score that the part can turn out to have. Parts are ranked by their
scores, those that tie in the order of the table; parts that a rule rejects have no rank.

Weights are judgements, so two things are told of how firm the ranks are. Let the weight of c become
t and the others shrink or grow alike:

.. math:: s_i(t) = (1 - t) \frac{s_i - w_c v_{ic}}{1 - w_c} + t v_{ic}

- For which t around :math:`w_c` the first k parts stay the first k. Scores are lines in t, so a
  part i of these and a part j of the others change places where the lines cross. Only others that
  no line lies above at both ends can be overtaken by none, so few pairs are looked at.
- The best and the worst rank of each part when one weight at a time is raised or lowered by
  ``weight_change``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.screening.instance import Parts, ScreeningInstance, folded
from amopt.screening.instance.comparisons import GOALS, Judgements, judgements, sets_of
from amopt.screening.instance.entries import Criterion, Goal, Ranking

__all__ = ["Ranks", "Weights", "rank", "weights_of", "worth"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DIGITS = 12
"""Digits of a score; two that agree in these tie."""

PAIRS = 4_000_000
"""Pairs of parts that are compared in one go."""


@dataclass(frozen=True, eq=False)
class Weights:
    """The weights of all criteria.

    Attributes
    ----------
    criteria
        The criteria, goal after goal.
    goals
        The goal of each.
    of_goal, within_goal
        Weight of the goal, and of the criterion within it, shape (criteria,).
    judged
        What was compared in pairs, by the name of the set.
    """

    criteria: tuple[Criterion, ...]
    goals: tuple[str, ...]
    of_goal: Floats
    within_goal: Floats
    judged: dict[str, Judgements]

    @property
    def weight(self) -> Floats:
        """The weights, summing to 1, shape (criteria,)."""
        return self.of_goal * self.within_goal


@dataclass(frozen=True, eq=False)
class Ranks:
    """Scores and ranks; arrays have shape (parts,) unless it says otherwise.

    Attributes
    ----------
    weights
        The weights.
    score, lowest, highest
        Scores in [0, 1].
    rank, best, worst
        Ranks from 1; 0 for parts that are not ranked.
    missing
        Parts that have no value, by criterion, shape (criteria,).
    span
        Lowest and highest weight at which the first parts stay the first, shape (criteria, 2).
    """

    weights: Weights
    score: Floats
    lowest: Floats
    highest: Floats
    rank: Ints
    best: Ints
    worst: Ints
    missing: Ints
    span: Floats


def weights_of(ranking: Ranking) -> Weights:
    """Return the weights of all criteria, from what is given or from comparisons."""
    judged: dict[str, Judgements] = {}
    shares: dict[str, Floats] = {}
    entries: dict[str, Sequence[Goal | Criterion]] = {GOALS: ranking.goals}
    entries.update({goal.name: goal.criteria for goal in ranking.goals})
    for name, members in sets_of(ranking).items():
        given = [entry.weight for entry in entries[name]]
        if given[0] is None:
            judged[name] = judgements(ranking, members)
            shares[name] = judged[name].weights
        else:
            plain = np.array(given, dtype=np.float64)
            shares[name] = plain / plain.sum()
    criteria: list[Criterion] = []
    goals, of_goal, within = [], [], []
    for goal, share in zip(ranking.goals, shares[GOALS], strict=True):
        criteria += goal.criteria
        goals += [goal.name] * len(goal.criteria)
        of_goal += [float(share)] * len(goal.criteria)
        within += shares[goal.name].tolist()
    return Weights(tuple(criteria), tuple(goals), np.array(of_goal), np.array(within), judged)


def worth(criterion: Criterion, parts: Parts) -> Floats:
    """Return what the parts' values are worth, NaN where not known, shape (parts,)."""
    if criterion.values is not None:
        return _worth_of_words(criterion.values, criterion.attribute, parts)
    values = parts.number(criterion.attribute)
    if criterion.linear is not None:
        line = criterion.linear
        return np.clip((values - line.worst) / (line.best - line.worst), 0.0, 1.0)
    if criterion.logistic is not None:
        from scipy.special import expit

        curve = criterion.logistic
        found: Floats = expit(curve.slope * (values - curve.middle))
        return found
    steps = criterion.steps or ()
    starts = np.array([step.from_ for step in steps])
    worths = np.array([0.0, *(step.worth for step in steps)])
    return np.where(np.isnan(values), np.nan, worths[np.searchsorted(starts, values, side="right")])


def _worth_of_words(values: dict[str, float], attribute: str, parts: Parts) -> Floats:
    """Return what texts, or yes and no, are worth; the best of several in one cell."""
    said = {folded(word): value for word, value in values.items()}
    if attribute in parts.texts:
        texts = parts.texts[attribute]
        by_word = [
            max((said.get(entry, 0.0) for entry in entries), default=0.0)
            for entries in texts.entries
        ]
        found: Floats = np.array([*by_word, np.nan])[texts.code]
        return found
    numbers = parts.number(attribute)
    worths = np.where(numbers == 1.0, said.get("yes", 0.0), said.get("no", 0.0))
    return np.where(np.isnan(numbers), np.nan, worths)


def rank(instance: ScreeningInstance, ranked: Bools) -> Ranks:
    """Score all parts, and rank those that are to be.

    Parameters
    ----------
    instance
        The instance.
    ranked
        Which parts have a rank, shape (parts,).
    """
    parts, ranking = instance.parts, instance.ranking
    weights = weights_of(ranking)
    worths = np.column_stack([worth(criterion, parts) for criterion in weights.criteria])
    missing = np.isnan(worths)
    weight = weights.weight
    known = np.where(missing, 0.0, worths)
    unknown = missing @ weight
    lowest = known @ weight
    values = np.where(missing, ranking.missing_counts_as, worths)
    score = np.round(values @ weight, DIGITS)
    place = np.flatnonzero(ranked)
    ranks = np.zeros((3, len(parts)), dtype=np.int64)
    ranks[0, place] = _ranks(score[place])
    ranks[1:, place] = _extremes(values[place], score[place], weight, ranking.weight_change)
    first = min(instance.examination.most_parts, place.size)
    lead = (ranks[0, place] <= first) if place.size else np.zeros(0, dtype=bool)
    span = [_span(values[place], weight, c, lead) for c in range(weight.size)]
    return Ranks(
        weights,
        score,
        lowest,
        np.minimum(lowest + unknown, 1.0),
        ranks[0],
        ranks[1],
        ranks[2],
        missing.sum(axis=0),
        np.array(span).reshape(weight.size, 2),
    )


def _ranks(score: Floats) -> Ints:
    """Return the ranks of scores, from 1, those that tie in their order."""
    order = np.argsort(-score, kind="stable")
    found = np.empty(score.size, dtype=np.int64)
    found[order] = np.arange(1, score.size + 1)
    return found


def _extremes(values: Floats, score: Floats, weight: Floats, change: float) -> Ints:
    """Return the best and worst ranks when one weight at a time changes, shape (2, parts)."""
    best = _ranks(score)
    worst = best.copy()
    for c, own in enumerate(weight):
        others = _others(values, weight, c)
        for t in (min(1.0, own * (1 + change)), own * (1 - change)):
            if t != own and others is not None:
                now = _ranks(np.round((1 - t) * others + t * values[:, c], DIGITS))
                np.minimum(best, now, out=best)
                np.maximum(worst, now, out=worst)
    return np.array([best, worst])


def _others(values: Floats, weights: Floats, c: int) -> Floats | None:
    """Return the scores without a criterion, shape (parts,); None where it has all the weight.

    They are added up anew: what a criterion of nearly all the weight leaves of a score is rounding.
    """
    rest = np.delete(weights, c)
    return np.delete(values, c, axis=1) @ (rest / rest.sum()) if rest.any() else None


def _span(values: Floats, weights: Floats, c: int, lead: Bools) -> tuple[float, float]:
    """Return the weights of one criterion between which the leading parts stay the same."""
    others = _others(values, weights, c)
    if lead.all() or others is None:
        return 0.0, 1.0
    weight, value = float(weights[c]), values[:, c]
    u, v = _lowest_front(others[lead], value[lead])
    x, y = _lowest_front(-others[~lead], -value[~lead])
    low, high = 0.0, 1.0
    step = max(1, PAIRS // max(1, x.size))
    for start in range(0, u.size, step):
        a = u[start : start + step, None] + x[None, :]  # the lead of i over j at t = 0
        b = v[start : start + step, None] + y[None, :]  # and at t = 1
        with np.errstate(divide="ignore", invalid="ignore"):
            crossing = a / (a - b)
        high = min(high, float(crossing[b < 0].min(initial=1.0)))
        low = max(low, float(crossing[a < 0].max(initial=0.0)))
    return min(low, weight), max(high, weight)


def _lowest_front(at_zero: Floats, at_one: Floats) -> tuple[Floats, Floats]:
    """Return the lines below which, at both ends, there is no other."""
    order = np.lexsort((at_one, at_zero))
    lowest = np.minimum.accumulate(at_one[order])
    kept = np.concatenate([[True], at_one[order][1:] < lowest[:-1]])
    return at_zero[order][kept], at_one[order][kept]
