"""Families of constraints that nobody foresaw, and models that were solved elsewhere."""

import pytest
from pyomo.environ import Constraint

import amopt
from amopt.errors import UsageError
from amopt.placement import Instance, formulation, read_back, solve
from amopt.placement.orders import formulation as orders_formulation
from amopt.program.family import Family
from amopt.program.pyomo import compile_model, solve_model
from amopt.program.solver import highs
from tests.placement.cases import random_data, random_everything
from tests.placement.oracles import brute_force
from tests.placement.test_orders import best_by_force, random_orders


def at_most_60_percent(model):
    r"""Let no site supply more than 60 % of a place's part.

    .. math:: \sum_{k \in K_{pit}} x_k \le 0.6
    """
    links = model.sets.of_link
    model.at_most_60_percent = Constraint(
        list(links), rule=lambda _, *link: sum(model.supply[k] for k in links[link]) <= 0.6
    )


SHARES = Family("at_most_60_percent", at_most_60_percent)


def with_shares(data):
    """Return the optimum of a split instance where no site supplies more than 60 %."""
    return brute_force.best_split(data, most=0.6)


@pytest.fixture
def one_more(monkeypatch):
    """Return what adds a family to the formulation."""

    def add(family, room=formulation):
        monkeypatch.setattr(room, "FAMILIES", (*room.FAMILIES, family))

    return add


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("method", ["auto", "formulation"])
def test_a_family_that_nobody_foresaw_is_honoured(seed, method, one_more):
    data = random_data(seed, places=3, single=False)
    best = with_shares(data)
    extended = solve(Instance.from_dict(data), method=method, extend=at_most_60_percent)
    assert extended.outcome.objective == pytest.approx(best, rel=1e-6)
    one_more(SHARES)
    answer = solve(Instance.from_dict(data), method=method)
    assert answer.outcome.objective == pytest.approx(best, rel=1e-6)
    assert answer.outcome.status == "optimal"
    for row in answer.rows["supply"]:
        assert not row["machine"] or row["share"] <= 0.6 + 1e-6


@pytest.mark.parametrize("method", ["milp", "lagrangian"])
def test_methods_that_do_not_honour_a_family_say_so(method, one_more):
    instance = amopt.load("placement/textbook")
    with pytest.raises(UsageError, match="does not see constraints that are added"):
        solve(instance, method=method, extend=at_most_60_percent)
    one_more(SHARES)
    with pytest.raises(UsageError, match="does not honour at_most_60_percent"):
        solve(instance, method=method)


def no_conventional(model):
    r"""Buy nothing conventionally.

    .. math:: x_k = 0
    """
    bought = [k for k in model.supply if not k[4]]
    model.no_conventional = Constraint(bought, rule=lambda _, *k: model.supply[k] == 0)


@pytest.mark.parametrize("added", ["family", "extend"])
def test_a_family_may_need_what_pruning_leaves_out(added, one_more):
    """Printing at prices that nobody would pay, where nothing else is allowed."""
    instance = amopt.load("placement/textbook")
    cheap = tuple(c.model_copy(update={"cost_per_part": 1.0}) for c in instance.conventional)
    instance = instance.model_copy(update={"conventional": cheap})
    assert solve(instance, forms=False).outcome.objective == pytest.approx(200)
    if added == "extend":
        answer = solve(instance, extend=no_conventional, forms=False)
    else:
        one_more(Family("no_conventional", no_conventional))
        answer = solve(instance, forms=False)
    assert answer.outcome.objective == pytest.approx(2980)


def test_a_family_that_cannot_be_kept_is_named(one_more):
    def nothing(model):
        r"""Spend nothing.

        .. math:: C \\le 0
        """
        model.nothing = Constraint(expr=model.cost <= 0)

    one_more(Family("nothing", nothing, says=lambda *_: "spending nothing"))
    with pytest.raises(amopt.InfeasibleError) as caught:
        solve(amopt.load("placement/textbook"))
    assert "spending nothing" in caught.value.conflict


def test_forms_keep_an_added_family_too():
    instance = amopt.load("placement/textbook")

    def keep_arnhem_closed(model):
        model.open["Arnhem", "year"].fix(0)

    total = solve(instance, extend=keep_arnhem_closed).rows["bill"][-1]
    assert total["optimum"] == total["central"] == pytest.approx(3480)
    assert total["distributed"] is None  # Arnhem has its own site, and it would have to be open


def test_an_objective_that_is_changed_is_refused():
    def dearer(model):
        model.objective.expr = 2 * model.cost

    with pytest.raises(UsageError, match="changes the objective"):
        solve(amopt.load("placement/textbook"), extend=dearer)


@pytest.mark.parametrize("seed", range(12))
def test_what_was_solved_elsewhere_is_read_back(seed):
    instance = Instance.from_dict(random_everything(seed))
    try:
        ours = solve(instance, forms=False)
    except amopt.InfeasibleError:
        return
    model = amopt.formulate(instance)
    assert solve_model(model).outcome.status == "optimal"
    answer = read_back(model)
    assert answer.verdict.accepted
    assert answer.outcome.status == "feasible"
    assert answer.outcome.objective == pytest.approx(ours.outcome.objective, rel=1e-5)
    assert ours.rows.keys() == answer.rows.keys()
    again = read_back(model, bound=answer.outcome.objective)
    assert again.outcome.status == "optimal"


def test_pyomo_s_own_solver_is_read_back():
    from pyomo.contrib.appsi.solvers import Highs

    for name in ("placement/mobile-factory", "placement/orders"):
        instance = amopt.load(name)
        model = amopt.formulate(instance)
        Highs().solve(model)
        answer = read_back(model)
        ours = amopt.solve(instance)
        assert answer.outcome.objective == pytest.approx(ours.outcome.objective, rel=1e-6)
        assert answer.rows.keys() == {t for t in ours.rows if not t.startswith("form_")}
        assert answer.verdict.accepted


def test_a_model_without_values_or_of_somebody_else_is_refused():
    from pyomo.environ import ConcreteModel

    with pytest.raises(UsageError, match="not solved"):
        read_back(amopt.formulate(amopt.load("placement/textbook")))
    with pytest.raises(UsageError, match="not one that amopt"):
        read_back(ConcreteModel(name="mine"))


def two_orders_a_shop(model):
    r"""Give no shop more than two orders.

    .. math:: \sum_{k \in K_i} x_k \le 2
    """
    shops = sorted({k[1] for k in model.filled if k[2]})
    model.two_orders_a_shop = Constraint(
        shops,
        rule=lambda _, shop: sum(model.filled[k] for k in model.filled if k[1] == shop) <= 2,
    )


@pytest.mark.parametrize("seed", range(6))
def test_orders_keep_a_family_that_nobody_foresaw(seed, one_more):
    data = random_orders(seed)
    best = best_by_force(data, most=2)
    extended = solve(Instance.from_dict(data), extend=two_orders_a_shop)
    assert extended.outcome.objective == pytest.approx(best, rel=1e-6)
    one_more(Family("two_orders_a_shop", two_orders_a_shop), orders_formulation)
    assert solve(Instance.from_dict(data)).outcome.objective == pytest.approx(best, rel=1e-6)
    with pytest.raises(UsageError, match="does not honour two_orders_a_shop"):
        solve(Instance.from_dict(data), method="milp")


def test_orders_by_either_method_are_the_same():
    for seed in range(4):
        instance = Instance.from_dict(random_orders(seed))
        compiled = compile_model(amopt.formulate(instance)).program
        assert highs.solve(compiled).outcome.objective == pytest.approx(
            solve(instance, method="milp").outcome.objective, rel=1e-6
        )
