"""Sites that placement opened become places of printing: one instance each."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from amopt.errors import UsageError
from amopt.instance.suggest import closest, did_you_mean, shown
from amopt.kinds import load
from amopt.phrases import counted
from amopt.road.chosen_parts import fail_as_needed
from amopt.road.pattern import HandedOver, Provenance, in_one_currency, plain, repeated

if TYPE_CHECKING:
    from amopt.instance.common import Instance
    from amopt.placement import Instance as PlacementInstance
    from amopt.solution import Solution

__all__ = ["printing_at_sites"]


def printing_at_sites(
    instance: PlacementInstance,
    solution: Solution,
    template: Instance,
    *,
    period: str | None = None,
) -> dict[str, HandedOver]:
    """Return an instance of printing for each site that placement opened and prints at.

    Parameters
    ----------
    instance
        The placement instance.
    solution
        Its answer.
    template
        An instance of printing: its cycle, criterion and systems stand; the part called ``*`` is
        the pattern for every part that a site prints. Network, place and what the place is supplied
        from come from placement.
    period
        The period of the plan; left out, the first.

    Returns
    -------
    dict
        Each site's instance, its data valid.

    Raises
    ------
    InvalidInstanceError
        When what comes out is no valid instance, with everything that is wrong.
    UsageError
        When the template is not one of printing, holds no pattern or counts money in another
        currency, there is no such period, or no site prints.
    """
    if template.kind != "printing":
        raise UsageError(f"sites become places of printing; the template is of {template.kind}")
    if instance.fingerprint() != (solution.fingerprint or instance.fingerprint()):
        raise UsageError(f"the answer is not one to {shown(instance.name)}: solve it again")
    periods = list(dict.fromkeys(str(row["period"]) for row in solution.rows["sites"]))
    chosen = periods[0] if period is None else period
    if chosen not in periods:
        match = closest(chosen, periods)
        hint = f" {did_you_mean(match)}" if match else ""
        raise UsageError(
            f"the plan has no period {shown(chosen)}, only {', '.join(periods)}.{hint}"
        )
    printed = _printed(instance, solution, chosen)
    if not printed:
        raise UsageError(f"no site prints in period {shown(chosen)}")
    return {site: _at(instance, template, site, parts, solution) for site, parts in printed.items()}


def _printed(
    instance: PlacementInstance, solution: Solution, period: str
) -> dict[str, dict[str, dict[str, float]]]:
    """Return for each open site the parts that it prints: how many a year, by machine."""
    opened = [
        row["place"] for row in solution.rows["sites"] if row["open"] and row["period"] == period
    ]
    number = [one.name for one in instance.periods].index(period) if instance.periods else 0
    factor = instance.periods[number].demand_factor if instance.periods else 1.0
    demand = {
        (one.place, one.part): (one.by_period[number] if one.by_period else one.per_year * factor)
        for one in instance.demand
    }
    found: dict[str, dict[str, dict[str, float]]] = {}
    for row in solution.rows["supply"]:
        if row["machine"] and row["source"] in opened and row["period"] == period:
            by_machine = found.setdefault(row["source"], {}).setdefault(row["part"], {})
            needed = demand[row["place"], row["part"]] * row["share"]
            by_machine[row["machine"]] = by_machine.get(row["machine"], 0.0) + needed
    return {
        site: kept
        for site in opened
        if (
            kept := {
                part: one for part, one in found.get(site, {}).items() if sum(one.values()) > 0
            }
        )
    }


def _at(
    instance: PlacementInstance,
    template: Instance,
    site: str,
    printed: dict[str, dict[str, float]],
    solution: Solution,
) -> HandedOver:
    """Return the instance of one site."""
    data = plain(template)
    notes = in_one_currency(data, template, instance)
    lists = repeated(data, list(printed), ("parts",))
    systems = {system["name"]: system["count"] for system in data["systems"]}
    known = {part.name: part for part in instance.parts}
    provenance = Provenance()
    for name, entry in lists["parts"]:
        if not name:
            continue
        by_machine, needed = printed[name], sum(printed[name].values())
        before = entry["order_cost"]
        provenance.put(entry, "order_cost", _order_cost(instance, name), "price")
        if "expedite_cost" in entry and before:
            entry["expedite_cost"] *= entry["order_cost"] / before
        entry["print_cost"] = sum(  # the mean over the machines, by what each prints
            share / needed * _print_cost(instance, solution, site, name, machine)
            for machine, share in by_machine.items()
        )
        entry["mass_kg"] = known[name].kg
        if known[name].holding_cost_per_year_per_value:
            entry.pop("holding_cost_per_day", None)
            share = known[name].holding_cost_per_year_per_value
            entry["holding_cost_per_year_per_value"] = share
        fail_as_needed(entry, needed / systems[entry["system"]])
    data["parts"] = [entry for _, entry in lists["parts"]]
    data["name"] = f"{template.name}, {site}"
    data["source"] = f"Site {site} of {instance.name}, by placement"
    supplied = _supplied_from(instance, data.get("supplied_from"), list(printed))
    for key in ("network", "place", "supplied_from"):
        data.pop(key, None)
    if supplied is not None and supplied != site:
        network = instance.model_dump(mode="json", by_alias=True, exclude_unset=True)["network"]
        data.update(network=network, place=site, supplied_from=supplied)
    load(data)
    head = f"{counted(len(printed), 'part')} that {site} prints in the plan of {instance.name}."
    return HandedOver(data, (head, *notes, *provenance.notes("the placement instance")))


def _order_cost(instance: PlacementInstance, part: str) -> float | None:
    """Return the least price of conventional supply; None where there is none."""
    prices = [one.cost_per_part for one in instance.conventional if one.part == part]
    return min(prices, default=None)


def _print_cost(
    instance: PlacementInstance, solution: Solution, site: str, part: str, machine: str
) -> float:
    """Return what printing one costs at a site: material, hours, and the site's fee."""
    own = next(one for one in instance.parts if one.name == part)
    how = next(one for one in own.print if one.machine == machine)
    kind = next(one for one in instance.machines if one.name == machine)
    place = next(one for one in instance.sites if one.place == site)
    hourly = kind.cost_per_hour
    by_the_hour = any(
        row["place"] == site and row["machine"] == machine and row["ownership"] == "contract"
        for row in solution.rows["fleet"]
    )
    if by_the_hour:
        hourly += sum(one.cost_per_hour for one in place.contracts if one.machine == machine)
    return how.material_cost + how.hours * hourly + place.fee_per_part


def _supplied_from(instance: PlacementInstance, asked: str | None, parts: list[str]) -> str | None:
    """Return the place that replenishes: the template's, or where most parts come from."""
    names = {place.name for place in instance.network.places}
    if asked in names:
        return asked
    sources = Counter(
        one.from_ for one in instance.conventional if one.part in parts and one.from_ is not None
    )
    return sources.most_common(1)[0][0] if sources else None
