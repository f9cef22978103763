r"""Licences as a mixed-integer program over the royalties that matter.

For buyer :math:`i`, contract :math:`c` and royalty :math:`r_q` of a finite list:

- :math:`y_{cq} \in \{0, 1\}`: contract :math:`c` has the royalty :math:`r_q`;
- :math:`f_{cq} \ge 0`: its fee a year, 0 at other royalties;
- :math:`x_{icq} \in \{0, 1\}`: buyer :math:`i` takes it;
- :math:`\varphi_{icq} \ge 0`: the fee that he pays.

With :math:`\bar F_{iq}` the most that he would pay at :math:`r_q`, as in
:mod:`amopt.licensing.costs`, his surplus is :math:`D_i = \sum_{c, q} (\bar F_{iq} x_{icq} -
\varphi_{icq})`, and he would have :math:`\sum_q (\bar F_{iq} y_{cq} - f_{cq})` with contract
:math:`c`.

For one contract the list holds the royalties at which the order of the :math:`\bar F_i` changes:
the profit is convex between them, so that the program's optimum is the supremum of all contracts
(:mod:`amopt.licensing.methods.exact`). Buyers who are indifferent there do what pays the maker
most; where they do that of themselves a little above or below, the supremum is approached. For a
menu of two the list is that of the instance, or 25 royalties up to the highest that anyone pays,
with those of one contract and a little to either side of them, and who is not to take a licence
must lose by it.

The formulation is the definition: :data:`FAMILIES` lists every family of constraints, and whatever
solves faster than the formulation names those that it honours.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.licensing import words
from amopt.licensing.costs import Buyers
from amopt.licensing.formulation.tightening import (
    add_pays_the_last,
    add_prefers_at_each,
    add_takes_what_is_offered,
)
from amopt.licensing.instance import LicensingInstance
from amopt.program.family import Family
from amopt.program.pyomo import linear
from amopt.program.pyomo.formulated import model_of

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["FAMILIES", "formulate", "royalties_of"]

Floats = NDArray[np.float64]

LOSS = 1e-6
"""What a buyer who is to take no contract of a menu loses by one, as a share of what he pays."""

STEPS = 25
"""Royalties of a menu where the instance lists none."""

BESIDE = 1e-5
"""How far beside the royalties of one contract those of a menu lie, as a share of the price."""


def formulate(instance: LicensingInstance) -> ConcreteModel:
    """Return the program of an instance.

    Buyers are indexed by name, contracts by 1 and 2, royalties by their position in
    ``model.royalty``. Variables are ``offered[contract, q]``, ``fee[contract, q]``,
    ``takes[buyer, contract, q]`` and ``pays[buyer, contract, q]``; expressions to put limits on are
    ``licensed[buyer]`` (1 for a licensee), ``surplus[buyer]`` and ``earned[buyer]``, in money a
    year. The objective, to be maximised, is what the maker earns a year.

    Parameters
    ----------
    instance
        The instance.
    """
    return model_of(instance, (add_sets, add_variables, add_expectations), FAMILIES, add_profit)


def royalties_of(buyers: Buyers) -> Floats:
    """Return the royalties of the program, ascending."""
    instance, found = buyers.instance, buyers.royalties()
    if instance.contracts == 1:
        return found
    if instance.royalties:
        return np.unique(instance.royalties)
    step = BESIDE * (instance.printing.price + found)
    beside = np.concatenate([found - step, found, found + step])
    grid = np.linspace(0.0, found[-1], STEPS)
    return np.unique(np.concatenate([beside[beside >= 0], grid]))


def add_sets(model: Any) -> None:
    """Add buyers, contracts and royalties, and what each buyer would pay at each."""
    from pyomo.environ import RangeSet, Set

    instance: LicensingInstance = model.instance
    buyers = Buyers.of(instance)
    names = [buyer.name for buyer in instance.buyers]
    model.royalty = royalties_of(buyers).tolist()
    worth = buyers.without_rounding(buyers.least_of_alike(buyers.highest_fee(model.royalty)))
    model.worth = dict(zip(names, worth.T.tolist(), strict=True))
    model.alike = dict(zip(names, buyers.alike.tolist(), strict=True))
    model.paid_now = dict(zip(names, buyers.traditional_cost.tolist(), strict=True))
    model.most = [max(0.0, *(own[q] for own in model.worth.values()))
                  for q in range(len(model.royalty))]  # fmt: skip
    model.demand = dict(zip(names, buyers.demand.tolist(), strict=True))
    model.margin = buyers.margin
    model.buyers = Set(initialize=names)
    model.contracts = RangeSet(1, instance.contracts)
    model.q = RangeSet(0, len(model.royalty) - 1)


def add_variables(model: Any) -> None:
    """Add what is offered, taken and paid; nobody pays more than it is worth to him."""
    from pyomo.environ import Binary, NonNegativeReals, Var

    model.offered = Var(model.contracts, model.q, domain=Binary)
    model.fee = Var(model.contracts, model.q, domain=NonNegativeReals)
    model.takes = Var(model.buyers, model.contracts, model.q, domain=Binary)
    model.pays = Var(model.buyers, model.contracts, model.q, domain=NonNegativeReals)


def add_expectations(model: Any) -> None:
    r"""Add what comes of an offer: licensees, surplus and earnings.

    .. math::

        X_i = \sum_{c, q} x_{icq}, \qquad D_i = \sum_{c, q} (\bar F_{iq} x_{icq} - \varphi_{icq}),
        \qquad m \lambda_i (1 - X_i) + \sum_{c, q} (\varphi_{icq} + r_q \lambda_i x_{icq})
    """
    from pyomo.environ import Expression

    several = [(c, q) for c in model.contracts for q in model.q]

    def licensed(_: Any, i: str) -> Any:
        return linear(1.0, [model.takes[i, c, q] for c, q in several])

    def surplus(_: Any, i: str) -> Any:
        worth = [model.worth[i][q] for _, q in several]
        return linear(
            [*worth, *[-1.0] * len(several)],
            [
                *(model.takes[i, c, q] for c, q in several),
                *(model.pays[i, c, q] for c, q in several),
            ],
        )

    def earned(_: Any, i: str) -> Any:
        sold = model.margin * model.demand[i]
        royalties = [model.royalty[q] * model.demand[i] - sold for _, q in several]
        return linear(
            [*royalties, *[1.0] * len(several)],
            [
                *(model.takes[i, c, q] for c, q in several),
                *(model.pays[i, c, q] for c, q in several),
            ],
            constant=sold,
        )

    model.licensed = Expression(model.buyers, rule=licensed)
    model.surplus = Expression(model.buyers, rule=surplus)
    model.earned = Expression(model.buyers, rule=earned)


def add_one_royalty(model: Any) -> None:
    r"""Give each contract one royalty: :math:`\sum_q y_{cq} = 1 \quad \forall c`."""
    from pyomo.environ import Constraint

    model.one_royalty = Constraint(
        model.contracts,
        rule=lambda m, c: linear(1.0, [m.offered[c, q] for q in m.q]) == 1,
    )


def add_one_channel(model: Any) -> None:
    r"""Supply each buyer in one way: :math:`\sum_{c, q} x_{icq} \le 1 \quad \forall i`."""
    from pyomo.environ import Constraint

    model.one_channel = Constraint(model.buyers, rule=lambda m, i: m.licensed[i] <= 1)


def add_fee_of_royalty(model: Any) -> None:
    r"""Charge a fee at the royalty that is offered, and no more than anyone pays.

    .. math:: f_{cq} \le M_q y_{cq}, \qquad M_q = \max_i \bar F_{iq}^+ + \mu \qquad \forall c, q
    """
    from pyomo.environ import Constraint

    model.fee_of_royalty = Constraint(
        model.contracts,
        model.q,
        rule=lambda m, c, q: m.fee[c, q] <= _most(m, q) * m.offered[c, q],
    )


def add_pays_the_fee(model: Any) -> None:
    r"""Let a licensee pay the fee, all of it.

    .. math:: \varphi_{icq} \ge f_{cq} - M_q (y_{cq} - x_{icq}) \qquad \forall i, c, q
    """
    from pyomo.environ import Constraint

    def pays(m: Any, i: str, c: int, q: int) -> Any:
        idle = _most(m, q) * (m.offered[c, q] - m.takes[i, c, q])
        return m.fee[c, q] - m.pays[i, c, q] <= idle

    model.pays_the_fee = Constraint(model.buyers, model.contracts, model.q, rule=pays)


def add_pays_no_more(model: Any) -> None:
    r"""Let him pay no more than the fee: :math:`\varphi_{icq} \le f_{cq} \quad \forall i, c, q`."""
    from pyomo.environ import Constraint

    model.pays_no_more = Constraint(
        model.buyers,
        model.contracts,
        model.q,
        rule=lambda m, i, c, q: m.pays[i, c, q] <= m.fee[c, q],
    )


def add_pays_what_it_is_worth(model: Any) -> None:
    r"""Let him pay no more than it is worth to him; what is worth nothing he does not take.

    .. math:: \varphi_{icq} \le \bar F_{iq} x_{icq} \qquad \forall i, c, q
    """
    from pyomo.environ import Constraint

    def worth(m: Any, i: str, c: int, q: int) -> Any:
        return m.pays[i, c, q] <= m.worth[i][q] * m.takes[i, c, q]

    model.pays_what_it_is_worth = Constraint(model.buyers, model.contracts, model.q, rule=worth)


def add_prefers(model: Any) -> None:
    r"""Let each buyer take what is the best for him.

    .. math::

        D_i \ge \sum_q (\bar F_{iq} y_{cq} - f_{cq}) + \mu_i (1 - X_i) \qquad \forall i, c

    :math:`\mu_i` is 0 for one contract, and a millionth of what he pays now in a menu.
    """
    from pyomo.environ import Constraint

    margin = 0.0 if model.instance.contracts == 1 else LOSS

    def prefers(m: Any, i: str, c: int) -> Any:
        offer = linear(
            [*m.worth[i], *[-1.0] * len(m.royalty)],
            [*(m.offered[c, q] for q in m.q), *(m.fee[c, q] for q in m.q)],
        )
        lost = margin * m.paid_now[i]
        return m.surplus[i] >= offer + lost * (1 - m.licensed[i])

    model.prefers = Constraint(model.buyers, model.contracts, rule=prefers)


def add_alike_do_alike(model: Any) -> None:
    r"""Let buyers of one demand, who differ in nothing that they look at, do the same.

    .. math:: x_{icq} = x_{jcq} \qquad \forall \lambda_i = \lambda_j, c, q

    Demands that differ by a ten-millionth are the same.
    Where they are indifferent no contract near by could tell them apart.
    """
    from pyomo.environ import Constraint

    names = sorted(model.demand, key=model.demand.get)
    pairs = [(i, j) for i, j in pairwise(names) if model.alike[i] == model.alike[j]]
    model.alike_do_alike = Constraint(
        pairs,
        model.contracts,
        model.q,
        rule=lambda m, i, j, c, q: m.takes[i, c, q] == m.takes[j, c, q],
    )


def add_least_surplus(model: Any) -> None:
    r"""Leave a buyer what he must save: :math:`D_i \ge \underline D_i \quad \forall i`."""
    from pyomo.environ import Constraint

    least = {buyer.name: buyer.least_surplus for buyer in model.instance.buyers}
    owed = [name for name, value in least.items() if value is not None]
    model.least_surplus = Constraint(owed, rule=lambda m, i: m.surplus[i] >= least[i])


def add_most_licensees(model: Any) -> None:
    r"""Keep the number of licensees: :math:`\sum_i X_i \le k`."""
    from pyomo.environ import Constraint

    model.most_licensees = Constraint(
        expr=sum(model.licensed[i] for i in model.buyers) <= model.instance.limits.most_licensees
    )


def add_printer_capacity(model: Any) -> None:
    r"""Print no more than a printer can: :math:`\sum_{i \in p} \lambda_i X_i \le P_p`."""
    from pyomo.environ import Constraint

    instance: LicensingInstance = model.instance
    users = {
        printer.name: [buyer.name for buyer in instance.buyers if buyer.printer == printer.name]
        for printer in instance.printers
    }
    most = {printer.name: printer.prints_per_year for printer in instance.printers}

    def capacity(m: Any, p: str) -> Any:
        return sum(m.demand[i] * m.licensed[i] for i in users[p]) <= most[p]

    model.printer_capacity = Constraint([p for p, own in users.items() if own], rule=capacity)


def add_profit(model: Any) -> None:
    r"""Maximise what the maker earns a year.

    .. math::

        \sum_i \Bigl( m \lambda_i (1 - X_i)
        + \sum_{c, q} (\varphi_{icq} + r_q \lambda_i x_{icq}) \Bigr)
    """
    from pyomo.environ import Objective, maximize

    model.objective = Objective(expr=sum(model.earned[i] for i in model.buyers), sense=maximize)


def _most(model: Any, q: int) -> float:
    """Return a fee that nobody pays, by enough."""
    return float(model.most[q] + 2 * LOSS * max(model.paid_now.values()))


FAMILIES: tuple[Family, ...] = (
    Family("one_royalty", add_one_royalty),
    Family("one_channel", add_one_channel),
    Family("takes_what_is_offered", add_takes_what_is_offered, tightens=True),
    Family("fee_of_royalty", add_fee_of_royalty),
    Family("pays_the_fee", add_pays_the_fee),
    Family("pays_no_more", add_pays_no_more),
    Family("pays_what_it_is_worth", add_pays_what_it_is_worth),
    Family("prefers", add_prefers),
    Family("prefers_at_each", add_prefers_at_each, tightens=True),
    Family("alike_do_alike", add_alike_do_alike),
    Family(
        "pays_the_last",
        add_pays_the_last,
        tightens=True,
        rows=("first_before_next", "pays_the_last"),
    ),
    Family(
        "least_surplus",
        add_least_surplus,
        scope=("buyers[].least_surplus",),
        says=words.says_surplus,
        remedy=words.lower_surplus,
    ),
    Family(
        "most_licensees",
        add_most_licensees,
        scope=("limits.most_licensees",),
        says=words.says_licensees,
        remedy=words.allow_licensees,
    ),
    Family(
        "printer_capacity",
        add_printer_capacity,
        scope=("printers[].prints_per_year",),
        says=words.says_capacity,
        remedy=words.raise_capacity,
    ),
)
"""The families of constraints, in the order of their rows."""
