"""Document -> validated instance, with everything that is wrong at once.

Field errors, names and references are gathered in one pass over the raw data. What only the whole
instance can know (:meth:`~amopt.instance.loadable.Loadable.checks`) is told with them as far as it
does not hang on what is wrong (:mod:`amopt.instance.partial`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from amopt.errors import InvalidInstanceError
from amopt.instance.collector_pause import collector_paused
from amopt.instance.document import Document
from amopt.instance.findings import (
    CATALOGUE,
    Code,
    Finding,
    Key,
    Problem,
    Severity,
    Where,
    codes_of,
)
from amopt.instance.findings.fields_at import keys_of
from amopt.instance.findings.names import lost_collections, name_problems
from amopt.instance.findings.wording import field_problems
from amopt.instance.formats.positions import MAX_DEPTH
from amopt.instance.include import included
from amopt.instance.loadable import Filled, Loadable, checks_of
from amopt.instance.partial import partial_instance, told
from amopt.instance.plain import not_plain, plain, too_deep, value_problems
from amopt.instance.suggest import closest, did_you_mean, shown
from amopt.instance.workbook.opening import document_of

__all__ = [
    "VERSION",
    "Examination",
    "build",
    "changed",
    "complete",
    "examine",
    "read",
    "refusal",
    "refused",
]

VERSION: Final = 1
"""The version of the file format that this amopt reads."""

_ANSWER: Final = frozenset({"outcome", "referee", "tables"})
"""Keys that an answer has and no instance."""

_READ_ON: Final = frozenset({"duplicate-key", "decimal-comma"})
"""Errors of reading that leave the rest of the file as it was meant."""

_OF_THE_KIND: Final = frozenset({"unknown-sheet", "unknown-column", "missing-column"})
"""Findings of tables that were read as those of another kind."""

_logger = logging.getLogger(__name__)
_Kind = TypeVar("_Kind", bound=Loadable)


@dataclass(frozen=True)
class Examination(Generic[_Kind]):
    """What became of a source.

    Attributes
    ----------
    instance
        The instance; None when there are errors.
    findings
        Everything that was found, errors first, then in the order of the file.
    document
        The raw data with the places of its values.
    """

    instance: _Kind | None
    findings: tuple[Finding, ...]
    document: Document


@collector_paused()
def examine(
    source: str | Path | Mapping[str, Any],
    type_of_kind: Callable[[str], type[_Kind]],
    kinds: Sequence[str],
    given: Mapping[str, Any] = MappingProxyType({}),
) -> Examination[_Kind]:
    """Read an instance and find everything that is wrong with it.

    Parameters
    ----------
    source
        The path of a yaml, json or toml file, of a workbook or of a folder of csv files, or its
        content as plain data.
    type_of_kind
        Returns the instance class of a decision; asked only for one of ``kinds``.
    kinds
        The decisions that there are.
    given
        Keys at the top that count beside those of the source, or instead of them; what is given of
        a mapping comes into it.

    Returns
    -------
    Examination
        Its instance is there when nothing worse than warnings was found.
    """
    return examined(document_of(source, type_of_kind, kinds), type_of_kind, kinds, given)


def examined(
    document: Document,
    type_of_kind: Callable[[str], type[_Kind]],
    kinds: Sequence[str],
    given: Mapping[str, Any] = MappingProxyType({}),
) -> Examination[_Kind]:
    """Find everything that is wrong with a document; see :func:`examine`."""
    if not document.usable:
        return _examination(None, document, [], CATALOGUE)
    if document.data.keys() >= _ANSWER:
        message = "this is an answer of amopt, not an instance."
        return _examination(None, document, [Problem("an-answer", (), message)], CATALOGUE)
    document.data = {**document.data, **dict(_into(document.data, given))}
    head = list(_head_problems(document.data, kinds))
    kind, version = document.data.get("kind"), document.data.get("amopt")
    if (
        not isinstance(kind, str)
        or kind not in kinds
        or (type(version) is int and version != VERSION)
    ):
        return _examination(None, document, head, CATALOGUE)
    examination = _examine_document(document, type_of_kind(kind), head)
    strange = [
        finding.where.key[0]
        for finding in examination.findings
        if finding.code == "unknown-key" and len(finding.where.key) == 1
    ]
    if strange and (meant := _meant_kind(document.data, kind, type_of_kind, kinds)):
        document.findings = [one for one in document.findings if one.code not in _OF_THE_KIND]
        message = f"the file says kind: {kind}, but this looks like {meant}."
        advice = f"Write `kind: {meant}`; {', '.join(map(shown, strange[:4]))} are its keys."
        return _examination(
            None, document, [Problem("wrong-kind", ("kind",), message, advice)], CATALOGUE
        )
    return examination


def _into(data: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what is given, mappings on top of those of the data."""
    for key, value in given.items():
        old = data.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        yield key, {**old, **value} if both else value  # type: ignore[dict-item]


