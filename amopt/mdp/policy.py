r"""The Markov chain that a policy makes of a process: its value, its visits, its classes.

With :math:`P_\pi`, :math:`c_\pi` and :math:`\tau_\pi` the transition matrix, costs and durations
under policy :math:`\pi`, and :math:`B_\pi` the transition matrix discounted over each pair,

.. math::

    V = c_\pi + B_\pi V \qquad\text{(discounted; Puterman 1994, theorem 6.1.1)}.

On average cost, with one recurrent class, the bias of one state :math:`r` may be set to 0; with
:math:`g` in its place

.. math::

    h = c_\pi - g \tau_\pi + P_\pi h, \quad h(r) = 0 \qquad\text{(Puterman 1994, section 8.6.1)}

is one square system, and its transpose is the balance of the stationary distribution in every
state but :math:`r`, with the normalisation :math:`\sum_s \mu_s \tau_\pi(s) = 1` in place of the
balance of :math:`r`, which the others imply.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from amopt.errors import NoAnswerError
from amopt.mdp.decomposition.end_components import resting_states
from amopt.mdp.process import Process

__all__ = ["REACHED", "DependsOnStartError", "PolicyChain", "policy_of_measure", "toward"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


REACHED = 1e-9
"""Share of an occupation measure up to which a state, or a pair, is not visited."""


class DependsOnStartError(NoAnswerError):
    """The average cost of a policy depends on the first state."""


@dataclass(frozen=True)
class PolicyChain:
    """The chain under one policy.

    Attributes
    ----------
    transition
        Transition matrix, discounted over each pair, shape (states, states), CSR.
    cost, duration
        Expected cost and duration of the step from each state, shape (states,).
    average
        Whether the average cost is wanted.
    """

    transition: sp.csr_array
    cost: Floats
    duration: Floats
    average: bool

    @classmethod
    def of(cls, process: Process, policy: Ints) -> PolicyChain:
        """Return the chain of a policy given as one pair a state, shape (states,)."""
        rows = process.transition[policy]
        if not process.average:
            sizes = np.diff(rows.indptr)
            factor = np.repeat(process.factor[policy], sizes)
            rows = sp.csr_array((rows.data * factor, rows.indices, rows.indptr), shape=rows.shape)
        duration = process.duration[policy].astype(np.float64)
        return cls(rows, process.cost[policy], duration, process.average)

    @classmethod
    def randomised(cls, process: Process, probabilities: Floats) -> PolicyChain:
        """Return the chain of a policy given as probabilities of pairs, shape (pairs,)."""
        shape = (process.states, process.pairs)
        index = (process.state_of_pair, np.arange(process.pairs))
        choice = sp.csr_array((probabilities, index), shape=shape)
        choice.eliminate_zeros()
        discounted = sp.csr_array(
            (choice.data * process.factor[choice.indices], choice.indices, choice.indptr),
            shape=shape,
        )
        return cls(
            transition=sp.csr_array(discounted @ process.transition),
            cost=np.asarray(choice @ process.cost),
            duration=np.asarray(choice @ process.duration.astype(np.float64)),
            average=process.average,
        )

    @property
    def states(self) -> int:
        """The number of states."""
        return len(self.cost)

    @cached_property
    def recurrent_classes(self) -> tuple[Ints, ...]:
        """The sets of states that the chain never leaves, by their first state."""
        count, component = connected_components(self.transition, directed=True, connection="strong")
        tail = np.repeat(component, np.diff(self.transition.indptr))
        head = component[self.transition.indices]
        closed = np.ones(count, dtype=bool)
        closed[tail[tail != head]] = False
        return tuple(np.flatnonzero(component == label) for label in np.flatnonzero(closed))

    @cached_property
    def reference(self) -> int:
        """A recurrent state, whose bias is set to 0.

        Raises
        ------
        DependsOnStartError
            When the chain has several recurrent classes.
        """
        classes = self.recurrent_classes
        if len(classes) > 1:
            raise DependsOnStartError(
                f"the policy has {len(classes)} recurrent classes (they hold the states "
                f"{', '.join(str(int(members[0])) for members in classes[:5])}): its average cost "
                "depends on the first state"
            )
        return int(classes[0][0])

    @cached_property
    def _solver(self) -> Any:
        """The factorised system of the module's equations."""
        system = sp.csr_array(sp.eye_array(self.states, format="csr") - self.transition)
        if self.average:
            others = np.ones(self.states)
            others[self.reference] = 0.0
            index = (np.arange(self.states), np.full(self.states, self.reference))
            time = sp.csr_array((self.duration, index), shape=system.shape)
            system = sp.csr_array(system @ sp.diags_array(others) + time)
        return splu(sp.csc_array(system))

    def evaluate(self) -> tuple[Floats, float]:
        """Return the values and 0, or on average cost the bias and the gain.

        Raises
        ------
        DependsOnStartError
            On average cost, when the chain has several recurrent classes.
        """
        value = self._solver.solve(self.cost)
        if not self.average:
            value += self._solver.solve(self.cost + self.transition @ value - value)
            return value, 0.0
        gain = float(value[self.reference])
        value[self.reference] = 0.0
        return value, gain

    def visits(self, initial: Floats) -> Floats:
        """Return expected (discounted) visits from ``initial``, or visits a period in the long run.

        Parameters
        ----------
        initial
            Distribution of the first state, shape (states,); without effect on average cost.
        """
        if not self.average:
            return np.asarray(np.maximum(self._solver.solve(initial, "T"), 0.0))
        right = np.zeros(self.states)
        right[self.reference] = 1.0
        if "_solver" in vars(self):
            return np.asarray(np.maximum(self._solver.solve(right, "T"), 0.0))
        # Nothing but the recurrent states is visited in the long run.
        (members,) = self.recurrent_classes
        inner = PolicyChain(
            sp.csr_array(self.transition[members][:, members]),
            self.cost[members],
            self.duration[members],
            average=True,
        )
        found = np.zeros(self.states)
        found[members] = np.maximum(inner._solver.solve(right[members], "T"), 0.0)
        return found

    @cached_property
    def transient(self) -> Ints:
        """The states that the chain leaves for ever, ascending."""
        recurrent = np.concatenate(self.recurrent_classes)
        return np.setdiff1d(np.arange(self.states), recurrent)

    @cached_property
    def _way(self) -> Any:
        """The factorised system of the transient states."""
        inside = self.transition[self.transient][:, self.transient]
        return splu(sp.csc_array(sp.eye_array(len(self.transient), format="csr") - inside))

    def _class(self, members: Ints) -> PolicyChain:
        inside = self.transition[members][:, members]
        return PolicyChain(inside, self.cost[members], self.duration[members], True)

    def evaluate_by_class(self) -> tuple[Floats, Floats]:
        r"""Return bias and gain of each state on average cost, shape (states,) each.

        In a recurrent class the gain is one number, and the bias of one state is 0; on the way
        there (Puterman 1994, theorem 8.2.6)

        .. math:: g = P_\pi g, \qquad h = c_\pi - \tau_\pi g + P_\pi h.
        """
        bias, gain = np.zeros(self.states), np.zeros(self.states)
        for members in self.recurrent_classes:
            bias[members], gain[members] = self._class(members).evaluate()
        if self.transient.size:
            rows = self.transition[self.transient]
            gain[self.transient] = self._way.solve(rows @ gain)
            right = self.cost[self.transient] - self.duration[self.transient] * gain[self.transient]
            bias[self.transient] = self._way.solve(right + rows @ bias)
        return bias, gain

    def visits_by_class(self, initial: Floats) -> Floats:
        """Return visits a period in the long run from ``initial``, shape (states,)."""
        arrival = initial.copy()
        if self.transient.size:
            passed = self._way.solve(initial[self.transient], "T")
            arrival += self.transition[self.transient].T @ passed
        visits = np.zeros(self.states)
        for members in self.recurrent_classes:
            visits[members] = arrival[members].sum() * self._class(members).visits(initial[members])
        return visits

    def evaluate_total(self) -> Floats:
        """Return the expected total cost from each state, 0 where the chain is recurrent."""
        value = np.zeros(self.states)
        if self.transient.size:
            value[self.transient] = self._way.solve(self.cost[self.transient])
        return value

    def visits_total(self, initial: Floats) -> Floats:
        """Return expected visits from ``initial`` to transient states, 0 to others."""
        visits = np.zeros(self.states)
        if self.transient.size:
            visits[self.transient] = np.maximum(self._way.solve(initial[self.transient], "T"), 0.0)
        return visits


