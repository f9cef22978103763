"""An instance before it is solved, as words, JSON and a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from amopt.report.document import Document, Grid, Section
from amopt.report.terminal import console, print_rows

if TYPE_CHECKING:
    from amopt.overview import Overview

__all__ = ["TITLES", "document_of", "print_overview"]

TITLES = {
    "contents": "What the file holds",
    "demand": "Demand against capacity",
    "unreached": "Places that are cut off",
    "oddities": "Odd in the data",
    "program": "Size of the program",
}
"""What the tables are called."""


def print_overview(overview: Overview) -> None:
    """Print what an instance holds."""
    out = console()
    out.print(Text(f"{overview.name} ({overview.kind})", style="bold"))
    for sentence in overview.headline():
        out.print(Text(sentence))
    for name, rows in overview.rows.items():
        if rows and name != "contents":
            print_rows(
                rows,
                overview.columns[name],
                title=TITLES[name],
                out=out,
                all_of_it="--json prints all",
            )


def document_of(overview: Overview) -> Document:
    """Return an overview as a page."""
    tables = [
        Section(TITLES[name], table=Grid(name, rows, overview.columns[name], overview.currency,
                                         "in what --json prints"))
        for name, rows in overview.rows.items()
        if rows
    ]  # fmt: skip
    source = f" · source: {overview.instance.source}" if overview.instance.source else ""
    return Document(
        overview.name,
        aside=f"{overview.kind}{source} · not solved",
        headline=overview.headline(),
        notes=[str(finding) for finding in overview.instance.warnings],
        sections=[
            *(Section(title, figure=figure) for title, figure in overview.figures().items()),
            *tables,
        ],
        mark=overview.instance.fingerprint()[:12],
    )
