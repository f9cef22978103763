r"""Printing as a linear program: the flow of parts through one cycle, a block for each part.

The dual of the collapsed process (Westerweel 2019, chapter 3). While the shelf is empty the systems
are independent of each other, so only *expected* systems matter: how many wait, get a printed part,
an expedited one. Before that the distribution of the stock on the shelf matters. The variables are
how often each decision is taken, so limits that parts share are linear: printer hours, storage,
down time, budget; their duals are prices.

With :math:`n` days to the replenishment, for one part:

- :math:`y_S`: probability of ordering up to :math:`S`;
- :math:`x_{nI}`: probability of :math:`I \ge 1` parts on the shelf;
- :math:`w_n, u_n, e_n`: expected systems that go on waiting, get a printed, an expedited part;
- :math:`q_n`: expected printed parts in operation after that.

Expected stock is :math:`\bar x_n = \sum_I I x_{nI}`, and :math:`\bar x_L = \sum_S S y_S` after an
order. All other systems run on regular parts, :math:`N - w_n - q_n` of them. Written like this
every coefficient is a probability or a whole number, the duals are differences of values, and what
the solver drops below its tolerance does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from amopt.errors import NoAnswerError
from amopt.printing.instance import PrintingInstance
from amopt.printing.methods import closed_form
from amopt.printing.parameters import Parameters
from amopt.printing.policy import Action, Optimum, Policy

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.program.solver.highs import Options, Progress

__all__ = ["best_policy", "formulate", "read_back"]

Floats = NDArray[np.float64]

NEGLIGIBLE = 1e-13
"""Probability of so many failures in a day below which the program rounds it away."""

VISITED = 1e-7
"""Expected systems from which a day counts as visited: the solver's own tolerance."""


def formulate(
    instance: PrintingInstance, *, printer: bool = True, highest_base_stock: int | None = None
) -> ConcreteModel:
    r"""Return the linear program of an instance.

    ``model.part[name]`` is the block of a part, with the variables ``order_up_to[S]``,
    ``shelf[n, I]``, ``waits[n]``, ``prints[n]``, ``expedites[n]``, ``printed[n]``, and the
    expressions ``orders``, ``print_total``, ``expedite_total``, ``stock_days`` and ``down_days`` of
    a cycle to put limits on. ``model.cost`` is the expected cost of a cycle of all parts, in money,
    discounted to its start: divide it by the days of the cycle for the average cost a day, or by
    :math:`1 - \alpha^L` for the value of a start with empty shelves.

    Parameters
    ----------
    instance
        The instance.
    printer
        Whether parts can be printed; without, the program of the single source.
    highest_base_stock
        The highest base-stock level that the program may take. Left out, for each part one more
        than can be best while nothing else limits the plan; with limits of your own, such as on
        down time, set it higher.
    """
    parameters = instance.parameters if printer else instance.parameters.without_printer()
    names = [part.name for part in instance.parts]
    highest = None if highest_base_stock is None else [highest_base_stock] * len(names)
    return _program(parameters, names, highest, title=instance.name)


def read_back(model: ConcreteModel) -> list[dict[str, Any]]:
    """Return what a solved program says, a row for each part.

    Parameters
    ----------
    model
        A program of :func:`formulate`, with whatever was added to it, solved.

    Returns
    -------
    list
        Rows with ``part``; ``levels``, the probability of each base-stock level that is taken (more
        than one where the program mixes); ``days``, for each number of days to go on which systems
        wait, the expected systems that ``wait``, ``print`` or ``expedite``; ``cost`` in money a
        cycle; and the expected ``orders_per_cycle``, ``prints_per_cycle``, ``expedites_per_cycle``,
        ``stock_days_per_cycle`` and ``down_days_per_cycle``.
    """
    return [_row(name, part) for name, part in model.part.items()]


def _row(name: Any, part: Any) -> dict[str, Any]:
    chances = {int(level): float(entry.value) for level, entry in part.order_up_to.items()}
    sources = {"wait": part.waits, "print": part.prints, "expedite": part.expedites}
    days = {}
    for n in sorted(part.days, reverse=True):
        flows = {action: float(flow[n].value) for action, flow in sources.items()}
        taken = {action: flow for action, flow in flows.items() if flow > VISITED}
        if taken:
            days[int(n)] = taken
    return {
        "part": name,
        "levels": {level: chance for level, chance in chances.items() if chance > VISITED},
        "days": days,
        "cost": float(part.cost()),
        "orders_per_cycle": float(part.orders()),
        "prints_per_cycle": float(part.print_total()),
        "expedites_per_cycle": float(part.expedite_total()),
        "stock_days_per_cycle": float(part.stock_days()),
        "down_days_per_cycle": float(part.down_days()),
    }


