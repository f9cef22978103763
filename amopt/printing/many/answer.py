"""Very many parts in closed form, by columns: a table of plans, its totals, and its referee."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from amopt.column_table import ColumnTable
from amopt.decision import require_honoured
from amopt.errors import RefusedError, UsageError
from amopt.files import new_file, require_writable_file
from amopt.outcome import Outcome, Status, Stopped, versions
from amopt.phrases import counted, listed, money
from amopt.printing import closed_form, formulation
from amopt.printing.answer.accounts import percent_of
from amopt.printing.answer.columns import COLUMNS
from amopt.printing.answer.tables import plan_in_words
from amopt.printing.decision import unlooked_at
from amopt.printing.instance import REPORTED_DAYS, PrintingInstance
from amopt.printing.instance.parts_table import MOST_ROWS
from amopt.printing.many.reading import PartTable, Place, read
from amopt.printing.parameters import Parameters
from amopt.printing.policy import Action, Policy
from amopt.printing.referee.studies.many import check_many
from amopt.program.ctrl_c import completing
from amopt.program.pieces import Pieces
from amopt.solution import Column, Solution, Table, safe_text
from amopt.verdict import Verdict

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ManySolution", "require_target", "solve_table", "write_table"]

Floats = NDArray[np.float64]

CHUNK, PROCESSORS = 200_000, 2
"""Days of parts that are worked out in one go, and how many at a time."""

OF_CYCLE = (
    "expected_stock",
    "down_days_per_cycle",
    "orders_per_cycle",
    "prints_per_cycle",
    "expedites_per_cycle",
)

SUFFIXES = (".csv", ".parquet", ".json")


def _shared(table: str, *names: str, shown: bool = False) -> tuple[Column, ...]:
    known = {column.name: column for column in COLUMNS[table]}
    return tuple(replace(known[name], shown=shown) for name in names)


@dataclass(frozen=True)
class ManySolution(Solution):
    """The answer to a table of parts: ``parts``, kept by columns, and ``totals``."""

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {
        "parts": (
            *_shared("parts", "part", "system", "base_stock", "plan", "yearly_cost", "saving"),
            *_shared("parts", "single_source_base_stock", "single_source_yearly_cost"),
            Column(
                "single_source_plan",
                "days to go",
                "What is done for a system that waits where nothing can be printed.",
                shown=False,
            ),
            *_shared("parts", *OF_CYCLE),
        ),
        "totals": _shared(
            "totals",
            "parts",
            "printed_parts",
            "base_stock",
            "yearly_cost",
            "single_source_base_stock",
            "single_source_yearly_cost",
            "yearly_unavoidable_cost",
            "saving",
            "saving_percent",
            "down_days_per_cycle",
            "prints_per_cycle",
            shown=True,
        ),
    }

    def summary(self) -> ManySolution:
        """Return the answer without the table of parts."""
        return replace(self, rows={**self.rows, "parts": []})

    def headline(self) -> tuple[str, ...]:
        """Return the answer in a few plain sentences."""
        (total,) = self.rows["totals"]
        saved = money(total["saving"], self.currency)
        percent = total["saving_percent"]
        share = "" if percent is None else f", {percent:.0f} % of what a plan can change"
        return (
            f"Order up to {counted(total['base_stock'], 'part')} of "
            f"{counted(total['parts'], 'kind')} at each replenishment; without a printer it would "
            f"be {total['single_source_base_stock']:,}.",
            f"{total['printed_parts']:,} of {total['parts']:,} parts are worth printing for a "
            "system that waits, on the days that the plan names.",
            f"Printing saves {saved} a year{share}.",
        )


TABLE_HONOURS = closed_form.HONOURS | {"limits"}
"""The families of constraints that it honours; limits the reader of the table refuses itself."""


def solve_table(
    instance: PrintingInstance,
    path: str | Path,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> ManySolution:
    """Return the best plans of all parts of a csv or parquet file, judged by the referee.

    Parameters
    ----------
    instance
        Systems, length of the cycle, criterion and surcharge; its own parts are not looked at.
    path
        The table: a row a part, its columns the fields of a part of an instance file.
    progress
        Told how many of the blocks of parts are done. Ctrl-C leaves the parts of those that are:
        totals, objective and bound are theirs.

    Raises
    ------
    InvalidInstanceError
        With all that is wrong with the table, by row and column.
    RefusedError
        When the referee does not accept the answer.
    UsageError
        When there is no such file, the instance has limits or a network, or states constraints
        that the closed form does not honour.
    KeyboardInterrupt
        At Ctrl-C before any part is done, and at a second one.
    """
    require_honoured("a table of parts", TABLE_HONOURS, formulation.FAMILIES, instance)
    began = time.perf_counter()
    table = read(instance, path)
    seconds = {"read": time.perf_counter() - began}
    began = time.perf_counter()
    every = len(table.names)
    columns, table, pieces = _columns(table, progress)
    rows: dict[str, Table] = {
        "parts": ColumnTable(columns),
        "totals": [_totals(table.parameters, columns)],
    }
    seconds["solve"] = time.perf_counter() - began
    began = time.perf_counter()
    totals = rows["totals"][0]
    with completing(pieces.stopped):
        verdict = check_many(table.names, table.systems, table.parameters, columns, totals)
    seconds["check"] = time.perf_counter() - began
    outcome = replace(_outcome(table.parameters, columns, verdict, seconds), stopped=pieces.stopped)
    parts = replace(pieces, every=every, ended=len(table.names))
    if not verdict.accepted:
        raise RefusedError(verdict, outcome=outcome)
    return ManySolution(
        kind=instance.kind,
        name=instance.name,
        outcome=outcome,
        verdict=verdict,
        rows=rows,
        notes=(
            *filter(None, [parts.in_words("part")]),
            _whose_parts(instance, Path(path)),
            *unlooked_at(instance),
            *_not_asked(instance),
        ),
        fingerprint=instance.fingerprint(),
        currency=instance.currency,
        objective_meaning=(
            "average cost a day" if table.parameters.is_average else "discounted cost"
        ),
    )


def _whose_parts(instance: PrintingInstance, path: Path) -> str:
    """Return where the parts come from, in words."""
    if isinstance(instance, Place) and instance.table == path:
        return f"The parts are those of {path.name}, which the instance names."
    return f"The parts are those of {path.name}; the parts of the instance were not looked at."


def _not_asked(instance: PrintingInstance) -> Iterator[str]:
    """Yield what the file states of parts and plans of a table do not look at, in words."""
    stated = [key for key in ("policy", "uncertain_rates", "material") if getattr(instance, key)]
    if stated:
        yield (
            f"These plans do not look at {listed(stated)}: up to {MOST_ROWS:,} parts, "
            "amopt printing distributions and amopt printing uncertainty do."
        )


def _columns(
    table: PartTable, progress: Callable[[int, int], None] | None
) -> tuple[dict[str, Any], PartTable, Pieces]:
    """Return the cells of the table of parts, by column, and the parts whose cells they are."""
    parameters = table.parameters
    step = max(1, CHUNK // parameters.cycle_days)
    slices = [slice(start, start + step) for start in range(0, len(parameters), step)]
    pieces = Pieces(len(slices), progress)
    with ThreadPoolExecutor(PROCESSORS) as pool:  # long sums of arrays, in which both are at work
        done = pieces.done(slices, lambda some: _some(parameters.take(some)), pool)
    pieces.require_any()
    if len(done) < len(slices):
        kept = np.concatenate([np.arange(len(parameters))[slices[place]] for place in done])
        names, systems = table.names[kept], table.systems[kept]
        table = PartTable(names, systems, parameters.take(kept))
    found = list(done.values())
    columns = {name: np.concatenate([one[name] for one in found]) for name in found[0]}
    order = [column.name for column in ManySolution.columns["parts"]]
    columns |= {"part": table.names, "system": table.systems}
    return {name: columns[name] for name in order}, table, pieces


def _some(parameters: Parameters) -> dict[str, Any]:
    """Return the columns of some parts, but their names."""
    cycles = REPORTED_DAYS / parameters.cycle_days
    avoided = _avoided(parameters)
    policy = closed_form.best_policy(parameters)
    used = closed_form.use(parameters, policy.base_stock)
    done = closed_form.amounts(parameters, policy, used=used)
    cost = cycles * closed_form.cycle_cost(parameters, policy, used) - avoided
    alone = parameters.without_printer()
    single = closed_form.best_policy(alone)
    without = cycles * closed_form.cycle_cost(alone, single) - avoided
    return {
        "base_stock": policy.base_stock,
        "plan": _plans(policy),
        "yearly_cost": cost,
        "saving": without - cost,
        "single_source_base_stock": single.base_stock,
        "single_source_yearly_cost": without,
        "single_source_plan": _plans(single),
        "expected_stock": done.stock_days / parameters.cycle_days,
        "down_days_per_cycle": done.down_days,
        "orders_per_cycle": done.orders,
        "prints_per_cycle": done.prints,
        "expedites_per_cycle": done.expedites,
    }


def _avoided(parameters: Parameters) -> Floats:
    """Return what regular parts for all failures cost a year, shape (parts,)."""
    rate = parameters.systems * parameters.failures_per_day
    return np.asarray(REPORTED_DAYS * parameters.order_cost * rate)


def _plans(policy: Policy) -> Any:
    """Return the plans in words: few are different."""
    weights = np.random.default_rng(0).integers(1, 2**62, size=len(policy.action))
    keys = (policy.action * weights[:, None]).sum(axis=0)  # wraps round: a hash of the actions
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    same = (policy.action == policy.action[:, first[place]]).all()
    if not same:  # two plans with one hash
        _, first, place = np.unique(policy.action, axis=1, return_index=True, return_inverse=True)
    words = np.array(
        [plan_in_words(policy.take(int(part)), 0) for part in first.tolist()], dtype=object
    )
    return words[place]


def _totals(parameters: Parameters, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sums over all parts."""
    sums = {
        name: float(np.sum(columns[name]))
        for name in ("yearly_cost", "single_source_yearly_cost", "saving")
    }
    avoided = _avoided(parameters)
    stake = float((avoided + REPORTED_DAYS * parameters.backorder_cost).sum())
    word = Action.PRINT.word
    words, count = np.unique(columns["plan"].astype(str), return_counts=True)
    printed = sum(n for said, n in zip(words.tolist(), count.tolist(), strict=True) if word in said)
    return {
        "parts": len(parameters),
        "printed_parts": int(printed),
        "base_stock": int(columns["base_stock"].sum()),
        "yearly_cost": sums["yearly_cost"],
        "single_source_base_stock": int(columns["single_source_base_stock"].sum()),
        "single_source_yearly_cost": sums["single_source_yearly_cost"],
        "yearly_unavoidable_cost": float(avoided.sum()),
        "saving": sums["saving"],
        "saving_percent": percent_of(sums["saving"], sums["single_source_yearly_cost"], stake),
        "down_days_per_cycle": float(columns["down_days_per_cycle"].sum()),
        "prints_per_cycle": float(columns["prints_per_cycle"].sum()),
    }


