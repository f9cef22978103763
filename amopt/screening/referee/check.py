"""The referee of screening: recomputes every column of an answer from the instance alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.referee import Amount, Notebook, is_number
from amopt.screening.instance import ScreeningInstance
from amopt.screening.referee.choice import Worth, check_limits, groups, worth_of
from amopt.screening.referee.columns import column
from amopt.screening.referee.scores import SAME, Scores, between, scores, span_of
from amopt.screening.referee.verdicts import Verdicts, verdicts
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.solution import Solution

__all__ = ["check"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Rows = Mapping[str, Sequence[Mapping[str, Any]]]

TABLES = (
    "examine", "parts", "rules", "missing", "criteria", "comparisons", "limits", "groups", "totals",
)  # fmt: skip

PARTS = (
    "part", "eligible", "rule", "attribute", "value", "reason", "rank", "best_rank", "worst_rank",
    "score", "lowest_score", "highest_score", "expected_saving", "effort_hours", "machine", "needs",
    "examine",
)  # fmt: skip

CHOSEN = (
    "part", "eligible", "rank", "score", "expected_saving", "effort_hours", "machine", "needs",
)  # fmt: skip

PRECISION = 1e-8
"""Relative difference from which a stated number is another one."""

CLOSE = 1e-6
"""Relative gap up to which an answer may be called optimal."""

WEIGHT = 1e-6
"""Difference from which a stated weight is another one."""


def check(instance: ScreeningInstance, solution: Solution) -> Verdict:
    """Recompute an answer from the instance.

    Parameters
    ----------
    instance
        The instance.
    solution
        The answer; ``rows`` and ``outcome`` are read.

    Returns
    -------
    Verdict
        ``measures`` holds ``relaxed_bound``: what the examined parts could bring at most if nothing
        but their number were limited.
    """
    notebook = Notebook(tolerance=PRECISION)
    rows = solution.rows
    notebook.tables(rows, TABLES)
    if notebook.findings:
        return notebook.verdict()
    stated = _columns(notebook, rows["parts"])
    order = None if stated is None else _order(notebook, instance, stated["part"])
    if stated is None or order is None:
        return notebook.verdict()
    judged, scored = verdicts(instance), scores(instance)
    worth = worth_of(instance, judged)
    _check_parts(notebook, instance, stated, order, (judged, scored, worth))
    if notebook.findings:
        return notebook.verdict()
    chosen = np.zeros(len(order), dtype=bool)
    chosen[order[np.array(stated["examine"], dtype=bool)]] = True
    notebook.require(bool((judged.may | ~chosen).all()), "a part that a rule rejects is chosen")
    _compare_list(notebook, "examine", rows["examine"], _examined(stated))
    _check_ranks(notebook, stated, order, judged, scored)
    if notebook.findings:
        return notebook.verdict()
    limits = check_limits(notebook, instance, judged, chosen, worth.hours)
    _compare_list(notebook, "limits", rows["limits"], limits)
    _compare_list(notebook, "rules", rows["rules"], judged.counts)
    _compare_list(notebook, "missing", rows["missing"], _missing(instance, judged, worth))
    _compare_list(notebook, "comparisons", rows["comparisons"], scored.comparisons)
    lead = _lead(instance, stated, order)
    _check_criteria(notebook, rows["criteria"], scored, judged, lead)
    _check_groups(notebook, rows["groups"], groups(instance, judged, chosen))
    ranks = np.zeros(len(order), dtype=np.int64)
    ranks[order] = [rank or 0 for rank in stated["rank"]]
    totals = _totals(judged, scored, worth, chosen, ranks)
    _compare_list(notebook, "totals", rows["totals"], [totals])
    _check_outcome(notebook, instance, solution, (judged, scored, worth), chosen)
    return notebook.verdict()


def _columns(
    notebook: Notebook, rows: Sequence[Mapping[str, Any]]
) -> dict[str, Sequence[Any]] | None:
    """Return the table of all parts by columns; None where a row has others than are due."""
    due, of_row = set(PARTS), itemgetter(*PARTS)
    cells = [of_row(row) for row in rows if row.keys() == due]  # in one pass: rows are made anew
    alike = len(cells) == len(rows)
    if not notebook.require(alike, "parts has a row with other columns than are due"):
        return None
    columns = zip(*cells, strict=True)
    return dict(zip(PARTS, columns, strict=False)) or dict.fromkeys(PARTS, ())


def _order(notebook: Notebook, instance: ScreeningInstance, names: Sequence[Any]) -> Ints | None:
    """Return where the part of each row stands in the table; None where rows are not as due."""
    place = {name: index for index, name in enumerate(instance.parts.names)}
    known = all(type(name) is str for name in names)
    found = [place.get(name, -1) for name in names] if known else []
    right = len(found) == len(place) == len(set(found)) and -1 not in found
    notebook.require(right, "parts does not hold every part of the portfolio once")
    return np.array(found, dtype=np.int64) if right else None


def _check_parts(
    notebook: Notebook,
    instance: ScreeningInstance,
    stated: Mapping[str, Sequence[Any]],
    order: Ints,
    found: tuple[Verdicts, Scores, Worth],
) -> None:
    """Compare every column of every part, but for ranks."""
    judged, scored, worth = found
    answer = np.where(judged.surely, "yes", np.where(judged.may, "unknown", "no"))
    due: dict[str, Any] = {
        "eligible": answer.astype(object),
        "rule": judged.rule,
        "attribute": judged.attribute,
        "value": _values(instance, judged),
        "reason": judged.reason,
        "score": scored.score,
        "lowest_score": scored.lowest,
        "highest_score": scored.highest,
        "expected_saving": worth.saving,
        "effort_hours": worth.hours,
        "machine": judged.machine,
        "needs": judged.needs,
    }
    names = [instance.parts.names[place] for place in order[:20].tolist()]
    for name, values in due.items():
        scale = 1.0 if name.endswith("score") else 0.0
        column(notebook, f"parts, {name}", (stated[name], values[order]), scale, names)
    truths = all(type(value) is bool for value in stated["examine"])
    notebook.require(truths, "parts, examine: something is neither true nor false")


def _values(instance: ScreeningInstance, judged: Verdicts) -> NDArray[np.object_]:
    """Return the value of the deciding attribute of each part."""
    parts = instance.parts
    found = np.full(len(parts), None, dtype=object)
    for name in {str(one) for one in judged.attribute if one is not None}:
        for place in np.flatnonzero(judged.attribute == name).tolist():
            found[place] = parts.value(name, place)
    return found


def _check_ranks(
    notebook: Notebook,
    stated: Mapping[str, Sequence[Any]],
    order: Ints,
    judged: Verdicts,
    scored: Scores,
) -> None:
    """Compare ranks with how many parts have a better score, ties in any order."""
    ranked = judged.may[order]
    columns: dict[str, Ints] = {}
    for name in ("rank", "best_rank", "worst_rank"):
        said = stated[name]
        right = all(
            (type(value) is int) if due else value is None
            for value, due in zip(said, ranked.tolist(), strict=True)
        )
        if not notebook.require(right, f"parts, {name}: a rank is missing, stray or not whole"):
            return
        columns[name] = np.array([value or 0 for value in said], dtype=np.int64)
    rank = columns["rank"]
    count = int(ranked.sum())
    sequence = np.arange(1, count + 1)
    in_order = bool(ranked[:count].all() and (rank[:count] == sequence).all())
    notebook.require(in_order, "parts does not begin with the ranked ones in the order of ranks")
    rest = order[count:]
    notebook.require(bool((np.diff(rest) > 0).all()), "parts that have no rank are not in order")
    if notebook.findings or not count:
        return
    place = order[:count]
    best, worst = between(scored.score[place])
    fits = (rank[:count] >= best) & (rank[:count] <= worst)
    notebook.require(bool(fits.all()), "parts, rank: a rank does not follow from the scores")
    least, most = np.array([best, best]), np.array([worst, worst])
    for moved in _scenarios(scored, place):
        low, high = between(moved)
        least[0], most[0] = np.minimum(least[0], low), np.minimum(most[0], high)
        least[1], most[1] = np.maximum(least[1], low), np.maximum(most[1], high)
    for row, name in enumerate(("best_rank", "worst_rank")):
        values = columns[name][:count]
        fits = (values >= least[row]) & (values <= most[row])
        notebook.require(bool(fits.all()), f"parts, {name}: a rank does not follow from weights")
    notebook.checks += 3 * count


def _scenarios(scored: Scores, place: Ints) -> Iterator[Floats]:
    """Yield the scores as one weight at a time is raised or lowered."""
    for weight, worth in zip(scored.weight, scored.worth, strict=True):
        for factor in (1 + scored.change, 1 - scored.change):
            moved = min(1.0, weight * factor)
            if weight < 1 and moved != weight:
                others = (scored.score[place] - weight * worth[place]) / (1 - weight)
                yield (1 - moved) * others + moved * worth[place]


def _examined(stated: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return the rows of the chosen parts."""
    chosen = [row for row, examined in enumerate(stated["examine"]) if examined]
    return [{name: stated[name][row] for name in CHOSEN} for row in chosen]