def _program(
    parameters: Parameters, names: Sequence[Any], highest: Sequence[int] | None, *, title: str
) -> ConcreteModel:
    from pyomo.common.gc_manager import PauseGC
    from pyomo.environ import Block, ConcreteModel, Objective

    if highest is None:
        highest = closed_form.levels_to_try(parameters).tolist()
    with PauseGC():
        model = ConcreteModel(name=title)
        model.part = Block(names)
        for index, name in enumerate(names):
            _add_part(model.part[name], parameters.take([index]), highest[index])
        model.cost = Objective(expr=sum(model.part[name].cost for name in names))
    return model


def _add_part(part: Any, parameters: Parameters, highest: int) -> None:
    """Fill the block of one part: variables, expressions, constraints, cost."""
    part.parameters, part.highest = parameters, highest
    add_variables(part)
    add_expectations(part)
    add_one_level(part)
    add_shelf_balance(part)
    add_printed_balance(part)
    add_shortage_balance(part)
    add_cost(part)


def add_variables(part: Any) -> None:
    """Add the variables of a part; those of a source that it does not have are fixed at 0."""
    from pyomo.environ import NonNegativeReals, RangeSet, Var

    last_day = part.parameters.cycle_days - 1
    part.levels = RangeSet(0, part.highest)
    part.days = RangeSet(1, last_day)
    part.order_up_to = Var(part.levels, domain=NonNegativeReals)
    part.shelf = Var(part.days, RangeSet(1, part.highest), domain=NonNegativeReals)
    for name in ("waits", "prints", "expedites", "printed"):
        part.add_component(name, Var(part.days, domain=NonNegativeReals))
    for source, price in (
        (part.prints, part.parameters.print_cost[0]),
        (part.printed, part.parameters.print_cost[0]),
        (part.expedites, part.parameters.expedite_cost[0]),
    ):
        if not np.isfinite(price):
            source.fix(0.0)


def add_expectations(part: Any) -> None:
    r"""Add what happens in a cycle in expectation.

    .. math::

        \bar x_L = \sum_S S y_S, \qquad \bar x_n = \sum_I I x_{nI} \quad (n < L), \qquad
        B_n = w_{n+1} + p_r (N - w_{n+1} - q_{n+1}) + p_p q_{n+1} - \bar x_{n+1} + \bar x_n

    are the stock and the systems that wait when the day begins. The replenishment meets a shortage
    of :math:`B_0 - \bar x_0`, less than 0 where stock is left, with 1 for :math:`p_p`: all printed
    parts are removed.
    """
    from pyomo.environ import Expression, RangeSet

    parameters, days = part.parameters, part.parameters.cycle_days
    systems, fails = int(parameters.systems[0]), float(parameters.failure[0])
    levels = range(1, part.highest + 1)

    def stock(_: Any, n: int) -> Any:
        if n == days:
            return _sum_of(part.levels, part.order_up_to.values())
        return _sum_of(levels, (part.shelf[n, level] for level in levels))

    def short(n: int, printed_fails: float) -> Any:
        if n == days:
            return systems * fails - part.stock[n]
        waits, printed = part.waits[n], part.printed[n]
        failed = fails * (systems - waits - printed) + printed_fails * printed
        return waits + failed - part.stock[n]

    def waiting(_: Any, n: int) -> Any:
        return short(n + 1, float(parameters.printed_failure[0])) + part.stock[n]

    part.stock = Expression(RangeSet(1, days), rule=stock)
    part.waiting = Expression(part.days, rule=waiting)
    part.shortage = Expression(expr=short(1, 1.0))
    part.orders = Expression(expr=part.stock[days] + part.shortage)
    part.print_total = Expression(expr=sum(part.prints.values()))
    part.expedite_total = Expression(expr=sum(part.expedites.values()))
    part.stock_days = Expression(expr=sum(part.stock[n] for n in range(1, days + 1)))
    part.down_days = Expression(expr=sum(part.waits.values()))


def add_one_level(part: Any) -> None:
    r"""Order up to one level: :math:`\sum_S y_S = 1`."""
    from pyomo.environ import Constraint

    part.one_level = Constraint(expr=sum(part.order_up_to.values()) == 1)


def add_shelf_balance(part: Any) -> None:
    r"""Empty the shelf by failures.

    .. math:: x_{nI} = \sum_{J \ge I} P(D = J - I) \, x_{n+1,J}, \qquad x_{L,J} = y_J, \quad
              D \sim \mathrm{Binomial}(N, p_r)

    Numbers of failures in the tails, each rarer than :data:`NEGLIGIBLE`, count as the rarest ones
    that are not.
    """
    from pyomo.environ import Constraint, RangeSet

    days, top = part.parameters.cycle_days, part.highest
    fewest, chance = _failures(int(part.parameters.systems[0]), float(part.parameters.failure[0]))
    levels = {n: [part.shelf[n, J] for J in range(1, top + 1)] for n in part.days}
    levels[days] = [part.order_up_to[J] for J in range(1, top + 1)]

    def balance(_: Any, n: int, level: int) -> Any:
        before = levels[n + 1][level - 1 + fewest :][: len(chance)]
        return part.shelf[n, level] == _sum_of(chance[: len(before)], before)

    part.shelf_balance = Constraint(part.days, RangeSet(1, top), rule=balance)


