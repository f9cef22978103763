"""The readers of yaml, json and toml: the same data, the right lines, nothing surprising."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from amopt.instance.document import load_document
from amopt.instance.formats import json_text, toml_text, yaml_text
from amopt.instance.formats.positions import Unusable

YAML = """\
# a comment
amopt: 1
kind: fleet
vehicles:
  - name: van
    count: 2
  -
    name: lorry
parts: [{name: hinge,
         vehicle: van}]
network:
  places: &places
    - {name: a}
  lanes: []
more: *places
"""
JSON = """\
{
  "amopt": 1, "kind": "fleet",
  "vehicles": [
    {"name": "van", "count": 2},
    {"name": "lorry, \\"the, big: one}\\""}
  ],
  "network": {"places": [
    {"name": "a"}], "lanes": []},
  "last": null
}
"""
TOML = """\
amopt = 1
kind = "fleet"
day = 2026-01-31

[[vehicles]]
name = "van"   # a comment
count = 2

[[vehicles]]
name = "lorry"

[vehicles.size]
width = 2

[network]
places = [
  {name = "a"},
  {name = "b"},
]
"a b".c = 1
"""


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        (
            "fleet.yaml",
            YAML,
            {
                (): 2,
                ("amopt",): 2,
                ("vehicles",): 4,
                ("vehicles", 0): 5,
                ("vehicles", 0, "count"): 6,
                ("vehicles", 1): 8,
                ("vehicles", 1, "missing"): 8,
                ("parts", 0, "vehicle"): 10,
                ("network", "places", 0, "name"): 13,
                ("more",): 15,
                ("more", 0): 13,
                ("nowhere", 3): 2,
            },
        ),
        (
            "fleet.json",
            JSON,
            {
                (): 1,
                ("kind",): 2,
                ("vehicles",): 3,
                ("vehicles", 1, "name"): 5,
                ("network", "places", 0): 8,
                ("network", "lanes"): 8,
                ("last",): 9,
                ("vehicles", 7): 3,
            },
        ),
        (
            "fleet.toml",
            TOML,
            {
                ("kind",): 2,
                ("vehicles", 0, "count"): 7,
                ("vehicles", 1): 9,
                ("vehicles", 1, "name"): 10,
                ("vehicles", 1, "size", "width"): 13,
                ("network",): 15,
                ("network", "places"): 16,
                ("network", "places", 1, "name"): 16,
                ("network", "a b", "c"): 20,
            },
        ),
    ],
)
def test_lines(tmp_path: Path, name: str, text: str, lines: dict[Any, int]) -> None:
    file = tmp_path / name
    file.write_text(text)
    document = load_document(file)
    assert document.findings == []
    assert {key: document.where(key).line for key in lines} == lines


def test_yaml_reads_what_pyyaml_reads_where_the_two_agree() -> None:
    data = yaml_text.parse(YAML).data
    assert data == yaml.safe_load(YAML)
    assert data["more"] is data["network"]["places"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("12", 12),
        ("-3", -3),
        ("+3", 3),
        ("007", "007"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("1e3", 1000.0),
        ("1.5E-2", 0.015),
        (".5", 0.5),
        ("5.", 5.0),
        ("1.2.3", "1.2.3"),
        ("2026-01-31", "2026-01-31"),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("!!int 12", 12),
        ("!!float 12", 12),
        ("! 12", "12"),
        ("|-\n  two\n  lines", "two\nlines"),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("=", "="),
    ],
)
def test_plain_words_hold_no_surprise(text: str, value: object) -> None:
    parsed = yaml_text.parse(f"key: {text}\n")
    assert parsed.notes == []
    assert parsed.data == {"key": value}
    assert type(parsed.data["key"]) is type(value)


def test_nan_is_read_as_nan() -> None:
    assert math.isnan(yaml_text.parse("key: .nan").data["key"])
    assert math.isnan(json_text.parse('{"key": NaN}').data["key"])


def test_merged_keys_give_way_to_written_ones() -> None:
    text = """\
base: &base {cost: 1, name: base}
extra: &extra {colour: red, cost: 5}
one: {<<: *base, cost: 2}
two:
  <<: [*base, *extra]
  name: two
