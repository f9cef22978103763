"""What the referee says of nondominated answers: every one a plan, none beaten, none twice."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from amopt.referee import Notebook, is_number
from amopt.sourcing.referee.licences import check_licensed
from amopt.sourcing.referee.lines import totals_of
from amopt.sourcing.referee.orders import check_orders
from amopt.sourcing.referee.rows import Row, require_rows
from amopt.sourcing.referee.terms import OrderTerms
from amopt.sourcing.referee.use import check_limits

if TYPE_CHECKING:
    from amopt.solution import Solution
    from amopt.sourcing.instance.fields import Instance
    from amopt.verdict import Verdict

__all__ = ["check_nondominated"]


def check_nondominated(
    instance: Instance, solution: Solution, by: tuple[str, str], tolerance: float
) -> Verdict:
    """Recompute every answer of a search, and compare each with the others.

    Parameters
    ----------
    instance
        The instance.
    solution
        The answers: their tables ``answers`` and ``orders``.
    by
        The two criteria, the first of which rises from answer to answer.
    tolerance
        Relative difference that tells no two answers apart.
    """
    notebook = Notebook()
    try:
        if notebook.shapes(solution.rows):
            _judge(instance, solution, notebook, by, tolerance)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        notebook.require(False, f"the answer's tables are damaged: {type(error).__name__} {error}")
    return notebook.verdict()


def _judge(
    instance: Instance,
    solution: Solution,
    notebook: Notebook,
    by: tuple[str, str],
    tolerance: float,
) -> None:
    notebook.tables(solution.rows, ("answers", "orders"))
    terms = OrderTerms(instance)
    answers = solution.rows["answers"]
    orders: dict[Any, list[dict[str, Any]]] = {row["answer"]: [] for row in answers}
    for row in solution.rows["orders"]:
        own = orders.setdefault(row["answer"], [])
        own.append({column: value for column, value in row.items() if column != "answer"})
    numbers = [row["answer"] for row in answers]
    require_rows(notebook, "answers", numbers, range(1, len(answers) + 1))
    named = [row["answer"] for row in solution.rows["orders"]]
    notebook.require(named == sorted(named), "orders: the rows do not stand by answer")
    for row in answers:
        _check_answer(terms, notebook, row, orders.pop(row["answer"]))
    notebook.require(not orders, f"orders: there is no answer {', '.join(map(str, orders))}")
    _check_front(notebook, answers, by, tolerance)
    status = str(solution.outcome.status)
    notebook.require(status in {"optimal", "feasible"}, f"outcome: the status is {status}")
    proven = all(row["gap"] is not None for row in answers)
    notebook.require(status == "feasible" or proven, "outcome: optimal, without a proof of each")


def _check_answer(terms: OrderTerms, notebook: Notebook, row: Row, table: Sequence[Row]) -> None:
    """Recompute an answer from its orders, and compare them with every limit of the file."""
    mine = Notebook(tolerance=notebook.tolerance)
    orders = check_orders(terms, mine, table)
    check_limits(terms, mine, orders.by_line, orders.held, orders.new)
    check_licensed(terms.instance, mine, orders)
    gap = row["gap"]
    expected = {
        **totals_of(terms, orders.by_line),
        "answer": row["answer"],
        "suppliers": len({order["supplier"] for order in table}),
        "gap": gap,  # copied from the solver
    }
    expected["downtime"] = expected.pop("downtime_cost")
    mine.compare("totals", row, expected)
    mine.require(gap is None or (is_number(gap) and gap >= 0), f"gap: {gap!r} is no gap")
    notebook.checks += mine.checks
    notebook.findings += [f"answer {row['answer']}: {finding}" for finding in mine.findings]


def _check_front(
    notebook: Notebook,
    answers: Sequence[Row],
    by: tuple[str, str],
    tolerance: float,
) -> None:
    """Note answers that another one beats, or that another one is the same as.

    A quarter of the tolerance tells them apart: what the search holds a criterion to may be
    exceeded by as much on either side of two answers that are a whole tolerance apart.
    """
    first, second = by
    for before, after in pairwise(answers):
        for criterion, low, high in ((first, before, after), (second, after, before)):
            a, b = float(low[criterion]), float(high[criterion])
            apart = b - a > tolerance / 4 * max(abs(a), abs(b))
            notebook.require(
                apart,
                f"answers {before['answer']} and {after['answer']}: they do not differ in "
                f"{criterion} as two nondominated answers do, {a:.9g} and {b:.9g}",
            )
