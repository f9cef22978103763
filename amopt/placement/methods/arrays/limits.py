"""The constraints of the file's limits on the whole plan."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.arrays.model import Model
from amopt.program.builder import Term, Variables

__all__ = ["budget", "emissions", "fill_rate", "most_open_sites", "storage"]

Floats = NDArray[np.float64]


def most_open_sites(model: Model) -> None:
    r""":math:`\sum_i y_{it} \le \bar y` for each period t; exactly one site in the central form."""
    central, limit = model.form == "central", model.instance.limits.open_sites
    if not central and limit is None:
        return
    most = 1.0 if central else float(limit or 0)
    if central and limit is not None:
        most = min(1.0, limit)
    period = np.tile(np.arange(model.periods), len(model.instance.sites))
    model.builder.rows(
        "most_open_sites",
        [period.name for period in model.instance.horizon],
        model.y.grouped(period),
        lower=1.0 if central else -np.inf,
        upper=most,
    )


def storage(model: Model) -> None:
    r""":math:`\sum_{k \in K_{jt}} r_k x_k \le R_j` for each place j with limited room, period t."""
    limits, columns, periods = model.instance.limits.storage, model.columns, model.periods
    at = np.full(len(model.supply.pairs), -1)
    for row, limit in enumerate(limits):
        at[model.supply.covered(limit.place, None)] = row
    used = np.flatnonzero((at[columns.pair] >= 0) & (columns.space > 0))
    model.builder.rows(
        "storage",
        [(limit.place, period.name) for limit in limits for period in model.instance.horizon],
        Term(
            model.x, at[columns.pair[used]] * periods + columns.period[used], used,
            columns.space[used],
        ),
        upper=np.repeat([limit.at_most for limit in limits], periods),
    )  # fmt: skip


def fill_rate(model: Model) -> None:
    r""":math:`\sum_k d_k \phi_k x_k \ge \bar\phi \sum_k d_k` for each fill rate met on average."""
    columns, rates = model.columns, model.supply.rates
    for number, limit in enumerate(model.instance.limits.fill_rate):
        if not limit.on_average:
            continue
        pairs = model.supply.covered(limit.place, limit.part)
        covered = np.zeros(len(model.supply.pairs), dtype=bool)
        covered[pairs] = True
        used = np.flatnonzero(covered[columns.pair])
        met = rates[columns.pair[used], columns.period[used]] * columns.fill[used]
        model.builder.rows(
            f"fill_rate_{number}",
            [period.name for period in model.instance.horizon],
            Term(model.x, columns.period[used], used, met),
            lower=limit.at_least * rates[pairs].sum(axis=0),
        )


def budget(model: Model) -> None:
    r""":math:`\text{cost over all periods} \le \text{budget}`."""
    _within(model, "budget", model.money, model.instance.limits.budget)


def emissions(model: Model) -> None:
    r""":math:`\text{kg of CO2 over all periods} \le \text{limit}`."""
    _within(model, "emissions", model.kg_co2, model.instance.limits.kg_co2)


def _within(
    model: Model, name: str, spent: list[tuple[Variables, Floats]], limit: float | None
) -> None:
    if limit is None:
        return
    terms = []
    for variables, amounts in spent:
        used = np.flatnonzero(amounts)
        terms.append(Term(variables, np.zeros(used.size, dtype=int), used, amounts[used]))
    model.builder.rows(name, ["all periods"], *terms, upper=limit)
