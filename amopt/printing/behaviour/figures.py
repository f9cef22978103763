"""What a planner sees of what policies do: how often how much, and a simulation beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from amopt.drawing import BLUE, GREEN, INK, YELLOW, new_figure, plain
from amopt.errors import UsageError
from amopt.printing.behaviour.distributions import ALL_PARTS, Behaviour
from amopt.printing.behaviour.practice import todays_policy
from amopt.printing.decision import best_policy
from amopt.printing.instance import PrintingInstance
from amopt.printing.policy import Policy

if TYPE_CHECKING:
    from amopt.solution import Solution

__all__ = ["bands", "exceedance", "figures"]

LEAST = 1e-6
"""Probabilities below are not drawn."""


def figures(instance: PrintingInstance, solution: Solution) -> dict[str, Any]:
    """Return the figures of the report by title: of distributions, or of a simulation.

    Distributions are drawn of the policies of the answer, where it says which they are.

    Raises
    ------
    UsageError
        When plotly is not installed.
    """
    if solution.rows.get("simulation"):
        return _simulated(solution)
    policies = getattr(solution, "policies", None)
    if not solution.rows.get("distributions") or policies is None:
        return {}
    drawn = {
        f"How likely more than so many {what.replace('_', ' ')} are in a cycle": exceedance(
            instance, what, policies=policies
        )
        for what in ("prints", "down_days")
    }
    return {title: one for title, one in drawn.items() if any(len(line.x) for line in one.data)}


BAND = 0.2
"""Share of a row that a band is high."""

MOST_DRAWN = 40
"""Bands in a picture: the widest ones."""


def _simulated(solution: Solution) -> dict[str, Any]:
    """Return a figure of each count that ever happens: simulated means, their bands, and exact."""
    drawn = {}
    rows = [row for row in solution.rows["simulation"] if row["part"] != ALL_PARTS]
    several = len({row["plan"] for row in rows}) > 1
    for what in dict.fromkeys(row["what"] for row in rows):
        own = [row for row in rows if row["what"] == what]
        if not any(row["exact_mean"] or row["simulated_mean"] for row in own):
            continue
        widest = sorted(own, key=lambda row: -row["half_width"])[:MOST_DRAWN]
        kept = [row for row in own if row in widest]
        words = what.replace("_", " ").capitalize().replace("cm3", "in cm3")
        per = "on a day" if what == "stock" else "a cycle"
        title = f"{words} {per}: simulated, with its band, and exact"
        title += f"; the {MOST_DRAWN} widest bands" if len(kept) < len(own) else ""
        drawn[title] = bands(kept, f"{words.lower()} {per}", several=several)
    return drawn


def bands(rows: Sequence[Mapping[str, Any]], title: str, *, several: bool) -> Any:
    """Return a plotly figure of simulated means with their bands, beside what is exact.

    Parameters
    ----------
    rows
        Rows of the table ``simulation``.
    title
        What the axis says.
    several
        Whether the names of rows say the policy, too.
    """
    names = [plain(f"{row['part']}, {row['plan']}" if several else row["part"]) for row in rows]
    figure = new_figure(height=170 + 24 * len(rows))
    figure.add_bar(
        y=names,
        x=[2 * row["half_width"] for row in rows],
        base=[row["simulated_mean"] - row["half_width"] for row in rows],
        width=[BAND] * len(rows),
        offset=[-BAND / 2] * len(rows),
        orientation="h",
        marker={"color": BLUE},
        name="band of 99.9 % confidence",
    )
    figure.add_scatter(
        y=names,
        x=[row["simulated_mean"] for row in rows],
        mode="markers",
        marker={"color": YELLOW, "size": 9},
        hovertext=[f"{row['simulated_mean']:,.4g} simulated" for row in rows],
        name="simulated mean",
    )
    figure.add_scatter(
        y=names,
        x=[row["exact_mean"] for row in rows],
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 16, "color": INK, "line": {"width": 2}},
        hovertext=[f"{row['exact_mean']:,.4g} exact" for row in rows],
        name="exact expectation",
    )
    figure.update_xaxes(title=plain(title))
    return figure.update_yaxes(automargin=True, autorange="reversed", type="category")


def exceedance(
    instance: PrintingInstance,
    what: str = "prints",
    *,
    year: bool = False,
    policies: Mapping[str, Policy] | None = None,
) -> Any:
    """Return a plotly figure of the probability that more than so much happens, of all parts.

    Parameters
    ----------
    instance
        The instance; what is done today is drawn too where it says so.
    what
        ``prints``, ``expedites``, ``orders``, ``down_days`` or ``material_cm3``.
    year
        Of a year instead of a cycle.
    policies
        By name, as :attr:`~amopt.printing.behaviour.answer.BehaviourSolution.policies` has them;
        left out, ``optimum``, and ``today`` as the instance states it.

    Raises
    ------
    UsageError
        When there is no such count, or plotly is not installed.
    """
    from amopt.printing.behaviour.cycle import COUNTS
    from amopt.printing.behaviour.distributions import cycles_a_year

    if what not in (*COUNTS, "material_cm3"):
        raise UsageError(f"{what!r} is not counted: take {', '.join(COUNTS)} or material_cm3")
    cycles = cycles_a_year(instance) if year else 1
    if policies is None:
        policies = {"optimum": best_policy(instance)}
        if instance.policy:
            policies["today"] = todays_policy(instance)
    figure = new_figure()
    for name, policy in policies.items():
        colour = GREEN if name == "optimum" else BLUE
        behaviour = Behaviour(instance, policy)
        found = (
            behaviour.material(cycles)
            if what == "material_cm3"
            else behaviour.count(what, None, cycles)
        )
        more = np.maximum(1.0 - np.cumsum(found.chances), 0.0)
        # Only where it falls: a distribution of raw material has far more points than steps.
        steps = np.flatnonzero((found.chances > LEAST**2) & (more >= LEAST))
        figure.add_scatter(
            x=found.step * steps,
            y=more[steps],
            name=plain(name),
            mode="lines",
            line={"shape": "hv", "color": colour},
        )
    figure.update_xaxes(title=f"{what.replace('_', ' ')} a {'year' if year else 'cycle'}")
    figure.update_yaxes(title="probability of more", type="log")
    return figure
