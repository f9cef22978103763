"""Work that grows with the lines alone: what runs for four times as many lines runs four times.

What is counted are the operations of each function of the package, so that a machine that is slow
or shared changes nothing.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import amopt
from amopt.sourcing.referee.check import check as referee

PACKAGE = str(Path(amopt.__file__).parent)

SMALL, LARGE = 40, 160
MOST = 5.0
"""How much more may be done for four times as much; a logarithm is within."""

FEW = 10_000
"""Operations of a function that are not looked at: what is done once is most of them."""


def file(size: int, *, pooled: bool) -> dict[str, Any]:
    """Return a file of so many lines, with as many of all that a file may hold.

    Pooled, all lines are of one part.
    """
    parts = ["p"] if pooled else [f"p{n}" for n in range(size)]
    suppliers = [f"s{n}" for n in range(3 if pooled else size // 4)]
    quotes = [
        {"quantity": q, "cost_per_part": c, "lead_time_weeks": 1} for q, c in ((1, 50), (9, 40))
    ]
    return {
        "amopt": 1,
        "kind": "sourcing",
        "name": "Many lines",
        "order_date": "2026-03-02",
        "parts": [{"name": part} for part in parts],
        "lines": [
            {
                "line": str(n),
                "part": parts[n % len(parts)],
                "quantity": 3 + n % 5,
                "place": f"w{n % (size // 4)}",
                "downtime_cost_per_hour": n % 3,
            }
            for n in range(size)
        ],
        "conventional": [
            {"part": part, "cost_per_part": 60, "asset_cost": 20, "lead_time_weeks": 6}
            for part in parts
        ],
        "offers": [
            {
                "supplier": suppliers[(n + k) % len(suppliers)],
                "part": part,
                "quotes": quotes,
                "largest_quantity": 20 * size,
            }
            for n, part in enumerate(parts)
            for k in range(3)
        ],
        "suppliers": [
            {
                "supplier": supplier,
                "fee_per_supplier": 1,
                "spend_discounts": {"kind": "all_units", "tiers": [{"from": 10, "percent": 2}]},
                "closed": [{"from": "2026-08-01", "to": "2026-08-14"}],
            }
            for supplier in suppliers
        ],
        "deliveries": [
            {"supplier": suppliers[n % len(suppliers)], "place": f"w{n}", "cost_per_delivery": 1}
            for n in range(size // 4)
        ],
        "approvals": [
            {"supplier": suppliers[n % len(suppliers)], "part": part, "cost": 1}
            for n, part in enumerate(parts)
        ],
        "preparations": [{"part": part, "cost": 1} for part in parts],
        "licences": [{"part": part, "prints": 50 * size} for part in parts],
        "shares": [{"part": part, "largest_percent": 100} for part in parts],
        "capacities": [{"supplier": supplier, "parts": 50 * size} for supplier in suppliers],
    }


def operations(work: Callable[[], Any]) -> tuple[Any, Counter[str]]:
    """Return what a piece of work gives, and how often each function's operations ran."""
    found: Counter[str] = Counter()

    def count(frame: Any, event: str, _: Any) -> Any:
        code = frame.f_code
        if not code.co_filename.startswith(PACKAGE):
            return None
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        where = f"{code.co_filename[len(PACKAGE) :]}:{code.co_firstlineno} {code.co_name}"

        def one(_: Any, event: str, __: Any) -> Any:
            found[where] += event == "opcode"
            return one

        return one

    before = sys.gettrace()
    sys.settrace(count)
    try:
        made = work()
    finally:
        sys.settrace(before)
    return made, found


def steps(size: int, *, pooled: bool) -> dict[str, Counter[str]]:
    """Return what is counted from a file to its verdict, a step at a time."""
    data = file(size, pooled=pooled)
    instance, loading = operations(lambda: amopt.load(data))
    answer, solving = operations(lambda: amopt.solve(instance, method="frontier"))
    judging = operations(lambda: referee(instance, answer))[1]
    return {"load": loading, "solve": solving, "referee": judging}


@pytest.mark.slow
@pytest.mark.parametrize("pooled", [False, True], ids=["a part a line", "one part"])
def test_the_work_grows_with_the_lines(pooled: bool) -> None:
    steps(SMALL, pooled=pooled)  # what is done once, at the first time
    small, large = steps(SMALL, pooled=pooled), steps(LARGE, pooled=pooled)
    for step, counted in large.items():
        grown = {
            where: (small[step][where], number)
            for where, number in counted.items()
            if number > FEW and number > MOST * small[step][where]
        }
        assert not grown, f"{step}: {grown}"
