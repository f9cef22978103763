"""A plan as the referee reads it from the tables of an answer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from amopt.printing.instance import PrintingInstance
from amopt.referee import Notebook, is_number

__all__ = ["ACTIONS", "SOURCES", "StatedPlan", "Terms", "read_plans", "terms_of"]

ACTIONS = ("wait", "print", "expedite")

SOURCES: Mapping[str, Mapping[str, bool]] = {
    "printing": {"printer": True, "expediting": True},
    "single source": {"printer": False, "expediting": True},
    "deterministic": {"printer": True, "expediting": True},
    "printing, no expediting": {"printer": True, "expediting": False},
    "single source, no expediting": {"printer": False, "expediting": False},
}
"""The sources that a plan has, by its sourcing in the tables."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Terms:
    """The parameters of one part, as the source writes them.

    ``room`` is what a part of the base-stock level costs a cycle beside its holding cost. What is
    called ``charged`` comes on top of the cost of its kind, and is not discounted.
    """

    N: int
    L: int
    alpha: float
    c_r: float
    c_p: float
    c_e: float
    b: float
    h: float
    p_r: float
    p_p: float
    room: float = 0.0
    charged_c_r: float = 0.0
    charged_c_p: float = 0.0
    charged_c_e: float = 0.0
    charged_b: float = 0.0
    charged_h: float = 0.0

    def on(self, n: int) -> Terms:
        """Return the parameters with n days to go: what is charged is money of that day."""
        weight = self.alpha ** (self.L - n)
        return replace(
            self,
            c_r=self.c_r + self.charged_c_r / weight,
            c_p=self.c_p + self.charged_c_p / weight,
            c_e=self.c_e + self.charged_c_e / weight,
            b=self.b + self.charged_b / weight,
            h=self.h + self.charged_h / weight,
        )


@dataclass(frozen=True)
class StatedPlan:
    """What a planner would do: stock after a replenishment, and actions a day to go.

    ``levels`` holds the probability of each base-stock level. ``shares[n]`` holds the probability
    of each action for a system that waits, for n = 1..L-1; ``shares[0]`` is not used.
    """

    levels: dict[int, float]
    shares: tuple[dict[str, float], ...]

    @classmethod
    def pure(cls, base_stock: int, actions: Sequence[str]) -> StatedPlan:
        """Return a plan that does not draw at random."""
        return cls({base_stock: 1.0}, tuple({action: 1.0} for action in actions))

    def taken(self, n: int) -> Iterator[tuple[str, float]]:
        """Yield the actions with n days to go, and their shares."""
        yield from self.shares[n].items()

    @property
    def base_stock(self) -> int | float:
        """The base-stock level, in expectation where there are several."""
        if len(self.levels) == 1:
            return next(iter(self.levels))
        return sum(level * share for level, share in self.levels.items())

    def threshold(self, action: str) -> int | None:
        """Return the fewest days to go with which an action is taken."""
        return next((n for n in range(1, len(self.shares)) if action in self.shares[n]), None)

    @property
    def words(self) -> str:
        """The actions from the first day of a cycle to the last, each with its days to go."""
        told = []
        first = len(self.shares) - 1
        for n in range(first, 0, -1):
            if n == 1 or self.shares[n - 1] != self.shares[n]:
                span = f"{first}" + (f"-{n}" if n < first else "")
                told.append(f"{_in_words(self.shares[n])} {span}")
                first = n - 1
        return ", ".join(told)


def _in_words(shares: Mapping[str, float]) -> str:
    if len(shares) == 1:
        return next(iter(shares))
    percent = {
        action: f"{100 * share:.2f}".rstrip("0").rstrip(".") for action, share in shares.items()
    }
    return " and ".join(f"{action} {percent[action]} %" for action in ACTIONS if action in shares)


def terms_of(
    instance: PrintingInstance, index: int, *, printer: bool = True, expediting: bool = True
) -> Terms:
    """Return the parameters of one part, with or without a printer and expediting."""
    parameters = instance.parameters
    return Terms(
        N=int(parameters.systems[index]),
        L=parameters.cycle_days,
        alpha=parameters.discount,
        c_r=float(parameters.order_cost[index]),
        c_p=float(parameters.print_cost[index]) if printer else math.inf,
        c_e=float(parameters.expedite_cost[index]) if expediting else math.inf,
        b=float(parameters.backorder_cost[index]),
        h=float(parameters.holding_cost[index]),
        p_r=float(parameters.failure[index]),
        p_p=float(parameters.printed_failure[index]) if printer else 0.0,
    )


