"""Parts that screening chose become an instance of sourcing, printing or placement."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from amopt.errors import UsageError
from amopt.instance.suggest import shown
from amopt.kinds import load
from amopt.phrases import counted, listed
from amopt.road.pattern import HandedOver, Provenance, in_one_currency, plain, repeated

if TYPE_CHECKING:
    from amopt.instance.common import Instance
    from amopt.screening import Instance as ScreeningInstance
    from amopt.solution import Solution

__all__ = ["TARGETS", "hand_over"]

DAYS_A_YEAR = 365.0
"""Days of the year over which a demand is spread."""

ROUNDING = 1e-12
"""Share of a demand that is rounding: 0.28 a year for 25 years is 7 parts, and not 8."""

Facts = Mapping[str, Any]
Lists = dict[str, list[tuple[str, dict[str, Any]]]]
Fill = Callable[[Lists, Mapping[str, Facts], Provenance, float], None]


def hand_over(
    instance: ScreeningInstance, solution: Solution, template: Instance, *, years: float = 1.0
) -> HandedOver:
    """Return an instance of the template's decision for the parts that screening chose.

    Parameters
    ----------
    instance
        The screening instance.
    solution
        Its answer.
    template
        An instance of sourcing, printing or placement: entries about part ``*`` are repeated for
        each chosen part, and what the portfolio knows takes the place of their values.
    years
        Years of demand that an order line of sourcing is for.

    Returns
    -------
    HandedOver
        Its data are a valid instance.

    Raises
    ------
    InvalidInstanceError
        When what comes out is no valid instance, with everything that is wrong.
    UsageError
        When the template is of no such decision, holds no pattern, counts money in another
        currency, or nothing was chosen.
    """
    if template.kind not in TARGETS:
        raise UsageError(
            f"chosen parts become an instance of {', '.join(TARGETS)}, not of {template.kind}"
        )
    if instance.fingerprint() != (solution.fingerprint or instance.fingerprint()):
        raise UsageError(f"the answer is not one to {shown(instance.name)}: solve it again")
    names = [str(row["part"]) for row in solution.rows["examine"]]
    if not names:
        raise UsageError("screening chose no part, so there is nothing to hand over")
    required, fill = TARGETS[template.kind]
    data = plain(template)
    notes = in_one_currency(data, template, instance)
    lists = repeated(data, names, required)
    facts = _facts(instance, names)
    provenance = Provenance()
    if template.kind == "printing":
        _systems(data, lists, facts)
    if template.kind == "placement":
        hourly = {one["name"]: one.get("cost_per_hour", 0.0) for one in data.get("machines", ())}
        for own in facts.values():
            own["hourly"] = hourly
    fill(lists, facts, provenance, years)
    data.update({key: [entry for _, entry in entries] for key, entries in lists.items()})
    data["source"] = f"{counted(len(names), 'part')} of {instance.name}, by screening"
    load(data)
    idle = _idle(facts) if template.kind == "sourcing" else []
    if idle:
        named = listed([shown(name) for name in idle], most=5)
        notes = (*notes, f"None are needed of {named}: no order lines.")
    head = f"{counted(len(names), 'part')} that screening chose of {instance.name}."
    return HandedOver(data, (head, *notes, *provenance.notes("the portfolio")))


def _facts(instance: ScreeningInstance, names: list[str]) -> dict[str, dict[str, Any]]:
    """Return what is known of parts, with the print cost that the screening counted with.

    ``priced_by`` names what the print cost is taken from.
    """
    parts, share = instance.parts, instance.examination.print_cost_share
    place = {name: index for index, name in enumerate(parts.names)}
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        own: dict[str, Any] = {one: parts.value(one, place[name]) for one in parts.attributes}
        own["priced_by"] = "print_cost_per_part"
        cost = own.get("cost_per_part")
        if own.get("print_cost_per_part") is None and share is not None and cost is not None:
            own.update(print_cost_per_part=share * cost, priced_by="print_cost_share")
        found[name] = own
    return found


def _idle(facts: Mapping[str, Facts]) -> list[str]:
    """Return the parts of which none are needed: nothing is ordered for them."""
    return [name for name, own in facts.items() if own.get("demand_per_year") == 0]


def _of(lists: Lists, key: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the entries of a list that came from a pattern, with their parts."""
    return [(name, entry) for name, entry in lists.get(key, []) if name]


def _sourcing(
    lists: Lists, facts: Mapping[str, Facts], provenance: Provenance, years: float
) -> None:
    """Fill parts, order lines, conventional supply and offers."""
    for name, entry in _of(lists, "parts"):
        for key, attribute in (
            ("length_mm", "length_mm"),
            ("width_mm", "width_mm"),
            ("height_mm", "height_mm"),
            ("weight_kg", "mass_kg"),
        ):
            provenance.put(entry, key, facts[name].get(attribute) or None, attribute)
    lists["lines"] = [(name, entry) for name, entry in lists["lines"] if name not in _idle(facts)]
    for name, entry in _of(lists, "lines"):
        demand = facts[name].get("demand_per_year")
        quantity = None if demand is None else max(1, math.ceil(demand * years * (1 - ROUNDING)))
        provenance.put(entry, "quantity", quantity, "demand_per_year")
    for name, entry in _of(lists, "conventional"):
        provenance.put(entry, "cost_per_part", facts[name].get("cost_per_part"), "cost_per_part")
        provenance.put(
            entry, "lead_time_weeks", facts[name].get("lead_time_weeks"), "lead_time_weeks"
        )
    for name, entry in _of(lists, "offers"):
        quotes = entry["quotes"]
        cost = facts[name].get("print_cost_per_part")
        first = quotes[0]["cost_per_part"]
        if cost is None or not first:
            provenance.lacking[facts[name]["priced_by"]] += 1
            continue
        provenance.taken[facts[name]["priced_by"]] += 1
        for quote in quotes:
            quote["cost_per_part"] = quote["cost_per_part"] * cost / first


