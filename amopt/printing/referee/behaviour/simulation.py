"""The referee of a simulation: its expectations worked out again, its statistics against them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from amopt.printing.instance import PrintingInstance
from amopt.printing.referee.behaviour.check import TOGETHER, Plans, Told, takes_of
from amopt.printing.referee.evaluation import Evaluation
from amopt.referee import Amount, Notebook, is_number

__all__ = ["check_simulation"]

WHAT = ("prints", "expedites", "orders", "down_days", "stock", "material_cm3")
QUANTILES = ("quantile_50", "quantile_90", "quantile_95", "quantile_99", "quantile_99_9")
COLUMNS = {"plan", "part", "what", "simulated_mean", "half_width", "exact_mean", "agrees"}
FAR = 4.0
"""Half widths of the band (some 13 standard errors) beyond which no simulation comes by chance."""

SEEN = 6.9
"""Expected number of cycles with an event of which with 99.9 % at least one is seen."""


def check_simulation(
    instance: PrintingInstance,
    plans: Mapping[str, Plans],
    rows: Sequence[Mapping[str, Any]],
    notebook: Notebook,
    cycles: int | None = None,
    *,
    told: Told | None = None,
) -> None:
    """Note rows that are not there, other expectations, and statistics that cannot be.

    Of a mean without a band, where all cycles are alike, only who knows how many ``cycles`` there
    are can say whether it comes by chance. ``told`` is what the table tells of, if less than all.
    """
    takes = takes_of(instance)
    expected: dict[tuple[str, ...], tuple[float, float]] = {}
    for plan, chosen in plans.items():
        total = dict.fromkeys(WHAT, (0.0, 0.0))
        for index, ((terms, one), part) in enumerate(zip(chosen, instance.parts, strict=True)):
            found = dict(Evaluation(terms, one).amounts(1.0))
            found["stock"] = found["stock_days"] / terms.L
            needs = 0.0 if takes is None else takes[index]
            found["material_cm3"] = needs * found["prints"]
            level, each_day = float(max(one.levels)), float(terms.N * (terms.L - 1))
            most = {"orders": level + terms.N, "stock": level, "material_cm3": needs * each_day}
            for what in WHAT[: None if takes else -1]:
                sure = found[what], most.get(what, each_day)
                expected[plan, part.name, what] = sure
                total[what] = (total[what][0] + sure[0], total[what][1] + sure[1])
        for what in WHAT[: None if takes else -1]:
            expected[plan, TOGETHER, what] = total[what]
    if told is not None:
        expected = {key: at for key, at in expected.items() if ("simulation", *key[:2]) in told}
    keys = [tuple(str(row.get(key)) for key in ("plan", "part", "what")) for row in rows]
    if not notebook.require(
        keys == list(expected), "simulation: rows are missing, moved or unknown"
    ):
        return
    for key, row in zip(keys, rows, strict=True):
        exact, at_most = expected[key]
        unseen = math.inf if cycles is None else FAR * SEEN * at_most / cycles
        _check_row(notebook, f"simulation, {' '.join(key)}", row, exact, unseen)


def _check_row(
    notebook: Notebook, where: str, row: Mapping[str, Any], exact: float, unseen: float
) -> None:
    """Note what is wrong in a row; ``unseen`` is what all cycles may miss by chance."""
    notebook.require(set(row) == COLUMNS | set(QUANTILES), f"{where}: columns are missing or new")
    numbers = [row.get(name) for name in ("simulated_mean", "half_width", *QUANTILES)]
    if not notebook.require(all(map(is_number, numbers)), f"{where}: a number is none"):
        return
    notebook.same(f"{where}, exact_mean", row.get("exact_mean"), Amount(exact, 1e-9))
    mean, half, *quantiles = (float(number) for number in numbers if number is not None)
    notebook.require(
        half >= 0 and quantiles == sorted(quantiles) and quantiles[0] >= 0,
        f"{where}: quantiles must rise from 0, and the band have a width",
    )
    away = abs(mean - exact)
    if half > 0:
        inside = away <= half + 1e-9 * abs(exact)
        notebook.require(row.get("agrees") is inside, f"{where}: agrees is not {inside}")
    else:
        alike = all(abs(quantile - mean) <= 1e-9 * abs(mean) for quantile in quantiles)
        notebook.require(alike, f"{where}: cycles that are not alike have a band")
    notebook.require(
        math.isfinite(mean) and away <= (FAR * half if half > 0 else unseen + 1e-9 * abs(exact)),
        f"{where}: a mean of {mean:.6g} does not come by chance where {exact:.6g} is expected",
    )
