"""Cells of a table -> numbers and texts, with everything that is wrong with them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.instance.formats.numerals import rewritten
from amopt.instance.formats.positions import hidden
from amopt.instance.suggest import closest, did_you_mean, shown
from amopt.phrases import listed
from amopt.screening.instance.attributes import Attribute
from amopt.screening.instance.cells.notes import Notes, Place
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
        said = word.strip(_TRIMMED)
        if said.casefold() in ERRORS:
            _note_error(cells, word, rows, notes)
            continue
        message = f"{shown(word)} stands where a number is due."
        same = word
        if not cells.comma and _COMMA.fullmatch(said):
            same = _COMMA.pattern  # told once, however many numbers are written so
        told = (message, _advice(said, attribute, comma=cells.comma))
        notes.add_alike("cell-not-a-number", cells.heading, rows, same, told)


def _advice(word: str, attribute: Attribute, *, comma: bool) -> str:
    """Return what to write in place of a word that is no number."""
    if not any(letter.isdigit() for letter in word):
        return "Write a number, or leave the cell blank where it is not known."
    if comma and "." in word:
        return "The file says decimal: comma; write it with a comma, without points."
    advice = rewritten(word, attribute.name, whole=False, share=False)
    unit = "" if attribute.unit in ("", "money") else f"; {attribute.name} is in {attribute.unit}"
    advice = advice.replace("; the unit is in the key's name", unit)
    if comma:
        return advice.replace("1250.5", "1250,5")
    if _COMMA.fullmatch(word):
        advice += " If the whole table is written so: `decimal: comma` under portfolio."
    return advice


def _note_error(cells: Cells, word: str, rows: list[int], notes: Notes) -> None:
    said = (
        f"the cell holds the error {word.strip()} of a formula.",
        "Repair the formula, or clear the cell where the value is not known.",
    )
    notes.add_alike("cell-error", cells.heading, rows, word, said)


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
            told = (
                f"{shown(word)} is neither yes nor no.",
                "Write yes or no, or leave it blank where not known.",
            )
            notes.add_alike("cell-not-a-choice", cells.heading, rows, word, told)
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
                rows = (np.flatnonzero(codes == index) + cells.first).tolist()
                notes.add_alike(code, cells.heading, rows, word, (message, advice))
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
