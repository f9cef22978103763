"""Rows of a workbook written as the text that a sheet's file holds.

openpyxl makes an object of every cell and an element of every object, which takes longer than to
solve what a large table tells. Its headings, styles, widths, tables and drop-downs stay; the rows
below the headings are put into what it has written.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

__all__ = ["Below", "cell_text", "column_texts", "row_texts", "save"]

_ESCAPED: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_DIMENSION: Final = re.compile(r'(<dimension ref=")[^"]*')
_AT_ONCE: Final = 2_000
"""Rows that are written at once."""

_NOWHERE: Final = '<c r=""'
"""How a cell begins that stands nowhere."""

_MANY: Final = 10_000_000
"""Cells from which a sheet's file may be of more than 2 GB."""


@dataclass(frozen=True)
class Below:
    """What stands below the headings of a sheet.

    Attributes
    ----------
    rows
        The rows as the file of a sheet holds them; see :func:`row_texts`.
    last, columns
        The number of the sheet's last row, and how many columns there are.
    """

    rows: Iterable[str]
    last: int
    columns: int


def cell_text(place: str, value: Any, style: int = 0) -> str:
    """Return a cell; a number keeps all its digits, and no text is taken for a formula.

    Parameters
    ----------
    place
        Where it stands, such as ``A2``.
    value
        A text, a number or a truth.
    style
        Number of its style in the workbook.
    """
    head = f'<c r="{place}" s="{style}"' if style else f'<c r="{place}"'
    if isinstance(value, str):
        if not value:
            return f'{head} t="inlineStr"/>'
        if not value.isalnum():
            value = value.translate(_ESCAPED)
        kept = ' xml:space="preserve"' if value[0].isspace() or value[-1].isspace() else ""
        return f'{head} t="inlineStr"><is><t{kept}>{value}</t></is></c>'
    if isinstance(value, bool):
        return f'{head} t="b"><v>{int(value)}</v></c>'
    return f'{head} t="n"><v>{value!r}</v></c>'


def column_texts(letter: str, values: Iterable[Any], style: int = 0) -> Iterator[str]:
    """Yield the cells of a column from its second row on; none where there is no value.

    Parameters
    ----------
    letter
        Of the column.
    values
        What stands there, as in :func:`cell_text`.
    style
        Number of the style of its numbers.
    """
    numbered, known = f' s="{style}"' if style else "", dict[str, str]()
    for number, value in enumerate(values, 2):
        kind = type(value)
        if kind is float or kind is int:
            yield f'<c r="{letter}{number}"{numbered} t="n"><v>{value!r}</v></c>'
        elif kind is str:
            text = known.get(value)
            if text is None:
                text = cell_text("", value).removeprefix(_NOWHERE)
                if len(known) < _AT_ONCE:
                    known[value] = text
            yield f'<c r="{letter}{number}"{text}'
        else:
            yield "" if value is None else cell_text(f"{letter}{number}", value)


def row_texts(rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[str]:
    """Yield rows, many at once, of their numbers and the texts of their cells."""
    held: list[str] = []
    for number, cells in rows:
        held.append(f'<row r="{number}">{"".join(cells)}</row>')
        if len(held) == _AT_ONCE:
            yield "".join(held)
            held.clear()
    yield "".join(held)


def save(book: Any, below: Mapping[str, Below], target: str | Path) -> None:
    """Write a workbook of openpyxl, with rows below the first one of some sheets.

    Parameters
    ----------
    book
        The workbook; those sheets have headings in the first row.
    below
        What stands there, by the name of the sheet.
    target
        The file.
    """
    from openpyxl.utils import get_column_letter

    made = io.BytesIO()
    book.save(made)
    files = {book[name].path.lstrip("/"): own for name, own in below.items() if own.columns}
    packed = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(made) as frame, zipfile.ZipFile(target, "w", packed) as whole:
        for member in frame.infolist():
            own = files.get(member.filename)
            if own is None:
                whole.writestr(member, frame.read(member))
                continue
            area = f"A1:{get_column_letter(own.columns)}{own.last}"
            text = _DIMENSION.sub(rf"\g<1>{area}", frame.read(member).decode(), count=1)
            head, end, tail = text.partition("</row>")
            large = own.last * own.columns > _MANY
            with whole.open(member.filename, "w", force_zip64=large) as file:
                for piece in chain((head, end), own.rows, (tail,)):
                    file.write(piece.encode())
