"""A planner's own policy, and the raw material of the printer, as a file states them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import Field

from amopt.instance.common import InstanceModel, Name, PositiveQuantity, RefersTo
from amopt.instance.findings import Code, Problem
from amopt.printing.instance.entries import MOST_SYSTEMS, Part

__all__ = ["CODES", "Material", "PartPolicy", "problems_of_material", "problems_of_policy"]

CODES: tuple[Code, ...] = (
    Code(
        "incomplete-policy",
        "A policy of one's own says once for every part what is done.",
        "Give each part one entry, with base_stock and the thresholds of what is used.",
    ),
    Code(
        "material-needs-data",
        "The raw material of the printer adds up what each print takes.",
        "Give print_material_cm3 of every part that can be printed, 0 where it takes none.",
    ),
    Code(
        "policy-source",
        "A policy prints or expedites a part for which the file has no such source.",
        "Leave the threshold out, or give the part's print_cost or expedite_cost.",
    ),
)

Threshold = Annotated[int, Field(ge=1, le=366)]


class PartPolicy(InstanceModel):
    """What a planner does with one part today."""

    part: Annotated[Name, RefersTo("parts")] = Field(description="The part.")
    base_stock: Annotated[int, Field(ge=0, le=10 * MOST_SYSTEMS)] = Field(
        description="Parts on the shelf after a replenishment: it is ordered up to this."
    )
    print_threshold: Threshold | None = Field(
        default=None,
        description="A system that waits gets a printed part with at least so many days to go; "
        "left out: never.",
    )
    expedite_threshold: Threshold | None = Field(
        default=None,
        description="With at least so many days to go a part is expedited instead; left out: "
        "never.",
    )


class Material(InstanceModel):
    """Raw material as stock: brought back to a level with each replenishment."""

    non_stockout_probability: Annotated[float, Field(ge=0.5, le=0.999999)] = Field(
        description="Probability that it lasts until the next order of it has come."
    )
    lead_cycles: Annotated[int, Field(ge=0, le=52)] = Field(
        default=0,
        description="Whole cycles from an order of raw material to its coming; 0: it comes at "
        "once, with the replenishment at which it is ordered.",
    )
    container_cm3: PositiveQuantity | None = Field(
        default=None, description="It comes in containers of so much; left out: in any amount."
    )


def problems_of_policy(
    policy: Sequence[PartPolicy], parts: Sequence[Part], *, all_expedited: bool
) -> Iterator[Problem]:
    """Yield what is wrong with a policy across its entries.

    Parameters
    ----------
    policy
        The entries.
    parts
        The parts of the instance.
    all_expedited
        Whether every part can be expedited, those without a cost of their own included.
    """
    known = {part.name: part for part in parts}
    told: set[str] = set()
    for index, entry in enumerate(policy):
        if entry.part in told:
            yield Problem(
                "incomplete-policy",
                ("policy", index, "part"),
                f"part {entry.part!r} has more than one entry.",
                "Keep one of them.",
            )
        told.add(entry.part)
        part = known.get(entry.part)
        for threshold, source in (
            ("print_threshold", "print_cost"),
            ("expedite_threshold", "expedite_cost"),
        ):
            wanted = getattr(entry, threshold) is not None
            offered = source == "expedite_cost" and all_expedited
            if part is not None and wanted and not offered and getattr(part, source) is None:
                yield Problem(
                    "policy-source",
                    ("policy", index, threshold),
                    f"part {entry.part!r} has no {source}.",
                    f"Leave {threshold} out, or give {source}.",
                )
    missing = [part.name for part in parts if part.name not in told]
    if policy and missing:
        shown = ", ".join(map(repr, missing[:3])) + (" and others" if len(missing) > 3 else "")
        yield Problem(
            "incomplete-policy",
            ("policy", 0, "part"),
            f"the policy says nothing of {shown}.",
            "Give every part an entry.",
        )


def problems_of_material(parts: Sequence[Part]) -> Iterator[Problem]:
    """Yield the parts whose prints take nobody knows how much."""
    for index, part in enumerate(parts):
        if part.print_cost is not None and part.print_material_cm3 is None:
            yield Problem(
                "material-needs-data",
                ("parts", index, "name"),
                f"part {part.name!r} can be printed and has no print_material_cm3, which material "
                "adds up.",
                "Give it, 0 where a print takes none.",
            )
