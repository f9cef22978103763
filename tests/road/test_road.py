"""What one decision answered is the next one's instance: every fact where it belongs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import amopt
from amopt.errors import InvalidInstanceError, UsageError
from amopt.road import file_name, hand_over, printing_at_sites


@pytest.fixture(scope="module")
def screened() -> tuple[Any, Any]:
    instance = amopt.load("screening/norwind")
    return instance, amopt.solve(instance)


def facts(instance: Any, name: str) -> dict[str, Any]:
    place = instance.parts.names.index(name)
    return {one: instance.parts.value(one, place) for one in instance.parts.attributes}


def in_francs(instance: Any) -> Any:
    return instance.model_copy(update={"currency": "CHF"})


def in_dollars(instance: Any) -> Any:
    return instance.model_copy(update={"currency": "USD"})


def chosen(solution: Any) -> list[str]:
    return [row["part"] for row in solution.rows["examine"]]


def _with_parts(instance: Any, parts: Any) -> Any:
    other = instance.model_copy()
    other.__dict__["_read"] = (parts, [])
    other.__dict__.pop("_fingerprint", None)
    return other


def test_what_neither_the_portfolio_nor_the_template_knows_is_left_out(
    screened: tuple[Any, Any],
) -> None:
    instance, solution = screened
    names = chosen(solution)
    lacking = instance.parts.number("width_mm").copy()
    lacking[[instance.parts.names.index(name) for name in names]] = float("nan")
    parts = replace(instance.parts, numbers=instance.parts.numbers | {"width_mm": lacking})
    blank = _with_parts(instance, parts)
    template = amopt.load("sourcing/norwind")
    handed = hand_over(blank, replace(solution, fingerprint=""), template)
    assert "width_mm" not in handed.data["parts"][0]
    assert (
        f"width_mm is not known for {len(names)} entries: left out, as in the template."
        in handed.notes
    )
    assert not [note for note in handed.notes if "stands" in note]


def test_an_order_is_for_no_part_more_by_rounding(screened: tuple[Any, Any]) -> None:
    """0.28 a year for 25 years are 7, though 0.28 times 25 is a little more for a computer."""
    instance, solution = screened
    demand = instance.parts.number("demand_per_year").copy()
    demand[:] = 0.28
    parts = replace(instance.parts, numbers=instance.parts.numbers | {"demand_per_year": demand})
    other = _with_parts(instance, parts)
    template = amopt.load("sourcing/norwind")
    handed = hand_over(other, replace(solution, fingerprint=""), template, years=25)
    assert {line["quantity"] for line in handed.data["lines"]} == {7}
    handed = hand_over(other, replace(solution, fingerprint=""), template, years=25.1)
    assert {line["quantity"] for line in handed.data["lines"]} == {8}


def test_a_part_of_which_none_are_needed_has_no_order_line(screened: tuple[Any, Any]) -> None:
    instance, solution = screened
    names = chosen(solution)
    demand = instance.parts.number("demand_per_year").copy()
    demand[instance.parts.names.index(names[0])] = 0.0
    parts = replace(instance.parts, numbers=instance.parts.numbers | {"demand_per_year": demand})
    other = _with_parts(instance, parts)
    template = amopt.load("sourcing/norwind")
    handed = hand_over(other, replace(solution, fingerprint=""), template, years=2)
    assert {line["part"] for line in handed.data["lines"]} == set(names[1:])
    assert [part["name"] for part in handed.data["parts"]] == names
    assert f"None are needed of {names[0]!r}: no order lines." in handed.notes


def test_chosen_parts_become_order_lines(screened: tuple[Any, Any]) -> None:
    instance, solution = screened
    template = amopt.load("sourcing/norwind")
    found = amopt.load(hand_over(instance, solution, template, years=2).data)
    assert [part.name for part in found.parts] == chosen(solution)
    for part, line, conventional in zip(found.parts, found.lines, found.conventional, strict=True):
        own = facts(instance, part.name)
        assert (part.length_mm, part.weight_kg) == (own["length_mm"], own["mass_kg"])
        assert line.quantity == 2 * own["demand_per_year"]
        assert line.line == f"{part.name} for the port"
        assert conventional.cost_per_part == own["cost_per_part"]
        assert conventional.lead_time_weeks == own["lead_time_weeks"]
    for offer in found.offers:
        first, last = offer.quotes
        cost = facts(instance, offer.part)["print_cost_per_part"]
        assert first.cost_per_part == pytest.approx(cost)
        assert last.cost_per_part == pytest.approx(cost * (0.85 if last.quantity == 10 else 0.8))
    assert len(found.offers) == 2 * len(found.parts)
    assert amopt.solve(found).outcome.status == "optimal"


def test_chosen_parts_become_demand_in_the_shares_of_the_pattern(
    screened: tuple[Any, Any],
) -> None:
    instance, solution = screened
    found = amopt.load(hand_over(instance, solution, amopt.load("placement/norwind")).data)
    for name in chosen(solution):
        own = facts(instance, name)
        shares = {one.place: one.per_year for one in found.demand if one.part == name}
        assert sum(shares.values()) == pytest.approx(own["demand_per_year"])
        assert shares["Dogger"] == pytest.approx(own["demand_per_year"] / 2)
        (part,) = [part for part in found.parts if part.name == name]
        (how,) = part.print
        assert how.material_cost + 8 * 2 == pytest.approx(own["print_cost_per_part"])


def test_chosen_parts_fail_as_often_as_they_are_needed(screened: tuple[Any, Any]) -> None:
    instance, solution = screened
    found = amopt.load(hand_over(instance, solution, amopt.load("printing/norwind")).data)
    for part in found.parts:
        own = facts(instance, part.name)
        assert part.failure_rate_per_day * 40 * 365 == pytest.approx(own["demand_per_year"])
        assert part.printed_failure_rate_per_day == pytest.approx(5 * part.failure_rate_per_day)
        assert part.order_cost == own["cost_per_part"]
        assert part.print_cost == own["print_cost_per_part"]


def test_open_sites_become_places_that_need_what_they_print() -> None:
    instance = amopt.load("placement/aircraft-future")
    solution = amopt.solve(instance)
    sites = printing_at_sites(instance, solution, in_dollars(amopt.load("printing/norwind")))
    opened = {row["place"] for row in solution.rows["sites"] if row["open"]}
    assert set(sites) == opened
    demand = {(one.place, one.part): one.per_year for one in instance.demand}
    whole = 0.0
    for site, handed in sites.items():
        found = amopt.load(handed.data)
        assert (found.place, found.supplied_from) == (site, "depot")
        for part in found.parts:
            needed = sum(
                demand[row["place"], row["part"]] * row["share"]
                for row in solution.rows["supply"]
                if row["source"] == site and row["part"] == part.name
            )
            assert part.failure_rate_per_day * 40 * 365 == pytest.approx(needed)
            whole += needed
            (known,) = [one for one in instance.parts if one.name == part.name]
            hours, material = known.print[0].hours, known.print[0].material_cost
            hourly = instance.machines[0].cost_per_hour
            assert part.print_cost == pytest.approx(material + hours * hourly)
    assert whole == pytest.approx(sum(demand.values()))  # everything is printed there


def test_a_site_that_prints_a_share_needs_a_share() -> None:
    """Half of what a place needs is moved to another site that prints."""
    instance = amopt.load("placement/aircraft-future")
    solution = amopt.solve(instance)
    template = in_dollars(amopt.load("printing/norwind"))
    rows = [dict(row) for row in solution.rows["supply"]]
    other = next(row["source"] for row in rows if row["source"] != rows[0]["source"])
    rows[0]["share"] = 0.5
    rows.append({**rows[0], "source": other})
    moved = replace(solution, rows={**solution.rows, "supply": rows})

    def rate(found: Any, site: str) -> float:
        parts = amopt.load(found[site].data).parts
        return next(
            (one.failure_rate_per_day or 0.0 for one in parts if one.name == rows[0]["part"]), 0.0
        )

    before = printing_at_sites(instance, solution, template)
    after = printing_at_sites(instance, moved, template)
    needed = next(
        one.per_year
        for one in instance.demand
        if (one.place, one.part) == (rows[0]["place"], rows[0]["part"])
    )
    half = needed / 2 / 40 / 365
    assert rate(after, other) - rate(before, other) == pytest.approx(half)
    first = rows[0]["source"]
    assert rate(before, first) - rate(after, first) == pytest.approx(half)


def test_a_part_printed_on_two_machines_costs_the_mean_of_both() -> None:
    """The machine of the last row alone counted before."""
    data = amopt.load("placement/aircraft-future").model_dump(by_alias=True, exclude_unset=True)
    plain, *_ = data["machines"]
    dear = {**plain, "name": "dear", "cost_per_hour": 3 * plain["cost_per_hour"] + 5.0}
    data["machines"] = [*data["machines"], dear]
    data["parts"] = [
        {**part, "print": [*part["print"], {**part["print"][0], "machine": "dear"}]}
        for part in data["parts"]
    ]
    solution = amopt.solve(amopt.load("placement/aircraft-future"))
    instance = amopt.load(data)
    rows = [dict(row) for row in solution.rows["supply"]]
    site, part = rows[0]["source"], rows[0]["part"]
    own = [row for row in rows if (row["source"], row["part"]) == (site, part)]
    quarters = [{**row, "share": row["share"] / 4, "machine": "dear"} for row in own]
    for row in own:
        row["share"] *= 3 / 4
    fingerprint, rows = instance.fingerprint(), [*rows, *quarters]
    moved = replace(solution, fingerprint=fingerprint, rows={**solution.rows, "supply": rows})
    found = printing_at_sites(instance, moved, in_dollars(amopt.load("printing/norwind")))[site]
    (printed,) = [one for one in amopt.load(found.data).parts if one.name == part]
    (known,) = [one for one in instance.parts if one.name == part]
    how = known.print[0]
    hourly = 0.75 * plain["cost_per_hour"] + 0.25 * dear["cost_per_hour"]
    assert printed.print_cost == pytest.approx(how.material_cost + how.hours * hourly)


def test_what_the_portfolio_does_not_know_is_the_templates_and_told() -> None:
    rows = [
        {"part": "a", "lead_time_weeks": 5, "expected_saving": 9},
        {"part": "b", "expected_saving": 8, "cost_per_part": 77},
    ]
    instance = amopt.load("screening/norwind").model_copy(
        update={
            "portfolio": {"rows": rows},
            "rules": (),
            "machines": (),
            "ranking": {
                "goals": [
                    {
                        "name": "x",
                        "criteria": [
                            {
                                "name": "y",
                                "attribute": "lead_time_weeks",
                                "linear": {"worst": 0, "best": 9},
                            }
                        ],
                    }
                ]
            },
            "examination": {"most_parts": 2},
        }
    )
    handed = hand_over(instance, amopt.solve(instance), amopt.load("sourcing/norwind"))
    found = amopt.load(handed.data)
    conventional = {
        one.part: (one.cost_per_part, one.lead_time_weeks) for one in found.conventional
    }
    assert conventional == {"a": (100, 5), "b": (77, 20)}
    told = " ".join(handed.notes)
    assert "lead_time_weeks is not known for 1 entry" in told
    assert "demand_per_year is not known for 2 entries" in told
    assert handed.to_yaml().startswith("# 2 parts that screening chose")


def test_money_of_two_currencies_is_not_mixed(screened: tuple[Any, Any]) -> None:
    """A price in francs beside a fee in euros would be added to it one to one."""
    instance = in_francs(screened[0])
    solution = amopt.solve(instance)
    with pytest.raises(UsageError, match=r"in CHF.* in EUR"):
        hand_over(instance, solution, amopt.load("sourcing/norwind"))
    handed = hand_over(instance, solution, in_francs(amopt.load("sourcing/norwind")))
    assert amopt.load(handed.data).currency == "CHF"
    sites = amopt.load("placement/aircraft-future")
    with pytest.raises(UsageError, match="currency: USD"):
        printing_at_sites(sites, amopt.solve(sites), in_francs(amopt.load("printing/norwind")))


def test_a_template_that_names_no_currency_takes_the_portfolios(
    screened: tuple[Any, Any],
) -> None:
    instance = in_francs(screened[0])
    data = amopt.load("sourcing/norwind").model_dump(mode="json", by_alias=True, exclude_unset=True)
    del data["currency"]
    handed = hand_over(instance, amopt.solve(instance), amopt.load(data))
    assert handed.data["currency"] == "CHF"
    assert "amounts of the template count as CHF" in " ".join(handed.notes)
    assert "currency" not in hand_over(*screened, amopt.load(data)).data


@pytest.mark.parametrize("kind", ["sourcing", "printing", "placement"])
def test_a_print_cost_that_is_a_share_is_handed_over(kind: str) -> None:
    """The answer counted with a share of the cost; so does what is made of it."""
    instance = amopt.load("screening/norwind")
    table = [
        {
            name: value
            for name in instance.parts.attributes
            if (value := instance.parts.value(name, place)) is not None
            and name != "print_cost_per_part"
        }
        | {"part": part}
        for place, part in enumerate(instance.parts.names)
    ]
    shared = instance.model_copy(
        update={
            "portfolio": {"rows": table},
            "examination": {"most_parts": 3, "print_cost_share": 0.4},
        }
    )
    handed = hand_over(shared, amopt.solve(shared), amopt.load(f"{kind}/norwind"))
    found = amopt.load(handed.data)
    for part in found.parts:
        printed = 0.4 * facts(shared, part.name)["cost_per_part"]
        if kind == "sourcing":
            first = [one.quotes[0] for one in found.offers if one.part == part.name]
            assert [one.cost_per_part for one in first] == pytest.approx([printed, printed])
        elif kind == "printing":
            assert part.print_cost == pytest.approx(printed)
        else:
            assert part.print[0].material_cost == pytest.approx(max(0, printed - 8 * 2))
    told = " ".join(handed.notes)
    assert "print_cost_share" in told
    assert "print_cost_per_part is not known" not in told


def test_a_template_without_a_pattern_is_refused(screened: tuple[Any, Any]) -> None:
    words = r"pattern for every part in parts and lines.*as in the shipped sourcing/norwind"
    with pytest.raises(UsageError, match=words):
        hand_over(*screened, amopt.load("sourcing/hangbar"))
    with pytest.raises(UsageError, match="not of design"):
        hand_over(*screened, amopt.load("design/valve-block"))


def test_an_answer_to_another_instance_is_refused(screened: tuple[Any, Any]) -> None:
    instance, solution = screened
    other = instance.model_copy(update={"rules": ()})
    with pytest.raises(UsageError, match="not one to"):
        hand_over(other, solution, amopt.load("sourcing/norwind"))
    nothing = replace(solution, rows={**solution.rows, "examine": []})
    with pytest.raises(UsageError, match="chose no part"):
        hand_over(instance, nothing, amopt.load("sourcing/norwind"))


def test_what_comes_out_invalid_is_a_finding(screened: tuple[Any, Any]) -> None:
    """A line that two patterns of the template make alike."""
    instance, solution = screened
    template = amopt.load("sourcing/norwind")
    data = template.model_dump(mode="json", by_alias=True, exclude_unset=True)
    data["lines"].append({**data["lines"][0], "line": "NW-0220 for the port", "quantity": 1})
    with pytest.raises(InvalidInstanceError, match="duplicate-"):
        hand_over(instance, solution, amopt.load(data))


def test_names_of_files_are_safe() -> None:
    assert file_name("Base 01/Ö") == "base-01-ö.yaml"
    assert file_name("../..") == "site.yaml"


@pytest.mark.slow
def test_the_road_by_command(amopt_command: Callable[..., Any], tmp_path: Path) -> None:
    assert amopt_command("solve", "screening/norwind", "--out", "screened").code == 0
    hand = ("screening", "hand-over", "screening/norwind", "placement/norwind", "mine.yaml")
    run = amopt_command(*hand, "--answer", "screened")
    assert run.code == 0, run.err
    assert amopt_command(*hand).code == 2, "an existing file is kept"
    run = amopt_command("placement", "hand-over", "mine.yaml", "printing/norwind", ".")
    assert run.code == 0, run.err
    assert sorted(path.name for path in tmp_path.glob("*.yaml")) == [
        "dogger.yaml",
        "mine.yaml",
        "viking.yaml",
    ]
    assert amopt_command("check", "dogger.yaml").code == 0
    printed = amopt_command("screening", "hand-over", "screening/norwind", "printing/norwind")
    assert "kind: printing" in printed.out
    wrong = amopt_command("screening", "hand-over", "screening/norwind", "printing/norwind",
                          "--to", "sourcing")  # fmt: skip
    assert wrong.code == 2
