"""Where each number of three digits or more in the docs' prose comes from.

A number that an executed block of its page asserts or shows needs no entry.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import amopt

COMPUTED: list[tuple[str, str, Callable[[], Iterable[float]]]] = []
"""Page, numbers as they are written there, and what computes them."""


def computed(page: str, numbers: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    def keep(function: Callable[[], Any]) -> Callable[[], Any]:
        COMPUTED.append((page, numbers, function))
        return function

    return keep


@computed("decisions/printing", "8,237.86 8,229.70")
def unavoidable_by_rates_and_by_probabilities() -> Iterable[float]:
    """What regular parts for all failures of a year of 364 days cost."""
    data = amopt.load("printing/mission").to_dict()
    systems = {one["name"]: one["count"] for one in data["systems"]}
    by_rate = by_probability = 0.0
    for part in data["parts"]:
        cost = 364 * systems[part["system"]] * part["order_cost"]
        by_rate += cost * part["failure_rate_per_day"]
        by_probability += cost * (1.0 - math.exp(-part["failure_rate_per_day"]))
    (total,) = amopt.solve(amopt.load("printing/mission")).rows["totals"]
    assert math.isclose(total["yearly_unavoidable_cost"], by_rate)
    return by_rate, by_probability


@computed("decisions/printing", "10,190 1,061 1,952")
def what_the_mission_spends() -> Iterable[float]:
    (total,) = amopt.solve(amopt.load("printing/mission")).rows["totals"]
    without = total["single_source_yearly_cost"]
    return without + total["yearly_unavoidable_cost"], total["saving"], without


@computed("decisions/printing", "99.987")
def how_often_the_mission_is_up_without_a_printer() -> Iterable[float]:
    answer = amopt.solve(amopt.load("printing/mission"))
    data = amopt.load("printing/mission").to_dict()
    systems = sum(one["count"] for one in data["systems"])
    down = sum(row["down_days_per_cycle"] for row in answer.rows["single_source"])
    return (100 * (1 - down / (systems * data["cycle_days"])),)


@computed("decisions/printing", "39.76")
def what_it_costs_not_to_mix() -> Iterable[float]:
    data = amopt.load("printing/mission-limited").to_dict()
    data["limits"][1]["at_most"] = 1.0
    (total,) = amopt.solve(amopt.load(data)).rows["totals"]
    return (total["deterministic_yearly_cost"] - total["yearly_cost"],)


@computed("decisions/printing", "15.6")
def what_the_best_of_its_class_costs_more() -> Iterable[float]:
    """Of two systems over two days, where 0.6 of the wanted prints are allowed."""
    import numpy as np

    from amopt.printing.decision import optimum
    from amopt.printing.instance import PrintingInstance
    from amopt.program.solver.options import Options
    from tests.printing.limits.test_full_limits import DOWN, every_plan, of_two_days

    instance = of_two_days(**DOWN)
    cost, prints, plain = every_plan(instance)
    most = 0.6 * prints[np.argmin(cost)]
    kept = prints <= most * (1 + 1e-9)
    limit = {"name": "printer", "measure": "prints", "at_most": most}
    limited = PrintingInstance.from_dict({**instance.to_dict(), "limits": [limit]})
    mixed = optimum(limited, "prices", options=Options()).cycle_cost[0]
    assert math.isclose(cost[kept].min(), mixed, rel_tol=1e-9)  # as little as the mix
    return (100 * (cost[kept & plain].min() / cost[kept].min() - 1),)


def with_volumes(name: str) -> dict[str, Any]:
    """Return a mission with the material that its prints take."""
    data = amopt.load(name).to_dict()
    volumes = amopt.load("printing/mission-limited").to_dict()["parts"]
    for part, other in zip(data["parts"], volumes, strict=True):
        part["print_material_cm3"] = other["print_material_cm3"]
    return data


@computed("decisions/printing", "239 97.3 82.6")
def the_material_of_a_cycle() -> Iterable[float]:
    from amopt.printing.behaviour.distributions import Behaviour
    from amopt.printing.decision import best_policy

    found = []
    for name in ("printing/mission", "printing/mission-fitted"):
        instance = amopt.load(with_volumes(name))
        found.append(Behaviour(instance, best_policy(instance)).material())
    mission, fitted = found
    return math.sqrt(mission.variance), 100 * mission.up_to(770.0), fitted.mean


@computed("decisions/printing", "54.3 58.3")
def the_share_that_printing_saves() -> Iterable[float]:
    for end in ("", "-fitted"):
        (total,) = amopt.solve(amopt.load(f"printing/mission{end}")).rows["totals"]
        yield 100 * total["saving"] / total["single_source_yearly_cost"]


@computed("decisions/printing", "257")
def the_rates_of_a_range() -> Iterable[float]:
    from amopt.printing.uncertainty.belief import RATES

    return (RATES,)


@computed("decisions/sourcing-quotes", "44.2")
def how_long_a_request_may_take() -> Iterable[float]:
    """Four attempts, and the waits between them, each a fifth longer."""
    return (4 * 10 + 1.2 * (0.5 + 1 + 2),)


@computed("decisions/printing", "99.898 99.897")
def how_often_1699_cm3_last() -> Iterable[float]:
    for end in ("", "-fitted"):
        data = with_volumes(f"printing/mission{end}")
        low, high = 0.99, 0.9995
        while high - low > 1e-9:  # the greatest probability for which the level is enough
            middle = (low + high) / 2
            data["material"] = {"non_stockout_probability": middle}
            (row,) = amopt.printing.distributions(amopt.load(data)).rows["material"]
            low, high = (middle, high) if row["level_cm3"] <= 1699.5 else (low, middle)
        yield 100 * low


@computed("decisions/printing", "1,060.59 1,102.77")
def what_printing_saves_in_the_mission() -> Iterable[float]:
    for end in ("", "-fitted"):
        yield amopt.solve(amopt.load(f"printing/mission{end}")).rows["totals"][0]["saving"]


@computed("decisions/design", "8.4496 8.1439")
def the_closest_to_the_remark() -> Iterable[float]:
    """Parts that last 3 months, emergencies of 1,000, the first spares in the bill."""
    from amopt.design import LifeCycle

    for systems in (3, 4):
        late, soon = (
            LifeCycle.of(
                lead_time=lead, part_cost=40, replacement_cost=200, emergency_cost=1000,
                parts=[systems], months=180, mean_months_between_failures=3, holding=0.02,
                replacements_charged=False, initial_spares_bought=True,
            ).cost()[0]
            for lead in (3, 0.5)
        )  # fmt: skip
        yield (late - soon) / 40 / systems


@computed("decisions/licensing", "5.3755")
def the_royalty_of_the_theorem() -> Iterable[float]:
    answer = amopt.solve(amopt.load("licensing/two-buyers"))
    return [r["royalty"] for r in answer.rows["alternatives"] if r["alternative"] == "theorem"]


@computed("outcomes", "8.999999")
def what_the_solver_alone_says() -> Iterable[float]:
    """Of min 2x + 3z, x + z >= 4.5, z whole."""
    import highspy

    solver = highspy.Highs()
    solver.silent()
    x, z = solver.addVariable(0, 100, 2), solver.addIntegral(0, highspy.kHighsInf, 3)
    solver.addConstr(x + z >= 4.5)
    solver.run()
    return (solver.getObjectiveValue(),)


@computed("architecture", "15,836")
def lines_of_the_four_decisions_that_came() -> Iterable[float]:
    from tests.test_docs_numbers import page, rows_below

    rows = rows_below(page("architecture"), "| room | three decisions |")
    new = [row for row in rows if row[3].partition(",")[0] == "the decision"]
    assert len(new) == 4
    return (sum(int(row[2].replace(",", "")) for row in new),)


@computed("monday", "13,907.69")
def the_monday_of_prices_taken_as_linear() -> Iterable[float]:
    from tests.test_docs import ROOT, STEPS, write_block

    with TemporaryDirectory() as room:
        folder = Path(room)
        for language, name, body in STEPS.findall((ROOT / "docs/monday.md").read_text("utf-8")):
            if name and language != "diff":
                write_block(folder / name, body.replace(", between: all_units", ""), changes=False)
        need = folder / "need.yaml"
        need.write_text(need.read_text().replace("budget: 5000", "budget: 16000"))
        (cost,) = asked_and_solved(folder)
        return (cost,)


def asked_and_solved(folder: Path) -> Iterable[float]:
    """Return the cost of the plan of a folder's `need.yaml` at its price lists."""
    import contextlib
    import sys
    from unittest import mock

    from amopt import cli

    words = "sourcing quotes need.yaml --sources sources.yaml --log quotes.sqlite --freeze all.yaml"
    with contextlib.chdir(folder), mock.patch.object(sys, "argv", ["amopt", *words.split()]):
        with contextlib.suppress(SystemExit):
            cli.main()
        answer = amopt.solve(amopt.load("all.yaml"))
    return (answer.rows["totals"][0]["cost"],)


