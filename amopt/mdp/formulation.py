r"""The linear programs of a Markov decision process in Pyomo, to read and to extend.

Written as in Puterman (1994), with costs to be minimised: section 6.9 (discounted cost), 8.8 and
11.4 (average cost that does not depend on the first state), 9.3 (average cost that does, after
Denardo and Fox 1968) and 7.2 (total cost). :mod:`amopt.mdp.linear_program` writes the same programs
as arrays, for speed, but leaves out probabilities below 2e-12, which solvers drop; tests hold the
two equal entry by entry where no probability is that small.

Let :math:`w` be the distribution of the first state and :math:`\beta_k = \alpha^{\tau_k}` the
discount over a pair, 1 where there is none. The *dual* is the program to extend: its variable
``occupation[k]``, :math:`x_k`, is how often pair :math:`k` is taken, so that a limit on what pairs
use is linear. The *primal* is in the values. On total cost the process may rest for ever at no cost
in the states :math:`Z` of
:func:`~amopt.mdp.decomposition.end_components.resting_states`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from amopt.errors import UsageError
from amopt.mdp.decomposition.end_components import resting_states
from amopt.mdp.linear_program import labels
from amopt.mdp.process import Process
from amopt.program.family import Family
from amopt.program.time import Budget

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["FAMILIES", "formulate"]

Label = Hashable

_IN_TIME = "the program was formulated"


@dataclass(frozen=True)
class _Symbols:
    """The symbols of the equations, by the labels of states and pairs.

    Attributes
    ----------
    of
        The pairs of a state.
    state
        The state of a pair.
    leads_to, comes_from
        :math:`P_{ks'}` by the states that a pair leads to, and by the pairs that lead to a state.
    beta, tau, c
        Discount over a pair, its duration and its cost.
    w
        Distribution of the first state.
    """

    of: dict[Label, list[Label]]
    state: dict[Label, Label]
    leads_to: dict[Label, list[tuple[Label, float]]]
    comes_from: dict[Label, list[tuple[Label, float]]]
    beta: dict[Label, float]
    tau: dict[Label, int]
    c: dict[Label, float]
    w: dict[Label, float]

    @classmethod
    def of_process(cls, process: Process, initial: NDArray[np.float64]) -> _Symbols:
        states = labels(process.state_names, process.states)
        pairs = labels(process.pair_names, process.pairs)
        found = cls(
            of={s: [] for s in states},
            state={k: states[s] for k, s in zip(pairs, process.state_of_pair, strict=True)},
            leads_to={k: [] for k in pairs},
            comes_from={s: [] for s in states},
            beta=dict(zip(pairs, process.factor.tolist(), strict=True)),
            tau=dict(zip(pairs, process.duration.tolist(), strict=True)),
            c=dict(zip(pairs, process.cost.tolist(), strict=True)),
            w=dict(zip(states, initial.tolist(), strict=True)),
        )
        for k, s in found.state.items():
            found.of[s].append(k)
        steps = process.transition.tocoo()
        for row, column, p in zip(*steps.coords, steps.data.tolist(), strict=True):
            k, s = pairs[row], states[column]
            found.leads_to[k].append((s, p))
            found.comes_from[s].append((k, p))
        return found


def formulate(
    process: Process,
    initial: ArrayLike | None = None,
    *,
    form: str = "dual",
    multichain: bool = False,
    budget: Budget | None = None,
) -> ConcreteModel:
    """Return the linear program of a process.

    ``model.states`` and ``model.pairs`` are labelled as in the process; ``model.objective`` is the
    objective. To extend the dual, add constraints on ``model.occupation[k]``, and give the function
    that does so to :meth:`MarkovDecisionProcess.solve` as ``extend``.

    Parameters
    ----------
    process
        The process.
    initial
        Distribution of the first state, shape (states,); left out, uniform.
    form
        ``"dual"`` (occupation measure) or ``"primal"`` (values).
    multichain
        On average cost, whether the average may depend on the first state.
    budget
        The time that may be spent; left out, all that it takes.

    Raises
    ------
    NoAnswerError
        When the time is over.
    UsageError
        When there is no such form.
    ValueError
        When ``initial`` does not fit the process.
    """
    from pyomo.common.gc_manager import PauseGC
    from pyomo.environ import ConcreteModel, Set

    if form not in ("dual", "primal"):
        raise UsageError(f"unknown form {form!r}; choose 'dual' or 'primal'")
    budget = budget or Budget()
    with PauseGC():
        model = ConcreteModel(name="occupation measure" if form == "dual" else "values")
        model.process, model.multichain = process, multichain and process.average
        model.symbols = _Symbols.of_process(process, process.initial_distribution(initial))
        budget.require(_IN_TIME)
        model.states = Set(initialize=list(model.symbols.of))
        model.pairs = Set(initialize=list(model.symbols.c))
        if process.total:
            names = labels(process.state_names, process.states)
            model.resting_states = Set(initialize=[names[s] for s in resting_states(process)])
        model.budget = budget
        for add in _dual(model) if form == "dual" else _primal(model):
            budget.require(_IN_TIME)
            add(model)
    return model


def _dual(model: Any) -> list[Callable[[Any], None]]:
    """Return what the dual of a process consists of."""
    if model.multichain:
        return [add_occupation, add_deviation, add_flow_balance, add_start_balance, add_cost]
    if model.process.average:
        return [add_occupation, add_flow_balance, add_normalisation, add_cost]
    return [add_occupation, add_flow_balance, add_cost]


def _primal(model: Any) -> list[Callable[[Any], None]]:
    """Return what the primal of a process consists of."""
    if model.multichain:
        return [add_bias, add_gain, add_action, add_conserving, add_greatest_value]
    if model.process.average:
        return [add_bias, add_gain, add_action, add_greatest_value]
    if model.process.total:
        return [add_value, add_action, add_rest, add_greatest_value]
    return [add_value, add_action, add_greatest_value]


def add_occupation(model: Any) -> None:
    r"""Add the variables :math:`x_k \ge 0`: how often each pair is taken.

    On total cost also :math:`z_s \ge 0`, ``resting[s]``: with which probability the process rests
    in state :math:`s \in Z`.
    """
    from pyomo.environ import NonNegativeReals, Var

    model.occupation = Var(model.pairs, domain=NonNegativeReals)
    if model.process.total:
        model.resting = Var(model.resting_states, domain=NonNegativeReals)


def add_deviation(model: Any) -> None:
    r"""Add the variables :math:`y_k \ge 0`: how often each pair is taken on the way."""
    from pyomo.environ import NonNegativeReals, Var

    model.deviation = Var(model.pairs, domain=NonNegativeReals)


def add_flow_balance(model: Any) -> None:
    r"""Leave each state as often as it is entered.

    .. math::

        \sum_{k : s(k) = s} x_k - \sum_k \beta_k P_{ks} x_k &= w_s \quad \forall s
            && \text{(discounted cost)} \\
        \sum_{k : s(k) = s} x_k - \sum_k P_{ks} x_k &= 0 \quad \forall s
            && \text{(average cost)} \\
        \sum_{k : s(k) = s} x_k + [s \in Z] z_s - \sum_k P_{ks} x_k &= w_s \quad \forall s
            && \text{(total cost)}
    """
    from pyomo.environ import Constraint

    at, x = model.symbols, model.occupation
    model.flow_balance = Constraint(model.states)
    for s in model.states:
        model.budget.require(_IN_TIME)
        leaves = sum(x[k] for k in at.of[s])
        enters = sum(at.beta[k] * p * x[k] for k, p in at.comes_from[s])
        if model.process.total and s in model.resting_states:
            leaves += model.resting[s]
        model.flow_balance[s] = leaves - enters == (0.0 if model.process.average else at.w[s])


def add_normalisation(model: Any) -> None:
    r"""Count occupation a period: :math:`\sum_k \tau_k x_k = 1`."""
    from pyomo.environ import Constraint

    at = model.symbols
    model.normalisation = Constraint(expr=sum(at.tau[k] * model.occupation[k] for k in at.c) == 1)


def add_start_balance(model: Any) -> None:
    r"""Get from the first state to where the process is in the long run.

    .. math:: \sum_{k : s(k) = s} (\tau_k x_k + y_k) - \sum_k P_{ks} y_k = w_s \quad \forall s
    """
    from pyomo.environ import Constraint

    at, x, y = model.symbols, model.occupation, model.deviation
    model.start_balance = Constraint(model.states)
    for s in model.states:
        enters = sum(p * y[k] for k, p in at.comes_from[s])
        model.start_balance[s] = sum(at.tau[k] * x[k] + y[k] for k in at.of[s]) - enters == at.w[s]


def add_cost(model: Any) -> None:
    r"""Minimise the expected cost :math:`\sum_k c_k x_k`."""
    from pyomo.environ import Objective

    model.objective = Objective(
        expr=sum(c * model.occupation[k] for k, c in model.symbols.c.items())
    )


def add_value(model: Any) -> None:
    r"""Add the variables :math:`V(s)`: the value of each state."""
    from pyomo.environ import Var

    model.value = Var(model.states)


def add_bias(model: Any) -> None:
    r"""Add the variables :math:`h(s)`: the bias of each state."""
    from pyomo.environ import Var

    model.bias = Var(model.states)


def add_gain(model: Any) -> None:
    r"""Add the variable :math:`g`, the gain; :math:`g(s)` where it depends on the first state."""
    from pyomo.environ import Var

    model.gain = Var(model.states) if model.multichain else Var()


def add_action(model: Any) -> None:
    r"""Let no action be better than the value of its state says.

    .. math::

        V(s(k)) - \beta_k \sum_{s'} P_{ks'} V(s') &\le c_k \quad \forall k
            && \text{(discounted, total cost)} \\
        h(s(k)) - \sum_{s'} P_{ks'} h(s') + \tau_k g(s(k)) &\le c_k \quad \forall k
            && \text{(average cost)}
    """
    from pyomo.environ import Constraint

    at, average = model.symbols, model.process.average
    value = model.bias if average else model.value
    model.action = Constraint(model.pairs)
    for k in model.pairs:
        model.budget.require(_IN_TIME)
        s = at.state[k]
        left = value[s] - sum(at.beta[k] * p * value[after] for after, p in at.leads_to[k])
        if average:
            left += at.tau[k] * (model.gain[s] if model.multichain else model.gain)
        model.action[k] = left <= at.c[k]


def add_conserving(model: Any) -> None:
    r"""Let no action lead to a better gain: :math:`g(s(k)) \le \sum_{s'} P_{ks'} g(s')`."""
    from pyomo.environ import Constraint

    at, g = model.symbols, model.gain
    model.conserving = Constraint(model.pairs)
    for k in model.pairs:
        if at.leads_to[k] != [(at.state[k], 1.0)]:  # of who stays nothing is said
            ahead = sum(p * g[after] for after, p in at.leads_to[k])
            model.conserving[k] = g[at.state[k]] - ahead <= 0


def add_rest(model: Any) -> None:
    r"""Let the process rest at no cost: :math:`V(s) \le 0 \quad \forall s \in Z`."""
    from pyomo.environ import Constraint

    model.rest = Constraint(model.resting_states)
    for s in model.resting_states:
        model.rest[s] = model.value[s] <= 0


def add_greatest_value(model: Any) -> None:
    r"""Maximise :math:`\sum_s w_s V(s)`; on average cost :math:`g`, or :math:`\sum_s w_s g(s)`."""
    from pyomo.environ import Objective, maximize

    at = model.symbols
    if model.process.average and not model.multichain:
        model.objective = Objective(expr=model.gain, sense=maximize)
        return
    value = model.gain if model.multichain else model.value
    model.objective = Objective(expr=sum(w * value[s] for s, w in at.w.items()), sense=maximize)


FAMILIES: tuple[Family, ...] = (
    Family("flow_balance", add_flow_balance),
    Family("normalisation", add_normalisation),
    Family("start_balance", add_start_balance),
)
"""The families of constraints of the dual: what its variables mean; nobody can give way on them."""
