"""The catalogue of codes: what any instance may be found to have wrong."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from amopt.finding import Code, Severity
from amopt.instance.findings.table_codes import TABLES

__all__ = ["CATALOGUE", "catalogue_markdown", "codes_of"]

_FILES = (
    Code(
        "file-not-found",
        "There is no file of this name.",
        "Check the path; `amopt list` names the instances that ship with amopt.",
    ),
    Code(
        "not-a-file",
        "The path leads to a folder or a device, not to a file.",
        "Name the instance file itself.",
    ),
    Code(
        "unreadable-file",
        "The operating system does not let amopt read the file.",
        "Check the file's permissions and whether another program holds it.",
    ),
    Code(
        "empty-file",
        "The file holds nothing, or comments only.",
        "Begin with the template that `amopt new KIND` prints.",
    ),
    Code(
        "file-too-large",
        "The file is larger than amopt reads.",
        "Check that it is an instance file; split the instance if it is.",
    ),
    Code(
        "unknown-format",
        "The file's suffix is not that of a format that amopt reads.",
        "Write the instance as .yaml, .json or .toml.",
    ),
    Code(
        "wrong-format",
        "The file's content is not what its suffix says.",
        "Give the file the suffix of its format, or save it in the format of its suffix.",
    ),
    Code(
        "wrong-encoding",
        "The file's text is not encoded in UTF-8.",
        "Save the file again, with the encoding UTF-8.",
    ),
    Code(
        "syntax",
        "The text breaks the rules of its format.",
        "Mend the line that is named, or the one before it.",
    ),
    Code(
        "not-a-mapping",
        "The file does not hold keys with values at its top.",
        "Begin with `amopt: 1`, `kind: ...` and `name: ...`.",
    ),
    Code(
        "an-answer",
        "The file is an answer of amopt, not an instance.",
        "Name the instance file that was solved.",
    ),
    Code(
        "several-documents",
        "The file holds several YAML documents, separated by `---`.",
        "Put each instance in a file of its own.",
    ),
    Code(
        "nesting-too-deep",
        "Values are nested deeper than any instance needs.",
        "Check the brackets and the indentation.",
    ),
    Code(
        "alias-explosion",
        "YAML aliases repeat each other until the instance is too large to hold.",
        "Write the values out, or use fewer aliases.",
    ),
    Code(
        "recursive-alias",
        "A YAML alias stands inside the very value that it repeats.",
        "Write the value out.",
    ),
    Code(
        "unknown-tag",
        "A YAML tag (`!something`) asks for a type that instance files do not have.",
        "Leave the tag out.",
    ),
    Code(
        "key-not-text",
        "A key is a number, a date, true, false or empty where a name is wanted.",
        "Write the key in quotes.",
    ),
    Code(
        "duplicate-key",
        "The same key is written twice in one place.",
        "Keep one of the two.",
    ),
    Code(
        "decimal-comma",
        "A number within braces is written with a comma, which ends the value there.",
        "Write a decimal point, and nothing between thousands.",
    ),
    Code(
        "thousands-point",
        "A number such as 2.400 is read as 2.4, where its neighbours make 2400 likely.",
        "Write 2400 if that is meant, else 2.4.",
        Severity.WARNING,
    ),
    Code(
        "hidden-comment",
        "A blank and a '#' end a text, and what follows is a comment, which may not be meant.",
        "Put the text in quotes, or a blank after the '#'.",
        Severity.WARNING,
    ),
)

_FIELDS = (
    Code(
        "unsupported-version",
        "The file is written in a version of the format that this amopt does not read.",
        "Write `amopt: 1`, or install the amopt that reads the version.",
    ),
    Code(
        "unknown-kind",
        "`kind` does not name a decision that amopt answers.",
        "Write one of the kinds that `amopt new --help` lists.",
    ),
    Code(
        "wrong-kind",
        "The keys of the file are those of another kind of instance than `kind` says.",
        "Write the kind that the keys belong to, or take the template of the kind.",
    ),
    Code(
        "missing-key",
        "A key that the format requires is not there.",
        "Add it; `amopt new KIND` prints a template with every key.",
    ),
    Code(
        "unknown-key",
        "The format has no such key in this place.",
        "Check its spelling and its indentation; `amopt new KIND` prints every key.",
    ),
    Code(
        "wrong-type",
        "The value is of another type than the format wants.",
        "Write numbers without quotes, units or thousands separators, and names in quotes.",
    ),
    Code(
        "not-a-choice",
        "The value is not one of the words that the key allows.",
        "Write one of the words that the message lists.",
    ),
    Code(
        "out-of-range",
        "The number is outside the range in which it has a meaning.",
        "Check its sign and its unit; the key's name says the unit.",
    ),
    Code(
        "not-finite",
        "The number is infinite, or not a number at all (NaN).",
        "Write a finite number; leave the key out where there is no limit.",
    ),
    Code(
        "number-too-large",
        "The whole number has more digits than computer arithmetic keeps (above 2^53).",
        "Check the number of digits; put names that are made of digits in quotes.",
    ),
    Code(
        "empty-text",
        "A name or text is empty.",
        "Write a name.",
    ),
    Code(
        "text-too-long",
        "A name or text is longer than the format allows.",
        "Shorten it; longer remarks belong in comments or in `source`.",
    ),
    Code(
        "malformed-text",
        "A name begins or ends with a blank, or holds a line break or an invisible character.",
        "Write names with visible characters only.",
    ),
    Code(
        "wrong-date",
        "The value is not a calendar date.",
        "Write the date as year-month-day, such as 2026-01-31.",
    ),
    Code(
        "wrong-length",
        "A list has too few or too many entries.",
        "Add or remove entries.",
    ),
    Code(
        "duplicate-name",
        "Two entries of one list have the same name.",
        "Rename or remove one of the two.",
    ),
    Code(
        "unknown-name",
        "A value refers to a name that is not defined in its list.",
        "Check its spelling, or add the entry that it refers to.",
    ),
    Code(
        "invalid-value",
        "The value breaks a rule of the format that the message states.",
        "Change the value as the message says.",
    ),
)

_NETWORK = (
    Code(
        "include-outside",
        "The file of an included network is not in the folder of the instance or below it.",
        "Put the file into the folder of the instance, and write its name relative to it.",
    ),
    Code(
        "include-and-more",
        "Places, lanes or modes stand beside the file that is included.",
        "Write them into the file, or leave `include` out.",
    ),
    Code(
        "include-without-folder",
        "A network is included by data that never was a file, so that it has no folder.",
        "Load the instance from its file, or write the network out.",
    ),
    Code(
        "not-a-network",
        "The file that is included holds no places, lanes or modes at its top.",
        "Write in it what would stand below `network:`, without that key.",
    ),
    Code(
        "half-coordinate",
        "A place has a latitude or a longitude, and not the other.",
        "Give both, or leave both out.",
    ),
    Code(
        "swapped-coordinates",
        "The latitude and longitude of a place are likely to be exchanged: it would lie far nearer "
        "to the others, or on land.",
        "Exchange them, or leave them if the place lies there.",
        Severity.WARNING,
    ),
    Code(
        "unreachable-place",
        "A place that must be supplied has no route from anywhere that could supply it.",
        "Add a lane, or give the places coordinates and the network a mode.",
    ),
)

CATALOGUE: dict[str, Code] = {code.code: code for code in (*_FILES, *TABLES, *_FIELDS, *_NETWORK)}
"""The codes that any instance may yield; :func:`codes_of` adds those of one decision."""


def codes_of(instance_type: type) -> dict[str, Code]:
    """Return every code that an instance of one class may yield.

    A class lists its own in its ``codes``, or in ``CODES`` of its module; those of the classes that
    it derives from are added.
    """
    found = dict(CATALOGUE)
    for base in reversed(instance_type.__mro__):
        beside = getattr(sys.modules.get(base.__module__), "CODES", ())
        own: Sequence[Code] = (*beside, *vars(base).get("codes", ()))
        found.update({code.code: code for code in own})
    return found


def catalogue_markdown(decisions: Mapping[str, Sequence[Code]] = MappingProxyType({})) -> str:
    """Render the catalogue as a page of the documentation.

    Parameters
    ----------
    decisions
        Each decision's kind with the codes of its own (``CODES`` of its ``instance.py``).
    """
    page = [
        "# Findings",
        "What `amopt check` may find in an instance file. An error stops the solve; a warning "
        "travels with the answer. Each finding names the file, the line where the format has "
        "lines or the sheet, row and column where it has those, the path of keys that leads to the "
        "value, and what to write instead. "
        "The codes are stable: a script may rely on them.",
        *_section("The file", _FILES),
        *_section("Workbooks and folders of csv files", TABLES),
        *_section("Any instance", _FIELDS),
        *_section("The supply network", _NETWORK),
    ]
    for kind, codes in decisions.items():
        if codes:
            page += _section(f"{kind.capitalize()} instances", codes)
    return "\n\n".join(page) + "\n"


def _section(title: str, codes: Sequence[Code]) -> list[str]:
    """Return the heading and the table of one group of codes."""
    rows = ["| code | meaning | what to do |", "|---|---|---|"]
    for code in codes:
        name = f"`{code.code}`"
        if code.severity is Severity.WARNING:
            name += " (warning)"
        rows.append(f"| {name} | {_cell(code.meaning)} | {_cell(code.advice)} |")
    return [f"## {title}", "\n".join(rows)]


def _cell(text: str) -> str:
    """Keep a text within its cell of a Markdown table."""
    return " ".join(text.replace("|", "\\|").split())
