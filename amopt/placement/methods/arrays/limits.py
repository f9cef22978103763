"""The constraints of the file's limits on the whole plan."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.arrays.model import ArrayModel
from amopt.program.builder import Term, Variables
from amopt.program.linear import LinearProgram

__all__ = [
    "budget",
    "emission_limit",
    "exactly_one_site",
    "fill_rate",
    "most_open_sites",
    "sizes",
    "storage",
]

Floats = NDArray[np.float64]


def exactly_one_site(model: ArrayModel) -> None:
    r""":math:`\sum_i y_{it} = 1` for each period t of the central form."""
    if model.rules.exactly_one:
        _open_sites(model, "exactly_one_site", 1.0, 1.0)


def most_open_sites(model: ArrayModel) -> None:
    r""":math:`\sum_i y_{it} \le \bar y` for each period t."""
    limit = model.instance.limits.open_sites
    if limit is not None:
        _open_sites(model, "most_open_sites", -np.inf, limit)


def _open_sites(model: ArrayModel, name: str, least: float, most: float) -> None:
    period = np.tile(np.arange(model.periods), len(model.instance.sites))
    names = [period.name for period in model.instance.horizon]
    model.builder.rows(name, names, model.y.grouped(period), lower=least, upper=most)


def storage(model: ArrayModel) -> None:
    r""":math:`\sum_{k \in K_{jt}} r_k x_k \le R_j` for each place j with limited room, period t.

    With :math:`r_k` the room that the stock of column k takes, and :math:`R_j` the limit, in the
    unit of the parts' ``space``.
    """
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


def fill_rate(model: ArrayModel) -> None:
    r""":math:`\sum_k d_{kt} (1 - \phi_k) x_k / \sum_j d_{jt} \le 1 - \bar\phi` for each period t.

    One block of rows for each limit on an average, over the pairs j that it covers, with
    :math:`d_{jt}` their parts a year, :math:`\phi_k` the share of them that column k supplies from
    stock, and :math:`\bar\phi` the limit; shares, as the row itself, are between 0 and 1.
    """
    columns, rates = model.columns, model.supply.rates
    limits = model.instance.limits.fill_rate
    averages = [number for number, limit in enumerate(limits) if limit.on_average]
    terms, most = [], []
    for block, limit in enumerate(limits[number] for number in averages):
        pairs = model.supply.covered(limit.place, limit.part)
        covered = np.zeros(len(model.supply.pairs), dtype=bool)
        covered[pairs] = True
        missed = 1 - columns.fill
        used = np.flatnonzero(covered[columns.pair] & (missed > 0))
        period, demanded = columns.period[used], rates[pairs].sum(axis=0)
        share = rates[columns.pair[used], period] / demanded[period]
        terms.append(Term(model.x, block * model.periods + period, used, share * missed[used]))
        most.append(np.full(model.periods, 1 - limit.at_least))
    model.builder.rows(
        "fill_rate",
        [(n, period.name) for n in averages for period in model.instance.horizon],
        *terms,
        upper=np.concatenate([np.empty(0), *most]),
    )


def budget(model: ArrayModel) -> None:
    r""":math:`\text{cost over all periods} \le \text{budget}`."""
    _within(model, "budget", model.money, model.instance.limits.budget)


def emission_limit(model: ArrayModel) -> None:
    r""":math:`\text{kg of CO2 over all periods} \le \text{limit}`."""
    _within(model, "emission_limit", model.kg_co2, model.instance.limits.kg_co2)


def sizes(program: LinearProgram) -> Floats:
    """Return what each row is measured by: its limit, or its largest entry where that is 0.

    In the row's own unit, shape (rows,); 1 for a row without entries.
    """
    limit = np.abs(program.row_upper)
    largest = np.zeros(limit.size)
    entries = program.matrix.tocoo()
    np.maximum.at(largest, entries.row, np.abs(entries.data))
    return np.where(limit > 0, limit, np.where(largest > 0, largest, 1.0))


def _within(
    model: ArrayModel, name: str, spent: list[tuple[Variables, Floats]], limit: float | None
) -> None:
    if limit is None:
        return
    terms = []
    for variables, amounts in spent:
        used = np.flatnonzero(amounts)
        terms.append(Term(variables, np.zeros(used.size, dtype=int), used, amounts[used]))
    model.builder.rows(name, ["all periods"], *terms, upper=limit)
