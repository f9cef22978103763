"""What a limit costs as it is tightened: the curve of the best plans, with and without printer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from amopt.drawing import BLUE, GREEN, new_figure, plain
from amopt.errors import AmoptError, InfeasibleError, InvalidInstanceError, UsageError
from amopt.instance.suggest import closest, did_you_mean, shown
from amopt.outcome import Outcome, Stopped
from amopt.phrases import money
from amopt.printing.decision import solve
from amopt.program.pieces import Pieces
from amopt.solution import AS_STATED, Column, Table

if TYPE_CHECKING:
    from amopt.printing.instance import PrintingInstance
    from amopt.program.solver.options import Options
    from amopt.program.solver.run import Progress

__all__ = ["COLUMNS", "columns_of", "curve_in_words", "limit_curve", "limit_figure"]

KEPT = ("yearly_cost", "base_stock", "single_source_yearly_cost", "single_source_base_stock")

COLUMNS = (
    Column("bound", "", "What the limit becomes.", digits=AS_STATED),
    Column("yearly_cost", "money", "What the best plan costs a year."),
    Column("base_stock", "parts", "Its stock."),
    Column("single_source_yearly_cost", "money", "What the best costs without a printer."),
    Column("single_source_base_stock", "parts", "Its stock."),
    Column("yearly_worth", "money", "What one unit more of the limit is worth a year."),
    Column("note", "", "Why there is no answer."),
)
"""The columns of :func:`limit_curve`."""


def limit_curve(
    instance: PrintingInstance,
    limit: str,
    bounds: Sequence[float],
    *,
    options: Options | None = None,
    pieces: Pieces | None = None,
    at_solve: Callable[[Progress], None] | None = None,
) -> Table:
    """Return the best plans as one limit takes several right-hand sides, each judged.

    Parameters
    ----------
    instance
        The instance.
    limit
        The name of one of its limits.
    bounds
        What ``at_most``, or ``at_least`` of availability, becomes.
    options
        Of each solve.
    pieces
        Is told how far it came, and keeps what is done where Ctrl-C ends it; without it, Ctrl-C is
        raised.
    at_solve
        Told of the solve that runs.

    Returns
    -------
    Table
        A row for each bound, in the unit of the limit: ``bound``, ``yearly_cost``, ``base_stock``,
        the same of the single source, and what one unit more is worth a year, ``yearly_worth``;
        all of them None where no plan keeps the limits, and those of the single source where none
        does without a printer. ``note`` says why there is no answer.

    Raises
    ------
    UsageError
        When the instance has no such limit.
    AmoptError
        When no bound has an answer: why the first has none.
    KeyboardInterrupt
        At Ctrl-C before there is a row, or without ``pieces``, and at a second one.
    """
    names = [one.name for one in instance.limits]
    if limit not in names:
        match = closest(limit, names)
        hint = f" {did_you_mean(match)}" if match else ""
        raise UsageError(f"the instance has no limit {shown(limit)}.{hint}")
    failed: list[AmoptError] = []

    def of(bound: float) -> dict[str, Any]:
        try:
            return _row(instance, names.index(limit), bound, options=options, progress=at_solve)
        except AmoptError as error:
            outcome = getattr(error, "outcome", None)
            if isinstance(outcome, Outcome):
                outcome.require_ended()
            failed.append(error)
            return _empty(bound, _why(error))

    kept = Pieces(len(bounds)) if pieces is None else pieces
    table = list(kept.done(bounds, of, whole=True).values())
    if kept.stopped is Stopped.INTERRUPTED and (pieces is None or not table):
        raise KeyboardInterrupt
    if failed and all(row["note"] for row in table):
        raise failed[0]
    return table


def _row(
    instance: PrintingInstance,
    place: int,
    bound: float,
    *,
    options: Options | None,
    progress: Callable[[Progress], None] | None,
) -> dict[str, Any]:
    """Return the row of one bound."""
    side = "at_most" if instance.limits[place].at_least is None else "at_least"
    data, row = instance.to_dict(), _empty(bound)
    data["limits"][place][side] = bound
    try:
        answer = solve(type(instance).from_dict(data), options=options, progress=progress)
    except InfeasibleError:
        return row
    row |= {column: answer.rows["totals"][0][column] for column in KEPT}
    row["yearly_worth"] = answer.rows["limits"][place]["yearly_worth"]
    return row


def _empty(bound: float, note: str = "") -> dict[str, Any]:
    """Return a row without a plan."""
    return {**dict.fromkeys(("bound", *KEPT, "yearly_worth")), "bound": bound, "note": note}


def _why(error: AmoptError) -> str:
    """Return why there is no answer, the first line of it."""
    if isinstance(error, InvalidInstanceError):
        return f"not valid: {error.findings[0].message}"
    return f"no answer: {error}".partition("\n")[0]


def columns_of(rows: Table) -> tuple[Column, ...]:
    """Return the columns of a table that is shown; that of notes where there are some."""
    return COLUMNS if any(row["note"] for row in rows) else COLUMNS[:-1]


def curve_in_words(instance: PrintingInstance, limit: str, rows: Table) -> Iterator[str]:
    """Yield a sentence for each row of :func:`limit_curve`."""
    stated = next(one for one in instance.limits if one.name == limit)
    for row in rows:
        bound = "at_most" if stated.at_least is None else "at_least"
        words = f"{stated.model_copy(update={bound: row['bound']}).bound}: "
        if row["yearly_cost"] is None and row["note"]:
            yield f"{words}{row['note'].rstrip('.')}."
            continue
        if row["yearly_cost"] is None:
            yield f"{words}no plan keeps the limits."
            continue
        words += f"{money(row['yearly_cost'], instance.currency)} a year"
        without = row["single_source_yearly_cost"]
        words += (
            "; without a printer no plan keeps the limits"
            if without is None
            else f", without a printer {money(without, instance.currency)}"
        )
        worth = stated.worth_in_words(row["yearly_worth"], instance.currency)
        yield f"{words}." if worth is None else f"{words}; {worth}."


def limit_figure(instance: PrintingInstance, limit: str, rows: Table) -> Any:
    """Return a plotly figure of a table of :func:`limit_curve`: yearly cost by the bound.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    figure = new_figure()
    stated = next(one for one in instance.limits if one.name == limit)
    unit, by = (stated.unit, 1) if stated.at_least is None else (f"% {stated.unit}", 100)
    for column, name, colour in (
        ("single_source_yearly_cost", "without a printer", BLUE),
        ("yearly_cost", "with the printer", GREEN),
    ):
        known = [row for row in rows if row[column] is not None]
        figure.add_scatter(
            x=[by * row["bound"] for row in known],
            y=[row[column] for row in known],
            mode="lines+markers",
            marker={"color": colour},
            name=name,
        )
    figure.update_xaxes(title=f"{'at most' if by == 1 else 'at least'}, {unit}")
    figure.update_yaxes(title=f"{plain(instance.currency)} a year")
    return figure.update_layout(title=plain(limit))
