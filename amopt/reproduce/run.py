"""Printed beside computed, with a verdict each."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from amopt.errors import AmoptError, UsageError
from amopt.phrases import counted
from amopt.program.pieces import Pieces
from amopt.reproduce import printed
from amopt.reproduce.digits import agrees, worked_out
from amopt.reproduce.printed import Table, Verdict, Witness

__all__ = ["Number", "Reproduction", "compute", "data_folder", "reproduce"]

Values = Mapping[tuple[str, str], Any]


class DataMissingError(AmoptError):
    """The data of a source are no part of the package, and not on this machine."""


@dataclass(frozen=True, slots=True)
class Number:
    """A printed number and what comes of it.

    Attributes
    ----------
    source, table, row, column
        Where it is printed.
    printed
        The text that is printed.
    computed
        What is computed here; None where nothing is.
    verdict, recorded
        What comes of it now, and what is recorded of it.
    as_recorded
        Whether both are the same. Of a number that is not derivable: whether the instance that was
        made to give it still does.
    why
        Why it does not reproduce, or is not derivable.
    made_by
        The command or the call that makes it.
    counted
        Whether it counts; a number that a second table takes up again does not.
    """

    source: str
    table: str
    row: str
    column: str
    printed: str
    computed: float | int | str | None
    verdict: Verdict
    recorded: Verdict
    as_recorded: bool
    why: str
    made_by: str
    counted: bool


@dataclass(frozen=True, slots=True)
class Reproduction:
    """Printed numbers beside computed ones.

    Attributes
    ----------
    numbers
        All of them, source by source.
    witnesses
        By source, what shows that it is wrong.
    pieces
        How many tables are done; the numbers of those that Ctrl-C left are left out.
    """

    numbers: tuple[Number, ...]
    witnesses: Mapping[str, tuple[Witness, ...]]
    pieces: Pieces = field(default_factory=lambda: Pieces(0))

    @property
    def as_recorded(self) -> bool:
        """Whether every verdict is the recorded one, and every witness comes out."""
        return all(one.as_recorded for one in self.numbers) and all(
            holds(one) for several in self.witnesses.values() for one in several
        )

    def counts(self, source: str | None = None) -> dict[Verdict, int]:
        """Return how many numbers have each verdict, of one source or of all."""
        found = Counter(
            one.verdict for one in self.numbers if one.counted and source in (None, one.source)
        )
        return {verdict: found[verdict] for verdict in Verdict if found[verdict]}

    def headline(self) -> str:
        """Return what comes of all numbers, in a sentence."""
        counts = self.counts()
        said = ", ".join(f"{count} {_said(verdict, count)}" for verdict, count in counts.items())
        wrong = sum(not one.as_recorded for one in self.numbers)
        more = " All verdicts are as recorded."
        if wrong:
            more = f" {wrong} {'is' if wrong == 1 else 'are'} not as recorded."
        return f"{counted(sum(counts.values()), 'printed number')}: {said}.{more}"


def _said(verdict: Verdict, count: int) -> str:
    words = {Verdict.REPRODUCES: "reproduce", Verdict.DIFFERS: "do not"}
    return str(verdict) if count == 1 else words.get(verdict, str(verdict))


def holds(witness: Witness) -> bool:
    """Whether the arithmetic of a witness gives what it says."""
    return agrees(witness.gives, worked_out(witness.arithmetic))


def data_folder(name: str) -> Path:
    """Return a folder of the data that are no part of the package.

    Raises
    ------
    DataMissingError
        When the environment variable AMOPT_DATA names no folder that holds it.
    """
    folder = Path(os.environ.get("AMOPT_DATA") or "/nowhere") / name
    if not folder.is_dir():
        raise DataMissingError(f"AMOPT_DATA does not name a folder that holds {name}")
    return folder


def compute(computation: str, **arguments: Any) -> Values:
    """Return what a computation gives: numbers and words by (row, column).

    Parameters
    ----------
    computation
        ``module.function`` in :mod:`amopt.reproduce.computations`.
    arguments
        Of the function.

    Raises
    ------
    UsageError
        When there is no such function.
    """
    module, _, function = computation.rpartition(".")
    try:
        found = getattr(import_module(f"amopt.reproduce.computations.{module}"), function)
    except (ImportError, AttributeError):
        raise UsageError(f"no computation {computation!r}") from None
    values: Values = found(**arguments)
    return values


def reproduce(
    sources: Sequence[str] | None = None,
    *,
    long: bool = False,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Reproduction:
    """Compute what the sources print.

    Parameters
    ----------
    sources
        Their names; left out, all.
    long
        Whether tables that take minutes are computed, too.
    executor
        Where tables are computed, any of :mod:`concurrent.futures`; left out, here, one after the
        other.
    progress
        Told how many tables are done, and how many there are.

    Raises
    ------
    UsageError
        When there is no such source.
    KeyboardInterrupt
        At Ctrl-C before any table is done, and at a second one.
    """
    chosen = printed.names() if sources is None else tuple(sources)
    tables = [(name, table) for name in chosen for table in printed.source(name).tables]
    pieces = Pieces(len(tables), progress)
    found = pieces.done(tables, partial(_numbers, long=long), executor, whole=True)
    pieces.require_any()
    numbers = [
        number
        for place, (name, table) in enumerate(tables)
        for number in found.get(place) or _told(name, table, {}, _NOT_DONE)
    ]
    witnesses = {name: printed.source(name).witnesses for name in chosen}
    return Reproduction(tuple(numbers), witnesses, pieces)


_NOT_DONE = "Ctrl-C came before"
"""Why the numbers of a table are left out that was not computed any more."""


def _numbers(named: tuple[str, Table], *, long: bool) -> list[Number]:
    """Return the numbers of a table of a source."""
    name, table = named
    missing, values = "", dict[tuple[str, str], Any]()
    if table.long and not long:
        missing = "takes minutes: --long"
    else:
        try:
            values = dict(compute(table.computation, **table.arguments))
        except DataMissingError as error:
            missing = str(error)
    return _told(name, table, values, missing)


def _told(name: str, table: Table, values: Values, missing: str) -> list[Number]:
    """Return the numbers of a table beside what was computed, or why nothing was."""
    return [_number(name, table, cell, values.get(cell[:2]), missing) for cell in table.cells()]


def _number(
    name: str, table: Table, cell: tuple[str, str, str], computed: Any, missing: str
) -> Number:
    """Return a number with its verdict."""
    row, column, text = cell
    recorded, why = table.recorded(row, column)
    same = computed is not None and agrees(text, computed, table.tolerance)
    if missing:
        no_data = missing.startswith("AMOPT_DATA")
        verdict, as_recorded = (Verdict.NO_DATA if no_data else Verdict.LEFT_OUT), True
        why = missing
    elif recorded in (Verdict.NOT_DERIVABLE, Verdict.LEFT_OUT):
        verdict, as_recorded = recorded, computed is None or same
    elif computed is None:
        # A table that takes minutes has a time limit, which a busy machine may reach.
        verdict, as_recorded = Verdict.LEFT_OUT, table.long
        why = "not proven in time" if table.long else "nothing was computed"
    else:
        verdict = Verdict.REPRODUCES if same else Verdict.DIFFERS
        as_recorded = verdict is recorded
    return Number(
        name, table.table, row, column, text, computed, verdict, recorded, as_recorded, why,
        table.made_by, not table.again,
    )  # fmt: skip
