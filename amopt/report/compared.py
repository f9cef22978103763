"""What changed from one instance or answer to another, as words, JSON and a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from amopt.phrases import counted
from amopt.report.document import Document, Grid, Said, Section
from amopt.report.machine import pretty
from amopt.report.terminal import console, print_rows
from amopt.report.words import proven, shown, worth
from amopt.scenarios.comparison import COLUMNS, Comparison, Solved

__all__ = ["as_json", "cells", "document_of", "print_comparisons", "tables_of"]

_TITLES = {"data": "What changed in the data", "answers": "What changed in the answer"}

_NUMBERS = ("before", "after", "change", "relative_change")
_MOST_BARS = 15
_LONGEST = 32


def as_json(found: Mapping[str, Comparison], solves: Solved | None = None) -> str:
    """Return comparisons as one JSON object, and how many of the solves for them are done."""
    from amopt import __version__

    return pretty(
        {
            "amopt": __version__,
            **({} if solves is None else solves.pieces.to_dict()),
            **{
                name: {
                    "before": one.before,
                    "after": one.after,
                    "currency": one.currency,
                    **_worth(one),
                    "changes": list(one.rows),
                }
                for name, one in found.items()
            },
        }
    )


def _worth(one: Comparison) -> dict[str, Any]:
    """Return what both answers are worth, as plain data."""
    if one.worth is None:
        return {}
    before, after = one.worth
    return {"worth": {"before": before.to_dict(), "after": after.to_dict()}}


def print_comparisons(found: Mapping[str, Comparison], solves: Solved | None = None) -> None:
    """Print what changed, the largest changes first, and what Ctrl-C left of the solves for it."""
    out = console()
    for sentence in _ended_early(solves):
        out.print(Text(sentence))
    for name, one in found.items():
        out.print(Text(f"{_TITLES[name]}: {one.before} -> {one.after}", style="bold"))
        out.print(Text(_sentence(one)))
        if one.rows:
            rows = [_words(row, one.currency, typed=_typed(one)) for row in one.rows]
            print_rows(rows, COLUMNS, out=out, all_of_it="--json prints all")


def _ended_early(solves: Solved | None) -> list[str]:
    """Return how far the solves came where Ctrl-C ended them, and the answer that is alone."""
    if solves is None or not (said := solves.pieces.in_words("solve")):
        return []
    if solves.both is not None:
        return [said]
    (alone,) = solves.answers
    return [f"{said} There is no second answer to compare with.", f"{alone.name}: {worth(alone)}"]


def _sentence(one: Comparison) -> str:
    """Return how much changed, in words, and what two answers are worth."""
    objective = _objective(one)
    said = [f"{name.replace('_', ' ')} {number}" for name, number in one.tables.items()]
    changed = f"{counted(len(one.rows), 'change')}: {', '.join(said)}."
    sentences = [*objective, changed if one.rows else "Nothing changed."]
    if one.worth is not None:
        before, after = (", ".join(filter(None, [s.status, proven(s)])) for s in one.worth)
        both = f"Before: {before}; after: {after}."
        sentences.append(f"Both: {before}." if before == after else both)
    return " ".join(sentences)


def _objective(one: Comparison) -> list[str]:
    """Return what became of the objective; nothing where either answer has none."""
    if one.worth is None or not one.objective_meaning:
        return []
    before, after = (side.objective for side in one.worth)
    if before is None or after is None:
        return []
    old, new = shown(before, "money"), shown(after, "money")
    meaning = f"{one.objective_meaning[:1].upper()}{one.objective_meaning[1:]}"
    if old == new:
        return [f"{meaning}: {new} {one.currency}, as before."]
    change = shown(abs(after - before), "money")
    share = f" ({100 * abs(after - before) / abs(before):.3g} %)" if before else ""
    way = "more" if after > before else "less"
    return [f"{meaning}: {new} {one.currency}, {change}{share} {way} than {old}."]


def _typed(one: Comparison) -> bool:
    """Whether numbers are those that somebody typed."""
    return one.worth is None


def _words(row: Mapping[str, Any], currency: str, *, typed: bool) -> dict[str, Any]:
    """Return a row as it is shown: numbers of an answer in their unit, data as it was typed."""
    unit = row["unit"]
    said = {**row, "what": row["what"].replace("_", " "), "table": row["table"].replace("_", " ")}
    for name in ("before", "after", "change"):
        value = row[name]
        exact = typed and isinstance(value, float)
        said[name] = f"{value:,.12g}" if exact else _short(shown(value, unit))
    said["relative_change"] = shown(row["relative_change"], "%")
    said["unit"] = currency if unit == "money" else unit
    return said


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def tables_of(
    found: Mapping[str, Comparison], solves: Solved | None = None
) -> tuple[list[str], list[Grid]]:
    """Return what is said of comparisons, and their tables: each number as it is, with its unit."""
    said = _ended_early(solves)
    said += [f"{_TITLES[name]}: {_sentence(one)}" for name, one in found.items()]
    grids = [Grid(name, one.rows, COLUMNS, one.currency) for name, one in found.items()]
    return said, grids


def document_of(found: Mapping[str, Comparison], solves: Solved | None = None) -> Document:
    """Return comparisons as a page."""
    first = next(iter(found.values()))
    sections = []
    for name, one in found.items():
        rows = [cells(row, one.currency, typed=_typed(one)) for row in one.rows]
        table = Grid(f"{name} changed", rows, COLUMNS, whole="in what --json prints")
        sections.append(Section(_TITLES[name], _sentence(one), _bars(one), table if rows else None))
    title = f"{first.before} \u2192 {first.after}"
    return Document(title, headline=_ended_early(solves), sections=sections)


def cells(row: Mapping[str, Any], currency: str, *, typed: bool = False) -> dict[str, Any]:
    """Return a row as cells that are sorted by their values; ``typed`` keeps all digits."""
    said = _words(row, currency, typed=typed)
    return {
        name: Said(row[name], text) if name in _NUMBERS and _is_number(row[name]) else text
        for name, text in said.items()
    }


def _apart(one: Comparison) -> Iterator[Mapping[str, Any]]:
    """Yield the changes of money, of answers each total once: several tables tell the same."""
    told: dict[tuple[Any, Any], str] = {}
    for row in one.rows:
        if row["unit"] != "money" or not row["change"]:
            continue
        if one.worth is None:
            yield row
        elif row["table"] != "answer" or row["what"] != "bound":
            values = row["before"], row["after"]
            if told.setdefault(values, row["table"]) == row["table"]:
                yield row


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _bars(one: Comparison) -> Any:
    """Return a figure of the largest changes of money; None where no money changed."""
    from amopt.drawing import BLUE, YELLOW, new_figure, plain

    money = list(_apart(one))[:_MOST_BARS]
    if not money:
        return None
    names = [
        plain(f"{row['entry'] or row['table']}: {row['what']}".replace("_", " ")) for row in money
    ]
    places = list(range(len(money)))
    figure = new_figure(height=120 + 24 * len(money), showlegend=False)
    figure.add_bar(
        y=places,
        x=[row["change"] for row in money],
        orientation="h",
        # More money may be good or bad: the colours say which way it went, and no more.
        marker={"color": [BLUE if row["change"] > 0 else YELLOW for row in money]},
        hovertext=names,
    )
    figure.update_yaxes(
        tickvals=places, ticktext=names, autorange="reversed", automargin=True, zeroline=False
    )
    return figure.update_xaxes(title=f"change, {plain(one.currency)}")
