"""Small programs written out, with every family of constraints in one of them."""

from pathlib import Path

import numpy as np
import pytest

import amopt
from amopt.instance import catalogue
from amopt.placement import Instance
from amopt.placement.forms import FORMS
from amopt.placement.formulation import FAMILIES, formulate
from amopt.placement.methods.arrays.families import HONOURS, assemble
from amopt.placement.orders.arrays import assemble as assemble_orders
from amopt.placement.supply.supply import Supply
from amopt.program.pyomo import compile_model
from amopt.program.solver import highs
from tests.placement.cases import random_everything, rich
from tests.placement.test_orders import random_orders
from tests.seeds import seeds

GOLDEN = Path(__file__).parents[1] / "golden"


PROGRAMS = {
    "textbook": lambda: assemble(Supply(amopt.load("placement/textbook"))).program,
    "rich": lambda: assemble(Supply(Instance.from_dict(rich())), prune=False).program,
    "rich-central": lambda: (
        assemble(Supply(Instance.from_dict(rich())), form="central", prune=False).program
    ),
}


def written_out(program):
    """Write a program out: objective, rows, and bounds, a line each."""

    def terms(coefficients):
        return " ".join(
            f"{coefficients[j]:+.8g} {program.column_name(j)}"
            for j in np.flatnonzero(coefficients).tolist()
        )

    lines = [f"minimise: {terms(program.cost)}"]
    for row, coefficients in enumerate(program.matrix.toarray()):
        low, high = program.row_lower[row], program.row_upper[row]
        lines.append(f"{program.row_name(row)}: {low:g} <= {terms(coefficients)} <= {high:g}")
    for j in range(program.shape[1]):
        whole = " whole" if program.integer[j] else ""
        name = program.column_name(j)
        lines.append(f"{program.lower[j]:g} <= {name} <= {program.upper[j]:g}{whole}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_program_is_what_it_was(name):
    golden = GOLDEN / f"{name}.txt"
    assert written_out(PROGRAMS[name]()) == golden.read_text(encoding="utf-8")


def test_every_family_is_written_out_somewhere():
    text = "".join((GOLDEN / f"{name}.txt").read_text(encoding="utf-8") for name in PROGRAMS)
    rows = {line.partition("[")[0] for line in text.splitlines()}
    for family in FAMILIES:
        assert set(family.components) <= rows, family.name
        assert ".. math::" in family.equation, family.name


def test_the_arrays_honour_every_family():
    assert {family.name for family in FAMILIES} == HONOURS


def entries(program):
    """Return rows and columns by family and key, without rows that hold whatever is chosen."""
    names = [program.columns.family_and_key(j) for j in range(program.shape[1])]
    matrix, rows = program.matrix, {}
    for r in range(program.shape[0]):
        low, high = program.row_lower[r], program.row_upper[r]
        block = slice(matrix.indptr[r], matrix.indptr[r + 1])
        held = dict(zip([names[j] for j in matrix.indices[block]], matrix.data[block], strict=True))
        if held or not low <= 0 <= high:
            rows[program.rows.family_and_key(r)] = held | {"lower": low, "upper": high}
    columns = {
        name: {
            "cost": program.cost[j],
            "lower": program.lower[j],
            "upper": program.upper[j],
            "integer": program.integer[j],
        }
        for j, name in enumerate(names)
    }
    return rows, columns


def same_entries(instance, form):
    """Compare the arrays with the compiled formulation, entry by entry."""
    arrays = assemble(Supply(instance), form=form, prune=False).program
    compare(compile_model(formulate(instance, form=form)), arrays)


def compare(compiled, arrays):
    rows, columns = entries(compiled.program)
    array_rows, array_columns = entries(arrays)
    assert rows.keys() == array_rows.keys()
    for name, row in rows.items():
        assert row == pytest.approx(array_rows[name], rel=1e-12, abs=0), name
    for variable in compiled.unused:  # in no row, and without cost: Pyomo's compiler leaves it out
        columns[variable.parent_component().name, variable.index()] = {
            "cost": 0.0,
            "lower": variable.lb,
            "upper": np.inf if variable.ub is None else variable.ub,
            "integer": not variable.is_continuous(),
        }
    assert columns.keys() == array_columns.keys()
    for name, column in columns.items():
        assert column == pytest.approx(array_columns[name], rel=1e-12, abs=0), name


SHIPPED = [
    name
    for name in catalogue.names()
    if name.startswith("placement/") and amopt.load(name).demand and "synthetic" not in name
]


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", SHIPPED)
def test_the_arrays_are_the_formulation(name, form):
    same_entries(amopt.load(name), form)


@pytest.mark.slow
def test_the_arrays_of_a_larger_network_are_the_formulation():
    same_entries(amopt.load("placement/synthetic"), "optimum")


@pytest.mark.parametrize("block", seeds(10, always=1))
def test_the_arrays_are_the_formulation_on_random_instances(block):
    """Periods, moves, contracts, limits, single sources, fill rates and forms: 300 in all."""
    for seed in range(30 * block, 30 * block + 30):
        instance, form = Instance.from_dict(random_everything(seed)), FORMS[seed % 4]
        program = assemble(Supply(instance), form=form, prune=False).program
        empty = np.diff(program.matrix.indptr) == 0
        if (empty & ((program.row_lower > 0) | (program.row_upper < 0))).any():
            with pytest.raises(amopt.InfeasibleError, match="holds no variable"):
                compile_model(formulate(instance, form=form))
        else:
            same_entries(instance, form)


@pytest.mark.long
def test_random_instances_say_everything():
    found = set()
    for seed in range(300):
        instance = Instance.from_dict(random_everything(seed))
        program = assemble(Supply(instance), form=FORMS[seed % 4], prune=False).program
        found |= {family.name for family in program.rows.families}
    assert found == {component for family in FAMILIES for component in family.components}


@pytest.mark.parametrize("name", PROGRAMS)
def test_links_are_disaggregated(name):
    """Summing the links up leaves a relaxation that is never better."""
    program = PROGRAMS[name]()
    strong = highs.solve(program.relaxed()).outcome.objective
    kept = [
        row
        for row in range(program.shape[0])
        if not program.row_name(row).startswith(("only_by_machines", "only_from_open_sites"))
    ]
    weak = highs.solve(_rows(program, kept).relaxed()).outcome.objective
    assert weak <= strong + 1e-6


def _rows(program, kept):
    from dataclasses import replace

    from amopt.program.linear import Names

    return replace(
        program,
        matrix=program.matrix[kept],
        row_lower=program.row_lower[kept],
        row_upper=program.row_upper[kept],
        rows=Names(),
    )


@pytest.mark.parametrize("seed", range(20))
def test_the_arrays_of_orders_are_their_formulation(seed):
    data = random_orders(seed)
    data["routes"] = ["cost", "weeks"]
    data["sites"].append(
        {"place": "client", "contracts": [{"machine": "SLS", "hours_per_year": None}]}
    )
    data["commitments"] = [{"place": "north", "machine": "SLS", "week": 0, "hours": 70.0}]
    data["conventional"] = [{"part": "jig", "cost_per_part": 30.0, "lead_time_weeks": 1.0}]
    model = amopt.formulate(Instance.from_dict(data))
    compare(compile_model(model), assemble_orders(model.assignment))


def test_the_arrays_of_the_shipped_orders_are_their_formulation():
    model = amopt.formulate(amopt.load("placement/orders"))
    compare(compile_model(model), assemble_orders(model.assignment))
