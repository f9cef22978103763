"""What policies do, as an answer with tables, judged by the referee."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from amopt.errors import RefusedError
from amopt.outcome import Outcome, Status, versions
from amopt.printing.behaviour.distributions import (
    ALL_PARTS,
    Behaviour,
    distribution_rows_of,
    material_row,
)
from amopt.printing.behaviour.practice import comparison_rows, todays_policy
from amopt.printing.behaviour.simulation import Simulation
from amopt.printing.behaviour.solution import BehaviourSolution
from amopt.printing.decision import best_policy, unlooked_at
from amopt.printing.instance import PrintingInstance
from amopt.printing.policy import Policy
from amopt.printing.referee.behaviour.check import (
    Plans,
    check_comparison,
    check_distributions,
    check_material,
    plans_of,
)
from amopt.printing.referee.behaviour.simulation import check_simulation
from amopt.program.ctrl_c import completing
from amopt.program.pieces import Pieces
from amopt.program.solver.options import Options
from amopt.referee import Notebook
from amopt.solution import Table
from amopt.verdict import Verdict

__all__ = ["BehaviourSolution", "check_behaviour", "distributions", "simulate"]

OPTIMUM, TODAY = "optimum", "today"

PIECES = "part or sum of parts", "parts and sums of parts"
"""What a study goes through, in words."""


def distributions(
    instance: PrintingInstance,
    *,
    policy: Policy | None = None,
    options: Options | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> BehaviourSolution:
    """Work out exactly what the optimum does, beside what is done today where the file says so.

    Parameters
    ----------
    instance
        The instance. With ``policy``, the table ``comparison`` sets today beside the optimum; with
        ``material``, the table ``material`` has the level of raw material.
    policy
        What is done today, instead of what the file states.
    options
        As for :func:`amopt.printing.solve`.
    progress
        Told how much is done: each part, all parts together, and the raw material, of each policy.
        Ctrl-C leaves what is.

    Returns
    -------
    BehaviourSolution
        Tables ``distributions``, ``comparison`` and ``material``.

    Raises
    ------
    RefusedError
        When the referee works out something else.
    KeyboardInterrupt
        At Ctrl-C before anything is done, and at a second one.
    """
    started = time.perf_counter()
    chosen = _policies(instance, policy, options)
    of = {plan: Behaviour(instance, one) for plan, one in chosen.items()}
    every: list[Item] = [("distributions", *one) for one in _groups(instance, chosen)]
    if instance.material:
        every += [("material", plan, None) for plan in chosen]

    def piece(item: Item) -> list[dict[str, Any]]:
        table, plan, part = item
        if table == "material":
            return [material_row(instance, chosen[plan], plan)]
        return distribution_rows_of(of[plan], part, plan)

    pieces = Pieces(len(every), progress)
    done = _done(pieces, every, piece)
    rows: dict[str, Table] = {
        "distributions": _rows_of(done, "distributions"),
        "comparison": comparison_rows(instance, chosen[TODAY], chosen[OPTIMUM])
        if TODAY in chosen
        else [],
        "material": _rows_of(done, "material"),
        "simulation": [],
    }
    about = "characteristic functions", None
    return _answer(instance, chosen, rows, about=about, started=started, ended=(pieces, list(done)))


def simulate(
    instance: PrintingInstance,
    *,
    policy: Policy | None = None,
    cycles: int = 100_000,
    seed: int = 1,
    options: Options | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> BehaviourSolution:
    """Simulate what the optimum does, and what is done today where the file says so.

    Parameters
    ----------
    instance
        The instance.
    policy
        What is done today, instead of what the file states.
    cycles
        How many cycles of every part.
    seed
        The same seed gives the same answer.
    options
        As for :func:`amopt.printing.solve`.
    progress
        Told how much is done: each part, and all parts together, of each policy. Ctrl-C leaves
        what is.

    Raises
    ------
    UsageError
        When so many cycles cannot be simulated.
    RefusedError
        When the referee finds other expectations.
    KeyboardInterrupt
        At Ctrl-C before anything is done, and at a second one.
    """
    started = time.perf_counter()
    chosen = _policies(instance, policy, options)
    of = {
        plan: Simulation(instance, one, plan, cycles=cycles, seed=seed)
        for plan, one in chosen.items()
    }
    every: list[Item] = [("simulation", *one) for one in _groups(instance, chosen)]
    pieces = Pieces(len(every), progress)
    done = _done(pieces, every, lambda item: of[item[1]].rows_of(item[2]))
    rows: dict[str, Table] = {
        **dict.fromkeys(("distributions", "comparison", "material"), ()),
        "simulation": _rows_of(done, "simulation"),
    }
    about = f"{cycles:,} simulated cycles, seed {seed}", cycles
    return _answer(instance, chosen, rows, about=about, started=started, ended=(pieces, list(done)))


Item = tuple[str, str, int | None]
"""A piece of a study: table, plan, and part; None for all of them."""


def _groups(instance: PrintingInstance, plans: Collection[str]) -> list[tuple[str, int | None]]:
    """Return what has rows of its own: each part, then all of them, of each plan."""
    return [(plan, part) for plan in plans for part in (*range(len(instance.parts)), None)]


def _done(
    pieces: Pieces, every: list[Item], of: Callable[[Item], list[dict[str, Any]]]
) -> dict[Item, list[dict[str, Any]]]:
    """Return the rows of each piece that is done.

    Raises
    ------
    KeyboardInterrupt
        When Ctrl-C came before there was any.
    """
    done = pieces.done(every, of)
    pieces.require_any()
    return {every[place]: rows for place, rows in done.items()}


def _rows_of(done: Mapping[Item, list[dict[str, Any]]], table: str) -> list[dict[str, Any]]:
    return [row for item, rows in done.items() if item[0] == table for row in rows]


def check_behaviour(
    instance: PrintingInstance,
    policies: Mapping[str, Policy],
    rows: Mapping[str, Table],
    *,
    cycles: int | None = None,
    told: Collection[tuple[str, str, str]] | None = None,
) -> Verdict:
    """Return what the referee says of the tables of :func:`distributions` or :func:`simulate`.

    Parameters
    ----------
    instance
        The instance.
    policies
        The policies by name: ``optimum``, and ``today`` where there is one.
    rows
        The tables.
    cycles
        How many were simulated of each part, so that what was never seen is judged too.
    told
        What the tables tell of, where that is not all: table, plan and part.
    """
    notebook = Notebook()
    plans: dict[str, Plans] = {
        name: plans_of(instance, [_told(policy, k) for k in range(len(instance.parts))])
        for name, policy in policies.items()
    }
    notebook.tables(rows, BehaviourSolution.columns)
    if rows["simulation"]:
        check_simulation(instance, plans, rows["simulation"], notebook, cycles, told=told)
        return notebook.verdict()
    check_distributions(instance, plans, rows["distributions"], notebook, told=told)
    if TODAY in plans:
        check_comparison(instance, plans, rows["comparison"], notebook)
    if instance.material:
        check_material(instance, plans, rows["material"], notebook, told=told)
    return notebook.verdict()


def _policies(
    instance: PrintingInstance, policy: Policy | None, options: Options | None
) -> dict[str, Policy]:
    """Return the policies that are looked at, by name."""
    found = {OPTIMUM: best_policy(instance, options=options)}
    if policy is not None or instance.policy:
        found[TODAY] = todays_policy(instance) if policy is None else policy
    return found


def _told(policy: Policy, part: int) -> tuple[dict[int, float], list[dict[str, float]]]:
    """Return the policy of a part in the referee's words."""
    mix = policy.mixes.get(part)
    levels = {int(policy.base_stock[part]): 1.0} if mix is None else dict(mix.levels)
    words = ("wait", "print", "expedite")
    shares = [
        {word: float(share) for word, share in zip(words, row, strict=True) if share > 0}
        for row in policy.shares(part)
    ]
    return levels, shares


