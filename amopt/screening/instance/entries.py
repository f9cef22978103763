"""What a screening file says: where the portfolio is, rules, criteria, and what to examine."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field

from amopt.instance.common import (
    Count,
    Hours,
    Instance,
    InstanceModel,
    Millimetres,
    Name,
    PositiveCount,
    PositiveFactor,
    Probability,
    Weight,
    Years,
)
from amopt.screening.instance.attributes import Attribute, Declared, by_name

__all__ = [
    "Column",
    "Comparison",
    "Contents",
    "Criterion",
    "Diversity",
    "Effort",
    "Envelope",
    "Examination",
    "Goal",
    "Linear",
    "Logistic",
    "Machine",
    "Portfolio",
    "Ranking",
    "Rule",
    "Share",
    "Step",
    "Success",
]

Level = Annotated[float, Field(ge=0, le=1e12)]
"""A value of an attribute."""

AttributeName = Annotated[str, Field(min_length=1, max_length=60)]
Words = tuple[Annotated[str, Field(min_length=1, max_length=200)], ...]


class Column(InstanceModel):
    """Where the table keeps an attribute under a heading of its own, or in another unit."""

    unique_by = ("attribute",)

    attribute: AttributeName = Field(description="The attribute, or part for the part's number.")
    heading: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="The heading of its column, as the table has it."
    )
    through: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        default=None,
        description="Heading of the last column, where the attribute is the sum of several that "
        "stand side by side, such as months; blank cells count as 0 unless all are blank, and the "
        "sum is not known where a cell says so (?, n/a, -).",
    )
    factor: PositiveFactor = Field(
        default=1.0, description="By what a cell is multiplied to be in the attribute's unit."
    )


class Portfolio(InstanceModel):
    """Where the parts are: a table in a file beside the instance, or rows in the instance."""

    unique_by = ()

    file: Annotated[str, Field(min_length=1, max_length=1000)] | None = Field(
        default=None,
        description="A .csv, .xlsx or .parquet file in the folder of the instance or below it, one "
        "row a part, the names of attributes as headings.",
    )
    sheet: Name | None = Field(
        default=None, description="Sheet of a workbook; left out, the only one, or the first."
    )
    decimal: Literal["point", "comma"] = Field(
        default="point", description="How numbers in a .csv file or in text cells are written."
    )
    columns: tuple[Column, ...] = Field(
        default=(), description="Columns whose headings are not names of attributes."
    )
    rows: tuple[dict[str, Any], ...] | None = Field(
        default=None, description="The parts themselves, in place of a file; one mapping a part."
    )


class Envelope(InstanceModel):
    """The room in which a machine builds."""

    length_mm: Millimetres = Field(description="Length in mm.")
    width_mm: Millimetres = Field(description="Width in mm.")
    height_mm: Millimetres = Field(description="Height in mm.")


class Machine(InstanceModel):
    """A machine, or a supplier's, that could make parts."""

    name: Name = Field(description="Name of the machine, unique in the instance.")
    build_envelope: Envelope | None = Field(
        default=None,
        description="What fits into it, turned any way that keeps edges along axes; left out: all.",
    )
    materials: Words = Field(
        default=(), description="Materials that it makes parts of; none listed: any."
    )


class Rule(InstanceModel):
    """What a part must be, by one of its attributes."""

    name: Name = Field(description="What the rule is called, in a few words.")
    attribute: AttributeName = Field(description="The attribute that it looks at.")
    at_least: Level | None = Field(default=None, description="Smallest number that passes.")
    at_most: Level | None = Field(default=None, description="Largest number that passes.")
    one_of: Annotated[Words, Field(min_length=1)] | None = Field(
        default=None, description="Texts that pass, in capitals or not."
    )
    none_of: Annotated[Words, Field(min_length=1)] | None = Field(
        default=None, description="Texts that do not pass, in capitals or not."
    )
    equals: bool | None = Field(default=None, description="What a yes-or-no attribute must be.")
    needs: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        default=None,
        description="What a part that does not pass needs, such as finishing; given, the rule "
        "rejects no part.",
    )


class Linear(InstanceModel):
    """0 at the worst value and beyond it, 1 at the best and beyond it, a line between."""

    worst: Level = Field(description="Value that is worth 0.")
    best: Level = Field(description="Value that is worth 1; it may lie below the worst.")


class Logistic(InstanceModel):
    r"""An S-shaped curve: :math:`1 / (1 + e^{-s (x - m)})`."""

    middle: Level = Field(description="m: value that is worth one half.")
    slope: Annotated[float, Field(ge=-100, le=100)] = Field(
        description="s, a unit of the attribute; negative where less is better."
    )


class Step(InstanceModel):
    """A step of a staircase."""

    unique_by = ("from_",)

    from_: Level = Field(alias="from", description="From this value on ...")
    worth: Probability = Field(description="... it is worth so much, up to the next step.")


class Criterion(InstanceModel):
    """What makes a part better to print, measured by one attribute."""

    name: Name = Field(description="Name, unique among goals and criteria.")
    attribute: AttributeName = Field(description="The attribute that it looks at.")
    weight: Weight | None = Field(
        default=None, description="Weight within its goal; left out, it follows from comparisons."
    )
    linear: Linear | None = Field(default=None, description="Worth of a number, along a line.")
    logistic: Logistic | None = Field(default=None, description="Worth of a number, S-shaped.")
    steps: Annotated[tuple[Step, ...], Field(min_length=1)] | None = Field(
        default=None, description="Worth of a number, in steps; 0 below the first."
    )
    values: Annotated[dict[str, Probability], Field(min_length=1)] | None = Field(
        default=None,
        description="Worth of each text, or of yes and no; 0 for texts that are not listed.",
    )


