"""A network in a file of its own, that several instances include."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import amopt
from amopt.errors import InvalidInstanceError

NETWORK = """\
places:
  - {name: north}
  - {name: south}
lanes:
  - {from: north, to: south, weeks: 1, cost_per_part: 2}
"""


def instance(include: Any = "network.yaml", **changes: Any) -> dict[str, Any]:
    return {
        "amopt": 1,
        "kind": "sourcing",
        "name": "A bracket",
        "network": {"include": include},
        "parts": [{"name": "hinge"}],
        "conventional": [
            {"part": "hinge", "place": "north", "cost_per_part": 3, "lead_time_weeks": 4}
        ],
        "lines": [{"line": "1", "part": "hinge", "place": "south", "quantity": 5}],
        **changes,
    }


def written(folder: Path, network: str = NETWORK, **changes: Any) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "network.yaml").write_text(network)
    file = folder / "order.json"
    file.write_text(json.dumps(instance(**changes)))
    return file


def test_an_included_network_is_the_network(tmp_path: Path) -> None:
    file = written(tmp_path)
    found = amopt.load(file)
    assert list(found.supply_network.places) == ["north", "south"]
    assert amopt.solve(found).outcome.objective == 5 * (3 + 2)
    import yaml

    whole = amopt.load(instance(network=yaml.safe_load(NETWORK)))
    assert found == whole
    assert found.fingerprint() == whole.fingerprint()
    assert found.model_copy(update={"name": "other"}).network == found.network


def test_the_fingerprint_covers_what_is_included(tmp_path: Path) -> None:
    before = amopt.load(written(tmp_path)).fingerprint()
    after = amopt.load(written(tmp_path, NETWORK.replace("weeks: 1", "weeks: 2"))).fingerprint()
    assert before != after


def test_a_folder_below_and_another_format_will_do(tmp_path: Path) -> None:
    file = written(tmp_path, include="shared/network.json")
    (tmp_path / "shared").mkdir()
    network = {"places": [{"name": "north"}, {"name": "south"}], "modes": []}
    (tmp_path / "shared" / "network.json").write_text(json.dumps(network))
    assert [finding.code for finding in amopt.check(file)] == ["unreachable-place"]


@pytest.mark.parametrize(
    ("network", "code", "line", "key"),
    [
        (NETWORK.replace("weeks: 1", "weeks: -1"), "out-of-range", 5, ("lanes", 0, "weeks")),
        (NETWORK.replace("to: south", "to: sout"), "unknown-name", 5, ("lanes", 0, "to")),
        (NETWORK + "cities: []\n", "unknown-key", 6, ("cities",)),
        (NETWORK + "places: []\n", "duplicate-key", 6, ("places",)),
        (NETWORK + "  oops\n", "syntax", 6, ()),
        ("- north\n", "not-a-mapping", 1, ()),
        ("", "empty-file", None, ()),
        ("include: network.yaml\n", "not-a-network", None, None),
    ],
)
def test_what_is_wrong_with_the_included_file_names_it(
    network: str, code: str, line: int | None, key: tuple[str, ...] | None, tmp_path: Path
) -> None:
    file = written(tmp_path, network)
    (finding,) = amopt.check(file)
    assert finding.code == code
    if key is None:
        assert finding.where.file == str(file)
        return
    assert finding.where.file == str(tmp_path / "network.yaml")
    assert finding.where.key[: len(key)] == key
    if line is not None:
        assert finding.where.line == line


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    (finding,) = amopt.check(written(tmp_path, include="networks.yaml"))
    assert finding.code == "file-not-found"
    assert finding.where.file == str(tmp_path / "networks.yaml")
    assert "network.yaml" in finding.advice


@pytest.mark.parametrize(
    "include",
    ["../network.yaml", "a/../../network.yaml", "/etc/passwd", "C:\\n.yaml", "..\\n.yaml",
     "\\\\host\\n.yaml", "C:n.yaml", "link.yaml", "linked/network.yaml", "loop.yaml"],
)  # fmt: skip
def test_nothing_outside_the_folder_of_the_instance_is_read(include: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "network.yaml").write_text(NETWORK)
    (tmp_path / "network.yaml").write_text(NETWORK)
    folder = tmp_path / "inside"
    file = written(folder, include=include)
    (folder / "link.yaml").symlink_to(outside / "network.yaml")
    (folder / "linked").symlink_to(outside)
    (folder / "loop.yaml").symlink_to("loop.yaml")
    assert [finding.code for finding in amopt.check(file)] == ["include-outside"]


def test_a_link_within_the_folder_is_followed(tmp_path: Path) -> None:
    file = written(tmp_path, include="link.yaml")
    (tmp_path / "link.yaml").symlink_to("network.yaml")
    assert amopt.check(file) == []


def test_data_that_never_was_a_file_includes_nothing() -> None:
    with pytest.raises(InvalidInstanceError) as caught:
        amopt.load(instance())
    assert [finding.code for finding in caught.value.findings] == ["include-without-folder"]


@pytest.mark.parametrize("name", ["printing/mission", "sourcing/hangbar", "placement/textbook"])
def test_what_has_places_has_a_supply_network_and_a_schema_with_includes(name: str) -> None:
    from amopt.decisions import instance_type, schema
    from amopt.network import SupplyNetwork

    found, kind = amopt.load(name), name.partition("/")[0]
    assert isinstance(found, instance_type(kind))
    assert isinstance(found.supply_network, SupplyNetwork)
    assert '"include"' in json.dumps(schema(kind)["$defs"]["Network"])


@pytest.mark.parametrize(
    "name",
    ["design/pump-unit", "licensing/two-buyers", "maintenance/example", "screening/mission"],
)
def test_what_has_no_places_has_a_network_without_places(name: str) -> None:
    found = amopt.load(name).supply_network
    assert len(found.graph) == 0


def test_the_keys_of_an_included_file_are_those_of_a_network() -> None:
    from amopt.instance.common import Network
    from amopt.instance.findings.fields_at import keys_of
    from amopt.instance.include import NETWORK_KEYS

    assert set(keys_of((Network,))) == NETWORK_KEYS
