"""A table of parts -> their parameters as arrays, with everything that is wrong with it.

The columns are the fields of a part of an instance file; what an instance file would refuse in a
part is refused here, by row and column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import InvalidInstanceError, UsageError
from amopt.instance.findings import Problem
from amopt.instance.loadable import Filled
from amopt.instance.loader import examine
from amopt.instance.suggest import shown
from amopt.printing.instance import DAYS_A_YEAR, Part, PrintingInstance
from amopt.printing.instance.parts_table import (
    MOST_ROWS,
    TABLE,
    TEXTS,
    frame_of,
    misnamed,
    with_table,
)
from amopt.printing.instance.practice import problems_of_policy
from amopt.printing.instance.printing_instance import MOST_FAILURES
from amopt.printing.many.cells import Notes, columns_of, unique
from amopt.printing.parameters import Parameters

__all__ = ["PartTable", "Place", "named_table", "read"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

PAIRS = (
    ("failure_rate_per_day", "failure_probability_per_day"),
    ("holding_cost_per_year_per_value", "holding_cost_per_day"),
)
PRINTED = ("printed_failure_rate_per_day", "printed_failure_probability_per_day")


@dataclass(frozen=True, eq=False)
class PartTable:
    """The parts of a table.

    Attributes
    ----------
    names, systems
        Their names, and those of their systems, shape (parts,), of text.
    parameters
        Their parameters.
    """

    names: NDArray[np.object_]
    systems: NDArray[np.object_]
    parameters: Parameters


class Place(PrintingInstance):
    """An instance of which only the place is looked at: the table that it names is held open.

    Parts that the file speaks of stand open too, with all that it could ask of them.
    """

    _table: Path | None = None

    @property
    def table(self) -> Path | None:
        """The table that the instance names; None where it lists its parts."""
        return self._table

    @classmethod
    def filled(cls, data: Mapping[str, Any], folder: Path | None) -> Filled:
        """Return the data with parts of no meaning where those of the table would stand."""
        parts, systems = data.get("parts"), data.get("systems")
        if not isinstance(parts, Mapping) or TABLE not in parts or misnamed(parts, folder):
            return with_table(data, folder)
        some = systems[0] if isinstance(systems, (list, tuple)) and systems else None
        part = {
            "system": some.get("name") if isinstance(some, Mapping) else None,
            "order_cost": 0.0,
            "print_cost": 0.0,
            "failure_rate_per_day": 0.0,
            "printed_failure_rate_per_day": 0.0,
            "print_material_cm3": 0.0,
            "holding_cost_per_day": 0.0,
        }
        names = dict.fromkeys(_spoken_of(data)) or [parts[TABLE]]
        return Filled({**data, "parts": [{**part, "name": name} for name in names]})

    def _problems_of_policy(self) -> Iterator[Problem]:
        """Yield what is wrong with the policy by itself: which parts it leaves out is not asked."""
        told = {entry.part for entry in self.policy}
        parts = [part for part in self.parts if part.name in told]
        yield from problems_of_policy(self.policy, parts, all_expedited=True)

    def _problems_of_limits(self) -> Iterator[Problem]:
        """Yield nothing: a table is not solved with limits at all."""
        yield from ()


def _spoken_of(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of parts that entries of a file refer to."""
    for key in ("policy", "uncertain_rates", "limits"):
        entries = data.get(key)
        for entry in entries if isinstance(entries, (list, tuple)) else ():
            held = entry if isinstance(entry, Mapping) else {}
            several = held.get("parts")
            for name in (
                held.get("part"),
                *(several if isinstance(several, (list, tuple)) else ()),
            ):
                if isinstance(name, str):
                    yield name


def named_table(
    file: str | Path | Mapping[str, Any], given: Path | None = None
) -> tuple[PrintingInstance, Path]:
    """Return the place of an instance file, and the table of parts: a given one, or its own.

    Parameters
    ----------
    file
        The instance.
    given
        The table; left out, the one that the file names.

    Raises
    ------
    InvalidInstanceError
        With everything that is wrong with the file but the table, at once.
    UsageError
        When no table is given and the file names none.
    """
    examination = examine(file, lambda _: Place, ("printing",))
    if not isinstance(examination.instance, Place):
        raise InvalidInstanceError(examination.findings)
    place, parts = examination.instance, examination.document.data["parts"]
    if isinstance(parts, Mapping) and place._folder is not None:
        place._table = place._folder / parts[TABLE]
    table = place.table if given is None else given
    if table is None:
        raise UsageError(
            f"{file} names no table of parts: write parts: {{table: parts.csv}}, or give the table"
        )
    return place, table


def read(instance: PrintingInstance, path: str | Path) -> PartTable:
    """Return the parts of a csv or parquet file, for the systems of an instance.

    Parameters
    ----------
    instance
        Systems, length of the cycle, criterion and surcharge; its own parts are not looked at.
    path
        The file; its headings are the names of fields of a part.

    Raises
    ------
    InvalidInstanceError
        With all that is wrong with the table.
    UsageError
        When there is no such file, or the instance has limits or a network.
    """
    if instance.limits or instance.network is not None:
        raise UsageError(
            "a table of parts is solved in closed form, without limits and without a network: "
            "leave limits out, and give order_cost with its transport; up to "
            f"{MOST_ROWS:,} parts keep them where the instance names the table and amopt solve "
            "answers"
        )
    frame = frame_of(Path(path))
    notes = Notes(str(path))
    columns = columns_of(frame, notes)
    if notes.findings:
        raise InvalidInstanceError(notes.findings)
    counts = {one.name: (one.count, one.backorder_cost_per_day) for one in instance.systems}
    names, systems = columns["name"], columns["system"]
    _note_names(names, notes)
    holders = np.array([name in counts for name in unique(systems)[0]])
    words, place = unique(systems)
    known = holders[place]
    near = ", ".join(map(shown, list(counts)[:5]))
    notes.add(
        "unknown-name",
        "system",
        np.flatnonzero(~known),
        "the instance has no such system",
        f"Its systems are {near}.",
    )
    of_system = np.array([counts.get(name, (1, 0.0)) for name in words], dtype=np.float64)[place]
    numbers = {name: values for name, values in columns.items() if name not in TEXTS}
    parameters = _parameters(instance, numbers, of_system)
    _note_numbers(instance, numbers, parameters, notes)
    if notes.findings:
        raise InvalidInstanceError(notes.findings)
    return PartTable(names, systems, parameters)


