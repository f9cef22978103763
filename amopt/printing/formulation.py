r"""Printing as a linear program: the flow of parts through one cycle.

The dual of the collapsed process (Westerweel 2019, chapter 3). While the shelf is empty the systems
are independent of each other, so only *expected* systems matter: how many wait, get a printed part,
an expedited one. Before that the distribution of the stock on the shelf matters. The variables are
how often each decision is taken, so limits that parts share are linear: printer hours, storage,
down time, budget; their duals are prices.

With :math:`n` days to the replenishment, for part :math:`k`:

- :math:`y_{kS}`, ``order_up_to``: probability of ordering up to :math:`S`;
- :math:`x_{knI}`, ``shelf``: probability of :math:`I \ge 1` parts on the shelf;
- :math:`w_{kn}`, ``waits``, :math:`u_{kn}`, ``prints``, and :math:`e_{kn}`, ``expedites``: expected
  systems that go on waiting, get a printed, an expedited part;
- :math:`q_{kn}`, ``printed``: expected printed parts in operation after that.

Expected stock is :math:`\bar x_{kn} = \sum_I I x_{knI}`, and :math:`\bar x_{kL} = \sum_S S y_{kS}`
after an order. All other systems run on regular parts, :math:`N_k - w_{kn} - q_{kn}` of them.
Written like this every coefficient is a probability or a whole number, the duals are differences of
values, and what the solver drops below its tolerance does not matter.

The formulation is the definition: :data:`FAMILIES` lists every family of constraints, and whatever
solves faster than the formulation names those that it honours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import UsageError
from amopt.printing.instance import PrintingInstance
from amopt.printing.limit_rows import limit_rows, remedy, says
from amopt.printing.parameters import Parameters
from amopt.program.family import Family
from amopt.program.pyomo.expressions import linear

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["FAMILIES", "FORMS", "build", "formulate"]

FORMS = ("collapsed", "factored", "full")
"""The programs of an instance: of the collapsed process, and of the full one in two ways."""

NEGLIGIBLE = 1e-13
"""Probability below which the program rounds away so many failures in a day, or in a cycle."""


def formulate(
    instance: PrintingInstance,
    *,
    printer: bool = True,
    expediting: bool = True,
    highest_base_stock: int | None = None,
    form: str = "collapsed",
) -> ConcreteModel:
    r"""Return the linear program of an instance.

    Parts are indexed by name, days by :math:`n`. Variables are ``order_up_to[part, S]``,
    ``shelf[part, n, I]``, ``waits[part, n]``, ``prints[part, n]``, ``expedites[part, n]`` and
    ``printed[part, n]``; expressions to put limits on are ``stock[part, n]``, ``orders[part]``,
    ``print_total[part]``, ``expedite_total[part]``, ``stock_days[part]`` and ``down_days[part]`` of
    a cycle. ``model.part_cost[part]`` is the expected cost of a cycle in money, discounted to its
    start, and ``model.objective`` their sum: divide it by the days of the cycle for the average
    cost a day, or by :math:`1 - \alpha^L` for the value of a start with empty shelves.

    Parameters
    ----------
    instance
        The instance.
    printer, expediting
        Whether parts can be printed and expedited; without either, that of the single source.
    highest_base_stock
        The highest base-stock level that the program may take. Left out, for each part the level
        that is used up within a cycle with a probability of less than 1e-13.
    form
        ``"collapsed"``, the program above; or ``"factored"`` or ``"full"``, the occupation measures
        of the full process of each part (:mod:`amopt.printing.process.processes`), as
        :func:`amopt.mdp.formulation.formulate` writes it, in ``model.part[part]``.

    Raises
    ------
    UsageError
        When there is no such form, or its program would not fit into memory.
    """
    parameters = instance.parameters.with_sources(printer=printer, expediting=expediting)
    given = None if highest_base_stock is None else [highest_base_stock] * len(parameters)
    highest = given or useful_levels(parameters).tolist()
    if form == "collapsed":
        return build(instance, parameters, highest, printer=printer)
    if form not in FORMS:
        raise UsageError(f"unknown form {form!r}; choose one of {', '.join(FORMS)}")
    from amopt.printing.process.formulation import formulate_process

    return formulate_process(instance, parameters, form, highest if instance.limits else given)


def useful_levels(parameters: Parameters) -> NDArray[np.int64]:
    """Return the highest base-stock levels that may be used up within a cycle, shape (parts,)."""
    from scipy.stats import binom  # late: it takes long to import

    trials = parameters.systems * (parameters.cycle_days - 1)
    return np.asarray(binom.isf(NEGLIGIBLE, trials, parameters.failure)).astype(np.int64)


def build(
    instance: PrintingInstance,
    parameters: Parameters,
    highest: Sequence[int],
    *,
    printer: bool = True,
) -> ConcreteModel:
    """Return the program with base-stock levels up to given ones; see :func:`formulate`."""
    from pyomo.common.gc_manager import PauseGC
    from pyomo.environ import ConcreteModel

    with PauseGC():
        model = ConcreteModel(name=instance.name)
        model.instance, model.parameters, model.printer = instance, parameters, printer
        add_sets(model, highest)
        add_variables(model)
        add_expectations(model)
        for family in FAMILIES:
            if family.is_present(instance):
                family.add(model)
        add_cost(model)
    return model


def add_sets(model: Any, highest: Sequence[int]) -> None:
    """Add the sets: parts by name, days, and the levels of each part's shelf."""
    from pyomo.environ import RangeSet, Set

    names = [part.name for part in model.instance.parts]
    model.position = {name: index for index, name in enumerate(names)}
    model.highest = dict(zip(names, map(int, highest), strict=True))
    last_day = model.parameters.cycle_days - 1
    model.parts, model.days = Set(initialize=names), RangeSet(1, last_day)
    model.part_days = Set(initialize=[(k, n) for k in names for n in range(1, last_day + 1)])
    model.levels = Set(initialize=[(k, S) for k in names for S in range(model.highest[k] + 1)])
    model.shelf_levels = Set(
        initialize=[
            (k, n, level)
            for k in names
            for n in range(1, last_day + 1)
            for level in range(1, model.highest[k] + 1)
        ]
    )


