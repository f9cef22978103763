"""Which column of a table holds which attribute."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from amopt.instance.findings import Problem
from amopt.instance.formats.numerals import converted
from amopt.instance.suggest import closest, did_you_mean, shown
from amopt.phrases import counted, listed
from amopt.screening.instance.attributes import Attribute
from amopt.screening.instance.entries import Column, Portfolio

__all__ = ["PART", "Bound", "bind", "suggestion"]

PART = "part"
"""The attribute, and the heading, of the parts' numbers."""

_UNIT = re.compile(r"(.*?)\s*\[\s*(.*?)\s*\]")
_MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class Bound:
    """A column of the table, or several that are summed, and the attribute that it holds.

    Attributes
    ----------
    attribute
        The attribute; None for the part's number.
    heading
        The heading of the first column.
    positions
        Where the columns stand, counted from 0.
    factor
        By what a cell is multiplied.
    """

    attribute: Attribute | None
    heading: str
    positions: range
    factor: float = 1.0

    @property
    def name(self) -> str:
        """The attribute's name."""
        return PART if self.attribute is None else self.attribute.name


def _alike(heading: str) -> str:
    """Return a heading as an attribute would be written."""
    return re.sub(r"[\s-]+", "_", heading.strip().casefold())


def _bare(heading: str) -> tuple[str, str]:
    """Return a heading without a mark or unit at its end, and the unit."""
    text = heading.strip().removesuffix("*").strip()
    with_unit = _UNIT.fullmatch(text)
    return (with_unit[1], with_unit[2]) if with_unit else (text, "")


def bind(
    headings: Sequence[str], portfolio: Portfolio, attributes: Mapping[str, Attribute], at: str
) -> tuple[list[Bound], list[Problem]]:
    """Return which columns are read, and what is wrong with the headings.

    Parameters
    ----------
    headings
        The headings of the table.
    portfolio
        Where the instance says what the table is.
    attributes
        The attributes that there are, by name.
    at
        The key of the portfolio that the table comes from: ``"file"`` or ``"rows"``.
    """
    key = ("portfolio", at)
    problems: list[Problem] = []
    bound: dict[str, Bound] = {}
    for index, column in enumerate(portfolio.columns):
        found = _declared(index, column, headings, attributes, problems)
        if found is not None:
            bound[found.name] = found
    taken = {position for one in bound.values() for position in one.positions}
    known = {_alike(name): name for name in (PART, *attributes)}
    unused: list[str] = []
    for position, heading in enumerate(headings):
        text, unit = _bare(heading)
        name = known.get(_alike(text))
        if position in taken or not text or (text.startswith("_") and text not in attributes):
            continue
        if name is None or (name in bound and bound[name].positions[0] in taken):
            unused.append(heading)
            continue
        if name in bound:
            message = f"{shown(bound[name].heading)} and {shown(heading)} are the same heading."
            problems.append(Problem("duplicate-column", key, message))
            continue
        attribute = attributes.get(name)
        if unit and (attribute is None or not _same_unit(unit, attribute)):
            right = attribute.unit if attribute is not None and attribute.unit else "no unit"
            message = f"the heading {shown(heading)} says {shown(unit)}; {name} has {right}."
            if right != "no unit":
                message = f"the heading {shown(heading)} says {shown(unit)}; {name} is in {right}."
            problems.append(Problem("wrong-unit", key, message))
        bound[name] = Bound(attribute, heading, range(position, position + 1))
    if PART not in bound:
        problems.append(_no_part(headings, key))
    elif unused:
        problems.append(_unused(unused, list(known.values()), key))
    return list(bound.values()), problems


def _no_part(headings: Sequence[str], key: tuple[str | int, ...]) -> Problem:
    """Return the problem of a table without a column of part numbers."""
    said = [shown(heading) for heading in headings if heading.strip()]
    if not said:
        message = "the first row of the table is blank."
        return Problem("missing-column", key, message, "Headings stand there: remove it.")
    message = f"no column is called {PART}: the headings are {listed(said, most=_MOST_NAMED)}."
    advice = "Headings stand in the first row: remove a title above them."
    if len(said) > 1:
        advice = (
            "Tell under portfolio.columns which heading holds what: "
            f"{{attribute: {PART}, heading: {said[0]}}}."
        )
    return Problem("missing-column", key, message, advice)


