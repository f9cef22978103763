"""What the planner gets: when to order, replace and print, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from amopt.phrases import amount, money
from amopt.solution import AS_STATED, Column, Solution

if TYPE_CHECKING:
    import networkx as nx

    from amopt.maintenance.instance import MaintenanceInstance

__all__ = ["PRINTING", "REGULAR_ONLY", "MaintenanceSolution"]

PRINTING, REGULAR_ONLY = "printing", "regular parts only"

SOURCING = Column("sourcing", "", f"{PRINTING}, or {REGULAR_ONLY}: no printer.")


_IN_WORDS = {
    "B": "a spare always in stock",
    "TR": "ordered just in time, a failure before bridged by a print",
    "DA": "as TR, with an age for the printed part",
}
"""The simple policies, for who has not read the source."""

NEXT_TO_NOTHING = 1e-9
"""Parts a year that are none."""


@dataclass(frozen=True)
class MaintenanceSolution(Solution):
    """The answer to a maintenance instance.

    The tables are ``totals``, ``thresholds`` (when to do what), ``rules`` (the same in full, with
    the share of each action where a limit makes the plan mix), ``account`` (where the money goes,
    with and without a printer), ``policies`` (those of the source) and ``limits``.

    Attributes
    ----------
    instance
        The instance; None for an answer that was read from a file.
    """

    instance: MaintenanceInstance | None = field(
        default=None, repr=False, compare=False, kw_only=True
    )

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {
        "totals": (
            Column("cost_per_day", "money", "Average cost a day of the best plan."),
            Column("regular_only_cost_per_day", "money", "The same where nothing can be printed."),
            Column("printing_saves_per_day", "money", "What printing is worth a day."),
            Column("printing_saves_percent", "%", "The same, of the cost without printing."),
            Column("best_policy", "", "The best policy of the source."),
            Column("best_policy_cost_per_day", "money", "What it costs a day."),
            Column("thresholds_cost_percent", "%", "How much more that is than the best plan."),
        ),
        "thresholds": (
            SOURCING,
            Column("order_at", "days", "Age of the regular part at which the next is ordered."),
            Column("replace_at", "days", "Age at which a spare in stock replaces it."),
            Column(
                "print_from",
                "days",
                "Fewest days to the arrival of an order with which a part is printed for a system "
                "that is down; empty where none ever is.",
            ),
            Column("printed_order_at", "days", "Age of a printed part at which one is ordered."),
            Column("printed_replace_at", "days", "Age at which a spare replaces a printed part."),
        ),
        "rules": (
            Column("sourcing", "", SOURCING.meaning, shown=False),
            Column("installed", "", "regular, printed, or none: the system is down.", shown=False),
            Column("order", "", "no order, on order or in stock.", shown=False),
            Column("action", "", "What is done.", shown=False),
            Column("from_day", "days", "From this age, or days to the arrival, ...", shown=False),
            Column("to_day", "days", "... up to this one.", shown=False),
            Column("share", "", "How often; below 1 where the plan mixes.", shown=False),
        ),
        "account": (
            SOURCING,
            Column("cost_per_day", "money", "All costs a day."),
            Column("order_cost_per_day", "money", "Regular parts."),
            Column("print_cost_per_day", "money", "Printed parts."),
            Column("replacement_cost_per_day", "money", "Replacements."),
            Column("failure_cost_per_day", "money", "Failures."),
            Column("downtime_cost_per_day", "money", "Downtime."),
            Column("holding_cost_per_day", "money", "Spares in stock."),
            Column("orders_per_year", "parts", "Regular parts a year.", shown=False),
            Column("prints_per_year", "parts", "Printed parts a year.", shown=False),
            Column("failures_per_year", "", "Failures a year.", shown=False),
            Column("downtime_days_per_year", "days", "Days down a year.", shown=False),
            Column("stock", "", "Share of the days with a spare in stock.", shown=False),
        ),
        "policies": (
            Column("policy", "", "B: a spare in stock; TR: bridge by a print; DA: with an age."),
            Column("cost_per_day", "money", "Average cost a day, ages in whole days."),
            Column(
                "replace_at",
                "days",
                "Age t_r at which a regular part is replaced; empty: never before it fails.",
            ),
            Column(
                "bridge_before",
                "days",
                "Age t_b before which a failure is bridged; 0: none is; empty: every one, or not "
                "of this policy (B).",
            ),
            Column(
                "replace_printed_at",
                "days",
                "Age t_p at which a printed part is replaced; empty: never before it fails, or not "
                "of this policy.",
            ),
            Column("above_best_percent", "%", "How much it costs more than the best plan."),
            Column("exact_cost_per_day", "money", "Cost with ages in fractions.", shown=False),
            Column("exact_replace_at", "days", "t_r in fractions of days.", shown=False),
            Column("exact_bridge_before", "days", "t_b in fractions of days.", shown=False),
            Column("exact_replace_printed_at", "days", "t_p in fractions of days.", shown=False),
        ),
        "limits": (
            Column("limit", "", "A limit on the plan."),
            Column("used", "", "What the plan uses of it; empty: a limit that was added."),
            Column("most", "", "The most that is allowed.", digits=AS_STATED),
            Column("unit", "", "The unit of both: a share of the days, or days a year."),
            Column("dual", "money", "Change of the cost a day a unit more; empty if not known."),
        ),
    }

    def graph(self) -> nx.MultiDiGraph[str]:
        """Return the plan as a graph; see :func:`amopt.maintenance.answer.graph.graph`."""
        from amopt.maintenance.answer.graph import graph

        return graph(self)

    def headline(self) -> tuple[str, ...]:
        """Return the answer in a few plain sentences."""
        total, when = self.rows["totals"][0], self.rows["thresholds"][0]
        sentences = [f"{self._when(when)}.", *self._down(when)]
        if self.rows["account"][0]["orders_per_year"] < NEXT_TO_NOTHING:
            sentences = ["Order no regular part: print one when the part before has failed."]
        cost = f"This costs {money(total['cost_per_day'], self.currency)} a day"
        if total["printing_saves_per_day"] is not None:
            without = money(total["regular_only_cost_per_day"], self.currency)
            cost += f"; without printing {without}"
            if total["printing_saves_percent"] is not None:
                cost += f": printing saves {amount(total['printing_saves_percent'])} %"
        sentences.append(f"{cost}.")
        if total["thresholds_cost_percent"] is not None:
            best = money(total["best_policy_cost_per_day"], self.currency)
            beyond = total["thresholds_cost_percent"]
            more = f"{amount(abs(beyond))} % {'more' if beyond >= 0 else 'less'}"
            if self.rows["limits"]:
                more += "; it does not look at the limits"
            elif beyond < 0:
                more += "; its formula leaves out what may happen while a part is on its way"
            never = {row["policy"]: row["replace_at"] is None for row in self.rows["policies"]}
            best_one = total["best_policy"]
            what = f"{best_one} ({_IN_WORDS[best_one]})"
            what += ", which never replaces a part before it fails" * never.get(best_one, False)
            sentences.append(f"The best simple policy, {what}, costs {best} a day, {more}.")
        return tuple(sentences)

    @staticmethod
    def _when(when: Mapping[str, Any]) -> str:
        """Return when to order and to replace."""
        order, replace = when["order_at"], when["replace_at"]
        if order is None:
            return "Order the next part only when the installed one has failed"
        first = f"Order the next part when the installed one is {amount(order)} days old"
        if replace is None:
            return f"{first}, and install it when that one fails"
        return f"{first}, and install it at {amount(replace)} days, or when it fails"

    @staticmethod
    def _down(when: Mapping[str, Any]) -> tuple[str, ...]:
        """Return what to do for a system that is down."""
        if when["print_from"] is None:
            return ("Print nothing.",)
        words = (
            "When it fails without a spare, print if the order is "
            f"{amount(when['print_from'])} or more days away, else wait"
        )
        if when["printed_replace_at"] is not None:
            words += f"; replace the printed part at {amount(when['printed_replace_at'])} days"
        return (f"{words}.",)
