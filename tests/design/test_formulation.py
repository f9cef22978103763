"""The program: written out, solved, extended, and equal to enumeration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
from pyomo.environ import Constraint, value

import amopt
from amopt.design import decision, formulation
from amopt.design.formulation import FAMILIES, formulate
from amopt.design.instance import DesignInstance
from amopt.errors import InfeasibleError, NoAnswerError, UsageError
from amopt.program.family import Family
from amopt.program.linear import LinearProgram
from amopt.program.pyomo import compile_model
from tests.design.cases import cheapest, limited, system
from tests.seeds import seeds

GOLDEN = Path(__file__).parent / "golden"


def written_out(program: LinearProgram) -> str:
    """Write a program out, a line for the objective and for each row and column."""

    def terms(coefficients: np.ndarray) -> str:
        return " ".join(
            f"{coefficients[j]:+.8g} {program.column_name(j)}"
            for j in np.flatnonzero(coefficients).tolist()
        )

    dense = program.matrix.toarray()
    rows = [
        f"{program.row_name(i)}: {program.row_lower[i]:.8g} <= {terms(dense[i])} "
        f"<= {program.row_upper[i]:.8g}"
        for i in range(program.shape[0])
    ]
    return "\n".join([f"minimise: {terms(program.cost)} {program.offset:+.8g}", *rows, ""])


def small(**limits: float) -> DesignInstance:
    """Return a bracket of which one is in service, or two."""
    return DesignInstance.from_dict(
        {
            "amopt": 1,
            "kind": "design",
            "name": "Bracket",
            "months": 10,
            "holding_cost_per_month_per_value": 0.1,
            "installed_base": [
                {"systems": 1, "probability": 0.5},
                {"systems": 2, "probability": 0.5},
            ],
            "limits": limits,
            "components": [
                {
                    "name": "bracket",
                    "replacement_cost": 10,
                    "emergency_cost": 60,
                    "down_days_per_replacement": 1,
                    "down_days_per_emergency": 5,
                    "versions": [
                        {
                            "name": "milled",
                            "made": "conventional",
                            "part_cost": 20,
                            "design_cost": 5,
                            "lead_time_months": 1e-4,
                            "mean_months_between_failures": 5,
                        },
                        {
                            "name": "printed",
                            "made": "printed",
                            "part_cost": 30,
                            "design_cost": 9,
                            "benefit_per_system_month": 0.5,
                            "lead_time_months": 0,
                            "mean_months_between_failures": 10,
                        },
                    ],
                }
            ],
        }
    )


@pytest.mark.parametrize(
    ("name", "limits"),
    [("plain", {}), ("limits", {"design_budget": 8.0, "availability": 0.99})],
)
def test_the_program_written_out(name: str, limits: dict[str, float]) -> None:
    program = compile_model(formulate(small(**limits))).program
    golden = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert written_out(program) == golden


def test_the_program_by_hand() -> None:
    """One bracket, printed, with no spare: 30 + 1 failure at 10 + 30 + 50; two cost twice that."""
    model = formulate(small())
    for variable in model.component_data_objects(pyo.Var):
        variable.set_value(0.0)
    model.choose["bracket", "printed"].set_value(1.0)
    for w in (1, 2):
        model.level["bracket", "printed", w, 0].set_value(1.0)
    assert value(model.objective) == pytest.approx(9 - 0.5 * 1.5 * 10 + 1.5 * (30 + 10 + 30 + 50))
    assert value(model.design_cost) == 9
    assert value(model.down_share[2]) == pytest.approx(0.1 * 5 / (365 / 12))


@pytest.mark.parametrize("seed", seeds(24, always=8))
def test_both_methods_and_enumeration_agree(seed: int) -> None:
    instance = system(seed)
    expected = cheapest(instance)
    for method in ("each-alone", "program"):
        answer = amopt.solve(instance, method=method)
        assert answer.outcome.objective == pytest.approx(expected, rel=1e-6)
        assert answer.outcome.status == "optimal"


@pytest.mark.parametrize("seed", seeds(40, always=14))
def test_under_limits_the_program_is_exact(seed: int) -> None:
    instance = system(seed, components=3, bases=1 + seed % 2)
    free = amopt.solve(instance)
    (total,) = free.rows["totals"]
    draw = np.random.default_rng(seed)
    instance = limited(
        instance,
        design_budget=float(total["design_cost"] * draw.uniform(0.6, 1.1)),
        availability=float(1 - (1 - total["availability"]) * draw.uniform(0.85, 1.0)),
    )
    expected = cheapest(instance)
    if not np.isfinite(expected):
        with pytest.raises(InfeasibleError) as caught:
            amopt.solve(instance)
        assert caught.value.conflicts
        return
    answer = amopt.solve(instance)
    assert answer.outcome.objective == pytest.approx(expected, rel=1e-6)
    assert answer.outcome.bound <= expected * (1 + 1e-9)
    assert answer.outcome.status == "optimal"


def test_the_random_systems_are_tied_by_their_limits() -> None:
    dearer = 0
    for seed in range(8):
        free = amopt.solve(system(seed))
        budget = 0.8 * free.rows["totals"][0]["design_cost"]
        try:
            tied = amopt.solve(limited(system(seed), design_budget=budget))
        except InfeasibleError:
            continue
        dearer += tied.outcome.objective > free.outcome.objective * (1 + 1e-6)
    assert dearer >= 3


def test_a_budget_that_pays_for_nothing_names_itself_and_what_would_mend_it() -> None:
    with pytest.raises(InfeasibleError) as caught:
        amopt.solve(small(design_budget=4.0))
    assert caught.value.conflict == ("the design budget of 4.00 EUR",)
    assert caught.value.remedies == ("raise the design budget to 5 EUR",)
    assert amopt.solve(small(design_budget=5.0)).rows["components"][0]["version"] == "milled"


def test_limits_that_clash_together_are_named_together() -> None:
    """The budget pays for the milled one only, which fails too often."""
    instance = small(design_budget=8.0, availability=0.995)
    with pytest.raises(InfeasibleError) as caught:
        amopt.solve(instance)
    words = set(caught.value.conflict)
    assert words == {"the design budget of 8.00 EUR", "an availability of 99.5 %"}
    assert "raise the design budget to 9 EUR" in caught.value.remedies
    (lower,) = (words for words in caught.value.remedies if "availability" in words)
    least = float(lower.rpartition(" ")[2])
    assert amopt.solve(small(design_budget=8.0, availability=least)).verdict.accepted


def test_what_a_caller_adds_is_kept_and_told() -> None:
    def no_spares(model: Any) -> None:
        model.room = Constraint(
            model.bases, rule=lambda m, w: sum(m.base_stock[c, w] for c in m.components) <= 1
        )

    instance = system(3)
    answer = amopt.solve(instance, extend=no_spares)
    assert [row["limit"] for row in answer.rows["limits"]] == [
        f"room[{base.systems}]" for base in instance.installed_base
    ]
    for base in instance.installed_base:
        kept = [r["base_stock"] for r in answer.rows["stock"] if r["systems"] == base.systems]
        assert sum(kept) <= 1
    assert answer.outcome.objective > amopt.solve(instance).outcome.objective
    assert any("The referee has not seen them" in note for note in answer.notes)
    assert not amopt.design.check(instance, answer).accepted
    names = [row["limit"] for row in answer.rows["limits"]]
    assert amopt.design.check(instance, answer, limits=names).accepted
    with pytest.raises(UsageError, match="does not see constraints"):
        amopt.solve(instance, extend=no_spares, method="each-alone")


def test_a_family_that_nobody_foresaw_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    def add_not_printed(model: Any) -> None:
        """Print nothing."""
        printed = [k for k, (_, version) in model.entry.items() if version.made == "printed"]
        model.not_printed = Constraint(printed, rule=lambda m, *key: m.choose[key] == 0)

    instance = next(
        one for one in map(system, range(50)) if amopt.solve(one).rows["totals"][0]["printed"]
    )
    monkeypatch.setattr(
        formulation, "FAMILIES", (*FAMILIES, Family("not_printed", add_not_printed))
    )
    answer = amopt.solve(instance)
    assert answer.rows["totals"][0]["printed"] == 0
    assert any("not_printed" in row["limit"] for row in answer.rows["limits"])
    with pytest.raises(UsageError, match="does not honour not_printed"):
        amopt.solve(instance, method="each-alone")


def test_values_that_choose_nothing_are_refused_in_words() -> None:
    model = formulate(small())
    with pytest.raises(NoAnswerError, match="solve it first"):
        decision.read_back(model)
    for variable in model.component_data_objects(pyo.Var):
        variable.set_value(0.0)
    with pytest.raises(UsageError, match="do not choose"):
        decision.read_back(model)
    model.choose["bracket", "milled"].set_value(0.5)
    with pytest.raises(UsageError, match="must be 0 or 1"):
        decision.read_back(model)


def test_an_answer_read_back_is_optimal_with_its_bound_only() -> None:
    model = formulate(small(availability=0.9))
    pyo.SolverFactory("appsi_highs").solve(model)
    assert decision.read_back(model).outcome.status == "feasible"
    bound = value(model.objective)
    assert decision.read_back(model, bound=bound).outcome.status == "optimal"


def test_each_family_says_its_equation() -> None:
    for family in FAMILIES:
        assert ":math:" in family.equation or ".. math::" in family.equation, family.name
        assert replace(family).components == (family.name,)


def test_a_graph_of_what_the_system_is_made_of() -> None:
    answer = amopt.solve(amopt.load("design/pump-unit"))
    graph = answer.graph()
    assert graph.nodes["impeller"]["version"] == "cast"
    assert graph.edges["impeller", "impeller: cast"]["chosen"]
    assert not graph.edges["impeller", "impeller: printed"]["chosen"]
    assert sum(1 for _, _, chosen in graph.edges(data="chosen") if chosen) == 10


def test_spares_of_an_uncertain_base_are_called_an_average() -> None:
    answer = amopt.solve(amopt.load("design/pump-unit"))
    assert "version printed of housing with 5.6 spares on average" in answer.headline()[0]
    assert "Averages are over the numbers of systems" in answer.headline()[1]
    assert "average" not in " ".join(amopt.solve(amopt.load("design/valve-block")).headline())


def test_a_component_without_down_days_is_told_of_where_an_availability_is_asked() -> None:
    data = amopt.load("design/pump-unit").to_dict()
    for name in ("down_days_per_replacement", "down_days_per_emergency"):
        del data["components"][1][name]
    (found,) = amopt.check(data)
    assert (found.code, found.where.key) == ("never-down", ("components", 1))
    data["components"][1]["down_days_per_emergency"] = 0
    assert amopt.check(data) == []
    data["components"][1].pop("down_days_per_emergency")
    del data["limits"]["availability"]
    assert amopt.check(data) == []


def test_one_time_limit_holds_for_all() -> None:
    with pytest.raises(NoAnswerError):
        amopt.solve(amopt.load("design/pump-unit"), method="program", time_limit=1e-9)


def test_a_benefit_far_larger_than_the_costs_is_part_of_what_is_added_up() -> None:
    """What is proven to a gap is relative to costs and benefits, not to the costs alone."""
    data = amopt.load("design/pump-unit").to_dict()
    data["components"][4]["versions"][1]["benefit_per_system_month"] = 871.492123965001
    data["components"][3]["versions"][1]["mean_months_between_failures"] = 0.2190806465790185
    data["components"][1]["pieces_per_system"] = 1
    answer = amopt.solve(amopt.load(data))
    assert str(answer.outcome.status) == "optimal"
    assert answer.outcome.objective < -3.7e7
