"""Weights, scores and how firm ranks are: worked numbers, brute force, what must always hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import amopt
from amopt.errors import InvalidInstanceError
from amopt.screening import solve
from amopt.screening.instance.comparisons import eigenvector
from amopt.screening.ranking import rank, weights_of, worth
from tests.screening.cases import at_random, data, small


def criteria(*names: str) -> list[dict[str, Any]]:
    ends = {"worst": 0, "best": 10}
    return [
        {"name": name, "attribute": attribute, "linear": ends}
        for name, attribute in zip(names, ("lead_time_weeks", "cost_per_part", "demand_per_year",
                                           "stock"), strict=False)
    ]  # fmt: skip


def judged(*pairs: tuple[str, str, float], **more: Any) -> dict[str, Any]:
    names = sorted({name for more_, than, _ in pairs for name in (more_, than)})
    return {
        "goals": [{"name": "all", "criteria": criteria(*names)}],
        "comparisons": [
            {"more": more_, "than": than, "times": times} for more_, than, times in pairs
        ],
        **more,
    }


def rows(*values: tuple[float, ...]) -> list[dict[str, Any]]:
    names = ("lead_time_weeks", "cost_per_part", "demand_per_year", "stock")
    return [
        {"part": f"p{k}", "expected_saving": 1, **dict(zip(names, one, strict=False))}
        for k, one in enumerate(values)
    ]


def test_consistent_judgements_give_their_weights_back() -> None:
    """With weights 4 : 2 : 1 every ratio is their quotient: the eigenvalue is 3, the ratio 0."""
    ranking = judged(("a", "b", 2), ("b", "c", 2), ("a", "c", 4))
    answer = solve(small(rows((1, 2, 3)), ranking=ranking))
    weights = {row["criterion"]: row["weight"] for row in answer.rows["criteria"]}
    assert weights == pytest.approx({"a": 4 / 7, "b": 2 / 7, "c": 1 / 7})
    (compared,) = answer.rows["comparisons"]
    assert compared["largest_eigenvalue"] == pytest.approx(3)
    assert compared["consistency_ratio"] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("ab", "bc"), [(1, 2), (5, 1.5)])
def test_the_last_digit_of_an_eigenvalue_is_no_disagreement(ab: float, bc: float) -> None:
    """The ratio is 0 but for rounding: whoever rounds the other way is still right."""
    ranking = judged(("a", "b", ab), ("b", "c", bc), ("a", "c", ab * bc))
    assert solve(small(rows((1, 2, 3)), ranking=ranking)).verdict.accepted


def test_judgements_that_disagree_by_hand() -> None:
    """a = 2 b, b = 2 c, a = 5 c. Of three, the eigenvalue is 1 + r + 1/r, r = (5 / 4)^(1/3)."""
    ranking = judged(("a", "b", 2), ("b", "c", 2), ("a", "c", 5))
    answer = solve(small(rows((1, 2, 3)), ranking=ranking))
    (compared,) = answer.rows["comparisons"]
    r = (5 / 4) ** (1 / 3)
    largest = 1 + r + 1 / r
    assert compared["largest_eigenvalue"] == pytest.approx(largest)
    assert compared["consistency_ratio"] == pytest.approx((largest - 3) / 2 / 0.58)
    # of three, the eigenvector is the geometric mean of each row
    means = np.array([10 ** (1 / 3), 1.0, (1 / 10) ** (1 / 3)])
    found = [row["weight"] for row in answer.rows["criteria"]]
    assert found == pytest.approx((means / means.sum()).tolist())


def test_a_circle_of_judgements_is_refused_unless_overridden() -> None:
    circle = (("a", "b", 5.0), ("b", "c", 5.0), ("c", "a", 5.0))
    with pytest.raises(InvalidInstanceError) as caught:
        amopt.load(data(rows((1, 2, 3)), ranking=judged(*circle)))
    (finding,) = caught.value.findings
    assert finding.code == "inconsistent-comparisons"
    assert "2.76" in finding.message  # (1 + 5 + 1/5 - 3) / 2 / 0.58
    with pytest.raises(InvalidInstanceError, match=r"ratio 2\.76, above 1\."):  # worse than chance
        small(rows((1, 2, 3)), ranking=judged(*circle, largest_consistency_ratio=1.0))
    mild = (("a", "b", 2.0), ("b", "c", 2.0), ("a", "c", 1.0))
    instance = small(rows((1, 2, 3)), ranking=judged(*mild, largest_consistency_ratio=0.5))
    assert "less consistent" in " ".join(solve(instance).notes)


@given(st.lists(st.sampled_from([1 / 9, 1 / 5, 1 / 3, 1, 2, 4, 7]), min_size=6, max_size=6))
def test_the_eigenvector_is_one(entries: list[float]) -> None:
    matrix = np.ones((4, 4))
    for (i, j), value in zip(zip(*np.triu_indices(4, 1), strict=True), entries, strict=True):
        matrix[i, j], matrix[j, i] = value, 1 / value
    vector, largest = eigenvector(matrix)
    assert np.allclose(matrix @ vector, largest * vector)
    assert vector.sum() == pytest.approx(1)
    assert (vector > 0).all()
    assert largest >= 4 - 1e-9  # equality only for consistent judgements


@pytest.mark.parametrize(
    ("how", "values", "worths"),
    [
        ({"linear": {"worst": 4, "best": 14}}, (0, 4, 9, 14, 99), (0, 0, 0.5, 1, 1)),
        ({"linear": {"worst": 14, "best": 4}}, (0, 4, 9, 14, 99), (1, 1, 0.5, 0, 0)),
        ({"logistic": {"middle": 9, "slope": 2}}, (9, 10, 0), (0.5, 0.8807970779778823, 1.5e-8)),
        ({"logistic": {"middle": 9, "slope": -2}}, (9, 8), (0.5, 0.8807970779778823)),
        (
            {"steps": [{"from": 1, "worth": 0.2}, {"from": 5, "worth": 0.9}]},
            (0, 1, 4.9, 5, 50),
            (0, 0.2, 0.2, 0.9, 0.9),
        ),
    ],
)
def test_what_values_are_worth(how: Any, values: Any, worths: Any) -> None:
    one = {"name": "x", "attribute": "lead_time_weeks", **how}
    ranking = {"goals": [{"name": "all", "criteria": [one]}]}
    instance = small(rows(*((value,) for value in values)), ranking=ranking)
    found = worth(weights_of(instance.ranking).criteria[0], instance.parts)
    assert found.tolist() == pytest.approx(worths, abs=2e-9)
    scores = {row["part"]: row["score"] for row in solve(instance).rows["parts"]}
    assert [scores[f"p{k}"] for k in range(len(values))] == pytest.approx(worths, abs=2e-9)


def test_the_best_of_several_texts_counts_and_a_blank_one_is_half() -> None:
    one = {
        "name": "stuff",
        "attribute": "material",
        "values": {"Steel": 0.25, "brass": 1},
    }
    cells = ("steel", "STEEL; brass", "glass", None)
    instance = small(
        [{"part": f"p{k}", "material": cell, "expected_saving": 1} for k, cell in enumerate(cells)],
        ranking={"goals": [{"name": "all", "criteria": [one]}]},
    )
    told = {
        row["part"]: (row["lowest_score"], row["score"], row["highest_score"])
        for row in solve(instance).rows["parts"]
    }
    assert told == {
        "p0": (0.25, 0.25, 0.25),
        "p1": (1, 1, 1),
        "p2": (0, 0, 0),
        "p3": (0, 0.5, 1),
    }


def test_where_two_parts_change_places_by_hand() -> None:
    """Worths (1, 0) and (0.4, 0.9) at weight w of the first: they tie at 0.6 w = 0.9 (1 - w)."""
    weights = criteria("a", "b")
    for one, weight in zip(weights, (0.8, 0.2), strict=True):
        one["weight"] = weight
    ranking = {"goals": [{"name": "all", "criteria": weights}]}
    answer = solve(small(rows((10, 0), (4, 9)), ranking=ranking))
    spans = [(row["lowest_weight"], row["highest_weight"]) for row in answer.rows["criteria"]]
    assert spans[0] == pytest.approx((0.6, 1))
    assert spans[1] == pytest.approx((0, 0.4))


@pytest.mark.parametrize("dominant", [100.0, 1e7, 1e9])
def test_a_criterion_of_nearly_all_the_weight_keeps_the_digits_of_the_others(
    dominant: float,
) -> None:
    """Worths (6, 0, 2) and (5, 7, 1) of ten: they tie where 0.1 t = 0.5 (1 - t)."""
    weights = criteria("a", "b", "c")
    for one, weight in zip(weights, (dominant, 3, 1), strict=True):
        one["weight"] = weight
    parts = rows((6, 0, 2), (5, 7, 1))
    answer = solve(small(parts, ranking={"goals": [{"name": "all", "criteria": weights}]}))
    worst = answer.rows["criteria"][0]["lowest_weight"]
    assert worst == pytest.approx(0.5 / 0.6, rel=1e-12)


@pytest.mark.parametrize("dominant", [1e3, 1e6, 1e9])
def test_ranks_under_a_criterion_of_nearly_all_the_weight_have_the_others_digits(
    dominant: float,
) -> None:
    """All tie in the first; at nine tenths of its weight the second tells them apart."""
    weights = criteria("a", "b")
    weights[0]["weight"], weights[1]["weight"] = dominant, 1.0
    parts = rows(*((5, 4 + number / 1000) for number in range(5)))
    ranking = {"goals": [{"name": "all", "criteria": weights}], "weight_change": 0.1}
    answer = solve(small(parts, ranking=ranking))
    found = {row["part"]: (row["best_rank"], row["worst_rank"]) for row in answer.rows["parts"]}
    names = sorted(found)  # the last is the best in the second
    first = {row["part"]: row["rank"] for row in answer.rows["parts"]}
    for place, name in enumerate(names):
        rank_by_second = len(names) - place
        least = min(first[name], rank_by_second, place + 1)
        assert found[name][0] <= rank_by_second <= found[name][1], name
        assert found[name][0] >= least, name


@pytest.mark.parametrize("seed", range(8))
def test_spans_and_ranks_are_those_of_scores_worked_out_anew(seed: int) -> None:
    instance = at_random(seed, parts=25)
    ranked = np.ones(25, dtype=bool)
    found = rank(instance, ranked)
    worths = np.column_stack([worth(one, instance.parts) for one in found.weights.criteria])
    worths[np.isnan(worths)] = instance.ranking.missing_counts_as
    weight = found.weights.weight
    first = instance.examination.most_parts

    def scores(c: int, t: float) -> np.ndarray:
        other = weight * (1 - t) / (1 - weight[c])
        other[c] = t
        return worths @ other

    lead = set(np.flatnonzero(found.rank <= first))
    ranks = [found.rank]
    for c in range(weight.size):
        for t in np.linspace(0, 1, 201):
            score = scores(c, t)
            out = [k for k in range(25) if k not in lead]
            ahead = score[list(lead)].min() - score[out].max()
            inside = found.span[c, 0] - 1e-9 <= t <= found.span[c, 1] + 1e-9
            assert ahead >= -1e-9 if inside else ahead < 1e-9
        for t in (weight[c] * 1.2, weight[c] * 0.8):
            score = np.round(scores(c, t), 11)
            ranks.append(np.array([(score > own).sum() + 1 for own in score]))
    assert (found.best <= np.min(ranks, axis=0)).all()
    assert (found.worst >= np.max(ranks, axis=0)).all()
    assert (found.best <= found.rank).all()
    assert (found.rank <= found.worst).all()
