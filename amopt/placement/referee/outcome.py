"""Whether status, objective and bound of an outcome agree with each other and with the plan."""

from __future__ import annotations

from typing import Any

from amopt.referee import Amount, Notebook

__all__ = ["check_outcome"]

LOOSEST = 0.1
"""Relative gap above which nothing is called optimal, whatever gap was asked for."""


def check_outcome(notebook: Notebook, outcome: Any, objective: Amount) -> None:
    """Require that status, objective and bound agree with each other and with the plan.

    Parameters
    ----------
    notebook
        Where findings are noted.
    outcome
        The outcome of the answer.
    objective
        What the plan comes to.
    """
    status, bound = str(outcome.status), outcome.bound
    worth = status in ("optimal", "feasible")
    notebook.require(worth, f"outcome: an answer that is {status} holds no plan")
    notebook.same("outcome, objective", outcome.objective, objective)
    size = max(abs(objective.value), objective.scale)
    if bound is not None:
        notebook.within("outcome: bound above the objective", bound, objective.value, size)
    if status == "optimal":
        near = bound is not None and objective.value - bound <= LOOSEST * size
        notebook.require(near, f"outcome: optimal, and the bound is {bound!r}")
