"""Which parts are examined: against enumeration, in every way of solving, and what clashes."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from pyomo.environ import ConcreteModel

import amopt
from amopt.errors import InfeasibleError, NoAnswerError, UsageError
from amopt.outcome import Status, Stopped
from amopt.program.family import Family
from amopt.program.linear import LinearProgram
from amopt.program.pyomo import compile_model
from amopt.program.solver.options import Options
from amopt.program.time import Budget
from amopt.screening import formulation, solve
from amopt.screening.candidates import Candidates
from amopt.screening.methods import reduced
from amopt.screening.methods.arrays import arrays_of
from amopt.screening.referee.check import check
from tests.screening.cases import TEMPLATE_ROWS, at_random, data, small


def folded(text: str) -> str:
    return " ".join(text.casefold().split())


def enumerated(instance: Any) -> float | None:
    """Return the best value of all sets of candidates, by trying them; None where none is right."""
    candidates = Candidates.of(instance)
    rows = {row["part"]: row for row in instance.portfolio.rows}
    names, value = candidates.names, candidates.value
    hours = dict(zip(names, candidates.hours.tolist(), strict=True))
    machine = {
        name: candidates.eligibility.machine[place]
        for name, place in zip(names, candidates.place.tolist(), strict=True)
    }
    machines = [one.name for one in instance.machines]

    def texts(name: str, attribute: str) -> set[str]:
        if attribute == "machine":
            return {machines[machine[name]]}
        return {folded(one) for one in str(rows[name].get(attribute, "")).split(";")} - {""}

    def fits(chosen: tuple[int, ...]) -> bool:
        found = [names[k] for k in chosen]
        examination = instance.examination
        for effort in examination.efforts:
            theirs = [
                name
                for name in found
                if effort.attribute is None
                or texts(name, effort.attribute) & {folded(one) for one in effort.one_of}
            ]
            if sum(hours[name] for name in theirs) > effort.hours + 1e-9:
                return False
        for like in examination.diversity:
            every = [text for name in found for text in texts(name, like.attribute)]
            if like.at_most is not None and any(every.count(t) > like.at_most for t in every):
                return False
            if len(set(every)) < (like.at_least_different or 0):
                return False
        for share in examination.shares:
            count = sum(folded(share.value) in texts(name, share.attribute) for name in found)
            if count < (share.at_least or 0):
                return False
            if share.at_most is not None and count > share.at_most:
                return False
        return True

    worth = [
        float(value[list(chosen)].sum())
        for size in range(min(instance.examination.most_parts, len(names)) + 1)
        for chosen in combinations(range(len(names)), size)
        if fits(chosen)
    ]
    return max(worth, default=None)


@pytest.mark.parametrize("seed", range(25))
def test_every_method_finds_the_best_set(seed: int) -> None:
    instance = at_random(seed)
    best = enumerated(instance)
    for method in ("reduced", "program"):
        if best is None:
            with pytest.raises(InfeasibleError):
                solve(instance, method=method)
            continue
        answer = solve(instance, method=method)
        assert answer.outcome.objective == pytest.approx(best, rel=1e-9)
        assert answer.outcome.bound == pytest.approx(best, rel=1e-6)
        assert answer.outcome.status == "optimal"


@pytest.mark.parametrize("seed", range(6))
def test_arrays_are_the_formulation_entry_by_entry(seed: int) -> None:
    instance = at_random(seed)
    candidates = Candidates.of(instance)
    written = compile_model(formulation.build(candidates)).program
    arrays = arrays_of(candidates)

    def entries(program: Any) -> tuple[Any, Any, Any]:
        columns = {
            name: (program.cost[j], program.lower[j], program.upper[j], program.integer[j])
            for j, name in enumerate(program.columns)
        }
        rows = {
            name.removesuffix("[None]"): (program.row_lower[i], program.row_upper[i])
            for i, name in enumerate(program.rows)
        }
        matrix = sp.coo_array(program.matrix)
        names, labels = list(rows), list(program.columns)
        held = {
            (names[i], labels[j]): value
            for i, j, value in zip(matrix.row, matrix.col, matrix.data, strict=True)
        }
        return columns, rows, held

    of_written, of_arrays = entries(written), entries(arrays)
    idle = {
        name
        for name, (cost, *_) in of_arrays[0].items()
        if not cost and all(name != label for _, label in of_arrays[2])
    }  # what stands nowhere, a Pyomo model does not hand over
    assert of_written[0] == {
        name: entry for name, entry in of_arrays[0].items() if name not in idle
    }
    assert of_written[1:] == of_arrays[1:]
    assert written.maximise == arrays.maximise


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("core", [0, 1, 4])
def test_a_small_core_loses_nothing(seed: int, core: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most columns are held where the relaxation has them, and still the best set is found."""
    instance = at_random(seed, parts=30)
    program = arrays_of(Candidates.of(instance))
    whole = reduced.solve_reduced(program, Options(), Budget())
    monkeypatch.setattr(reduced, "CORE", core)
    found = reduced.solve_reduced(program, Options(), Budget())
    assert (whole.values is None) == (found.values is None)
    if found.values is not None:
        assert found.outcome.objective == pytest.approx(whole.outcome.objective, rel=1e-9)
        assert found.outcome.bound is not None
        assert found.outcome.bound >= whole.outcome.objective * (1 - 1e-9)
        assert (program.matrix @ found.values <= program.row_upper + 1e-6).all()
        assert (program.matrix @ found.values >= program.row_lower - 1e-6).all()


