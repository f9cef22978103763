"""What policies do, as an answer with tables, judged by the referee."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from amopt.errors import RefusedError
from amopt.outcome import Outcome, Status, Stopped, versions
from amopt.phrases import amount, money
from amopt.printing.behaviour.distributions import (
    ALL_PARTS,
    QUANTILES,
    distribution_rows,
    material_row,
)
from amopt.printing.behaviour.practice import comparison_rows, todays_policy
from amopt.printing.behaviour.simulation import simulation_rows
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
from amopt.program.solver.options import Options
from amopt.referee import Notebook
from amopt.solution import Column, Solution, Table
from amopt.verdict import Verdict

__all__ = ["BehaviourSolution", "check_behaviour", "distributions", "simulate"]

OPTIMUM, TODAY = "optimum", "today"

QUANTILE_COLUMNS = tuple(
    Column(
        f"quantile_{100 * level:g}".replace(".", "_"),
        "",
        f"What is not exceeded with a probability of {100 * level:g} %.",
        shown=level != 0.95,
    )
    for level in QUANTILES
)
PLAN = Column("plan", "", "optimum, or today: the policy that the file states.")
PART = Column("part", "", "Part, or all parts.")
WHAT = Column(
    "what",
    "",
    "stock (parts at the end of a day), prints, expedites, orders, down_days (system-days), "
    "material_cm3.",
)


@dataclass(frozen=True)
class BehaviourSolution(Solution):
    """What the optimum does, and what is done today, in a cycle and in a year.

    Attributes
    ----------
    policies
        The policies by name, as they are drawn; None for an answer of a file that does not say
        them.
    """

    policies: Mapping[str, Policy] | None = field(
        default=None, repr=False, compare=False, kw_only=True
    )

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {
        "comparison": (
            PART,
            Column("what", "", "yearly_cost, or what a cycle has in expectation."),
            Column("today", "", "With the policy that the file states."),
            Column("optimum", "", "With the best policy."),
            Column("difference", "", "Today less optimum."),
        ),
        "material": (
            PLAN,
            Column("cycles", "cycles", "Cycles that the raw material must last.", shown=False),
            Column("mean_cm3", "cm3", "Raw material that they take in expectation."),
            Column("deviation_cm3", "cm3", "Its standard deviation."),
            Column("non_stockout_probability", "", "The probability that is asked for."),
            Column("level_cm3", "cm3", "The level to order up to with each replenishment."),
            Column("level_probability", "", "Probability that the level lasts."),
            Column("normal_level_cm3", "cm3", "The level by a normal approximation."),
            Column("normal_level_probability", "", "Probability that this level really lasts."),
            Column("containers_at_first", "", "Containers that hold the level.", shown=False),
            Column("containers_a_year", "", "Containers used in a year, expected.", shown=False),
            Column("step_cm3", "cm3", "What a print takes is a multiple of it.", shown=False),
        ),
        "distributions": (
            PLAN,
            PART,
            WHAT,
            Column("per", "", "day, cycle, or year: the whole cycles nearest to 364 days."),
            Column("mean", "", "Expectation."),
            Column("variance", "", "Variance."),
            *QUANTILE_COLUMNS,
        ),
        "simulation": (
            PLAN,
            PART,
            WHAT,
            Column("simulated_mean", "", "Mean of the simulated cycles; stock: of their days."),
            Column("half_width", "", "Half the band of 99.9 % confidence around it."),
            Column("exact_mean", "", "The exact expectation."),
            Column("agrees", "", "Whether the exact expectation lies in the band."),
            *QUANTILE_COLUMNS,
        ),
    }

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as plain data that JSON can hold, with its policies."""
        found = super().to_dict()
        if self.policies is not None:
            found["policies"] = {name: one.to_dict() for name, one in self.policies.items()}
        return found

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> BehaviourSolution:
        """Return the answer that :meth:`to_dict` wrote down.

        Raises
        ------
        KeyError, ValueError
            When ``data`` is not such an answer.
        """
        found = super().from_dict(data)
        assert isinstance(found, BehaviourSolution)
        told = data.get("policies")
        if told is None:
            return found
        return replace(found, policies={name: Policy.from_dict(one) for name, one in told.items()})

    def headline(self) -> tuple[str, ...]:
        """Return what policies do in a few plain sentences."""
        said = [
            f"Today's practice costs {money(row['difference'], self.currency)} a year more than "
            f"the optimum, {money(row['today'], self.currency)} instead of "
            f"{money(row['optimum'], self.currency)}."
            for row in self.rows["comparison"]
            if (row["part"], row["what"]) == (ALL_PARTS, "yearly_cost")
        ]
        said += [
            f"Raw material ({row['plan']}): order up to {amount(row['level_cm3'])} cm3, which "
            f"lasts with {100 * row['level_probability']:.4g} %; "
            f"{amount(row['mean_cm3'])} cm3 are used in expectation."
            for row in self.rows["material"]
        ]
        if simulation := self.rows["simulation"]:
            agreeing = sum(row["agrees"] for row in simulation)
            said.append(
                f"Of {len(simulation)} exact expectations {agreeing} lie in the 99.9 % band of the "
                "simulation."
            )
        said += [
            f"A year has {amount(row['mean'])} prints in expectation ({row['plan']}), and no more "
            f"than {amount(row['quantile_99'])} with 99 %."
            for row in self.rows["distributions"]
            if (row["part"], row["per"], row["what"]) == (ALL_PARTS, "year", "prints")
        ]
        return tuple(said)