class Goal(InstanceModel):
    """What the planner wants of printing, with the criteria that tell how far a part serves it."""

    name: Name = Field(description="Name, unique among goals and criteria.")
    weight: Weight | None = Field(
        default=None, description="Weight of the goal; left out, it follows from comparisons."
    )
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1, max_length=10)] = Field(
        description="Its criteria, at most 10."
    )


class Comparison(InstanceModel):
    """One judgement of two goals, or of two criteria of one goal."""

    unique_by = ()

    more: Name = Field(description="The one that is at least as important.")
    than: Name = Field(description="The other one.")
    times: Annotated[float, Field(ge=1, le=9)] = Field(
        description="How many times as important, on Saaty's scale from 1 (as much) to 9."
    )


class Ranking(InstanceModel):
    """The analytic hierarchy: goals, criteria, and how important they are to each other."""

    goals: Annotated[tuple[Goal, ...], Field(min_length=1, max_length=10)] = Field(
        description="The goals, at most 10."
    )
    comparisons: tuple[Comparison, ...] = Field(
        default=(), description="Each pair of goals once, and each pair of criteria of a goal."
    )
    largest_consistency_ratio: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.1, description="Consistency ratio above which comparisons are refused."
    )
    missing_counts_as: Probability = Field(
        default=0.5, description="Worth of an attribute that is not known, in the score."
    )
    weight_change: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.2,
        description="Share by which each weight is raised and lowered to see which ranks hold.",
    )


class Success(InstanceModel):
    """How likely it is that a part which experts examine turns out to be worth printing."""

    eligible: Probability = Field(default=1.0, description="Of a part that all rules pass.")
    unknown: Probability = Field(
        default=0.5, description="Of a part of which too little is known for some rule."
    )


class Effort(InstanceModel):
    """The hours of those who examine parts: all, or those of certain texts of an attribute."""

    name: Name = Field(description="Who examines, such as a team.")
    hours: Hours = Field(description="Hours that they have.")
    attribute: AttributeName | None = Field(
        default=None, description="Attribute (or machine) that says which parts are theirs."
    )
    one_of: Annotated[Words, Field(min_length=1)] | None = Field(
        default=None, description="Its texts that are theirs."
    )


class Diversity(InstanceModel):
    """What keeps the chosen parts from being all alike."""

    unique_by = ("attribute",)

    attribute: AttributeName = Field(description="A text attribute, or machine.")
    at_most: Count | None = Field(default=None, description="Most chosen parts of any one text.")
    at_least_different: PositiveCount | None = Field(
        default=None, description="Fewest different texts among the chosen parts."
    )


class Share(InstanceModel):
    """How many parts of one text of an attribute are chosen."""

    unique_by = ("attribute", "value")

    attribute: AttributeName = Field(description="A text attribute, or machine.")
    value: Annotated[str, Field(min_length=1, max_length=200)] = Field(description="Its text.")
    at_least: Count | None = Field(default=None, description="Fewest chosen parts.")
    at_most: Count | None = Field(default=None, description="Most chosen parts.")


class Examination(InstanceModel):
    """Which parts experts look at: the best that their time allows."""

    most_parts: PositiveCount = Field(description="Most parts that are examined.")
    maximise: Literal["expected_saving", "score"] = Field(
        default="expected_saving", description="What the chosen parts have most of, in all."
    )
    success: Success = Field(
        default_factory=Success, description="Chance that a part is worth printing."
    )
    horizon_years: Years = Field(
        default=10.0, description="Years over which savings are counted, at most."
    )
    print_cost_share: Annotated[float, Field(ge=0, le=1)] | None = Field(
        default=None,
        description="Cost of a printed part over the part's cost, where print_cost_per_part is not "
        "known.",
    )
    hours_per_part: Hours = Field(
        default=1.0, description="Hours to examine a part whose effort_hours are not known."
    )
    efforts: tuple[Effort, ...] = Field(default=(), description="Limits of hours.")
    diversity: tuple[Diversity, ...] = Field(default=(), description="Limits of likeness.")
    shares: tuple[Share, ...] = Field(default=(), description="Limits by text of an attribute.")


class Contents(Instance):
    """The fields of a screening instance."""

    kind: Literal["screening"] = Field(description="The decision that the file asks for.")
    portfolio: Portfolio = Field(description="Where the parts are.")
    attributes: tuple[Declared, ...] = Field(
        default=(), description="Attributes of your own, beside those that amopt knows."
    )
    machines: tuple[Machine, ...] = Field(
        default=(),
        description="Machines, the preferred first; where any are listed, one of them must be able "
        "to make a part.",
    )
    rules: tuple[Rule, ...] = Field(
        default=(), description="What a part must be; the first rule that it breaks is told."
    )
    ranking: Ranking = Field(description="How parts that no rule rejects are ranked.")
    examination: Examination = Field(description="Which parts experts look at.")

    @cached_property
    def known(self) -> dict[str, Attribute]:
        """The attributes that there are, by name: those that amopt knows, and the file's own."""
        return by_name(self.attributes)
