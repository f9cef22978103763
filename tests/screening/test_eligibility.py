"""Which parts can be printed: one by one by hand, and against a judge that tries every value."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import pytest

from amopt.screening import solve
from amopt.screening.eligibility import eligibility
from amopt.screening.referee.verdicts import verdicts as judged_anew
from tests.screening.cases import at_random, small

BOX = {"length_mm": 300, "width_mm": 200, "height_mm": 100}


def verdicts(rows: list[dict[str, Any]], **changes: Any) -> dict[str, dict[str, Any]]:
    whole = [
        {"lead_time_weeks": 1, "expected_saving": 1, "material": None, **dict.fromkeys(BOX), **row}
        for row in rows
    ]
    answer = solve(small(whole, **changes))
    return {row["part"]: dict(row) for row in answer.rows["parts"]}


@pytest.mark.parametrize("turned", list(permutations((300, 200, 100))))
def test_a_part_that_fits_is_turned_as_it_must_be(turned: tuple[int, int, int]) -> None:
    rows = [
        {"part": "fits", **dict(zip(BOX, turned, strict=True))},
        {"part": "not", **dict(zip(BOX, (201, 101, 150), strict=True))},
    ]
    found = verdicts(rows, machines=[{"name": "printer", "build_envelope": BOX}])
    assert found["fits"]["eligible"] == "yes"
    assert found["fits"]["machine"] == "printer"
    assert found["not"]["eligible"] == "no"
    assert found["not"]["attribute"] == "width_mm"  # 101, where the least side is 100
    assert found["not"]["value"] == 101
    assert found["not"]["machine"] is None


def test_what_is_missing_never_rejects_and_what_is_known_may_be_enough() -> None:
    rows = [
        {"part": "blank"},
        {"part": "long", "length_mm": 301},  # whatever its width
        {"part": "two long", "length_mm": 201, "height_mm": 201},  # only one side takes 201
        {"part": "short", "length_mm": 10, "width_mm": 10},
        {"part": "wood", "material": "wood"},  # no machine, whatever its size
        {"part": "steel", "material": "Steel ", **BOX},
    ]
    machines = [{"name": "printer", "build_envelope": BOX, "materials": ["steel"]}]
    found = verdicts(rows, machines=machines)
    assert {name: row["eligible"] for name, row in found.items()} == {
        "blank": "unknown",
        "long": "no",
        "two long": "no",
        "short": "unknown",
        "wood": "no",
        "steel": "yes",
    }
    assert found["blank"]["attribute"] == "material"
    assert found["blank"]["reason"] == "material is not known"
    assert found["wood"]["attribute"] == "material"
    assert found["wood"]["reason"] == "no machine works its material"


def test_the_dimension_that_does_not_fit_is_blamed_and_not_the_largest() -> None:
    rows = [
        {"part": "thick", "material": "wood", "length_mm": 150, "width_mm": 60, "height_mm": 120},
        {"part": "cube", "material": "wood", "length_mm": 250, "width_mm": 250, "height_mm": 250},
        {"part": "half known", "material": "wood", "width_mm": 60, "height_mm": 500},
        {"part": "long", "material": "steel", "length_mm": 40, "width_mm": 450, "height_mm": 60},
    ]
    machines = [
        {"name": "saw", "materials": ["wood"], "build_envelope": BOX | {"height_mm": 50}},
        {"name": "wide", "materials": ["steel"], "build_envelope": dict.fromkeys(BOX, 55)},
        {"name": "tall", "materials": ["steel"], "build_envelope": BOX},
    ]
    found = verdicts(rows, machines=machines)
    told = {name: (row["attribute"], row["value"]) for name, row in found.items()}
    assert told == {
        "thick": ("width_mm", 60),
        "cube": ("length_mm", 250),  # along the side of 50, being the first of three alike
        "half known": ("height_mm", 500),
        "long": ("width_mm", 450),  # in the tall one, which is nearer
    }
    assert {row["reason"] for row in found.values()} == {
        "no machine that works its material is large enough"
    }


def test_what_is_too_large_is_the_worst_side_of_the_nearest_machine() -> None:
    """By every turn of every part in every machine that works its material."""
    blamed = 0
    for seed in range(30):
        instance = at_random(seed, 60)
        judged, again = eligibility(instance), judged_anew(instance)
        assert judged.attributes
        for place, reason in enumerate(again.reason):
            if reason is None or "large enough" not in reason:
                continue
            attribute = judged.attributes[judged.attribute[place]]
            assert again.attribute[place] == attribute
            sizes = {name: instance.parts.value(name, place) or 0.0 for name in BOX}
            made_of = str(instance.parts.value("material", place) or "").casefold().split(";")
            found: list[tuple[float, set[str]]] = []
            for machine in instance.machines:
                works = {word.casefold().strip() for word in machine.materials}
                if machine.build_envelope is None or not (
                    not works or made_of == [""] or works & {one.strip() for one in made_of}
                ):
                    continue
                sides = machine.build_envelope.model_dump().values()
                for turned in permutations(sides):
                    excess = {n: sizes[n] / side for n, side in zip(BOX, turned, strict=True)}
                    worst = max(excess.values())
                    found.append((worst, {n for n, one in excess.items() if one == worst}))
            least = min(worst for worst, _ in found)
            assert least > 1
            assert any(attribute in names for worst, names in found if worst == least)
            blamed += 1
    assert blamed > 200


def test_a_material_is_not_sought_where_machines_that_ask_for_it_are_too_small() -> None:
    rows = [{"part": "wide", "length_mm": 250}, {"part": "small", "length_mm": 50}]
    machines = [
        {"name": "open", "build_envelope": BOX},
        {"name": "tiny", "build_envelope": dict.fromkeys(BOX, 60), "materials": ["steel"]},
    ]
    answer = solve(small(
        [{"lead_time_weeks": 1, "expected_saving": 1, "material": None, **dict.fromkeys(BOX), **row}
         for row in rows],
        machines=machines,
    ))  # fmt: skip
    found = {row["part"]: (row["attribute"], row["reason"]) for row in answer.rows["parts"]}
    assert found["wide"] == ("width_mm", "width_mm is not known")
    assert found["small"] == ("material", "material is not known")
    held = {row["attribute"]: row["holds_up"] for row in answer.rows["missing"]}
    assert (held["material"], held["width_mm"], held["height_mm"]) == (1, 2, 2)


def test_the_first_rule_that_decides_is_told_and_needs_reject_nothing() -> None:
    rows = [
        {"part": "a", "mass_kg": 5, "suppliers": 3, "causes_downtime": "yes"},
        {"part": "b", "mass_kg": 50, "suppliers": 3},
        {"part": "c", "suppliers": 0},
        {"part": "d", "mass_kg": 5, "suppliers": 2},
    ]
    rules = [
        {"name": "light", "attribute": "mass_kg", "at_most": 20},
        {"name": "some", "attribute": "suppliers", "at_least": 1},
        {"name": "calm", "attribute": "causes_downtime", "equals": False, "needs": "a certificate"},
        {"name": "sought", "attribute": "suppliers", "at_most": 2, "needs": "an offer"},
    ]
    found = verdicts(rows, rules=rules)
    told = {name: (row["eligible"], row["rule"], row["needs"]) for name, row in found.items()}
    assert told == {
        "a": ("yes", None, "a certificate; an offer"),
        "b": ("no", "light", None),
        "c": ("no", "some", None),
        "d": ("yes", None, None),
    }
    assert found["b"]["value"] == 50
    assert found["b"]["reason"] == "mass_kg is above 20"


def test_which_attribute_would_decide_most_parts() -> None:
    rows = [
        {"part": "a", "mass_kg": 5},
        {"part": "b", "mass_kg": 5},
        {"part": "c", "suppliers": 3},
        {"part": "d"},
        {"part": "e", "mass_kg": 50},  # rejected: nothing to find out
    ]
    rules = [
        {"name": "light", "attribute": "mass_kg", "at_most": 20},
        {"name": "some", "attribute": "suppliers", "at_least": 1},
    ]
    answer = solve(small([{"lead_time_weeks": 1, "expected_saving": 1, **one} for one in rows],
                         rules=rules))  # fmt: skip
    told = {
        row["attribute"]: (row["parts_without"], row["decides"], row["holds_up"])
        for row in answer.rows["missing"]
    }
    assert told == {"suppliers": (4, 2, 3), "mass_kg": (2, 1, 2)}
    assert [row["attribute"] for row in answer.rows["missing"]] == ["suppliers", "mass_kg"]


def test_what_no_saving_can_be_told_for_want_of_is_found_out_first() -> None:
    """A cost that four candidates lack matters more than a weight that one of them lacks."""
    whole = {"lead_time_weeks": 1, "cost_per_part": 9, "print_cost_per_part": 5,
             "demand_per_year": 1, "mass_kg": 5}  # fmt: skip
    lacking = {
        "a": (), "b": ("print_cost_per_part",), "c": ("print_cost_per_part", "mass_kg"),
        "d": ("print_cost_per_part", "demand_per_year"), "e": ("print_cost_per_part",),
        "rejected": ("print_cost_per_part",),
    }  # fmt: skip
    rows = [
        {"part": part, **{key: value for key, value in whole.items() if key not in without}}
        for part, without in lacking.items()
    ]
    rows[-1]["mass_kg"] = 50
    rows.append({"part": "told", "lead_time_weeks": 1, "expected_saving": 3, "mass_kg": 5})
    rules = [{"name": "light", "attribute": "mass_kg", "at_most": 20}]
    answer = solve(small(rows, rules=rules))
    waits = {row["attribute"]: row["saving_waits"] for row in answer.rows["missing"]}
    assert waits == {
        "mass_kg": 0, "print_cost_per_part": 4, "demand_per_year": 1, "cost_per_part": 0,
        "expected_saving": 0,
    }  # fmt: skip
    assert answer.rows["totals"][0]["saving_not_known"] == 4
    assert answer.headline()[-1] == (
        "Find out first: print_cost_per_part (saving of 4 parts not known), mass_kg (holds up 1 "
        "part) and demand_per_year (saving of 1 part not known)."
    )
    shared = solve(small(rows, rules=rules,
                         examination={"most_parts": 1, "print_cost_share": 0.5}))  # fmt: skip
    waits = {row["attribute"]: row["saving_waits"] for row in shared.rows["missing"]}
    assert waits["print_cost_per_part"] == 0
    assert waits["demand_per_year"] == 1


def _judge(row: dict[str, Any], instance: Any) -> bool:
    """Return whether a part of which everything is known passes every rule."""

    def entries(cell: Any) -> set[str]:
        return {" ".join(one.casefold().split()) for one in str(cell).split(";")}

    for rule in instance.rules:
        if rule.needs is not None:
            continue
        value = row[rule.attribute]
        if rule.at_least is not None and value < rule.at_least:
            return False
        if rule.at_most is not None and value > rule.at_most:
            return False
        if rule.none_of is not None and entries(value) & {one.casefold() for one in rule.none_of}:
            return False
    size = tuple(row[name] for name in BOX)
    for machine in instance.machines:
        box = machine.build_envelope
        room = (box.length_mm, box.width_mm, box.height_mm)
        fits = any(
            all(a <= b for a, b in zip(turned, room, strict=True)) for turned in permutations(size)
        )
        right = not machine.materials or entries(row["material"]) & set(machine.materials)
        if fits and right:
            return True
    return False


@pytest.mark.parametrize("seed", range(12))
def test_unknown_is_what_some_values_pass_and_others_do_not(seed: int) -> None:
    """Blank cells are filled with values below and above every threshold, in every combination."""
    instance = at_random(seed, parts=20)
    found = eligibility(instance)
    probes: dict[str, tuple[Any, ...]] = {
        "remaining_years": (0, 5, 99),
        "material": ("steel", "wood", "glass"),
        **dict.fromkeys(BOX, (0, 1e9)),
    }
    for place, row in enumerate(instance.portfolio.rows):
        blank = [name for name in probes if row.get(name) is None]
        outcomes = {
            _judge({**row, **dict(zip(blank, values, strict=True))}, instance)
            for values in product(*(probes[name] for name in blank))
        }
        due = {(True,): 1, (False,): -1}.get(tuple(outcomes), 0)
        assert found.verdict[place] == due, row