def _same_unit(unit: str, attribute: Attribute) -> bool:
    """Tell whether a heading's unit is that of the attribute; any currency is money."""
    if attribute.unit == "money":
        return not any(letter.isdigit() for letter in unit)
    alike = {"µm": "um", "μm": "um", "hours": "h", "hour": "h", "week": "weeks", "year": "years"}
    said = unit.casefold()
    return alike.get(said, said) == attribute.unit.casefold()


def _declared(
    index: int,
    column: Column,
    headings: Sequence[str],
    attributes: Mapping[str, Attribute],
    problems: list[Problem],
) -> Bound | None:
    """Return the column that the instance says holds an attribute."""
    key = ("portfolio", "columns", index)
    if column.attribute != PART and column.attribute not in attributes:
        problems.append(
            unknown_attribute(column.attribute, (PART, *attributes), (*key, "attribute"))
        )
        return None
    positions = []
    for name, heading in (("heading", column.heading), ("through", column.through)):
        if heading is None:
            continue
        places = [place for place, one in enumerate(headings) if one.strip() == heading.strip()]
        if len(places) != 1:
            match = closest(heading, headings)
            hint = did_you_mean(match) if match and not places else "Check the table's first row."
            count = counted(len(places), "column") if places else "no column"
            message = f"the table has {count} with the heading {shown(heading)}."
            code = "duplicate-column" if places else "missing-column"
            problems.append(Problem(code, (*key, name), message, hint))
            return None
        positions += places
    if positions[-1] < positions[0]:
        message = f"{shown(column.through)} stands before {shown(column.heading)}."
        problems.append(Problem("missing-column", (*key, "through"), message, "Swap the two."))
        return None
    span = range(positions[0], positions[-1] + 1)
    attribute = attributes.get(column.attribute)
    summed = len(span) > 1 and (attribute is None or attribute.kind != "number")
    if summed or (column.factor != 1 and (attribute is None or attribute.kind != "number")):
        message = f"{column.attribute} is no number, which alone can be summed or multiplied."
        problems.append(Problem("unsuited-attribute", (*key, "attribute"), message))
        return None
    return Bound(attribute, column.heading, span, column.factor)


def unknown_attribute(name: str, known: Sequence[str], key: tuple[str | int, ...]) -> Problem:
    """Return the problem of a name that no attribute has."""
    return Problem(
        "unknown-attribute",
        key,
        f"there is no attribute {shown(name)}.",
        suggestion(name, known) or "Declare it under attributes, with its kind.",
    )


def suggestion(name: str, known: Sequence[str]) -> str:
    """Return what a name may have meant, empty where nothing is close."""
    match = closest(name, known)
    return did_you_mean(match) if match else ""


def _unused(unused: Sequence[str], known: Sequence[str], key: tuple[str | int, ...]) -> Problem:
    """Return the columns that are not read, and what is meant by those that are nearly right."""
    hints = list(_meant(unused[:200], known))
    names = listed(list(map(shown, unused)), most=_MOST_NAMED)
    verb = "is no attribute and is" if len(unused) == 1 else "are no attributes and are"
    return Problem(
        "unused-column",
        key,
        f"{names} {verb} not read.",
        f"Mend the heading where one is meant: {'; '.join(hints[:3])}."
        if hints
        else "Leave them, or declare them under attributes where a rule needs them.",
    )


def _meant(unused: Sequence[str], known: Sequence[str]) -> Iterator[str]:
    for heading in unused:
        name = _alike(_bare(heading)[0])
        for one in known:
            if converted(name, one, None):
                yield f"{shown(heading)} may be {one}, with a factor"
                break
        else:
            match = closest(name, known)
            if match:
                yield f"{shown(heading)} may be {match}"
