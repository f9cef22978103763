"""The sheets of a decision's workbook, as the models of its instance say.

A collection is a sheet. A collection within the entries of another is a sheet of its own, whose
rows repeat what tells the entry apart that they belong to. What stands once in an instance is a row
of the sheet ``instance``, under its keys joined by dots.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from amopt.instance.amounts import RefersTo

__all__ = ["INSTANCE", "LONGEST_SHEET", "NOTES", "TEXT", "Column", "Layout", "Sheet", "layout"]

INSTANCE: Final = "instance"
"""The sheet of what stands once."""

NOTES: Final = "notes"
"""The sheet that explains the others, and is not read."""

TEXT: Final = " [text]"
"""What the heading of a column of texts ends with, where it could be one of numbers."""

LONGEST_SHEET: Final = 31
"""Letters that the name of a sheet may have."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet, or a row of the sheet ``instance``.

    Attributes
    ----------
    path
        The keys that lead from an entry to its value.
    kind
        ``text``, ``number``, ``whole``, ``truth``, ``date``, ``moment``, or ``any``.
    several
        Whether a cell holds several values, separated by ``;``.
    required
        Whether an entry has to have a value.
    default
        What a blank cell means; None where it means that there is none.
    choices
        The words that a cell may hold; empty where it may hold others.
    refers
        The collection in which the name has to stand.
    meaning
        What the value is, with its unit.
    """

    path: tuple[str, ...]
    kind: str = "any"
    several: bool = False
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    refers: RefersTo | None = None
    meaning: str = ""

    @property
    def heading(self) -> str:
        """The keys joined by dots."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet.

    Attributes
    ----------
    name
        Its name.
    path
        The keys that lead to the collection from the entry that holds it, or from the instance.
    parent
        The sheet of the entries that hold such collections; None at the top.
    columns
        The columns of an entry.
    own, repeats
        The headings by which sheets below name an entry of this one, and the columns that those
        repeat; one heading without columns is a number that both sheets have.
    form
        ``entries``; ``mapping`` for names with a value each; ``free`` for rows with any heading.
    """

    name: str
    path: tuple[str, ...]
    parent: Sheet | None
    columns: tuple[Column, ...]
    own: tuple[str, ...] = ()
    repeats: tuple[Column, ...] = ()
    form: Literal["entries", "mapping", "free"] = "entries"

    @property
    def ancestors(self) -> tuple[Sheet, ...]:
        """The sheets above it, the highest first."""
        return () if self.parent is None else (*self.parent.ancestors, self.parent)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that lead to its entries from the top, without their numbers."""
        return tuple(key for above in (*self.ancestors, self) for key in above.path)

    @property
    def leading(self) -> tuple[str, ...]:
        """The headings that say to which entry of the sheet above a row belongs."""
        return tuple(heading for above in self.ancestors for heading in above.own)

    @property
    def leading_keys(self) -> frozenset[tuple[str, ...]]:
        """The keys of the sheet above, and of what tells its entries apart."""
        if self.parent is None:
            return frozenset()
        above = self.parent
        return frozenset((above.keys, *((*above.keys, *one.path) for one in above.repeats)))

    @property
    def numbered(self) -> bool:
        """Whether its entries have a number, because nothing else tells them apart."""
        return bool(self.own) and not self.repeats


@dataclass(frozen=True)
class Layout:
    """The workbook of a decision.

    Attributes
    ----------
    kind
        The decision.
    rows
        What stands once: the rows of the sheet ``instance``.
    sheets
        The others, those above before those below.
    """

    kind: str
    rows: tuple[Column, ...]
    sheets: tuple[Sheet, ...]

    def below(self, parent: Sheet | None) -> Iterator[Sheet]:
        """Yield the sheets of the collections that entries of a sheet, or the instance, hold."""
        return (sheet for sheet in self.sheets if sheet.parent is parent)


def layout(instance_type: type[BaseModel]) -> Layout:
    """Return the workbook of a decision's instances."""
    rows, sheets = _of_model(instance_type, None, ())
    kind = get_args(instance_type.model_fields["kind"].annotation)
    return Layout(str(kind[0]) if kind else "", tuple(rows), tuple(sheets))


def _of_model(
    model: type[BaseModel], parent: Sheet | None, path: tuple[str, ...], *, optional: bool = False
) -> tuple[list[Column], list[Sheet]]:
    """Return the columns of a model's single values and the sheets of its collections."""
    columns: list[Column] = []
    sheets: list[Sheet] = []
    for name, field in model.model_fields.items():
        at = (*path, field.alias or name)
        shapes = list(_shapes(field.annotation))
        for shape, held in shapes:
            if shape == "model":
                inner = optional or not field.is_required() or len(shapes) > 1
                more, below = _of_model(held, parent, at, optional=inner)
                columns += more
                sheets += below
            elif shape == "entries":
                sheets += _of_entries(held, parent, at)
            elif shape == "mapping":
                sheets.append(_of_mapping(parent, at, held))
            elif shape == "free":
                sheets.append(Sheet(_sheet_name(parent, at), at, parent, (), form="free"))
        single = [held for shape, held in shapes if shape == "single"]
        if single:
            needed = field.is_required() and len(shapes) == 1 and not optional
            columns.append(_column(at, field, single, required=needed))
    return columns, sheets


