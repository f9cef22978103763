"""Any file -> a document: plain data that remembers where each value stands in which file.

Whatever is wrong with the file itself is a finding of the document, never an exception.
"""

from __future__ import annotations

import importlib
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from amopt.instance.findings import CATALOGUE, Finding, Key, Problem, Where
from amopt.instance.formats.positions import Note, Spot, Unusable
from amopt.instance.plain import plain
from amopt.instance.suggest import closest, did_you_mean, shown

__all__ = ["MAX_BYTES", "SUFFIXES", "Document", "load_document"]

MAX_BYTES: Final = 64 * 1024 * 1024
"""The largest file that is read, in bytes."""

SUFFIXES: Final = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".toml": "toml"}
"""The formats by their suffixes."""

_SIGNATURES = (
    (b"PK\x03\x04", "an Excel workbook or another zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip file"),
    (b"SQLite format 3", "a SQLite database"),
    (b"\x89PNG", "a picture"),
)
_UTF16_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_TOML_LINE = re.compile(r"[\w.\"'-]+\s*=\s*\S|\[\[?[\w.\"' -]+\]\]?\s*(#.*)?$")
_YAML_LINE = re.compile(r"[\w\"' -]+:(\s|$)|---")


@dataclass
class Document:
    """The content of an instance file.

    Attributes
    ----------
    file
        The file's name as the caller gave it; empty for data that never was a file.
    data
        Keys and values as plain Python data; empty when the file could not be read.
    findings
        What is wrong with the file itself.
    usable
        Whether there is data to go on with.
    parts
        The documents that were included, by the key at the top that each stands for.
    index
        Returns the lines of all values of a text, which are looked for once one is asked; None for
        other files.
    locate
        Tells where a value stands in a file of tables; None for other files.
    absent
        Keys, without the numbers of entries, whose column is missing from a table, or whose sheet
        has another name.
    told
        Tells whether a finding names a cell that is read as blank; None for other files.
    words
        Says what is wrong at a place in the words of tables; None for other files.
    """

    file: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    usable: bool = True
    parts: dict[str, Document] = field(default_factory=dict)
    index: Callable[[], Spot] | None = None
    locate: Callable[[Key], Where] | None = None
    absent: frozenset[Key] = frozenset()
    told: Callable[[Where], bool] | None = None
    words: Callable[[Problem, Where], tuple[str, str]] | None = None

    @cached_property
    def _spots(self) -> Spot | None:
        return self.index() if self.index is not None else None

    def where(self, key: Key = ()) -> Where:
        """Return where the value of a key stands, or what holds it when the key is not there."""
        if key and key[0] in self.parts and key[1:] != ("include",):
            return self.parts[str(key[0])].where(key[1:])
        if self.locate is not None:
            return replace(self.locate(key), file=self.file)
        line = self._spots.find(key).line if self._spots is not None else None
        return Where(file=self.file, key=key, line=line)

    def says_missing(self, problem: Problem) -> bool:
        """Return whether a key is missing because its column is, or because its cell is broken.

        Both are told already.
        """
        if problem.code != "missing-key":
            return False
        names = tuple(part for part in problem.key if isinstance(part, str))
        if names in self.absent:
            return True
        return self.told is not None and self.told(self.where(problem.key))

    def said(self, problem: Problem, where: Where) -> tuple[str, str]:
        """Return the message and the advice of a problem at a place, in the file's own words."""
        if self.words is None or where.sheet is None or problem.where is not None:
            return problem.message, problem.advice
        return self.words(problem, where)

    def add(self, note: Note) -> None:
        """Add what a reader noted to the findings, with the general advice where it has none."""
        where = Where(file=self.file, key=note.key, line=note.line)
        code = CATALOGUE[note.code]
        advice = note.advice or code.advice
        self.findings.append(Finding(note.code, where, note.message, advice, code.severity))


def load_document(source: str | Path | Mapping[str, Any]) -> Document:
    """Read a yaml, json or toml file, or take plain data as it is.

    Parameters
    ----------
    source
        The path of a file, or its content as plain data.

    Returns
    -------
    Document
        Not ``usable``, with findings that say why, when there is nothing to go on with.
    """
    if isinstance(source, Mapping):
        return Document(data=plain(source))
    document = Document(file=str(source))
    try:
        format_of_file = _format(Path(source))
        text = _decode(_bytes(Path(source)))
        _parse(document, format_of_file, text)
    except Unusable as unusable:
        document.add(unusable.note)
        document.usable = False
    return document