def test_a_second_program_without_an_answer_proves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Time over: what lies outside the first core may be worth more, and the bound says so."""
    honest, asked, short = reduced.solve, [], 0

    def timed_out(program: Any, options: Any, **more: Any) -> Any:
        asked.append(program)
        answer = honest(program, options, **more)
        if len(asked) < 3:
            return answer
        outcome = replace(
            answer.outcome,
            stopped=Stopped.TIME_LIMIT, status=Status.UNKNOWN, objective=None, bound=None,
        )  # fmt: skip
        return replace(answer, outcome=outcome, values=None)

    draw = np.random.default_rng(0)
    for _ in range(5):
        matrix, worth = sp.csr_array(draw.uniform(1, 9, (3, 40))), draw.uniform(1, 99, 40)
        program = LinearProgram(
            cost=worth, matrix=matrix, row_lower=np.full(3, -np.inf), row_upper=np.full(3, 60.0),
            lower=np.zeros(40), upper=np.ones(40), integer=np.ones(40, bool), maximise=True,
        )  # fmt: skip
        best = honest(program, Options(gap=0.0)).outcome.objective
        assert best is not None
        monkeypatch.setattr(reduced, "CORE", 5)
        monkeypatch.setattr(reduced, "solve", timed_out)
        asked.clear()
        found = reduced.solve_reduced(program, Options(gap=0.0), Budget()).outcome
        monkeypatch.setattr(reduced, "solve", honest)
        assert found.bound is not None
        assert found.bound >= best * (1 - 1e-9)
        if len(asked) == 3:
            short += 1
            assert found.stopped is Stopped.TIME_LIMIT
    assert short


@pytest.mark.parametrize("method", ["reduced", "program"])
@pytest.mark.parametrize("gap", [0.0, 1e-3, 0.5])
def test_a_gap_that_is_allowed_is_told(
    method: str, gap: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not proven to a millionth is called feasible, with its gap, and accepted as that."""
    monkeypatch.setattr(reduced, "CORE", 2)
    for seed in range(4):
        instance = at_random(seed, parts=30)
        best = solve(instance, options=Options(gap=0.0)).outcome.objective
        answer = solve(instance, method=method, options=Options(gap=gap))
        assert answer.outcome.gap <= gap + 1e-9
        assert answer.outcome.bound >= best * (1 - 1e-9)
        assert (answer.outcome.status == "optimal") == (answer.outcome.gap <= 1e-6)


def test_no_time_is_no_answer() -> None:
    with pytest.raises(NoAnswerError):
        solve(at_random(1), options=Options(time_limit=0.0))


def test_a_family_nobody_foresaw_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = amopt.load("screening/mission")
    plain = solve(instance)
    best = plain.rows["examine"][-1]["part"]

    def add_without(model: Any) -> None:
        from pyomo.environ import Constraint

        model.without = Constraint(expr=model.examine[best] <= 0)

    monkeypatch.setattr(
        formulation, "FAMILIES", (*formulation.FAMILIES, Family("without", add_without))
    )
    other = solve(instance)
    assert best not in [row["part"] for row in other.rows["examine"]]
    assert other.outcome.objective < plain.outcome.objective
    assert "formulation" in other.outcome.method
    with pytest.raises(UsageError, match="does not honour without"):
        solve(instance, method="reduced")


def limited(**examination: Any) -> Any:
    changes = {"most_parts": 1, **examination}
    return small(examination=changes)


@pytest.mark.parametrize("method", ["reduced", "program"])
@pytest.mark.parametrize(
    ("examination", "words", "remedy"),
    [
        (
            {"diversity": [{"attribute": "material", "at_least_different": 2}]},
            ["the limit of 1 part", "at least 2 different texts of material"],
            "examine 1 more part",
        ),
        (
            {"shares": [{"attribute": "material", "value": "brass", "at_least": 2}]},
            ["at least 2 parts with material 'brass'"],
            "ask for 2 parts with material 'brass' fewer",
        ),
        (
            {
                "hours_per_part": 5,
                "efforts": [{"name": "team", "hours": 3}],
                "shares": [{"attribute": "material", "value": "steel", "at_least": 1}],
            },
            ["the 3 hours of 'team'", "at least 1 part with material 'steel'"],
            "give 'team' 2 more hours",
        ),
    ],
)
def test_limits_that_clash_are_named(
    method: str, examination: Any, words: list[str], remedy: str
) -> None:
    with pytest.raises(InfeasibleError) as caught:
        solve(limited(**examination), method=method)
    assert sorted(caught.value.conflict) == sorted(words)
    assert remedy in caught.value.remedies


