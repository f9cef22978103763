"""What the limits of the placement program are called, in the instance's words."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Instance

Words = Mapping[str, Callable[..., str]]

__all__ = ["BOOKKEEPING", "SOFT", "limit_words", "remedy_words"]

SOFT = ("hours", "room_for_machines", "most_open_sites", "storage", "budget", "emissions")
"""The families that a planner might give way on."""

BOOKKEEPING = (
    "opening",
    "newly_open",
    "exactly_one_site",
    "balance",
    "moves",
    "held_when_bought",
    "held_in_all",
    "held_no_longer_than_before",
    "held_of_the_owned",
    "bought",
    "sold",
    "moved_in",
    "moved_out",
    "held",
)
"""The families that only say what words mean: nobody can give way on them."""


def _in(instance: Instance, period: str) -> str:
    return f" in {period}" if instance.periods else ""


def limit_words(instance: Instance) -> Words:
    """Return what to call the members of each family of rows and columns."""
    fill = instance.limits.fill_rate

    def demand(key: Any) -> str:
        period, place, part = key
        asked = [
            limit.at_least
            for limit in fill
            if not limit.on_average and limit.place in (None, place) and limit.part in (None, part)
        ]
        least = max(asked, default=0.0)
        why = _out_of_reach(instance, part, least)
        met = f", with a fill rate of at least {least:g}{why}" if asked else ""
        return f"the demand of {place!r} for {part!r}{_in(instance, period)}{met}"

    def average(number: int) -> Any:
        limit = fill[number]
        over = " ".join(
            [f"of {limit.part!r}"] * bool(limit.part) + [f"at {limit.place!r}"] * bool(limit.place)
        )
        return lambda key: f"the average fill rate {over or 'of all'}{_in(instance, key)}"

    return {
        "serve": demand,
        "hours": lambda key: f"the hours of {key[1]!r} at {key[0]!r}{_in(instance, key[2])}",
        "only_from_open_sites": lambda key: f"that {key[3]!r} must be open to print",
        "only_by_machines": lambda key: f"that {key[3]!r} needs a {key[4]!r} to print",
        "room_for_machines": lambda key: f"the most machines that {key[0]!r} may hold",
        "machines_at_open_sites": lambda key: f"that {key[0]!r} has a machine where it is open",
        "most_open_sites": lambda key: f"the most sites that may be open{_in(instance, key)}",
        "storage": lambda key: f"the room for stock at {key[0]!r}{_in(instance, key[1])}",
        "budget": lambda key: f"the budget of {instance.limits.budget:,.2f} {instance.currency}",
        "emissions": lambda key: f"the limit of {instance.limits.kg_co2:,.2f} kg of CO2",
        **{f"fill_rate_{number}": average(number) for number in range(len(fill))},
        "supply": lambda key: f"that {key[3]!r} supplies {key[1]!r} with {key[2]!r} or does not",
        "open": lambda key: f"that {key[0]!r} is {_state(instance, key[0])}",
        "machines": lambda key: f"how many {key[1]!r} may stand at {key[0]!r}",
    }


def _state(instance: Instance, place: str) -> str:
    state = next(site.state for site in instance.sites if site.place == place)
    return "open or not" if state == "candidate" else state


def _out_of_reach(instance: Instance, part: str, asked: float) -> str:
    """Say why no stock meets a fill rate, and what to ask for instead."""
    kind = next(entry for entry in instance.parts if entry.name == part)
    if asked > 0 and kind.emergency_cost is None:
        return f" (nobody stocks {part!r}: give it an emergency_cost, or ask for no fill rate)"
    if asked >= 1:
        return " (any stock is out at times: ask for less than 1)"
    return ""


def _more(amount: float, noun: str) -> str:
    """Return how many more, whole where a thing cannot be had in parts."""
    number = math.ceil(amount - 1e-6)
    return f"{number:,} more {noun}{'' if number == 1 else 's'}"


def remedy_words(instance: Instance) -> Words:
    """Return what to say of the least change of each family that may give way."""
    money = instance.currency
    return {
        "hours": lambda key, amount: (
            f"find {amount:,.1f} more hours a year of {key[1]!r} at {key[0]!r}"
            f"{_in(instance, key[2])}"
        ),
        "room_for_machines": lambda key, amount: (
            f"let {key[0]!r} hold {_more(amount, 'machine')}{_in(instance, key[1])}"
        ),
        "most_open_sites": lambda key, amount: (
            f"let {_more(amount, 'site')} be open{_in(instance, key)}"
        ),
        "storage": lambda key, amount: (
            f"find storage room of {amount:,.2f} more at {key[0]!r}{_in(instance, key[1])}"
        ),
        "budget": lambda key, amount: f"raise the budget by {amount:,.2f} {money}",
        "emissions": lambda key, amount: f"allow {amount:,.2f} kg more of CO2",
    }
