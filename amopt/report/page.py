"""The answer as one HTML file: words, pictures, tables, and what the answer is worth.

The page needs no network, and no script to be read: a script sorts, filters and downloads its
tables, and lets a pointer ask its pictures. Names from the instance are untrusted: every one is
escaped.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amopt.errors import UsageError
from amopt.files import require_writable_file, write_text
from amopt.instance.collector_pause import collector_paused
from amopt.outcome import versions
from amopt.phrases import visible
from amopt.report.document import Document, Grid, Section
from amopt.report.words import worth
from amopt.solution import Solution

if TYPE_CHECKING:
    from amopt.instance.common import Instance

__all__ = [
    "LARGEST",
    "LIGHTEST",
    "document_of",
    "figures",
    "render",
    "render_document",
    "require_writable",
    "write_document",
]

LARGEST, LIGHTEST = 6_000_000, 300_000
"""Bytes that a page and a light page may have: what mail and phones bear."""

FRAME = 40_000
"""Bytes of a page that are neither rows nor pictures."""


_OF_OTHERS = (".xlsx", ".xlsm", ".yaml", ".yml", ".json", ".toml", ".csv", ".parquet")
"""Endings of what is no page."""


def require_writable(path: str | Path) -> None:
    """Refuse a page that could not be written later.

    Raises
    ------
    UsageError
        When the ``report`` extra is not installed, or the file cannot be written, or is one of
        another kind, such as the instance itself.
    """
    if not all(importlib.util.find_spec(name) for name in ("jinja2", "plotly")):
        raise _missing()
    require_writable_file(path)
    if Path(path).suffix.lower() in _OF_OTHERS:
        raise UsageError(f"name a file that ends in .html, not {path}")
    if Path(path).is_file():
        with Path(path).open("rb") as file:
            begins = file.read(64).lstrip().lower()
        if begins and not begins.startswith(b"<!doctype html"):
            raise UsageError(f"{path} is there and is no page: name another file, or delete it")


@collector_paused()
def write_document(document: Document, path: str | Path, *, light: bool = False) -> None:
    """Write a page of any content, whole or not at all; see :func:`render_document`.

    Raises
    ------
    UsageError
        When the ``report`` extra is not installed, or the file cannot be written.
    """
    write_text(path, render_document(document, light=light))


def render(instance: Instance, solution: Solution, *, light: bool = False) -> str:
    """Return the page as HTML text.

    Parameters
    ----------
    instance, solution
        The question and its answer.
    light
        Whether pictures are SVG alone, so that the page is small.

    Raises
    ------
    UsageError
        When the ``report`` extra is not installed.
    """
    return render_document(document_of(instance, solution), light=light)


@collector_paused()
def document_of(instance: Instance | None, solution: Solution) -> Document:
    """Return the page of an answer before it is written; one of arrays has no instance."""
    source = f" · source: {instance.source}" if instance is not None and instance.source else ""
    money = f" · amounts in {instance.currency}" if instance is not None else ""
    drawn = figures(instance, solution)
    tables = [
        Grid(name, rows, solution.columns.get(name) or (), solution.currency)
        for name, rows in solution.rows.items()
        if rows
    ]
    return Document(
        title=solution.name,
        aside=f"{solution.kind}{source}{money}",
        headline=solution.headline(),
        worth=worth(solution),
        notes=solution.notes,
        sections=[
            *(Section(title, figure=figure) for title, figure in drawn.items()),
            *(Section(table.name.replace("_", " "), table=table) for table in tables),
        ],
        versions=solution.outcome.versions,
        mark=solution.fingerprint[:12],
    )


def render_document(document: Document, *, light: bool = False) -> str:
    """Return a page of any content as HTML text.

    Parameters
    ----------
    document
        The page.
    light
        Whether pictures are SVG alone, so that the page is small.

    Raises
    ------
    UsageError
        When the ``report`` extra is not installed.
    """
    try:
        from jinja2 import Environment, PackageLoader
        from markupsafe import Markup
    except ModuleNotFoundError as error:
        raise _missing() from error
    from amopt.report.grids import bodies
    from amopt.report.pictures import pictures, plotting_library

    sections = document.sections
    titled = [(one.title, one.figure) for one in sections if one.figure is not None]
    drawn = list(pictures(titled, light=light))
    library = Markup() if light or not drawn else plotting_library()
    room = (LIGHTEST if light else LARGEST) - FRAME - len(library.encode())
    room -= sum(picture.size for picture in drawn)
    tables = bodies([one.table for one in sections if one.table is not None], room)
    held, shown = iter(drawn), iter(tables)
    filled = [
        {
            "title": one.title,
            "sentence": one.sentence,
            "picture": next(held) if one.figure is not None else None,
            "table": next(shown) if one.table is not None else None,
        }
        for one in sections
    ]
    environment = Environment(
        loader=PackageLoader("amopt.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        finalize=lambda held: visible(held) if type(held) is str else held,
    )  # fmt: skip
    text: str = environment.get_template("page.html").render(
        document=document,
        sections=filled,
        library=library,
        versions=document.versions or versions("amopt"),
    )
    return text


def _missing() -> UsageError:
    """Return the error that says which extra the page needs."""
    return UsageError("the page needs two more packages: python -m pip install jinja2 plotly")


def figures(instance: Instance | None, solution: Solution) -> Mapping[str, Any]:
    """Return the plotly figures of an answer by title: those that its page draws.

    Parameters
    ----------
    instance, solution
        The question and its answer; an answer about bare arrays has no instance.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    own = f"{type(solution).__module__.rpartition('.')[0]}.figures"
    for room in (own, f"amopt.{solution.kind}.answer.figures"):
        if importlib.util.find_spec(room) is not None:
            found: Mapping[str, Any] = importlib.import_module(room).figures(instance, solution)
            return found
    return {}
