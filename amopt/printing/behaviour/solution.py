"""What policies do, as an answer: its tables, and what a planner reads first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from amopt.phrases import amount, money
from amopt.printing.behaviour.distributions import ALL_PARTS, QUANTILES
from amopt.printing.policy import Policy
from amopt.solution import Column, Solution

__all__ = ["BehaviourSolution"]

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
