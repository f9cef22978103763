"""OR-Library's warehouse location files: published optima, and files that are not of that kind."""

import numpy as np
import pytest

from amopt.errors import InvalidInstanceError, UsageError
from amopt.placement import Instance, read_orlib_cap, solve
from amopt.program.builder import Builder, Term
from amopt.program.solver import highs

OPTIMA = {"cap61": 932615.750, "cap71": 932615.750, "cap101": 796648.437, "cap131": 793439.562}

SMALL = """ 2 3
 10. 100.
 20. 150.
 8.
 16. 40.
 6
 30. 6.
 0
 0 0
"""


@pytest.mark.parametrize("name", OPTIMA)
@pytest.mark.parametrize("single", [False, True])
def test_published_optima(orlib, name, single):
    data = read_orlib_cap(orlib / f"{name}.txt") | {"single_source": single}
    answer = solve(Instance.from_dict(data), forms=False)
    assert answer.outcome.objective == pytest.approx(OPTIMA[name], rel=1e-6)
    assert answer.outcome.bound == pytest.approx(OPTIMA[name], rel=1e-6)
    assert answer.outcome.status == "optimal"


@pytest.mark.parametrize("name", OPTIMA)
def test_prices_prove_nearly_the_same(orlib, name):
    instance = Instance.from_dict(read_orlib_cap(orlib / f"{name}.txt"))
    answer = solve(instance, method="lagrangian", forms=False)
    assert answer.outcome.bound <= OPTIMA[name] * (1 + 1e-9)
    assert answer.outcome.objective >= OPTIMA[name] * (1 - 1e-9)
    assert answer.outcome.gap < 0.01


def written_out(path, capacitated):
    """The same problem as arrays, read and written down by other code."""
    numbers = [float(word) for word in path.read_text().split()]
    m, n = int(numbers[0]), int(numbers[1])
    sites = np.array(numbers[2 : 2 + 2 * m]).reshape(m, 2)
    rows = np.array(numbers[2 + 2 * m :]).reshape(n, m + 1)
    builder = Builder()
    x = builder.variables("x", range(n * m), cost=rows[:, 1:].ravel(), upper=1)
    y = builder.variables("y", range(m), cost=sites[:, 1], upper=1, integer=True)
    customer, site = np.divmod(np.arange(n * m), m)
    builder.rows("serve", range(n), x.grouped(customer), lower=1, upper=1)
    builder.rows("link", range(n * m), x.per_row(), y.spread(site, -1.0), upper=0)
    if capacitated:
        used = Term(x, site, np.arange(n * m), rows[customer, 0])
        builder.rows("capacity", range(m), used, y.per_row(-sites[:, 0]), upper=0)
    return builder.build("written out")


def test_without_capacities(orlib):
    path = orlib / "cap71.txt"
    answer = solve(Instance.from_dict(read_orlib_cap(path, capacitated=False)), forms=False)
    expected = highs.solve(written_out(path, capacitated=False)).outcome.objective
    assert answer.outcome.objective == pytest.approx(expected, rel=1e-6)


def test_a_small_file(tmp_path):
    path = tmp_path / "small.txt"
    path.write_text(SMALL)
    data = read_orlib_cap(path)
    assert [entry["per_year"] for entry in data["demand"]] == [8.0, 6.0]
    answer = solve(Instance.from_dict(data), forms=False)
    # both: 100 + 150 + 16 + 6; the second alone: 150 + 40 + 6
    assert answer.outcome.objective == pytest.approx(196)


def test_the_library_s_large_files_leave_the_capacity_open(tmp_path):
    path = tmp_path / "small.txt"
    path.write_text(SMALL.replace("10.", "capacity").replace("20.", "capacity"))
    answer = solve(Instance.from_dict(read_orlib_cap(path, capacity=14)), forms=False)
    assert answer.outcome.objective == pytest.approx(100 + 16 + 30)
    with pytest.raises(InvalidInstanceError, match="capacity"):
        read_orlib_cap(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file ends"),
        ("2", "the file ends"),
        ("2 x", "'x' stands where"),
        ("2.5 1", "number of warehouses"),
        ("0 1", "number of warehouses"),
        (SMALL + "7", "one more|more should follow"),
        (SMALL.replace("100.", "-1"), "is -1"),
        (SMALL.replace("100.", "nan"), "is nan"),
        (SMALL.replace("100.", "inf"), "is inf"),
        (SMALL.replace(" 0 0\n", " 0 1\n"), "no demand"),
        ("999999999 999999999", "more should follow"),
        ("amopt: 1\nkind: placement", "stands where"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path, text, message):
    path = tmp_path / "wrong.txt"
    path.write_text(text)
    with pytest.raises(InvalidInstanceError, match=message) as caught:
        read_orlib_cap(path)
    assert caught.value.findings[0].code == "wrong-format"
    assert caught.value.findings[0].where.file == str(path)


def test_what_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(InvalidInstanceError, match="cannot be read"):
        read_orlib_cap(tmp_path / "nowhere.txt")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidInstanceError, match="cannot be read"):
        read_orlib_cap(tmp_path / "binary")


def test_a_capacity_is_neither_ignored_nor_missed(tmp_path):
    path = tmp_path / "cap.txt"
    path.write_text(SMALL)
    with pytest.raises(UsageError, match="states the capacity of each warehouse"):
        read_orlib_cap(path, capacity=3.0)
    for wrong in (-3.0, float("nan"), float("inf")):
        with pytest.raises(UsageError, match="must be 0 or more"):
            read_orlib_cap(path, capacity=wrong)
    path.write_text("1 1\ncapacity 10\n4\n8\n")
    with pytest.raises(InvalidInstanceError, match="--capacity 8000"):
        read_orlib_cap(path)
    data = read_orlib_cap(path, capacity=5.0)
    assert data["sites"][0]["contracts"][0]["hours_per_year"] == 5.0
