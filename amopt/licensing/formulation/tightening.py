"""Valid inequalities of the program of licences: it says the same without them, but more slowly."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from amopt.program.pyomo import linear

__all__ = ["add_pays_the_last", "add_prefers_at_each", "add_takes_what_is_offered"]

CLEAR = 1e-9
"""Share of what they pay now by which two buyers would pay more and less beyond rounding."""


def add_takes_what_is_offered(model: Any) -> None:
    r"""Take only what is offered (valid, and tighter): :math:`x_{icq} \le y_{cq}`."""
    from pyomo.environ import Constraint

    model.takes_what_is_offered = Constraint(
        model.buyers,
        model.contracts,
        model.q,
        rule=lambda m, i, c, q: m.takes[i, c, q] <= m.offered[c, q],
    )


def add_prefers_at_each(model: Any) -> None:
    r"""Say the same of each royalty of one contract (valid, and tighter).

    .. math:: \bar F_{iq} x_{iq} - \varphi_{iq} \ge \bar F_{iq} y_q - f_q \qquad \forall i, q
    """
    from pyomo.environ import Constraint

    def prefers(m: Any, i: str, q: int) -> Any:
        worth = m.worth[i][q]
        return worth * m.takes[i, 1, q] - m.pays[i, 1, q] >= (worth * m.offered[1, q] - m.fee[1, q])

    single = model.q if model.instance.contracts == 1 else []
    model.prefers_at_each = Constraint(model.buyers, single, rule=prefers)


def add_pays_the_last(model: Any) -> None:
    r"""Bound what one pays by what the last licensee would (valid, and tighter; one contract).

    With the buyers of royalty :math:`q` in the order of what they would pay, :math:`\bar F_{1q} \ge
    \bar F_{2q} \ge \dots`, the licensees are the first of them, and each pays what the last would
    at most. So for :math:`n` buyers and :math:`x_{n + 1} = 0`

    .. math::

        x_{iq} &\ge x_{i + 1, q} \quad \text{where } \bar F_{iq} > \bar F_{i + 1, q} \\
        \varphi_{iq} &\le \sum_{k = i}^n \bar F_{kq} (x_{kq} - x_{k + 1, q}) \qquad \forall i, q .

    These, with those above, are the convex hull of the offers of a royalty.
    """
    from pyomo.environ import Constraint

    single = model.q if model.instance.contracts == 1 else []
    order = {}
    for q in single:
        worth_of = {i: model.worth[i][q] for i in model.buyers}
        order[q] = sorted(worth_of, key=worth_of.__getitem__, reverse=True)
    apart = [
        (i, j, q)
        for q, own in order.items()
        for i, j in pairwise(own)
        if model.worth[i][q] - model.worth[j][q] > CLEAR * max(model.paid_now[i], model.paid_now[j])
    ]

    def last(m: Any, place: int, q: int) -> Any:
        own = order[q][place:]
        worth = np.array([m.worth[i][q] for i in own])
        steps = [worth[0], *np.diff(worth)]
        return m.pays[own[0], 1, q] <= linear(steps, [m.takes[i, 1, q] for i in own])

    model.first_before_next = Constraint(
        apart, rule=lambda m, i, j, q: m.takes[i, 1, q] >= m.takes[j, 1, q]
    )
    model.pays_the_last = Constraint(range(len(model.buyers)), single, rule=last)
