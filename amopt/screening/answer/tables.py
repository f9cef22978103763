"""The tables of an answer, from what is known of all parts and which are chosen."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.column_table import ColumnTable
from amopt.screening.candidates import Candidates
from amopt.screening.eligibility import FAILS, PASSES, UNKNOWN, Said
from amopt.solution import Table

__all__ = ["tables"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def tables(candidates: Candidates, chosen: Bools) -> dict[str, Table]:
    """Return the tables of an answer.

    Parameters
    ----------
    candidates
        What may be chosen, and what is known of every part.
    chosen
        Which candidates are, shape (candidates,).
    """
    examined = np.zeros(len(candidates.instance.parts), dtype=bool)
    examined[candidates.place[chosen]] = True
    parts = _parts(candidates, examined)
    kept = (
        "part", "eligible", "rank", "score", "expected_saving", "effort_hours", "machine", "needs",
    )  # fmt: skip
    return {
        "examine": [{name: row[name] for name in kept} for row in parts if row["examine"]],
        "parts": parts,
        "rules": _rules(candidates),
        "missing": _missing(candidates),
        "criteria": _criteria(candidates),
        "comparisons": _comparisons(candidates),
        "limits": _limits(candidates, chosen),
        "groups": _groups(candidates, chosen),
        "totals": [_totals(candidates, chosen)],
    }


def _parts(candidates: Candidates, examined: Bools) -> ColumnTable:
    """Return what is known of every part: ranked ones first, then in the order of the table."""
    judged, ranks = candidates.eligibility, candidates.ranks
    parts = candidates.instance.parts
    last = len(parts) + 1
    order = np.argsort(np.where(ranks.rank > 0, ranks.rank, last), kind="stable")
    machines = [one.name for one in candidates.instance.machines]
    names = [rule.name for rule in judged.said]
    columns = {
        "part": [parts.names[place] for place in order.tolist()],
        "eligible": _words(("no", "unknown", "yes"), judged.verdict[order] + 1),
        "rule": _words(names, judged.rule[order]),
        "attribute": _words(judged.attributes, judged.attribute[order]),
        "value": _values(candidates)[order].tolist(),
        "reason": _words(judged.reasons, judged.reason[order]),
        "rank": _numbers(ranks.rank[order]),
        "best_rank": _numbers(ranks.best[order]),
        "worst_rank": _numbers(ranks.worst[order]),
        "score": ranks.score[order].tolist(),
        "lowest_score": ranks.lowest[order].tolist(),
        "highest_score": ranks.highest[order].tolist(),
        "expected_saving": _known(candidates.saving[order]),
        "effort_hours": candidates.effort[order].tolist(),
        "machine": _words(machines, judged.machine[order]),
        "needs": _needs(judged.said, judged.verdict)[order].tolist(),
        "examine": examined[order].tolist(),
    }
    return ColumnTable(columns)


def _words(words: Any, places: Any) -> list[str | None]:
    """Return words by their places; None for -1."""
    found = np.array([*words, None], dtype=object)
    return list(found[places])


def _numbers(ranks: Any) -> list[int | None]:
    """Return ranks; None for 0."""
    return [rank or None for rank in ranks.tolist()]


def _known(values: Floats) -> list[float | None]:
    """Return amounts; None where not known."""
    found = values.astype(object)
    found[np.isnan(values)] = None
    return list(found)


def _values(candidates: Candidates) -> NDArray[np.object_]:
    """Return the value of the attribute that decides; None where there is none."""
    judged, parts = candidates.eligibility, candidates.instance.parts
    found = np.full(len(parts), None, dtype=object)
    for index, attribute in enumerate(judged.attributes):
        here = np.flatnonzero(judged.attribute == index)
        if attribute in parts.texts:
            texts = parts.texts[attribute]
            found[here] = _words(texts.words, texts.code[here])
        else:
            found[here] = _known(parts.number(attribute)[here])
    return found


def _needs(said: tuple[Said, ...], verdict: Any) -> NDArray[np.object_]:
    """Return what parts need, several with ``; `` between; None where nothing, or rejected."""
    found = np.full(verdict.size, None, dtype=object)
    for rule in said:
        if rule.needs is None:
            continue
        for place in np.flatnonzero((rule.verdict == FAILS) & (verdict >= 0)).tolist():
            before = found[place]
            found[place] = rule.needs if before is None else f"{before}; {rule.needs}"
    return found


def _rules(candidates: Candidates) -> list[dict[str, Any]]:
    """Return what each rule does."""
    judged = candidates.eligibility
    return [
        {
            "rule": rule.name,
            "passed": int((rule.verdict == PASSES).sum()),
            "failed": int((rule.verdict == FAILS).sum()),
            "unknown": int((rule.verdict == UNKNOWN).sum()),
            "decides": int((judged.rule == index).sum()),
            "needs": rule.needs,
        }
        for index, rule in enumerate(judged.said)
    ]


def _missing(candidates: Candidates) -> list[dict[str, Any]]:
    """Return the attributes that parts lack, those first that would decide most of them."""
    lacking, waiting = candidates.eligibility.lacking, candidates.saving_waits
    parts = candidates.instance.parts
    several = np.sum([one.astype(np.int64) for one in lacking.values()], axis=0) if lacking else 0
    rows = []
    for name in candidates.instance.known:
        without = int(parts.missing(name).sum()) if name in parts.attributes else 0
        if without:
            one, waits = lacking.get(name), waiting.get(name)
            rows.append(
                {
                    "attribute": name,
                    "parts_without": without,
                    "decides": 0 if one is None else int((one & (several == 1)).sum()),
                    "holds_up": 0 if one is None else int(one.sum()),
                    "saving_waits": 0 if waits is None else int(waits.sum()),
                }
            )
    counts = ("decides", "holds_up", "saving_waits", "parts_without")
    rows.sort(key=lambda row: tuple(-row[name] for name in counts))  # type: ignore[operator]
    return rows


def _criteria(candidates: Candidates) -> list[dict[str, Any]]:
    """Return the weights, and how far they may change."""
    ranks = candidates.ranks
    weights = ranks.weights
    return [
        {
            "goal": weights.goals[c],
            "criterion": criterion.name,
            "attribute": criterion.attribute,
            "weight_of_goal": float(weights.of_goal[c]),
            "weight_within_goal": float(weights.within_goal[c]),
            "weight": float(weights.weight[c]),
            "lowest_weight": float(ranks.span[c, 0]),
            "highest_weight": float(ranks.span[c, 1]),
            "parts_without": int(ranks.missing[c]),
        }
        for c, criterion in enumerate(weights.criteria)
    ]


def _comparisons(candidates: Candidates) -> list[dict[str, Any]]:
    """Return how consistent the judgements are."""
    return [
        {
            "of": name,
            "compared": len(judged.names),
            "largest_eigenvalue": judged.largest_eigenvalue,
            "consistency_index": judged.consistency_index,
            "consistency_ratio": judged.consistency_ratio,
        }
        for name, judged in candidates.ranks.weights.judged.items()
        if len(judged.names) > 1
    ]


def _limits(candidates: Candidates, chosen: Bools) -> list[dict[str, Any]]:
    """Return what the choice uses of each limit."""
    examination = candidates.instance.examination
    hours = candidates.hours
    rows = [_limit("parts", int(chosen.sum()), None, examination.most_parts)]
    for one in examination.efforts:
        theirs = np.ones(len(candidates), dtype=bool)
        if one.attribute is not None and one.one_of is not None:
            theirs = np.zeros(len(candidates), dtype=bool)
            theirs[candidates.groups[one.attribute].of(one.one_of)] = True
        used = float(hours[theirs & chosen].sum())
        rows.append(_limit(f"hours of {one.name}", used, None, one.hours))
    for like in examination.diversity:
        count = candidates.groups[like.attribute].member @ chosen.astype(float)
        if like.at_most is not None:
            most = int(count.max(initial=0))
            rows.append(_limit(f"parts alike in {like.attribute}", most, None, like.at_most))
        if like.at_least_different is not None:
            name = f"different texts of {like.attribute}"
            rows.append(_limit(name, int((count > 0).sum()), like.at_least_different, None))
    for share in examination.shares:
        members = candidates.groups[share.attribute].of((share.value,))
        used = int(chosen[members].sum())
        name = f"parts with {share.attribute} {share.value}"
        rows.append(_limit(name, used, share.at_least, share.at_most))
    return rows


def _limit(name: str, used: float, least: float | None, most: float | None) -> dict[str, Any]:
    return {"limit": name, "used": used, "at_least": least, "at_most": most}


def _groups(candidates: Candidates, chosen: Bools) -> list[dict[str, Any]]:
    """Return what is chosen of each text of the attributes that the examination looks at."""
    rows = []
    for attribute, groups in candidates.groups.items():
        every = groups.member.sum(axis=1).astype(int).tolist()
        taken = (groups.member @ chosen.astype(float)).astype(int).tolist()
        for label, count, examined in zip(groups.labels, every, taken, strict=True):
            rows.append(
                {"attribute": attribute, "text": label, "candidates": count, "examined": examined}
            )
    return rows


def _totals(candidates: Candidates, chosen: Bools) -> dict[str, Any]:
    """Return the sums."""
    verdict = candidates.eligibility.verdict
    saving = candidates.saving[candidates.place]
    told = np.nan_to_num(saving, nan=0.0)
    rank = candidates.ranks.rank[candidates.place]
    count = int(chosen.sum())
    return {
        "parts": len(candidates.instance.parts),
        "eligible": int((verdict == PASSES).sum()),
        "unknown": int((verdict == UNKNOWN).sum()),
        "not_eligible": int((verdict == FAILS).sum()),
        "examined": count,
        "effort_hours": float(candidates.hours[chosen].sum()),
        "expected_saving": float(told[chosen].sum()),
        "score": float(candidates.ranks.score[candidates.place][chosen].sum()),
        "first_by_rank_saving": float(told[rank <= count].sum()),
        "saving_not_known": int(np.isnan(saving).sum()),
    }
