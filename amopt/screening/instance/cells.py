"""Cells of a table -> numbers and texts, with everything that is wrong with them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.instance.findings import Key, Problem, Where
from amopt.instance.formats.numerals import rewritten
from amopt.instance.formats.positions import hidden
from amopt.instance.suggest import closest, did_you_mean, shown
from amopt.phrases import counted, listed
from amopt.screening.instance.attributes import Attribute
from amopt.screening.instance.parts import Codes, Floats, Texts, folded

__all__ = [
    "Cells",
    "Notes",
    "Place",
    "TextCollector",
    "names",
    "numbers",
    "said_unknown",
    "texts",
    "truths",
]

Objects = NDArray[np.object_]

MOST = 10
"""Cells of a column that are told one by one; the others of the same kind are counted."""

BLANK = frozenset({"", "n/a", "na", "nan", "null", "-", "--", "?", "unknown", "tbd"})
"""What a cell may say where nothing is known."""

NOTHING = BLANK | {"none", "nil"}
"""The same where a number is due."""

ERRORS = frozenset(
    {"#n/a", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!", "#spill!", "#calc!"}
)
"""The errors of a spreadsheet's formulas."""

TRUTHS = {
    **dict.fromkeys(("yes", "y", "true", "1", "1.0"), 1.0),
    **dict.fromkeys(("no", "n", "false", "0", "0.0"), 0.0),
}

_COMMA = re.compile(r"[-+]?\d+,\d+")
"""A number with a decimal comma, and no other separator."""

_TRIMMED = " \t\r\n\u00a0"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the rows of a table stand: in the instance, or in a file beside it.

    Attributes
    ----------
    file
        The table's file; empty for rows of the instance.
    sheet
        Its sheet, where it has several.
    """

    file: str = ""
    sheet: str | None = None

    def of(self, row: int, heading: str) -> tuple[Key, Where | None]:
        """Return the place of a cell of the row-th part, counted from 0."""
        if not self.file:
            return ("portfolio", "rows", row, heading), None
        where = Where(file=self.file, key=(heading,), sheet=self.sheet, row=row + 2)
        return ("portfolio", "file"), where

    def row(self, row: int) -> str:
        """Return what the row of a part is called."""
        return f"row {row + 2}" if self.file else f"portfolio.rows[{row}]"


@dataclass
class Notes:
    """What is wrong with the cells of a table: the first of each kind and column, and how many."""

    place: Place
    problems: list[Problem] = field(default_factory=list)
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _next: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(
        self,
        code: str,
        heading: str,
        rows: Iterable[int],
        say: Callable[[int], tuple[str, str]],
    ) -> None:
        """Note cells of a column that are wrong in the same way; ``say`` gives words to a row."""
        for row in rows:
            self._counts[code, heading] += 1
            if self._counts[code, heading] > MOST:
                self._next.setdefault((code, heading), row)
            else:
                key, where = self.place.of(row, heading)
                message, advice = say(row)
                self.problems.append(Problem(code, key, message, advice, where))

    def all(self) -> Iterator[Problem]:
        """Yield the problems, and for each kind and column how many more there are."""
        yield from self.problems
        for (code, heading), row in self._next.items():
            count = self._counts[code, heading] - MOST
            more, verb = counted(count, "more cell"), "is" if count == 1 else "are"
            message = f"{more} of the column {verb} wrong in the same way, such as this one."
            key, where = self.place.of(row, heading)
            yield Problem(code, key, message, "Mend them all.", where)


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one column, for some parts that follow one another.

    Attributes
    ----------
    heading
        The column's heading.
    first
        The first of these parts, counted from 0.
    values
        What the cells hold, shape (parts,).
    comma
        Whether numbers in text are written with a decimal comma.
    plain
        Whether all cells are text, as in a csv file: then digits are numbers.
    """

    heading: str
    first: int
    values: Objects
    comma: bool = False
    plain: bool = False


def said_unknown(cells: Cells) -> NDArray[np.bool_]:
    """Return which cells say in words that nothing is known, shape (parts,); blank ones do not."""
    found = np.zeros(len(cells.values), dtype=bool)
    for index, value in enumerate(cells.values):
        if isinstance(value, str) and value:
            said = value.strip(_TRIMMED).casefold()
            found[index] = bool(said) and said in NOTHING
    return found


