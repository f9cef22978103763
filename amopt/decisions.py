"""Solve, formulate and read back an instance of any decision."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from amopt.errors import UsageError
from amopt.kinds import (
    KINDS,
    check,
    convert,
    decision,
    instance_type,
    load,
    load_of,
    locate,
    questions,
    require,
    schema,
    shipped,
    solution_type,
    template,
    write_template,
)

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.instance.common import Instance
    from amopt.program.linear import LinearProgram
    from amopt.program.solver.highs import Answer, Progress
    from amopt.program.solver.options import Options
    from amopt.solution import Solution

__all__ = [
    "KINDS",
    "check",
    "convert",
    "decision",
    "formulate",
    "graph_of",
    "instance_type",
    "load",
    "load_of",
    "load_solution",
    "locate",
    "plan_alone",
    "questions",
    "read_back",
    "schema",
    "shipped",
    "solve",
    "template",
    "write_program",
    "write_template",
]


@overload
def solve(
    instance: Instance,
    *,
    method: str = ...,
    time_limit: float | None = ...,
    gap: float | None = ...,
    threads: int = ...,
    seed: int = ...,
    progress: Callable[[Progress], None] | None = ...,
    **of_the_decision: Any,
) -> Solution: ...


@overload
def solve(
    instance: LinearProgram | ConcreteModel,
    *,
    method: str = ...,
    time_limit: float | None = ...,
    gap: float | None = ...,
    threads: int = ...,
    seed: int = ...,
    progress: Callable[[Progress], None] | None = ...,
) -> Answer: ...


def solve(
    instance: Instance | LinearProgram | ConcreteModel,
    *,
    method: str = "auto",
    time_limit: float | None = None,
    gap: float | None = None,
    threads: int = 1,
    seed: int = 0,
    progress: Callable[[Progress], None] | None = None,
    **of_the_decision: Any,
) -> Solution | Answer:
    """Solve an instance, or a program that a pipeline has extended.

    Parameters
    ----------
    instance
        An instance as :func:`load` returns it, or a Pyomo model or
        :class:`~amopt.program.linear.LinearProgram` as :func:`formulate` returns it.
    method
        A method of the decision, or for a program one of
        :data:`amopt.program.solver.options.METHODS`; ``"auto"`` takes the fastest that is
        exact.
    time_limit
        Seconds of wall clock for the solver; None for no limit.
    gap
        Relative gap at which the solver may stop; None for the default of 1e-6.
    threads
        Threads for the solver.
    seed
        Random seed for the solver.
    progress
        Called now and then with seconds, incumbent, bound and gap.
    **of_the_decision
        Options of the decision's own ``solve``. For a program ``start``: True to start a
        mixed-integer solve from the values that a Pyomo model's variables have now, or the values
        of the columns for a :class:`~amopt.program.linear.LinearProgram`.

    Returns
    -------
    Solution or Answer
        A :class:`~amopt.solution.Solution`, checked by the referee, for an instance; an
        :class:`~amopt.program.solver.highs.Answer` for a program.

    Raises
    ------
    InfeasibleError
        When no plan meets every requirement, or nothing satisfies the program, with the limits that
        clash and what would mend it.
    NoAnswerError
        When the limits were reached before any plan was found.
    RefusedError
        When the referee does not accept the answer.
    UsageError
        When the decision has no such method, or an option is out of range.
    """
    from amopt.instance.common import Instance
    from amopt.program.solver.options import Options

    options = Options(time_limit=time_limit, threads=threads, seed=seed)
    if gap is not None:
        options = replace(options, gap=gap)
    if isinstance(instance, Instance):
        return _solve_instance(instance, method, options, progress, of_the_decision)
    if method != "auto":
        options = replace(options, method=method)
    from amopt.program.solving import solve_program

    unknown = [option for option in of_the_decision if option != "start"]
    require(not unknown, f"a program has no option {', '.join(unknown)}, only start")
    return solve_program(instance, options, progress=progress, **of_the_decision)


def _solve_instance(
    instance: Instance,
    method: str,
    options: Options,
    progress: Callable[[Progress], None] | None,
    of_the_decision: Mapping[str, Any],
) -> Solution:
    """Solve an instance by its decision; what was found in the file travels with the answer."""
    solve_it = decision(instance.kind).solve
    require(isinstance(method, str), f"a method is asked for by its name, not {method!r:.60}")
    require(
        "options" not in of_the_decision,
        "time_limit, gap, threads and seed are given one by one, not as options",
    )
    _require_options(solve_it, instance.kind, of_the_decision)
    extend = of_the_decision.get("extend")
    require(
        extend is None or callable(extend),
        f"extend is a function that takes the Pyomo model and adds to it, not {extend!r:.60}",
    )
    started = time.perf_counter()
    answer: Solution = solve_it(
        instance, method=method, options=options, progress=progress, **of_the_decision
    )
    elapsed = time.perf_counter() - started
    seconds = dict(answer.outcome.seconds)
    seconds["other"] = max(0.0, elapsed - sum(seconds.values()))
    return replace(
        answer,
        outcome=replace(answer.outcome, seconds=seconds),
        fingerprint=instance.fingerprint(),
        currency=instance.currency,
        notes=(*answer.notes, *(str(finding) for finding in instance.warnings)),
    )


def graph_of(instance: Instance, solution: Solution) -> Any:
    """Return an answer as a graph of networkx, whether it was solved here or read from a file.

    Raises
    ------
    UsageError
        When answers of this sort are no graph.
    """
    graph = getattr(solution, "graph", None)
    if graph is None:
        raise UsageError(f"an answer of this sort ({solution.objective_meaning}) is no graph")
    return graph(instance) if inspect.signature(graph).parameters else graph()


def _require_options(
    function: Callable[..., Any], kind: str, of_the_decision: Mapping[str, Any]
) -> None:
    """Refuse options that a decision's function does not have."""
    known = inspect.signature(function).parameters
    for option in of_the_decision:
        require(option in known, f"{kind} has no option {option!r}")


