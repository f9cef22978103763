"""The decisions by name, and the instances of any of them: found, read, checked, described.

Decisions are looked up when they are asked for, so that what an instance does not need is never
imported.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from os import PathLike
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from amopt.errors import UsageError

if TYPE_CHECKING:
    from amopt.instance.common import Instance
    from amopt.instance.findings import Finding
    from amopt.solution import Solution

__all__ = [
    "ANSWERS",
    "COMPANIONS",
    "KINDS",
    "STUDIES",
    "WITHOUT",
    "check",
    "convert",
    "convert_tables",
    "decision",
    "instance_type",
    "load",
    "load_of",
    "locate",
    "questions",
    "require",
    "schema",
    "shipped",
    "solution_type",
    "template",
    "write_template",
]

KINDS = (
    "printing",
    "sourcing",
    "placement",
    "design",
    "screening",
    "licensing",
    "maintenance",
)
"""The decisions that amopt answers, in the order in which they were built."""


COMPANIONS = {
    "sourcing-events": ("amopt.sourcing.events", "Events"),
    "sourcing-quote-sources": ("amopt.sourcing.quotes.sources_file", "Sources"),
}
"""Files that go with an instance and are checked like one: their kind, and where their class is."""


ANSWERS = {"mdp": ("amopt.mdp.exchange.answer", "MarkovAnswer")}
"""Answers to files that are instances of no decision: their kind, and where their class is."""


STUDIES = {
    ("printing", "distributions"): ("amopt.printing.behaviour.solution", "BehaviourSolution"),
    ("printing", "priorities"): ("amopt.printing.busy.answer", "BusySolution"),
    ("printing", "worth"): ("amopt.printing.convoys.answer", "ConvoySolution"),
    ("printing", "uncertainty"): ("amopt.printing.uncertainty.answer", "UncertaintySolution"),
    ("sourcing", "worth"): ("amopt.sourcing.worth.worth", "Worth"),
    ("sourcing", "ranges"): ("amopt.sourcing.worth.ranges.answer", "Ranges"),
    ("sourcing", "steps"): ("amopt.sourcing.rolling.answer", "Replay"),
    ("sourcing", "answers"): ("amopt.sourcing.answer.nondominated", "Pareto"),
    ("placement", "axes"): ("amopt.placement.map", "FormMap"),
    ("licensing", "axes"): ("amopt.licensing.map", "FormMap"),
    ("design", "points"): ("amopt.design.factorials", "Factorial"),
}
"""Answers of studies: their decision and a table that no other answer of it has, and the class."""

WITHOUT = {("printing", "intervals"): ("amopt.printing.many.answer", "ManySolution")}
"""Answers that lack a table which all others of their decision have, and the class."""


def decision(kind: str) -> ModuleType:
    """Return the package of one decision.

    Raises
    ------
    UsageError
        When amopt does not answer such a decision.
    """
    if kind not in KINDS:
        from amopt.instance.suggest import closest, did_you_mean, shown

        match = closest(kind, KINDS)
        hint = f" {did_you_mean(match)}" if match else ""
        raise UsageError(f"unknown kind {shown(kind)}; amopt answers {', '.join(KINDS)}.{hint}")
    return importlib.import_module(f"amopt.{kind}")


def instance_type(kind: str) -> type[Instance]:
    """Return the instance class of one decision, or of a file that goes with its instances."""
    if kind in COMPANIONS:
        room, name = COMPANIONS[kind]
        return cast("type[Instance]", getattr(importlib.import_module(room), name))
    return cast("type[Instance]", decision(kind).Instance)


def solution_type(kind: str, tables: Iterable[str] = ()) -> type[Solution]:
    """Return the class of the answers of one decision, or of a file that is of none.

    Parameters
    ----------
    kind
        The decision.
    tables
        The tables of an answer, which tell that of a study; left out, no study is meant.
    """
    there = frozenset(tables)
    studies = [of for (own, table), of in STUDIES.items() if own == kind and table in there]
    lacking = [of for (own, table), of in WITHOUT.items() if own == kind and table not in there]
    study = next(iter([*studies, *(lacking if there else ())]), None)
    if study is not None or kind in ANSWERS:
        room, name = study or ANSWERS[kind]
        return cast("type[Solution]", getattr(importlib.import_module(room), name))
    return cast("type[Solution]", decision(kind).Solution)


def load(
    source: str | Path | Mapping[str, Any], *, given: Mapping[str, Any] | None = None
) -> Instance:
    """Read and validate an instance.

    Parameters
    ----------
    source
        The path of a yaml, json or toml file, of a workbook or of a folder of csv files, the name
        of a shipped instance such as ``"printing/mission"``, or the same content as plain data.
    given
        Keys at the top that count instead of those of the source.

    Returns
    -------
    Instance
        The instance of the decision that its ``kind`` names.

    Raises
    ------
    InvalidInstanceError
        With everything that is wrong, at once.
    """
    from amopt.instance.loader import read

    return read(locate(source), instance_type, KINDS, given or {})


def load_of(
    kind: str,
    source: str | Path | Mapping[str, Any],
    *,
    given: Mapping[str, Any] | None = None,
) -> Any:
    """Return the instance of a source that must be of one kind; see :func:`load`.

    Raises
    ------
    InvalidInstanceError
        With everything that is wrong, at once.
    UsageError
        When it is an instance of another decision.
    """
    instance = load(source, given=given)
    require(
        instance.kind == kind, f"{source} is a {instance.kind} instance; this is for {kind} only"
    )
    return instance


def check(
    source: str | Path | Mapping[str, Any], *, given: Mapping[str, Any] | None = None
) -> list[Finding]:
    """Return everything that is wrong with an instance, without solving it; see :func:`load`.

    A file that goes with an instance, such as the events of a replay, is checked by itself.
    """
    from amopt.instance.loader import examine

    kinds = (*KINDS, *COMPANIONS)
    found = examine(locate(source), instance_type, kinds, given or {})
    network = getattr(found.instance, "network", None)
    if network is None or not network.places:
        return list(found.findings)
    from amopt.network.swapped import swapped_places

    return [*found.findings, *swapped_places(network, found.document.where)]


def convert(source: str | Path | Mapping[str, Any], target: str | Path) -> None:
    """Write an instance in another format: yaml, json, a workbook, or a folder of csv files.

    What is read back from it is equal to the instance. A network that the file includes is written
    into it; files that it names otherwise are still sought from its folder.

    Parameters
    ----------
    source
        As for :func:`load`.
    target
        A file that ends in .yaml, .yml, .json or .xlsx; a name without an ending is a folder of
        csv files. It must not be there yet.

    Raises
    ------
    InvalidInstanceError
        With everything that is wrong with the source, at once.
    UsageError
        When the target is there, cannot be written, or has another ending.
    """
    from amopt.errors import InvalidInstanceError
    from amopt.instance.loader import examine
    from amopt.instance.workbook.rewriting import rewrite

    found = examine(locate(source), instance_type, KINDS)
    if found.instance is None:
        raise InvalidInstanceError(found.findings)
    rewrite(type(found.instance), found.document.data, target)


def convert_tables(
    source: str | Path, columns: str | Path | Mapping[str, Any], target: str | Path
) -> None:
    """Write the instance that tables of other names and headings hold to a new file or folder.

    Parameters
    ----------
    source
        A workbook or a folder of csv files.
    columns
        What stands where: a yaml, json or toml file, or plain data.
    target
        As for :func:`convert`.

    Raises
    ------
    InvalidInstanceError
        With everything that is wrong, by table, row and column of the source.
    UsageError
        For tables or columns that are not there, or a target that cannot be written.
    """
    from amopt.errors import InvalidInstanceError
    from amopt.instance.document import load_document
    from amopt.instance.loader import examined
    from amopt.instance.workbook.layout import layout
    from amopt.instance.workbook.reading.mapped import mapped_tables, of_source
    from amopt.instance.workbook.reading.reader import load_workbook
    from amopt.instance.workbook.rewriting import require_target, rewrite

    require_target(target)
    said = load_document(columns)
    if said.findings:
        raise InvalidInstanceError(said.findings)
    path = Path(source)
    mapped, tables = mapped_tables(path, said.data)
    document = load_workbook(
        path,
        lambda kind: layout(instance_type(kind)) if kind in KINDS else None,
        mapped=mapped,
    )
    found = examined(document, instance_type, KINDS)
    if found.instance is None:
        findings = [of_source(one, said.data, tables) for one in found.findings]
        raise InvalidInstanceError(findings)
    rewrite(type(found.instance), found.document.data, target)


def locate(source: str | Path | Mapping[str, Any]) -> Path | Mapping[str, Any]:
    """Return where an instance is: a file that is there comes before a shipped name.

    Raises
    ------
    UsageError
        When there is neither a file nor a shipped instance of a name without an ending, or it is
        no path, name or mapping at all.
    """
    if isinstance(source, Mapping):
        return source
    named = isinstance(source, (str, PathLike)) and str(source)
    require(
        bool(named), f"name a file or a shipped instance, or give a mapping, not {source!r:.60}"
    )
    from amopt.instance import catalogue

    path = Path(source)
    with suppress(OSError):
        if path.exists():
            return path
    if not path.suffix:
        return catalogue.path(str(source))
    shipped = "/".join(path.with_suffix("").parts[-2:])
    require(
        shipped not in catalogue.names(),
        f"there is no file {source}; the instance that ships with amopt is called {shipped}",
    )
    return path


def template(kind: str) -> str:
    """Return the commented template of a decision's instance file."""
    from importlib.resources import files

    decision(kind)
    return files(f"amopt.{kind}").joinpath("template.yaml").read_text(encoding="utf-8")


