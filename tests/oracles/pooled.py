"""Every split of every line over the orders that lines may share, priced from the quote table."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import product
from typing import Any

from tests.oracles.one_line import orders_of

TINY = 1e-9

Pool = tuple[int, str]
"""A source (offers first), and the line whose own order it is; empty where lines share it."""

Split = dict[Pool, int]


def best(data: dict[str, Any], *, splits: int = 40_000) -> float | None:
    """Return the least cost and waiting of any plan; infinite without one, None for too many."""
    sources = [*data["offers"], *data["conventional"]]
    own = [list(_splits(data, sources, line)) for line in data["lines"]]
    if math.prod(map(len, own)) > splits:
        return None
    total = sum(line["quantity"] + line.get("surplus", 0) for line in data["lines"])
    tables = [
        orders_of(offer, total)
        if "supplier" in offer
        else {
            q: (
                offer.get("setup_cost", 0.0) + offer["cost_per_part"] * q,
                offer["lead_time_weeks"],
            )
            for q in range(max(1, math.ceil(offer.get("minimum_order", 1))), total + 1)
        }
        for offer in sources
    ]
    return min((_total(data, sources, tables, plan) for plan in product(*own)), default=math.inf)


def _splits(
    data: dict[str, Any], sources: list[dict[str, Any]], line: dict[str, Any]
) -> Iterator[Split]:
    mode, name = data["orders"], line["line"]
    pools: list[Pool] = []
    for s, source in enumerate(sources):
        if source["part"] == line["part"]:
            pools += [(s, "")] if mode != "by_line" else []
            pools += [(s, name)] if mode != "together" else []
    least = 0 if "unmet_penalty_per_part" in line else line["quantity"]
    for total in range(least, line["quantity"] + line.get("surplus", 0) + 1):
        for parts in _compositions(total, len(pools)):
            split = {pool: q for pool, q in zip(pools, parts, strict=True) if q}
            if len({s for s, _ in split}) == len(split):
                yield split


def _compositions(total: int, into: int) -> Iterator[tuple[int, ...]]:
    if into == 0:
        if not total:
            yield ()
        return
    for first in range(total + 1 if into > 1 else 0, -1, -1) if into > 1 else (total,):
        if first <= total:
            for rest in _compositions(total - first, into - 1):
                yield (first, *rest)


def _total(
    data: dict[str, Any],
    sources: list[dict[str, Any]],
    tables: list[dict[int, tuple[float, float]]],
    plan: tuple[Split, ...],
) -> float:
    """Return what a plan costs, infinite where it breaks a rule."""
    ordered: dict[Pool, int] = defaultdict(int)
    for split in plan:
        for pool, q in split.items():
            ordered[pool] += q
    if any(q not in tables[s] for (s, _), q in ordered.items()):
        return math.inf
    if not _enough_spent(data, sources, tables, ordered):
        return math.inf
    paid = sum(tables[s][q][0] for (s, _), q in ordered.items())
    paid += _once(data, sources, plan) - _discounts(data, sources, tables, ordered)
    waiting = penalty = 0.0
    made: dict[tuple[str, str], int] = defaultdict(int)
    hours: dict[str, float] = defaultdict(float)
    for line, split in zip(data["lines"], plan, strict=True):
        weeks = 0.0
        suppliers = {sources[s].get("supplier", "conventional") for s, _ in split}
        if len(suppliers) > data.get("limits", {}).get("suppliers_per_line", 99):
            return math.inf
        for pool, q in split.items():
            source = sources[pool[0]]
            late = tables[pool[0]][ordered[pool]][1]
            if "supplier" in source:
                before, per_part, money = _beside(data, source)
                late = _reopened(data, source, late + before + per_part * ordered[pool])
                paid += (money + _royalty(data, source)) * q
                duty = _duty(data, source["supplier"], line)
                paid += (
                    duty
                    * (tables[pool[0]][ordered[pool]][0] - source.get("fee_per_order", 0.0))
                    * q
                    / ordered[pool]
                )
                made[line["part"], source["supplier"]] += q
                hours[source["supplier"]] += source.get("machine_hours_per_part", 0.0) * q
            weeks = max(weeks, late)
        if weeks > line.get("need_by_weeks", math.inf) + TINY:
            return math.inf
        short = max(0, line["quantity"] - sum(split.values()))
        penalty += line.get("unmet_penalty_per_part", 0.0) * short
        waiting += 40 * line.get("downtime_cost_per_hour", 0.0) * weeks
    for capacity in data.get("capacities", ()):
        if hours[capacity["supplier"]] > capacity["machine_hours"] + TINY:
            return math.inf
    for licence in data.get("licences", ()):
        prints = sum(
            q
            for (part, who), q in made.items()
            if part == licence["part"] and licence.get("supplier") in (None, who)
        )
        if prints > licence["prints"] + TINY:
            return math.inf
    if not all(_shared(data, sources, plan, share) for share in data.get("shares", ())):
        return math.inf
    if paid > data.get("limits", {}).get("budget", math.inf) + 1e-7:
        return math.inf
    return paid + waiting + penalty


def _duty(data: dict[str, Any], start: str, line: dict[str, Any]) -> float:
    """Return the duty on the only lane from a supplier to a line's place, as a share of prices."""
    return sum(
        lane.get("duty_percent", 0.0) / 100
        for lane in data.get("network", {}).get("lanes", ())
        if (lane["from"], lane["to"]) == (start, line.get("place"))
    )


