"""Two instances or two answers side by side: what changed, the largest change first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from amopt.errors import InfeasibleError, NoAnswerError, UsageError
from amopt.files import as_plain
from amopt.outcome import Stopped
from amopt.program.pieces import CutShortError, Pieces
from amopt.scenarios.standing import Standing, standing
from amopt.solution import Column, Solution, Table

if TYPE_CHECKING:
    from amopt.instance.common import Instance
    from amopt.program.solver.run import Progress

__all__ = ["COLUMNS", "Comparison", "Solved", "compare_answers", "compare_instances", "solved"]

ROUNDING = 1e-9
"""Relative changes up to this are rounding."""

PROVEN = 1e-6
"""Gaps up to this are those of proven optima: none of them is more than another."""

COLUMNS = (
    Column("table", "", "the table or sheet in which something changed"),
    Column("entry", "", "the entry of it, by its names"),
    Column("what", "", "the column or key"),
    Column("before", "", "what the first says; nothing where it has no such entry"),
    Column("after", "", "what the second says; nothing where it has no such entry"),
    Column("change", "", "after less before"),
    Column("relative_change", "%", "the change in hundredths of what was before"),
    Column("unit", "", "unit of the numbers; money is in the currency of the instance"),
)
"""The columns of a table of changes."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one instance or answer to another.

    Attributes
    ----------
    before, after
        The names of the two.
    currency
        The unit of money of both.
    rows
        The changes, a row each, with the columns of :data:`COLUMNS`: changes of money by their
        size first, then other numbers by their size relative to the largest of their column, then
        words, then entries that only one of the two has.
    worth
        Of two answers, what each is worth; None for two instances.
    objective_meaning
        Of two answers, what their objective is; empty where the two are of different things.
    """

    before: str
    after: str
    currency: str
    rows: Table
    worth: tuple[Standing, Standing] | None = None
    objective_meaning: str = ""

    @property
    def tables(self) -> dict[str, int]:
        """How many changes each table has."""
        return dict(Counter(row["table"] for row in self.rows))


def compare_instances(before: Instance, after: Instance) -> Comparison:
    """Return what changed in the data; a key left out is the same as its default written out.

    Entries are told apart by their names, so that their order does not matter.

    Raises
    ------
    UsageError
        When the two are of different decisions.
    """
    _require_same(before.kind, after.kind)
    old, new = _sheets(before, after)
    changes = _of_tables(old, new, {})
    return _comparison(before.name, after.name, before.currency, after.currency, changes)


def compare_answers(before: Solution, after: Solution) -> Comparison:
    """Return what changed in objective, decisions and every table of the answer.

    Raises
    ------
    UsageError
        When the two are of different decisions.
    """
    _require_same(before.kind, after.kind)
    units = {
        (name, column.name): column.unit
        for name, columns in before.columns.items()
        for column in columns
    }
    units["answer", "objective"] = units["answer", "bound"] = "money"
    provenance = {
        (name, column) for name, columns in after.provenance.items() for column in columns
    }
    changes = _folded(_of_tables(_answer(before), _answer(after), units), provenance)
    found = _comparison(before.name, after.name, before.currency, after.currency, changes)
    meanings = {(one.objective_meaning, one.currency) for one in (before, after)}
    return replace(
        found,
        worth=(
            replace(standing(before.outcome), status=str(before.status)),
            replace(standing(after.outcome), status=str(after.status)),
        ),
        objective_meaning=after.objective_meaning if len(meanings) == 1 else "",
    )


@dataclass(frozen=True, slots=True)
class Solved:
    """The answers of two instances, as far as Ctrl-C left them.

    Attributes
    ----------
    answers
        Those that there are, the first one's first.
    pieces
        How many solves are done.
    """

    answers: tuple[Solution, ...]
    pieces: Pieces

    @property
    def both(self) -> Comparison | None:
        """What changed from one answer to the other; None where there are not two."""
        return compare_answers(*self.answers) if len(self.answers) == 2 else None


def solved(
    instances: Sequence[tuple[str, Instance]],
    *,
    time_limit: float | None = None,
    gap: float | None = None,
    progress: Callable[[int, int], None] | None = None,
    at_solve: Callable[[Progress], None] | None = None,
) -> Solved:
    """Solve two instances, one after the other.

    Parameters
    ----------
    instances
        What each is called, and the instance.
    time_limit, gap
        For each solve.
    progress
        Told how many of the two are solved.
    at_solve
        Told of the solve that runs.

    Raises
    ------
    InfeasibleError
        When one has no plan; a note says which.
    KeyboardInterrupt
        At Ctrl-C before there is any answer, and at a second one.
    """
    from amopt import decisions

    def of(side: tuple[str, Instance]) -> Solution:
        name, instance = side
        try:
            found = decisions.solve(instance, time_limit=time_limit, gap=gap, progress=at_solve)
        except InfeasibleError as error:
            error.add_note(f"This is so of {name}; --no-solve says what changed in the data alone.")
            raise
        except NoAnswerError as error:
            if error.outcome is not None:
                error.outcome.require_ended()
            raise
        if found.outcome.stopped is Stopped.INTERRUPTED:
            raise CutShortError(found)
        return found

    pieces = Pieces(len(instances), progress)
    answers = pieces.done(instances, of)
    pieces.require_any()
    return Solved(tuple(answers.values()), pieces)


def _require_same(before: str, after: str) -> None:
    if before != after:
        raise UsageError(f"the first is of {before}, the second of {after}: nothing to compare")


def _comparison(
    before: str, after: str, currency: str, other: str, changes: Iterator[tuple[Any, ...]]
) -> Comparison:
    """Return the changes, the largest first."""
    ranked = sorted(changes, key=lambda change: change[0])
    names = [column.name for column in COLUMNS]
    rows = tuple(dict(zip(names, cells, strict=True)) for _, cells in ranked)
    said = currency if currency == other else f"{currency} and {other}"
    return Comparison(before, after, said, rows)


def _sheets(*instances: Instance) -> list[dict[str, Table]]:
    """Return the data of instances of one decision as tables, entries of both by the same names."""
    from amopt.instance.workbook.flattening import filled_sheets
    from amopt.instance.workbook.layout import layout

    plan = layout(type(instances[0]))
    dumped = [one.model_dump(by_alias=True, exclude=dict(one.provenance)) for one in instances]
    read = [filled_sheets(plan, data) for data in dumped]
    tables: list[dict[str, Table]] = [{"instance": [dict(once)]} for once, _ in read]
    names: list[dict[str, dict[Any, str]]] = [{} for _ in instances]
    sheets = [{one.sheet.name: one for one in found} for _, found in read]
    for name in dict.fromkeys(name for found in sheets for name in found):
        both = [found.get(name) for found in sheets]
        sheet = next(one.sheet for one in both if one is not None)
        rows = [
            [dict(zip((c.heading for c in one.columns), row, strict=True)) for row in one.rows]
            if one is not None
            else []
            for one in both
        ]
        for own, known in zip(rows, names, strict=True):
            for heading in known.keys() & {name for row in own for name in row}:
                _name_parents(own, heading, known[heading])
        if sheet.numbered:
            numbers = [[row.pop(sheet.own[0]) for row in own] for own in rows]
            key = _key(*rows)
            for known, own, numbered in zip(names, rows, numbers, strict=True):
                named = map(", ".join, _by_key(own, key))
                known[sheet.own[0]] = dict(zip(numbered, named, strict=True))
        for table, own in zip(tables, rows, strict=True):
            table[name] = own
    return tables


def _name_parents(rows: list[dict[str, Any]], heading: str, names: Mapping[Any, str]) -> None:
    """Write the names of entries for their numbers, with what tells their own entries apart.

    A number says nothing, and is another where an entry above is left out. Entries of an entry are
    told apart by their first column, where that is a number: a price by its quantity.
    """
    own = next((one for row in rows for one in row if one != heading), "")
    apart = all(_is_number(row[own]) for row in rows) and _are_unique(rows, [heading, own])
    for row in rows:
        name = names.get(row[heading], str(row[heading]))
        row[heading] = f"{name}, {row[own]:.10g}" if apart else name


def _answer(solution: Solution) -> dict[str, Table]:
    """Return the tables of an answer, and what it is worth as one more."""
    outcome = solution.outcome
    worth = {
        "objective": outcome.objective,
        "bound": outcome.bound,
        "status": str(solution.status),
    }
    return {"answer": [worth], **solution.rows}


def _of_tables(
    before: Mapping[str, Table],
    after: Mapping[str, Table],
    units: Mapping[tuple[str, str], str],
) -> Iterator[tuple[Any, ...]]:
    """Yield the changes, each with what it is ranked by."""
    for place, name in enumerate(dict.fromkeys((*before, *after))):
        first, second = before.get(name, ()), after.get(name, ())
        key = _key(first, second)
        old, new = _by_key(first, key), _by_key(second, key)
        columns = list(dict.fromkeys(column for row in (*first, *second) for column in row))
        largest = {
            column: max(
                (abs(row[column]) for row in (*first, *second) if _is_number(row.get(column))),
                default=0.0,
            )
            for column in columns
        }
        for entry in dict.fromkeys((*old, *new)):
            there = old.get(entry), new.get(entry)
            said = ", ".join(entry)
            if there[0] is None or there[1] is None:
                cells = (None, "there") if there[0] is None else ("there", None)
                yield (3, place, 0.0), (name, said, "", *cells, None, None, "")
                continue
            for column in columns:
                unit = units.get((name, column), "")
                least = PROVEN if column == "gap" else 0.0
                found = _change(there[0].get(column), there[1].get(column), least)
                if found is None:
                    continue
                change, relative = found
                rank = _rank(change, largest[column], unit)
                cells = as_plain(there[0].get(column)), as_plain(there[1].get(column))
                yield rank, (name, said, column, *cells, change, relative, unit)


def _folded(
    changes: Iterator[tuple[Any, ...]], provenance: Container[tuple[str, str]]
) -> Iterator[tuple[Any, ...]]:
    """Yield the changes; entries of which only where they come from changed are one of them."""
    own: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for change in changes:
        own.setdefault(change[1][:2], []).append(change)
    alone: dict[str, list[list[tuple[Any, ...]]]] = {}
    for (table, _), found in own.items():
        if all((table, cells[2]) in provenance for _, cells in found):
            alone.setdefault(table, []).append(found)
        else:
            yield from found
    for table, entries in alone.items():
        if len(entries) == 1:
            yield from entries[0]
            continue
        what = ", ".join(dict.fromkeys(cells[2] for found in entries for _, cells in found))
        said = f"{len(entries):,} entries of which nothing else changed"
        yield entries[0][0][0], (table, said, what, None, None, None, None, "")


def _rank(change: float | None, largest: float, unit: str) -> tuple[int, int, float]:
    """Return what a change of a value is sorted by."""
    if change is None:
        return 2, 0, 0.0
    return (0, 0, -abs(change)) if unit == "money" else (1, 0, -abs(change) / largest)


def _change(
    before: Any, after: Any, least: float = 0.0
) -> tuple[float | None, float | None] | None:
    """Return the change of a number and its share in hundredths; None where nothing changed.

    Numbers that are both no larger than ``least`` are the same.
    """
    if _is_number(before) and _is_number(after):
        change, larger = after - before, max(abs(before), abs(after))
        if abs(change) <= ROUNDING * larger or larger <= least:
            return None
        return change, 100.0 * change / abs(before) if before else None
    return None if before == after else (None, None)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _key(*tables: Table) -> list[str]:
    """Return the columns of texts, the first ones, that tell the rows of each table apart."""
    key: list[str] = []
    rows = [row for table in tables for row in table]
    if all(len(table) <= 1 for table in tables):
        first = next((next(iter(row)) for row in rows if row), "")
        names = {row.get(first) for row in rows}
        return [first] if len(names) == 1 and isinstance(names.pop(), str) else key
    texts = [
        column
        for column in dict.fromkeys(column for row in rows for column in row)
        if all(isinstance(row.get(column), str | None) for row in rows)
    ]
    for column in texts:
        if key and all(_are_unique(table, key) for table in tables):
            break
        key.append(column)
    return key


def _are_unique(table: Table, key: Sequence[str]) -> bool:
    return len({tuple(row.get(one) for one in key) for row in table}) == len(table)


def _by_key(table: Table, key: Sequence[str]) -> dict[tuple[str, ...], Mapping[str, Any]]:
    """Return rows by their names; those that share them have a number behind."""
    found: dict[tuple[str, ...], Mapping[str, Any]] = {}
    seen: Counter[tuple[str, ...]] = Counter()
    for row in table:
        names = tuple(str(row[one]) for one in key if row.get(one) not in (None, ""))
        seen[names] += 1
        found[names if seen[names] == 1 else (*names, str(seen[names]))] = row
    return found