def read_plans(
    notebook: Notebook,
    instance: PrintingInstance,
    rows: Mapping[str, Sequence[Row]],
    sourcing: str,
    table: str,
) -> list[tuple[Terms, StatedPlan]]:
    """Return the plan of each part that a table has, noting what does not fit."""
    numbers = {part.name: index for index, part in enumerate(instance.parts)}
    days, levels = (
        _by_part(notebook, instance, rows[name], name, sourcing) for name in ("intervals", "levels")
    )
    found = []
    for row in rows[table]:
        if row.get("sourcing", sourcing) != sourcing:
            continue
        where = f"part {row['part']!r} ({sourcing})"
        terms = terms_of(instance, numbers[row["part"]], **SOURCES[sourcing])
        shares = _shares(notebook, where, days.get(row["part"], []), terms.L)
        chances = _levels(notebook, where, row, levels.get(row["part"], []), terms)
        if shares and chances:
            found.append((terms, StatedPlan(chances, shares)))
    return found


def _by_part(
    notebook: Notebook,
    instance: PrintingInstance,
    table: Sequence[Row],
    name: str,
    sourcing: str,
) -> dict[Any, list[Row]]:
    """Return the rows of one sourcing by part, noting rows that belong to nothing."""
    found: dict[Any, list[Row]] = {}
    for row in table:
        if row.get("sourcing") == sourcing:
            found.setdefault(row.get("part"), []).append(row)
        else:
            known = row.get("sourcing") in SOURCES
            notebook.require(known, f"{name} has the sourcing {row.get('sourcing')!r}")
    unknown = found.keys() - {part.name for part in instance.parts}
    notebook.require(not unknown, f"{name} has unknown parts {sorted(map(str, unknown))}")
    return found


def _levels(
    notebook: Notebook, where: str, stated: Row, table: Sequence[Row], terms: Terms
) -> dict[int, float]:
    """Return the probability of each base-stock level; several only by the table of levels."""
    most = terms.N * terms.L  # more cannot fail in a cycle
    if not table:
        stock = stated.get("base_stock")
        fits = type(stock) is int and 0 <= stock <= most
        notebook.require(
            fits, f"{where}: a stock of {stock!r} is not a whole number from 0 to {most}"
        )
        return {stock: 1.0} if fits and isinstance(stock, int) else {}
    found: dict[int, float] = {}
    for row in table:
        level, share = row.get("base_stock"), row.get("share")
        fits = (
            set(row) == {"part", "sourcing", "base_stock", "share"}
            and type(level) is int
            and 0 <= level <= most
            and level > max(found, default=-1)
            and is_number(share)
            and 0 < share < 1  # type: ignore[operator]
        )
        if not notebook.require(fits, f"{where}: the level {dict(row)} does not fit"):
            return {}
        found[int(level)] = float(share)  # type: ignore[arg-type]
    whole = math.fsum(found.values())
    if not notebook.same(f"{where}, shares of levels", whole, 1.0):
        return {}
    return found


def _shares(
    notebook: Notebook, where: str, intervals: Sequence[Row], days: int
) -> tuple[dict[str, float], ...]:
    """Return the actions by days to go; intervals must run from L - 1 down to 1 without a gap."""
    found: list[dict[str, float]] = [{} for _ in range(days)]
    expected, open_run = days - 1, (0, 0)
    for row in intervals:
        first, last, share = (row.get(key) for key in ("from_days_to_go", "to_days_to_go", "share"))
        fits = (
            set(row) == {"part", "sourcing", "action", "from_days_to_go", "to_days_to_go", "share"}
            and row["action"] in ACTIONS
            and type(first) is int
            and type(last) is int
            and 1 <= last <= first
            and is_number(share)
            and 0 < share <= 1  # type: ignore[operator]
            and ((first, last) == open_run or first == expected)
            and row["action"] not in found[first]
        )
        if not notebook.require(fits, f"{where}: the interval {dict(row)} does not fit"):
            return ()
        for n in range(last, first + 1):  # type: ignore[arg-type, operator]
            found[n][row["action"]] = float(share)  # type: ignore[arg-type]
        open_run, expected = (first, last), last - 1  # type: ignore[assignment, operator]
    if not notebook.require(expected == 0, f"{where}: no action with {expected} days to go"):
        return ()
    for n in range(1, days):
        if not notebook.same(
            f"{where}, shares with {n} days to go", math.fsum(found[n].values()), 1.0
        ):
            return ()
    for row in intervals:
        before = row["from_days_to_go"] + 1
        apart = before == days or found[before] != found[before - 1]
        if not notebook.require(
            apart, f"{where}: the interval {dict(row)} is part of the one before"
        ):
            return ()
    return tuple(found)
