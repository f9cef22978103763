"""The Markov decision process as callers have it: a process that can be solved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from numpy.typing import ArrayLike

from amopt.mdp import extension, methods
from amopt.mdp.process import Process

if TYPE_CHECKING:
    from amopt.mdp.linear_program import SideConstraint
    from amopt.mdp.solution import MarkovSolution
    from amopt.program.family import Extend
    from amopt.program.solver.highs import Options, Progress

__all__ = ["MarkovDecisionProcess"]


class MarkovDecisionProcess(Process):
    """A finite Markov decision process, with its ways of being solved.

    Parameters and attributes are those of :class:`amopt.mdp.process.Process`.
    """

    def solve(
        self,
        method: str = "lp",
        *,
        initial: ArrayLike | None = None,
        form: str = "dual",
        start: Literal["policy_iteration", "column_generation", "cold"] = "policy_iteration",
        side_constraints: Sequence[SideConstraint] = (),
        extend: Extend | None = None,
        tolerance: float = 1e-9,
        iteration_limit: int = 100_000,
        options: Options | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> MarkovSolution:
        """Find a policy of least cost, with a proven bound.

        Parameters
        ----------
        method
            ``"lp"`` (linear program), ``"policy_iteration"``, ``"modified_policy_iteration"`` or
            ``"value_iteration"``.
        initial
            Probability of starting in each state, shape (states,); left out, all are alike.
            It weighs the objective and the occupation measure of discounted processes.
        form
            Which linear program: ``"dual"`` (occupation measure) or ``"primal"`` (values).
        start
            Where the linear program starts: from the basis of ``"policy_iteration"``'s policy;
            there with its pairs alone, the others priced in: ``"column_generation"``; or
            ``"cold"``.
        side_constraints
            Limits linear in the occupation measure; they need the dual linear program.
        extend
            Adds constraints of your own to the dual as a Pyomo model
            (:func:`amopt.mdp.formulation.formulate`), which is then solved.
        tolerance
            Iterations stop when the proven error, relative to the largest value (or the gain),
            is below this.
        iteration_limit
            Most sweeps, or improvements of the policy.
        options
            Time limit for every method; the rest is for the linear program's solver. Left out, a
            cold program is presolved, one that starts from a policy is not.
        progress
            Called while a linear program is being solved.

        Returns
        -------
        MarkovSolution
            Policy, values, occupation measure, bounds and outcome.

        Raises
        ------
        UsageError
            When the method or form is unknown, the method cannot take side constraints, or has no
            bound on total cost.
        ValueError
            When ``initial`` or a side constraint does not fit the process.
        InfeasibleError
            When no policy meets the side constraints.
        NoAnswerError
            When limits ended the solve before there was a policy, the total cost is not finite, or
            side constraints meet an average cost that depends on the first state.
        """
        settings = methods.Settings(
            initial=self.initial_distribution(initial),
            method=method,
            form=form,
            start=start,
            side_constraints=side_constraints,
            extend=extend,
            tolerance=tolerance,
            iteration_limit=iteration_limit,
            options=options,
            progress=progress,
        )
        if extend is None:
            return methods.solve(self, settings)
        settings.check()
        return extension.solve(self, settings.initial, extend, options=options, progress=progress)
