"""Which inputs move the answer most, as words, JSON and a page with a tornado."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from amopt.report.document import Document, Grid, Section
from amopt.report.machine import pretty
from amopt.report.terminal import console, print_rows
from amopt.report.words import gap_in_words, proven, shown
from amopt.scenarios.sensitivity import COLUMNS, Sensitivity
from amopt.solution import Column

__all__ = ["as_json", "document_of", "print_sensitivity", "tables_of"]

_MOST_BARS = 20


def as_json(found: Sensitivity) -> str:
    """Return a sensitivity as one JSON object."""
    from amopt import __version__

    return pretty(
        {
            "amopt": __version__,
            "name": found.name,
            "currency": found.currency,
            "objective_meaning": found.objective_meaning,
            **found.base.to_dict(),
            "step": found.step,
            **found.pieces.to_dict(),
            "inputs": list(found.rows),
        }
    )


def print_sensitivity(found: Sensitivity) -> None:
    """Print which inputs move the answer most."""
    out = console()
    out.print(Text(found.name, style="bold"))
    out.print(Text(found.headline()))
    for sentence in (*_base(found), *_ended_early(found)):
        out.print(Text(sentence))
    columns = [column for column in _told(found) if column.name != "note"]
    print_rows(found.rows, columns, currency=found.currency, out=out, all_of_it="--json prints all")
    for row in found.rows:
        if row["note"]:
            out.print(Text(f"{row['input'].replace('_', ' ')}, {row['note']}"))


def _base(found: Sensitivity) -> tuple[str, str]:
    """Return what the answer is as it is, and how far all answers are proven."""
    amount = shown(found.objective, "money")
    base = (
        f"As it is: {found.objective_meaning} {amount} {found.currency}, "
        f"{', '.join(filter(None, [found.base.status, proven(found.base)]))}."
    )
    none = sum(f"{way}: " in row["note"] for row in found.rows for way in ("lowered", "raised"))
    if found.loosest is None:
        if not none:
            return base, "Every answer is optimal."
        return base, f"Every answer is optimal; {none} of {2 * len(found.rows)} changes leave none."
    said = proven(found.loosest)
    if found.loosest.gap is None:
        worst = f"one {'has' if said == gap_in_words(None) else 'is'} {said}"
    else:
        worst = f"{said} at worst"
    return base, f"Not every answer is optimal ({worst}): smaller changes may be none."


def _ended_early(found: Sensitivity) -> list[str]:
    """Return how far it came, where it did not come to its end."""
    said = found.pieces.in_words("solve")
    return [f"{said} What was not tried may move the answer more."] if said else []


def tables_of(found: Sensitivity) -> tuple[tuple[str, ...], tuple[Grid]]:
    """Return what is said of a sensitivity, and its table."""
    table = Grid("inputs", found.rows, _told(found), found.currency, "in what --json prints")
    return (found.headline(), *_base(found), *_ended_early(found)), (table,)


def document_of(found: Sensitivity) -> Document:
    """Return a sensitivity as a page."""
    said, (table,) = tables_of(found)
    figure = _bars(found)
    section = Section("Which inputs move the answer most", figure=figure, table=table)
    return Document(
        f"{found.name}: which inputs move the answer", headline=said, sections=[section]
    )


def _told(found: Sensitivity) -> list[Column]:
    """Return the columns that say something; those of proofs where one is missing."""
    told = [one for one in COLUMNS if any(row[one.name] not in (None, "") for row in found.rows)]
    left = set() if found.loosest else {"status", "bound", "gap"}
    if all(abs(row["largest_step"] - 100 * found.step) < 1e-9 for row in found.rows):
        left.add("largest")  # every value was moved by the step
    return [one for one in told if one.name.partition("_")[0] not in left]


def _bars(found: Sensitivity) -> Any:
    """Return the tornado: how far each input moves the objective, lowered and raised."""
    from amopt.drawing import BLUE, YELLOW, new_figure, plain

    moved = [row for row in found.rows if row["swing"]]
    rows = sorted(moved, key=lambda row: -row["swing"])[:_MOST_BARS]
    if not rows:
        return None
    places = list(range(len(rows)))
    names = [plain(row["input"].replace("_", " ")) for row in rows]
    figure = new_figure(barmode="overlay", height=140 + 26 * len(rows))
    for way, colour in (("lowered", BLUE), ("raised", YELLOW)):
        figure.add_bar(
            name=f"{way} by {100 * found.step:.3g} %",
            y=places,
            x=[row[f"change_{way}"] for row in rows],
            base=[found.objective] * len(rows),
            orientation="h",
            marker={"color": colour},
            hovertext=names,
        )
    figure.update_yaxes(
        tickvals=places, ticktext=names, autorange="reversed", automargin=True, zeroline=False
    )
    return figure.update_xaxes(title=plain(f"{found.objective_meaning}, {found.currency}"))
