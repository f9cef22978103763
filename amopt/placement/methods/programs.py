"""The whole program handed to the solver: as compiled arrays, or as the Pyomo formulation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import InfeasibleError, NoAnswerError
from amopt.outcome import Outcome, Status, Stopped, versions
from amopt.placement import formulation
from amopt.placement.forms import Form
from amopt.placement.methods.arrays.families import assemble
from amopt.placement.methods.arrays.model import ArrayModel
from amopt.placement.methods.arrays.values import plan_from_values
from amopt.placement.methods.bounded_plan import BoundedPlan, bounded
from amopt.placement.plan import Plan
from amopt.program.pyomo.extending import extended
from amopt.program.solver import highs

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.placement.instance.fields import Instance
    from amopt.placement.supply.supply import Supply
    from amopt.program.family import Extend
    from amopt.program.linear import LinearProgram
    from amopt.program.time import Budget

__all__ = ["ProgramSearch", "array_programs", "plan_in", "pyomo_programs"]

Floats = NDArray[np.float64]
Progress = Callable[[highs.Progress], None]

WHOLE = 1e-7
"""How far from a whole number a value of the relaxation may be to count as one."""


@dataclass(frozen=True)
class _Program:
    """A program, and the plan that its values stand for."""

    program: LinearProgram
    plan: Callable[[highs.Answer], Plan]


Programs = Callable[[Form], _Program]
"""Returns the program of a form; raises ``InfeasibleError`` where a row without variables already
cannot hold."""


def array_programs(supply: Supply) -> Programs:
    """Return the programs as arrays."""

    def program(form: Form) -> _Program:
        model = assemble(supply, form=form)

        def plan(answer: highs.Answer) -> Plan:
            assert answer.values is not None
            return plan_from_values(model, answer.values)

        return _Program(model.program, plan)

    return program


def pyomo_programs(instance: Instance, budget: Budget, extend: Extend | None = None) -> Programs:
    """Return the programs as Pyomo formulations, with a caller's constraints."""
    from amopt.program.pyomo import compile_model, load

    def program(form: Form) -> _Program:
        model = formulation.formulate(instance, form=form, budget=budget)
        extended(model, extend)
        compiled = compile_model(model)

        def plan(answer: highs.Answer) -> Plan:
            load(compiled, answer, duals=False)
            return plan_in(model)

        return _Program(compiled.program, plan)

    return program


def plan_in(model: ConcreteModel) -> Plan:
    """Return the plan that the values of a solved formulation stand for."""
    sets = model.sets
    arrays = ArrayModel(sets.supply, sets.columns, sets.fleet, sets.form)
    values = [
        _value(variable)
        for variables in arrays.variables
        for variable in model.component(variables.name).values()
    ]
    return plan_from_values(arrays, np.array(values, dtype=np.float64))


def _value(variable: Any) -> float:
    """Return a variable's value; one that stands in no constraint may have none."""
    return float(variable.lb or 0.0 if variable.value is None else variable.value)


class ProgramSearch:
    """Solves the program of the optimum and of each form.

    Parameters
    ----------
    programs
        Returns the program of a form.
    options, budget
        Limits of the solver, and the time for everything.

    Attributes
    ----------
    program
        The program of the optimum, once it is begun.
    relaxation
        The bound of its linear relaxation; None where it is not known.
    """

    def __init__(self, programs: Programs, options: highs.Options, budget: Budget) -> None:
        self._programs, self._options, self._budget = programs, options, budget
        self.program: LinearProgram | None = None
        self.relaxation: float | None = None
        self._start: Floats | None = None
        self._least = np.inf

    def begin(self) -> BoundedPlan | None:
        """Solve the relaxation, which often is the answer; return the answer where it is."""
        with self._budget.phase("build"):
            self._built = self._programs("optimum")
        self.program = self._built.program
        with self._budget.phase("solve"):
            relaxed = _relaxed(self._built.program, self._for_relaxation())
        self.relaxation = relaxed.outcome.bound
        if _is_interrupted(relaxed):
            return _no_plan_yet(relaxed, self.relaxation)
        if relaxed.values is None:
            over = relaxed.outcome.status is Status.INFEASIBLE
            return BoundedPlan(None, relaxed.outcome) if over else None
        if not _is_whole(self._built.program, relaxed.values):
            return None
        proven = relaxed.outcome.status is Status.OPTIMAL or self._budget.is_over
        if not proven and self._built.program.is_mixed_integer:
            self._start = relaxed.values  # a plan, though the time of the relaxation was over
            return None
        return self._bounded(self._built, relaxed, self.relaxation)

    def _for_relaxation(self) -> highs.Options:
        return self._budget.options(self._options)

    def form(self, form: Form, options: highs.Options) -> BoundedPlan:
        """Solve the program of a form."""
        began = self._budget.spent
        try:
            built = self._programs(form)
        except InfeasibleError:
            return BoundedPlan(None, _no_plan())
        except NoAnswerError:
            stopped = replace(_no_plan(), stopped=Stopped.TIME_LIMIT, status=Status.UNKNOWN)
            return BoundedPlan(None, replace(stopped, method="not written in time"))
        answer = _relaxed(built.program, options)
        known = answer.outcome.bound
        if _is_interrupted(answer):
            return _no_plan_yet(answer, self.relaxation)
        if answer.values is not None and not _is_whole(built.program, answer.values):
            left = options.time_limit
            if left is not None:
                left = max(left - (self._budget.spent - began), 0.01)
            answer = highs.solve(built.program, replace(options, time_limit=left))
        found = self._bounded(built, answer, known)
        if found.plan is not None and found.plan.objective < self._least:
            same = self.program is not None and built.program.shape[1] == self.program.shape[1]
            self._least = found.plan.objective
            self._start = answer.values if same else None
        return found

    def finish(self, progress: Progress | None) -> BoundedPlan:
        """Solve the program of the optimum, from the best form's plan where there is one."""
        with self._budget.phase("solve"):
            options = self._budget.options(self._options)
            answer = highs.solve(self._built.program, options, start=self._start, progress=progress)
        return self._bounded(self._built, answer, self.relaxation)

    def _bounded(self, built: _Program, answer: highs.Answer, known: float | None) -> BoundedPlan:
        if answer.values is None:
            outcome = answer.outcome
            if outcome.bound is None and outcome.status is Status.UNKNOWN:
                outcome = replace(outcome, bound=known)
            return BoundedPlan(None, outcome, self.relaxation)
        plan = built.plan(answer)
        outcome = bounded(answer.outcome, plan, known)
        return BoundedPlan(plan, outcome, self.relaxation)


def _relaxed(program: LinearProgram, options: highs.Options) -> highs.Answer:
    """Solve the relaxation, without its basis."""
    with highs.Solver(program.relaxed(), options) as solver:
        return solver.solve()


def _is_interrupted(answer: highs.Answer) -> bool:
    return answer.outcome.stopped is Stopped.INTERRUPTED


def _no_plan_yet(relaxed: highs.Answer, known: float | None) -> BoundedPlan:
    """Return no plan: what an interrupted relaxation has is none, and nothing is to follow."""
    outcome = replace(relaxed.outcome, status=Status.UNKNOWN, objective=None)
    return BoundedPlan(None, outcome, known)


def _no_plan() -> Outcome:
    return Outcome(
        stopped=Stopped.FINISHED,
        status=Status.INFEASIBLE,
        method="rows without variables",
        versions=versions("amopt", "pyomo"),
    )


def _is_whole(program: LinearProgram, values: Floats) -> bool:
    integer = values[program.integer]
    return bool((np.abs(integer - np.round(integer)) <= WHOLE).all())