def _compare_list(
    notebook: Notebook,
    table: str,
    stated: Sequence[Mapping[str, Any]],
    due: Sequence[Mapping[str, Any]],
) -> None:
    """Compare a table row by row."""
    if notebook.require(len(stated) == len(due), f"{table} has {len(stated)} rows, not {len(due)}"):
        for index, (row, right) in enumerate(zip(stated, due, strict=True)):
            notebook.compare(f"{table}, row {index + 1}", row, right)


def _missing(instance: ScreeningInstance, judged: Verdicts, worth: Worth) -> list[dict[str, Any]]:
    """Return which attributes parts lack, and how many parts wait for each."""
    parts = instance.parts
    lacks = np.zeros(len(parts), dtype=np.int64)
    for waits in judged.open_for.values():
        lacks += waits
    untold = np.isnan(worth.saving) & judged.may
    priced = {"demand_per_year", "cost_per_part"}
    if instance.examination.print_cost_share is None:
        priced.add("print_cost_per_part")
    rows: list[tuple[int, int, int, int, int, str]] = []
    for name in instance.known:
        without = parts.missing(name)
        if name in parts.attributes and without.any():
            waits = judged.open_for.get(name, np.zeros(len(parts), dtype=bool))
            alone, total = int((waits & (lacks == 1)).sum()), int(waits.sum())
            saving = int((untold & without).sum()) if name in priced else 0
            rows.append((-alone, -total, -saving, -int(without.sum()), len(rows), name))
    return [
        {
            "attribute": name, "parts_without": -without, "decides": -alone, "holds_up": -total,
            "saving_waits": -saving,
        }
        for alone, total, saving, without, _, name in sorted(rows)
    ]  # fmt: skip