def add_variables(model: Any) -> None:
    """Add the variables; those of a source that a part does not have are fixed at 0."""
    from pyomo.environ import NonNegativeReals, Var

    model.order_up_to = Var(model.levels, domain=NonNegativeReals)
    model.shelf = Var(model.shelf_levels, domain=NonNegativeReals)
    for name in ("waits", "prints", "expedites", "printed"):
        model.add_component(name, Var(model.part_days, domain=NonNegativeReals))
    parameters = model.parameters
    for k, n in model.part_days:
        if not np.isfinite(parameters.print_cost[model.position[k]]):
            model.prints[k, n].fix(0.0)
            model.printed[k, n].fix(0.0)
        if not np.isfinite(parameters.expedite_cost[model.position[k]]):
            model.expedites[k, n].fix(0.0)


def add_expectations(model: Any) -> None:
    r"""Add what happens in a cycle in expectation.

    .. math::

        \bar x_{kL} &= \sum_S S y_{kS}, \qquad \bar x_{kn} = \sum_I I x_{knI} \quad (n < L) \\
        B_{kn} &= w_{k,n+1} + p_r (N_k - w_{k,n+1} - q_{k,n+1}) + p_p q_{k,n+1}
                  - \bar x_{k,n+1} + \bar x_{kn}

    are the stock and the systems that wait when the day begins. The replenishment meets a shortage
    of :math:`B_{k0} - \bar x_{k0}`, less than 0 where stock is left, with 1 for :math:`p_p`: all
    printed parts are removed.
    """
    from pyomo.environ import Expression

    days = model.parameters.cycle_days

    def stock(_: Any, k: str, n: int) -> Any:
        levels = range(1, model.highest[k] + 1)
        if n == days:
            return linear(list(levels), [model.order_up_to[k, S] for S in levels])
        return linear(list(levels), [model.shelf[k, n, level] for level in levels])

    def short(k: str, n: int, printed_fails: float) -> Any:
        systems, fails, _ = _failing(model, k)
        if n == days:
            return systems * fails - model.stock[k, n]
        waits, printed = model.waits[k, n], model.printed[k, n]
        failed = fails * (systems - waits - printed) + printed_fails * printed
        return waits + failed - model.stock[k, n]

    def waiting(_: Any, k: str, n: int) -> Any:
        return short(k, n + 1, _failing(model, k)[2]) + model.stock[k, n]

    everyday = [(k, n) for k in model.parts for n in range(1, days + 1)]
    model.stock = Expression(everyday, rule=stock)
    model.waiting = Expression(model.part_days, rule=waiting)
    model.shortage = Expression(model.parts, rule=lambda _, k: short(k, 1, 1.0))
    model.orders = Expression(model.parts, rule=lambda m, k: m.stock[k, days] + m.shortage[k])
    for name, flow in (
        ("print_total", model.prints),
        ("expedite_total", model.expedites),
        ("down_days", model.waits),
    ):
        total = {k: linear(1.0, [flow[k, n] for n in model.days]) for k in model.parts}
        model.add_component(name, Expression(model.parts, initialize=total))
    model.stock_days = Expression(
        model.parts, rule=lambda m, k: sum(m.stock[k, n] for n in range(1, days + 1))
    )


