"""Numbers in the tables and the prose of the docs are those that a reader computes beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import amopt

DOCS = Path(__file__).parent.parent / "docs"


INCLUDE = re.compile(r"^```\{include\} (\S+)\n```$", re.M)


def page(name: str) -> str:
    """Return a page, with what it includes."""
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    return INCLUDE.sub(lambda found: (DOCS / found[1]).read_text(encoding="utf-8"), text)


def rows_below(text: str, heading: str) -> list[list[str]]:
    """Return the cells of the table whose heading row begins so."""
    table = text.partition(heading)[2].partition("\n\n")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]
    ]


def with_stock(row: dict[str, Any], before: str) -> str:
    return f"{row[before + 'yearly_cost']:.2f} ({row[before + 'base_stock']})"


def test_the_table_of_the_mission() -> None:
    text = page("decisions/printing")
    answers = [amopt.solve(amopt.load(f"printing/mission{end}")) for end in ("", "-fitted")]
    mine, fitted = ({row["part"]: row for row in one.rows["parts"]} for one in answers)
    printed = rows_below(text, "| part | reproduces of the publication |")
    assert [row[0] for row in printed] == list(map(str, range(1, 15)))
    for part, _, *cells in printed:
        told = [
            f"{with_stock(rows[part], 'single_source_')} → {with_stock(rows[part], '')}"
            for rows in (mine, fitted)
        ]
        assert cells == [told[0], told[1] if told[1] != told[0] else ""], part
    saved = [one.rows["totals"][0] for one in answers]
    first, second = (
        (f"{total['saving']:,.2f}", f"{total['saving_percent']:.1f} %") for total in saved
    )
    assert f"saves {first[0]} EUR a year ({first[1]} of what" in text
    assert f"with the fitted rates {second[0]} ({second[1]})" in text


def test_the_table_of_maintenance() -> None:
    text = page("decisions/maintenance")
    answer = amopt.solve(amopt.load("maintenance/example"))
    policies = {row["policy"]: row for row in answer.rows["policies"]}
    best, regular = answer.rows["thresholds"]
    age = {
        name: {
            key: f"{row[key]:.0f}"
            for key in row
            if "replace_at" in key or (key in ("bridge_before", "replace_printed_at") and row[key])
        }
        for name, row in policies.items()
    }
    costs = [row["cost_per_day"] for row in (*policies.values(), *answer.rows["account"])]
    words = [
        f"replace at {age['B']['replace_at']}",
        f"replace at {age['TR']['replace_at']}, bridge before {age['TR']['bridge_before']}",
        f"{age['DA']['replace_at']}, {age['DA']['bridge_before']}; replace the printed part at "
        f"{age['DA']['replace_printed_at']}",
        f"order at {best['order_at']}, install at {best['replace_at']}; when down, print with "
        f"{best['print_from']} or more days to go; replace the printed part at "
        f"{best['printed_replace_at']}",
        f"order at {regular['order_at']}, install at {regular['replace_at']}",
    ]
    printed = rows_below(text, "| policy | EUR a day | ages in days |")
    assert [row[1:] for row in printed] == [
        [f"{cost:.6f}", said] for cost, said in zip(costs, words, strict=True)
    ]
    share = answer.rows["totals"][0]["printing_saves_percent"]
    assert f"printing is worth {share:.1f} % of the cost" in text


def test_the_table_of_break_even_points() -> None:
    printed = rows_below(page("decisions/design"), "| instance | verdict | a printed part costs |")
    assert len(printed) == 3
    for name, verdict, cost, bills in printed:
        data = amopt.load(name.strip("`")).to_dict()
        points = []
        for parts in (True, False):
            for spares in (False, True):
                data["accounting"] = {
                    "initial_spares_bought": spares, "replacements_charged": parts
                }  # fmt: skip
                (row,) = amopt.solve(amopt.load(data)).rows["break_even"]
                assert (row["verdict"], verdict.startswith("conventional")) == ("dearer", True)
                assert f"{row['part_cost']:,.0f}" == cost
                points.append(f"{row['break_even_part_cost']:.2f}")
        assert re.findall(r"\d+\.\d\d", bills) == points


def test_the_table_by_setup_cost() -> None:
    printed = rows_below(page("decisions/licensing"), "| setup cost of an order | form |")
    assert len(printed) == 3
    for setup_cost, *cells in printed:
        data = amopt.load("licensing/two-buyers").to_dict()
        data["traditional"]["setup_cost"] = float(setup_cost.replace(",", ""))
        answer = amopt.solve(amopt.load(data))
        (total,), contracts = answer.rows["totals"], answer.rows["contracts"]
        by = {row["alternative"]: row["profit"] for row in answer.rows["alternatives"]}
        told = [
            f"{one['fee']:.2f}, " + ("just above " if one["side"] == "just above" else "")
            for one in contracts
        ]
        assert cells[0] == total["form"]
        assert cells[1].startswith(told[0] if told else "none")
        for one, number in zip(contracts, re.findall(r"\d+\.\d{4}", cells[1]), strict=True):
            assert float(number) == pytest.approx(one["royalty"], abs=2e-4)
        said = f"{total['supremum']:.2f}" + ("" if total["attained"] else ", not attained")
        assert cells[2:] == [said, f"{by['theorem']:.2f}"]


@pytest.mark.parametrize(
    "shares",
    [
        pytest.param((100, 95, 90, 80, 70), marks=pytest.mark.slow),
        pytest.param((60, 50, 40, 30, 20, 10), marks=pytest.mark.long),
    ],
    ids=["most come", "few come"],
)
def test_the_table_of_convoys(shares: tuple[int, ...]) -> None:
    from amopt.printing.convoys.answer import convoys

    heading = "| replenishments that come | stock with the printer |"
    printed = {row[0]: row[1:] for row in rows_below(page("decisions/printing"), heading)}
    assert len(printed) == 11
    curve = [share / 100 for share in shares]
    answer = convoys(amopt.load("printing/mission"), curve=curve)
    for share, row in zip(shares, answer.rows["worth"][1:], strict=True):
        assert row["arrival_probability"] == share / 100
        costs = (row["yearly_cost"], row["single_source_yearly_cost"], row["worth"])
        stocks = [str(row["base_stock"]), str(row["single_source_base_stock"])]
        told = printed["all" if share == 100 else f"{share} %"]
        assert told == [*stocks, *(f"{cost:,.0f}" for cost in costs)]


def test_the_portfolio_of_the_road() -> None:
    said = " ".join(amopt.solve(amopt.load("screening/norwind")).headline())
    (told,) = re.findall(
        r"Of (\d+) spare parts the rules leave (\d+), and (\d+) of which", page("road")
    )
    assert "Of {} parts, {} can be printed".format(*told) in said
    assert f"and of {told[2]} too little is known" in said
    assert "Examine 6 parts" in said  # "enough for six parts"


def sections(text: str) -> Iterator[tuple[str, str]]:
    for part in text.split("\n## ")[1:]:
        title, _, body = part.partition("\n")
        yield title, body


def seconds(body: str) -> dict[str, float]:
    """Return the seconds of each way that was solved and met what it was asked for."""
    return {
        way: float(solve)
        for way, _, _, solve, _, error, _ in rows_below(body, "| way | load s |")
        if solve and "missed" not in error
    }


OTHERS = ("QuantEcon", "mdpsolver", "pymdptoolbox", "hiive", "mdpax", "Storm")


TIMES = re.compile(
    r"^- \**(.+?) is (slower: )?([\d.e+,]+) times as (?:fast|long)\**"
    r"(?: \(([\d.e+,]+) to ([\d.e+,]+) in \d+ rounds\))?\.$",
    re.M,
)


def number(text: str) -> float:
    return float(text.replace(",", ""))


def test_how_many_times_as_fast_follows_from_the_rows() -> None:
    """What is said of each way is the ratio of two cells of the table above it.

    Of rounds that take turns it is the ratio in the middle: that of the medians lies among them.
    """
    compared = 0
    for title, body in sections(page("mdp-peers")):
        spent = seconds(body)
        best = min((way for way in spent if way.startswith(OTHERS)), key=spent.__getitem__)
        assert f"The fastest other package is {best}: {spent[best]:.3g} s." in body, title
        mine = {way.lower(): one for way, one in spent.items() if not way.startswith(OTHERS)}
        said = TIMES.findall(body)
        assert len(said) >= len(mine) - 1, title
        for way, slower, times, low, high in said:
            ratio = mine[way.lower()] / spent[best] if slower else spent[best] / mine[way.lower()]
            if low:
                assert 0.99 * number(low) <= ratio <= 1.01 * number(high), (title, way)
                assert number(low) <= number(times) <= number(high), (title, way)
            else:
                assert number(times) == pytest.approx(ratio, rel=0.06), (title, way)
            compared += 1
    assert compared > 25


def test_what_was_aimed_at_is_what_the_rows_say() -> None:
    body = dict(sections(page("mdp-peers")))["Printing, 42 systems, cycle of 7 days"]
    printing, text = seconds(body), page("mdp")
    said = {
        way: f"{times} times ({low} to {high} in three rounds)"
        for way, _, times, low, high in TIMES.findall(body)
    }
    quant = printing["QuantEcon, policy iteration"]
    (collapsed,) = re.findall(r"yes, ([\d,]+) times with its Pyomo model built each time", text)
    (factored,) = re.findall(r"yes, ([\d.]+) times as fast", text)
    exact = quant / printing["collapsed LP with its Pyomo model"]
    assert number(collapsed) == pytest.approx(exact, rel=0.01)
    assert float(factored) == pytest.approx(quant / printing["factored LP, cold"], rel=0.01)
    few = "Collapsed LP over levels worth trying"
    assert f"{said[few]} as fast as Storm's policy iteration, over the levels" in text
    assert f"Over every level, {said['Collapsed LP'].split(' (')[0]} without building it" in text
    assert f"where nothing is added: {printing[few.replace('C', 'c', 1)] * 1e3:.3g} ms" in text
    assert f"Storm's policy iteration {printing['Storm, policy iteration']:.2g} s" in text
    generated, whole = (
        printing[way] for way in ("full LP by column generation", "full LP from a policy")
    )
    assert f"column generation takes {generated:.2g} s here" in text
    assert f"the whole program from a policy {whole:.1f} s" in text


AHEAD = {
    "processes of a few states": ("Taxicab", "mdpsolver, modified", "policy iteration"),
    "the forest": ("Forest", "Storm, policy", "full LP, cold"),
    "a sparse random process": ("Random sparse", "QuantEcon, modified", "policy iteration"),
    "the linear program of the full printing": (
        *("Printing, 42 systems, cycle of 7 days", "Storm, policy"),
        "full LP from a policy",
    ),
    "the factored program": (
        *("Printing, 42 systems, cycle of 7 days", "Storm, policy"),
        "factored LP, cold",
    ),
}
"""Rows of what others do faster: the process, who, and our way that is behind."""


def test_who_is_ahead_is_ahead_in_the_tables() -> None:
    processes = dict(sections(page("mdp-peers")))
    text = page("benchmarks")
    for what, who, _ in rows_below(text, "| what | who is ahead |"):
        known = [place for row, place in AHEAD.items() if what.startswith(row)]
        for title, other, ours in known:
            spent = seconds(processes[title])
            theirs = min(one for way, one in spent.items() if way.startswith(other))
            assert theirs < spent[ours], what
            assert other.partition(",")[0] in who
        assert known or re.search(r"\(\[\]\(#[a-z-]+\)\)", what), what
    layers = rows_below(text.partition("**sourcing**")[2], "| way |")
    built = {row[0]: number(row[9]) + number(row[10]) for row in layers if row[9]}
    assert max(built["linopy"], built["PyOptInterface"]) < built["Pyomo rules, amopt"]
    files = {row[0]: number(row[3]) for row in rows_below(text, "| problem | amopt, ms |")}
    assert 1 < files["drawn, split"] < 1.5
    commands = rows_below(text, "| case | before | after |")
    assert number({row[0]: row[3] for row in commands}["amopt solve mission"]) > 1


def test_the_lines_of_the_rooms_add_up() -> None:
    *rooms, total = rows_below(page("architecture"), "| room | three decisions |")
    assert total[0] == "all"
    for column in (1, 2):
        counted = sum(int(row[column].replace(",", "") or 0) for row in rooms)
        assert counted == int(total[column].replace(",", ""))
    new = [row for row in rooms if row[3] == "the decision" or row[3].startswith("the decision,")]
    added = sum(int(row[2].replace(",", "")) for row in new)
    assert f"four more decisions take {added:,} lines" in page("architecture")