def _meant_kind(
    data: Mapping[str, Any],
    kind: str,
    type_of_kind: Callable[[str], type[Loadable]],
    kinds: Sequence[str],
) -> str | None:
    """Return the kind that knows more of the keys at the top than the one that is said."""
    known = {name: len(data.keys() & keys_of((type_of_kind(name),))) for name in kinds}
    meant = max(kinds, key=lambda name: known[name])
    return meant if known[meant] > known[kind] + 1 else None


def read(
    source: str | Path | Mapping[str, Any],
    type_of_kind: Callable[[str], type[_Kind]],
    kinds: Sequence[str],
    given: Mapping[str, Any] = MappingProxyType({}),
) -> _Kind:
    """Read a valid instance; parameters as for :func:`examine`. Warnings are logged.

    Raises
    ------
    InvalidInstanceError
        With everything that is wrong, at once.
    """
    return _require(examine(source, type_of_kind, kinds, given))


@collector_paused()
def build(instance_type: type[_Kind], data: Mapping[str, Any]) -> _Kind:
    """Build an instance of a known class from plain data.

    Raises
    ------
    InvalidInstanceError
        With everything that is wrong, at once.
    """
    examination = _examine_document(Document(data=plain(data)), instance_type)
    return _require(examination)


@collector_paused()
def complete(instance: Loadable, data: Mapping[str, Any]) -> None:
    """Fill an instance that Python code is building.

    Raises
    ------
    InvalidInstanceError
        With everything that is wrong, at once.
    """
    _require(_examine_document(Document(data=plain(data)), type(instance), blank=instance))


@collector_paused()
def changed(instance: _Kind, update: Mapping[str, Any]) -> _Kind:
    """Return a new instance with some fields changed; only warnings that are new are logged.

    Raises
    ------
    InvalidInstanceError
        With everything that is wrong, at once.
    """
    fields = {name: getattr(instance, name) for name in instance.model_fields_set}
    document = Document(data=plain({**fields, **update}))
    examination = _examine_document(document, type(instance), folder=instance._folder)
    return _require(examination, known=instance.warnings)


def refusal(
    model_type: type[BaseModel], data: dict[str, Any], error: ValidationError
) -> InvalidInstanceError:
    """Return what is wrong with an entry of an instance that Python code is building."""
    return refused(data, field_problems(model_type, data, error))


def refused(data: dict[str, Any], problems: Iterable[Problem]) -> InvalidInstanceError:
    """Return problems of an entry that Python code is building, as what is raised."""
    return InvalidInstanceError(
        _examination(None, Document(data=data), problems, CATALOGUE).findings
    )


def _require(examination: Examination[_Kind], known: Sequence[Finding] = ()) -> _Kind:
    """Return the instance of an examination, or raise its findings; log those not yet known."""
    if examination.instance is None:
        raise InvalidInstanceError(examination.findings)
    said = {(finding.code, finding.where.key) for finding in known}
    for finding in examination.findings:
        if (finding.code, finding.where.key) not in said:
            _logger.warning("%s", finding)
    return examination.instance


def _examine_document(
    document: Document,
    instance_type: type[_Kind],
    head: Iterable[Problem] = (),
    *,
    blank: _Kind | None = None,
    folder: Path | None = None,
) -> Examination[_Kind]:
    """Validate the data of a document.

    ``blank`` is the object to fill, or None for a new one; ``folder`` that of data which never was
    a file.
    """
    codes = codes_of(instance_type)
    if not isinstance(document.data, Mapping):
        problem = Problem("not-a-mapping", (), f"{shown(document.data)} is not keys with values.")
        return _examination(None, document, [problem], codes)
    if too_deep(document.data):
        problem = Problem("nesting-too-deep", (), f"values are nested more than {MAX_DEPTH} deep.")
        return _examination(None, document, [problem], codes)
    beside = Path(document.file).parent if document.file else folder
    unusable = included(document, beside)
    if unusable or not all(part.usable for part in document.parts.values()):
        return _examination(None, document, [*head, *unusable], codes)
    data = document.data if isinstance(document.data, dict) else dict(document.data)
    if not document.file and (strange := list(not_plain(data))):
        return _examination(None, document, strange, codes)
    filled = instance_type.filled(data, beside)
    unfilled = any(codes[one.code].severity is Severity.ERROR for one in filled.problems)
    if unfilled and not filled.held_open:
        return _examination(None, document, [*head, *filled.problems], codes)
    instance = blank if blank is not None else instance_type.__new__(instance_type)
    problems = [*head, *_validated(instance, filled, document)]
    errors = [one for one in document.findings if one.severity is Severity.ERROR]
    if not problems and not errors:
        instance._folder = beside
        across = chain.from_iterable(checks_of(instance))
        problems = [*filled.problems, *_in_file(filled, across)]
    else:
        problems += filled.problems
        unread = [Problem(one.code, one.where.key, one.message) for one in errors]
        partial = None
        if not filled.kept and all(one.code in _READ_ON for one in errors):
            partial = partial_instance(instance_type, filled.data, [*problems, *unread])
        if partial is not None:
            partial._folder = beside
            problems += told(checks_of(partial))
    return _examination(instance, document, problems, codes)


