"""The summary that a planner reads in the terminal."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from amopt.errors import AmoptError, InfeasibleError, InvalidInstanceError
from amopt.instance.findings import Finding, Severity
from amopt.phrases import counted, visible
from amopt.report.words import idle_columns, left_out, rounding_of, shown, worth
from amopt.solution import Column, Solution

__all__ = [
    "console",
    "print_error",
    "print_findings",
    "print_policy",
    "print_rows",
    "print_solution",
]

MOST_ROWS = 40
"""Rows of a table that the summary shows; ``--out`` writes them all."""

MOST_FINDINGS = 50
"""Findings that are written out; the rest are counted by code."""

WIDTH_WHEN_PIPED = 160

WIDTH_OF_HEADER = 12
"""Letters of a header's line, before it breaks between words."""

WIDTH_BETWEEN = 3
"""Blanks between two columns."""


def console(*, to_errors: bool = False) -> Console:
    """Return a console on standard output or standard error: plain and wide when piped."""
    stream = sys.stderr if to_errors else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else WIDTH_WHEN_PIPED
    return _Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


class _Console(Console):
    """A console that no text of a file steers."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print texts with signs for their control characters, anything else as it is."""
        for held in objects:
            if isinstance(held, Text):
                held.plain = visible(held.plain)
        super().print(*objects, **options)


def print_solution(solution: Solution) -> None:
    """Print what to do, the tables behind it, and what the answer is worth."""
    out = console()
    out.print(Text(f"{solution.name} ({solution.kind})", style="bold"))
    for sentence in solution.headline():
        out.print(Text(sentence))
    for name in solution.rows:
        rows, folded = solution.worth_showing(name)
        columns = [
            column
            for column in solution.columns.get(name, ())
            if column.shown and any(row.get(column.name) is not None for row in rows)
        ]
        idle = idle_columns(rows, columns)
        columns = [column for column in columns if column.name not in idle]
        if rows and columns:
            print_rows(rows, columns, title=name, currency=solution.currency, out=out)
        if rows and idle:
            out.print(Text(left_out(idle)))
        if folded:
            out.print(Text(folded))
    out.print(Text(worth(solution)))
    for note in solution.notes:
        out.print(Text(f"Note: {note}"))


def print_rows(
    rows: Sequence[Any],
    columns: Sequence[Column],
    *,
    title: str = "",
    currency: str = "",
    out: Console | None = None,
    all_of_it: str = "--out FOLDER writes all",
    most: int = MOST_ROWS,
) -> None:
    """Print the first rows of a table, and as many columns as there is room for."""
    out = out or console()
    least = rounding_of(rows, columns)
    texts = {
        column.name: [
            shown(row.get(column.name), column.unit, least, column.digits) for row in rows[:most]
        ]
        for column in columns
    }
    fitting = _fitting(columns, texts, currency, out.width)
    table = Table(
        title=Text(title.replace("_", " ")) if title else None,
        box=SIMPLE_HEAD,
        title_justify="left",
        pad_edge=False,
    )
    for column in fitting:
        numeric = any(isinstance(row.get(column.name), (int, float)) for row in rows[:most])
        justify: JustifyMethod = "right" if numeric else "left"
        table.add_column(Text("\n".join(_header(column, currency))), justify=justify)
    for cells in zip(*(texts[column.name] for column in fitting), strict=True):
        table.add_row(*(Text(cell, no_wrap=True, overflow="ellipsis") for cell in cells))
    _print_table(table, out)
    hidden = [column.name.replace("_", " ") for column in columns[len(fitting) :]]
    if hidden:
        out.print(Text(f"No room for: {', '.join(hidden)}; {all_of_it}."))
    if len(rows) > most:
        out.print(Text(f"... and {len(rows) - most:,} more rows; {all_of_it}."))


