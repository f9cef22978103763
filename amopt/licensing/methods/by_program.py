"""The program handed to the solver, and its answer read as an offer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from amopt.errors import NoAnswerError, UsageError
from amopt.licensing import formulation
from amopt.licensing.contract import (
    NONE,
    Contract,
    Offer,
    Supremum,
    earned,
    one_contract,
    responses,
)
from amopt.licensing.costs import Buyers
from amopt.licensing.instance import LicensingInstance
from amopt.program.family import Extend
from amopt.program.pyomo.formulated import added_rows, chosen_keys, solve_formulation
from amopt.program.time import Budget

if TYPE_CHECKING:
    from amopt.outcome import Outcome
    from amopt.program.solver.highs import Progress
    from amopt.program.solver.options import Options

__all__ = ["MOST_CHOICES", "added", "best_offer", "choices", "read"]

KNOWN = formulation.FAMILIES
"""The families that the referee knows: those that the decision came with."""

ROUNDING = 1e-8
"""Share of what a buyer pays now by which a solver's fee may miss one that it means."""

MOST_CHOICES = 100_000
"""Buyers times contracts times royalties that a program may have."""


def choices(instance: LicensingInstance) -> int:
    """Return how many choices the program has: buyers times contracts times royalties."""
    royalties = formulation.royalties_of(Buyers.of(instance))
    return len(instance.buyers) * instance.contracts * len(royalties)


def best_offer(
    instance: LicensingInstance,
    *,
    options: Options,
    budget: Budget,
    extend: Extend | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> tuple[Offer, Outcome, Any]:
    """Return the best offer by the program, with what the solver said and the model.

    Raises
    ------
    InfeasibleError
        When no offer keeps every limit.
    NoAnswerError
        When a limit was reached before any offer was found.
    """
    model, outcome = solve_formulation(
        formulation.formulate,
        formulation.FAMILIES,
        instance,
        options=options,
        budget=budget,
        extend=extend,
        progress=progress,
    )
    return read(model), outcome, model


def read(model: Any) -> Offer:
    """Return the offer that the values of a model say.

    Raises
    ------
    NoAnswerError
        When the model has no values, or no contract near by is taken by the same buyers.
    UsageError
        When the model is not one of licensing, or its values are not 0 or 1 where they must be.
    """
    instance = getattr(model, "instance", None)
    if not isinstance(instance, LicensingInstance) or not hasattr(model, "offered"):
        raise UsageError(f"the model {model.name!r} is not one that amopt.licensing formulated")
    offered = dict(chosen_keys(model, model.offered))
    if len(offered) != instance.contracts:
        raise UsageError(f"the values of {model.name!r} do not give each contract one royalty")
    taken = {i: c for i, c, _ in chosen_keys(model, model.takes)}
    choice = np.array([taken.get(buyer.name, 0) - 1 for buyer in instance.buyers])
    contracts = tuple(
        Contract(model.royalty[offered[c]], max(0.0, float(model.fee[c, offered[c]].value)))
        for c in model.contracts
    )
    say = _one if instance.contracts == 1 else _menu
    return say(Buyers.of(instance), contracts, choice, _limits_fees(model))


def _limits_fees(model: Any) -> bool:
    """Return whether something that a caller added may keep fees below the highest."""
    paid = (one for block in (model.fee, model.pays) for one in block.values())
    return bool(added(model)) or any(one.fixed or one.ub is not None for one in paid)


def _again(fee: float, highest: float, buyers: Buyers, limited: bool) -> float:
    """Return the fee that a solver means: the highest, where nothing says that it must be lower."""
    near = abs(highest - fee) <= ROUNDING * float(buyers.traditional_cost.max())
    return max(0.0, highest if near or not limited else min(fee, highest))


def _one(buyers: Buyers, contracts: tuple[Contract, ...], choice: Any, limited: bool) -> Offer:
    """Return the contract that attains what the program says, or one near by.

    The fee is worked out again: the least that a licensee would pay, less what he must save.
    """
    licensees = choice != NONE
    if not licensees.any():
        return Offer((), choice, earned(buyers, (), choice), earned(buyers, (), choice))
    (one,) = contracts
    most = float((buyers.highest_fee(one.royalty) - buyers.floor)[licensees].min())
    exact = (Contract(one.royalty, _again(one.fee, most, buyers, limited)),)
    limit = Supremum(one.royalty, exact[0].fee, licensees, earned(buyers, exact, choice))
    found = one_contract(buyers, limit, buyers.instance.epsilon)
    if found is None:
        raise NoAnswerError("the program's licensees take no contract near its royalty and fee")
    return found


def _menu(buyers: Buyers, contracts: tuple[Contract, ...], choice: Any, limited: bool) -> Offer:
    """Return a menu with what buyers make of it; contracts that nobody takes are left out.

    The fees are worked out again, the highest with which each still takes what the program says.
    """
    used = [number for number in range(len(contracts)) if (choice == number).any()]
    kept = tuple(contracts[number] for number in used)
    wanted = np.full(choice.size, NONE)
    for position, number in enumerate(used):
        wanted[choice == number] = position
    exact = _highest_fees(buyers, kept, wanted, limited)
    own = responses(buyers, exact)
    if not np.array_equal(own, wanted):
        exact, own = kept, responses(buyers, kept)
    taken = [number for number in range(len(exact)) if (own == number).any()]
    if len(taken) < len(exact):  # whoever was indifferent takes the other one
        exact = tuple(exact[number] for number in taken)
        own = responses(buyers, exact)
    profit = earned(buyers, exact, own)
    return Offer(exact, own, profit, profit)


def _highest_fees(
    buyers: Buyers, contracts: tuple[Contract, ...], choice: Any, limited: bool
) -> tuple[Contract, ...]:
    """Return contracts with the highest fees at which nobody changes his choice."""
    worth = [buyers.highest_fee(one.royalty) for one in contracts]
    fees = [float((own - buyers.floor)[choice == number].min()) for number, own in enumerate(worth)]
    stated = [one.fee for one in contracts]
    fees = [_again(*pair, buyers, limited) for pair in zip(stated, fees, strict=True)]
    if len(fees) == 2:
        ahead = [
            float((worth[number] - worth[1 - number])[choice == number].min())
            for number in range(2)
        ]
        fees = [min(fees[number], fees[1 - number] + ahead[number]) for number in range(2)]
        fees = [_again(*pair, buyers, limited) for pair in zip(stated, fees, strict=True)]
    return tuple(Contract(one.royalty, fee) for one, fee in zip(contracts, fees, strict=True))


def added(model: Any) -> tuple[str, ...]:
    """Return the names of the constraints that the instance does not state."""
    return added_rows(model, KNOWN)
