"""The network of a sourcing file: working calendars of places, and duties of lanes.

A delivery is received on a working day. It is there by day D if and only if it arrives by the last
working day up to D, so that a date becomes a number of weeks, and no rounding enters the program.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field

from amopt.instance import common
from amopt.instance.common import Date, InstanceModel, Name, RefersTo

__all__ = [
    "Calendar",
    "Lane",
    "Network",
    "Place",
    "arrival",
    "previous_working",
    "receives_between",
    "weeks_until",
]

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS = 7
ROUNDING = 1e-6
"""Days, by which a time that is a whole number of days may be above it for rounding."""

_LAST = date.max - timedelta(days=4000)


class Calendar(InstanceModel):
    """On which days a place receives goods."""

    name: Name = Field(description="Name of the calendar, unique.")
    working_days: tuple[Weekday, ...] = Field(
        default=("mon", "tue", "wed", "thu", "fri"),
        description="Days of the week on which goods are received.",
    )
    holidays: tuple[Date, ...] = Field(default=(), description="Days on which none are.")

    def works(self, day: date) -> bool:
        """Return whether goods are received on a day."""
        return WEEKDAYS[day.weekday()] in self.working_days and day not in self.holidays


class Place(common.Place):
    """A place of the supply network, with the days on which it receives goods."""

    receives: Annotated[Name, RefersTo("calendars")] | None = Field(
        default=None, description="Calendar of the days on which it receives; left out, any day."
    )


class Lane(common.Lane):
    """A lane of the supply network, with the duty that is paid on what it carries."""

    duty_percent: Annotated[float, Field(ge=0, le=1000)] = Field(
        default=0.0,
        description="Duty, in percent of the price of the parts; duties along a route add up.",
    )
    duty_on: Literal["goods", "goods_and_transport"] = Field(
        default="goods",
        description="What the duty is a share of: the price of the parts without discounts "
        "(goods), or that and the transport of the whole route (goods_and_transport).",
    )


class Network(common.Network):
    """Places, lanes, and the modes that join places by distance."""

    places: tuple[Place, ...] = Field(default=(), description="The places.")
    lanes: tuple[Lane, ...] = Field(default=(), description="The lanes between them.")


def next_working(day: date, calendar: Calendar | None) -> date:
    """Return a day, or the next one on which goods are received."""
    while calendar is not None and not calendar.works(day):
        day += timedelta(days=1)
    return day


def previous_working(day: date, calendar: Calendar | None) -> date:
    """Return a day, or the last one before it on which goods are received."""
    while calendar is not None and not calendar.works(day):
        day -= timedelta(days=1)
    return day


def arrival(begin: date, weeks: float, calendar: Calendar | None) -> date | None:
    """Return the day on which something is received that takes so many weeks of seven days.

    None where that is beyond what a calendar knows.
    """
    days = math.ceil(DAYS * weeks - ROUNDING)
    if days > (_LAST - begin).days:
        return None
    return next_working(begin + timedelta(days=max(0, days)), calendar)


def receives_between(begin: date, end: date, calendar: Calendar | None) -> bool:
    """Return whether goods are received on any day from one on to another, both included."""
    days = (end - begin).days
    if calendar is None:
        return days >= 0
    return any(calendar.works(end - timedelta(days=n)) for n in range(days + 1))


def weeks_until(begin: date, day: date, calendar: Calendar | None) -> float:
    """Return within how many weeks something must arrive to be received by a day.

    Below zero where no day is left on which it could be.
    """
    return (previous_working(day, calendar) - begin).days / DAYS
