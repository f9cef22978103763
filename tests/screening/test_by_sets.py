"""Verdicts, scores, savings and the set to examine against an oracle of plain loops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import amopt
from amopt.errors import InfeasibleError
from amopt.screening import solve
from tests.oracles.portfolio import Portfolio
from tests.seeds import seeds

WORDS = {
    "material": ["steel", "brass", "PA 12", "wood"],
    "equipment": ["press", "pump", "van"],
    "purpose": ["seal", "lever", "Cover"],
}
WHOLE: dict[str, Any] = {
    "part": "whole", "material": "steel", "equipment": "press", "purpose": "seal",
    "length_mm": 100.0, "width_mm": 100.0, "height_mm": 50.0, "causes_downtime": True,
    "lead_time_weeks": 9.0, "suppliers": 1, "cost_per_part": 99.0, "print_cost_per_part": 50.0,
    "demand_per_year": 3.0, "remaining_years": 5.0, "stock": 1.0, "effort_hours": 1.0,
    "expected_saving": 10.0,
}  # fmt: skip
"""A part of which everything is known: a table needs each column once."""


class Draw:
    """Random parts, rules, criteria and limits."""

    def __init__(self, seed: int) -> None:
        self.draw = np.random.default_rng(seed)

    def maybe(self, chance: float) -> bool:
        return bool(self.draw.random() < chance)

    def one(self, *of: Any) -> Any:
        return of[int(self.draw.integers(len(of)))]

    def some(self, of: Sequence[str], least: int, most: int) -> list[str]:
        count = int(self.draw.integers(least, most + 1))
        return [str(word) for word in self.draw.permutation(of)[:count]]

    def number(self, low: int, high: int) -> float:
        return float(self.draw.integers(low, high))

    def part(self, number: int) -> dict[str, Any]:
        texts = {}
        for name, words in WORDS.items():
            own = [self.one(word, word.upper(), word.title()) for word in self.some(words, 1, 2)]
            texts[name] = self.one("; ", ";", " ; ").join(own if self.maybe(0.2) else own[:1])
        row = {
            "part": f"p{number}",
            **texts,
            **{name: self.number(1, 7) * 50 for name in ("length_mm", "width_mm", "height_mm")},
            "causes_downtime": self.maybe(0.5),
            "lead_time_weeks": self.number(0, 40),
            "suppliers": int(self.number(0, 4)),
            "cost_per_part": self.number(0, 300),
            "print_cost_per_part": self.number(1, 300),
            "demand_per_year": self.number(0, 9),
            "remaining_years": self.number(0, 14),
            "stock": self.number(0, 9),
            "effort_hours": self.one(0.0, 0.5, 1.0, 2.0, 3.25),
            **({"expected_saving": self.number(0, 900)} if self.maybe(0.2) else {}),
        }
        return {k: cell for k, cell in row.items() if k == "part" or not self.maybe(0.1)}

    def machine(self, number: int) -> dict[str, Any]:
        edges = ("length_mm", "width_mm", "height_mm")
        found: dict[str, Any] = {"name": f"M {number}"}
        if self.maybe(0.7):
            found["build_envelope"] = {edge: self.number(1, 7) * 50 for edge in edges}
        if self.maybe(0.6):
            found["materials"] = self.some(WORDS["material"], 1, 3)
        return found

    def rules(self) -> list[dict[str, Any]]:
        every = [
            {"attribute": "remaining_years", "at_least": 1.0, "at_most": 11.0},
            {"attribute": "material", self.one("one_of", "none_of"): [self.one("WOOD", "Steel")]},
            {"attribute": "purpose", "one_of": ["seal", "lever"], "none_of": ["cover"]},
            {"attribute": "causes_downtime", "equals": self.maybe(0.5)},
            {"attribute": "suppliers", "at_most": 2},
        ]
        kept = [rule for rule in every if self.maybe(0.5)]
        needs = [{"needs": "milling"} if self.maybe(0.2) else {} for _ in kept]
        return [
            {"name": f"r{k}", **r, **n} for k, (r, n) in enumerate(zip(kept, needs, strict=True))
        ]

    def ranking(self) -> dict[str, Any]:
        every: list[dict[str, Any]] = [
            {
                "name": "lead",
                "attribute": "lead_time_weeks",
                "linear": {"worst": self.one(0.0, 35.0), "best": self.one(20.0, 30.0)},
            },
            {"name": "down", "attribute": "causes_downtime", "values": {"yes": 1.0, "no": 0.25}},
            {"name": "stuff", "attribute": "material", "values": {"Steel": 0.5, "brass": 1.0}},
            {
                "name": "dear",
                "attribute": "cost_per_part",
                "logistic": {"middle": 100.0, "slope": self.one(0.02, -0.05, 3.0)},
            },
            {
                "name": "slow",
                "attribute": "demand_per_year",
                "steps": [{"from": 1.0, "worth": 1.0}, {"from": 3.0, "worth": 0.5}],
            },
        ]
        criteria = [every[k] for k in self.draw.permutation(5)[: int(self.number(2, 6))]]
        cut = int(self.number(1, len(criteria) + 1))
        goals: list[dict[str, Any]] = [{"name": "A", "criteria": criteria[:cut]}]
        goals += [{"name": "B", "criteria": criteria[cut:]}] if criteria[cut:] else []
        compared: list[dict[str, Any]] = []
        for members in (goals, *(goal["criteria"] for goal in goals)):
            if self.maybe(0.5):
                for member in members:
                    member["weight"] = self.number(1, 6)
                continue
            for i in range(len(members)):
                for j in range(i):
                    pair = [members[i]["name"], members[j]["name"]]
                    more, than = pair if self.maybe(0.5) else pair[::-1]
                    times = self.one(1.0, 2.0, 3.0, 5.0)
                    compared.append({"more": more, "than": than, "times": times})
        return {
            "goals": goals,
            "comparisons": compared,
            "largest_consistency_ratio": 1.0,
            "missing_counts_as": self.one(0.0, 0.5, 0.8),
        }

    def limits(self, texts: dict[str, list[str]]) -> dict[str, Any]:
        names = list(texts)
        efforts: list[dict[str, Any]] = []
        if self.maybe(0.6):
            efforts.append({"name": "all", "hours": self.number(1, 12)})
        if self.maybe(0.6):
            name = self.one(*names)
            theirs = {"attribute": name, "one_of": self.some(texts[name], 1, 2)}
            efforts.append({"name": "team", "hours": self.number(0, 6), **theirs})
        diversity, shares = [], []
        for name in names:
            ends: dict[str, int] = {"at_most": int(self.number(1, 4))} if self.maybe(0.6) else {}
            if self.maybe(0.4):
                least = int(self.number(1, 3))
                more = {"at_least_different": least} if self.maybe(0.5) or not ends else {}
                diversity.append({"attribute": name, **ends, **more})
            if self.maybe(0.35):
                more = {"at_least": int(self.number(0, 2))} if self.maybe(0.5) or not ends else {}
                value = self.one(*texts[name])
                shares.append({"attribute": name, "value": value, **ends, **more})
        return {"efforts": efforts, "diversity": diversity, "shares": shares}

    def instance(self) -> dict[str, Any]:
        rows = [self.part(k) for k in range(int(self.number(3, 12)))]
        whole = dict(WHOLE)
        if self.maybe(0.5):
            del whole["expected_saving"]
        machines = [self.machine(k) for k in range(int(self.number(0, 4)))]
        own = {"machine": [one["name"] for one in machines]} if machines else {}
        return {
            "amopt": 1,
            "kind": "screening",
            "name": "At random",
            "portfolio": {"rows": [*rows, whole]},
            "machines": machines,
            "rules": self.rules(),
            "ranking": self.ranking(),
            "examination": {
                "most_parts": int(self.number(1, 9)),
                "maximise": self.one("expected_saving", "score"),
                "success": {"eligible": 0.75, "unknown": self.one(0.0, 0.25, 1.0)},
                "horizon_years": self.one(3.0, 8.0),
                "hours_per_part": self.one(0.0, 2.0),
                **({"print_cost_share": 0.5} if self.maybe(0.5) else {}),
                **self.limits({**WORDS, **own}),
            },
        }


@pytest.mark.parametrize("seed", seeds(200, always=5))
def test_every_part_and_the_best_set_are_those_of_plain_loops(seed: int) -> None:
    data = Draw(seed).instance()
    if [one for one in amopt.check(data) if one.severity == "error"]:
        pytest.skip("judgements that contradict each other altogether")
    oracle = Portfolio(data)
    best = oracle.best()
    instance = amopt.load(data)
    method = ("reduced", "program")[seed % 2]
    if best is None:
        with pytest.raises(InfeasibleError):
            solve(instance, method=method)
        return
    answer = solve(instance, method=method)
    assert answer.outcome.objective == pytest.approx(best, rel=1e-6, abs=1e-6)
    for row in answer.rows["parts"]:
        part = row["part"]
        told = (row["eligible"], row["machine"])
        assert told == (oracle.verdict[part], oracle.machine[part])
        assert row["score"] == pytest.approx(oracle.score[part], abs=1e-9)
        saving = oracle.saving[part]
        assert (row["expected_saving"] is None) == (saving is None)
        assert (row["expected_saving"] or 0.0) == pytest.approx(saving or 0.0, rel=1e-9)