def _validated(instance: Loadable, filled: Filled, document: Document) -> Iterator[Problem]:
    """Fill an instance with the fields of its data, or yield what is wrong with them."""
    instance_type, data = type(instance), dict(filled.data)
    problems, fields = list(value_problems(data)), []
    try:
        instance_type.__pydantic_validator__.validate_python(data, self_instance=instance)
    except ValidationError as error:
        fields = field_problems(instance_type, data, error)
    lost = {*document.absent, *lost_collections(fields)}
    line = lambda key: document.where(filled.key(key)).line  # noqa: E731
    problems += name_problems(instance_type, data, line, lost)
    known = {problem.key for problem in problems}
    problems += [problem for problem in fields if problem.key not in known]
    yield from _in_file(filled, problems)


def _in_file(filled: Filled, problems: Iterable[Problem]) -> Iterator[Problem]:
    """Yield problems with the keys that their values have in the file."""
    for problem in problems:
        yield replace(problem, key=filled.key(problem.key)) if filled.kept else problem


def _head_problems(data: Mapping[str, Any], kinds: Sequence[str]) -> Iterator[Problem]:
    """Yield what is wrong with the keys that say how to read the others."""
    version, kind = data.get("amopt"), data.get("kind")
    if version is None:
        yield Problem("missing-key", ("amopt",), "the key 'amopt' is missing.", "Add `amopt: 1`.")
    elif type(version) is not int or version != VERSION:
        advice = f"Write `amopt: {VERSION}`."
        if type(version) is int and version > VERSION:
            advice = "Install a newer amopt, or write the file in version 1."
        message = f"the version of the format is {shown(version)}; this amopt reads {VERSION}."
        yield Problem("unsupported-version", ("amopt",), message, advice)
    known = ", ".join(kinds)
    if kind is None:
        advice = f"Add `kind:` with one of {known}."
        yield Problem("missing-key", ("kind",), "the key 'kind' is missing.", advice)
    elif not isinstance(kind, str) or kind not in kinds:
        match = closest(kind, kinds) if isinstance(kind, str) else None
        advice = did_you_mean(match) if match else f"Write one of {known}."
        message = f"amopt answers no decision called {shown(kind)}."
        yield Problem("unknown-kind", ("kind",), message, advice)


def _examination(
    instance: _Kind | None,
    document: Document,
    problems: Iterable[Problem],
    codes: Mapping[str, Code],
) -> Examination[_Kind]:
    """Give problems their place and severity; errors take the instance away."""
    findings = list(document.findings)
    errors = (finding for finding in findings if finding.severity is Severity.ERROR)
    lost = {finding.where.key for finding in errors if finding.code != "duplicate-key"}
    seen: set[tuple[str, Key, Where | None]] = set()
    for problem in problems:
        told = (problem.code, problem.key, problem.where)
        if problem.key in lost or told in seen or document.says_missing(problem):
            continue
        seen.add(told)
        if problem.code not in codes:
            kind = type(instance).__name__ if instance is not None else "the reader"
            raise LookupError(
                f"{kind} yields the code {problem.code!r}, which none of its `codes` describes"
            )
        where, code = problem.where or document.where(problem.key), codes[problem.code]
        message, advice = document.said(problem, where)
        findings.append(Finding(code.code, where, message, advice or code.advice, code.severity))
    findings = _once_a_column(findings)
    findings.sort(key=lambda f: (f.severity != Severity.ERROR, f.where.line or 0, f.where.row or 0))
    failed = any(finding.severity is Severity.ERROR for finding in findings)
    if failed or instance is None:
        return Examination(None, tuple(findings), document)
    instance._warnings = tuple(findings)
    return Examination(instance, tuple(findings), document)


def _once_a_column(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings, those of all rows that lack one and the same column of two as one."""
    found: dict[object, list[Finding]] = {}
    for place, finding in enumerate(findings):
        at = finding.where
        of_two = bool(at.key) and finding.code.startswith("exactly-one")
        lacks = of_two and at.row is not None and at.column is None and type(at.key[-1]) is str
        name = (finding.code, at.sheet, at.key[-1]) if lacks else place
        found.setdefault(name, []).append(finding)
    said = "so in {:,} rows without the column: {}".format
    return [
        own[0] if len(own) == 1 else replace(own[0], message=said(len(own), own[0].message))
        for own in found.values()
    ]
