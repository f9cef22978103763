"""YAML that is read line by line, against the events of the parser and PyYAML's own values."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
import yaml

from amopt.instance.formats import yaml_text, yaml_writing
from amopt.instance.formats.block_yaml.lines import read

WORDS = (
    *("1", "-2.5", "1e3", "007", "2.400", "no", "null", "true", ".inf", "10:30", "a b  c", "x#y"),
    *("'quoted: #1'", '"double, \\u2013"', "'it''s'", "[]", "{}", "[1, 2]", "{a: 1}", "&a 1", "*a"),
    *("Größe (M8)", "a: b", "a #b", "- 1", "~", "|", "!!str 1", "", "a ", "-", "+5", "3/4", "é"),
)
BRACES = (
    *("{a: 1}", "[1, 2]", "{a: 1, b: [{c: 2.400}, {}], e: []}", "[[x y, 'q: #'], \"t, u\"]", "[ ]"),
    *("{a: 1,5}", "{a: 1, a: 2}", "{a}", "[a: 1]", "{a: }", "[1, ]", "{a: 1}{b: 2}", "{no: x}"),
    *("{a: 2.400, b: {c: 300, d: 1.250}}", "[2.400]", "{null: 1}", "{'a': 1}", "{a: x #y}", "[1"),
    *("{a: [1}, 2]", "{a: -1.5e3, b: no, c: .inf}", "[a b, -]", "{a: 1} ", "[*x]", "{a: b: c}"),
    *(
        "{a: null, b: 007}",
        "[1,2]",
        "{a:1}",
        "[ab c , d]",
        "{a: ''}",
        "[~, é, (M8)]",
        "[]]",
        "{[a]: 1}",
    ),
)
KEYS = ("a", "b", "c_d", "e1", "no", "null", "'q'", "<<", "1", "a b", "key-x")
BETWEEN = ("", "  # a comment", "#comment", "\t", "---", "  going on", "      going on: no", "...")


def block(rng: random.Random, indent: int, deep: int, wild: float) -> list[str]:
    """Return lines of a random mapping or list, most of them sound."""
    lines: list[str] = []
    a_list = deep > 0 and rng.random() < 0.4
    for key in rng.sample(KEYS if rng.random() < wild else KEYS[:4], rng.randint(1, 4)):
        begin = " " * indent + ("- " if a_list else f"{key}:")
        if rng.random() < wild / 4:
            begin = " " + begin
        held = block(rng, indent + 2, deep + 1, wild) if deep < 4 and rng.random() < 0.4 else []
        if held and a_list:
            lines += [begin + held[0].lstrip(), *held[1:]]
        elif held:
            level = rng.choice((0, 2)) if held[0].lstrip().startswith("- ") else 2
            lines += [begin, *(line[2 - level :] for line in held)]
        else:
            word = rng.choice(WORDS if rng.random() < wild else WORDS[:9])
            if rng.random() < 0.2:
                word = rng.choice(BRACES if rng.random() < wild else BRACES[:3])
            lines.append(begin + (word if a_list else f" {word}".rstrip()))
        if rng.random() < wild / 2:
            lines.append(rng.choice(BETWEEN))
    return lines


def by_events(text: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what the parser finds, and what it notes."""
    monkeypatch.setattr(yaml_text, "SMALL", math.inf)
    try:
        found = yaml_text.parse(text)
    except yaml_text.Unusable as unusable:
        return unusable.note
    return repr(found.data), found.notes


def test_lines_and_events_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    line_by_line = 0
    for seed in range(1500):
        rng = random.Random(seed)
        text = "\n".join(block(rng, 0, 0, rng.choice((0.0, 0.1, 0.5))))
        if (found := read(text)) is not None:
            line_by_line += 1
            notes = list(yaml_text.thousands(found.pointed, found.data))
            assert (repr(found.data), notes) == by_events(text, monkeypatch), text
    assert 400 < line_by_line < 1400


def test_lines_hold_what_pyyaml_writes() -> None:
    rng = random.Random(1)
    long = ", ".join(["a longer text that a writer folds"] * 9)
    texts = ("beta", "line 7", long, "007", "é: yes", "x #1")
    data = {
        f"key_{n}": [
            {"text": rng.choice(texts), "number": round(rng.lognormvariate(0, 9), 3), "none": None}
            for _ in range(rng.randint(0, 4))
        ]
        for n in range(40)
    }
    written = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    found = read(written)
    assert found is not None
    assert found.data == data == yaml.safe_load(written)
    assert all(math.isfinite(float(one.text)) for one in found.pointed)
    assert read(written.replace("\n", "\r\n")) == found


def test_lines_hold_what_amopt_writes() -> None:
    rng = random.Random(2)
    data = {
        "parts": [
            {"name": f"part {n}", "quotes": [{"q": rng.random(), "at": [1, -2]}, {"q": 1e22}]}
            for n in range(50)
        ],
        "one": {"texts": ["no", "a, b", "é: {yes}", ""], "nothing": None, "held": {"x": 1.5}},
    }
    written = yaml_writing.yaml_text(data)
    found = read(written)
    assert found is not None
    assert found.data == data == yaml_text.parse(written).data


def test_a_point_for_thousands_in_braces_is_told_with_its_keys() -> None:
    found = read("a:\n- {q: 300, r: [{s: 1}, {s: 2.400}]}\nb: {c: 1.250}\n")
    assert found is not None
    told = [(one.key, one.text, one.line) for one in found.pointed]
    assert told == [(("a", 0, "r", 1, "s"), "2.400", 2), (("b", "c"), "1.250", 3)]


@pytest.mark.parametrize("held", BRACES)
def test_braces_are_read_as_by_the_parser_or_left_to_it(
    held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in (f"a: {held}\n", f"a:\n- {held}\n- x: {held}\n"):
        if (found := read(text)) is not None:
            notes = list(yaml_text.thousands(found.pointed, found.data))
            assert (repr(found.data), notes) == by_events(text, monkeypatch), text


def test_a_key_that_is_written_twice_is_left_to_the_parser() -> None:
    assert read("a: 1\nb: 2\n") is not None
    assert read("a: 1\na: 2\n") is None


def test_the_line_of_a_point_for_thousands_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_text, "SMALL", 0)
    text = "a:\n# parts\n- q: 300\n- q: 2.400\n  r:\n  - s: 1\n- q: 500\n"
    found = read(text)
    assert found is not None
    assert [(one.key, one.line) for one in found.pointed] == [(("a", 1, "q"), 4)]
    assert [note.code for note in yaml_text.parse(text).notes] == ["thousands-point"]