def numbers(cells: Cells, attribute: Attribute, factor: float, notes: Notes) -> Floats:
    """Return the numbers of a column, NaN where not known, shape (parts,)."""
    import pandas as pd

    values = cells.values
    text = np.ones(len(values), dtype=bool) if cells.plain else _are(values, str)
    found = np.full(len(values), np.nan)
    if text.any():
        words = pd.Series(values[text], dtype=object)
        if cells.comma:
            pointed = words.str.contains(".", regex=False)
            words = words.str.replace(",", ".", regex=False).mask(pointed, "with a point")
        if cells.plain or cells.comma:
            found[text] = pd.to_numeric(words, errors="coerce").to_numpy(dtype=np.float64)
    other = ~text
    if other.any():
        found[other] = [_plain_number(value) for value in values[other]]
    _note_numbers(cells, attribute, found, notes)
    found *= factor
    outside = np.flatnonzero((found < attribute.lowest) | (found > attribute.highest))
    notes.add(
        "cell-out-of-range",
        cells.heading,
        (outside + cells.first).tolist(),
        lambda row: (
            f"{found[row - cells.first]:g} is not between {attribute.lowest:g} and "
            f"{attribute.highest:g}.",
            "Check its sign and its unit"
            + (f"; {attribute.name} is in {attribute.unit}." if attribute.unit else "."),
        ),
    )
    found[outside] = np.nan
    return found


def _are(values: Objects, kind: type) -> NDArray[np.bool_]:
    return np.fromiter((type(value) is kind for value in values), dtype=bool, count=len(values))


def _plain_number(value: Any) -> float:
    """Return a number that is one already; NaN for anything else."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.number)):
        return np.nan
    return float(value)


def _note_numbers(cells: Cells, attribute: Attribute, found: Floats, notes: Notes) -> None:
    """Note the cells that hold something, which is no number."""
    doubtful = np.flatnonzero(np.isnan(found)).tolist()
    if cells.plain:  # many cells are blank in the same few ways
        different = set(cells.values[doubtful])
        blank = {word for word in different if word.strip(_TRIMMED).casefold() in NOTHING}
        doubtful = [index for index in doubtful if cells.values[index] not in blank]
    words: dict[Any, list[int]] = {}
    for index in doubtful:
        value = cells.values[index]
        if value is None or (isinstance(value, float) and value != value):  # noqa: PLR0124
            continue
        if isinstance(value, str) and value.strip(_TRIMMED).casefold() in NOTHING:
            continue
        words.setdefault(str(value), []).append(index)
    for word, indices in words.items():
        rows = [index + cells.first for index in indices]
        if word.strip(_TRIMMED).casefold() in ERRORS:
            _note_error(cells, word, rows, notes)
            continue
        advice = rewritten(word.strip(_TRIMMED), attribute.name, whole=False, share=False)
        if cells.comma and "." in word:
            advice = "The file says decimal: comma; write it with a comma, without points."
        elif not cells.comma and _COMMA.fullmatch(word.strip(_TRIMMED)):
            advice += " If the whole table is written so: `decimal: comma` under portfolio."
        notes.add(
            "cell-not-a-number",
            cells.heading,
            rows,
            lambda _, word=word, advice=advice: (  # type: ignore[misc]
                f"{shown(word)} stands where a number is due.",
                advice,
            ),
        )


def _note_error(cells: Cells, word: str, rows: list[int], notes: Notes) -> None:
    notes.add(
        "cell-error",
        cells.heading,
        rows,
        lambda _: (
            f"the cell holds the error {word.strip()} of a formula.",
            "Repair the formula, or clear the cell where the value is not known.",
        ),
    )


def truths(cells: Cells, notes: Notes) -> Floats:
    """Return yes and no as 1 and 0, NaN where not known, shape (parts,)."""
    codes, words = _factorised(cells)
    worth = np.full(len(words) + 1, np.nan)
    for index, word in enumerate(words):
        said = word.strip(_TRIMMED).casefold()
        if said in TRUTHS:
            worth[index] = TRUTHS[said]
        elif said not in BLANK:
            rows = (np.flatnonzero(codes == index) + cells.first).tolist()
            if said in ERRORS:
                _note_error(cells, word, rows, notes)
                continue
            notes.add(
                "cell-not-a-choice",
                cells.heading,
                rows,
                lambda _, word=word: (  # type: ignore[misc]
                    f"{shown(word)} is neither yes nor no.",
                    "Write yes or no, or leave it blank where not known.",
                ),
            )
    found: Floats = worth[codes]
    return found


def _factorised(cells: Cells) -> tuple[NDArray[np.int64], list[str]]:
    """Return the different texts of cells, and which of them each cell has; -1 for none."""
    import pandas as pd

    said = cells.values
    if not cells.plain and not _are(said, str).all():
        said = np.array([_written(value) for value in said], dtype=object)
    codes, words = pd.factorize(said)
    return np.asarray(codes, dtype=np.int64), [str(word) for word in words]


def _written(value: Any) -> str | None:
    """Return what a cell says as text; None for a blank one."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (float, np.floating)):
        if value != value:  # noqa: PLR0124 - NaN is not itself
            return None
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    return str(value)


