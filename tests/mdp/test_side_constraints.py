"""Side constraints: randomised policies, prices, bounds, and why there is no policy."""

import numpy as np
import pytest

from amopt.errors import InfeasibleError, NoAnswerError, UsageError
from amopt.mdp import (
    MarkovDecisionProcess,
    SideConstraint,
    dual_program,
    lp_solve,
    primal_program,
)
from amopt.mdp.infeasibility import _remedy
from tests.mdp.cases import random_process


def machine(discount):
    """A machine that runs (state 0) or stands still (state 1).

    Running, keep on at no cost and fail with probability 1/2, or service at cost 3 and fail with
    probability 1/4. Standing still costs 8 and ends with the period.
    """
    return MarkovDecisionProcess(
        [[0.5, 0.5], [0.75, 0.25], [1.0, 0.0]], [0.0, 3.0, 8.0], [0, 0, 1], discount
    )


def test_a_randomised_policy_by_hand():
    """With service probability q, the machine stands still a share d/(1+d) with d = (2-q)/4.

    Never servicing is cheapest: 8/3 a period, standing still 1/3 of the time; always servicing
    costs (3 + 8/4)/(1 + 1/4) = 4 and stands still 1/5 of the time. Limited to 1/4, d = 1/3 and
    q = 2/3: cost (3 q + 8 d)/(1 + d) = (2 + 8/3)/(4/3) = 3.5. On the way from 1/3 to 1/5 each unit
    of standing still is worth (4 - 8/3)/(1/3 - 1/5) = 10.
    """
    down = SideConstraint("downtime", np.array([0.0, 0.0, 1.0]), upper=0.25)
    solution = machine(None).solve(side_constraints=[down])
    assert solution.outcome.status == "optimal"
    assert solution.gain == pytest.approx(3.5, rel=1e-9)
    np.testing.assert_allclose(solution.probabilities, [1 / 3, 2 / 3, 1.0], atol=1e-9)
    np.testing.assert_allclose(solution.occupation, [1 / 4, 1 / 2, 1 / 4], atol=1e-9)
    assert solution.randomised.tolist() == [True, False]
    assert solution.policy.tolist() == [1, 2]
    assert solution.prices == pytest.approx({"downtime": -10.0})
    assert solution.outcome.bound == pytest.approx(3.5, rel=1e-9)


def test_a_limit_that_does_not_bind_has_no_price():
    down = SideConstraint("downtime", np.array([0.0, 0.0, 1.0]), upper=0.4)
    solution = machine(None).solve(side_constraints=[down])
    assert solution.gain == pytest.approx(8 / 3)
    assert solution.prices == {"downtime": pytest.approx(0.0)}
    assert not solution.randomised.any()


@pytest.mark.parametrize("discount", [0.95, 0.9999, None])
@pytest.mark.parametrize("longest", [1, 3])
@pytest.mark.parametrize("start", ["cold", "policy_iteration"])
def test_prices_are_what_a_unit_is_worth(discount, longest, start):
    process = random_process(31, states=10, discount=discount, longest=longest)
    rng = np.random.default_rng(32)
    use = rng.random((2, process.pairs))
    free = process.solve()
    used = use @ free.occupation
    size = 1e-4 * used[0]

    def solve(extra):
        return process.solve(
            start=start,
            side_constraints=[
                SideConstraint("hours", use[0], upper=0.9 * used[0] + extra),
                SideConstraint("space", use[1], lower=0.5 * used[1], upper=1.5 * used[1]),
            ],
        )

    least, here, most = solve(-size), solve(0.0), solve(size)
    slope = (most.outcome.objective - least.outcome.objective) / (2 * size)
    assert here.prices["hours"] == pytest.approx(slope, rel=1e-3)
    assert here.prices["hours"] < 0
    assert here.outcome.objective > free.outcome.objective
    assert here.outcome.gap < 1e-8
    assert use[0] @ here.occupation == pytest.approx(0.9 * used[0], rel=1e-7)
    assert here.randomised.sum() <= 2