def _failing(model: Any, k: str) -> tuple[int, float, float]:
    """Return systems, and the probabilities that a regular and a printed part fail."""
    index, parameters = model.position[k], model.parameters
    return (
        int(parameters.systems[index]),
        float(parameters.failure[index]),
        float(parameters.printed_failure[index]),
    )


def add_one_level(model: Any) -> None:
    r"""Order up to one level: :math:`\sum_S y_{kS} = 1 \quad \forall k`."""
    from pyomo.environ import Constraint

    def one(_: Any, k: str) -> Any:
        return linear(1.0, [model.order_up_to[k, S] for S in range(model.highest[k] + 1)]) == 1

    model.one_level = Constraint(model.parts, rule=one)


def add_shelf_balance(model: Any) -> None:
    r"""Empty the shelf by failures.

    .. math:: x_{knI} = \sum_{J \ge I} P(D_k = J - I) \, x_{k,n+1,J}, \qquad x_{kLJ} = y_{kJ}, \quad
              D_k \sim \mathrm{Binomial}(N_k, p_r) \qquad \forall k, n, I

    Numbers of failures in the tails, each rarer than :data:`NEGLIGIBLE`, count as the rarest ones
    that are not.
    """
    from pyomo.environ import Constraint

    days = model.parameters.cycle_days

    def balances() -> Iterator[tuple[Any, Any]]:
        for k in model.parts:
            systems, fails, _ = _failing(model, k)
            fewest, chance = likely_failures(systems, fails)
            top = model.highest[k]
            day_before = [model.order_up_to[k, J] for J in range(1, top + 1)]
            for n in range(days - 1, 0, -1):
                now = [model.shelf[k, n, level] for level in range(1, top + 1)]
                for level, left in enumerate(now, start=1):
                    fell = day_before[level - 1 + fewest :][: len(chance)]
                    coefficients = [1.0, *(-p for p in chance[: len(fell)])]
                    yield (k, n, level), linear(coefficients, [left, *fell]) == 0
                day_before = now

    rows = dict(balances())
    model.shelf_balance = Constraint(model.shelf_levels, rule=lambda _, *key: rows[key])


def likely_failures(systems: int, probability: float) -> tuple[int, list[float]]:
    """Return the fewest failures of a day worth counting, and the probabilities of these and more.

    What the tails hold goes to the ends, so that the probabilities sum to 1.
    """
    from scipy.stats import binom  # late: it takes long to import

    chance = binom.pmf(np.arange(systems + 1), systems, probability)
    likely = np.flatnonzero(chance >= NEGLIGIBLE)
    first, last = int(likely[0]), int(likely[-1])
    band = chance[first : last + 1].copy()
    band[0] += chance[:first].sum()
    band[-1] += chance[last + 1 :].sum()
    return first, band.tolist()


def add_printed_balance(model: Any) -> None:
    r"""Keep printed parts until they fail.

    .. math:: q_{kn} = (1 - p_p) q_{k,n+1} + u_{kn}, \qquad q_{kL} = 0 \qquad \forall k, n
    """
    from pyomo.environ import Constraint

    last_day = model.parameters.cycle_days - 1

    def balance(_: Any, k: str, n: int) -> Any:
        if not np.isfinite(model.parameters.print_cost[model.position[k]]):
            return Constraint.Skip
        survives = 1 - _failing(model, k)[2]
        before = 0.0 if n == last_day else survives * model.printed[k, n + 1]
        return model.printed[k, n] == before + model.prints[k, n]

    model.printed_balance = Constraint(model.part_days, rule=balance)


