"""What order sizes and surplus are worth; and that every key that limits a plan has rows."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import amopt
from amopt.errors import InfeasibleError
from amopt.sourcing import worth_of_limits
from amopt.sourcing.instance.fields import Instance
from amopt.sourcing.worth.limits import FAMILIES, limits_of
from tests.sourcing.random_instances import crowded
from tests.sourcing.worth.test_worth import TOOLED, file, offer

PAGE = Path(__file__).parents[3] / "docs" / "decisions" / "sourcing.md"

DATA = frozenset(
    [
        "name",
        "role",
        "latitude",
        "longitude",
        "from",
        "to",
        "mode",
        "weeks",
        "cost_per_part",
        "cost_per_kg",
        "kg_co2_per_part",
        "kg_co2_per_kg",
        "duty_percent",
        "duty_on",
        "km_per_day",
        "detour_factor",
        "handling_days",
        "cost_per_kg_km",
        "kg_co2_per_kg_km",
        "transport",
        "weight_kg",
        "line",
        "part",
        "place",
        "quantity",
        "downtime_cost_per_hour",
        "hours_per_week",
        "unmet_penalty_per_part",
        "supplier",
        "asset_cost",
        "setup_cost",
        "asset_exists",
        "lead_time_weeks",
        "tooling_lead_time_weeks",
        "route",
        "process",
        "material",
        "between",
        "fee_per_order",
        "committed_counts",
        "machine_hours_per_part",
        "source",
        "request",
        "fetched_at",
        "reference",
        "log",
        "as_of",
        "when_old",
        "sha256",
        "fee_per_supplier",
        "kind",
        "percent",
        "cost_per_delivery",
        "cost",
        "done",
        "weeks_per_part",
        "royalty_per_print",
        "file",
        "delivery",
        "kg_co2",
        "machine_hours",
        "order",
        "tooling_weeks_left",
        "downtime",
        "amopt",
        "currency",
        "orders",
        "order_date",
        "why",
    ]
)
"""The last words of keys that say what is: names, prices, times, amounts that are asked for."""


def leaves(model: type[BaseModel], path: str = "") -> Iterator[str]:
    """Yield the keys of a file that hold values, as ``lines[].quantity``."""
    for name, field in model.model_fields.items():
        here, below = f"{path}{field.alias or name}", list(models(field.annotation))
        many = "[]" if "tuple" in str(field.annotation) else ""
        for own in below:
            yield from leaves(own, f"{here}{many}.")
        if not below:
            yield here


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in typing.get_args(annotation):
        yield from models(inner)


def table(header: str) -> list[list[str]]:
    """Return the rows of a table of the page, cell by cell."""
    _, _, below = PAGE.read_text(encoding="utf-8").partition(f"{header}\n")
    rows = below.partition("\n\n")[0].splitlines()[1:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def keys(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


WITH_ROWS = {
    key: keys(family)[0]
    for cell, family, _ in table("| key of the file | family | one step |")
    for key in keys(cell)
}
WITHOUT = {
    key: why
    for cell, why in table("| key of the file | why it has no rows |")
    for key in keys(cell)
}


def test_every_key_of_a_file_has_rows_or_a_reason() -> None:
    """A key that is new has to be told apart: rows, a reason in the page, or no limit at all."""
    every = set(leaves(Instance))
    assert len(every) > 100
    assert {*WITH_ROWS, *WITHOUT} <= every
    assert not WITH_ROWS.keys() & WITHOUT.keys()
    assert all(len(why.split()) > 3 for why in WITHOUT.values())
    left = {key for key in every if key not in WITH_ROWS and key not in WITHOUT}
    assert {key for key in left if key.rpartition(".")[2] not in DATA} == set()
    limiting = re.compile(r"least|most|largest|smallest|longest|limit|max|min|need|valid|closed")
    assert not [word for word in DATA if limiting.search(word)]
    assert set(WITH_ROWS.values()) == set(FAMILIES)


STATING: dict[str, dict[str, Any]] = {
    "lines[].need_by_weeks": {"lines": [{"need_by_weeks": 9}]},
    "lines[].need_by": {"order_date": "2026-03-02", "lines": [{"need_by": "2026-05-02"}]},
    "lines[].surplus": {"lines": [{"surplus": 7}]},
    "conventional[].minimum_order": {"conventional": [{"minimum_order": 20}]},
    "offers[].smallest_quantity": {"offers": [{"smallest_quantity": 5}]},
    "offers[].largest_quantity": {"offers": [{"largest_quantity": 80}]},
    "suppliers[].minimum_order_value": {
        "suppliers": [{"supplier": "alpha", "minimum_order_value": 50}]
    },
    "suppliers[].closed[].to": {
        "order_date": "2026-03-02",
        "suppliers": [
            {"supplier": "alpha", "closed": [{"from": "2026-03-05", "to": "2026-03-06"}]}
        ],
    },
    "shares[].least_suppliers": {"shares": [{"part": "cover", "least_suppliers": 2}]},
    "shares[].least_percent": {"shares": [{"part": "cover", "least_percent": 30}]},
    "shares[].largest_percent": {"shares": [{"part": "cover", "largest_percent": 80}]},
    "capacities[].machine_hours": {"capacities": [{"supplier": "alpha", "machine_hours": 99}]},
    "capacities[].parts": {"capacities": [{"supplier": "alpha", "parts": 99}]},
    "licences[].prints": {"licences": [{"part": "cover", "prints": 99}]},
    "limits.suppliers_per_line": {"limits": {"suppliers_per_line": 2}},
    "limits.budget": {"limits": {"budget": 9000}},
    "limits.weeks": {"limits": {"weeks": 20}},
    "limits.kg_co2": {"limits": {"kg_co2": 20}},
}
"""For each key a file that states it, as additions to covers."""


def stating(key: str) -> Any:
    data = file(offer("alpha", (1, 20), (300, 12), machine_hours_per_part=0.1), **TOOLED)
    plain = data.model_dump(mode="json", exclude_unset=True, by_alias=True)
    for name, more in STATING[key].items():
        old = plain.get(name)
        both = isinstance(old, list) and bool(old)
        plain[name] = [{**old[0], **more[0]}] if both else more
    return amopt.load(plain)


def changed(one: Any, other: Any, path: str = "") -> set[str]:
    """Return the keys at which two dumped files differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = {*one, *other}
        pairs = [(f"{path}.{n}".lstrip("."), one.get(n), other.get(n)) for n in names]
        return {key for here, a, b in pairs for key in changed(a, b, here)}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        both = zip(one, other, strict=True)
        return {key for a, b in both for key in changed(a, b, f"{path}[]")}
    return set() if one == other else {path}