def _lead(instance: ScreeningInstance, stated: Mapping[str, Sequence[Any]], order: Ints) -> Bools:
    """Return which parts are the first, as many as may be examined."""
    first = [
        rank is not None and rank <= instance.examination.most_parts for rank in stated["rank"]
    ]
    lead = np.zeros(len(order), dtype=bool)
    lead[order] = first
    return lead


def _check_criteria(
    notebook: Notebook,
    rows: Sequence[Mapping[str, Any]],
    scored: Scores,
    judged: Verdicts,
    lead: Bools,
) -> None:
    """Compare weights, and how far they may change before the first parts do."""
    ends = ("lowest_weight", "highest_weight")
    plain = [{name: value for name, value in row.items() if name not in ends} for row in rows]
    _compare_list(notebook, "criteria", plain, scored.criteria)
    if notebook.findings:
        return
    ranked = judged.may
    for c, (row, weight, worth) in enumerate(zip(rows, scored.weight, scored.worth, strict=True)):
        for name, end in zip(ends, (0.0, 1.0), strict=True):
            where = f"criteria, {row['criterion']}, {name}"
            if not notebook.require(is_number(row.get(name)), f"{where} is no number"):
                continue
            due = end
            if ranked.any():
                others = scored.without(c)[ranked]
                due = span_of(others, worth[ranked], weight, lead[ranked], end)
            close = abs(row[name] - due) <= WEIGHT
            notebook.require(close, f"{where}: {row[name]!r} is stated, {due:.9g} is right")


