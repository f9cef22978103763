"""Instances as Python objects: copies with changes, equality, numbers of numpy, errors."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import amopt
from amopt.errors import InvalidInstanceError
from amopt.instance.common import Instance, InstanceModel, Place
from amopt.instance.findings import CATALOGUE, Code, Problem, Severity, codes_of
from amopt.instance.partial import partial_instance
from amopt.instance.plain import not_plain, too_deep, value_problems
from tests.instance.fleet import CODES, Fleet, Part, Vehicle, fleet


class Counted(Fleet):
    """A fleet with something that is worked out once, and numbers that do not compare."""

    @cached_property
    def costs(self) -> Any:
        return np.array([part.cost for part in self.parts])


def counted(**changes: Any) -> Counted:
    built = Counted.from_dict(fleet(**changes))
    assert len(built.costs) == len(built.parts)
    return built


def test_a_changed_copy_carries_nothing_that_was_worked_out_before() -> None:
    built = counted()
    changed = built.model_copy(update={"parts": built.parts[:1]})
    assert isinstance(changed, Counted)
    assert len(changed.costs) == 1
    assert len(built.costs) == 2
    assert changed.fingerprint() != built.fingerprint()
    assert [one.code for one in changed.warnings] == ["idle-vehicle"]
    assert built.warnings == ()
    assert changed == Counted.from_dict(fleet(parts=fleet()["parts"][:1]))


def test_a_changed_copy_of_a_shipped_instance_gives_the_answer_of_its_own() -> None:
    mission = amopt.load("printing/mission")
    weekly = amopt.solve(mission)
    changed = amopt.solve(mission.model_copy(update={"cycle_days": 14}))
    written = amopt.solve(amopt.load({**mission.to_dict(), "cycle_days": 14}))
    assert changed.fingerprint == written.fingerprint
    assert changed.rows == written.rows != weekly.rows


def test_a_copy_without_changes_is_equal(caplog: pytest.LogCaptureFixture) -> None:
    built = counted()
    for copy in (built.model_copy(), built.model_copy(deep=True), built.model_copy(update={})):
        assert copy == built
        assert copy is not built
        assert "costs" not in vars(copy)
    assert built.model_copy(deep=True).parts[0] is not built.parts[0]
    changed = built.model_copy(update={"currency": "USD"}, deep=True)
    assert changed.parts[0] is not built.parts[0]
    assert changed.parts == built.parts


@pytest.mark.parametrize(
    ("update", "code"),
    [
        ({"parts": ()}, None),
        ({"vehicles": ()}, "wrong-length"),
        ({"colour": 1}, "unknown-key"),
        ({"currency": 3}, "wrong-type"),
        ({"criterion": "best"}, "not-a-choice"),
        ({"vehicles": [{"name": "van"}]}, "unknown-name"),
        ({"vehicles": [{"name": "van"}, {"name": "van"}]}, "duplicate-name"),
        ({"vehicles": [Vehicle(name="van")], "lines": []}, "unknown-name"),
        ({"parts": [Part(name=i, vehicle="van", cost=1) for i in "abc"]}, "too-few-vehicles"),
    ],
)  # fmt: skip
def test_a_changed_copy_is_checked(update: dict[str, Any], code: str | None) -> None:
    built = counted()
    if code is None:
        assert built.model_copy(update=update).parts == ()
        return
    with pytest.raises(InvalidInstanceError) as raised:
        built.model_copy(update=update)
    assert code in [finding.code for finding in raised.value.findings]


def test_a_copy_says_again_only_what_is_new(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "amopt"):
        built = Fleet.from_dict(fleet(parts=fleet()["parts"][:1]))
        assert caplog.text.count("idle-vehicle") == 1
        copy = built.model_copy(update={"currency": "USD"})
        assert caplog.text.count("idle-vehicle") == 1
        assert [one.code for one in copy.warnings] == ["idle-vehicle"]
        copy.model_copy(update={"parts": ()})
        assert caplog.text.count("idle-vehicle") == 2


def test_an_algorithm_may_suppose_what_no_file_may_say() -> None:
    built = counted()
    supposed = built.unchecked_copy(vehicles=(), parts=built.parts[:1])
    assert supposed.vehicles == ()
    assert len(supposed.costs) == 1
    assert len(built.costs) == len(built.parts) == 2


class Beside(Fleet):
    """A fleet that names a file beside it."""

    def problems_beside(self, folder: Path | None) -> Iterator[Problem]:
        if folder is None or not (folder / "drawing.txt").exists():
            yield Problem("syntax", ("name",), "the drawing is not there.")


def test_a_copy_knows_the_folder_of_its_file(tmp_path: Path) -> None:
    from amopt.instance.loader import read

    (tmp_path / "drawing.txt").touch()
    file = tmp_path / "fleet.json"
    file.write_text(str(fleet()).replace("'", '"'))
    read_one = read(file, lambda _: Beside, ("fleet",))
    assert read_one.model_copy(update={"currency": "USD"}).currency == "USD"


def test_equality_is_that_of_the_fields() -> None:
    one, same, other = counted(), counted(), counted(currency="USD")
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert one != Fleet.from_dict(fleet())
    assert one != "fleet"
    assert len({one, same, other}) == 2
    weighted = Fleet.from_dict(fleet(weights={"hinge": 1.0, "lock": 2.0}))
    assert hash(weighted) == hash(Fleet.from_dict(fleet(weights={"lock": 2.0, "hinge": 1.0})))


def test_two_loads_of_one_file_are_equal_whatever_was_done_with_them() -> None:
    one, other = amopt.load("printing/mission"), amopt.load("printing/mission")
    assert one == other
    amopt.solve(one)
    assert one == other
    assert hash(one) == hash(other)


def test_warnings_do_not_count_for_equality(tmp_path: Path) -> None:
    from amopt.instance.loader import read

    data = fleet(parts=fleet()["parts"][:1])
    file = tmp_path / "fleet.json"
    file.write_text(str(data).replace("'", '"'))
    assert read(file, lambda _: Fleet, ("fleet",)) == Fleet.from_dict(data)


def test_numbers_of_numpy_are_taken() -> None:
    assert Vehicle(name="van", count=np.int64(7)).count == 7
    built = Part(name=np.str_("lock"), vehicle="van", cost=np.float32(2.5), spare=np.bool_(True))
    assert (type(built.cost), built.cost, built.spare) == (float, 2.5, True)
    given = fleet(
        vehicles=[{"name": "van", "count": np.int32(2)}, Vehicle(name="lorry")],
        weights={"hinge": np.float64(0.5)},
        day=np.datetime64("2026-01-31"),
    )
    read = Fleet.from_dict(given)
    assert type(read.vehicles[0].count) is int
    assert type(read.weights["hinge"]) is float
    assert str(read.day) == "2026-01-31"
    assert type(given["vehicles"][0]["count"]) is np.int32  # what was given stays as it is
    assert read.model_copy(update={"weights": {"hinge": np.int8(3)}}).weights == {"hinge": 3.0}
    del given["kind"]
    assert Fleet(**given) == read
    mission = amopt.load("printing/mission").to_dict()
    assert amopt.load({**mission, "cycle_days": np.int64(7)}).cycle_days == 7


def test_numbers_of_numpy_are_checked_like_others() -> None:
    for cost in (np.float64("nan"), np.float32(-1), np.int64(0)):
        with pytest.raises(InvalidInstanceError):
            Part(name="lock", vehicle="van", cost=cost)
    assert "out-of-range" in [
        one.code for one in amopt.check({**amopt.load("printing/mission").to_dict(),
                                         "cycle_days": np.int64(1)})
    ]  # fmt: skip


def test_an_entry_built_in_python_is_refused_in_words() -> None:
    with pytest.raises(InvalidInstanceError) as raised:
        Part(name="", vehicle="van", csot=3)
    told = [(one.code, str(one.where)) for one in raised.value.findings]
    assert told == [("empty-text", "name"), ("unknown-key", "csot")]
    with pytest.raises(InvalidInstanceError, match="longitude"):
        Place(name="pole", latitude=90.0, longitude=181.0)


def test_entries_from_files_do_not_pass_through_python() -> None:
    """The override of the constructor must not cost anything where the validator builds."""
    assert not Part.__pydantic_custom_init__


class Elsewhere(Fleet):
    """A subclass in a module without codes of the kind's name."""

    __module__ = "nowhere.at.all"


