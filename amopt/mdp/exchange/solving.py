"""A decision process from a file, solved."""

from __future__ import annotations

from pathlib import Path

from amopt.mdp.exchange import read
from amopt.mdp.exchange.answer import MarkovAnswer, answer
from amopt.program.solver.options import Options

__all__ = ["solve"]


def solve(
    path: str | Path,
    *,
    method: str = "lp",
    discount: float | None = None,
    average: bool = False,
    reward: str | None = None,
    maximise: bool = False,
    form: str = "dual",
    start: str = "policy_iteration",
    time_limit: float | None = None,
) -> MarkovAnswer:
    """Read a decision process and solve it.

    Parameters
    ----------
    path, discount, average, reward, maximise
        As of :func:`amopt.mdp.exchange.read`.
    method, form, start
        As of :meth:`amopt.mdp.MarkovDecisionProcess.solve`.
    time_limit
        Seconds of time; left out, no limit.

    Raises
    ------
    UsageError, InvalidInstanceError
        When the file cannot be read, or an option does not exist.
    NoAnswerError
        When the time ended before there was a policy.
    """
    found = read(path, discount=discount, average=average, reward=reward, maximise=maximise)
    options = None
    if time_limit is not None:
        options = Options(time_limit=time_limit, presolve=start == "cold")
    solution = found.process.solve(
        method,
        initial=found.initial,
        form=form,
        start=start,  # type: ignore[arg-type]
        options=options,
    )
    return answer(Path(path).stem, found, solution, maximise=maximise)