def distributions(
    instance: PrintingInstance, *, policy: Policy | None = None, options: Options | None = None
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

    Returns
    -------
    BehaviourSolution
        Tables ``distributions``, ``comparison`` and ``material``.

    Raises
    ------
    RefusedError
        When the referee works out something else.
    """
    started = time.perf_counter()
    chosen = _policies(instance, policy, options)
    rows: dict[str, Table] = {
        "distributions": [
            row for plan, one in chosen.items() for row in distribution_rows(instance, one, plan)
        ],
        "comparison": comparison_rows(instance, chosen[TODAY], chosen[OPTIMUM])
        if TODAY in chosen
        else [],
        "material": [material_row(instance, one, plan) for plan, one in chosen.items()]
        if instance.material
        else [],
        "simulation": [],
    }
    return _answer(instance, chosen, rows, ("characteristic functions", None), started)


def simulate(
    instance: PrintingInstance,
    *,
    policy: Policy | None = None,
    cycles: int = 100_000,
    seed: int = 1,
    options: Options | None = None,
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

    Raises
    ------
    UsageError
        When so many cycles cannot be simulated.
    RefusedError
        When the referee finds other expectations.
    """
    started = time.perf_counter()
    chosen = _policies(instance, policy, options)
    drawn = [
        row
        for plan, one in chosen.items()
        for row in simulation_rows(instance, one, plan, cycles=cycles, seed=seed)
    ]
    rows: dict[str, Table] = {
        **dict.fromkeys(("distributions", "comparison", "material"), ()),
        "simulation": drawn,
    }
    about = f"{cycles:,} simulated cycles, seed {seed}", cycles
    return _answer(instance, chosen, rows, about, started)


def check_behaviour(
    instance: PrintingInstance,
    policies: Mapping[str, Policy],
    rows: Mapping[str, Table],
    *,
    cycles: int | None = None,
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
    """
    notebook = Notebook()
    plans: dict[str, Plans] = {
        name: plans_of(instance, [_told(policy, k) for k in range(len(instance.parts))])
        for name, policy in policies.items()
    }
    notebook.tables(rows, BehaviourSolution.columns)
    if rows["simulation"]:
        check_simulation(instance, plans, rows["simulation"], notebook, cycles)
        return notebook.verdict()
    check_distributions(instance, plans, rows["distributions"], notebook)
    if TODAY in plans:
        check_comparison(instance, plans, rows["comparison"], notebook)
    if instance.material:
        check_material(instance, plans, rows["material"], notebook)
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
    about: tuple[str, int | None],
    started: float,
) -> BehaviourSolution:
    """Return the answer, judged; ``about`` is its method, and how many cycles were simulated."""
    worked, (method, cycles) = time.perf_counter(), about
    verdict = check_behaviour(instance, chosen, rows, cycles=cycles)
    if not verdict.accepted:
        raise RefusedError(verdict)
    seconds: dict[str, Any] = {
        "work out": worked - started,
        "referee": time.perf_counter() - worked,
    }
    outcome = Outcome(
        stopped=Stopped.FINISHED,
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
        notes=_notes(instance, chosen),
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