def write_template(kind: str, target: str | Path) -> None:
    """Write the template of a decision as a workbook or a folder of csv files; see :func:`convert`.

    Raises
    ------
    UsageError
        When the target is there, cannot be written, or has another ending.
    """
    from amopt.instance.formats.yaml_text import parse
    from amopt.instance.workbook.rewriting import rewrite

    rewrite(instance_type(kind), parse(template(kind)).data, target, template=True)


def schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of a decision's instance file."""
    from amopt.instance.schema import schema as json_schema

    return json_schema(instance_type(kind))


def shipped() -> list[dict[str, str]]:
    """Return the instances that ship with amopt: their name in the catalogue, kind and title."""
    from amopt.instance import catalogue
    from amopt.instance.document import load_document

    listed = []
    for name in catalogue.names():
        head = load_document(catalogue.path(name)).data
        listed.append({"instance": name, "kind": head["kind"], "name": head["name"]})
    return listed


def questions() -> dict[str, str]:
    """Return the question that each decision answers."""
    firsts = {kind: (decision(kind).__doc__ or "").partition("\n")[0] for kind in KINDS}
    return {kind: first.removeprefix(f"{kind}: ") for kind, first in firsts.items()}


def require(condition: bool, message: str) -> None:
    """Raise a usage error unless the condition holds.

    Raises
    ------
    UsageError
        With the message.
    """
    if not condition:
        raise UsageError(message)