def test_a_lower_limit_has_a_positive_price():
    service = SideConstraint("services", np.array([0.0, 1.0, 0.0]), lower=0.4)
    solution = machine(None).solve(side_constraints=[service])
    assert solution.prices["services"] > 0
    assert solution.occupation[1] == pytest.approx(0.4)


def test_states_out_of_reach_follow_the_priced_costs():
    """State 2 is never entered; its dear pair uses none of what is scarce."""
    process = MarkovDecisionProcess(
        [[1, 0, 0], [1, 0, 0], [1, 0, 0], [1, 0, 0], [1, 0, 0]],
        [1.0, 2.0, 5.0, 6.0, 0.0],
        [0, 0, 2, 2, 1],
        0.5,
    )
    scarce = SideConstraint("scarce", np.array([1.0, 0.0, 10.0, 0.0, 0.0]), upper=1.0)
    solution = process.solve(initial=[1.0, 0.0, 0.0], side_constraints=[scarce])
    np.testing.assert_allclose(solution.probabilities, [0.5, 0.5, 0, 1, 1], atol=1e-9)
    assert solution.prices["scarce"] == pytest.approx(-1.0)
    assert solution.outcome.objective == pytest.approx(3.0)


@pytest.mark.parametrize("discount", [0.9, 0.99, None])
def test_clashing_constraints_are_named(discount):
    process = machine(discount)
    total = 1.0 if discount is None else 1 / (1 - discount)
    constraints = [
        SideConstraint("idle", np.array([1.0, 0.0, 0.0]), lower=0.01 * total),
        SideConstraint("downtime", np.array([0.0, 0.0, 1.0]), upper=0.21 * total),
        SideConstraint("services", np.array([0.0, 1.0, 0.0]), upper=0.3 * total),
    ]
    with pytest.raises(InfeasibleError, match="together: 'downtime', 'services'") as error:
        process.solve(initial=[1.0, 0.0], side_constraints=constraints)
    assert error.value.conflict == ("downtime", "services")
    assert error.value.outcome.status == "infeasible"
    assert error.value.remedies
    assert "upper limit" in error.value.remedies[0]


def test_a_large_limit_is_moved_enough():
    """Six digits would say 1.23457e+06 for both."""
    side = SideConstraint("d", np.zeros(1), lower=1234567.0, upper=1234575.0)
    assert _remedy(side, -0.4).endswith(" to 1,234,566")
    assert _remedy(side, 0.4).endswith(" to 1,234,576")


def test_the_remedy_is_enough():
    process = machine(None)
    with pytest.raises(InfeasibleError, match="no policy meets the side constraint 'd'") as error:
        process.solve(side_constraints=[SideConstraint("d", np.array([0.0, 0, 1]), upper=0.1)])
    assert error.value.remedies == ("raise the upper limit of 'd' from 0.1 to 0.2",)
    solution = process.solve(
        side_constraints=[SideConstraint("d", np.array([0.0, 0, 1]), upper=0.2)]
    )
    assert solution.gain == pytest.approx(4.0)


def test_bad_constraints_are_refused():
    process = machine(0.9)
    with pytest.raises(ValueError, match="'x' has coefficients of shape"):
        process.solve(side_constraints=[SideConstraint("x", np.ones(2), upper=1.0)])
    with pytest.raises(ValueError, match="'x': coefficients must be finite"):
        SideConstraint("x", np.array([1.0, np.nan]), upper=1.0)
    for lower, upper in ((2.0, 1.0), (np.nan, 1.0), (np.inf, np.inf), (-np.inf, -np.inf)):
        with pytest.raises(ValueError, match="'x': no number lies in"):
            SideConstraint("x", np.ones(3), lower, upper)
    twice = [SideConstraint("x", np.ones(3), upper=100.0)] * 2
    with pytest.raises(ValueError, match="side constraints of the same name: x"):
        process.solve(side_constraints=twice)
    with pytest.raises(UsageError, match="use form='dual'"):
        process.solve(side_constraints=twice[:1], form="primal")
    with pytest.raises(UsageError, match="side constraints need the method 'lp'"):
        process.solve("value_iteration", side_constraints=twice[:1])


