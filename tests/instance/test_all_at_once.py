"""What is wrong across fields is told beside wrong fields, and nothing that follows from these."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

import amopt
from amopt.instance import catalogue
from amopt.instance.document import load_document

BROKEN = Path(__file__).parent.parent / "broken"
ACROSS = [
    file
    for kind in ("placement", "printing", "sourcing", "design")
    for file in sorted((BROKEN / kind).glob("*.yaml"))
    if not file.name.startswith("_")
]
FIELDS = (
    "out-of-range",
    "not-finite",
    "wrong-type",
    "quote-",
    "no-quote-log",
    "log-not",
    "as-of",
    "two-pr",
    "parts-table",
)


def leaves(data: Any, key: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of everything that stands in data, lists and mappings too."""
    entries: Any = ()
    if isinstance(data, dict):
        entries = data.items()
    elif isinstance(data, list):
        entries = enumerate(data)
    found = [key] if key else []
    for name, value in entries:
        found += leaves(value, (*key, name))
    return found


def holder(data: Any, key: tuple[Any, ...]) -> Any:
    for part in key[:-1]:
        data = data[part]
    return data


@pytest.mark.parametrize("file", ACROSS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_wrong_field_hides_nothing_that_does_not_hang_on_it(file: Path, tmp_path: Path) -> None:
    told = {(one.code, one.where.key) for one in amopt.check(file)}
    if not told or any(code.startswith(FIELDS) for code, _ in told):
        pytest.skip("what is wrong is a field or a file beside")
    data = yaml.safe_load(file.read_text())
    broken = tmp_path / file.name
    for other in file.parent.glob("_*"):
        (tmp_path / other.name).write_bytes(other.read_bytes())
    broken.write_text(yaml.safe_dump({**data, "source": 5}, sort_keys=False))
    now = {(one.code, one.where.key) for one in amopt.check(broken)}
    assert now == told | {("wrong-type", ("source",))}


@pytest.mark.parametrize("name", [n for n in catalogue.names() if "36x7" not in n])
def test_nothing_is_told_that_follows_from_a_wrong_field(name: str) -> None:
    document = load_document(catalogue.path(name))
    data = dict(document.data)
    if "quotes" in str(data.get("offers", "")) and "log" in str(data.get("offers", "")):
        pytest.skip("its quotes are in a file beside it")
    before = {(one.code, one.where.key) for one in amopt.check(data)}
    paths = [key for key in leaves(data) if not {"amopt", "kind", "portfolio", "values"} & set(key)]
    picked = random.Random(name).sample(paths, min(12, len(paths)))
    for key in picked:
        for way in ("wrong", "misspelt", "gone"):
            changed = copy.deepcopy(data)
            at = holder(changed, key)
            if way == "wrong":
                at[key[-1]] = {"what": ["is", "this"]}
            elif isinstance(at, list):
                continue
            elif way == "misspelt":
                at[f"{key[-1]}_xyz"] = at.pop(key[-1])
            else:
                del at[key[-1]]
            for one in amopt.check(changed):
                if (one.code, one.where.key) in before:
                    continue
                if way == "gone":  # then what hangs on it may be told, for it may be left out
                    continue
                near = one.where.key[: len(key) - 1] == key[:-1]
                assert near or one.code in ("unknown-name", "unknown-key"), (key, way, one)
                assert one.code in ALLOWED, (key, way, one)


ALLOWED = {
    "wrong-type",
    "wrong-length",
    "unknown-key",
    "missing-key",
    "unknown-name",
    "not-a-choice",
    "wrong-date",
    "unknown-kind",
    "key-not-text",
    "duplicate-name",
}


def test_a_place_that_nobody_reaches_is_told_beside_a_wrong_number() -> None:
    data = amopt.load("placement/textbook").to_dict()
    data["network"]["places"].append({"name": "Island", "role": "customer"})
    data["conventional"] = []
    data["demand"].append({**data["demand"][0], "place": "Island"})
    data["parts"][0]["holding_cost_per_year_per_value"] = "much"
    told = {(one.code, one.where.key[:2]) for one in amopt.check(data)}
    assert told == {
        ("wrong-type", ("parts", 0)),
        ("unreachable-place", ("demand", len(data["demand"]) - 1)),
    }
    # A lane that cannot be read might reach it, so that nothing is said of it.
    data["network"]["lanes"][0]["to"] = "Islnd"
    assert {one.code for one in amopt.check(data)} == {"wrong-type", "unknown-name"}


def test_an_entry_that_cannot_be_read_may_be_what_is_missed() -> None:
    data = amopt.load("placement/textbook").to_dict()
    data["sites"] = [{**site, "state": "perhaps"} for site in data["sites"]]
    data["conventional"] = ["by ship"]
    assert {one.code for one in amopt.check(data)} == {"not-a-choice", "wrong-type"}
