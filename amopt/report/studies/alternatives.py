"""Plans that cost little more than the best one, as words, JSON and a page."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from amopt.outcome import Stopped
from amopt.report.compared import cells
from amopt.report.document import Document, Grid, Section
from amopt.report.machine import pretty
from amopt.report.terminal import console, print_rows
from amopt.report.words import shown, worth
from amopt.scenarios.alternatives import CHANGED, COLUMNS, Alternatives

__all__ = ["as_json", "document_of", "print_alternatives", "tables_of"]


def as_json(found: Alternatives) -> str:
    """Return the plans as one JSON object."""
    from amopt import __version__

    return pretty(
        {
            "amopt": __version__,
            "name": found.name,
            "currency": found.currency,
            "objective_meaning": found.objective_meaning,
            "within": found.within,
            "apart": found.apart,
            "complete": found.complete,
            "stopped": str(Stopped.INTERRUPTED if found.interrupted else Stopped.FINISHED),
            "others_cost": found.others_cost,
            "plans": list(found.rows),
            "changes": list(found.changes),
        }
    )


def print_alternatives(found: Alternatives) -> None:
    """Print the plans, and what is proven of all others."""
    out = console()
    out.print(Text(found.name, style="bold"))
    for sentence in _said(found):
        out.print(Text(sentence))
    print_rows(found.rows, COLUMNS, currency=found.currency, out=out, all_of_it="--json prints all")


def _said(found: Alternatives) -> list[str]:
    """Return what was found, and what is proven of the rest."""
    if found.others_cost is None:
        rest = "No other plan meets every requirement."
    else:
        amount = f"{shown(found.others_cost, 'money')} {found.currency}"
        worse = "more" if found.sense > 0 else "less"
        rest = f"Every plan not listed that differs as much comes to {amount} or {worse}: proven."
    best = found.answers[0]
    said = f"The best: {worth(best)}"
    return [found.headline(), said, rest]


def tables_of(found: Alternatives) -> tuple[list[str], list[Grid]]:
    """Return what is said of plans, and the tables of them and of what each changes."""
    grids = [
        Grid("plans", found.rows, COLUMNS, found.currency),
        Grid("changes", found.changes, CHANGED, found.currency),
    ]
    return _said(found), grids


def document_of(found: Alternatives) -> Document:
    """Return the plans as a page."""
    plans = Grid("plans", found.rows, COLUMNS, found.currency, "in what --json prints")
    sections = [Section("Plans", figure=_bars(found), table=plans)]
    for row in found.rows[1:]:
        number = row["plan"]
        changes = [
            {name: cell for name, cell in cells(one, found.currency).items() if name != "plan"}
            for one in found.changes
            if one["plan"] == number
        ]
        table = Grid(f"changes {number}", changes, CHANGED[1:], whole="in what --json prints")
        title = f"What plan {number} changes"
        sections.append(Section(title, row["what"], None, table if changes else None))
    said = tuple(_said(found))
    return Document(f"{found.name}: other plans", headline=said, sections=sections)


def _bars(found: Alternatives) -> Any:
    """Return how much more each plan costs than the best; None where there is no other."""
    from amopt.drawing import BLUE, new_figure, plain

    others = found.rows[1:]
    if not others:
        return None
    names = [f"plan {row['plan']}" for row in others]
    figure = new_figure(height=140 + 30 * len(others), showlegend=False)
    figure.add_bar(
        y=names,
        x=[row["more"] for row in others],
        orientation="h",
        marker={"color": BLUE},
        hovertext=[plain(row["what"]) for row in others],
    )
    figure.update_yaxes(autorange="reversed", automargin=True, zeroline=False)
    beside = "beyond" if found.sense > 0 else "less than"
    return figure.update_xaxes(title=f"{beside} the best plan, {plain(found.currency)}")
