"""The collector of garbage rests while an instance is read, and only then."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from amopt.errors import InvalidInstanceError
from amopt.instance.collector_pause import collector_paused
from amopt.instance.findings import Problem
from amopt.instance.loader import read
from tests.instance.fleet import KINDS, Fleet, fleet, type_of_kind


@pytest.fixture(autouse=True)
def _collector_stays_as_it_was() -> Iterator[None]:
    assert gc.isenabled()
    yield
    enabled = gc.isenabled()
    gc.enable()
    assert enabled


def test_reading_pauses_the_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def problems(self: Fleet) -> Iterator[Problem]:
        seen.append(gc.isenabled())
        yield from ()

    monkeypatch.setattr(Fleet, "problems", problems)
    read(fleet(), type_of_kind, KINDS)
    instance = Fleet.from_dict(fleet())
    Fleet(**{key: value for key, value in fleet().items() if key not in ("amopt", "kind")})
    instance.model_copy(update={"name": "other"})
    assert seen == [False] * 4


def test_a_refusal_starts_it_again(tmp_path: Path) -> None:
    with pytest.raises(InvalidInstanceError):
        read(fleet(name=""), type_of_kind, KINDS)
    with pytest.raises(InvalidInstanceError):
        read(tmp_path / "nowhere.yaml", type_of_kind, KINDS)


def test_who_paused_it_before_finds_it_paused() -> None:
    with collector_paused():
        read(fleet(), type_of_kind, KINDS)
        assert not gc.isenabled()
