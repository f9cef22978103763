"""The answer to a decision process from a file: what to do in each state, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from amopt.mdp.exchange.arrays import Exchanged
from amopt.mdp.solution import MarkovSolution
from amopt.phrases import counted
from amopt.solution import Column, Solution
from amopt.verdict import Verdict

__all__ = ["MarkovAnswer", "answer"]

MEANING = {
    "discounted": "expected discounted cost",
    "average": "average cost a period",
    "total": "expected total cost",
}

TOLERANCE = 1e-6
"""Largest violation of the optimality equation, relative to the largest value, of an answer."""


@dataclass(frozen=True)
class MarkovAnswer(Solution):
    """The answer to a decision process: the table ``states``, one row a state."""

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {
        "states": (
            Column("state", "", "The state."),
            Column("action", "", "The pair to take in it: its name, or its number in the file."),
            Column(
                "value", "", "Expected cost from it; on average cost the relative value (bias)."
            ),
            Column("gain", "", "Average cost a period from it; empty on other criteria."),
            Column("visits", "", "Expected (discounted) visits; on average cost, visits a period."),
        )
    }

    def headline(self) -> tuple[str, ...]:
        """Return the answer in a plain sentence."""
        objective = self.outcome.objective
        least = "" if objective is None else f": {objective:.10g}"
        return (f"{counted(len(self.rows['states']), 'state')}; {self.objective_meaning}{least}.",)


def answer(
    name: str, exchanged: Exchanged, found: MarkovSolution, *, maximise: bool = False
) -> MarkovAnswer:
    """Return what a solution says, its values held against the optimality equation once more.

    Parameters
    ----------
    name
        What the process is called.
    exchanged
        The process that was read.
    found
        Its solution.
    maximise
        Whether its costs are the negative of a reward.
    """
    process = exchanged.process
    notes: tuple[str, ...] = ()
    if exchanged.initial is None:
        notes = ("The file tells no first state: all are taken to be alike.",)
    if maximise and found.outcome.objective is not None:
        reward = f"{-found.outcome.objective:.10g}"
        notes += (f"The reward is maximised: it is {reward}; costs here are its negative.",)
    return MarkovAnswer(
        kind="mdp",
        name=name,
        outcome=found.outcome,
        verdict=_verdict(found),
        rows={"states": _states(found)},
        notes=notes,
        objective_meaning=MEANING[process.criterion] + (", the negative of the reward" * maximise),
    )


def _states(found: MarkovSolution) -> list[dict[str, Any]]:
    process = found.process
    visits = process.by_state(found.occupation)
    gains = [None] * process.states if found.gains is None else found.gains.tolist()
    states = range(process.states) if process.state_names is None else process.state_names
    return [
        {
            "state": _plain(states[s]),
            "action": pair if process.pair_names is None else _plain(process.pair_names[pair]),
            "value": value,
            "gain": gain,
            "visits": visit,
        }
        for s, (pair, value, gain, visit) in enumerate(
            zip(found.policy.tolist(), found.value.tolist(), gains, visits.tolist(), strict=True)
        )
    ]


def _plain(name: Any) -> Any:
    """Return a name as a number or a text: ``(6, -1, 0)`` for a tuple."""
    plain = name.tolist() if isinstance(name, (np.ndarray, np.generic)) else name
    if isinstance(plain, (list, tuple)):
        return f"({', '.join(map(str, plain))})"
    return plain


def _verdict(found: MarkovSolution) -> Verdict:
    r"""Recompute :math:`\max_s |V(s) - \min_k q_k|`, with the gain of each state subtracted."""
    process = found.process
    quality = process.transition @ found.value
    quality *= process.factor
    quality += process.cost
    if found.gains is not None:
        quality -= process.duration * found.gains[process.state_of_pair]
    taken = float(np.abs(quality[found.policy] - found.value).max())
    scale = max(float(np.abs(found.value).max()), float(np.abs(process.cost).max()), 1e-300)
    wrong = taken > TOLERANCE * scale and found.outcome.status == "optimal"
    return Verdict(
        findings=(f"values miss those of the policy by {taken:.3g}",) if wrong else (),
        checks=process.states,
        measures={"residual": found.residual, "error_bound": found.error_bound},
    )