def test_programs_carry_the_names():
    process = MarkovDecisionProcess(
        [[0.5, 0.5], [0.75, 0.25], [1.0, 0.0]],
        [0.0, 3.0, 8.0],
        [0, 0, 1],
        None,
        state_names=["running", "down"],
        pair_names=[("running", "keep on"), ("running", "service"), ("down", "repair")],
    )
    dual = dual_program(process, side_constraints=[SideConstraint("hours", np.ones(3), upper=2.0)])
    assert list(dual.rows) == [
        "flow_balance[running]",
        "flow_balance[down]",
        "normalisation",
        "hours",
    ]
    assert list(dual.columns)[1] == "occupation[running,service]"
    np.testing.assert_allclose(
        dual.matrix.toarray(), [[0.5, 0.25, -1], [-0.5, -0.25, 1], [1, 1, 1], [1, 1, 1]]
    )
    primal = primal_program(process)
    assert list(primal.columns) == ["bias[running]", "bias[down]", "gain"]
    assert list(primal.rows)[2] == "action[down,repair]"
    assert primal.maximise
    np.testing.assert_allclose(primal.matrix.toarray(), dual.matrix.toarray()[:3].T)


def test_a_discounted_program_by_hand():
    dual = dual_program(machine(0.5), [0.25, 0.75])
    np.testing.assert_allclose(dual.matrix.toarray(), [[0.75, 0.625, -0.5], [-0.25, -0.125, 1.0]])
    np.testing.assert_allclose(dual.row_lower, [0.25, 0.75])
    np.testing.assert_allclose(dual.row_upper, [0.25, 0.75])


def test_probabilities_that_a_solver_would_drop_are_left_out():
    """Each column of the dual sums to one less the discount, also where it has tiny entries."""
    tiny = 1e-13
    process = MarkovDecisionProcess(
        [[0.5, 0.5 - tiny, tiny], [0.0, 1.0 - 3 * tiny, 3 * tiny], [1.0, 0.0, 0.0]],
        [1.0, 2.0, 3.0],
        [0, 1, 2],
        0.5,
    )
    dual = dual_program(process)
    assert np.abs(dual.matrix.data).min() > 1e-9
    np.testing.assert_allclose(dual.matrix.sum(axis=0), 0.5, rtol=1e-15)
    assert process.transition.nnz == 6


# In state 0 one stays at a cost of 1, which uses 1 a period; in state 1 at 5, or goes to 0.
PLACES = MarkovDecisionProcess([[1, 0], [0, 1], [1, 0]], [1.0, 5.0, 5.0], [0, 1, 1], None)


def test_a_use_that_depends_on_the_first_state_leaves_the_cost_alone():
    """From everywhere one comes to state 0, the cheapest; what is used least could be elsewhere."""
    found = PLACES.solve(side_constraints=[SideConstraint("use", [1.0, 0.0, 0.0], upper=2.0)])
    assert found.outcome.status == "optimal"
    assert found.gain == pytest.approx(1.0)
    assert found.prices["use"] == 0.0


def test_a_limit_that_asks_for_another_place_is_no_answer():
    with pytest.raises(NoAnswerError):
        PLACES.solve(side_constraints=[SideConstraint("use", [1.0, 0.0, 0.0], upper=0.5)])


@pytest.mark.parametrize("discount", [0.9, None])
def test_a_bound_above_the_cost_proves_nothing(discount, monkeypatch):
    right = lp_solve._lagrangian

    def wrong(*asked):
        best, bound = right(*asked)
        return best, 1.05 * bound

    monkeypatch.setattr(lp_solve, "_lagrangian", wrong)
    down = SideConstraint("downtime", np.array([0.0, 0.0, 1.0]), upper=2.6 if discount else 0.25)
    outcome = machine(discount).solve(side_constraints=[down]).outcome
    assert outcome.status == "feasible"
    assert outcome.bound == pytest.approx(1.05 * outcome.objective)