"""
    parsed = yaml_text.parse(text)
    assert parsed.notes == []
    assert parsed.data["one"] == {"cost": 2, "name": "base"}
    assert parsed.data["two"] == {"name": "two", "cost": 1, "colour": "red"}
    assert yaml_text.index(text).find(("two", "colour")).line == 2


def test_an_alias_may_stand_as_a_key_and_repeat_a_word() -> None:
    parsed = yaml_text.parse("a: &name van\nb: *name\n*name : 3\n")
    assert parsed.data == {"a": "van", "b": "van", "van": 3}


def test_several_faults_of_a_yaml_text_are_told_at_once() -> None:
    parsed = yaml_text.parse("a: 1\na: 2\nlist: [1, *b, {c: 1, c: 2}]\n? [k]\n: 1\n3: x\n")
    assert [(note.code, note.key, note.line) for note in parsed.notes] == [
        ("duplicate-key", ("a",), 2),
        ("syntax", ("list", 1), 3),
        ("duplicate-key", ("list", 2, "c"), 3),
        ("key-not-text", ("list",), 4),
        ("key-not-text", ("3",), 6),
    ]
    assert parsed.data["a"] == 1


def test_the_three_formats_say_the_same(tmp_path: Path) -> None:
    data = {"amopt": 1, "name": "Kühlung", "parts": [{"cost": 1.5, "n": 2, "ok": True}]}
    texts = {
        "json": json.dumps(data),
        "yaml": yaml.safe_dump(data, allow_unicode=True),
        "toml": 'amopt = 1\nname = "Kühlung"\n[[parts]]\ncost = 1.5\nn = 2\nok = true\n',
    }
    for suffix, text in texts.items():
        for mark in (b"", b"\xef\xbb\xbf"):
            file = tmp_path / f"fleet.{suffix.upper()}"
            file.write_bytes(mark + text.encode())
            document = load_document(str(file))
            assert document.findings == []
            assert document.data == data


def test_windows_line_ends(tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_bytes(YAML.replace("\n", "\r\n").encode())
    assert load_document(file).where(("vehicles", 0, "count")).line == 6


def test_far_too_many_digits_stand_for_a_large_number() -> None:
    digits = "9" * 5000
    for parsed in (
        json_text.parse(f'{{"a": -{digits}}}'),
        yaml_text.parse(f"a: -{digits}"),
        toml_text.parse(f"a = -{digits}"),
    ):
        assert parsed.data["a"] < -(2**53)


def test_a_json_text_of_deep_lists_is_indexed_without_recursion() -> None:
    text = '{"a": ' + "[" * 20_000 + "]" * 20_000 + "}"
    assert json_text.index(text).find(("a", 0, 0)).line == 1


def test_deep_yaml_is_refused_early() -> None:
    with pytest.raises(Unusable, match="nested more than 50 deep"):
        yaml_text.parse("[" * 1_000_000)


def test_the_parser_in_python_finds_what_the_parser_in_c_finds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """PyYAML may have been installed without its parser in C."""
    files = sorted((Path(__file__).parents[2] / "broken").glob("*.yaml"))
    files = [file for file in files if file.stem != "syntax-blank"]  # it takes `key:,` as empty
    quick = [load_document(file).findings for file in files]
    monkeypatch.setattr(yaml_text, "_LOADER", yaml.SafeLoader)
    for file, findings in zip(files, quick, strict=True):
        slow = load_document(file).findings
        assert [(one.code, one.where) for one in slow] == [
            (one.code, one.where) for one in findings
        ], file


TRICKY = """\
amopt = 1
note = '''
"\\u12" = 3
[[parts]]
name = 5
'''
other = \"\"\"
[network]
a quote \\\"\"\" and more \"\"\"\"\" # [[parts]]
lists = [
  [1],
  [
    "a = 3",  # ] not the end
    'b]'],
]
inline = {a = "}", b = [
  '''
[parts]
''']}