def _outcome(
    parameters: Parameters,
    columns: Mapping[str, Any],
    verdict: Verdict,
    seconds: Mapping[str, float],
) -> Outcome:
    """Return the outcome: of what the referee accepts, it has proven the optimum of each part."""
    days, discount = parameters.cycle_days, parameters.discount
    horizon = days if parameters.is_average else -np.expm1(days * np.log(discount))
    cycle = float((columns["yearly_cost"] + _avoided(parameters)).sum()) * days / REPORTED_DAYS
    return Outcome(
        stopped=Stopped.FINISHED,
        status=Status.OPTIMAL if verdict.accepted else Status.FEASIBLE,
        objective=cycle / horizon,
        bound=((cycle - verdict.measures["proven_error"]) / horizon if verdict.accepted else None),
        method="the cost of a cycle in closed form",
        seconds=dict(seconds),
        versions=versions("amopt", "numpy", "scipy", "pandas"),
        residuals={"bellman": verdict.measures.get("bellman_residual", 0.0)},
    )


def write_table(solution: ManySolution, path: Path) -> None:
    """Write the table of parts as a .csv, .parquet or .json file, whole or not at all.

    In a csv file a text that a spreadsheet would take for a formula is led by an apostrophe.

    Raises
    ------
    UsageError
        When the file cannot be written, or is called something else.
    """
    import pandas as pd

    require_target(path)
    table = solution.rows["parts"]
    columns = dict(table.columns) if isinstance(table, ColumnTable) else None
    frame = pd.DataFrame(columns) if columns else solution.tables["parts"].copy()
    with new_file(path) as target:
        suffix = path.suffix.casefold()
        if suffix == ".parquet":
            _write_parquet(frame, target)
        elif suffix == ".json":
            frame.to_json(target, orient="records", lines=False, double_precision=15)
        else:
            for name in ("part", "system"):
                frame[name] = safe_text(frame[name].tolist())
            _write_csv(frame, target)


def _write_parquet(frame: pd.DataFrame, target: Path) -> None:
    try:
        frame.to_parquet(target, index=False)
    except ImportError:
        message = "parquet files need pyarrow: python -m pip install pyarrow (or write a .csv)"
        raise UsageError(message) from None


def _write_csv(frame: pd.DataFrame, target: Path) -> None:
    """Write comma-separated values, with the mark by which Excel knows UTF-8."""
    try:
        import pyarrow as pa
        from pyarrow import csv
    except ModuleNotFoundError:
        frame.to_csv(target, index=False, encoding="utf-8-sig", lineterminator="\n")
        return
    with target.open("wb") as stream:
        stream.write("\ufeff".encode())
        csv.write_csv(pa.Table.from_pandas(frame, preserve_index=False), stream)


def require_target(path: Path) -> None:
    """Refuse a file that cannot be written, or whose form nobody knows.

    Raises
    ------
    UsageError
        When it cannot, or is none of .csv, .parquet and .json.
    """
    require_writable_file(path)
    if path.suffix.casefold() not in SUFFIXES:
        raise UsageError(f"{path}: a table is written as {', '.join(SUFFIXES)}")
