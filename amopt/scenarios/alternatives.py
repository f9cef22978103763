"""Plans that cost little more than the best one, or earn little less, and what they would mean.

The best plan that differs from all known ones in at least so many choices is found by the
decision's own program with a constraint for each of those, or by a search of its own, one plan
after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from amopt import decisions
from amopt.errors import InfeasibleError, NoAnswerError, UsageError
from amopt.outcome import Stopped
from amopt.phrases import counted
from amopt.program.ctrl_c import hearing
from amopt.program.pyomo.differing import require_difference
from amopt.program.solver.run import TwiceInterruptedError
from amopt.program.time import Budget
from amopt.scenarios.comparison import COLUMNS as CHANGES
from amopt.scenarios.comparison import compare_answers
from amopt.solution import Column, Solution, Table

if TYPE_CHECKING:
    from amopt.instance.common import Instance

__all__ = ["CHANGED", "COLUMNS", "Alternatives", "alternatives"]

COLUMNS = (
    Column("plan", "", "number of the plan; 1 is the best"),
    Column("objective", "money", "what it comes to"),
    Column("more", "money", "what it costs beyond the best plan, or earns less"),
    Column("more_share", "%", "that in hundredths of the best plan"),
    Column("at_most", "%", "proven: no farther from the optimum than this, in hundredths"),
    Column("choices", "", "how many choices differ from the best plan"),
    Column("what", "", "the largest differences in what is decided"),
    Column("status", "", "optimal: no plan is better that differs so from those before it"),
    Column("bound", "money", "what no such plan is better than: proven"),
    Column("gap", "", "between its cost and that, relative"),
)
"""The columns of the table of plans."""

CHANGED = (Column("plan", "", "number of the plan"), *CHANGES)
"""The columns of the table of what differs from the best plan."""

_ROUNDING = 1e-9
"""Share of the optimum by which a plan that costs as much as is allowed may miss it."""

_LISTED = 3
"""Choices of a plan that its row names."""

_ECHOES = ("answer", "forms", "switchover")
"""Tables of an answer that do not say what a plan decides or costs."""


@dataclass(frozen=True, slots=True)
class Alternatives:
    """The plans within a share of the optimum.

    Attributes
    ----------
    name, currency, objective_meaning
        Of the instance and its answer.
    within, apart
        The share, and in how many choices plans differ at least.
    rows
        A row a plan, the best first, with the columns of :data:`COLUMNS`.
    changes
        What differs from the best plan, the largest change first, with the columns of
        :data:`CHANGED`.
    others_cost
        What every plan costs at least, or earns at most, that differs so much from all listed and
        leaves nothing idle; None where there is none.
    complete
        Whether every plan within the share is listed.
    answers
        The answers, each judged by the referee.
    sense
        1 for a cost, -1 for a profit.
    interrupted
        Whether Ctrl-C ended the search.
    """

    name: str
    currency: str
    objective_meaning: str
    within: float
    apart: int
    rows: Table
    changes: Table
    others_cost: float | None
    complete: bool
    answers: tuple[Solution, ...]
    sense: int = 1
    interrupted: bool = False

    def headline(self) -> str:
        """Return how many other plans there are, in a sentence, and whether Ctrl-C ended it."""
        ended = "Ctrl-C ended the search. " if self.interrupted else ""
        return ended + self._others()

    def _others(self) -> str:
        others = len(self.rows) - 1
        apart = f" that differs in {self.apart} choices or more" if self.apart > 1 else ""
        within = f"within {100 * self.within:g} % of the optimum"
        if not others and not self.complete:
            return f"No other plan{apart} was found {within}, and there may be some."
        if not others:
            return f"No other plan{apart} is {within}."
        if others > 1:
            apart = apart.replace("differs", "differ")
        rest = "" if self.complete else ", and there may be more"
        return (
            f"{counted(others, 'other plan')}{apart} {'is' if others == 1 else 'are'} {within}"
            f"{rest}; the last {'costs' if self.sense > 0 else 'earns'} "
            f"{self.rows[-1]['more_share']:.3g} % {'more' if self.sense > 0 else 'less'}."
        )


def alternatives(
    instance: Instance,
    *,
    within: float = 0.01,
    most: int = 5,
    apart: int = 1,
    time_limit: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Alternatives:
    """Find the plans within a share of the optimum, the best first.

    The same plan with a machine or an open site more that nothing uses is no other plan.

    Ctrl-C ends the search with the plans found so far.

    Parameters
    ----------
    instance
        An instance of screening (plans differ by the parts that are examined), placement (by open
        sites and machines), sourcing (by the suppliers of lines), printing (by the base-stock
        levels of parts), design (by the versions of components), licensing (by who takes a
        licence) or maintenance (by the days on which a part is ordered and replaced, and from
        which a print bridges the time).
    within
        The share of the optimum that a plan may cost more, or earn less, from 0 to 1.
    most
        How many other plans to look for.
    apart
        In how many choices plans differ at least from each other.
    time_limit
        Seconds for everything together.
    progress
        Told how many plans have been found, and how many are looked for.

    Returns
    -------
    Alternatives
        Each plan judged by the referee.

    Raises
    ------
    InfeasibleError
        When the instance has no plan.
    NoAnswerError
        When the limit was reached before the optimum was found.
    UsageError
        For an instance whose plans are not told apart, or an option out of range.
    """
    _require(instance, within, most, apart)
    rules = import_module(f"amopt.{instance.kind}.choices")
    budget = Budget(time_limit)
    options = decisions.plan_alone(instance)
    sense = getattr(rules, "SENSE", 1)
    mixes = hasattr(rules, "may_mix") and rules.may_mix(instance)
    alone = {**options, "extend": rules.narrow} if mixes else options
    best = decisions.solve(instance, time_limit=time_limit, **alone)
    objective, bound = best.outcome.objective, best.outcome.bound
    if objective is None or bound is None:
        raise UsageError("the optimum was not bounded within the limits: allow more time")
    share = within + _ROUNDING
    found, cut = [best], sense * bound + share * abs(bound)
    farthest = sense * objective + share * abs(objective)  # if the optimum is no better than it
    known = [rules.chosen(best)]
    another = _finder(instance, rules, best, known, apart)
    others_cost: float | None = bound
    complete, interrupted = False, _interrupted(best)

    while len(found) <= most and not budget.is_over and not interrupted:
        try:
            with hearing(raises=True):
                other = another(budget.left)
        except InfeasibleError:
            others_cost, complete = None, True
            break
        except TwiceInterruptedError:
            raise
        except (NoAnswerError, KeyboardInterrupt) as error:
            interrupted = isinstance(error, KeyboardInterrupt) or _interrupted(error)
            break
        interrupted = _interrupted(other)
        least, value = other.outcome.bound, other.outcome.objective
        others_cost = least if least is not None else others_cost
        complete = least is not None and sense * least > farthest
        if value is None or sense * value > cut or interrupted:
            break
        found.append(other)
        known.append(rules.chosen(other))
        if progress is not None:
            progress(len(found) - 1, most)
    changes = [
        {"plan": number, **row}
        for number, other in enumerate(found[1:], 2)
        for row in compare_answers(best, other).rows
        if row["table"] not in _ECHOES
    ]
    rows = [_row(number, other, best, rules) for number, other in enumerate(found, 1)]
    return Alternatives(
        instance.name, instance.currency, best.objective_meaning, within, apart,
        tuple(rows), tuple(changes), others_cost, complete, tuple(found), sense, interrupted,
    )  # fmt: skip


def _finder(
    instance: Instance,
    rules: Any,
    best: Solution,
    known: Sequence[Mapping[Any, float]],
    apart: int,
) -> Callable[[float | None], Solution]:
    """Return what finds the best plan that differs from all known ones, in seconds that it has.

    By the search of the decision, where it has one; else by its program with what differs.
    """
    if hasattr(rules, "search"):
        return partial(rules.search(instance, best, apart), known)

    def differ(model: Any) -> None:
        rules.narrow(model)
        require_difference(model, rules.choices(model), known, apart)

    options = decisions.plan_alone(instance)
    return lambda seconds: decisions.solve(instance, time_limit=seconds, extend=differ, **options)


def _interrupted(answer: Solution | NoAnswerError) -> bool:
    """Return whether Ctrl-C ended the search for an answer: then no other is looked for."""
    return answer.outcome is not None and answer.outcome.stopped is Stopped.INTERRUPTED


def _require(instance: Instance, within: float, most: int, apart: int) -> None:
    """Refuse what cannot be done."""
    if not 0 <= within <= 1:
        raise UsageError(f"the share is from 0 to 1 (0 % to 100 %), not {within:g}")
    if most < 1 or apart < 1:
        raise UsageError("look for 1 plan or more, which differ in 1 choice or more")
    if why := import_module(f"amopt.{instance.kind}.choices").refusal(instance):
        raise UsageError(f"alternatives do not apply: {why}")


def _row(number: int, other: Solution, best: Solution, rules: Any) -> dict[str, Any]:
    """Return the row of a plan, told apart by the rules of its decision."""
    sense = getattr(rules, "SENSE", 1)
    objective, least, bound = other.outcome.objective, best.outcome.objective, best.outcome.bound
    assert objective is not None
    assert least is not None
    after, before = rules.chosen(other), rules.chosen(best)
    differing = [
        name
        for name in dict.fromkeys((*before, *after))
        if after.get(name, 0.0) != before.get(name, 0.0)
    ]
    words = [
        rules.in_words(best, name, before.get(name, 0.0), after.get(name, 0.0))
        for name in differing
    ]
    more = sense * (objective - least)
    return {
        "plan": number,
        "objective": objective,
        "more": more,
        "more_share": 100.0 * more / abs(least) if least else None,
        "at_most": max(0.0, 100.0 * sense * (objective - bound) / abs(bound)) if bound else None,
        "choices": len(differing),
        "what": "; ".join(words[:_LISTED]) + (" ..." if len(words) > _LISTED else ""),
        "status": str(other.outcome.status),
        "bound": other.outcome.bound,
        "gap": other.outcome.gap,
    }
