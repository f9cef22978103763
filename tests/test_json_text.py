"""Indented JSON is what the standard library writes, character by character."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

import amopt
from amopt.files.json_text import indented


def drawn(draw: random.Random, depth: int) -> Any:
    """Return plain data of any shape."""
    if depth and draw.random() < 0.6:
        many = draw.randint(0, 3)
        if draw.random() < 0.5:
            return [drawn(draw, depth - 1) for _ in range(many)]
        return {f'k"\u00e9{k}': drawn(draw, depth - 1) for k in range(many)}
    return draw.choice((None, True, 7, 10**20, -0.0, 1e-300, 0.1, "", 'é"\\\n\u2028', "a: b, c"))


@pytest.mark.parametrize("ascii_only", [False, True])
def test_any_data(ascii_only: bool) -> None:
    draw = random.Random(0)
    for _ in range(400):
        data = drawn(draw, 5)
        aim = json.dumps(data, ensure_ascii=ascii_only, allow_nan=False, indent=2)
        assert indented(data, ascii_only=ascii_only) == aim


@pytest.mark.parametrize("data", [float("nan"), [float("inf")], {"a": {"b": [float("nan")]}}])
def test_what_is_not_finite_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        indented(data)


def test_an_answer() -> None:
    answer = amopt.solve(amopt.load("printing/mission"))
    aim = json.dumps(answer.to_dict(), ensure_ascii=False, allow_nan=False, indent=2)
    assert answer.to_json() == aim + "\n"