def _reopened(data: dict[str, Any], source: dict[str, Any], weeks: float) -> float:
    """Return when what takes so many weeks is ready, day by day of its supplier's closures."""
    shut = {
        (date.fromisoformat(own["from"]) - date.fromisoformat(data["order_date"])).days + n
        for entry in data.get("suppliers", ())
        if entry["supplier"] == source["supplier"]
        for own in entry.get("closed", ())
        for n in range((date.fromisoformat(own["to"]) - date.fromisoformat(own["from"])).days + 1)
    }
    ready, left = 0.0, 7 * weeks
    while left > 1e-7:
        open_until = min((day for day in shut if day >= ready - 1e-7), default=math.inf)
        worked = min(left, max(0.0, open_until - ready))
        ready, left = ready + worked, left - worked
        if left > 1e-7:
            ready = open_until + 1
    return ready / 7


def _enough_spent(
    data: dict[str, Any],
    sources: list[dict[str, Any]],
    tables: list[dict[int, tuple[float, float]]],
    ordered: dict[Pool, int],
) -> bool:
    """Return whether as much is spent at each supplier that gets an order as it asks for."""
    for entry in data.get("suppliers", ()):
        own = [
            tables[s][q][0] - sources[s].get("fee_per_order", 0.0)
            for (s, _), q in ordered.items()
            if sources[s].get("supplier") == entry["supplier"]
        ]
        if own and sum(own) < entry.get("minimum_order_value", 0.0) * (1 - TINY):
            return False
    return True


def _discounts(
    data: dict[str, Any],
    sources: list[dict[str, Any]],
    tables: list[dict[int, tuple[float, float]]],
    ordered: dict[Pool, int],
) -> float:
    """Return what suppliers take off what is spent on parts there, fees not among it."""
    off = 0.0
    for entry in data.get("suppliers", ()):
        discounts = entry.get("spend_discounts")
        if not discounts:
            continue
        spent = sum(
            tables[s][q][0] - sources[s].get("fee_per_order", 0.0)
            for (s, _), q in ordered.items()
            if sources[s].get("supplier") == entry["supplier"]
        )
        ends = [tier["from"] for tier in discounts["tiers"][1:]] + [math.inf]
        for tier, end in zip(discounts["tiers"], ends, strict=True):
            begin = tier["from"]
            if begin * (1 - TINY) <= spent and discounts["kind"] == "incremental":
                off += (min(spent, end) - begin) * tier["percent"] / 100
            elif begin * (1 - TINY) <= spent < end * (1 - TINY):
                off += spent * tier["percent"] / 100
    return off


def _shared(
    data: dict[str, Any],
    sources: list[dict[str, Any]],
    plan: tuple[Split, ...],
    share: dict[str, Any],
) -> bool:
    """Return whether enough suppliers have enough of a part, and none too much."""
    asked, made = 0, defaultdict(int)
    for line, split in zip(data["lines"], plan, strict=True):
        if line["part"] == share["part"]:
            asked += line["quantity"]
            for (s, _), q in split.items():
                made[sources[s].get("supplier", "conventional")] += q
    if not asked:
        return True
    counted = [
        100 * q >= share.get("least_percent", 0) * asked - TINY
        for who, q in made.items()
        if who != "conventional" or share.get("conventional_counts", True)
    ]
    most = share.get("largest_percent", 100)
    few = sum(counted) < share.get("least_suppliers", 1)
    return not few and (most == 100 or all(100 * q <= most * asked + TINY for q in made.values()))


def _royalty(data: dict[str, Any], offer: dict[str, Any]) -> float:
    return sum(
        licence.get("royalty_per_print", 0.0)
        for licence in data.get("licences", ())
        if licence["part"] == offer["part"] and licence.get("supplier") in (None, offer["supplier"])
    )


def _beside(data: dict[str, Any], offer: dict[str, Any]) -> tuple[float, float, float]:
    """Return weeks an order, weeks a part and money a part beside the quotes."""
    part, weeks = offer["part"], 0.0
    for entry in data.get("preparations", ()):
        weeks += entry.get("weeks", 0.0) if entry["part"] == part else 0.0
    for entry in data.get("approvals", ()):
        if (entry["supplier"], entry["part"]) == (offer["supplier"], part):
            weeks += 0.0 if entry.get("done") else entry.get("weeks", 0.0)
    for entry in data.get("post_processing", ()):
        if entry["part"] == part:
            return weeks + entry["weeks"], entry["weeks_per_part"], entry["cost_per_part"]
    return weeks, 0.0, 0.0


def _once(data: dict[str, Any], sources: list[dict[str, Any]], plan: tuple[Split, ...]) -> float:
    """Return what is paid once: tooling, deliveries, fees of suppliers, approvals, models."""
    found: dict[Any, float] = {}
    for line, split in zip(data["lines"], plan, strict=True):
        part = line["part"]
        for pool in split:
            source = sources[pool[0]]
            who = source.get("supplier", "conventional")
            for entry in data.get("deliveries", ()):
                if (entry["supplier"], entry["place"]) == (who, line.get("place")):
                    found["delivery", pool, entry["place"]] = entry["cost_per_delivery"]
            if who == "conventional":
                found["tooling", part] = source.get("asset_cost", 0.0)
                continue
            for entry in data.get("suppliers", ()):
                if entry["supplier"] == who:
                    found["supplier", who] = entry.get("fee_per_supplier", 0.0)
            for entry in data.get("approvals", ()):
                if (entry["supplier"], entry["part"]) == (who, part) and not entry.get("done"):
                    found["approval", who, part] = entry["cost"]
            for entry in data.get("preparations", ()):
                if entry["part"] == part:
                    found["preparation", part] = entry["cost"]
    return sum(found.values())