@pytest.mark.parametrize("key", sorted(WITH_ROWS))
def test_a_file_that_states_a_limit_has_its_row(key: str) -> None:
    """And one step more changes this key, and no other, in what is solved again."""
    instance = stating(key)
    family = WITH_ROWS[key]
    assert family in {limit.family for limit in limits_of(instance)}
    (limit,) = [limit for limit in limits_of(instance) if limit.family == family]
    plain, more = (
        entry.model_dump(mode="json", by_alias=True)
        for entry in (instance, limit.at(limit.one_more))
    )
    moved = changed(plain, more)
    assert moved - {"lines[].need_by_weeks"} == {key} - {"lines[].need_by_weeks"}
    assert moved
    (row,) = worth_of_limits(instance, [family]).rows["worth"]
    assert row["worth_of_one_more"] is not None
    assert row["hint"] is not None


def of(instance: Any) -> dict[str, dict[str, Any]]:
    return {row["family"]: row for row in worth_of_limits(instance).rows["worth"]}


def test_a_largest_order_by_hand() -> None:
    """100 covers: 60 of alpha at 10, the rest at 13: each more saves 3, all of them 120."""
    row = of(file(offer("alpha", (1, 10), largest_quantity=60), offer("beta", (1, 13))))
    own = row["largest_order"]
    assert own["limit"] == "the largest quantity of 'alpha' for 'cover', 60 parts"
    assert (own["stated"], own["used"], own["unit"], own["step"]) == (60, 60, "parts", 1)
    assert own["worth_of_one_more"] == own["cost_of_one_less"] == pytest.approx(3)
    assert own["costs"] == pytest.approx(40 * 3)
    assert (own["next_useful"], own["gain"], own["hint"]) == (
        61,
        pytest.approx(3),
        pytest.approx(3),
    )


def test_a_smallest_order_by_hand() -> None:
    """60 of alpha at 10, 50 at least of beta at 11, so that ten too many of gamma's 20 go there."""
    entry = file(
        offer("alpha", (1, 10), largest_quantity=60),
        offer("beta", (1, 11), smallest_quantity=50),
        offer("gamma", (1, 20)),
    )
    own = of(entry)["smallest_order"]
    assert (own["stated"], own["used"], own["step"]) == (50, 50, -1)
    assert own["worth_of_one_more"] == pytest.approx(1)  # one more of alpha instead
    assert own["costs"] == own["gain"] * 10 == pytest.approx(10)
    assert own["cost_of_one_less"] == pytest.approx(1)
    assert own["next_useful"] == 49


