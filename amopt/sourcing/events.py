"""What an events file says: what happens after the orders of an instance, and when.

The replay of :mod:`amopt.sourcing.rolling.replay` decides again at each of its times, as the
planners of Akmal, Salmi, Björkstrand, Partanen and Holmström (2022) do each time an order comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field

from amopt.instance import common
from amopt.instance.common import (
    Date,
    InstanceModel,
    Name,
    Quantity,
    Weeks,
)
from amopt.instance.findings import Code, Problem
from amopt.sourcing.instance.fields import CODES as OF_THE_INSTANCE
from amopt.sourcing.instance.fields import Capacity, Committed, Line, Offer, Route

__all__ = [
    "CODES",
    "Cancelled",
    "Down",
    "Event",
    "Events",
    "Finished",
    "Granted",
    "NewLine",
    "Placed",
    "Quoted",
    "Up",
    "Withdrawn",
]

CODES: tuple[Code, ...] = (
    *OF_THE_INSTANCE,
    Code(
        "event-without-time",
        "An event says neither or both of weeks and date.",
        "Write one of the two.",
    ),
    Code(
        "no-start",
        "An event has a date, and the file does not say on which day week 0 begins.",
        "Write start: YYYY-MM-DD, or give the events in weeks.",
    ),
    Code(
        "time-order",
        "An event comes before the one above it, or before the start.",
        "Write the events in the order of time.",
    ),
    Code(
        "nothing-happens",
        "An event has a time, but nothing happens at it.",
        "Write what happens, such as withdrawn: {supplier: ...}, or take the event out.",
    ),
    Code(
        "supplier-is-down",
        "A supplier goes down who is down already.",
        "Write up before it, or take one of the two out.",
    ),
    Code(
        "supplier-is-up",
        "A supplier comes up who was not down.",
        "Write down before it, or take it out.",
    ),
    Code(
        "other-currency",
        "The events are in another currency than the instance.",
        "Write the events in the instance's currency.",
    ),
    Code(
        "nothing-withdrawn",
        "Quotes are withdrawn that nobody has made, or that were withdrawn before.",
        "Mend the supplier, part, route or material, or take it out.",
    ),
)
"""The codes of findings on events, besides those of the instance."""

DAYS = 7.0


class NewLine(Line):
    """An order line that comes in; its need-by counts from then."""

    part: Name = Field(description="Part that is needed; one of the instance's.")


class Cancelled(InstanceModel):
    """What is not ordered yet of a line is not needed any more; placed orders stand."""

    line: Name = Field(description="Line.")


class Quoted(Offer):
    """An offer made or changed; it takes the place of the supplier's own of that kind."""

    part: Name = Field(description="Part that is offered; one of the instance's.")


class Withdrawn(InstanceModel):
    """Offers that no longer hold; orders placed on them stand."""

    supplier: Name = Field(description="Supplier.")
    part: Name | None = Field(default=None, description="Part; left out, all parts.")
    route: Route | None = Field(default=None, description="Route; left out, all routes.")
    material: str | None = Field(default=None, description="Material; left out, all materials.")

    def matches(self, offer: Offer) -> bool:
        """Return whether an offer is one of those."""
        return offer.supplier == self.supplier and all(
            asked in (None, own)
            for asked, own in (
                (self.part, offer.part),
                (self.route, offer.route),
                (self.material, offer.material),
            )
        )


class Down(InstanceModel):
    """A supplier takes no orders until it is up again."""

    supplier: Name = Field(description="Supplier.")
    reopen: bool = Field(
        default=False,
        description="Whether orders placed there and not finished are lost: they are not paid, "
        "and their lines are open again. Otherwise they stand as promised.",
    )


class Up(InstanceModel):
    """A supplier takes orders again."""

    supplier: Name = Field(description="Supplier.")


class Placed(Committed):
    """An order that was placed by hand, whatever the plan says."""

    line: Name = Field(description="Line that it fills in part.")


class Finished(InstanceModel):
    """Prints are finished: the supplier's capacity is free again."""

    line: Name = Field(description="Line.")
    supplier: Name = Field(description="Supplier.")
    weeks: Weeks | None = Field(
        default=None,
        description="Weeks from the event until the parts are delivered; left out, as promised.",
    )


