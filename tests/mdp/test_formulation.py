"""The Pyomo programs say what the arrays say, entry by entry, and can be extended."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pyomo.environ import Constraint

from amopt.errors import InfeasibleError, NoAnswerError, UsageError
from amopt.mdp import MarkovDecisionProcess, SideConstraint, dual_program, primal_program
from amopt.mdp.extension import read_back
from amopt.mdp.formulation import formulate
from amopt.program.linear import LinearProgram
from amopt.program.pyomo import compile_model, solve_model
from tests.mdp.cases import random_process, taxicab, two_states


def entries(program: LinearProgram) -> dict[str, Any]:
    """Return all that a program says, by names; rows and columns without entries left out."""
    rows, columns = list(program.rows), list(program.columns)
    table = program.matrix.tocoo()
    filled = {
        (rows[i], columns[j]): value
        for i, j, value in zip(*table.coords, table.data, strict=True)
        if abs(value) > 1e-15
    }
    used = {row for row, _ in filled}, {column for _, column in filled}
    return {
        "matrix": filled,
        "rows": {
            name: limits
            for name, *limits in zip(rows, program.row_lower, program.row_upper, strict=True)
            if name in used[0]
        },
        "columns": {
            name: numbers
            for name, *numbers in zip(
                columns, program.cost, program.lower, program.upper, strict=True
            )
            if name in used[1]
        },
        "maximise": program.maximise,
    }


def same(model: Any, arrays: LinearProgram) -> None:
    written, fast = entries(compile_model(model).program), entries(arrays)
    assert written.keys() == fast.keys()
    assert written["maximise"] == fast["maximise"]
    for part in ("matrix", "rows", "columns"):
        assert written[part].keys() == fast[part].keys(), part
        for name, value in fast[part].items():
            assert written[part][name] == pytest.approx(value, rel=1e-13, abs=1e-15), name


def gridworld() -> MarkovDecisionProcess:
    """Two free resting places, and a state that gambles for the better one."""
    return MarkovDecisionProcess(
        [[1, 0, 0], [0, 1, 0], [0.5, 0.25, 0.25], [0, 1, 0]],
        [0.0, 0.0, 1.0, 3.0],
        [0, 1, 2, 2],
        None,
        criterion="total",
    )


TEXTBOOK = {
    "two states": two_states(),
    "taxicab": taxicab(),
    "taxicab, discounted": taxicab(0.9),
    "total cost": gridworld(),
    "named": MarkovDecisionProcess(
        [[0.5, 0.5], [0.75, 0.25], [1.0, 0.0]],
        [0.0, 3.0, 8.0],
        [0, 0, 1],
        None,
        state_names=["running", "down"],
        pair_names=[("running", "keep on"), ("running", "service"), ("down", "repair")],
    ),
}


@pytest.mark.parametrize("multichain", [False, True])
@pytest.mark.parametrize("process", TEXTBOOK.values(), ids=TEXTBOOK)
def test_textbook_programs(process: MarkovDecisionProcess, multichain: bool) -> None:
    both = process, np.arange(1, process.states + 1) / np.arange(1, process.states + 1).sum()
    same(formulate(*both, multichain=multichain), dual_program(*both, multichain=multichain))
    same(
        formulate(*both, form="primal", multichain=multichain),
        primal_program(*both, multichain=multichain),
    )


@pytest.mark.parametrize("discount", [0.0, 0.9, None])
@pytest.mark.parametrize("seed", range(10))
def test_random_programs(seed: int, discount: float | None) -> None:
    process = random_process(seed, states=5, actions=3, discount=discount, longest=1 + seed % 3)
    multichain = seed % 2 == 1
    same(formulate(process, multichain=multichain), dual_program(process, multichain=multichain))
    same(
        formulate(process, form="primal", multichain=multichain),
        primal_program(process, multichain=multichain),
    )


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown form 'both'"):
        formulate(two_states(), form="both")


def limit_of(process: MarkovDecisionProcess, share: float) -> tuple[np.ndarray, float]:
    """Return what pairs use, and a limit between the least use and that of the best policy."""
    use = np.random.default_rng(process.pairs).random(process.pairs)
    least = process.with_cost(use).solve().outcome.objective
    return use, least + share * (use @ process.solve().occupation - least)


@pytest.mark.parametrize("discount", [0.9, None])
@pytest.mark.parametrize("seed", range(6))
def test_an_extension_is_a_side_constraint(seed: int, discount: float | None) -> None:
    process = random_process(seed, states=5, discount=discount, longest=1 + seed % 2)
    use, limit = limit_of(process, 0.6)

    def extend(model: Any) -> None:
        model.use = Constraint(expr=sum(use[k] * model.occupation[k] for k in model.pairs) <= limit)

    expected = process.solve(side_constraints=[SideConstraint("use", use, upper=limit)])
    found = process.solve(extend=extend)
    assert found.outcome.objective == pytest.approx(expected.outcome.objective, rel=1e-7)
    assert found.outcome.status == "optimal"
    assert found.outcome.bound <= found.outcome.objective
    assert found.outcome.objective > process.solve().outcome.objective + 1e-6
    np.testing.assert_allclose(found.probabilities, expected.probabilities, atol=1e-6)
    assert use @ found.occupation == pytest.approx(limit, rel=1e-6)


def test_an_extended_total_cost() -> None:
    """The gamble costs 1 and may need a second try; one try at it is allowed, on average."""
    process = gridworld()
    free = process.solve(initial=[0, 0, 1.0])
    assert free.outcome.objective == pytest.approx(4 / 3)

    def extend(model: Any) -> None:
        model.tries = Constraint(expr=model.occupation[2] <= 1.0)

    limited = process.solve(initial=[0, 0, 1.0], extend=extend)
    assert limited.outcome.objective == pytest.approx(1 + 3 * 0.25)
    assert limited.measure[2] == pytest.approx(1.0)


def test_what_cannot_be_met_and_what_does_not_go_together() -> None:
    process = two_states()

    def impossible(model: Any) -> None:
        model.never = Constraint(expr=sum(model.occupation.values()) <= 1.0)

    with pytest.raises(InfeasibleError) as raised:
        process.solve(extend=impossible)
    assert raised.value.conflict == ("the constraint never",)  # not what occupation means
    assert raised.value.remedies == ("raise the right-hand side of never by 19",)
    with pytest.raises(UsageError, match="extend need the method 'lp'"):
        process.solve("value_iteration", extend=impossible)
    with pytest.raises(UsageError, match="use form='dual'"):
        process.solve(form="primal", extend=impossible)
    with pytest.raises(UsageError, match="not both"):
        process.solve(
            extend=impossible, side_constraints=[SideConstraint("x", np.ones(3), upper=9.0)]
        )


def test_a_model_solved_elsewhere_is_read_back() -> None:
    process = taxicab()
    model = formulate(process)
    with pytest.raises(NoAnswerError, match="solve it first"):
        read_back(model)
    solve_model(model)
    found = read_back(model)
    assert found.gain == pytest.approx(process.solve().gain)
    assert found.policy.tolist() == process.solve().policy.tolist()
    with pytest.raises(UsageError, match="read_back reads the dual"):
        read_back(formulate(process, form="primal"))


def test_a_mixture_of_closed_parts_is_no_stationary_policy() -> None:
    """Of two closed states the program would visit both half of the time."""
    process = MarkovDecisionProcess([[1, 0], [0, 1]], [1.0, 2.0], [0, 1], None)

    def extend(model: Any) -> None:
        model.half = Constraint(expr=model.occupation[0] == 0.5)

    with pytest.raises(NoAnswerError):
        process.solve(extend=extend)
