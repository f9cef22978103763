"""What is not known of failure rates: a range, or how many failures were observed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from amopt.instance.common import Count, InstanceModel, Name, Rate, RefersTo
from amopt.instance.findings import Code, Problem

if TYPE_CHECKING:
    from amopt.printing.instance.entries import Part

__all__ = ["CODES", "UncertainRate", "uncertainty_problems"]

CODES: tuple[Code, ...] = (
    Code(
        "uncertain-rate-order",
        "The range of a failure rate holds no two rates.",
        "Give the lowest rate first, below the highest one.",
    ),
    Code(
        "uncertain-rate-part",
        "An uncertain failure rate is of no use: its part has no such rate, or another entry.",
        "Give one entry a part; of: printed only where the part can be printed.",
    ),
    Code(
        "uncertain-rate-way",
        "An uncertain failure rate is neither a range nor a count of observed failures.",
        "Give lowest_rate_per_day and highest_rate_per_day, or failures_observed and "
        "days_observed.",
    ),
)

RANGE = ("lowest_rate_per_day", "highest_rate_per_day")
COUNTS = ("failures_observed", "days_observed")


class UncertainRate(InstanceModel):
    """A failure rate that is known as a range, or from failures that were observed."""

    part: Annotated[Name, RefersTo("parts")] = Field(description="The part.")
    of: Literal["regular", "printed"] = Field(
        default="regular", description="Whose rate it is: of the regular, or of the printed part."
    )
    lowest_rate_per_day: Rate | None = Field(
        default=None, description="The lowest rate that it may have, a day."
    )
    highest_rate_per_day: Annotated[float, Field(ge=0, le=100)] | None = Field(
        default=None, description="The highest rate that it may have, a day."
    )
    failures_observed: Count | None = Field(
        default=None, description="Failures that were observed, of all parts in operation."
    )
    days_observed: Annotated[float, Field(ge=1, le=1e9)] | None = Field(
        default=None, description="Over how many days of parts in operation: 8 for a year are 2920."
    )

    def problems(self, key: tuple[str | int, ...]) -> Iterator[Problem]:
        """Yield what no single field can know."""
        given = [name for name in (*RANGE, *COUNTS) if getattr(self, name) is not None]
        if tuple(given) not in (RANGE, COUNTS):
            yield Problem(
                "uncertain-rate-way",
                (*key, given[-1] if given else "part"),
                f"the rate of part {self.part!r} has {' and '.join(given) or 'neither'}.",
                f"Give {' and '.join(RANGE)}, or {' and '.join(COUNTS)}.",
            )
            return
        low, high = self.lowest_rate_per_day, self.highest_rate_per_day
        if low is not None and high is not None and low >= high:
            yield Problem(
                "uncertain-rate-order",
                (*key, "lowest_rate_per_day"),
                f"the rate of part {self.part!r} is to lie between {low:g} and {high:g}.",
                "Give a lowest rate below the highest one, or leave the entry out.",
            )


def uncertainty_problems(
    entries: Sequence[UncertainRate], parts: Sequence[Part]
) -> Iterator[Problem]:
    """Yield what is wrong with the uncertain rates of parts."""
    known = {part.name: part for part in parts}
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        key = ("uncertain_rates", index)
        yield from entry.problems(key)
        part = known.get(entry.part)
        if entry.part in seen:
            yield Problem(
                "uncertain-rate-part", (*key, "part"), f"part {entry.part!r} has another entry."
            )
        elif entry.of == "printed" and part is not None and part.print_cost is None:
            yield Problem(
                "uncertain-rate-part",
                (*key, "of"),
                f"part {entry.part!r} cannot be printed.",
                "Give its print_cost, or the rate of the regular part.",
            )
        seen.add(entry.part)
