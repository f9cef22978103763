"""All methods agree, with brute force where that is possible."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from amopt.errors import NoAnswerError, UsageError
from amopt.mdp import MarkovDecisionProcess, SideConstraint
from amopt.mdp.iteration import methods
from amopt.program.solver.highs import Options
from tests.mdp.cases import METHODS, policies, policy_gain, policy_value, random_process

SHAPES = {
    "plain": {},
    "periodic": {"states": 9, "period": 3},
    "periodic, one state a class": {"states": 5, "period": 5},
    "long pairs": {"longest": 4},
    "long pairs and a period": {"states": 8, "period": 2, "longest": 3},
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("discount", [0.9, 0.9999, None])
def test_methods_agree(shape, discount):
    process = random_process(7, discount=discount, **shape)
    reference = process.solve("policy_iteration")
    for how in METHODS.values():
        solution = process.solve(**how)
        scale = np.abs(reference.value).max()
        if discount is None:
            assert solution.gain == pytest.approx(reference.gain, rel=1e-7)
        else:
            np.testing.assert_allclose(solution.value, reference.value, atol=1e-7 * scale)
        assert solution.outcome.status == "optimal"
        assert solution.outcome.stopped == "finished"
        assert solution.outcome.bound <= solution.outcome.objective
        assert solution.outcome.objective == pytest.approx(reference.outcome.objective, rel=1e-7)


@pytest.mark.parametrize("how", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize("shape", [{}, {"period": 2}, {"longest": 3}])
def test_no_policy_is_better(how, shape):
    process = random_process(3, states=4, actions=3, discount=0.9, **shape)
    best = np.min([policy_value(process, policy) for policy in policies(process)], axis=0)
    np.testing.assert_allclose(process.solve(**how).value, best, rtol=1e-7)


@pytest.mark.parametrize("how", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize("shape", [{}, {"period": 2}, {"longest": 3}])
def test_no_policy_has_a_better_average(how, shape):
    process = random_process(4, states=4, actions=3, discount=None, **shape)
    best = min(policy_gain(process, policy) for policy in policies(process))
    assert process.solve(**how).gain == pytest.approx(best, rel=1e-7)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_average_cost_is_the_limit_of_discounted_cost(shape):
    gain = random_process(11, discount=None, **shape).solve().gain
    near = random_process(11, discount=1 - 1e-7, **shape).solve()
    assert 1e-7 * near.outcome.objective == pytest.approx(gain, rel=1e-4)


def forest(ages, fire, discount=0.999):
    """Each age may be cut, and grows older or burns; the oldest pays most where it stands."""
    age = np.arange(ages)
    chance = np.zeros((2 * ages, ages))
    chance[age, np.minimum(age + 1, ages - 1)] = 1 - fire
    chance[age, 0] += fire
    chance[ages:, 0] = 1.0
    wait, cut = np.where(age == ages - 1, -4.0, 0.0), np.where(age == 0, 0.0, -1.0)
    cut[-1] = -2.0
    return MarkovDecisionProcess(chance, np.append(wait, cut), np.tile(age, 2), discount)


def test_policies_that_change_an_age_at_a_time_are_left_for_another_start():
    """From the policy that looks one step ahead, each age but one takes an improvement."""
    process = forest(400, 0.001)
    solution = process.solve("policy_iteration")
    assert solution.outcome.iterations < 2 * methods._SECOND_START
    np.testing.assert_allclose(solution.value, process.solve("value_iteration").value, rtol=1e-7)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("seed", range(4))
def test_the_lesser_values_of_two_policies_are_improved_upon(monkeypatch, shape, seed):
    process = random_process(seed, discount=0.95, **shape)
    right = process.solve("policy_iteration").value
    monkeypatch.setattr(methods, "_SECOND_START", 1)
    np.testing.assert_allclose(process.solve("policy_iteration").value, right, rtol=1e-9)


def test_a_limit_between_two_starts_keeps_the_better_policy():
    process = forest(400, 0.001)
    best = process.solve("policy_iteration").outcome.objective
    found = [
        process.solve("policy_iteration", iteration_limit=limit).outcome.objective
        for limit in (1, methods._SECOND_START, methods._SECOND_START + 1)
    ]
    assert found[0] >= found[1] > found[2] >= best


def clock(hours, discount, waiting=2.0):
    """A counter that runs down, then starts again at a price or, dearer, one lower."""
    chance = np.zeros((hours + 1, hours))
    chance[np.arange(hours), (np.arange(hours) - 1) % hours] = 1.0
    chance[hours, hours - 1] = 1.0
    cost = np.append(np.arange(hours) * waiting, 10.0)
    return MarkovDecisionProcess(chance, cost, [*range(hours), 0], discount)


@pytest.mark.parametrize("method", ["value_iteration", "modified_policy_iteration"])
@pytest.mark.parametrize("discount", [0.9999, None])
def test_a_period_does_not_slow_iteration(method, discount):
    process = clock(24, discount)
    assert process.layers.period == 24
    assert len(process.layers.cut) == 1
    solution = process.solve(method)
    assert solution.outcome.iterations <= 3
    reference = process.solve("policy_iteration")
    assert solution.outcome.objective == pytest.approx(reference.outcome.objective, rel=1e-9)


def test_a_policy_more_periodic_than_its_process_still_converges():
    """The best policy swaps two states; staying put, at a price, makes the process aperiodic."""
    process = MarkovDecisionProcess([[0, 1], [1, 0], [1, 0]], [1.0, 5.0, 9.0], [0, 1, 0], None)
    assert process.layers.period == 1
    solution = process.solve("value_iteration", iteration_limit=1000)
    assert solution.outcome.status == "optimal"
    assert solution.gain == pytest.approx(3.0, rel=1e-8)


def test_a_cut_is_found_for_pairs_of_several_durations():
    """A counter that may skip ahead to the start of the cycle, and no further."""
    chance = np.zeros((6, 4))
    owner = [0, 1, 2, 3, 1, 2]
    chance[np.arange(6), [3, 0, 1, 2, 0, 0]] = 1.0
    duration = [1, 1, 1, 1, 1, 2]
    process = MarkovDecisionProcess(chance, np.arange(6.0), owner, 0.99, duration=duration)
    assert process.layers.period == 4
    assert all(layer.relaxation is None for layer in process.layers.layers)
    values = [process.solve(**how).value for how in METHODS.values()]
    for value in values[1:]:
        np.testing.assert_allclose(value, values[0], rtol=1e-8)


def test_several_independent_parts_share_layers():
    one, two = random_process(1, period=2), random_process(2, period=2)
    chance = np.block(
        [
            [one.transition.toarray(), np.zeros((one.pairs, two.states))],
            [np.zeros((two.pairs, one.states)), two.transition.toarray()],
        ]
    )
    both = MarkovDecisionProcess(
        chance,
        np.concatenate([one.cost, two.cost]),
        np.concatenate([one.state_of_pair, one.states + two.state_of_pair]),
        0.95,
    )
    assert both.layers.period == 2
    expected = np.concatenate([one.solve().value, two.solve().value])
    for how in METHODS.values():
        np.testing.assert_allclose(both.solve(**how).value, expected, rtol=1e-7, atol=1e-6)


@pytest.mark.parametrize("method", ["value_iteration", "modified_policy_iteration"])
@pytest.mark.parametrize("discount", [0.999, None])
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_an_iteration_limit_leaves_an_honest_bound(method, discount, limit):
    process = random_process(5, states=30, discount=discount, longest=2)
    best = process.solve("policy_iteration")
    solution = process.solve(method, iteration_limit=limit)
    assert solution.outcome.stopped == "iteration_limit"
    assert solution.outcome.status == "feasible"
    assert solution.outcome.iterations == limit
    assert solution.outcome.bound <= best.outcome.objective <= solution.outcome.objective
    if discount is None:
        reached = policy_gain(process, solution.policy)
        assert best.gain <= reached + 1e-12
        assert reached <= solution.gain + 1e-12
        assert solution.gain - solution.error_bound <= best.gain
    else:
        reached = policy_value(process, solution.policy)
        assert (best.value <= reached + 1e-9).all()
        assert (reached <= solution.value + 1e-9).all()
        assert np.abs(solution.value - best.value).max() <= solution.error_bound


def test_policy_iteration_stopped_early_has_a_bound():
    process = random_process(6, states=40, actions=10)
    best = process.solve().outcome.objective
    solution = process.solve("policy_iteration", iteration_limit=1)
    assert solution.outcome.bound <= best <= solution.outcome.objective
    np.testing.assert_allclose(solution.value, policy_value(process, solution.policy), rtol=1e-9)


@pytest.mark.parametrize("method", ["value_iteration", "modified_policy_iteration", "lp"])
def test_a_time_limit_of_zero_leaves_a_policy_with_a_bound(method):
    process = random_process(8, states=30, discount=0.999)
    best = process.solve("policy_iteration").outcome.objective
    solution = process.solve(method, options=Options(time_limit=0.0))
    assert solution.outcome.stopped == "time_limit"
    assert solution.outcome.bound <= best + 1e-9 * abs(best)
    assert solution.outcome.objective >= best - 1e-9 * abs(best)


def test_a_cold_program_without_time_has_no_answer():
    process = random_process(8, states=30)
    with pytest.raises(NoAnswerError, match="allow more time"):
        process.solve("lp", start="cold", options=Options(time_limit=0.0))


def test_states_that_are_never_reached_have_a_best_pair_too():
    """Only state 0 is a possible start; states 1 and 2 are never entered."""
    process = MarkovDecisionProcess(
        [[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0]],
        [1.0, 7.0, 3.0, 9.0, 2.0],
        [0, 1, 1, 2, 2],
        0.5,
    )
    for how in METHODS.values():
        solution = process.solve(initial=[1.0, 0.0, 0.0], **how)
        np.testing.assert_allclose(solution.value, [2.0, 6.0, 5.0], rtol=1e-8)
        assert solution.policy.tolist() == [0, 2, 4]
        np.testing.assert_allclose(solution.occupation, [2.0, 0, 0, 0, 0], atol=1e-8)
        assert solution.outcome.objective == pytest.approx(2.0)


def islands(bridge):
    """Two absorbing states of different cost and a state that chooses; a bridge joins them."""
    chance = [[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 1, 0]]
    cost, owner = [1.0, 2.0, 5.0, 0.0], [0, 1, 2, 2]
    if bridge:
        chance, cost, owner = [*chance, [1, 0, 0]], [*cost, 100.0], [*owner, 1]
    return MarkovDecisionProcess(chance, cost, owner, None)


@pytest.mark.parametrize("how", METHODS.values(), ids=METHODS)
def test_an_average_that_depends_on_the_start_is_given_for_each_state(how):
    solution = islands(bridge=False).solve(**how)
    np.testing.assert_allclose(solution.gains, [1.0, 2.0, 1.0])
    assert solution.policy.tolist() == [0, 1, 2]
    assert solution.gain == pytest.approx(4 / 3)
    assert solution.outcome.status == "optimal"
    np.testing.assert_allclose(solution.occupation, [2 / 3, 1 / 3, 0, 0])


def test_side_constraints_on_an_average_that_depends_on_the_start_are_refused():
    limit = SideConstraint("limit", np.array([1.0, 0, 0, 0]), upper=0.5)
    with pytest.raises(NoAnswerError, match="depends on the first state"):
        islands(bridge=False).solve(side_constraints=[limit])


@pytest.mark.parametrize("how", METHODS.values(), ids=METHODS)
def test_policies_of_several_classes_are_led_to_the_best(how):
    solution = islands(bridge=True).solve(**how)
    assert solution.gain == pytest.approx(1.0, rel=1e-8)
    assert solution.policy.tolist()[:2] == [0, 4]


def test_unknown_methods_and_forms_are_refused():
    process = random_process(1)
    with pytest.raises(UsageError, match="unknown method 'magic'; choose one of lp, "):
        process.solve("magic")
    with pytest.raises(UsageError, match="unknown form 'both'"):
        process.solve(form="both")
    with pytest.raises(UsageError, match="unknown start 'warm'"):
        process.solve(start="warm")


@pytest.mark.parametrize("how", METHODS.values(), ids=METHODS)
def test_a_state_hardly_ever_visited_spoils_nothing(how):
    """A queue that empties (state 0) about once in 1e38 periods."""
    states = 40
    up, down = 0.9, 0.1
    chance = np.zeros((states, states))
    chance[np.arange(states - 1), np.arange(1, states)] = up
    chance[np.arange(1, states), np.arange(states - 1)] = down
    chance[0, 0], chance[-1, -1] = down, up
    process = MarkovDecisionProcess(chance, np.arange(float(states)), range(states), None)
    ratio = (up / down) ** np.arange(states - 1, -1, -1.0)
    share = 1 / ratio / (1 / ratio).sum()
    solution = process.solve(**how)
    assert solution.gain == pytest.approx(share @ np.arange(states), rel=1e-9)
    np.testing.assert_allclose(solution.occupation, share, atol=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_policies_of_several_classes_on_the_way(seed):
    """A dear ring joins all states; whole numbers as costs leave many classes of equal gain."""
    rng = np.random.default_rng(seed)
    states = 6
    ring = np.roll(np.eye(states), 1, axis=1)
    local = np.zeros((3 * states, states))
    np.add.at(
        local, (np.repeat(np.arange(3 * states), 2), rng.integers(0, states, 6 * states)), 0.5
    )
    cost = np.concatenate([rng.integers(2, 6, states), rng.integers(1, 3, 3 * states)])
    process = MarkovDecisionProcess(
        np.vstack([ring, local]), cost, [*range(states), *np.repeat(range(states), 3)], None
    )
    gains = {}
    for name, how in METHODS.items():
        solution = process.solve(**how)
        assert solution.outcome.status == "optimal", name
        gains[name] = solution.gain
    assert max(gains.values()) - min(gains.values()) < 1e-7


@pytest.mark.parametrize("how", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize("longest", [1, 3])
def test_with_discount_0_only_the_next_pair_counts(how, longest):
    process = random_process(9, discount=0.0, longest=longest)
    solution = process.solve(**how)
    least, _ = process.minimum(process.cost)
    np.testing.assert_allclose(solution.value, least)
    assert solution.outcome.status == "optimal"
    assert solution.outcome.bound == pytest.approx(least.mean())


@pytest.mark.parametrize("start", ["cold", "policy_iteration"])
@pytest.mark.parametrize("form", ["dual", "primal"])
def test_a_first_state_that_is_known_is_that_of_objective_and_measure(start, form):
    process = random_process(11, states=6)
    first = np.eye(6)[2]
    solution = process.solve("lp", initial=first, start=start, form=form)
    best = min(policy_value(process, policy)[2] for policy in policies(process))
    assert solution.outcome.objective == pytest.approx(best)
    assert solution.outcome.status == "optimal"
    assert solution.measure @ process.cost == pytest.approx(best)
    balance = process.by_state(solution.measure) - process.transition.T @ (
        process.factor * solution.measure
    )
    np.testing.assert_allclose(balance, first, atol=1e-9)


@pytest.mark.parametrize("discount", [0.95, None])
def test_columns_are_priced_in_from_any_policy(discount):
    from amopt.mdp import lp_solve
    from amopt.mdp.iteration import column_generation
    from amopt.program.solver.highs import Options

    process = random_process(13, states=12, actions=5, discount=discount)
    best = process.solve("policy_iteration")
    weights = process.initial_distribution(None)
    sizes = []

    def solve_part(part, policy):
        sizes.append(part.pairs)
        options = Options(presolve=False)
        return lp_solve._solve_program(part, weights, "dual", (), policy=policy, options=options)

    worst = process.minimum(-process.quality(best.value, best.gain or 0.0))[1]
    vertex = column_generation.priced_in(process, worst, solve_part)
    assert sizes[0] == 12 < sizes[-1] < process.pairs  # some were needed, and not all
    np.testing.assert_allclose(vertex.occupation, best.occupation, atol=1e-8)
    if discount is None:
        assert vertex.gain == pytest.approx(best.gain)
    else:
        np.testing.assert_allclose(vertex.values, best.value, rtol=1e-9)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("discount", [0.9, None])
def test_column_generation_is_a_linear_program_of_all_pairs(shape, discount):
    process = random_process(17, discount=discount, **shape)
    whole = process.solve("lp")
    priced = process.solve("lp", start="column_generation")
    assert priced.outcome.objective == pytest.approx(whole.outcome.objective, rel=1e-9)
    assert priced.outcome.status == "optimal"
    np.testing.assert_allclose(priced.occupation, whole.occupation, atol=1e-8)


def test_column_generation_takes_no_side_constraints():
    process = random_process(3)
    limit = SideConstraint("limit", np.ones(process.pairs), upper=1e3)
    with pytest.raises(UsageError, match="column generation is for the dual program"):
        process.solve("lp", start="column_generation", side_constraints=[limit])
    with pytest.raises(UsageError, match="column generation is for the dual program"):
        process.solve("lp", start="column_generation", form="primal")


def test_column_generation_has_one_limit_of_time_for_all_rounds(monkeypatch):
    """Each round is given what is left, not the whole once more."""
    from amopt.mdp import lp_solve
    from amopt.program.time import Budget

    clock = iter(range(1000))
    given = []
    honest = lp_solve._solve_program

    def solve(*arguments, options, **keywords):
        given.append(options.time_limit)
        return honest(*arguments, options=replace(options, time_limit=None), **keywords)

    monkeypatch.setattr(lp_solve, "_solve_program", solve)
    monkeypatch.setattr(Budget, "spent", property(lambda self: float(next(clock))))
    process = random_process(13, states=12, actions=5)
    best = process.solve("policy_iteration")
    worst = process.minimum(-process.quality(best.value))[1]  # others have to be priced in
    monkeypatch.setattr(lp_solve, "policy_iteration", lambda *_, **__: replace(best, policy=worst))
    process.solve(start="column_generation", options=Options(time_limit=500.0))
    assert len(given) > 1
    assert all(later < earlier for earlier, later in pairwise(given))


@pytest.mark.parametrize("criterion", ["average", "total"])
def test_progress_is_told_of_every_linear_program(criterion, monkeypatch):
    """Of a process of two closed parts, and of one that comes to rest."""
    from amopt.program.solver import highs

    heard = []
    honest = highs.solve

    def solve(*arguments, progress=None, **keywords):
        heard.append(progress)
        return honest(*arguments, progress=progress, **keywords)

    monkeypatch.setattr(highs, "solve", solve)
    cost = [1.0, 2.0] if criterion == "average" else [0.0, 0.0]
    process = MarkovDecisionProcess(np.eye(2), cost, [0, 1], None, criterion=criterion)

    def tell(_):
        pass

    process.solve(progress=tell, start="cold")
    assert heard[-1] is tell
