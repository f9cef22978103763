"""Events files: what may stand in them, and what each event changes."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from amopt.errors import InvalidInstanceError
from amopt.instance import catalogue
from amopt.sourcing.events import CODES, Events
from amopt.sourcing.instance.fields import CODES as OF_THE_INSTANCE
from amopt.sourcing.instance.fields import Instance
from amopt.sourcing.rolling.replay import load_events
from amopt.sourcing.rolling.state import ReplayState

INSTANCE: dict[str, Any] = {
    "amopt": 1,
    "kind": "sourcing",
    "name": "Two suppliers",
    "parts": [{"name": "bush"}, {"name": "cap"}],
    "lines": [
        {"line": "1", "part": "bush", "quantity": 4, "downtime_cost_per_hour": 10},
        {"line": "2", "part": "cap", "quantity": 6, "need_by_weeks": 5},
    ],
    "conventional": [{"part": "bush", "cost_per_part": 90, "lead_time_weeks": 6}],
    "offers": [
        {
            "supplier": supplier,
            "part": part,
            "machine_hours_per_part": 2,
            "kg_co2_per_part": 0.5,
            "quotes": [{"quantity": 1, "cost_per_part": price, "lead_time_weeks": weeks}],
            "largest_quantity": 100,
        }
        for supplier, part, price, weeks in (
            ("alpha", "bush", 50, 1),
            ("beta", "bush", 40, 3),
            ("alpha", "cap", 5, 1),
            ("beta", "cap", 4, 2),
        )
    ],
    "capacities": [{"supplier": "alpha", "machine_hours": 30, "parts": 20}],
    "licences": [{"part": "bush", "prints": 10}],
}


def instance(**changes: Any) -> Instance:
    return Instance.from_dict({**copy.deepcopy(INSTANCE), **changes})


def events_data(*events: dict[str, Any], **more: Any) -> dict[str, Any]:
    head = {"amopt": 1, "kind": "sourcing-events", "name": "What happens"}
    return {**head, **more, "events": list(events)}


def events(*happening: dict[str, Any], **more: Any) -> Events:
    return load_events(events_data(*happening, **more), instance())


def after(*happening: dict[str, Any], start: ReplayState | None = None, **more: Any) -> ReplayState:
    """Return the situation after events, with nothing decided in between."""
    file = events(*happening, **more)
    situation = start or ReplayState.at_start(instance(), file)
    for event in file.events:
        situation = situation.moved_to(file.weeks_of(event)).after(event)
    return situation


NEW = {"line": "3", "part": "cap", "quantity": 2}
QUOTE = {
    "supplier": "gamma",
    "part": "cap",
    "quotes": [{"quantity": 1, "cost_per_part": 3, "lead_time_weeks": 4}],
}

WRONG: list[tuple[str, tuple[Any, ...], list[dict[str, Any]], dict[str, Any]]] = [
    ("event-without-time", ("events", 0), [{"up": {"supplier": "alpha"}}], {}),
    (
        "event-without-time",
        ("events", 0),
        [{"weeks": 1, "date": "2026-03-02", "down": {"supplier": "alpha"}}],
        {"start": "2026-03-02"},
    ),
    ("no-start", ("events", 0, "date"), [{"date": "2026-03-02", "new_line": NEW}], {}),
    ("nothing-happens", ("events", 0), [{"weeks": 1}], {}),
    (
        "time-order",
        ("events", 1, "weeks"),
        [{"weeks": 2, "new_line": NEW}, {"weeks": 1, "cancelled": {"line": "3"}}],
        {},
    ),
    (
        "time-order",
        ("events", 0, "date"),
        [{"date": "2026-03-01", "new_line": NEW}],
        {"start": "2026-03-02"},
    ),
    (
        "duplicate-name",
        ("events", 0, "new_line", "line"),
        [{"weeks": 1, "new_line": {**NEW, "line": "1"}}],
        {},
    ),
    (
        "unknown-name",
        ("events", 0, "new_line", "part"),
        [{"weeks": 1, "new_line": {**NEW, "part": "bsh"}}],
        {},
    ),
    (
        "fractional-quantity",
        ("events", 0, "new_line", "quantity"),
        [{"weeks": 1, "new_line": {**NEW, "quantity": 2.5}}],
        {},
    ),
    (
        "unknown-name",
        ("events", 0, "cancelled", "line"),
        [{"weeks": 1, "cancelled": {"line": "3"}}],
        {},
    ),
    (
        "unknown-name",
        ("events", 0, "quoted", "part"),
        [{"weeks": 1, "quoted": {**QUOTE, "part": "x"}}],
        {},
    ),
    (
        "quantity-range",
        ("events", 0, "quoted"),
        [{"weeks": 1, "quoted": {**QUOTE, "smallest_quantity": 5, "largest_quantity": 2}}],
        {},
    ),
    (
        "no-order-date",
        ("events", 0, "quoted"),
        [{"weeks": 1, "quoted": {**QUOTE, "valid_to": "2026-03-02"}}],
        {},
    ),
    (
        "nothing-withdrawn",
        ("events", 0, "withdrawn"),
        [{"weeks": 1, "withdrawn": {"supplier": "gamma"}}],
        {},
    ),
    (
        "nothing-withdrawn",
        ("events", 1, "withdrawn"),
        [{"weeks": 1, "withdrawn": {"supplier": "beta", "part": "cap"}}] * 2,
        {},
    ),
    (
        "unknown-name",
        ("events", 0, "down", "supplier"),
        [{"weeks": 1, "down": {"supplier": "alhpa"}}],
        {},
    ),
    (
        "supplier-is-down",
        ("events", 1, "down", "supplier"),
        [{"weeks": 1, "down": {"supplier": "alpha"}}] * 2,
        {},
    ),
    (
        "supplier-is-up",
        ("events", 0, "up", "supplier"),
        [{"weeks": 1, "up": {"supplier": "alpha"}}],
        {},
    ),
    (
        "unknown-name",
        ("events", 0, "placed", "line"),
        [{"weeks": 1, "placed": {"line": "9", "supplier": "alpha", "quantity": 1}}],
        {},
    ),
    (
        "committed-unknown",
        ("events", 0, "placed"),
        [{"weeks": 1, "placed": {"line": "1", "supplier": "gamma", "quantity": 1}}],
        {},
    ),
    (
        "unknown-name",
        ("events", 0, "finished", "supplier"),
        [{"weeks": 1, "finished": {"line": "1", "supplier": "gamma"}}],
        {},
    ),
    (
        "no-capacity-stated",
        ("events", 0, "capacity"),
        [{"weeks": 1, "capacity": {"supplier": "alpha"}}],
        {},
    ),
    (
        "unknown-name",
        ("events", 0, "licence"),
        [{"weeks": 1, "licence": {"part": "cap", "prints": 5}}],
        {},
    ),
    ("other-currency", ("currency",), [{"weeks": 1, "new_line": NEW}], {"currency": "SEK"}),
]


@pytest.mark.parametrize(
    ("code", "key", "happening", "more"), WRONG, ids=lambda x: x if isinstance(x, str) else ""
)
def test_what_is_wrong_is_found_at_its_place(
    code: str, key: tuple[Any, ...], happening: list[dict[str, Any]], more: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInstanceError) as caught:
        events(*happening, **more)
    assert [(finding.code, finding.where.key) for finding in caught.value.findings] == [(code, key)]


def test_every_code_of_events_is_tested() -> None:
    own = {code.code for code in CODES} - {code.code for code in OF_THE_INSTANCE}
    assert own <= {code for code, *_ in WRONG}


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"weeks": -1, "new_line": NEW}, "out-of-range"),
        ({"weeks": float("nan"), "new_line": NEW}, "not-finite"),
        ({"weeks": 1, "new_lien": NEW}, "unknown-key"),
        ({"weeks": 1, "down": {}}, "missing-key"),
    ],
)
def test_fields_are_checked_as_in_any_instance(event: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInstanceError) as caught:
        events(event)
    assert code in {finding.code for finding in caught.value.findings}


def test_a_finding_names_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "events.yaml"
    file.write_text(
        "amopt: 1\nkind: sourcing-events\nname: x\nevents:\n"
        "  - weeks: 1\n    down:\n      supplier: nobody\n"
    )
    with pytest.raises(InvalidInstanceError) as caught:
        load_events(file, instance())
    where = caught.value.findings[0].where
    assert (where.file, where.line) == (str(file), 7)


def test_an_instance_is_no_events_file() -> None:
    with pytest.raises(InvalidInstanceError):
        load_events(INSTANCE, instance())


def test_dates_and_weeks_are_one_time() -> None:
    file = events(
        {"weeks": 0.5, "new_line": NEW},
        {"date": "2026-03-12", "cancelled": {"line": "3"}},
        start="2026-03-02",
    )
    assert [file.weeks_of(event) for event in file.events] == [0.5, 10 / 7]
    assert str(file.events[0]) == "new line 3, cap"


class TestReplayState:
    def test_the_start_is_the_instance(self) -> None:
        situation = ReplayState.at_start(instance(), events({"weeks": 1, "new_line": NEW}))
        assert situation.open() == {"1": 4, "2": 6}
        assert situation.to_decide() == instance()

    def test_a_new_line_counts_from_when_it_comes(self) -> None:
        situation = after({"weeks": 2, "new_line": {**NEW, "need_by_weeks": 3}})
        lines = {line.line: line for line in situation.to_decide().lines}
        assert lines["3"].need_by_weeks == 3
        assert lines["2"].need_by_weeks == 3  # it was needed by week 5
        assert situation.moved_to(9).to_decide().lines[1].need_by_weeks == 0

    def test_a_limit_of_weeks_becomes_each_lines_need_by(self) -> None:
        file = events({"weeks": 1, "new_line": NEW})
        limited = instance(limits={"weeks": 4})
        situation = ReplayState.at_start(limited, file).moved_to(1).after(file.events[0])
        decided = situation.to_decide()
        assert [line.need_by_weeks for line in decided.lines] == [3, 3, 4]
        assert decided.limits.weeks is None

    def test_a_cancelled_line_is_gone_but_for_what_is_ordered(self) -> None:
        placed = {"line": "1", "supplier": "alpha", "quantity": 3}
        situation = after(
            {"weeks": 0, "placed": placed},
            {"weeks": 1, "cancelled": {"line": "1"}},
            {"weeks": 1, "cancelled": {"line": "2"}},
        )
        assert situation.open() == {}
        (line,) = situation.to_decide().lines
        assert (line.line, line.quantity) == ("1", 3)

    def test_a_changed_quote_takes_the_place_of_the_old(self) -> None:
        changed = {**INSTANCE["offers"][0], "fee_per_order": 7}
        situation = after({"weeks": 1, "quoted": changed}, {"weeks": 1, "quoted": QUOTE})
        offers = situation.to_decide().offers
        assert len(offers) == 5
        assert [offer.fee_per_order for offer in offers if offer.part == "bush"] == [7, 0]

    @pytest.mark.parametrize(
        ("withdrawn", "left"),
        [({"supplier": "alpha"}, 2), ({"supplier": "alpha", "part": "cap"}, 3)],
    )
    def test_withdrawn_quotes_are_gone(self, withdrawn: dict[str, str], left: int) -> None:
        assert len(after({"weeks": 1, "withdrawn": withdrawn}).to_decide().offers) == left

    def test_a_supplier_who_is_down_makes_no_offers_until_up(self) -> None:
        down = {"weeks": 1, "down": {"supplier": "alpha"}}
        assert {o.supplier for o in after(down).to_decide().offers} == {"beta"}
        up = {"weeks": 2, "up": {"supplier": "alpha"}}
        assert len(after(down, up).to_decide().offers) == 4

    @pytest.mark.parametrize(("reopen", "open_parts"), [(False, 1), (True, 4)])
    def test_orders_of_a_supplier_who_goes_down(self, reopen: bool, open_parts: int) -> None:
        situation = after(
            {"weeks": 0, "placed": {"line": "1", "supplier": "beta", "quantity": 3}},
            {"weeks": 1, "down": {"supplier": "beta", "reopen": reopen}},
        )
        assert situation.open()["1"] == open_parts
        assert bool(situation.notes) is reopen

    def test_what_is_finished_or_delivered_is_not_lost(self) -> None:
        placed = {"line": "1", "supplier": "beta", "quantity": 3}
        lost = {"supplier": "beta", "reopen": True}
        finished = {"weeks": 0.5, "finished": {"line": "1", "supplier": "beta"}}
        assert after({"weeks": 0, "placed": placed}, {"weeks": 3, "down": lost}).open()["1"] == 1
        situation = after({"weeks": 0, "placed": placed}, finished, {"weeks": 1, "down": lost})
        assert situation.open()["1"] == 1

    def test_an_order_placed_by_hand_is_as_offered_then(self) -> None:
        dearer = {**INSTANCE["offers"][0], "fee_per_order": 7}
        situation = after(
            {"weeks": 1, "quoted": dearer},
            {"weeks": 2, "placed": {"line": "1", "supplier": "alpha", "quantity": 3}},
        )
        (order,) = situation.orders
        assert (order.cost, order.placed_weeks, order.delivered_weeks) == (157, 2, 3)
        assert (order.kg_co2, order.machine_hours) == (1.5, 6)
        (committed,) = situation.moved_to(2.25).to_decide().committed
        assert (committed.cost, committed.weeks) == (157, 0.75)

    def test_an_order_placed_by_hand_may_have_terms_of_its_own(self) -> None:
        terms = {"quantity": 5, "cost": 11, "weeks": 2, "supplier": "friend"}
        situation = after({"weeks": 1, "placed": {"line": "1", **terms}})
        (order,) = situation.orders
        assert (order.cost, order.delivered_weeks) == (11, 3)
        assert "1" not in situation.open()
        decided = situation.to_decide()
        assert decided.lines[0].surplus == 1  # five for four

    def test_capacity_is_free_again_once_prints_are_finished(self) -> None:
        placed = {"weeks": 0, "placed": {"line": "2", "supplier": "alpha", "quantity": 6}}
        busy = after(placed, {"weeks": 0.5, "new_line": NEW}).to_decide()
        assert (busy.committed[0].machine_hours, busy.capacities[0].parts) == (12, 20)
        finished = {"weeks": 0.5, "finished": {"line": "2", "supplier": "alpha", "weeks": 2}}
        done = after(placed, finished)
        assert done.orders[0].delivered_weeks == 2.5
        free = done.to_decide()
        assert (free.committed[0].machine_hours, free.capacities[0].parts) == (0, 26)
        delivered = after(placed, {"weeks": 1, "new_line": NEW}).to_decide()
        assert (delivered.committed[0].machine_hours, delivered.capacities[0].parts) == (0, 26)

    def test_finished_prints_that_nobody_makes_are_noted(self) -> None:
        situation = after({"weeks": 1, "finished": {"line": "1", "supplier": "beta"}})
        assert "changes nothing" in situation.notes[0]

    def test_capacities_and_licences_change(self) -> None:
        situation = after(
            {
                "weeks": 1,
                "capacity": {"supplier": "beta", "parts": 2},
                "licence": {"part": "bush", "prints": 3},
            }
        )
        decided = situation.to_decide()
        assert [entry.supplier for entry in decided.capacities] == ["alpha", "beta"]
        assert decided.licences[0].prints == 3

    def test_offers_hold_on_the_day_of_the_decision(self) -> None:
        file = events({"weeks": 1.5, "new_line": NEW}, start="2026-03-02")
        situation = ReplayState.at_start(instance(), file).moved_to(1.5)
        assert str(situation.to_decide().order_date) == "2026-03-12"

    def test_waiting_lines_count_from_when_they_are_placed(self) -> None:
        file = events({"weeks": 0.5, "new_line": NEW}, place_after_weeks=2)
        situation = ReplayState.at_start(instance(), file)
        assert situation.origin("1") == 2
        assert situation.to_decide().lines[1].need_by_weeks == 3
        assert situation.moved_to(4).origin("1") == 4


def test_the_shipped_events_fit_the_shipped_instance() -> None:
    shipped = Instance.from_dict(yaml.safe_load(catalogue.path("sourcing/dynamic").read_text()))
    file = load_events(catalogue.path("sourcing/dynamic-events"), shipped)
    assert len(file.events) == 9
    assert "sourcing/dynamic-events" not in catalogue.names()


def test_every_field_of_events_is_described() -> None:
    import amopt.sourcing.events as module

    for name in set(module.__all__) - {"CODES"}:
        for key, field in getattr(module, name).model_fields.items():
            assert field.description, f"{name}.{key}"