class Own(Fleet):
    """A subclass with a code of its own."""

    codes: ClassVar[tuple[Code, ...]] = (
        Code("odd-name", "The name is odd.", "Change it.", Severity.WARNING),
    )

    def problems(self) -> Iterator[Problem]:
        yield from super().problems()
        yield Problem("odd-name", ("name",), "the name is odd.")


class Careless(Fleet):
    def problems(self) -> Iterator[Problem]:
        yield Problem("no-such-code", ("name",), "the name is odd.")


def test_codes_are_those_of_all_the_classes_that_an_instance_is() -> None:
    of_fleet = {*CATALOGUE, *(code.code for code in CODES)}
    assert set(codes_of(Fleet)) == set(codes_of(Elsewhere)) == of_fleet
    assert set(codes_of(Own)) == {*of_fleet, "odd-name"}
    assert set(codes_of(Instance)) == set(codes_of(InstanceModel)) == set(CATALOGUE)


def test_a_warning_stays_a_warning_in_a_subclass() -> None:
    data = fleet(parts=fleet()["parts"][:1])
    assert [one.code for one in Elsewhere.from_dict(data).warnings] == ["idle-vehicle"]
    assert [one.code for one in Own.from_dict(data).warnings] == ["idle-vehicle", "odd-name"]


def test_a_code_that_nobody_lists_is_a_mistake_of_the_class() -> None:
    with pytest.raises(LookupError, match=r"Careless.*no-such-code.*codes"):
        Careless.from_dict(fleet())


def test_a_class_that_nothing_has_read_yet_can_be_read_in_part() -> None:
    class Unread(Fleet):
        """Classes are built when they are first needed."""

    data = fleet()
    data["parts"][0]["cost"] = "dear"
    wrong = Problem("wrong-type", ("parts", 0, "cost"), "")
    found = partial_instance(Unread, data, [wrong])
    assert found is not None
    assert found.parts[1].cost == data["parts"][1]["cost"]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (2**53 + 1, "number-too-large"),
        ("half \ud800", "malformed-text"),
        ("M\u00fcnchen", None),
        (2**53, None),
    ],
)
def test_what_no_field_can_hold_is_found_however_deep(value: Any, code: str | None) -> None:
    data = {"a": [{"b": ({"c": 1.5, "d": value},)}]}
    found = [(one.code, one.key) for one in value_problems(data)]
    assert found == ([] if code is None else [(code, ("a", 0, "b", 0, "d"))])


def test_what_holds_itself_ends() -> None:
    data: dict[str, Any] = {"a": 1}
    data["b"] = [data]
    assert too_deep(data)
    shared = [{1: 2}]
    assert [one.key for one in not_plain({"a": shared, "b": shared})] == [
        ("a", 0, "1"),
        ("b", 0, "1"),
    ]
