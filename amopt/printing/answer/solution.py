"""What the planner gets: stock, thresholds and costs of each part, with and without the printer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from amopt.errors import UsageError
from amopt.instance.suggest import closest, did_you_mean, shown
from amopt.phrases import amount, counted, listed, money, plural
from amopt.printing.answer.columns import COLUMNS, PRINTING
from amopt.solution import Column, Solution, Table

if TYPE_CHECKING:
    import networkx as nx

    from amopt.printing.instance import PrintingInstance

__all__ = ["PrintingSolution"]

MOST_PRICES = 5
"""The most limits that the summary tells of."""

MOST_MIXED = 5
"""The most parts that mix policies which the summary names."""


@dataclass(frozen=True)
class PrintingSolution(Solution):
    """The answer to a printing instance.

    The tables are ``parts`` (the best policy beside the one without a printer), ``single_source``
    (the policy without a printer in full), ``intervals`` (what to do for a system that waits, by
    days to the replenishment) and ``totals``; where limits were added to the program also
    ``limits``, and ``levels``, between which a plan mixes to meet one exactly.

    Attributes
    ----------
    instance
        The instance; None for an answer that was read from a file.
    """

    instance: PrintingInstance | None = field(default=None, repr=False, compare=False, kw_only=True)

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = COLUMNS

    def headline(self) -> tuple[str, ...]:
        """Return the answer in a few plain sentences."""
        total = self.rows["totals"][0]
        stock = f"Order up to {_parts(total['base_stock'])} worth {self._money(total)}"
        if total["single_source_base_stock"] is None:
            without = "without a printer no plan meets the limits"
        else:
            without = (
                f"without a printer it would be {amount(total['single_source_base_stock'])} worth "
                f"{self._money(total, 'single_source_')}"
            )
        sentences = [f"{stock} at each replenishment; {without}.", *self._what_to_do()]
        if not total["printed_parts"]:
            sentences.append("No part is worth printing.")
        sentences += self._what_limits_are_worth()
        sentences += self._what_is_mixed(total)
        sentences += self._whether_to_buy()
        if total["saving"] is None or not total["printed_parts"]:
            return tuple(sentences)
        sentences.append(self._what_it_saves(total))
        if total["parts"] > 1:
            best = max(self.rows["parts"], key=lambda row: row["saving"])
            saving = f"{best['saving']:,.2f} {self.currency}"
            sentences.append(f"It saves most on part {best['part']}: {saving} a year.")
        return tuple(sentences)

    def _what_limits_are_worth(self) -> Iterator[str]:
        """Yield the limits that cost most, of those that bind."""
        rows = [row for row in self.rows["limits"] if (row["yearly_worth"] or 0.0) > 0]
        for row in sorted(rows, key=lambda row: -row["yearly_worth"])[:MOST_PRICES]:
            yield (
                f"The limit {shown(row['limit'])} ({row['says']}) binds: {row['in_words']}, as "
                "long as nothing else comes to bind."
            )
        if rows[MOST_PRICES:]:
            yield f"{len(rows) - MOST_PRICES} more of the limits bind (table limits)."

    def _what_is_mixed(self, total: Mapping[str, Any]) -> Iterator[str]:
        """Yield which parts mix policies, and what not mixing costs."""
        ours = [
            row
            for table in ("levels", "intervals")
            for row in self.rows[table]
            if row["sourcing"] == PRINTING and row["share"] < 1
        ]
        if not ours:
            return
        drawn = {(row["part"], row.get("from_days_to_go")) for row in ours}
        mixed = list(dict.fromkeys(row["part"] for row in ours))
        yield (
            f"To meet limits exactly the plan mixes, with "
            f"{counted(len(ours) - len(drawn), 'policy', 'policies')} more than one a part: of "
            f"{plural(len(mixed), 'part')} {listed([*map(shown, mixed)], most=MOST_MIXED)}."
        )
        if total["deterministic_yearly_cost"] is not None:
            more = total["deterministic_yearly_cost"] - total["yearly_cost"]
            yield (
                f"The best plan known that does not mix costs {money(more, self.currency)} a year "
                "more (table deterministic)."
            )

    def _whether_to_buy(self) -> Iterator[str]:
        """Yield whether the printer is worth its price, where the file gives one."""
        for row in self.rows["printer"]:
            price = f"The printer costs {money(row['yearly_price'], self.currency)} a year"
            if row["saving"] is None:
                yield f"{price}; without it no plan meets the limits."
                continue
            most = f"up to {money(row['break_even_price'], self.currency)} a year"
            if row["break_even_purchase_cost"] is not None:
                most += f", a purchase of {money(row['break_even_purchase_cost'], self.currency)}"
            pays = "is worth buying" if row["worth_buying"] == "yes" else "is not worth buying"
            yield f"{price} and {pays}: it pays {most}."

    def _money(self, total: Mapping[str, Any], prefix: str = "") -> str:
        return f"{total[f'{prefix}stock_value']:,.2f} {self.currency}"

    def _what_it_saves(self, total: Mapping[str, Any]) -> str:
        """Return the saving beside all that is spent, and beside what a plan can change."""
        saving, percent = total["saving"], total["saving_percent"]
        spent = total["single_source_yearly_cost"] + total["yearly_unavoidable_cost"]
        if percent is None or spent <= 0:
            return f"Printing saves {saving:,.2f} {self.currency} a year."
        digits = 0 if min(saving, spent) >= 100 else 2
        share = f"{100 * saving / spent:.0f} %"
        if total["yearly_unavoidable_cost"]:
            share += f"; {percent:.0f} % of what a plan can change"
        amounts = f"{saving:,.{digits}f} of {spent:,.{digits}f} {self.currency}"
        return f"Printing saves {amounts} a year ({share})."

    def _what_to_do(self) -> Iterator[str]:
        """Yield what is done for a system that waits: days for one part, counts for several."""
        runs = [row for row in self.rows["intervals"] if row["sourcing"] == PRINTING]
        parts = len(self.rows["parts"])
        if parts == 1:
            yield f"For a system that waits: {', '.join(map(_in_words, runs))}."
            return
        for action, verb in (("print", "printing"), ("expedite", "expediting")):
            names = {row["part"] for row in runs if row["action"] == action}
            if names:
                yield (
                    f"{len(names):,} of {parts:,} parts {'is' if len(names) == 1 else 'are'} worth "
                    f"{verb} for a system that waits, on the days that the plan names."
                )

    def policy(self, part: str) -> Table:
        """Return the whole policy of one part: a row for each day to go and net stock.

        Parameters
        ----------
        part
            Name of the part.

        Returns
        -------
        Table
            Rows with ``days_to_go``, ``net_stock`` (stock less systems that wait), ``action``
            (``order``, ``print``, ``expedite``, ``wait`` or ``none``) and ``parts``, how many.

        Raises
        ------
        UsageError
            When there is no such part, or its plan mixes several actions or levels.
        """
        found = [row for row in self.rows["parts"] if row["part"] == part]
        if not found:
            match = closest(part, [row["part"] for row in self.rows["parts"]])
            hint = f" {did_you_mean(match)}" if match else ""
            raise UsageError(f"the answer has no part {shown(part)}.{hint}")
        stock, systems = found[0]["base_stock"], found[0]["systems"]
        runs = [
            row
            for row in self.rows["intervals"]
            if row["part"] == part and row["sourcing"] == PRINTING
        ]
        if not isinstance(stock, int) or any(row["share"] < 1 for row in runs):
            raise UsageError(
                f"the plan of part {shown(part)} mixes: see the tables levels and intervals"
            )
        actions = {0: "order"}
        for row in runs:
            for n in range(row["to_days_to_go"], row["from_days_to_go"] + 1):
                actions[n] = row["action"]
        return [
            {"days_to_go": n, "net_stock": level, **_decision(actions[n], level, stock)}
            for n in sorted(actions, reverse=True)
            for level in range(-systems, stock + 1)
        ]

    def graph(self, instance: PrintingInstance | None = None) -> nx.DiGraph[str]:
        """Return the network with the answer on it.

        The node of the place has ``stock``, ``plan``, ``print_threshold``, ``prints_per_cycle`` and
        ``down_days_per_cycle`` by part, ``systems`` by type, ``stock_value`` and ``yearly_cost``;
        the edges of the routes from its supplier have ``orders_per_cycle`` by part, their sum
        ``orders``, and ``modes``. Limits are in ``graph.graph["limits"]`` by name, with
        ``dual`` and ``yearly_worth``. Without a network the two nodes are ``"supplier"`` and
        ``"place"``; with one, all its places are nodes with what the file says of them.

        Parameters
        ----------
        instance
            The instance; needed only for an answer that was read from a file.

        Raises
        ------
        UsageError
            When the instance is not known, or another one.
        """
        from amopt.printing.answer.graph import graph

        return graph(self.instance_of_graph(instance), self)


def _decision(action: str, level: int, stock: int) -> dict[str, Any]:
    """Return what is done and for how many parts at one net stock."""
    if action == "order":
        return {"action": "order" if level < stock else "none", "parts": stock - level}
    if level >= 0:
        return {"action": "none", "parts": 0}
    return {"action": action, "parts": 0 if action == "wait" else -level}


def _parts(stock: float) -> str:
    """Return a stock in words; a fraction where a plan mixes levels."""
    return counted(stock, "part") if isinstance(stock, int) else f"{amount(stock)} parts"


def _in_words(run: Mapping[str, Any]) -> str:
    """Return an interval as part of a sentence."""
    first, last = run["from_days_to_go"], run["to_days_to_go"]
    action = run["action"] if run["share"] == 1 else f"{run['action']} {100 * run['share']:.3g} %"
    if first == last:
        return f"{action} with {counted(first, 'day')} to go"
    return f"{action} with {first} to {last} days to go"