def _answer(
    instance: PrintingInstance,
    chosen: Mapping[str, Policy],
    rows: dict[str, Table],
    *,
    about: tuple[str, int | None],
    started: float,
    ended: tuple[Pieces, list[Item]],
) -> BehaviourSolution:
    """Return the answer, judged.

    ``about`` is its method, and how many cycles were simulated; ``ended`` is what is done.
    """
    worked, (method, cycles), (pieces, items) = time.perf_counter(), about, ended
    names = [part.name for part in instance.parts]
    told = [
        (table, plan, ALL_PARTS if part is None else names[part]) for table, plan, part in items
    ]
    with completing(pieces.stopped):
        verdict = check_behaviour(instance, chosen, rows, cycles=cycles, told=told)
    if not verdict.accepted:
        raise RefusedError(verdict)
    seconds: dict[str, Any] = {
        "work out": worked - started,
        "referee": time.perf_counter() - worked,
    }
    outcome = Outcome(
        stopped=pieces.stopped,
        status=Status.FEASIBLE,
        objective=None,
        bound=None,
        method=method,
        seconds=seconds,
        versions=versions("amopt", "numpy", "scipy"),
    )
    return BehaviourSolution(
        kind=instance.kind,
        name=instance.name,
        outcome=outcome,
        verdict=verdict,
        rows=rows,
        notes=(*filter(None, [pieces.in_words(*PIECES)]), *_notes(instance, chosen)),
        fingerprint=instance.fingerprint(),
        currency=instance.currency,
        policies=dict(chosen),
    )


def _notes(instance: PrintingInstance, chosen: Mapping[str, Policy]) -> tuple[str, ...]:
    said = list(unlooked_at(instance))
    if instance.limits and TODAY in chosen:
        said.append("The limits hold for the optimum; today's practice may exceed them.")
    if any(policy.mixes for policy in chosen.values()):
        said.append(
            "Where a policy mixes, a level is drawn for each cycle and an action for each system "
            "that waits; another way of mixing has the same expectations and other variances."
        )
    return tuple(said)
