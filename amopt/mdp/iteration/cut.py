r"""A policy's value through the few states on the cut of a period.

One sweep of a policy over a period (:mod:`amopt.mdp.iteration.layers`) is affine in the values
:math:`v` on the cut: it gives each state :math:`a(s) + B_s v`. The sweep is carried out once on the
matrix :math:`[a \mid B]`; what is left is a small dense system on the cut,

.. math::

    v = a + B v \quad\text{(discounted)}, \qquad v + d g = a + B v, \; v(r) = 0
    \quad\text{(average cost)},

instead of a sparse one over all states, whose factors fill in.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amopt.mdp.iteration.layers import Layers
from amopt.mdp.process import Process

__all__ = ["evaluate_on_cut", "is_worthwhile"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

_LARGEST = 20_000_000
"""Numbers that an affine sweep may hold: 160 MB."""

_SHARE = 8
"""How many times fewer than all states those on the cut have to be."""


def is_worthwhile(process: Process) -> bool:
    """Return whether the cut is so small that going through it beats a sparse factorisation."""
    layers = process.layers
    small = len(layers.cut) * _SHARE <= process.states
    relaxed = any(layer.relaxation is not None for layer in layers.layers)
    return small and not relaxed and len(layers.cut) * process.states <= _LARGEST


def evaluate_on_cut(process: Process, policy: Ints, reference: int | None) -> tuple[Floats, float]:
    """Return the values and 0, or on average cost the bias and the gain, of a policy.

    Parameters
    ----------
    process
        A process whose layers are not relaxed.
    policy
        One pair a state, shape (states,).
    reference
        On average cost a recurrent state on the cut, whose bias is 0; else None.
    """
    layers = process.layers
    affine = _affine_sweep(layers.restricted(policy), process.states)
    constant, linear = affine[layers.cut, 0], affine[layers.cut, 1:]
    system = np.eye(len(layers.cut)) - linear
    if reference is None:
        before = np.linalg.solve(system, constant)
        return affine[:, 0] + affine[:, 1:] @ before, 0.0
    place = int(np.searchsorted(layers.cut, reference))
    system[:, place] = layers.period
    before = np.linalg.solve(system, constant)
    gain = float(before[place])
    before[place] = 0.0
    return layers.bias(affine[:, 0] + affine[:, 1:] @ before, gain), gain


def _affine_sweep(layers: Layers, states: int) -> Floats:
    """Return the constant and the coefficients of each state's value, shape (states, 1 + cut)."""
    before = np.zeros((states, 1 + len(layers.cut)))
    before[layers.cut, 1 + np.arange(len(layers.cut))] = 1.0
    after = before.copy()
    for layer in layers.layers:
        if layer.wraps.all():
            ahead = layer.transition @ before
        elif not layer.wraps.any():
            ahead = layer.transition @ after
        else:
            own = layer.wraps[:, None]
            ahead = np.where(own, layer.transition @ before, layer.transition @ after)
        ahead *= layer.factor[:, None]
        ahead[:, 0] += layer.cost
        after[layer.states] = ahead
    return after