class Granted(InstanceModel):
    """The prints of a licence change."""

    part: Name = Field(description="Licensed part.")
    supplier: Name | None = Field(
        default=None, description="Supplier of the licence; left out, all suppliers together."
    )
    prints: Quantity = Field(description="Prints that are allowed in all, from now on.")


class Event(InstanceModel):
    """Something that happens at a time; several things may happen at once."""

    weeks: Weeks | None = Field(default=None, description="When, in weeks from the start.")
    date: Date | None = Field(default=None, description="When, as a day; needs start.")
    new_line: NewLine | None = Field(default=None, description="An order line comes in.")
    cancelled: Cancelled | None = Field(default=None, description="A line is cancelled.")
    quoted: Quoted | None = Field(default=None, description="An offer is made or changed.")
    withdrawn: Withdrawn | None = Field(default=None, description="Offers are withdrawn.")
    down: Down | None = Field(default=None, description="A supplier goes down.")
    up: Up | None = Field(default=None, description="A supplier comes up again.")
    placed: Placed | None = Field(default=None, description="An order is placed by hand.")
    finished: Finished | None = Field(default=None, description="Prints are finished.")
    capacity: Capacity | None = Field(default=None, description="A supplier's capacity changes.")
    licence: Granted | None = Field(default=None, description="A licence's prints change.")

    @property
    def happens(self) -> tuple[str, ...]:
        """The names of what happens, in the order in which it takes effect."""
        return tuple(name for name in _HAPPENINGS if getattr(self, name) is not None)

    def __str__(self) -> str:
        return "; ".join(_told(name, getattr(self, name)) for name in self.happens)


_HAPPENINGS = tuple(name for name in Event.model_fields if name not in ("weeks", "date"))


def _told(name: str, what: InstanceModel) -> str:
    """Return what happens in a few words."""
    about = [
        str(value)
        for key in ("line", "supplier", "part")
        if (value := getattr(what, key, None)) is not None
    ]
    return f"{name.replace('_', ' ')} {', '.join(about)}"


class Events(common.Instance):
    """A file of events that are replayed on a sourcing instance."""

    kind: Literal["sourcing-events"] = Field(description="Says that the file holds events.")
    start: Date | None = Field(
        default=None, description="Day on which week 0 begins, for events with dates."
    )
    place_after_weeks: Weeks = Field(
        default=0.0,
        description="Weeks after a line came in when its orders are placed; until then, each "
        "event decides them again. 0 places them as soon as they are decided.",
    )
    when_infeasible: Literal["stop", "wait"] = Field(
        default="stop",
        description="Whether the replay stops where no plan exists, or all open lines wait for "
        "the next event.",
    )
    events: Annotated[tuple[Event, ...], Field(min_length=1)] = Field(
        description="The events in the order of time."
    )

    def weeks_of(self, event: Event) -> float:
        """Return the time of an event in weeks from the start."""
        if event.weeks is not None:
            return event.weeks
        assert event.date is not None
        assert self.start is not None
        return (event.date - self.start).days / DAYS

    def day(self, weeks: float) -> date | None:
        """Return the day of a time in weeks; None where the start has none."""
        return None if self.start is None else self.start + timedelta(days=int(weeks * DAYS))

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the times, and with events in which nothing happens."""
        latest = 0.0
        for index, event in enumerate(self.events):
            key = ("events", index)
            if not event.happens:
                yield Problem(
                    "nothing-happens", key, "nothing happens at this event.", "Write what does."
                )
            if (event.weeks is None) == (event.date is None):
                given = "neither weeks nor date" if event.weeks is None else "weeks and a date"
                yield Problem(
                    "event-without-time", key, f"it says {given}.", "Write one of the two."
                )
            elif event.date is not None and self.start is None:
                yield Problem(
                    "no-start",
                    (*key, "date"),
                    "the file does not say on which day week 0 begins.",
                    "Write start: YYYY-MM-DD, or the event in weeks.",
                )
            else:
                weeks = self.weeks_of(event)
                if weeks < latest:
                    yield Problem(
                        "time-order",
                        (*key, "weeks" if event.date is None else "date"),
                        f"week {weeks:g} comes before week {latest:g}.",
                        "Write the events in the order of time.",
                    )
                latest = max(latest, weeks)