def _check_groups(
    notebook: Notebook,
    rows: Sequence[Mapping[str, Any]],
    due: Mapping[tuple[str, str], tuple[int, int]],
) -> None:
    """Compare what is chosen of each text; the order of the texts is free."""
    stated = [(row.get("attribute"), row.get("text")) for row in rows]
    same = len(stated) == len(due) and set(stated) == set(due)
    if notebook.require(same, "groups does not hold every text of the candidates once"):
        for row, key in zip(rows, stated, strict=True):
            attribute, text = key
            candidates, examined = due[attribute, text]  # type: ignore[index]
            expected = {
                "attribute": attribute,
                "text": text,
                "candidates": candidates,
                "examined": examined,
            }
            notebook.compare(f"groups, {text!r}", row, expected)


def _totals(
    judged: Verdicts, scored: Scores, worth: Worth, chosen: Bools, ranks: Ints
) -> dict[str, Any]:
    """Return the sums."""
    told = np.where(np.isnan(worth.saving), 0.0, worth.saving)
    count = int(chosen.sum())
    first = (ranks > 0) & (ranks <= count)
    return {
        "parts": int(chosen.size),
        "eligible": int(judged.surely.sum()),
        "unknown": int((judged.may & ~judged.surely).sum()),
        "not_eligible": int((~judged.may).sum()),
        "examined": count,
        "effort_hours": float(worth.hours[chosen].sum()),
        "expected_saving": float(told[chosen].sum()),
        "score": Amount(float(scored.score[chosen].sum()), float(count)),
        "first_by_rank_saving": float(told[first].sum()),
        "saving_not_known": int((np.isnan(worth.saving) & judged.may).sum()),
    }


def _check_outcome(
    notebook: Notebook,
    instance: ScreeningInstance,
    solution: Solution,
    found: tuple[Verdicts, Scores, Worth],
    chosen: Bools,
) -> None:
    """Compare objective, bound and status with the choice."""
    judged, scored, worth = found
    values, scale = scored.score, float(chosen.sum())
    if instance.examination.maximise == "expected_saving":
        values, scale = np.where(np.isnan(worth.saving), 0.0, worth.saving), 0.0
    objective = float(values[chosen].sum())
    outcome = solution.outcome
    notebook.same("objective", outcome.objective, Amount(objective, scale))
    best = np.sort(np.where(judged.may, values, 0.0))[::-1]
    relaxed = float(best[: instance.examination.most_parts].sum())
    notebook.measures["relaxed_bound"] = relaxed
    bound = outcome.bound
    if bound is not None:
        room = CLOSE * max(abs(objective), SAME)
        holds = math.isfinite(bound) and bound >= objective - room
        notebook.require(holds, f"the bound {bound!r} is below what was found, {objective:.9g}")
    if str(outcome.status) == "optimal":
        near = bound is not None and bound - objective <= CLOSE * abs(objective) + SAME
        notebook.require(near, f"{objective:.9g} is called optimal with the bound {bound!r}")
    known = str(outcome.status) in ("optimal", "feasible")
    notebook.require(known, f"an answer with the status {outcome.status}")