class TextCollector:
    """The texts of a column, gathered from one run of rows after the other."""

    def __init__(self, attribute: Attribute) -> None:
        self.attribute = attribute
        self._codes: dict[str, int] = {}
        self._found: list[Codes] = []
        self._allowed = {folded(word): word for word in attribute.words}

    def add(self, cells: Cells, notes: Notes) -> None:
        """Add some more parts."""
        codes, words = _factorised(cells)
        own = np.full(len(words) + 1, -1, dtype=np.int32)
        for index, word in enumerate(words):
            said = word.strip(_TRIMMED)
            if said.casefold() in BLANK:
                continue
            if fault := self._fault(word, said):
                code, message, advice = fault
                notes.add(
                    code,
                    cells.heading,
                    (np.flatnonzero(codes == index) + cells.first).tolist(),
                    lambda _, message=message, advice=advice: (message, advice),  # type: ignore[misc]
                )
                continue
            said = self._allowed.get(folded(said), said)
            own[index] = self._codes.setdefault(said, len(self._codes))
        self._found.append(own[codes])

    def _fault(self, word: str, said: str) -> tuple[str, str, str] | None:
        """Return what is wrong with a text: code, message and advice."""
        if said.casefold() in ERRORS:
            return (
                "cell-error",
                f"the cell holds the error {said} of a formula.",
                "Repair the formula, or clear the cell where the value is not known.",
            )
        if strange := hidden_character(said):
            return (
                "cell-hidden-character",
                f"the text {shown(word)} holds a {strange}.",
                "Write it again, with visible characters only.",
            )
        if self._allowed and folded(said) not in self._allowed:
            match = closest(said, self.attribute.words)
            hint = f" {did_you_mean(match)}" if match else ""
            words = listed(self.attribute.words, "or")
            return (
                "cell-not-a-choice",
                f"{self.attribute.name} is {words}, not {shown(word)}.",
                f"Write one of them, or leave it blank where not known.{hint}",
            )
        return None

    def all(self) -> Texts:
        """Return the texts of all parts."""
        found = self._found or [np.zeros(0, dtype=np.int32)]
        return Texts(tuple(self._codes), np.concatenate(found))


def texts(attribute: Attribute) -> TextCollector:
    """Return what gathers the texts of an attribute."""
    return TextCollector(attribute)


def hidden_character(text: str) -> str | None:
    """Return the name of the first character of a text that nobody sees."""
    if text.isascii() and text.isprintable():
        return None
    strange = next((one for one in text if not one.isprintable()), None)
    if strange is None:
        return None
    return "line break" if strange in "\r\n" else hidden(strange)


def names(cells: Cells, notes: Notes) -> list[str]:
    """Return the numbers of the parts, empty where a row has none."""
    if cells.plain:
        found = [value.strip(_TRIMMED) for value in cells.values]
    else:
        found = [(_written(value) or "").strip(_TRIMMED) for value in cells.values]
    for index, name in enumerate(found):
        if not name.isascii() or not name.isprintable():
            strange = hidden_character(name)
            if strange:
                notes.add(
                    "cell-hidden-character",
                    cells.heading,
                    [index + cells.first],
                    lambda _, name=name, strange=strange: (  # type: ignore[misc]
                        f"the part number {shown(name)} holds a {strange}.",
                        "Write it again, with visible characters only.",
                    ),
                )
    return found
