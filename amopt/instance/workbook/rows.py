"""The rows of a sheet: plain ones straight from its text, from the first other one by openpyxl.

A large sheet takes openpyxl three times as long. A row is plain where its
text is numbers, truths, errors, texts and formulas written as spreadsheet programs write them, and
nothing else; it then has the values that openpyxl gives, to the last digit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

__all__ = ["Book", "Percent"]

_TEXT: Final = rb"[^<&\x00-\x08\x0b-\x1f]*+(?:&(?:amp|lt|gt|quot|apos);[^<&\x00-\x08\x0b-\x1f]*+)*+"
_CELL: Final = (
    rb'<c r="([A-Z]{1,3})[0-9]+"(?: s="([0-9]{1,9})")?(?: t="(n|s|b|e|str|inlineStr)")?'
    rb"(?: ?/>|>(?:<f[^<>]*+(?:(?<=/)>|>[^<]*+</f>))?"
    rb"(?:<v>(" + _TEXT + rb")</v>|<v ?/>"
    rb'|<is><t(?: xml:space="preserve")?>(' + _TEXT + rb")</t></is>)?</c>)"
)
_CELLS: Final = re.compile(_CELL)
_ANY: Final = re.sub(rb"\((?!\?)", rb"(?:", _CELL)
_ROW: Final = re.compile(
    rb'\s*<row\s(?:[^<>]*?\s)?r="([0-9]{1,7})"[^<>]*+(?:(?<=/)>|>((?:' + _ANY + rb")*+)</row>)"
)
_BEGIN: Final = re.compile(rb"<sheetData\s*>")
_ENCODING: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*<\?xml[^>]*encoding=[\"']([^\"']+)")
_NUMBER: Final = re.compile(rb"-?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,3})?")
_SIGNS: Final = ((b"&lt;", b"<"), (b"&gt;", b">"), (b"&quot;", b'"'), (b"&apos;", b"'"),
                 (b"&amp;", b"&"))  # fmt: skip
_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


_NOT_SHOWN: Final = re.compile(r'"[^"]*"|\[.*?\]|[\\_*].')


class Percent(float):
    """A number that its cell shows as percent: 0.065 as 6.5%."""


class _NotPlainError(Exception):
    """A row has something that is left to openpyxl."""


class Book:
    """A workbook that is read sheet by sheet.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    ModuleNotFoundError
        When openpyxl is not installed.
    Exception
        Whatever openpyxl raises where the file is no workbook that it can read.
    """

    def __init__(self, path: Path) -> None:
        from openpyxl.reader.excel import ExcelReader
        from openpyxl.styles.stylesheet import apply_stylesheet

        self._path = path
        self._opened: Any = None
        reader = ExcelReader(path, read_only=True, data_only=True)
        with reader.archive:
            # What openpyxl does before it looks for the size of each sheet, through all its rows.
            reader.read_manifest()
            reader.read_strings()
            reader.read_workbook()
            apply_stylesheet(reader.archive, reader.wb)
        self._cells = _Cells(reader.wb, reader.shared_strings)

    def rows(self, name: str, text: bytes) -> Iterator[tuple[int, Sequence[Any]]]:
        """Yield the rows of a sheet with their numbers; blank ones may be left out.

        Parameters
        ----------
        name
            The name of the sheet.
        text
            Its member of the archive.

        Raises
        ------
        xml.etree.ElementTree.ParseError
            When the text around the rows is damaged.
        """
        begin, last, number = _BEGIN.search(text), text.rfind(b"</sheetData"), 0
        if begin is not None and _is_sheet(text[: begin.end()], text[last:]):
            place = begin.end()
            while (row := _ROW.match(text, place)) is not None and int(row[1]) > number:
                try:
                    values = self._cells.values(row[2] or b"")
                except _NotPlainError:
                    break
                place, number = row.end(), int(row[1])
                yield number, values
            if not text[place:last].strip():
                return
        yield from enumerate(self._of_openpyxl(name, number + 1), number + 1)

    def _of_openpyxl(self, name: str, first: int) -> Iterator[tuple[Any, ...]]:
        """Return the rows of a sheet from one on, as openpyxl reads them."""
        import warnings

        import openpyxl

        if self._opened is None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._opened = openpyxl.load_workbook(self._path, read_only=True, data_only=True)
        sheet = self._opened[name]
        sheet.reset_dimensions()
        percents = self._cells.percents
        rows: Iterator[tuple[Any, ...]] = sheet.iter_rows(min_row=first, values_only=not percents)
        return (tuple(map(_as_shown, row)) for row in rows) if percents else rows


def _is_sheet(head: bytes, tail: bytes) -> bool:
    """Return whether what stands around rows is a sheet, in the letters that the rows are read in.

    Raises
    ------
    xml.etree.ElementTree.ParseError
        When it is damaged.
    """
    said = _ENCODING.match(head)
    if b"<!" in head or (said is not None and said[1].upper() not in (b"UTF-8", b"US-ASCII")):
        return False
    root = ElementTree.fromstring(head + tail)  # noqa: S314 - expat expands nothing
    return root.tag == f"{_MAIN}worksheet" and root.find(f"{_MAIN}sheetData") is not None


class _Cells:
    """Reads the cells of plain rows, as openpyxl does; ``percents`` are styles of such formats."""

    def __init__(self, book: Any, strings: Sequence[str]) -> None:
        self._epoch = book.epoch
        self._spans = {str(one).encode() for one in book._timedelta_formats}
        self.percents = _percents(book)
        dates = {str(one).encode() for one in book._date_formats}
        self._shown: dict[bytes, Callable[[float], Any]] = {
            **dict.fromkeys(self.percents, _in_percent),
            **{style: partial(self._moment, style=style) for style in dates},
        }
        self._strings = strings
        self._places: dict[bytes, int] = {}

    def values(self, text: bytes) -> list[Any]:
        """Return the values of a row; None where a cell is blank."""
        places, strings, shown = self._places, self._strings, self._shown
        values: list[Any] = []
        for letters, style, kind, cell, inline in _CELLS.findall(text):
            place = places.get(letters)
            if place is None:
                place = places[letters] = _place(letters)
            if place != len(values):
                if place < len(values):
                    raise _NotPlainError
                values += [None] * (place - len(values))
            if kind == b"inlineStr" and not cell:
                values.append(_text(inline) if inline else None)
            elif inline or kind == b"inlineStr":
                raise _NotPlainError
            elif not cell:
                values.append(None)
            elif kind == b"s":
                values.append(strings[int(cell)])
            elif not kind or kind == b"n":
                number = _number(cell)
                values.append(shown[style](number) if style in shown else number)
            elif kind == b"b":
                values.append(bool(int(cell)))
            else:
                values.append(_text(cell))
        return values

    def _moment(self, number: float, style: bytes) -> Any:
        """Return the moment that a number is."""
        from openpyxl.utils.datetime import from_excel

        try:
            return from_excel(number, self._epoch, timedelta=style in self._spans)
        except (OverflowError, ValueError):
            return "#VALUE!"


def _percents(book: Any) -> set[bytes]:
    """Return the styles whose number format shows percent."""
    from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE

    own = dict(enumerate(book._number_formats, BUILTIN_FORMATS_MAX_SIZE))
    formats = ({**BUILTIN_FORMATS, **own}.get(one.numFmtId) for one in book._cell_styles)
    return {str(n).encode() for n, form in enumerate(formats) if _shows_percent(form)}


def _shows_percent(form: str | None) -> bool:
    """Return whether a number format multiplies by a hundred: its sign, not one in its texts."""
    return "%" in _NOT_SHOWN.sub("", form or "")


def _in_percent(number: float) -> float:
    return Percent(number) if abs(number) < 1e15 else number


def _as_shown(cell: Any) -> Any:
    """Return the value of a cell of openpyxl."""
    number = type(cell.value) in (int, float)
    return _in_percent(cell.value) if number and _shows_percent(cell.number_format) else cell.value


def _place(letters: bytes) -> int:
    """Return a column from 0 on."""
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place - 1


def _number(cell: bytes) -> float:
    """Return a number; whole where it has neither point nor exponent."""
    found = _NUMBER.fullmatch(cell)
    if found is None:
        raise _NotPlainError
    return int(cell) if found[1] is None and found[2] is None else float(cell)


def _text(cell: bytes) -> str:
    """Return a text with its signs."""
    if b"&" in cell:
        for sign, meant in _SIGNS:
            cell = cell.replace(sign, meant)
    return cell.decode()
