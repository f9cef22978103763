"""Printed numbers beside computed ones, as words, JSON, a page, and a page of the docs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from rich.text import Text

from amopt.phrases import counted
from amopt.report.document import Document, Grid, Section
from amopt.report.machine import pretty
from amopt.report.terminal import console, print_rows
from amopt.reproduce import Number, Reproduction, Verdict, source
from amopt.reproduce.run import holds
from amopt.solution import Column

__all__ = ["COLUMNS", "as_json", "document_of", "markdown", "print_numbers", "tables_of"]

COLUMNS = (
    Column("table", "", "where in the source"),
    Column("row", "", "row of the table"),
    Column("column", "", "column of the table"),
    Column("printed", "", "as it is printed"),
    Column("computed", "", "what comes out here, with a digit more"),
    Column("verdict", "", "what comes of it"),
    Column("why", "", "why it does not reproduce, or is not derivable"),
)
"""The columns of the table."""

_MORE_DIGITS = 1


def as_json(found: Reproduction) -> str:
    """Return a reproduction as one JSON object."""
    from amopt import __version__

    return pretty(
        {
            "amopt": __version__,
            "as_recorded": found.as_recorded,
            **found.pieces.to_dict(),
            "counts": {str(verdict): count for verdict, count in found.counts().items()},
            "sources": [
                {
                    "source": name,
                    "title": source(name).title,
                    "publication": source(name).publication,
                    "numbers": [_plain(one) for one in _of(found, name)],
                    "witnesses": [{**one.model_dump(), "holds": holds(one)} for one in witnesses],
                }
                for name, witnesses in found.witnesses.items()
            ],
        }
    )


def _of(found: Reproduction, name: str) -> list[Number]:
    return [one for one in found.numbers if one.source == name]


def _plain(one: Number) -> dict[str, Any]:
    names = ("table", "row", "column", "printed", "computed", "why", "made_by", "counted")
    plain = {name: getattr(one, name) for name in names}
    return {
        **plain,
        "verdict": str(one.verdict),
        "recorded": str(one.recorded),
        "as_recorded": one.as_recorded,
    }


def _row(one: Number) -> dict[str, str]:
    """Return a number as it is shown."""
    verdict = str(one.verdict)
    cells = (one.table, one.row, one.column, one.printed, _computed(one), verdict, one.why)
    return dict(zip((column.name for column in COLUMNS), cells, strict=True))


def _computed(one: Number) -> str:
    """Return what was computed with a digit more than is printed."""
    value = one.computed
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, int):
        return f"{value:,}"
    digits = len(one.printed.partition(".")[2]) + _MORE_DIGITS
    text = f"{value:,.{digits}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text


def _counts(found: Reproduction, name: str | None = None) -> str:
    counts = found.counts(name)
    said = ", ".join(f"{count:,} {verdict}" for verdict, count in counts.items())
    return f"{counted(sum(counts.values()), 'number')}: {said}."


def print_numbers(found: Reproduction, *, everything: bool) -> None:
    """Print the numbers source by source; in short, only those that do not reproduce."""
    out = console()
    for name, witnesses in found.witnesses.items():
        out.print(Text(f"{name}: {source(name).title}", style="bold"))
        out.print(Text(_counts(found, name)))
        told = [
            one
            for one in _of(found, name)
            if everything or one.verdict is Verdict.DIFFERS or not one.as_recorded
        ]
        for table, group in groupby(told, key=lambda one: one.table):
            numbers = list(group)
            print_rows(
                [_row(one) for one in numbers],
                COLUMNS[1:],
                title=table,
                out=out,
                all_of_it="--json prints all",
                most=len(numbers),
            )
            if everything:
                out.print(Text(f"by {numbers[0].made_by}"))
        for one in told:
            if not one.as_recorded:
                at = f"{one.table}, {one.row}, {one.column}"
                out.print(Text(f"Not as recorded: {at}: {one.verdict}, recorded {one.recorded}."))
        for witness, said in zip(witnesses, _proofs(witnesses), strict=True):
            if everything:
                mark = "" if holds(witness) else " It does not come out."
                out.print(Text(f"Witness. {said}{mark}"))
    for sentence in _said(found):
        out.print(Text(sentence, style="bold"))
    if not everything:
        out.print(Text("amopt reproduce SOURCE prints every number of a source."))


def _said(found: Reproduction) -> tuple[str, ...]:
    """Return what comes of all numbers, and how far it came where Ctrl-C ended it."""
    return tuple(filter(None, [found.headline(), found.pieces.in_words("table")]))


def tables_of(found: Reproduction) -> tuple[tuple[str, ...], list[Grid]]:
    """Return what is said of a reproduction, and a table a source."""
    grids = [
        Grid(name, [_row(one) for one in _of(found, name)], COLUMNS) for name in found.witnesses
    ]
    return _said(found), grids


def document_of(found: Reproduction) -> Document:
    """Return a reproduction as a page."""
    sections = []
    for name, witnesses in found.witnesses.items():
        said = f"{_counts(found, name)} {' '.join(_proofs(witnesses))}"
        rows = [_row(one) for one in _of(found, name)]
        table = Grid(name, rows, COLUMNS, whole="in what --json prints")
        sections.append(Section(source(name).title, said, table=table))
    title = "The printed numbers of the literature, computed again"
    return Document(title, headline=_said(found), sections=sections)


def _proofs(witnesses: Sequence[Any]) -> list[str]:
    return [f"{one.of}: {one.says}: {one.arithmetic} = {one.gives}." for one in witnesses]


def markdown(found: Reproduction) -> str:
    """Return the page of the docs."""
    lines = [
        "# Every printed number, computed again",
        "",
        "What `amopt reproduce` computes of each source ([](reproduce.md) says how). "
        + found.headline(),
        "",
        "| source | " + " | ".join(map(str, Verdict)) + " |",
        "|---" * (len(Verdict) + 1) + "|",
    ]
    for name in found.witnesses:
        counts = found.counts(name)
        cells = [str(counts.get(verdict, "")) for verdict in Verdict]
        lines.append(f"| {source(name).title} | " + " | ".join(cells) + " |")
    for name, witnesses in found.witnesses.items():
        own = source(name)
        lines += ["", f"## {own.title}", "", _cell(own.publication), ""]
        lines += [_cell(own.note), ""] if own.note else []
        if witnesses:
            lines += ["What is wrong in it, to be checked by hand:", ""]
            lines += [
                f"- {_cell(one.of)}: {_cell(one.says)}: `{one.arithmetic}` = {one.gives}"
                for one in witnesses
            ]
        for table, numbers in groupby(_of(found, name), key=lambda one: one.table):
            lines += _table(table, list(numbers))
    return "\n".join(lines) + "\n"


def _table(title: str, numbers: Sequence[Number]) -> Iterator[str]:
    """Yield the lines of a table of the docs."""
    yield from ("", f"### {_cell(title)}", "", f"`{numbers[0].made_by}`", "")
    yield from ("| row | column | printed | computed | verdict |", "|---|---|---|---|---|")
    for one in numbers:
        shown = _row(one)
        yield _line([shown[name] for name in ("row", "column", "printed", "computed", "verdict")])
    for why in dict.fromkeys(one.why for one in numbers if one.why):
        said = sorted({str(one.verdict) for one in numbers if one.why == why})
        yield from ("", f"{', '.join(said).capitalize()}: {_cell(why)}")


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(map(_cell, cells)) + " |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*").replace("_", "\\_").strip()