@computed("scale", "2,147,483,647")
def where_indices_of_32_bits_end() -> Iterable[float]:
    import numpy as np

    return (np.iinfo(np.int32).max,)


PRINTED = {"monday": "5,000.00 15,250.55 15,542.50 284.20 536.20 25.76 29.9"}
"""What the commands of a page print, as they are executed there."""

TESTED = {
    "decisions/design": {
        "tests/design/test_break_even.py": (
            "2,187 106.9 675.6 0.9435 0.8720 0.9727 5,108.78 6,483.95"
        )
    },
    "decisions/maintenance": {
        "tests/maintenance/test_plan.py": "31,297 34,263 3.442918",
        "tests/maintenance/test_closed_form.py": "195 1.45 3.95 2.53 243",
    },
    "decisions/screening": {"tests/screening/test_ranking.py": "2.76"},
    "decisions/printing": {
        "tests/printing/test_policies.py": "162.76 66.06",
        "tests/printing/studies/test_material.py": "1,243 1,766 1,699 1,771",
    },
    "benchmarks": {
        "tests/design/test_break_even.py": "2,187",
        "benchmarks/printing_table.py": "198,638",
    },
}
"""Numbers that another test holds, by its file, which has them to more digits or as they are."""

RECORDED = {"decisions/printing": {"westerweel-2019-3": "164.94 1,096.39"}}
"""Numbers that are printed elsewhere, by the source that `amopt reproduce` compares with."""