def _note_names(names: NDArray[np.object_], notes: Notes) -> None:
    """Note names that stand twice."""
    import pandas as pd

    twice = np.flatnonzero(pd.Series(names).duplicated().to_numpy())
    if twice.size:
        says = f"the name {shown(str(names[twice[0]]))} stands above already"
        notes.add("duplicate-name", "name", twice, says, "Rename or remove one of the two.")


def _given(numbers: dict[str, Floats], name: str, parts: int) -> Bools:
    """Return which parts give a field."""
    return ~np.isnan(_column(numbers, name, parts))


def _column(numbers: dict[str, Floats], name: str, parts: int) -> Floats:
    """Return a column, NaN where the table does not have it."""
    return numbers[name] if name in numbers else np.full(parts, np.nan)


def _ranges() -> Iterator[tuple[str, float, float]]:
    """Yield the fields of a part with the range that an instance file allows."""
    for name, said in Part.model_json_schema()["properties"].items():
        if name not in TEXTS:
            kinds = said.get("anyOf", [said])
            number = next(kind for kind in kinds if kind["type"] == "number")
            yield name, number.get("minimum", -np.inf), number.get("maximum", np.inf)


def _parameters(
    instance: PrintingInstance, numbers: dict[str, Floats], of_system: Floats
) -> Parameters:
    """Return the parameters, as an instance works them out for its own parts."""
    parts = len(of_system)

    def failures(rate: str, probability: str) -> tuple[Floats, Floats]:
        by_rate = _column(numbers, rate, parts)
        given = _column(numbers, probability, parts)
        a_day = np.where(np.isnan(by_rate), given, by_rate)
        chance = np.where(np.isnan(by_rate), given, -np.expm1(-by_rate))
        return np.nan_to_num(chance), np.nan_to_num(a_day)

    order = np.nan_to_num(numbers["order_cost"])
    printing = _column(numbers, "print_cost", parts)
    flying = _column(numbers, "expedite_cost", parts)
    if instance.expedite_surcharge is not None:
        flying = np.where(np.isnan(flying), order + instance.expedite_surcharge, flying)
    held = _column(numbers, "holding_cost_per_day", parts)
    share = np.nan_to_num(_column(numbers, "holding_cost_per_year_per_value", parts))
    regular, printed = failures(*PAIRS[0]), failures(*PRINTED)
    criterion = instance.criterion
    return Parameters(
        cycle_days=instance.cycle_days,
        discount=1.0 if criterion == "average" else criterion.discount_per_day,
        systems=of_system[:, 0].astype(np.int64),
        order_cost=order,
        print_cost=np.where(np.isnan(printing), np.inf, printing),
        expedite_cost=np.where(np.isnan(flying), np.inf, flying),
        backorder_cost=of_system[:, 1],
        holding_cost=np.where(np.isnan(held), share * order / DAYS_A_YEAR, held),
        failure=regular[0],
        printed_failure=np.where(np.isnan(printing), 0.0, printed[0]),
        failures_per_day=regular[1],
    )


def _note_numbers(
    instance: PrintingInstance,
    numbers: dict[str, Floats],
    parameters: Parameters,
    notes: Notes,
) -> None:
    """Note numbers that are missing, out of range, or do not go together."""
    parts = len(parameters)
    missing = np.flatnonzero(np.isnan(numbers["order_cost"]))
    notes.add("missing-key", "order_cost", missing, "the cell is empty", "Fill it in.")
    for name, lowest, highest in _ranges():
        values = _column(numbers, name, parts)
        outside = np.flatnonzero((values < lowest) | (values > highest) | np.isinf(values))
        says = f"the number is not between {lowest:g} and {highest:g}"
        notes.add("cell-out-of-range", name, outside, says, "Check its sign and its unit.")
    prints = _given(numbers, "print_cost", parts)
    every = np.ones(parts, dtype=bool)
    for pair, wanted in ((PAIRS[0], every), (PAIRS[1], every), (PRINTED, prints)):
        count = sum(_given(numbers, name, parts).astype(int) for name in pair)
        wrong = np.flatnonzero(wanted & (count != 1))
        says = f"a part gives both or neither of {' and '.join(pair)}"
        notes.add("exactly-one", pair[0], wrong, says, "Give exactly one of them.")
    cheap = np.isfinite(parameters.expedite_cost)
    cheap &= parameters.expedite_cost <= parameters.order_cost
    says = "expediting does not cost more than the order"
    notes.add(
        "expedite-too-cheap", "expedite_cost", np.flatnonzero(cheap), says, "Raise it, or clear it."
    )
    expected = parameters.failure * parameters.systems * instance.cycle_days
    says = f"more than {MOST_FAILURES:,} failures are expected in a cycle"
    advice = "Check the rate, the number of systems and the length of the cycle."
    notes.add(
        "too-many-failures", PAIRS[0][0], np.flatnonzero(expected > MOST_FAILURES), says, advice
    )
