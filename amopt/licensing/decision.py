"""Solve a licensing instance: by the fastest method that honours every family of constraints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from amopt.decision import (
    Method,
    answered,
    choose,
    ended,
    judged,
    method_names,
    unseen_limits,
)
from amopt.errors import InfeasibleError, NoAnswerError
from amopt.licensing import formulation
from amopt.licensing.answer.solution import LicensingSolution
from amopt.licensing.answer.tables import tables
from amopt.licensing.contract import Offer, earned, in_round_money, is_taken_as_told
from amopt.licensing.costs import Buyers
from amopt.licensing.infeasible import explain
from amopt.licensing.instance import LicensingInstance
from amopt.licensing.methods import by_program, exact
from amopt.licensing.methods import menu as menus
from amopt.licensing.referee.check import check
from amopt.outcome import Outcome, Status, Stopped, rounded_bound
from amopt.phrases import money
from amopt.program.family import Extend
from amopt.program.solver.options import Options
from amopt.program.time import Budget

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.program.solver.highs import Progress

__all__ = ["METHODS", "WAYS", "read_back", "solve"]


def _menu(instance: LicensingInstance) -> str:
    """Return why one contract is not an answer, empty where it is."""
    return "" if instance.contracts == 1 else "it finds one contract, not a menu"


def _no_menu(instance: LicensingInstance) -> str:
    """Return why a menu is not an answer, empty where it is."""
    return "" if instance.contracts == 2 else "it finds a menu of two contracts, not one"


def _too_large(instance: LicensingInstance) -> str:
    """Return why the program would be too large, empty where it is not."""
    count = by_program.choices(instance)
    if count <= by_program.MOST_CHOICES:
        return ""
    return f"its program would have {count:,} choices, of {by_program.MOST_CHOICES:,} at most"


WAYS = (
    Method(
        "exact",
        "the ends of intervals between changes of order",
        honours=exact.HONOURS,
        obstacle=_menu,
    ),
    Method(
        "menu",
        "pairs of royalties in the order of their bounds",
        honours=menus.HONOURS,
        obstacle=_no_menu,
    ),
    Method("program", "the formulation, by HiGHS", obstacle=_too_large),
)
"""The methods, fastest first; ``program`` is the formulation itself."""

METHODS = method_names(WAYS)
"""What ``solve`` takes as its method; ``auto`` is the first that can answer."""


def solve(
    instance: LicensingInstance,
    *,
    method: str = "auto",
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
    extend: Extend | None = None,
) -> LicensingSolution:
    """Find which licence to offer, and have it checked by the referee.

    Parameters
    ----------
    instance
        The instance.
    method
        One of :data:`METHODS`. ``"exact"`` finds the best contract for any number of buyers,
        ``"menu"`` the best menu of two; ``"program"`` also takes limits that a caller adds.
    options
        Time limit, gap, threads and seed of the solver.
    progress
        Called now and then while the solver runs.
    extend
        Adds variables and constraints to the Pyomo model, as :func:`amopt.licensing.formulate`
        returns it, before it is solved. It chooses among the royalties of that model.

    Returns
    -------
    LicensingSolution
        Its objective is what the maker earns a year, in money, and its bound the supremum of that.

    Raises
    ------
    InfeasibleError
        When no offer keeps every limit, with the limits that clash and what would mend it.
    NoAnswerError
        When a limit was reached before any offer was found.
    RefusedError
        When the referee does not accept the answer.
    UsageError
        When there is no such method, it cannot answer this instance, or ``extend`` changes the
        objective.
    """
    way = choose(
        "licensing", method, WAYS, formulation.FAMILIES, instance, extended=extend is not None
    )
    options = options or Options()
    budget = Budget(options.time_limit)
    if way.name == "exact":
        with budget.phase("solve"):
            found = exact.best_contract(Buyers.of(instance), instance.epsilon)
        if found is None:
            raise explain(instance, budget.left)
        return _answer(instance, found, None, (), (budget, way.meaning))
    if way.name == "menu":
        with budget.phase("solve"):
            best = menus.best_menu(Buyers.of(instance), budget)
        if best.offer is not None:
            said = Outcome(
                stopped=Stopped.TIME_LIMIT if best.is_cut_short else Stopped.FINISHED,
                status=Status.FEASIBLE,
                bound=best.bound,
                iterations=best.pairs,
            )
            return _answer(instance, best.offer, said, (), (budget, way.meaning))
        if best.is_cut_short:
            raise NoAnswerError("no menu was found within the time: allow more")
        # No menu keeps the limits: the program says which ones clash.
        if too_large := _too_large(instance):
            raise InfeasibleError(
                "no menu of these royalties keeps every limit; which clash is not known: "
                f"{too_large}"
            )
    offer, outcome, model = by_program.best_offer(
        instance, options=options, budget=budget, extend=extend, progress=progress
    )
    return _answer(instance, offer, outcome, by_program.added(model), (budget, way.meaning))


def read_back(model: ConcreteModel, *, bound: float | None = None) -> LicensingSolution:
    """Return the solution that a solved model holds, by whatever solver, judged by the referee.

    Parameters
    ----------
    model
        A model of :func:`amopt.licensing.formulate`, extended or not, with values.
    bound
        The bound that the solver proved, in the model's objective; without one the answer is
        called feasible.

    Raises
    ------
    NoAnswerError
        When the model has no values.
    RefusedError
        When the referee does not accept what the values say.
    UsageError
        When the model is not one of licensing, or its values are not those of an offer.
    """
    offer = by_program.read(model)
    outcome = Outcome(stopped=Stopped.FINISHED, status=Status.FEASIBLE, bound=bound)
    way = (Budget(), "read back from the model")
    return _answer(model.instance, offer, outcome, by_program.added(model), way)


def _answer(
    instance: LicensingInstance,
    offer: Offer,
    found: Outcome | None,
    limits: Sequence[str],
    way: tuple[Budget, str],
) -> LicensingSolution:
    """Return the answer that follows from an offer, judged; ``found`` is what the solver said."""
    with way[0].phase("tables"):
        rows = tables(Buyers.of(instance), offer, limits)
    bound = offer.supremum if found is None else found.bound
    bound = rounded_bound(bound, offer.supremum, maximise=True)
    outcome = ended(found, way, ("amopt", "numpy"), objective=offer.profit, bound=bound)
    notes, meaning = _notes(instance, offer, limits), "profit a year"
    answer = answered(LicensingSolution, instance, outcome, rows, notes=notes, meaning=meaning)
    return judged(instance, answer, partial(check, limits=tuple(limits)))


def _notes(instance: LicensingInstance, offer: Offer, limits: Sequence[str]) -> tuple[str, ...]:
    """Return what the planner should know."""
    notes = []
    short = offer.supremum - offer.profit
    if instance.epsilon is not None and short > instance.epsilon:
        notes.append(
            f"The contract earns {short:.3g} a year less than the supremum, more than the epsilon "
            f"of {instance.epsilon:g}: nearer to it somebody who is to take no licence would "
            "hardly lose by one."
        )
    if offer.contracts and not is_taken_as_told(Buyers.of(instance), offer):
        notes.append(_to_write_down(instance, offer, limited=bool(limits)))
    if instance.contracts > 1:
        notes.append("The royalties of a menu are taken from a list, and it is the best of these.")
    if limits:
        notes.append(unseen_limits("offer"))
    return tuple(notes)


def _to_write_down(instance: LicensingInstance, offer: Offer, *, limited: bool) -> str:
    """Return what to do with an offer that other buyers take once its numbers are rounded."""
    said = "With fee and royalty rounded as they are told, other buyers would take a licence"
    buyers = Buyers.of(instance)
    round_one = None if limited or len(offer.contracts) > 1 else in_round_money(buyers, offer)
    if round_one is None:
        return f"{said}: write them down with all digits (--json)."
    less = offer.profit - earned(buyers, (round_one,), offer.choice)
    fee, royalty = (
        f"{value:,.12g} {instance.currency}" for value in (round_one.fee, round_one.royalty)
    )
    return (
        f"{said}. Write down {fee} a year and {royalty} a print, which these buyers take: it earns "
        f"{money(less, instance.currency)} less."
    )
