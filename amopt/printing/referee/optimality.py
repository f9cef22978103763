"""How good policies are, proven by the Bellman residual, and compared with what is claimed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amopt.printing.instance import PrintingInstance
from amopt.printing.referee.evaluation import Evaluation
from amopt.printing.referee.limits import Counting, priced, right_hand_side
from amopt.printing.referee.together import evaluated
from amopt.referee import Amount, Notebook, is_number

if TYPE_CHECKING:
    from amopt.solution import Solution

__all__ = ["compare_optimality"]

OPTIMALITY = 1e-6
"""Relative distance from the best from which an answer is not optimal."""


@dataclass(frozen=True)
class _Proof:
    """What proves how good the policies of one sourcing are.

    Attributes
    ----------
    evaluations
        The policies at the costs of the instance.
    priced
        The same with the prices of limits in the costs: no plan that keeps the limits costs less
        than the best without them at these costs, less ``worth``.
    worth
        What the limits are worth in all, in money a cycle.
    is_tight
        Whether that can prove the optimum: not where a limit has no price, or the program had
        limits that the instance does not state.
    """

    evaluations: list[Evaluation]
    priced: list[Evaluation]
    worth: float
    is_tight: bool

    @property
    def cost(self) -> float:
        """The cost of a cycle of all parts."""
        return math.fsum(one.cost for one in self.evaluations)

    @property
    def scale(self) -> float:
        """What costs are relative to."""
        return math.fsum(one.stake for one in self.evaluations)

    @property
    def lowest(self) -> float:
        """The least that a cycle of all parts can cost."""
        return math.fsum(one.cost - one.excess for one in self.priced) - self.worth


def compare_optimality(
    notebook: Notebook,
    instance: PrintingInstance,
    solution: Solution,
    both: tuple[list[Evaluation], list[Evaluation]],
    *,
    extended: bool,
    others: Sequence[list[Evaluation]] = (),
) -> None:
    """Prove how good the policies are, and compare status, objective and bound with that.

    Parameters
    ----------
    notebook
        Takes what is found.
    instance
        The instance.
    solution
        The answer.
    both
        The evaluations of each part with and without a printer.
    extended
        Whether the program had limits that the instance does not state.
    others
        The evaluations of policies from fewer sources, which are called the best of their kind.
    """
    outcome, rows = solution.outcome, solution.rows["limits"]
    status, bound = str(outcome.status), outcome.bound
    notebook.require(status in ("optimal", "feasible"), f"an answer is not {status}")
    proofs = [
        _proof(instance, rows, column, evaluations, extended)
        for column, evaluations in zip(("dual", "single_source_dual"), both, strict=True)
    ]
    if status == "optimal":
        alike = [_Proof(one, one, 0.0, is_tight=True) for one in others]
        for proof in [*proofs, *alike]:
            _require_the_best(notebook, instance, proof)
    chosen = proofs[0]
    worth = chosen.evaluations[0].horizon
    objective, scale = worth * chosen.cost, worth * chosen.scale
    error = max(0.0, objective - worth * chosen.lowest)
    lowest = objective - error if chosen.is_tight else objective
    notebook.same("objective", outcome.objective, Amount(objective, scale))
    near = OPTIMALITY * (abs(objective) + scale)
    if bound is not None:
        notebook.require(is_number(bound), f"the bound {bound!r} is not a number")
        notebook.require(
            is_number(bound) and bound <= lowest + near,
            f"the bound {bound!r} is not proven: the best may cost as little as {lowest:.9g}",
        )
    if status == "optimal":
        notebook.require(
            bound is not None and is_number(bound) and bound >= objective - near,
            f"an answer that costs {objective:.9g} is called optimal with the bound {bound!r}",
        )
    residuals = [one.residual for proof in proofs for one in proof.priced]
    notebook.measures["bellman_residual"] = max(residuals)
    notebook.measures["proven_error"] = error


def _proof(
    instance: PrintingInstance,
    rows: Sequence[Mapping[str, Any]],
    column: str,
    evaluations: list[Evaluation],
    extended: bool,
) -> _Proof:
    """Return what proves how good policies are."""
    duals = [row.get(column) for row in rows[: len(instance.limits)]]
    known = all(is_number(dual) for dual in duals)
    is_tight = not extended and (known or not duals)
    if not duals or not known:
        return _Proof(evaluations, evaluations, 0.0, is_tight)
    prices = {
        limit.name: float(dual or 0.0) for limit, dual in zip(instance.limits, duals, strict=True)
    }
    counting = Counting(instance)
    with_prices = evaluated(
        [
            (priced(counting, instance.limits, prices, index, one.terms), one.plan)
            for index, one in enumerate(evaluations)
        ],
        by_states=all(one.by_states for one in evaluations),
    )
    worth = math.fsum(-prices[limit.name] * right_hand_side(limit) for limit in instance.limits)
    return _Proof(evaluations, with_prices, worth, is_tight)


def _require_the_best(notebook: Notebook, instance: PrintingInstance, proof: _Proof) -> None:
    """Note policies that are called optimal and are not."""
    if not proof.is_tight or not proof.evaluations:
        return
    for part, one in zip(instance.parts, proof.priced, strict=True):
        notebook.require(
            one.excess <= OPTIMALITY * (abs(one.cost) + one.stake),
            f"part {part.name!r}: the policy is called optimal, but a cycle of it, which costs "
            f"{one.cost:.9g}, may cost {one.excess:.3g} more than the best",
        )
    slack = proof.cost - math.fsum(one.cost for one in proof.priced) + proof.worth
    notebook.require(
        slack <= OPTIMALITY * (abs(proof.cost) + proof.scale + abs(proof.worth)),
        f"limits that are not used up have prices, which prove {slack:.3g} a cycle too little",
    )
