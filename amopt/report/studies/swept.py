"""What came of a sweep, as words, JSON, a page and a table for other programs."""

from __future__ import annotations

import importlib.util
from collections import Counter
from pathlib import Path
from typing import Any

from rich.text import Text

from amopt.errors import UsageError
from amopt.files import new_file, require_writable_file, write_text
from amopt.phrases import counted
from amopt.report.document import Document, Grid, Section
from amopt.report.machine import pretty
from amopt.report.terminal import console, print_rows
from amopt.scenarios.sweep.run import Sweep
from amopt.solution import Column, comma_separated

__all__ = [
    "as_json",
    "document_of",
    "print_rows_of",
    "require_writable",
    "tables_of",
    "write_table",
]

MOST_REASONS = 10
"""Reasons for no answer that are written out."""

_FORMS = (".csv", ".json", ".parquet")
_MEANINGS = {
    "status": Column("status", "", "what the answer is worth, or why there is none"),
    "objective": Column("objective", "money", "of the answer"),
    "bound": Column("bound", "money", "what no answer is better than"),
    "gap": Column("gap", "", "between them, relative"),
    "method": Column("method", "", "how it was found"),
    "seconds": Column("seconds", "s", "for the solve"),
    "note": Column("note", "", "why there is no answer"),
}


def as_json(found: Sweep) -> str:
    """Return a sweep as one JSON object."""
    from amopt import __version__

    return pretty(
        {
            "amopt": __version__,
            "name": found.name,
            "currency": found.currency,
            "objective_meaning": found.objective_meaning,
            "solved": found.solved,
            **found.pieces.to_dict(),
            **({"notes": list(found.notes)} if found.notes else {}),
            "rows": list(found.rows),
        }
    )


def _columns(found: Sweep) -> list[Column]:
    """Return the columns that say something: varied values, outcome, totals."""
    told = [
        name for name in found.columns if any(row.get(name) not in (None, "") for row in found.rows)
    ]
    return [
        _MEANINGS.get(name, Column(name, "", "varied, or a total of the answer")) for name in told
    ]


def print_rows_of(found: Sweep) -> None:
    """Print what came of each point."""
    out = console()
    out.print(Text(found.name, style="bold"))
    for sentence in _said(found):
        out.print(Text(sentence))
    kept = len(found.rows) - found.solved
    if kept:
        out.print(Text(f"{kept:,} of them had been solved before."))
    columns = [one for one in _columns(found) if one.name not in ("method", "seconds", "note")]
    print_rows(
        found.rows, columns, currency=found.currency, out=out, all_of_it="--table FILE writes all"
    )
    reasons = Counter(str(row["note"]) for row in found.rows if row["note"])
    for reason, times in reasons.most_common(MOST_REASONS):
        out.print(Text(f"{counted(times, 'point')} without an answer: {reason}"))
    if len(reasons) > MOST_REASONS:
        out.print(Text(f"And {len(reasons) - MOST_REASONS} other reasons; --json prints all."))


def _said(found: Sweep) -> tuple[str, ...]:
    """Return what came of it, and how far it came where Ctrl-C ended it."""
    return tuple(filter(None, [found.headline(), found.pieces.in_words("solve"), *found.notes]))


def tables_of(found: Sweep) -> tuple[tuple[str, ...], tuple[Grid]]:
    """Return what is said of a sweep, and its table."""
    whole = "in what --json prints"
    return _said(found), (Grid("sweep", found.rows, _columns(found), found.currency, whole),)


def document_of(found: Sweep) -> Document:
    """Return a sweep as a page."""
    said, (table,) = tables_of(found)
    section = Section("Every solve", figure=_figure(found), table=table)
    title = f"{found.name}: a sweep"
    return Document(title, headline=said, sections=[section])


def _figure(found: Sweep) -> Any:
    """Return the objective over the first varied value, a line a combination of the others."""
    from amopt.drawing import PALETTE, new_figure, plain

    lines: dict[str, list[tuple[Any, float]]] = {}
    first = ""
    for row in found.rows:
        varied = list(row)[: list(row).index("status")]
        varied.sort(key=lambda name: name in ("file", "currency"))
        if row["objective"] is not None and varied:
            first = varied[0]
            label = ", ".join(f"{name} {row[name]}" for name in varied[1:])
            lines.setdefault(label, []).append((row[first], row["objective"]))
    if not lines:
        return None
    figure = new_figure(height=420)
    for number, (label, points) in enumerate(lines.items()):
        x, y = zip(*points, strict=True)
        colour = {"color": PALETTE[number % len(PALETTE)]}
        figure.add_scatter(
            x=list(x), y=list(y), mode="lines+markers", name=plain(label), line=colour,
            marker=colour,
        )  # fmt: skip
    figure.update_xaxes(title=plain(first))
    figure.update_yaxes(title=plain(f"{found.objective_meaning}, {found.currency}"))
    return figure


def require_writable(path: Path) -> None:
    """Refuse a table that could not be written later.

    Raises
    ------
    UsageError
        When its name has no known ending, the file cannot be written, or a package is missing.
    """
    if path.suffix.lower() not in _FORMS:
        raise UsageError(f"name a file that ends in {', '.join(_FORMS[:-1])} or {_FORMS[-1]}")
    if path.suffix.lower() == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        raise UsageError("parquet needs one more package: python -m pip install pyarrow")
    require_writable_file(path)


def write_table(found: Sweep, path: Path) -> None:
    """Write the table, whole or not at all, in the form that the file's name says."""
    require_writable(path)
    suffix = path.suffix.lower()
    if suffix == ".csv":
        write_text(
            path, comma_separated(found.rows, [Column(name, "", "") for name in found.columns])
        )
    elif suffix == ".json":
        write_text(path, as_json(found))
    else:
        import pandas as pd

        texts = {name for row in found.rows for name, one in row.items() if isinstance(one, str)}
        columns = {
            name: [
                str(one) if name in texts and one is not None else one
                for one in (row.get(name) for row in found.rows)
            ]
            for name in found.columns
        }
        with new_file(path) as temporary:
            pd.DataFrame(columns).to_parquet(temporary)
