"""The least that an instance costs, as far as it is proven, and the relaxation's prices."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amopt.errors import InfeasibleError, NoAnswerError
from amopt.outcome import Status

if TYPE_CHECKING:
    from amopt.program.solver.options import Options
    from amopt.sourcing.answer.solution import SourcingSolution
    from amopt.sourcing.instance.fields import Instance

__all__ = ["NEAR", "Value", "least", "relaxed", "shadow_prices", "value_of"]

NEAR = 2e-6
"""Relative difference of two optima that the gap of a solve explains."""


@dataclass(frozen=True)
class Value:
    """The least that an instance costs: between a proven bound and the plan that was found.

    Attributes
    ----------
    low, high
        The bound and the plan's objective; both infinite where no plan exists.
    solution
        The plan; None where there is none.
    """

    low: float
    high: float
    solution: SourcingSolution | None = None

    @property
    def is_exact(self) -> bool:
        """Whether it is proven to the tolerance of a solve, or proven that there is no plan."""
        if self.solution is None:
            return self.low == math.inf
        return self.solution.outcome.status is Status.OPTIMAL

    @property
    def exists(self) -> bool:
        """Whether there is a plan."""
        return self.solution is not None

    @property
    def possible(self) -> bool | None:
        """Whether there is a plan; None where none was found, and no proof that there is none."""
        return True if self.exists else None if self.low < math.inf else False

    def below(self, other: Value) -> bool:
        """Return whether it is less than another by more than the gap of a solve."""
        if not other.exists:
            return self.exists
        return self.exists and self.high < other.high - NEAR * max(1e-9, abs(other.high))

    def gain(self, other: Value) -> tuple[float, float]:
        """Return between what its excess over another lies: one number where both are exact."""
        if self.is_exact and other.is_exact and self.exists and other.exists:
            gain = self.high - other.high
            same = abs(gain) <= NEAR * max(abs(self.high), abs(other.high))
            return (0.0, 0.0) if same else (gain, gain)
        return max(0.0, self.low - other.high), self.high - other.low


def least(instance: Instance, options: Options) -> Value:
    """Solve an instance; that no plan exists is an answer too.

    Raises
    ------
    KeyboardInterrupt
        At Ctrl-C, which a solve otherwise answers with the best that it has.
    """
    from amopt.sourcing.decision import solve

    try:
        solution = solve(instance, options=options, explain=False)
    except InfeasibleError:
        return Value(math.inf, math.inf)
    except NoAnswerError as error:
        if error.outcome is not None:
            error.outcome.require_ended()
        bound = None if error.outcome is None else error.outcome.bound
        return Value(-math.inf if bound is None else bound, math.inf)
    return value_of(solution)


def value_of(solution: SourcingSolution) -> Value:
    """Return what an answer says of the least that its instance costs.

    Raises
    ------
    KeyboardInterrupt
        When Ctrl-C ended the solve.
    """
    outcome = solution.outcome
    outcome.require_ended()
    assert outcome.objective is not None
    bound = -math.inf if outcome.bound is None else outcome.bound
    return Value(min(bound, outcome.objective), outcome.objective, solution)


def shadow_prices(instance: Instance, options: Options) -> dict[tuple[str, Any], float]:
    """Return the relaxation's price of a unit of each limit, by family and key.

    A limit that several rows say has the key None as well, with the sum of their prices.
    """
    from amopt.program.pyomo.compiled import compile_model
    from amopt.program.solver import highs
    from amopt.sourcing.formulation import formulate

    program = compile_model(formulate(instance)).program.relaxed()
    answer = highs.solve(program, options)
    found: dict[tuple[str, Any], float] = defaultdict(float)
    if answer.duals is None:
        return found
    for row, dual in enumerate(answer.duals.tolist()):
        if dual:
            family, key = program.rows.family_and_key(row)
            found[family, key] -= dual
            if key is not None:
                found[family, None] -= dual
    return found


def relaxed(instance: Instance, options: Options) -> float | None:
    """Return the value of an instance's relaxation; None where it was not solved to the end."""
    from amopt.program.pyomo.compiled import compile_model
    from amopt.program.solver import highs
    from amopt.sourcing.formulation import formulate

    answer = highs.solve(compile_model(formulate(instance)).program.relaxed(), options)
    return answer.outcome.objective if answer.outcome.status is Status.OPTIMAL else None