def _failures(systems: int, probability: float) -> tuple[int, list[float]]:
    """Return the fewest failures of a day worth counting, and the probabilities of these and more.

    What the tails hold goes to the ends, so that the probabilities sum to 1.
    """
    chance = binom.pmf(np.arange(systems + 1), systems, probability)
    likely = np.flatnonzero(chance >= NEGLIGIBLE)
    first, last = int(likely[0]), int(likely[-1])
    band = chance[first : last + 1].copy()
    band[0] += chance[:first].sum()
    band[-1] += chance[last + 1 :].sum()
    return first, band.tolist()


def add_printed_balance(part: Any) -> None:
    r"""Keep printed parts until they fail: :math:`q_n = (1 - p_p) q_{n+1} + u_n, q_L = 0`."""
    from pyomo.environ import Constraint

    if not np.isfinite(part.parameters.print_cost[0]):
        return
    days, survives = part.parameters.cycle_days, 1 - float(part.parameters.printed_failure[0])

    def balance(_: Any, n: int) -> Any:
        before = 0.0 if n + 1 == days else survives * part.printed[n + 1]
        return part.printed[n] == before + part.prints[n]

    part.printed_balance = Constraint(part.days, rule=balance)


def add_shortage_balance(part: Any) -> None:
    r"""Let who waits go on waiting or get a part: :math:`w_n + u_n + e_n = B_n`.

    Its dual, over :math:`\alpha^{L-n}`, is what a missing part costs with n days to go.
    """
    from pyomo.environ import Constraint

    def balance(_: Any, n: int) -> Any:
        return part.waits[n] + part.prints[n] + part.expedites[n] == part.waiting[n]

    part.shortage_balance = Constraint(part.days, rule=balance)


def add_cost(part: Any) -> None:
    r"""Add the cost of a cycle.

    .. math::

        c_r \bar x_L + \alpha^L c_r (B_0 - \bar x_0) + h \sum_{n=1}^{L} \alpha^{L-n} \bar x_n
        + \sum_{n=1}^{L-1} \alpha^{L-n} (b w_n + c_p u_n + c_e e_n)
    """
    from pyomo.environ import Expression

    parameters, days = part.parameters, part.parameters.cycle_days
    weight = parameters.discount ** (days - np.arange(days + 1))
    order, holding = float(parameters.order_cost[0]), float(parameters.holding_cost[0])
    kinds = [(part.waits, float(parameters.backorder_cost[0]))]
    for source, price in (
        (part.prints, parameters.print_cost[0]),
        (part.expedites, parameters.expedite_cost[0]),
    ):
        if np.isfinite(price):
            kinds.append((source, float(price)))
    part.cost = Expression(
        expr=order * part.stock[days]
        + float(weight[0]) * order * part.shortage
        + sum(holding * float(weight[n]) * part.stock[n] for n in range(1, days + 1))
        + sum(price * float(weight[n]) * source[n] for source, price in kinds for n in part.days)
    )


def _sum_of(coefficients: Iterable[float], variables: Iterable[Any]) -> Any:
    """Return a linear expression without going through Python's operators term by term."""
    from pyomo.core.expr.numeric_expr import LinearExpression

    return LinearExpression(linear_coefs=list(coefficients), linear_vars=list(variables))


def best_policy(
    parameters: Parameters,
    *,
    options: Options,
    progress: Callable[[Progress], None] | None = None,
) -> Optimum:
    """Find the best policy of every part by the linear program.

    Raises
    ------
    NoAnswerError
        When the solver did not reach the optimum within its limits.
    """
    from amopt.program.pyomo import solve_model

    model = _program(parameters, range(len(parameters)), None, title="printing")
    outcome = solve_model(model, options, duals=False, progress=progress).outcome
    if str(outcome.status) != "optimal":
        raise NoAnswerError(
            f"The linear program was not solved: {outcome.status} ({outcome.stopped}).",
            outcome=outcome,
        )
    blocks = [model.part[index] for index in range(len(parameters))]
    policy = closed_form.completed(
        parameters,
        Policy(
            np.array([_base_stock(block) for block in blocks]),
            np.stack([_actions(block) for block in blocks], axis=1),
        ),
    )
    cost = np.array([float(block.cost()) for block in blocks])
    return Optimum(policy, cost, outcome.method, outcome.iterations or 0)


def _base_stock(part: Any) -> int:
    """Return the level that is ordered up to, the least on ties."""
    chosen = [level for level in part.levels if part.order_up_to[level].value > VISITED]
    return int(chosen[0])


def _actions(part: Any) -> NDArray[np.int64]:
    """Return what is done by days to go; -1 on days on which nobody can be waiting."""
    flows = np.array(
        [
            [source[n].value for n in part.days]
            for source in (part.waits, part.prints, part.expedites)
        ]
    )
    taken = np.where(flows.sum(axis=0) > VISITED, flows.argmax(axis=0), -1)
    return np.append(int(Action.WAIT), taken)