def plan_alone(instance: Instance) -> Mapping[str, Any]:
    """Return the options that spare a solve what its decision works out beside the plan."""
    found: Mapping[str, Any] = getattr(decision(instance.kind), "PLAN_ALONE", {})
    return found


def beside_the_plan(instance: Instance) -> tuple[str, ...]:
    """Return the keys at the top that a decision works out after its plan, outside its cost."""
    room = decision(instance.kind)
    keys: tuple[str, ...] = ()
    if hasattr(room, "beside_the_plan"):
        keys = room.beside_the_plan(instance)
    return tuple(key for key in keys if getattr(instance, key))


def formulate(instance: Instance, **of_the_decision: Any) -> ConcreteModel | LinearProgram:
    """Return the mathematical program of an instance, for a pipeline to extend.

    Raises
    ------
    UsageError
        When it is no instance, or the decision has no such option.
    """
    from amopt.instance.common import Instance

    require(
        isinstance(instance, Instance),
        f"amopt.formulate takes an instance, not {type(instance).__name__}; amopt.load reads a "
        "file or a shipped name",
    )
    own = decision(instance.kind).formulate
    _require_options(own, instance.kind, of_the_decision)
    return own(instance, **of_the_decision)


def write_program(instance: Instance, path: str | Path, *, method: str = "auto") -> None:
    """Write the program of an instance as an LP or MPS file, by the ending of its name.

    Parameters
    ----------
    instance
        The instance.
    path
        The file to write.
    method
        The method for which it is written: one that solves a program of its own writes that.

    Raises
    ------
    UsageError
        For another ending, a method that there is not, or a folder that cannot be written to.
    """
    from amopt.decision import require_known
    from amopt.program import export

    own = decision(instance.kind)
    require_known(method, own.METHODS, instance.kind)
    options_of = getattr(own, "program_options", None)
    program = formulate(instance, **({} if options_of is None else options_of(method)))
    export.write_program(program, path)


def read_back(model: ConcreteModel, *, bound: float | None = None) -> Solution:
    """Return the solution that a solved model of any decision holds, judged by the referee.

    Parameters
    ----------
    model
        A model of :func:`formulate`, extended or not, with values, by whatever solver.
    bound
        The bound that the solver proved, in the model's objective.

    Raises
    ------
    NoAnswerError
        When the model has no values.
    RefusedError
        When the referee does not accept what the values say.
    UsageError
        When the model is of no decision.
    """
    instance = getattr(model, "instance", None)
    kind = getattr(instance, "kind", None)
    require(
        kind in KINDS, "read_back takes a model that amopt.formulate returned, with its instance"
    )
    answer: Solution = decision(str(kind)).read_back(model, bound=bound)
    return replace(
        answer, fingerprint=model.instance.fingerprint(), currency=model.instance.currency
    )


def load_solution(path: str | Path) -> Solution:
    """Read an answer that :meth:`Solution.save` wrote: its folder, or the json file itself.

    Raises
    ------
    UsageError
        When there is no such answer.
    """
    import json

    from amopt.files import MARK

    file = Path(path)
    try:
        if file.is_dir():
            file = file / MARK
        data = json.loads(file.read_text(encoding="utf-8"))
        return solution_type(data["kind"], data["tables"]).from_dict(data)
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{file} is not an answer that amopt wrote: {error}") from error