def _header(column: Column, currency: str) -> list[str]:
    """Return the lines of a column's header: its name, a word or two a line, and its unit."""
    unit = currency if column.unit == "money" else column.unit
    lines: list[str] = []
    for word in [*column.name.split("_"), *([unit] if unit else [])]:
        if lines and word != unit and len(lines[-1]) + len(word) < WIDTH_OF_HEADER:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _fitting(
    columns: Sequence[Column], texts: Mapping[str, Sequence[str]], currency: str, width: int
) -> list[Column]:
    """Return the first columns that a line holds without breaking a number in two."""
    used = 0
    fitting: list[Column] = []
    for column in columns:
        lines = [*texts[column.name], *_header(column, currency)]
        used += max(map(len, lines)) + WIDTH_BETWEEN
        if used > width and fitting:
            break
        fitting.append(column)
    return fitting


def _print_table(table: Table, out: Console) -> None:
    """Print a table; piped, without blanks at the ends of lines."""
    if out.is_terminal:
        out.print(table)
        return
    with out.capture() as captured:
        out.print(table)
    for line in captured.get().splitlines():
        out.print(Text(line.rstrip()))


def print_policy(rows: Sequence[Any]) -> None:
    """Print what to do by net stock (down) and days to the replenishment (across).

    Neighbouring days with the same decisions share a column.
    """
    levels = sorted({row["net_stock"] for row in rows}, reverse=True)
    by_day: dict[int, dict[int, str]] = {}
    for row in rows:
        by_day.setdefault(row["days_to_go"], {})[row["net_stock"]] = _decision(row)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("net stock", justify="right")
    runs = [list(run) for _, run in groupby(sorted(by_day, reverse=True), key=by_day.__getitem__)]
    for run in runs:
        days = f"{run[0]}" if len(run) == 1 else f"{run[0]} to {run[-1]}"
        table.add_column(f"{days} days to go" if run[0] else "replenishment")
    for level in levels:
        table.add_row(str(level), *(by_day[run[0]][level] for run in runs))
    _print_table(table, console())


def _decision(row: Any) -> str:
    """Return what is done in one state, with the number of parts."""
    if row["action"] == "none":
        return "."
    return f"{row['action']} {row['parts']}" if row["parts"] else str(row["action"])


def print_findings(findings: Sequence[Finding], *, to_errors: bool = False) -> None:
    """Print what is wrong with an instance, errors first."""
    out = console(to_errors=to_errors)
    ranked = sorted(findings, key=lambda found: found.severity is not Severity.ERROR)
    for finding in ranked[:MOST_FINDINGS]:
        style = "bold red" if finding.severity is Severity.ERROR else "bold yellow"
        line = Text.assemble(
            (f"{finding.severity} {finding.code}", style), f"  {finding.where}\n    "
        )
        line.append(finding.message)
        if finding.advice:
            line.append(f"\n    {finding.advice}")
        out.print(line)
    rest = Counter(finding.code for finding in ranked[MOST_FINDINGS:])
    if rest:
        counts = ", ".join(f"{count:,} {code}" for code, count in rest.most_common())
        out.print(Text(f"... and {rest.total():,} more ({counts}); --json lists them all."))


def print_error(error: AmoptError) -> None:
    """Print an error on standard error, with everything that the planner needs to mend it."""
    out = console(to_errors=True)
    if isinstance(error, InvalidInstanceError):
        print_findings(error.findings, to_errors=True)
        out.print(Text(f"{counted(len(error.findings), 'finding')}; nothing was solved."))
        return
    out.print(Text.assemble(("error", "bold red"), f"  {error}"))
    if isinstance(error, InfeasibleError) and not error.conflicts:  # else the message says it all
        for title, lines in (
            ("These clash:", error.conflict),
            ("Least changes that mend it:", error.remedies),
        ):
            if lines:
                out.print(Text(title))
            for line in lines:
                out.print(Text(f"  - {line}"))
    for note in getattr(error, "__notes__", ()):
        out.print(Text(note))