def test_a_minimum_order_of_conventional_supply_by_hand() -> None:
    """100 wanted, 120 at least at 5 with 30 to spare: 600; 119 cost 595, and 100 cost 500."""
    entry = file(
        offer("alpha", (1, 20)),
        lines=[{"line": "1", "part": "cover", "quantity": 100, "surplus": 30}],
        conventional=[
            {"part": "cover", "cost_per_part": 5, "lead_time_weeks": 6, "minimum_order": 120}
        ],
    )
    rows = of(entry)
    own = rows["smallest_order"]
    assert own["limit"] == "the minimum order of conventional 'cover', 120 parts"
    assert own["worth_of_one_more"] == own["cost_of_one_less"] == pytest.approx(5)
    assert own["costs"] == pytest.approx(100)
    own = rows["surplus"]
    assert (own["stated"], own["used"]) == (30, 20)
    assert own["costs"] == own["worth_of_one_more"] == own["cost_of_one_less"] == 0


def test_a_surplus_by_hand() -> None:
    """300 at 12 are cheaper than 250 at 20, and 40 to spare are ten short of them."""
    lines = [{"line": "1", "part": "cover", "quantity": 250, "surplus": 40}]
    own = of(file(offer("alpha", (1, 20), (300, 12)), lines=lines))["surplus"]
    assert (own["stated"], own["used"], own["step"]) == (40, 0, 1)
    assert (own["worth_of_one_more"], own["cost_of_one_less"]) == (0, 0)
    assert (own["next_useful"], own["gain"]) == (50, pytest.approx(5000 - 3600))
    assert own["costs"] == pytest.approx(1400)


def test_order_sizes_that_no_plan_meets_have_no_rows() -> None:
    """One part is what any order has, and nobody orders more than the lines ask for."""
    entry = file(offer("alpha", (1, 20), smallest_quantity=1, largest_quantity=100), **TOOLED)
    assert not list(limits_of(entry))


def test_two_offers_of_a_supplier_are_told_apart() -> None:
    two = [
        offer("alpha", (1, 20), largest_quantity=60, material=material)
        for material in ("PA12", "steel")
    ]
    words = [limit.words for limit in limits_of(file(*two))]
    assert len(set(words)) == 2
    assert "(direct, steel)" in words[1]


def test_a_fitted_line_is_never_followed_below_zero() -> None:
    """Total -60 + 20 q: three parts are free, and fewer would be paid for."""
    entry = file(
        {
            **offer("alpha", (10, 14), (50, 18.8), smallest_quantity=10),
            "between": "line",
        },
        quantity=20,
    )
    (limit,) = limits_of(entry)
    assert limit.low == pytest.approx(3)
    assert amopt.solve(limit.at(None)).outcome.objective == pytest.approx(-60 + 20 * 20)


@pytest.mark.sampled(6)
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_every_number_of_order_sizes_against_a_scan(seed: int) -> None:
    entry = amopt.load(crowded(seed))

    def value(instance: Any) -> float | None:
        try:
            found = amopt.solve(instance).outcome
        except InfeasibleError:
            return None
        return found.objective

    plain = value(entry)
    if plain is None:
        return
    near = 3e-6 * abs(plain)
    rows = worth_of_limits(entry, ["smallest_order", "largest_order", "surplus"]).rows["worth"]
    limits = {limit.words: limit for limit in limits_of(entry)}
    for row in rows:
        limit = limits[row["limit"]]
        more, free = value(limit.at(limit.one_more)), value(limit.at(None))
        assert more is not None
        assert free is not None
        assert row["worth_of_one_more"] == pytest.approx(plain - more, abs=near)
        assert row["costs"] == pytest.approx(plain - free, abs=near)
        known = [limit.at(limit.moved(n)) for n in range(1, 13)]
        gains = [plain - (value(entry) or 0.0) for entry in known]
        assert gains == sorted(gains) or max(gains) - min(gains) <= near
        first = next((limit.moved(n + 1) for n, gain in enumerate(gains) if gain > near), None)
        assert row["next_useful"] == first or (first is None and row["next_useful"] is not None)
