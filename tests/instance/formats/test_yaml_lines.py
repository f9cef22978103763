"""YAML that is read line by line, against the events of the parser and PyYAML's own values."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
import yaml

from amopt.instance.formats import yaml_text
from amopt.instance.formats.block_yaml.lines import read

WORDS = (
    *("1", "-2.5", "1e3", "007", "2.400", "no", "null", "true", ".inf", "10:30", "a b  c", "x#y"),
    *("'quoted: #1'", '"double, \\u2013"', "'it''s'", "[]", "{}", "[1, 2]", "{a: 1}", "&a 1", "*a"),
    *("Größe (M8)", "a: b", "a #b", "- 1", "~", "|", "!!str 1", "", "a ", "-", "+5", "3/4", "é"),
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