def test_no_candidates_are_an_answer_too() -> None:
    rules = [{"name": "huge", "attribute": "length_mm", "at_least": 1000}]
    for method in ("reduced", "program"):
        answer = solve(small(rules=rules), method=method)
        assert answer.rows["examine"] == []
        assert answer.outcome.objective == 0
        assert {row["eligible"] for row in answer.rows["parts"]} == {"no"}


def test_a_model_that_another_solver_solved_is_read_back() -> None:
    instance = at_random(4)
    model = amopt.formulate(instance)
    outcome = amopt.solve(model).outcome
    answer = amopt.read_back(model, bound=outcome.bound)
    assert answer.outcome.status == "optimal"
    assert answer.outcome.objective == pytest.approx(solve(instance).outcome.objective)
    assert amopt.read_back(model).outcome.status == "feasible"
    with pytest.raises(UsageError, match=r"not one that amopt\.screening formulated"):
        amopt.screening.read_back(ConcreteModel())


def test_expected_savings_by_hand() -> None:
    rows = [
        # 5 a year over 8 of 20 years, 4 in stock: 36 needed, each saves 60.
        {
            "part": "a", "lead_time_weeks": 1, "demand_per_year": 5, "remaining_years": 20,
            "stock": 4, "cost_per_part": 100, "print_cost_per_part": 40,
        },
        # printed it costs half of 100; 2 a year for 3 years
        {
            "part": "b", "lead_time_weeks": 1, "demand_per_year": 2, "remaining_years": 3,
            "cost_per_part": 100,
        },
        # dearer printed: nothing saved
        {
            "part": "c", "lead_time_weeks": 1, "demand_per_year": 2, "remaining_years": 3,
            "cost_per_part": 100, "print_cost_per_part": 140,
        },
        # nobody knows the demand
        {"part": "d", "lead_time_weeks": 1, "cost_per_part": 100},
        # somebody knows better, and the lead time, which a rule asks for, is not known
        {"part": "e", "expected_saving": 1000, "cost_per_part": 1},
    ]  # fmt: skip
    instance = small(
        rows,
        rules=[{"name": "soon", "attribute": "lead_time_weeks", "at_most": 9}],
        examination={
            "most_parts": 9,
            "horizon_years": 8,
            "print_cost_share": 0.5,
            "success": {"eligible": 0.5, "unknown": 0.1},
        },
    )
    answer = solve(instance)
    saving = {row["part"]: row["expected_saving"] for row in answer.rows["parts"]}
    assert saving == {"a": 1080.0, "b": 150.0, "c": 0.0, "d": None, "e": 100.0}
    assert answer.outcome.objective == 1330
    assert answer.rows["totals"][0]["saving_not_known"] == 1
    assert "not known" in answer.notes[0]


def test_the_mission_by_hand() -> None:
    """Demand a year times what printing one saves: the five dearest of these products."""
    answer = solve(amopt.load("screening/mission"))
    chosen = {row["part"] for row in answer.rows["examine"]}
    assert chosen == {"9", "2", "6", "4", "5"}
    by_hand = 32.193 * 110.19 + 4.088 * 194 + 7.884 * 81.59 + 1.533 * 395.73 + 3.066 * 149.13
    assert answer.outcome.objective == pytest.approx(by_hand)


def test_many_alike_parts_are_chosen_quickly_and_well() -> None:
    """More columns than the core holds: the bound is proven, and no swap of two parts is better."""
    draw = np.random.default_rng(7)
    count = 6_000
    rows = [
        {
            "part": f"p{k}", "material": str(material), "lead_time_weeks": float(weeks),
            "expected_saving": float(saving), "effort_hours": float(hours),
        }
        for k, (material, weeks, saving, hours) in enumerate(
            zip(
                draw.choice(["steel", "brass", "wood"], count),
                draw.integers(0, 50, count),
                draw.gamma(1.0, 1000.0, count).round(2),
                draw.integers(1, 9, count),
                strict=True,
            )
        )
    ]  # fmt: skip
    examination = {
        "most_parts": 60,
        "efforts": [{"name": "team", "hours": 150}],
        "diversity": [{"attribute": "material", "at_most": 25}],
    }
    answer = solve(amopt.load(data(rows, examination=examination)), method="reduced")
    assert answer.outcome.gap is not None
    assert answer.outcome.gap <= 1e-6
    used = {row["limit"]: row for row in answer.rows["limits"]}
    assert used["hours of team"]["used"] <= 150
    assert used["parts alike in material"]["used"] <= 25


def test_an_effort_in_tiny_units_is_kept() -> None:
    """As many hours as two parts need; of a choice of three the referee says so."""

    def few(hours: float) -> Any:
        rows = [{**TEMPLATE_ROWS[0], "part": name} for name in "abc"]
        efforts = [{"name": "team", "hours": hours}]
        return small(
            rows, examination={"most_parts": 3, "hours_per_part": 8e-9, "efforts": efforts}
        )

    assert len(solve(few(16e-9)).rows["examine"]) == 2
    findings = " ".join(check(few(16e-9), solve(few(24e-9))).findings)
    assert "of at most 1.6e-08" in findings
