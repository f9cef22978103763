"""A template whose entries about part ``*`` are repeated for every part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from amopt.errors import UsageError
from amopt.instance.formats.yaml_writing import yaml_text
from amopt.instance.suggest import shown
from amopt.phrases import counted, listed

if TYPE_CHECKING:
    from amopt.instance.common import Instance

__all__ = [
    "STAR",
    "HandedOver",
    "Provenance",
    "file_name",
    "in_one_currency",
    "plain",
    "repeated",
]

STAR = "*"
"""The name of the part that is the pattern for every part."""


@dataclass(frozen=True)
class HandedOver:
    """An instance of the next decision.

    Attributes
    ----------
    data
        The instance as plain data.
    notes
        What was taken from where, and for how many parts the template's own values stand.
    """

    data: dict[str, Any]
    notes: tuple[str, ...] = ()

    def to_yaml(self) -> str:
        """Return the instance file, its notes in comments at its head."""
        head = "".join(f"# {note}\n" for note in self.notes)
        return f"{head}{yaml_text(self.data)}"


@dataclass
class Provenance:
    """What was taken of parts, and what was not known of them.

    Attributes
    ----------
    taken, lacking, absent
        Parts by what was taken into the instance, and by what was not there to be taken: the
        template has a value, or none either.
    """

    taken: Counter[str] = field(default_factory=Counter)
    lacking: Counter[str] = field(default_factory=Counter)
    absent: Counter[str] = field(default_factory=Counter)

    def put(self, entry: dict[str, Any], key: str, value: Any, source: str) -> None:
        """Set a key of an entry where the value is known, and note it either way."""
        if value is None:
            (self.lacking if entry.get(key) is not None else self.absent)[source] += 1
        else:
            entry[key] = value
            self.taken[source] += 1

    def notes(self, where: str) -> Iterator[str]:
        """Yield in words what was taken, and what was not."""
        if self.taken:
            yield f"Taken from {where}: {listed(sorted(self.taken))}."
        for missing, then in (
            (self.lacking, "the template's value stands"),
            (self.absent, "left out, as in the template"),
        ):
            for source, count in sorted(missing.items()):
                yield f"{source} is not known for {counted(count, 'entry', 'entries')}: {then}."


def file_name(name: str) -> str:
    """Return a name of a file for a name of a place, safe on every system."""
    kept = "".join(letter if letter.isalnum() else "-" for letter in name.casefold())
    return f"{'-'.join(filter(None, kept.split('-'))) or 'site'}.yaml"


def plain(template: Instance) -> dict[str, Any]:
    """Return a template as plain data, with the keys that its file has."""
    return template.model_dump(mode="json", by_alias=True, exclude_unset=True)


def in_one_currency(data: dict[str, Any], template: Instance, given: Instance) -> tuple[str, ...]:
    """Give the next instance the currency of what is handed over; amounts are not converted.

    Parameters
    ----------
    data
        The template as plain data; a template that names no currency takes the other's.
    template, given
        The template, and the instance whose amounts are taken into it.

    Returns
    -------
    tuple
        A note, where the template's own amounts count as another currency than by default.

    Raises
    ------
    UsageError
        When both name their currency, and not the same.
    """
    if template.currency == given.currency:
        return ()
    if "currency" in data:
        raise UsageError(
            f"amounts of {shown(given.name)} are in {given.currency}, and those of the template in "
            f"{template.currency}; nothing is converted: write the template's amounts in "
            f"{given.currency}, with currency: {given.currency}"
        )
    data["currency"] = given.currency
    return (f"The template names no currency: amounts of the template count as {given.currency}.",)


def repeated(
    data: Mapping[str, Any], names: Sequence[str], required: Sequence[str]
) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Return the entries of each list at the top: those of the pattern once for every part.

    Parameters
    ----------
    data
        The template.
    names
        The parts.
    required
        The lists that must hold a pattern.

    Returns
    -------
    dict
        For each list that holds a pattern, its entries with the part that each is about; empty for
        entries that are about none.

    Raises
    ------
    UsageError
        When a list holds no pattern that must.
    """
    lacking = [key for key in required if not any(map(_is_pattern, data.get(key) or ()))]
    if lacking:
        raise UsageError(
            f"the template needs a pattern for every part in {listed(lacking)}: an entry in which "
            f"the part is called {shown(STAR)}, as in the shipped {data['kind']}/norwind"
        )
    found = {}
    for key, entries in data.items():
        if isinstance(entries, list) and any(map(_is_pattern, entries)):
            found[key] = [
                (name, _filled(entry, name))
                for entry in entries
                for name in (names if _is_pattern(entry) else ("",))
            ]
    return found


def _is_pattern(entry: Any) -> bool:
    """Tell whether an entry is about the part that is the pattern."""
    return isinstance(entry, Mapping) and STAR in entry.values()


def _filled(entry: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a copy of an entry, with the part's name in place of every star."""
    return {key: _with_name(value, name) for key, value in entry.items()}


def _with_name(value: Any, name: str) -> Any:
    if isinstance(value, str):
        return value.replace(STAR, name) if name else value
    if isinstance(value, Mapping):
        return {key: _with_name(held, name) for key, held in value.items()}
    if isinstance(value, list):
        return [_with_name(held, name) for held in value]
    return value
