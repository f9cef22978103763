"""What every decision does alike: choose a method, and have its answer judged.

A method is the formulation handed to the solver, or an accelerator: a faster way that names the
families of constraints that it honours. An accelerator answers an instance only when it honours
every family that the instance states, those that a caller added included; so no route can overlook
a constraint.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from amopt.errors import RefusedError, UsageError
from amopt.instance.collector_pause import collector_paused
from amopt.instance.suggest import closest, did_you_mean, shown
from amopt.outcome import Outcome, Status, Stopped, versions
from amopt.program.family import Family, not_honoured
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.program.time import Budget
    from amopt.solution import Solution, Table

__all__ = [
    "CLOSE",
    "Method",
    "answered",
    "choose",
    "ended",
    "judged",
    "method_names",
    "proven",
    "require_honoured",
    "unseen_limits",
    "varied",
]

CLOSE = 1e-6
"""Gap up to which an answer is optimal, relative to what its objective adds up."""

AnySolution = TypeVar("AnySolution", bound="Solution")


def _no_obstacle(_: Any) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Method:
    """A way of solving.

    Attributes
    ----------
    name
        What a caller asks for.
    meaning
        What it is, in one phrase.
    honours
        The names of the families of constraints that it honours; None for the formulation itself,
        which is every family.
    obstacle
        Returns in words why the method cannot answer an instance; empty where it can.
    automatic
        Whether ``"auto"`` may take it.
    """

    name: str
    meaning: str
    honours: frozenset[str] | None = None
    obstacle: Callable[[Any], str] = _no_obstacle
    automatic: bool = True

    def against(self, families: Sequence[Family], instance: Any, extended: bool) -> str:
        """Return why the method cannot answer, in words; empty where it can."""
        if self.honours is None:
            return self.obstacle(instance)
        if extended:
            return "it does not see constraints that are added to the Pyomo model"
        left = not_honoured(self.honours, families, instance)
        if left:
            return f"it does not honour {', '.join(family.name for family in left)}"
        return self.obstacle(instance)


def method_names(methods: Sequence[Method]) -> tuple[str, ...]:
    """Return what ``solve`` takes as its method."""
    return ("auto", *(method.name for method in methods))


def choose(
    kind: str,
    asked: str,
    methods: Sequence[Method],
    families: Sequence[Family],
    instance: Any,
    *,
    extended: bool = False,
) -> Method:
    """Return the method that was asked for, or the first one that can answer.

    Parameters
    ----------
    kind
        The decision, for the message.
    asked
        The name of a method, or ``"auto"``.
    methods
        The methods of the decision, fastest first; the formulation is one of them.
    families
        The families of the formulation.
    instance
        The instance.
    extended
        Whether a caller adds constraints of its own.

    Raises
    ------
    UsageError
        When there is no such method, or it cannot answer this instance.
    """
    if asked == "auto":
        why = []
        for own in methods:
            if own.automatic:
                against = own.against(families, instance, extended)
                if not against:
                    return own
                why.append(f"{own.name}: {against}")
        raise UsageError(f"no method of {kind} can answer this instance ({'; '.join(why)})")
    require_known(asked, method_names(methods), kind)
    method = next(method for method in methods if method.name == asked)
    against = method.against(families, instance, extended)
    if against:
        raise UsageError(f"method {method.name!r} cannot answer this instance: {against}")
    return method


def require_known(asked: str, known: Sequence[str], kind: str) -> None:
    """Refuse a method that a decision does not have.

    Raises
    ------
    UsageError
        With the methods that it has.
    """
    if asked not in known:
        match = closest(asked, known)
        hint = f" {did_you_mean(match)}" if match else ""
        raise UsageError(f"{kind} has no method {shown(asked)}, only {', '.join(known)}.{hint}")


def require_honoured(
    what: str, honours: frozenset[str], families: Sequence[Family], instance: Any
) -> None:
    """Refuse an instance whose constraints a study of it does not look at.

    Parameters
    ----------
    what
        The study, for the message.
    honours
        The names of the families of constraints that it honours.
    families
        The families of the formulation.
    instance
        The instance.

    Raises
    ------
    UsageError
        When the instance states others.
    """
    left = not_honoured(honours, families, instance)
    if left:
        names = ", ".join(family.name for family in left)
        raise UsageError(f"{what} does not honour {names}: leave out what the file states of it")


def varied(text: str, above: Mapping[str, float], most: float) -> tuple[str, tuple[float, ...]]:
    """Read a parameter of a study and its values from a text such as ``part_cost=250,1000``.

    Parameters
    ----------
    text
        The text.
    above
        The parameters that there are, each with what its values must exceed.
    most
        What all values must be below.

    Raises
    ------
    UsageError
        When there is no such parameter, or a value is not such a number.
    """
    name, _, values = text.partition("=")
    if name not in above:
        match = closest(name, above)
        hint = f" {did_you_mean(match)}" if match else ""
        raise UsageError(f"there is no parameter {shown(name)}, only {', '.join(above)}.{hint}")
    try:
        numbers = tuple(float(value) for value in values.split(","))
    except ValueError:
        numbers = ()
    if not numbers or not all(above[name] < x < most for x in numbers):
        raise UsageError(f"{shown(text)} gives no values: write {name}=1,2,4")
    return name, numbers


def proven(objective: float, bound: float | None, scale: float | None = None) -> Status:
    """Return whether a bound proves the optimum, relative to what the objective is the sum of."""
    room = CLOSE * abs(objective if scale is None else scale)
    near = bound is not None and abs(objective - bound) <= room
    return Status.OPTIMAL if near else Status.FEASIBLE


def ended(
    found: Outcome | None,
    way: tuple[Budget, str],
    packages: Sequence[str],
    *,
    objective: float,
    bound: float | None,
    scale: float | None = None,
) -> Outcome:
    """Return the outcome of an answer whose objective was worked out again.

    Parameters
    ----------
    found
        What a solver or a search said; None where a closed form gave the answer.
    way
        The time that was taken, and the method in one phrase.
    packages
        Whose versions are told, beside the solver's.
    objective, bound
        Of the answer.
    scale
        What the objective is the sum of; left out, the objective itself.
    """
    budget, meaning = way
    solver = ("highspy",) if found is not None and found.method else ()
    return Outcome(
        stopped=Stopped.FINISHED if found is None else found.stopped,
        status=proven(objective, bound, scale),
        objective=objective,
        bound=bound,
        method=meaning if found is None or not found.method else f"{meaning} ({found.method})",
        versions=versions(*packages, *solver),
        residuals={} if found is None else found.residuals,
        iterations=None if found is None else found.iterations,
        seconds=dict(budget.seconds),
    )


def unseen_limits(answer: str) -> str:
    """Return the note on limits of a program that the instance does not state."""
    return (
        "The program had limits that the instance does not state (table limits). The referee "
        f"has not seen them: it checked what the {answer} comes to."
    )


def answered(
    solution: type[AnySolution],
    instance: Any,
    outcome: Outcome,
    rows: Mapping[str, Table],
    /,
    *,
    notes: Sequence[str],
    meaning: str,
    **own: Any,
) -> AnySolution:
    """Return an answer of one decision, not yet seen by the referee."""
    return solution(
        kind=instance.kind,
        name=instance.name,
        outcome=outcome,
        verdict=Verdict(),
        rows=rows,
        notes=tuple(notes),
        currency=instance.currency,
        objective_meaning=meaning,
        **own,
    )


def judged(
    instance: Any, answer: AnySolution, check: Callable[[Any, AnySolution], Verdict]
) -> AnySolution:
    """Return an answer with the referee's verdict on it.

    One Ctrl-C lets the referee finish, so that the answer is not lost.

    Raises
    ------
    KeyboardInterrupt
        At a second Ctrl-C, and at the first where one had ended the solve.
    RefusedError
        When the referee does not accept the answer.
    """
    from amopt.program.ctrl_c import completing

    began = time.perf_counter()
    with completing(answer.outcome.stopped), collector_paused():
        verdict = check(instance, answer)
    seconds = {**answer.outcome.seconds, "check": time.perf_counter() - began}
    outcome = replace(answer.outcome, seconds=seconds)
    if not verdict.accepted:
        raise RefusedError(verdict, outcome=outcome)
    return replace(answer, outcome=outcome, verdict=verdict)
