"""The referee of a replay: what happened is lived through once more, decision by decision.

What the plans decided is taken from the table of decisions; when an order could be placed, what it
costs as offered then, when it arrives, what became of it, and what a line came to is worked out
anew from the instance and the events. What cannot be: a decision's gap and the reason of a wait,
which were judged when the decision was made, and each line's bound, which needs a program.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any

from amopt.referee import Amount, Notebook, is_number
from amopt.sourcing.instance.entries import Line
from amopt.sourcing.referee.orders import order_numbers, read_order
from amopt.sourcing.referee.replay.happenings import LATE, Happenings, PlacedOrder
from amopt.sourcing.referee.rows import Row, compare_rows, require_rows
from amopt.sourcing.referee.use import bills

if TYPE_CHECKING:
    from amopt.solution import Solution
    from amopt.sourcing.events import Event, Events
    from amopt.sourcing.instance.fields import Instance
    from amopt.verdict import Verdict

__all__ = ["COPIED", "check_replay"]

COPIED = {"steps": ("gap", "reason"), "lines": ("bound",)}
"""The columns that are not recomputed, but fit what is beside them."""

PROVEN = 2e-6
"""Gap up to which a decision may be called optimal."""


def check_replay(instance: Instance, events: Events, solution: Solution) -> Verdict:
    """Live through a replay again, and recompute its tables and its outcome.

    Parameters
    ----------
    instance, events
        The files.
    solution
        The replay; only its tables and its outcome are read.
    """
    notebook = Notebook()
    notebook.tables(solution.rows, ("steps", "decisions", "lines"))
    try:
        if notebook.shapes(solution.rows) and not notebook.findings:
            _Replayed(instance, events, rows=solution.rows, notebook=notebook).judge(
                solution.outcome
            )
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        notebook.require(False, f"the replay's tables are damaged: {type(error).__name__} {error}")
    return notebook.verdict()


@dataclass
class _Replayed(Happenings):
    """Compares the tables of a replay with what happens."""

    rows: Any = None
    notebook: Notebook = field(default_factory=Notebook)
    told: list[tuple[int, float, PlacedOrder]] = field(default_factory=list)
    agreed: dict[int, str] = field(default_factory=dict)

    @cached_property
    def _stated(self) -> dict[Any, list[Row]]:
        """The rows of decisions, by step."""
        found: dict[Any, list[Row]] = defaultdict(list)
        for row in self.rows["decisions"]:
            found[row["step"]].append(row)
        return found

    def judge(self, outcome: Any) -> None:
        """Go through all that happened, and compare every table."""
        groups = {now: tuple(g) for now, g in groupby(self.events.events, self.events.weeks_of)}
        moments = sorted({0.0, *groups})
        numbers = [row["step"] for row in self.rows["steps"]]
        require_rows(self.notebook, "steps", numbers, list(range(len(moments))))
        if self.notebook.findings:
            return
        for step, now in enumerate(moments):
            self.place_until(now)
            self.now = now
            for event in groups.get(now, ()):
                self.happens(event)
            self._judge_step(step, groups.get(now, ()))
            self.place_until(now)
        self.place_until(float("inf"))
        for name, parts in self.open_parts().items():
            self.notebook.require(False, f"line {name!r} still needs {parts:g} parts")
        self._judge_decisions()
        self._judge_lines(outcome)

    def _judge_step(self, step: int, events: tuple[Event, ...]) -> None:
        """Read what a step decided, and compare its row."""
        known = {id(order) for _, _, order in self.told}
        given = [order for order in self.orders if order.given and id(order) not in known]
        self.told += [(step, self.now, order) for order in given]
        self.agreed |= {id(order): order.day for order in given if order.day is not None}
        left, row = self.open_parts(), self.rows["steps"][step]
        decided = self._stated[step][len(given) :]
        self.planned = self._decided(decided)
        self.told += [(step, self.now, order) for order in self.planned]
        paid = [order.terms for order in (*self.orders, *self.planned)]
        self.notebook.compare(
            f"steps, {step}",
            row,
            {
                "step": step,
                "weeks": self.now,
                "date": self._day_at(self.now),
                "events": "; ".join(str(event) for event in events) or "start",
                "status": self._status(row, bool(left)),
                "lines_open": len(left),
                "parts_open": sum(left.values()) if left else 0,
                "orders": len(decided),
                "paid": Amount(
                    sum(t.cost for t in paid), sum(max(abs(t.cost), t.cost_terms) for t in paid)
                ),
                "gap": row["gap"],
                "reason": row["reason"],
            },
        )
        self._judge_filling(step, left, waits=row["status"] == "wait")

    def _status(self, row: Row, decides: bool) -> str:
        """Return the status of a step, and note a gap or a reason that do not go with it."""
        status, gap, reason = row["status"], row["gap"], row["reason"]
        right = ("optimal", "feasible", "wait") if decides else ("none",)
        self.notebook.require(status in right, f"step {row['step']} cannot be {status!r}")
        if status in ("none", "wait"):
            fits = gap is None
        else:
            fits = is_number(gap) and gap >= 0 and (status != "optimal" or gap <= PROVEN)
            fits = fits or (status == "feasible" and gap is None)
        self.notebook.require(fits, f"step {row['step']}, {status}: the gap is {gap!r}")
        told = isinstance(reason, str) and bool(reason.strip()) == (status == "wait")
        self.notebook.require(told, f"step {row['step']}, {status}: the reason is {reason!r}")
        return str(status)

    def _judge_filling(self, step: int, left: dict[str, float], *, waits: bool) -> None:
        """Require that a decision fills all lines that are open, and only these."""
        filled: dict[str, float] = dict.fromkeys({} if waits else left, 0.0)
        for order in self.planned:
            if self.notebook.require(
                order.line in filled, f"step {step}: line {order.line!r} needs no order"
            ):
                filled[order.line] += order.quantity
        for name, parts in filled.items():
            most = left[name] + self.lines[name].surplus
            self.notebook.within(f"step {step}, parts for {name!r}", left[name], parts)
            self.notebook.within(f"step {step}, parts for {name!r}", parts, most)

    def _decided(self, table: Sequence[Row]) -> list[PlacedOrder]:
        """Return the orders that a plan decided, at what is asked now; some lines may share one."""
        terms = self.terms_now()
        rows, placed = [], []
        for row in table:
            line = self.lines.get(row["line"])
            if self.notebook.require(line is not None, f"there is no line {row['line']!r} yet"):
                assert line is not None
                own = read_order(terms, self.notebook, row, line)
                if own is not None:
                    rows.append(row)
                    placed.append(own)
        numbers = order_numbers(terms, self.notebook, list(zip(rows, placed, strict=True)))
        found = []
        for row, own, asked, number in zip(
            rows, placed, bills(terms, placed), numbers, strict=True
        ):
            name = own.line.line
            when = max(self.now, self.since[name] + self.events.place_after_weeks)
            delivered = Amount(when + asked.weeks, max(asked.weeks_terms, when))
            found.append(
                PlacedOrder(
                    name, own.supplier, row["route"], row["material"], own.quantity, asked, when,
                    delivered, order=number,
                )
            )  # fmt: skip
        return found

    def _judge_decisions(self) -> None:
        """Compare each decision, and what became of it."""
        table = self.rows["decisions"]
        if not self.notebook.require(
            len(table) == len(self.told),
            f"decisions: there are {len(table)} rows, {len(self.told)} are right",
        ):
            return
        for row, (step, now, order) in zip(table, self.told, strict=True):
            line = self.lines[order.line]
            promised = Amount(
                order.placed + order.terms.weeks, max(order.terms.weeks_terms, order.placed)
            )
            self.notebook.compare(
                f"decisions, step {step}, line {order.line!r} at {order.supplier!r}",
                row,
                {
                    "step": step,
                    "weeks": now,
                    "line": order.line,
                    "part": line.part,
                    "supplier": order.supplier,
                    "order": order.order,
                    "route": order.route,
                    "material": order.material,
                    "quantity": Amount(order.quantity),
                    "cost": Amount(order.terms.cost, order.terms.cost_terms),
                    "placed_weeks": Amount(order.placed),
                    "placed_date": self._day_at(order.placed),
                    "delivered_weeks": promised,
                    "delivered_date": self.agreed.get(id(order)) or self._day(line, promised, row),
                    "state": order.state,
                },
            )

    def _day_at(self, weeks: float) -> str | None:
        """Return the day of a time; None where the files have no dates."""
        first = self.instance.order_date or self.events.start
        return (
            None if first is None else (first + timedelta(days=int(7 * weeks + LATE))).isoformat()
        )

    def _day(self, line: Line, weeks: Amount, row: Row) -> Any:
        return self.terms.delivery_date(line, weeks, row["delivered_date"])

    def _last_day(self, line: Line, own: Sequence[PlacedOrder], row: Row) -> Any:
        """Return the last day on which a line receives something; None without one."""
        days = [o.day or self._day(line, o.delivered, row) for o in own]
        return max((day for day in days if day is not None), default=None)

    def _judge_lines(self, outcome: Any) -> None:
        """Compare what each line came to, and the outcome with their sum."""
        expected = list(self._line_rows())
        compare_rows(self.notebook, "lines", self.rows["lines"], expected, ("line",))
        if self.notebook.findings:
            return
        self._judge_bounds(expected)
        objective = [row["objective"] for row in expected]
        bounds = [row["bound"] for row in expected]
        early = str(outcome.stopped) == "interrupted" and outcome.bound is None
        ended = "interrupted" if early and set(bounds) == {None} else "finished"
        stated = (str(outcome.status), str(outcome.stopped))
        self.notebook.same("outcome, status and why it ended", stated, ("feasible", ended))
        total = Amount(sum(x.value for x in objective), sum(x.scale for x in objective))
        self.notebook.same("outcome, objective", outcome.objective, total)
        known = None if None in bounds else Amount(sum(bounds), sum(map(abs, bounds)))
        self.notebook.same("outcome, bound", outcome.bound, known)

    def _judge_bounds(self, expected: Sequence[Row]) -> None:
        """Require that the lines of a part cost no less than their bounds together.

        One line alone may: a bound has a share of the tooling, which another line may have paid.
        """
        parts: dict[str, list[Row]] = defaultdict(list)
        for row in expected:
            parts[row["part"]].append(row)
        for part, own in parts.items():
            known = [row["bound"] for row in own if row["bound"] is not None]
            paid = sum(row["objective"].value for row in own)
            room = self.notebook.tolerance * max(1.0, *(row["objective"].scale for row in own))
            less = f"lines of {part!r} cost less than their bounds say is possible"
            self.notebook.require(not known or sum(known) <= paid + room, less)

    def _line_rows(self) -> Iterator[dict[str, Any]]:
        weights = self.instance.minimise
        with_bounds = {row["bound"] is None for row in self.rows["lines"]}
        self.notebook.require(len(with_bounds) < 2, "lines: some have a bound, and some have none")
        for row, (name, line) in zip(self.rows["lines"], self.lines.items(), strict=True):
            own = [order for order in self.orders if order.line == name]
            last = max((o.delivered for o in own), key=lambda a: a.value, default=Amount(0.0))
            waited = max(0.0, last.value - self.since[name]) if own else 0.0
            weeks = Amount(waited, max(last.scale, last.value))
            cost = Amount(
                sum(order.terms.cost for order in own),
                sum(max(abs(order.terms.cost), order.terms.cost_terms) for order in own),
            )
            per_week = self.terms.downtime_per_week[name]
            each = weights.downtime * per_week + weights.weeks
            kg = weights.kg_co2 * sum(order.terms.kg_co2 for order in own)
            objective = Amount(
                weights.cost * cost.value + each * waited + kg,
                weights.cost * cost.scale + each * weeks.scale + abs(kg),
            )
            bound = row["bound"]
            if bound is not None:
                number = is_number(bound)
                self.notebook.require(number, f"lines of {name!r}: the bound is {bound!r}")
            yield {
                "line": name,
                "part": line.part,
                "quantity": line.quantity,
                "since_weeks": self.since[name],
                "delivered_weeks": last if own else None,
                "delivered_date": self._last_day(line, own, row),
                "waited_weeks": weeks,
                "cost": cost,
                "downtime_cost": Amount(per_week * waited, per_week * weeks.scale),
                "objective": objective,
                "bound": bound,
                "regret": None
                if bound is None
                else Amount(objective.value - bound, max(objective.scale, abs(bound))),
            }
