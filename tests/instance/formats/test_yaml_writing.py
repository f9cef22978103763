"""What is written as YAML is read back the same, by amopt and by others."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import amopt
from amopt.instance import catalogue
from amopt.instance.formats.yaml_text import parse
from amopt.instance.formats.yaml_writing import yaml_text

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12) | st.sampled_from(
    ["no", "On", "null", "007", "1e3", "1.5", "2026-01-31", "a: b", "a #b", "- a", "=", "~", "y",
     "[a]", "x'y", 'x"y', "\u00a0", "\u2028", "\x85", "\x7f", "\U0001f600", "\U000e0001", "1:30",
     "Nan", "warehouse 01", "0x1F", "%", "@a", "`", "!tag", "&a", "*a", "<<", "EN 9100", "a\\nb"]
)  # fmt: skip
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False), texts
)
values = st.recursive(
    scalars,
    lambda held: st.lists(held, max_size=3) | st.dictionaries(texts, held, max_size=3),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(texts, values, min_size=1, max_size=4))
def test_any_data_is_read_back_the_same(data: dict[str, Any]) -> None:
    text = yaml_text(data)
    parsed = parse(text)
    assert parsed.notes == []
    assert parsed.data == data
    assert yaml.load(text, yaml.CSafeLoader) == data


def test_every_shipped_instance_is_written_and_read_back(tmp_path: Path) -> None:
    for name in catalogue.names():
        instance = amopt.load(name)
        text = yaml_text(instance.to_dict())
        beside = [file for file in catalogue.path(name).parent.iterdir() if file.name in text]
        if not beside:
            assert type(instance).from_dict(parse(text).data) == instance
            continue
        for file in beside:
            shutil.copy(file, tmp_path)
        written = tmp_path / "written.yaml"
        written.write_text(text, encoding="utf-8")
        assert amopt.load(written) == instance


def test_a_line_is_an_entry() -> None:
    data = {"name": "A b", "lanes": [{"from": "a", "to": "b 1", "cost": 2.5}], "more": []}
    assert yaml_text(data) == ("name: A b\nlanes:\n- {from: a, to: b 1, cost: 2.5}\nmore: []\n")
    assert yaml_text({"a": 1e16, "b": math.inf}) == "a: 1.0e+16\nb: .inf\n"