def toward(
    process: Process,
    target: Ints,
    policy: Ints,
    *,
    allowed: NDArray[np.bool_] | None = None,
) -> tuple[Ints, Ints]:
    """Return a policy that leads to ``target`` from wherever that is possible, and the rest.

    Parameters
    ----------
    process
        The process.
    target
        States to be reached.
    policy
        The policy to keep on ``target``, shape (states,).
    allowed
        The pairs that may be taken, shape (pairs,); left out, all.

    Returns
    -------
    tuple
        The policy, shape (states,), and the states from which no policy leads to ``target``.
    """
    led = policy.copy()
    reached = np.zeros(process.states, dtype=bool)
    reached[target] = True
    while not reached.all():
        leading = process.transition @ reached.astype(np.float64) > 0
        leading &= ~reached[process.state_of_pair]
        if allowed is not None:
            leading &= allowed
        pairs = np.flatnonzero(leading)
        if pairs.size == 0:
            break
        led[process.state_of_pair[pairs]] = pairs
        reached[process.state_of_pair[pairs]] = True
    return led, np.flatnonzero(~reached)


def policy_of_measure(process: Process, occupation: Floats, otherwise: Ints) -> Floats:
    """Return the probability with which each pair is taken in its state, shape (pairs,).

    Parameters
    ----------
    process
        The process.
    occupation
        How often each pair is taken, shape (pairs,).
    otherwise
        The pairs that are taken where the measure is zero, shape (states,).
    """
    visits = process.by_state(occupation)
    reached = visits > REACHED / process.states
    if process.total:
        resting = resting_states(process)
        reached[resting[visits[resting] <= REACHED]] = False
    share = occupation / np.where(reached, visits, 1.0)[process.state_of_pair]
    share[(share < REACHED) | ~reached[process.state_of_pair]] = 0.0
    share[otherwise[~reached]] = 1.0
    probabilities: Floats = share / process.by_state(share)[process.state_of_pair]
    return probabilities
