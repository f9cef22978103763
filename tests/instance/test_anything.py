"""Whatever comes in, an instance or findings come out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amopt.errors import InvalidInstanceError
from amopt.instance.document import SUFFIXES
from amopt.instance.findings import CATALOGUE
from amopt.instance.loader import examine
from tests.instance.fleet import KINDS, Fleet, fleet, type_of_kind

BROKEN = Path(__file__).parent.parent / "broken"

names = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=8)
words = st.one_of(
    st.text(max_size=10),
    st.sampled_from(["van", "lorry", "hinge", "average", "1e3", "no", "007", "\ud800", "\x00"]),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**400), 10**400),
    st.floats(),
    words,
    st.dates(),
    st.binary(max_size=5),
)
keys = st.one_of(
    st.sampled_from(
        [*Fleet.model_fields, "from", "to", "places", "lanes", "cost", "steps", "rate", "count"]
    ),
    words,
)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(keys, inner, max_size=5),
        st.dictionaries(scalars.filter(lambda key: not isinstance(key, list)), inner, max_size=2),
    ),
    max_leaves=20,
)


@given(st.dictionaries(keys, anything, max_size=8))
@settings(max_examples=300)
def test_any_data_is_an_instance_or_findings(changes: dict[str, Any]) -> None:
    data = {**fleet(), **changes}
    examination = examine(data, type_of_kind, KINDS[:1])
    assert (examination.instance is None) == any(
        finding.severity == "error" for finding in examination.findings
    )
    for finding in examination.findings:
        assert str(finding).isprintable()
        assert finding.code in CATALOGUE or "vehicle" in finding.code
    try:
        Fleet.from_dict(data)
    except InvalidInstanceError as error:
        str(error).encode()


@given(st.sampled_from([*SUFFIXES, ".txt", ""]), st.one_of(st.binary(), st.text().map(str.encode)))
@settings(max_examples=200)
def test_any_bytes_are_findings(tmp_path_factory: Any, suffix: str, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / f"any{suffix}"
    file.write_bytes(content)
    examination = examine(file, type_of_kind, KINDS)
    assert examination.instance is None
    assert examination.findings


@given(st.data())
@settings(max_examples=200)
def test_any_damage_to_a_file_is_found_or_harmless(
    tmp_path_factory: Any, data: st.DataObject
) -> None:
    sources = sorted(BROKEN.glob("unknown-*.*"))
    source = data.draw(st.sampled_from(sources))
    content = bytearray(source.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(
            st.one_of(st.binary(max_size=3), st.sampled_from([b"{", b"]", b"&a ", b"*a", b"<<: "]))
        )
    file = tmp_path_factory.getbasetemp() / f"damaged{source.suffix}"
    file.write_bytes(bytes(content))
    examine(file, type_of_kind, KINDS[:1])


@st.composite
def fleets(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a valid fleet as plain data."""
    vehicles = draw(st.lists(names, min_size=1, max_size=4, unique=True))
    parts = draw(st.lists(names, max_size=len(vehicles), unique=True))
    amounts = st.floats(1e-6, 1e9)
    return fleet(
        name=draw(names),
        source=draw(st.text(st.characters(exclude_categories=("Cs",)), max_size=20)),
        vehicles=[{"name": name, "count": draw(st.integers(0, 10**6))} for name in vehicles],
        parts=[
            {
                "name": name,
                "vehicle": draw(st.sampled_from(vehicles)),
                "cost": draw(amounts),
                "chance": draw(st.floats(0, 1)),
                "steps": [{"quantity": 1, "cost": draw(amounts)}] * draw(st.integers(0, 2)),
                "spare": draw(st.booleans()),
            }
            for name in parts
        ],
        weights={name: draw(amounts) for name in parts},
        criterion=draw(st.sampled_from(["average", "total", {"rate": 0.5}])),
        day=draw(st.none() | st.dates().map(str)),
        network={
            "places": [{"name": name} for name in vehicles],
            "lanes": [{"from": vehicles[0], "to": vehicles[-1], "weeks": draw(st.floats(0, 1e4))}],
        },
    )


@given(fleets())
@settings(max_examples=100)
def test_an_instance_survives_being_written_and_read(data: dict[str, Any]) -> None:
    instance = Fleet.from_dict(data)
    again = Fleet.from_dict(instance.to_dict())
    assert again == instance
    assert again.fingerprint() == instance.fingerprint()
    assert again.to_dict() == instance.to_dict()


@pytest.mark.parametrize(
    "source", ["", ".", "\x00", "a\x00.yaml", "x" * 5000 + ".yaml", "no/a.yaml"]
)
def test_any_path_is_a_finding(source: str) -> None:
    examination = examine(source, type_of_kind, KINDS)
    assert examination.instance is None
    assert len(examination.findings) == 1