def _of_entries(
    model: type[BaseModel], parent: Sheet | None, path: tuple[str, ...]
) -> Iterator[Sheet]:
    """Yield the sheet of a collection, and those of what its entries hold."""
    name = _sheet_name(parent, path)
    columns, below = _of_model(model, None, ())
    own, repeats = _identity(model, path, columns, parent)
    bare = Sheet(name, path, parent, tuple(columns))
    if not below:
        yield bare
        return
    sheet = Sheet(name, path, parent, tuple(columns), own, repeats)
    yield sheet
    _, below = _of_model(model, sheet, ())  # once more: now they know the sheet above them
    yield from below


def _identity(
    model: type[BaseModel], path: tuple[str, ...], columns: list[Column], parent: Sheet | None
) -> tuple[tuple[str, ...], tuple[Column, ...]]:
    """Return the headings by which an entry is named elsewhere, and the columns they repeat."""
    taken = set() if parent is None else {*parent.leading, *parent.own}
    one = _singular(path[-1])
    by = tuple(getattr(model, "unique_by", ()))
    fields = model.model_fields
    if not by or any(key not in fields or not fields[key].is_required() for key in by):
        headings = {column.heading for column in columns}
        return (f"{one}_number" if one in headings else one,), ()
    keys = [fields[key].alias or key for key in by]
    repeats = tuple(column for key in keys for column in columns if column.path == (key,))
    own = (one,) if keys == ["name"] else tuple(keys)
    return tuple(f"{one}_{key}" if key in taken else key for key in own), repeats


def _of_mapping(parent: Sheet | None, path: tuple[str, ...], kind: str) -> Sheet:
    """Return the sheet of names with a value each."""
    columns = (Column(("name",), "text", required=True), Column(("value",), kind, required=True))
    return Sheet(_sheet_name(parent, path), path, parent, columns, form="mapping")


def _sheet_name(parent: Sheet | None, path: tuple[str, ...]) -> str:
    """Return the name of a sheet: ``part_print``, ``limit_storage``, ``places``."""
    if parent is None and path[0] == "network" and len(path) == 2:
        return path[1]
    above = () if parent is None else (_singular(parent.name),)
    parts = (*above, *map(_singular, path[:-1]), path[-1])
    return "_".join(parts)[:LONGEST_SHEET]


def _singular(name: str) -> str:
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def _shapes(annotation: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a field may hold."""
    bare = _bare(annotation)
    origin = get_origin(bare)
    if bare is type(None):
        return
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        yield "model", bare
    elif origin is tuple:
        (element, *_) = get_args(bare)
        (shape, held), *_ = _shapes(element)
        if shape == "single":
            kind, words, _ = held
            yield "single", (kind, words, True)
        else:
            yield ("entries" if shape == "model" else shape), held
    elif origin is dict:
        _, value = get_args(bare)
        yield ("free", None) if value is Any else ("mapping", _kind(_bare(value)))
    elif origin is Literal:
        words = get_args(bare)
        kind = "text" if all(isinstance(word, str) for word in words) else "whole"
        yield "single", (kind, tuple(map(str, words)), False)
    elif get_args(bare):
        for one in get_args(bare):
            yield from _shapes(one)
    else:
        yield "single", (_kind(bare), (), False)


def _bare(annotation: Any) -> Any:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return annotation


def _kind(bare: Any) -> str:
    kinds: dict[Any, str] = {
        str: "text",
        float: "number",
        int: "whole",
        bool: "truth",
        datetime.date: "date",
        datetime.datetime: "moment",
    }
    return kinds.get(bare, "any")


def _column(
    path: tuple[str, ...], field: FieldInfo, single: list[Any], *, required: bool
) -> Column:
    """Return the column of a field."""
    kinds = {kind for kind, _, _ in single}
    words = tuple(word for _, several, _ in single for word in several)
    default = field.get_default() if not field.is_required() else None
    return Column(
        path,
        kinds.pop() if len(kinds) == 1 else "any",
        several=any(many for _, _, many in single),
        required=required,
        default=default if default != () else None,
        choices=words if len(single) == 1 else (),
        refers=next(_references(field.annotation, field.metadata), None),
        meaning=field.description or "",
    )


def _references(annotation: Any, metadata: list[Any]) -> Iterator[RefersTo]:
    """Yield what the values of a field refer to."""
    yield from (mark for mark in metadata if isinstance(mark, RefersTo))
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        yield from _references(inner, marks)
    else:
        for one in get_args(annotation):
            yield from _references(one, [])
