"""The answer on the supply network."""

import subprocess
import sys

import pytest

import amopt


def test_the_textbook_s_answer_on_its_network():
    instance = amopt.load("placement/textbook")
    drawn = amopt.solve(instance).graph()
    assert drawn.nodes["Arnhem"]["machines"] == {"year": 1}
    assert drawn.nodes["Breda"]["open"] == {"year": False}
    flows = {
        (a, b): data["parts"] for a, b, data in drawn.edges(data=True) if data["kind"] == "supply"
    }
    assert flows == {
        ("Arnhem", "Arnhem"): 100.0,
        ("Arnhem", "Breda"): 60.0,
        ("Arnhem", "Cuijk"): 40.0,
    }
    lanes = [data for *_, data in drawn.edges(data=True) if data["kind"] == "lane"]
    assert len(lanes) == len(instance.network.lanes)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["synthetic", "mobile-factory", "aircraft-today", "orders"])
def test_all_that_is_demanded_arrives(name):
    instance = amopt.load(f"placement/{name}")
    drawn = amopt.solve(instance).graph()
    for t, period in enumerate(instance.horizon):
        sent = sum(
            data["parts"]
            for *_, data in drawn.edges(data=True)
            if data["kind"] == "supply" and data["period"] == period.name
        )
        outside = sum(
            node.get("from_outside", {}).get(period.name, 0.0) for _, node in drawn.nodes(data=True)
        )
        wanted = sum(instance.rate(entry, t) for entry in instance.demand)
        assert sent + outside == pytest.approx(wanted)


def test_dated_orders_are_edges():
    answer = amopt.solve(amopt.load("placement/orders"))
    drawn = answer.graph()
    sent = {
        data["order"]: (tail, head, data)
        for tail, head, data in drawn.edges(data=True)
        if data["kind"] == "order"
    }
    outside = {
        name for _, node in drawn.nodes(data=True) for name in node.get("orders_from_outside", {})
    }
    rows = {row["order"]: row for row in answer.rows["orders"]}
    assert set(sent) | outside == set(rows)
    assert not set(sent) & outside
    for name, (tail, head, data) in sent.items():
        assert head == rows[name]["place"]
        assert data["cost"] == rows[name]["cost"]
        assert not rows[name]["machine"] or tail == rows[name]["source"]
    assert any(rows[name]["machine"] for name in sent)


def test_check_is_a_function_before_and_after_a_solve():
    code = (
        "import amopt, amopt.placement as p; assert callable(p.check); i = amopt.load("
        "'placement/textbook'); s = p.solve(i); assert callable(p.check); "
        "from amopt.placement import check; assert check(i, s).accepted"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    code = (
        "import amopt, amopt.placement as p; i = amopt.load('placement/textbook'); "
        "s = amopt.solve(i); assert callable(p.check) and p.check(i, s).accepted"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
