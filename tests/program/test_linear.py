"""Programs as named arrays."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from amopt.program.linear import LinearProgram, NamedBlock, Names

program = LinearProgram.from_arrays


def test_names_are_lazy_and_lead_back_to_keys() -> None:
    names = Names([
        NamedBlock("demand"),
        NamedBlock("flow", [("A", 1), ("B", 2)]),
        NamedBlock("state", np.array([[0, 3], [1, 3]])),
        NamedBlock("stock", np.arange(2)),
    ])  # fmt: skip
    assert len(names) == 7
    assert list(names) == [
        "demand", "flow[A,1]", "flow[B,2]", "state[0,3]", "state[1,3]", "stock[0]", "stock[1]",
    ]  # fmt: skip
    assert [names[index] for index in range(7)] == list(names)
    assert names[-1] == "stock[1]"
    assert names.family_and_key(0) == ("demand", None)
    assert names.family_and_key(2) == ("flow", ("B", 2))
    assert names.family_and_key(3) == ("state", (0, 3))
    assert names.family_and_key(-1) == ("stock", 1)
    assert type(names.family_and_key(-1)[1]) is int
    assert names.block("state") == slice(3, 5)
    assert list(names + Names([NamedBlock("more")]))[-1] == "more"
    with pytest.raises(IndexError):
        names[7]
    with pytest.raises(KeyError):
        names.block("flows")


def test_an_empty_family_takes_no_place() -> None:
    names = Names(
        [NamedBlock("a", []), NamedBlock("b", [1]), NamedBlock("c", []), NamedBlock("d", [2])]
    )
    assert list(names) == ["b[1]", "d[2]"]
    assert names.family_and_key(1) == ("d", 2)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cost": [1, np.nan]}, "cost holds NaN"),
        ({"cost": [1, np.inf]}, "must be finite"),
        ({"matrix": [[1, np.inf]]}, "must be finite"),
        ({"lower": [0, 3], "upper": [1, 2]}, "column 1 has a lower bound above"),
        ({"lower": [0, np.inf]}, "column 1 has a bound that is infinite on the wrong side"),
        ({"row_upper": -np.inf}, "row 0 has a bound that is infinite on the wrong side"),
        ({"rows": [NamedBlock("r", range(3))]}, "3 names for 1 rows"),
        ({"cost": [1, 2, 3]}, "shape"),
    ],
)
def test_wrong_arrays_are_refused(change: dict[str, object], words: str) -> None:
    parts: dict[str, object] = {
        "cost": [1, 1], "matrix": [[1, 1]], "row_lower": 0, "row_upper": 5, **change,
    }  # fmt: skip
    with pytest.raises(ValueError, match=words):
        program(**parts)  # type: ignore[arg-type]


def test_the_caller_s_matrix_stays_as_it_was() -> None:
    """Duplicates are summed in our copy only."""
    given = sp.csr_array(
        (np.array([1.0, 2, 4]), np.array([1, 0, 1]), np.array([0, 3])), shape=(1, 2)
    )
    taken = program([1, 1], given, 0, 1)
    more = taken.with_rows(given, 0, 1, family=NamedBlock("more", [0]))
    for matrix, rows in ((taken.matrix, 1), (more.matrix, 2)):
        assert matrix.data.tolist() == [2, 5] * rows  # each place once, in order
        assert matrix.indices.tolist() == [0, 1] * rows
    assert given.data.tolist() == [1, 2, 4]
    assert given.indices.tolist() == [1, 0, 1]


def test_more_rows() -> None:
    p = program([1, 1], [[1, 2]], 0, 5)
    more = p.with_rows([[1, 0], [0, 1]], 1, [3, 4], family=NamedBlock("limit", ["x", "y"]))
    assert more.matrix.toarray().tolist() == [[1, 2], [1, 0], [0, 1]]
    assert more.row_upper.tolist() == [5, 3, 4]
    assert list(more.rows) == ["r[0]", "limit[x]", "limit[y]"]
    with pytest.raises(ValueError, match="names 1 rows, 2 were given"):
        p.with_rows([[1, 0], [0, 1]], 1, 3, family=NamedBlock("limit"))


def test_the_relaxed_program_and_the_objective() -> None:
    p = program([1, 2], [[1, 1]], 0, 5, integer=[True, False], offset=3)
    assert p.is_mixed_integer
    assert not p.relaxed().is_mixed_integer
    assert p.objective(np.array([1.0, 1.0])) == 6
    assert (p.row_name(0), p.column_name(1), p.shape) == ("r0", "c1", (1, 2))
