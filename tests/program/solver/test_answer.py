"""What the solver answered, as it is shown."""

from __future__ import annotations

import numpy as np

from amopt.outcome import Outcome, Status, Stopped
from amopt.program.linear import LinearProgram
from amopt.program.solver.answer import Answer
from amopt.program.solver.highs import solve


def test_an_answer_is_shown_on_one_line() -> None:
    n = 5000
    program = LinearProgram.from_arrays(np.ones(n), np.ones((1, n)), 3, np.inf)
    shown = repr(solve(program))
    assert shown == "Answer(optimal, objective=3, gap=0, columns=5000, rows=1, with basis)"


def test_an_answer_without_values_or_bound_is_shown_too() -> None:
    none = Answer(Outcome(stopped=Stopped.FINISHED, status=Status.INFEASIBLE))
    assert repr(none) == "Answer(infeasible)"
    some = Outcome(stopped=Stopped.TIME_LIMIT, status=Status.FEASIBLE, objective=2.5)
    assert repr(Answer(some, np.zeros(3))) == "Answer(feasible, objective=2.5, columns=3)"