[[parts]] # the first
name = "van"
"a \\"quoted\\" = key" = 1
[ parts . "size" ]
width = 2
"""


def test_lines_of_toml_are_those_of_its_statements() -> None:
    assert toml_text.parse(TRICKY).data["parts"][0]["size"]["width"] == 2
    spots = toml_text.index(TRICKY)
    lines = {
        ("note",): 2,
        ("other",): 7,
        ("lists",): 10,
        ("lists", 1, 0): 10,
        ("inline", "b"): 16,
        ("parts",): 21,
        ("parts", 0): 21,
        ("parts", 0, "name"): 22,
        ("parts", 0, 'a "quoted" = key'): 23,
        ("parts", 0, "size"): 24,
        ("parts", 0, "size", "width"): 25,
    }
    assert {key: spots.find(key).line for key in lines} == lines
    assert set(spots.children or ()) == set(toml_text.parse(TRICKY).data)


def test_only_whole_numbers_that_python_refuses_are_shortened() -> None:
    assert toml_text.parse("a = 12." + "0" * 400).data == {"a": 12.0}
    digits, text = "7" * 5000, "8" * 5000
    parsed = toml_text.parse(
        f"a = -{digits} # {digits}\nb = \"{text}\"\nc = '''\n{text}\n'''\nd = 1.{'0' * 5000}\n"
        f'e = [{digits},\n+{digits}]\n{digits} = 1\n"{text}" = 2\n'
    )
    assert parsed.data == {
        "a": -(10**30), "b": text, "c": f"{text}\n", "d": 1.0, "e": [10**30, 10**30],
        digits: 1, text: 2,
    }  # fmt: skip
    assert toml_text.parse("a = " + "7" * 450).data == {"a": int("7" * 450)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{a: 1,4}", "A decimal comma? Write 1.4, with a decimal point."),
        ("{a: 1, b: 12,345,678, c: 2}", "Write 12345678, without thousands separators."),
        ("[{a: 0,500}]", "A decimal comma? Write 0.5, with a decimal point."),
    ],
)
def test_a_comma_within_braces_is_one_finding_at_its_number(text: str, words: str) -> None:
    (note,) = yaml_text.parse(f"x: {text}\n").notes
    assert (note.code, note.line) == ("decimal-comma", 1)
    assert note.advice == words
    assert yaml_text.parse("x: [1,4]\ny: {a: 1, b: 4}\nz: {a: 1,b: 4}\n").notes == []


def test_a_point_may_separate_thousands_only_where_its_neighbours_say_so() -> None:
    def codes(*costs: str) -> list[str]:
        text = "".join(f"- {{cost: {cost}}}\n" for cost in costs)
        return [note.code for note in yaml_text.parse(f"parts:\n{text}").notes]

    assert codes("2.400", "350", "900") == ["thousands-point"]
    assert codes("2.400", "3.5", "1.250") == []
    assert codes("2.400") == []
    assert codes("2.4", "350", "900") == []
    assert codes("12.500", "35", "90") == []
    assert codes("2.400", "350.5", "900") == []


def test_a_comment_is_told_only_where_it_may_be_part_of_a_text() -> None:
    def codes(text: str) -> list[str]:
        return [note.code for note in yaml_text.parse(text).notes]

    assert codes("a: beta #2\n") == ["hidden-comment"]
    assert codes("- beta #2\n- gamma\n") == ["hidden-comment"]
    (note,) = yaml_text.parse("a: beta #2 of them  # the second\n").notes
    assert note.advice.startswith("Write 'beta #2 of them' if")
    (note,) = yaml_text.parse("a: be\u200bta #2\n").notes
    assert note.advice.isprintable()
    for text in ("a: beta # 2\n", "a: 3 #2\n", "a: 'beta #2'\n", "#2\na: b\n", "a: beta#2\n"):
        assert codes(text) == [], text


@pytest.mark.parametrize("text", ["{} = 1", "[{}]", "[[{}]]", "a = {{ {} = 1 }}"])
def test_a_toml_key_of_very_many_dots_is_refused_before_it_is_parsed(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loads(_: str) -> None:
        raise AssertionError("its parts are slow to read")

    monkeypatch.setattr(toml_text, "_loads", loads)
    with pytest.raises(Unusable, match="nested more than 50 deep"):
        toml_text.parse(text.format(".".join(["a"] * 40_001)))