def add_shortage_balance(model: Any) -> None:
    r"""Let who waits go on waiting or get a part.

    .. math:: w_{kn} + u_{kn} + e_{kn} = B_{kn} \qquad \forall k, n

    Its dual, over :math:`\alpha^{L-n}`, is what a missing part costs with n days to go.
    """
    from pyomo.environ import Constraint

    def balance(m: Any, k: str, n: int) -> Any:
        return m.waits[k, n] + m.prints[k, n] + m.expedites[k, n] == m.waiting[k, n]

    model.shortage_balance = Constraint(model.part_days, rule=balance)


def add_limits(model: Any) -> None:
    r"""Keep the limits of the file.

    .. math:: \sum_k \sum_a c_{\ell a k} A_{ak} \le b_\ell \qquad \forall \ell

    with :math:`A_{ak}` what part :math:`k` does of kind :math:`a` in a cycle: parts ordered,
    printed, expedited, days on the shelf, days down, :math:`\bar x_{kL}`.
    """
    from pyomo.environ import Constraint

    done = {
        "orders": model.orders,
        "prints": model.print_total,
        "expedites": model.expedite_total,
        "stock_days": model.stock_days,
        "down_days": model.down_days,
        "base_stock": {k: model.stock[k, model.parameters.cycle_days] for k in model.parts},
    }
    rows = {row.limit.name: row for row in limit_rows(model.instance)}

    def keep(_: Any, name: str) -> Any:
        terms = [
            float(number) * done[kind][k]
            for kind, numbers in rows[name].coefficients.items()
            for k, number in zip(model.parts, numbers, strict=True)
            if number
        ]
        return sum(terms) <= rows[name].most if terms else Constraint.Feasible

    model.limits = Constraint(list(rows), rule=keep)


def add_cost(model: Any) -> None:
    r"""Minimise the cost of a cycle, discounted to its start.

    .. math::

        \sum_k \Bigl( c_r \bar x_{kL} + \alpha^L c_r (B_{k0} - \bar x_{k0})
        + h \sum_{n=1}^{L} \alpha^{L-n} \bar x_{kn}
        + \sum_{n=1}^{L-1} \alpha^{L-n} (b w_{kn} + c_p u_{kn} + c_e e_{kn}) \Bigr)

    with the costs of part :math:`k`.
    """
    from pyomo.environ import Expression, Objective

    parameters, days = model.parameters, model.parameters.cycle_days
    weight = (parameters.discount ** (days - np.arange(days + 1))).tolist()

    def cost(_: Any, k: str) -> Any:
        index = model.position[k]
        order, holding = float(parameters.order_cost[index]), float(parameters.holding_cost[index])
        flows = [(model.waits, float(parameters.backorder_cost[index]))]
        for source, price in (
            (model.prints, float(parameters.print_cost[index])),
            (model.expedites, float(parameters.expedite_cost[index])),
        ):
            if np.isfinite(price):
                flows.append((source, price))
        spent = linear(
            [price * weight[n] for _, price in flows for n in model.days],
            [flow[k, n] for flow, _ in flows for n in model.days],
        )
        held = sum(holding * weight[n] * model.stock[k, n] for n in range(1, days + 1))
        return order * model.stock[k, days] + weight[0] * order * model.shortage[k] + held + spent

    model.part_cost = Expression(model.parts, rule=cost)
    model.objective = Objective(expr=sum(model.part_cost.values()))


FAMILIES: tuple[Family, ...] = (
    Family("one_level", add_one_level, judged=True),
    Family("shelf_balance", add_shelf_balance, judged=True),
    Family("printed_balance", add_printed_balance, judged=True),
    Family("shortage_balance", add_shortage_balance, judged=True),
    Family("limits", add_limits, ("limits[].name",), says, remedy, judged=True),
)
"""The families of constraints, in the order of their rows."""