def _printing(
    lists: Lists, facts: Mapping[str, Facts], provenance: Provenance, years: float
) -> None:
    """Fill the parts: costs, and failures so that the systems need what is in demand."""
    for name, entry in _of(lists, "parts"):
        own = facts[name]
        before = entry["order_cost"]
        provenance.put(entry, "order_cost", own.get("cost_per_part"), "cost_per_part")
        if "expedite_cost" in entry and before:
            entry["expedite_cost"] *= entry["order_cost"] / before
        if entry.get("print_cost") is not None:
            cost = own.get("print_cost_per_part")
            provenance.put(entry, "print_cost", cost, own["priced_by"])
        provenance.put(entry, "mass_kg", own.get("mass_kg"), "mass_kg")
        demand = own.get("demand_per_year")
        if not demand:
            provenance.lacking["demand_per_year"] += 1
            continue
        provenance.taken["demand_per_year"] += 1
        fail_as_needed(entry, demand / own["systems"])


def fail_as_needed(entry: dict[str, Any], demand_per_year: float) -> None:
    """Set the failures of a part of printing so that one system needs so many a year.

    A printed part fails as many times more often as in the pattern.
    """
    rate = demand_per_year / DAYS_A_YEAR
    old = _rate(entry, "failure")
    for kind in ("failure", "printed_failure"):
        own = _rate(entry, kind)
        new = rate if kind == "failure" or not old else (own or 0.0) * rate / (old or 1.0)
        if entry.get(f"{kind}_rate_per_day") is not None:
            entry[f"{kind}_rate_per_day"] = new
        elif entry.get(f"{kind}_probability_per_day") is not None:
            entry[f"{kind}_probability_per_day"] = -math.expm1(-new)


def _rate(entry: Mapping[str, Any], kind: str) -> float | None:
    """Return the rate a day of a kind of failure, whichever way it is given."""
    rate = entry.get(f"{kind}_rate_per_day")
    if rate is None and (chance := entry.get(f"{kind}_probability_per_day")) is not None:
        rate = -math.log1p(-min(chance, 1 - 1e-12))
    return rate


def _systems(data: Mapping[str, Any], lists: Lists, facts: dict[str, Any]) -> None:
    """Give each part the system that its equipment names, where there is one of that name."""
    counts = {system["name"]: system["count"] for system in data["systems"]}
    folded = {" ".join(name.casefold().split()): name for name in counts}
    for name, entry in _of(lists, "parts"):
        equipment = str(facts[name].get("equipment") or "")
        entry["system"] = folded.get(" ".join(equipment.casefold().split()), entry["system"])
        facts[name]["systems"] = counts[entry["system"]]


def _placement(
    lists: Lists, facts: Mapping[str, Facts], provenance: Provenance, years: float
) -> None:
    """Fill parts, conventional supply, and demand: as much in all as the portfolio says."""
    for name, entry in _of(lists, "parts"):
        provenance.put(entry, "kg", facts[name].get("mass_kg"), "mass_kg")
        provenance.put(entry, "unit_value", facts[name].get("cost_per_part"), "cost_per_part")
        cost = facts[name].get("print_cost_per_part")
        for how in entry.get("print", ()):
            hours = how["hours"] * facts[name]["hourly"][how["machine"]]
            material = None if cost is None else max(0.0, cost - hours)
            provenance.put(how, "material_cost", material, facts[name]["priced_by"])
    for name, entry in _of(lists, "conventional"):
        provenance.put(entry, "cost_per_part", facts[name].get("cost_per_part"), "cost_per_part")
        provenance.put(
            entry, "lead_time_weeks", facts[name].get("lead_time_weeks"), "lead_time_weeks"
        )
    whole: dict[str, float] = {}
    for name, entry in _of(lists, "demand"):
        whole[name] = whole.get(name, 0.0) + entry["per_year"]
    for name, entry in _of(lists, "demand"):
        demand = facts[name].get("demand_per_year")
        share = entry["per_year"] / whole[name] if whole[name] else None
        known = None if demand is None or share is None else demand * share
        provenance.put(entry, "per_year", known, "demand_per_year")


TARGETS: dict[str, tuple[tuple[str, ...], Fill]] = {
    "sourcing": (("parts", "lines"), _sourcing),
    "printing": (("parts",), _printing),
    "placement": (("parts", "demand"), _placement),
}
"""The decisions that take chosen parts: the lists that need a pattern, and what fills them."""