CITED = {
    "decisions/design": {"Section 2.4 of the source remarks": "8.45 8.14"},
    "decisions/maintenance": {"the source prints that DA costs less": "196"},
    "decisions/placement": {
        "European Journal of Operational Research": "113 221",
        "Mathematical Programming": "124",
    },
    "decisions/screening": {"Akmal et al. 2022": "17,182 53,457 198,638"},
    "benchmarks": {"The collection gives": "15,474.84"},
}
"""Numbers of others, by the words of the page that say whose they are."""

MEASURED = {
    "architecture": {"`find amopt -name '*.py' | xargs cat | wc -l`": "20,841 67,855"},
    "decisions/printing": {
        "`benchmarks/printing_table.py`": "198,638",
        "`amopt printing busy FILE --cycles 200000 --seed 101`": (
            "101 202 303 894 897 898 924 984"
        ),
    },
}
"""Numbers that were measured once, by the words of the page that say with what."""

STATED = {
    "decisions/printing": {
        "Costs a year are those of 52 weeks": "364 365",
        "no limit on availability from 95 % to": "99.9",
    },
    "decisions/sourcing": {"With 50 brackets, 10 each at alpha": "9.20"},
    "decisions/sourcing-quotes": {
        "may be 1250 or 1.25": "1250 1.25",
        "after no connection, a time-out": "429",
    },
}
"""Numbers that a page sets: conventions, and data of its examples, by its words."""

NUMBERS = "tests/test_docs_numbers.py::"

TABLES: dict[str, dict[str, str]] = {
    "benchmarks": {
        "| what | who is ahead |": NUMBERS + "test_who_is_ahead_is_ahead_in_the_tables",
    },
    "architecture": {
        "| room | three decisions |": NUMBERS + "test_the_lines_of_the_rooms_add_up",
    },
    "decisions/design": {
        "| instance | verdict |": NUMBERS + "test_the_table_of_break_even_points",
    },
    "decisions/licensing": {
        "| setup cost of an order |": NUMBERS + "test_the_table_by_setup_cost",
    },
    "decisions/maintenance": {
        "| policy | EUR a day |": NUMBERS + "test_the_table_of_maintenance",
    },
    "decisions/printing": {
        "| part | reproduces of the publication |": NUMBERS + "test_the_table_of_the_mission",
        "| replenishments that come |": NUMBERS + "test_the_table_of_convoys",
    },
    "scale": {
        "| array | numbers a way": "tests/test_scale_page.py::test_the_arrays_of_a_large_network",
        "| what ends | where |": "tests/test_scale_page.py::test_what_ends_first",
    },
    "mdp": {
        "| aim | holds |": NUMBERS + "test_what_was_aimed_at_is_what_the_rows_say",
    },
}
"""What holds the tables of results, by page and heading: a test, or the benchmark they are from."""
