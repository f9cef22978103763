"""What the planner sees: the policy of one part, and where the money goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.drawing import BLUE, GREEN, GREY, MAUVE, RED, YELLOW, new_figure, plain
from amopt.phrases import amount
from amopt.printing.answer.columns import PRINTING
from amopt.printing.answer.rate_figures import regret
from amopt.printing.answer.solution import PrintingSolution

if TYPE_CHECKING:
    from amopt.printing.instance import PrintingInstance
    from amopt.solution import Solution

__all__ = ["costs", "figures", "plan", "policy", "savings"]

MOST_PARTS = 40
"""Parts in a figure of many: those with the largest saving; the dearest where none is known."""

BAR = 0.85
"""Share of its line that a bar takes."""

MOST_TICKS = 20
"""Days above which not every one has its tick."""

COLOURS = {"none": GREY, "order": BLUE, "wait": YELLOW, "print": GREEN, "expedite": RED}
KINDS = {"order": BLUE, "print": GREEN, "expedite": RED, "holding": MAUVE, "backorder": YELLOW}


def figures(instance: PrintingInstance, solution: Solution) -> dict[str, Any]:
    """Return the figures of the report by title.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    if "rates" in solution.rows:
        return {f"What not knowing a rate costs, in {instance.currency} a year": regret(solution)}
    if not isinstance(solution, PrintingSolution):
        return {}
    saves = "What printing saves, part by part"
    if not solution.rows["single_source"]:
        saves = f"What each part costs, in {instance.currency} a year"
    return {
        "What to stock, and what to do for a system that waits": plan(solution),
        saves: savings(solution),
        f"Where the money goes, in {instance.currency} a year": costs(solution),
    }


def policy(solution: PrintingSolution, part: str) -> Any:
    """Return a plotly figure of one part: what is done with n days to go at each net stock.

    Parameters
    ----------
    solution
        The answer.
    part
        Name of the part.

    Raises
    ------
    UsageError
        When there is no such part, or plotly is not installed.
    """
    figure = new_figure()
    table = solution.policy(part)
    for action, colour in COLOURS.items():
        rows = [row for row in table if row["action"] == action]
        if rows:
            figure.add_scatter(
                x=[row["days_to_go"] for row in rows],
                y=[row["net_stock"] for row in rows],
                customdata=[row["parts"] for row in rows],
                hovertemplate="%{x} days to go, net stock %{y}: %{customdata} parts",
                mode="markers",
                marker={"symbol": "square", "size": 14, "color": colour},
                name=action,
            )
    _days_to_go(figure, max(row["days_to_go"] for row in table), first=0)
    figure.update_yaxes(title="net stock (stock less systems that wait)")
    return figure.update_layout(title=f"What to do for part {plain(part)}")


def _dearest(solution: PrintingSolution) -> list[Any]:
    """Return the rows of the parts to show, the largest saving last, as plotly stacks upwards.

    By what they cost where no plan does without a printer, so that no saving is known.
    """
    column = "saving" if solution.rows["single_source"] else "yearly_cost"
    rows = sorted(solution.rows["parts"], key=lambda row: row[column])
    return rows[-MOST_PARTS:]


def plan(solution: PrintingSolution) -> Any:
    """Return a plotly figure of all parts: stock level, and the action by days to go.

    On days on which a plan mixes actions the bar is divided by their shares.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    figure = new_figure()
    rows = _dearest(solution)
    label = {
        row["part"]: f"part {plain(row['part'])}, stock {amount(row['base_stock'])}" for row in rows
    }
    below: dict[tuple[str, int], float] = {}  # by part and day, the shares drawn so far
    for action in ("wait", "print", "expedite"):
        runs = [
            run
            for run in solution.rows["intervals"]
            if run["sourcing"] == PRINTING and run["action"] == action and run["part"] in label
        ]
        first = []
        for run in runs:
            day = run["part"], run["from_days_to_go"]
            first.append(below.get(day, 0.0))
            below[day] = first[-1] + run["share"]
        if runs:
            figure.add_bar(
                y=[label[run["part"]] for run in runs],
                x=[run["from_days_to_go"] - run["to_days_to_go"] + 1 for run in runs],
                base=[run["to_days_to_go"] - 0.5 for run in runs],
                width=[BAR * run["share"] for run in runs],
                offset=[BAR * (share - 0.5) for share in first],
                customdata=[(run["from_days_to_go"], run["to_days_to_go"]) for run in runs],
                hovertext=[
                    "" if run["share"] == 1 else f": {100 * run['share']:.3g} %" for run in runs
                ],
                hovertemplate="%{customdata[0]} to %{customdata[1]} days to go%{hovertext}",
                orientation="h",
                marker={"color": COLOURS[action]},
                name=action,
            )
    _days_to_go(figure, max(run["from_days_to_go"] for run in solution.rows["intervals"]), first=1)
    figure.update_yaxes(categoryorder="array", categoryarray=list(label.values()), automargin=True)
    return figure.update_layout(barmode="overlay", height=_height(len(rows)), showlegend=True)


def _days_to_go(figure: Any, most: int, *, first: int) -> None:
    """Let time run from the most days to go to the first; a tick a day where they fit."""
    ticks = {"dtick": 1} if most <= MOST_TICKS else {"nticks": MOST_TICKS}
    span = [most + 0.5, first - 0.5]
    figure.update_xaxes(title="days to the replenishment", range=span, tickangle=0, **ticks)


def savings(solution: PrintingSolution) -> Any:
    """Return a plotly figure of the yearly cost of each part, with and without a printer.

    With it alone where no plan does without.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    figure = new_figure()
    rows = _dearest(solution)
    for column, name, colour in (
        ("yearly_cost", "with the printer", COLOURS["print"]),
        ("single_source_yearly_cost", "without", COLOURS["order"]),
    ):
        if any(row[column] is None for row in rows):
            continue
        figure.add_bar(
            y=[plain(f"part {row['part']}") for row in rows],
            x=[row[column] for row in rows],
            orientation="h",
            marker={"color": colour},
            name=name,
        )
    figure.update_xaxes(title=f"{plain(solution.currency)} a year")
    figure.update_yaxes(automargin=True)
    return figure.update_layout(
        barmode="group", height=_height(len(rows)), legend={"traceorder": "reversed"}
    )


def _height(parts: int) -> int:
    """Return the height in pixels of a figure with a line for each part."""
    return 160 + 28 * parts


def costs(solution: PrintingSolution) -> Any:
    """Return a plotly figure of the yearly costs by kind, of all parts, with and without printer.

    With it alone where no plan does without.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    figure = new_figure()
    tables = {"without a printer": "single_source", "with the printer": "parts"}
    tables = {name: table for name, table in tables.items() if solution.rows[table]}
    for kind, colour in KINDS.items():
        column = f"yearly_{kind}_cost"
        figure.add_bar(
            x=list(tables),
            y=[sum(row[column] for row in solution.rows[table]) for table in tables.values()],
            marker={"color": colour},
            name=kind,
        )
    figure.update_yaxes(title=f"{plain(solution.currency)} a year")
    return figure.update_layout(barmode="stack")