def _parse(document: Document, format_of_file: str, text: str) -> None:
    """Read the text into the document."""
    if not any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines()):
        message = "the file is empty." if not text.strip() else "the file holds comments only."
        advice = "Begin with the template that `amopt new KIND` prints."
        raise Unusable(Note("empty-file", (), message, advice))
    reader = _reader(format_of_file)
    try:
        parsed = reader.parse(text)
    except Unusable as unusable:
        if unusable.note.code == "syntax":
            _refuse_other_format(format_of_file, text)
        raise
    document.index = lambda: reader.index(text)
    for note in parsed.notes:
        document.add(note)
    if not isinstance(parsed.data, dict):
        _refuse_other_format(format_of_file, text)
        message = f"the file holds {shown(parsed.data)} at its top, not keys with values."
        advice = "Begin with `amopt: 1`, `kind: ...` and `name: ...`."
        raise Unusable(Note("not-a-mapping", (), message, advice, 1))
    document.data = parsed.data


def _reader(format_of_file: str) -> ModuleType:
    """Return the module that reads one format."""
    return importlib.import_module(f"amopt.instance.formats.{format_of_file}_text")


def _format(path: Path) -> str:
    """Return the format of a file that is there, can be read and is not too large."""
    try:
        facts = path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise Unusable(Note("file-not-found", (), "there is no such file.", _near(path))) from None
    except OSError as error:
        raise _unreadable(error) from None
    if not stat.S_ISREG(facts.st_mode):
        what = "a folder" if stat.S_ISDIR(facts.st_mode) else "a device"
        advice = "Name the instance file itself."
        raise Unusable(Note("not-a-file", (), f"this is {what}, not a file.", advice))
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        message = f"the suffix {shown(suffix)} is not that of a format that amopt reads."
        advice = f"Write the instance as {', '.join(SUFFIXES)}."
        raise Unusable(Note("unknown-format", (), message, advice))
    _refuse_large(facts.st_size)
    return SUFFIXES[suffix]


def _refuse_large(size: int) -> None:
    """Raise when a file has more bytes than amopt reads."""
    if size > MAX_BYTES:
        message = f"the file has {size / 1e6:,.0f} MB; amopt reads up to {MAX_BYTES / 1e6:,.0f} MB."
        advice = "Check that it is an instance file; split the instance if it is."
        raise Unusable(Note("file-too-large", (), message, advice))


def _bytes(path: Path) -> bytes:
    """Read a file, of which no more than is allowed."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise _unreadable(error) from None
    _refuse_large(len(content))
    return content


def _unreadable(error: OSError) -> Unusable:
    reason = (error.strerror or type(error).__name__).lower()
    advice = "Check its permissions and whether another program holds it."
    return Unusable(Note("unreadable-file", (), f"the file cannot be read: {reason}.", advice))


def _near(path: Path) -> str:
    """Suggest a file of a similar name in the same folder."""
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.suffix in SUFFIXES]
    except (OSError, ValueError):
        return "Check the path."
    match = closest(path.name, names[:1000])
    return did_you_mean(match) if match else "Check the path."


def _decode(content: bytes) -> str:
    """Return the text of UTF-8 bytes, with or without a byte order mark."""
    for signature, what in _SIGNATURES:
        if content.startswith(signature):
            advice = "Write the instance as yaml, json or toml text."
            raise Unusable(Note("wrong-format", (), f"the file is {what}, not text.", advice))
    advice = "Save the file again, with the encoding UTF-8."
    if content.startswith(_UTF16_32):
        message = "the file is encoded in UTF-16 or UTF-32."
        raise Unusable(Note("wrong-encoding", (), message, advice))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"the byte {content[error.start]:#04x} is not UTF-8 text."
        raise Unusable(Note("wrong-encoding", (), message, advice, line)) from None
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise Unusable(Note("wrong-format", (), "the file is not text.", line=line))
    return text


def _refuse_other_format(format_of_file: str, text: str) -> None:
    """Raise a finding that says more than a syntax error when the text is of another format."""
    found = _looks_like(text)
    if found not in (None, format_of_file):
        message = f"the file says {format_of_file} by its suffix, but holds {found}."
        advice = "Give it the suffix of its format, or save it in the format of its suffix."
        raise Unusable(Note("wrong-format", (), message, advice, 1))


def _looks_like(text: str) -> str | None:
    """Guess the format of a text from its first line that says something."""
    lines = (line.strip() for line in text.splitlines())
    first = next((line for line in lines if line and not line.startswith("#")), "")
    if first.startswith("<"):
        return "HTML or XML"
    if _TOML_LINE.match(first):
        return "toml"
    if first.startswith(("{", "[")):
        return "json"
    if _YAML_LINE.match(first):
        return "yaml"
    return None
