"""A factorial of maintenance as a page: how much more the policies cost than the best plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from amopt.report.document import Document, Grid, Section
from amopt.report.machine import pretty
from amopt.solution import Column, Table

if TYPE_CHECKING:
    from amopt.maintenance.study import Variants

__all__ = ["POLICIES", "as_json", "document_of", "table_of"]

POLICIES = ("B", "TR", "DA")
"""The policies beside the best plan."""

_OUTCOME = {
    **{name: Column(name, "money", f"cost a day of the policy {name}") for name in POLICIES},
    "best": Column("best", "money", "cost a day of the best plan"),
    "bound": Column("bound", "money", "what no plan costs less than"),
}


def as_json(found: Variants) -> str:
    """Return a factorial as one JSON object."""
    from amopt import __version__

    return pretty({"amopt": __version__, **found.pieces.to_dict(), "variants": found.rows})


def table_of(currency: str, rows: Table) -> Grid:
    """Return the table of a factorial."""
    columns = [
        _OUTCOME.get(column, Column(column, "", "varied")) for column in (rows[0] if rows else ())
    ]
    return Grid("variants", rows, columns, currency, "in what --json prints")


def document_of(name: str, currency: str, rows: Table, said: Sequence[str]) -> Document:
    """Return the page of a factorial.

    Parameters
    ----------
    name, currency
        Those of the instance.
    rows
        A row a variant, as :func:`amopt.maintenance.study.variants` returns them.
    said
        What they show, in sentences.
    """
    picture = Section("How much more than the best plan each policy costs", figure=_more(rows))
    table = table_of(currency, rows)
    return Document(
        f"{name}: every variant",
        headline=said,
        sections=[picture, Section("Every variant", table=table)],
    )


def _more(rows: Table) -> Any:
    """Return for each policy, in hundredths, what it costs more, the least variant first."""
    from amopt.drawing import PALETTE, new_figure

    figure = new_figure(height=420)
    for policy, colour in zip(POLICIES, PALETTE, strict=False):
        more = sorted(
            100 * (row[policy] / row["best"] - 1)
            for row in rows
            if row[policy] is not None and row["best"] > 0
        )
        if more:
            figure.add_scatter(
                x=list(range(1, len(more) + 1)),
                y=more,
                mode="lines",
                line={"color": colour, "width": 2.5},
                name=f"policy {policy}",
            )
    figure.update_xaxes(title="variants in which it is no more than that", rangemode="tozero")
    return figure.update_yaxes(title="more than the best plan", ticksuffix=" %", rangemode="tozero")
