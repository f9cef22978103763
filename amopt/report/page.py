"""The answer as one HTML file: words, pictures, tables, and what the answer is worth.

The page needs no network. Names from the instance are untrusted: jinja2 escapes every one.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amopt.errors import UsageError
from amopt.files import require_writable_file, write_text
from amopt.report.words import idle_columns, left_out, shown, worth
from amopt.solution import Column, Solution

if TYPE_CHECKING:
    from amopt.instance.common import Instance

__all__ = ["MOST_ROWS", "environment", "render", "require_writable", "write_page", "write_sections"]

PLAIN = {"displayModeBar": False, "responsive": True}
"""Pictures without a toolbar over them."""

MOST_ROWS = 2_000
"""Rows of a table that the page shows: a browser copes, and the csv files hold them all."""


def require_writable(path: str | Path) -> None:
    """Refuse a page that could not be written later.

    Raises
    ------
    UsageError
        When the ``report`` extra is not installed, or the file cannot be written.
    """
    if not all(importlib.util.find_spec(name) for name in ("jinja2", "plotly")):
        raise _missing()
    require_writable_file(path)


def write_page(instance: Instance, solution: Solution, path: str | Path) -> None:
    """Write the page to ``path``, whole or not at all; see :func:`render`.

    Raises
    ------
    UsageError
        When the ``report`` extra is not installed, or the file cannot be written.
    """
    write_text(path, render(instance, solution))


def render(instance: Instance, solution: Solution) -> str:
    """Return the page as HTML text.

    Parameters
    ----------
    instance, solution
        The question and its answer.

    Raises
    ------
    UsageError
        When the ``report`` extra is not installed.
    """
    text: str = (
        environment()
        .get_template("page.html")
        .render(
            instance=instance,
            solution=solution,
            headline=solution.headline(),
            pictures=_pictures(_figures(instance, solution)),
            tables=[_table(solution, name) for name, rows in solution.rows.items() if rows],
            worth=worth(solution),
        )
    )
    return text


def environment() -> Any:
    """Return what fills the templates of pages; every text that is put in is escaped.

    Raises
    ------
    UsageError
        When the ``report`` extra is not installed.
    """
    try:
        from jinja2 import Environment, PackageLoader
    except ModuleNotFoundError as error:
        raise _missing() from error
    return Environment(
        loader=PackageLoader("amopt.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )


def write_sections(
    path: str | Path,
    title: str,
    sections: Sequence[Mapping[str, Any]],
    columns: Sequence[Column],
    numbers: Sequence[str],
    *,
    currency: str = "",
) -> None:
    """Write a page of sections, each a sentence, a picture and a table, whole or not at all.

    Parameters
    ----------
    path, title
        Of the page.
    sections
        Each with ``title``, ``sentence``, ``picture`` (HTML), ``rows`` (texts) and ``more``, the
        number of rows that are left out.
    columns, numbers
        The columns of the tables, and the names of those that hold numbers.
    currency
        The unit of columns of money.

    Raises
    ------
    UsageError
        When the ``report`` extra is not installed, or the file cannot be written.
    """
    headings = [
        (
            column.name.replace("_", " "),
            column.meaning,
            column.name in numbers,
            currency if column.unit == "money" else column.unit,
        )
        for column in columns
    ]
    template = environment().get_template("sections.html")
    write_text(path, template.render(title=title, sections=sections, columns=headings))


def _missing() -> UsageError:
    """Return the error that says which extra the page needs."""
    return UsageError("the page needs two more packages: python -m pip install jinja2 plotly")


def _figures(instance: Instance, solution: Solution) -> Mapping[str, Any]:
    """Return the decision's figures by title."""
    room = f"amopt.{solution.kind}.answer.figures"
    if importlib.util.find_spec(room) is None:
        return {}
    found: Mapping[str, Any] = importlib.import_module(room).figures(instance, solution)
    return found


def _pictures(figures: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return figures as HTML by title; the first one carries the plotting library."""
    for figure in figures.values():
        figure.update_layout(margin={"t": 20}, template="plotly_white")
    return [
        (title, figure.to_html(full_html=False, include_plotlyjs=number == 0, config=PLAIN))
        for number, (title, figure) in enumerate(figures.items())
    ]


def _table(solution: Solution, name: str) -> dict[str, Any]:
    """Return what the template needs of one table."""
    rows = solution.rows[name]
    columns: Sequence[Column] = solution.columns.get(name) or [
        Column(key, "", "") for key in rows[0]
    ]
    columns = [
        column for column in columns if any(row.get(column.name) is not None for row in rows)
    ]
    idle = idle_columns(rows, columns)
    columns = [column for column in columns if column.name not in idle]
    return {
        "name": name.replace("_", " "),
        "zero": left_out(idle) if idle else "",
        "columns": [
            (
                column.name.replace("_", " "),
                solution.currency if column.unit == "money" else column.unit,
                column.meaning,
            )
            for column in columns
        ],
        "rows": [
            [
                (shown(row.get(column.name), column.unit), _is_number(row.get(column.name)))
                for column in columns
            ]
            for row in rows[:MOST_ROWS]
        ],
        "left_out": max(0, len(rows) - MOST_ROWS),
    }


def _is_number(value: Any) -> bool:
    """Whether a value is a number, to be set to the right."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
