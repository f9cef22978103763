"""What the planner gets: what to offer, who takes it, and what simpler licences would earn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from amopt.phrases import amount, counted, listed, money, unlike
from amopt.solution import Column, Solution

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["LICENCE", "TRADITIONAL", "LicensingSolution"]

LICENCE, TRADITIONAL = "licence", "traditional"

MOST_NAMED = 8
"""Licensees that the headline names one by one."""

ROUNDING = 1e-9
"""Share of what all buyers pay now that two profits differ by where they are the same."""

TOLD = 1e-6
"""Share of what all buyers pay now from which an amount a year is told in words."""

ROYALTY = "Royalty a print."


@dataclass(frozen=True)
class LicensingSolution(Solution):
    """The answer to a licensing instance.

    The tables are ``contracts`` (what is offered), ``buyers`` (what each does, pays and saves),
    ``alternatives`` (simpler licences, whatever the limits), ``printers``, ``totals``, and
    ``limits`` where a caller added some.
    """

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {
        "contracts": (
            Column("contract", "", "Number of the contract."),
            Column("fee", "money", "Fee a year."),
            Column("royalty", "money", ROYALTY),
            Column("licensees", "", "How many buyers take it."),
            Column(
                "side",
                "",
                "'at' the supremum; 'just above' or 'just below' its royalty, where none attains "
                "it.",
            ),
        ),
        "buyers": (
            Column("buyer", "", "Name of the buyer."),
            Column("demand_per_year", "parts", "Mean demand a year."),
            Column("channel", "", f"{LICENCE}, or {TRADITIONAL}: he buys the part."),
            Column("contract", "", "The contract that he takes."),
            Column("surplus", "money", "What he saves a year beside buying the part."),
            Column(
                "least_surplus",
                "money",
                "What he must save at least; empty: nothing was promised.",
                shown=False,
            ),
            Column("earned", "money", "What the maker earns from him a year."),
            Column("fee_paid", "money", "The fee that he pays a year.", shown=False),
            Column("royalties_paid", "money", "The royalties that he pays a year.", shown=False),
            Column(
                "traditional_cost", "money", "What buying the part costs him a year.", shown=False
            ),
            Column(
                "highest_fee",
                "money",
                "The highest fee a year that he would pay without a royalty; below 0: printing is "
                "dearer for him than buying.",
                shown=False,
            ),
        ),
        "alternatives": (
            Column("alternative", "", "A simpler licence at its best, whatever the limits."),
            Column("fee", "money", "Fee a year; empty: no licence is better."),
            Column("royalty", "money", ROYALTY),
            Column("licensees", "", "How many buyers take it."),
            Column("profit", "money", "What the maker earns a year."),
            Column("more_than_no_licence", "%", "How much more than without a licence."),
        ),
        "printers": (
            Column("printer", "", "Name of the printer."),
            Column("prints_per_year", "parts", "What is printed a year."),
            Column("capacity", "parts", "The most that can be."),
        ),
        "limits": (Column("limit", "", "A limit that the instance does not state.", shown=False),),
        "totals": (
            Column("form", "", "The form of the supply chain."),
            Column("licensees", "", "Buyers that hold a licence."),
            Column("profit", "money", "What the maker earns a year."),
            Column("supremum", "money", "What no such offer earns more than."),
            Column("attained", "", "Whether a contract earns that."),
            Column("centralised_profit", "money", "What the maker earns without a licence."),
            Column("gain", "money", "What licensing earns beyond that."),
            Column("surplus", "money", "What all buyers save."),
            Column(
                "share_extracted",
                "%",
                "Fees over the highest fees that licensees would pay at their royalties.",
            ),
            Column(
                "efficiency",
                "%",
                "Profit and surplus over the most that they could sum to, without royalties.",
            ),
        ),
    }

    def headline(self) -> tuple[str, ...]:
        """Return the answer in a few plain sentences."""
        return (*self._offer(), *self._worth(), *self._simpler())

    def _offer(self) -> Iterator[str]:
        contracts, (total,) = self.rows["contracts"], self.rows["totals"]
        if not contracts:
            allowed = " that is allowed" * self._keeps_limits()
            yield f"Offer no licence: none{allowed} earns more than selling the part."
            return
        words = [
            f"{money(row['fee'], self.currency)} a year and "
            f"{money(row['royalty'], self.currency)} a print"
            for row in contracts
        ]
        yield f"Offer a licence for {listed(words, 'or')}."
        takers = [row["buyer"] for row in self.rows["buyers"] if row["channel"] == LICENCE]
        if len(takers) <= MOST_NAMED:
            who = listed(takers)
        else:
            who = f"{total['licensees']:,} of {counted(len(self.rows['buyers']), 'buyer')}"
        rest = len(self.rows["buyers"]) - len(takers)
        others = f"; {counted(rest, 'buyer')} go on buying the part" if rest else ""
        others = others.replace("1 buyer go", "1 buyer goes")
        yield f"{who} {'takes' if len(takers) == 1 else 'take'} it{others} ({total['form']})."
        if not total["attained"]:
            (row,) = contracts
            lies = "lowered" if row["side"] == "just above" else "raised"
            yield (
                f"The royalty lies {row['side']} the one at which another buyer would take the "
                f"licence too. {lies.capitalize()} towards that one the contract would earn a "
                f"little more, up to {self._money(total['supremum'])} and never quite that much: "
                "at that royalty itself the other buyer takes it, and it earns less."
            )

    def _worth(self) -> Iterator[str]:
        (total,) = self.rows["totals"]
        base, gain = total["centralised_profit"], total["gain"]
        if not self.rows["contracts"]:
            yield f"That earns {self._money(total['profit'])} a year."
            return
        more = "more" if gain >= 0 else "less"
        share = f" ({amount(100 * abs(gain) / base, 1)} % {more})" if base > 0 else ""
        yield (
            f"That earns {self._money(total['profit'])} a year, {self._money(abs(gain))} {more} "
            f"than without a licence{share}, and saves the buyers {self._money(total['surplus'])}."
        )
        if gain < 0:
            owed = [row["buyer"] for row in self.rows["buyers"] if row["least_surplus"]]
            why = "what a caller added asks for it"
            if owed:
                who = listed(owed) if len(owed) <= MOST_NAMED else counted(len(owed), "buyer")
                why = f"least_surplus promises {who} a saving, which a licence alone can give"
            yield (
                f"This offer is a loss of {self._money(-gain)} a year beside selling the part, and "
                f"made only because {why}."
            )

    def _simpler(self) -> Iterator[str]:
        rows = {row["alternative"]: row for row in self.rows["alternatives"]}
        told, none = [], []
        for name, words in (
            ("subscription", "a subscription without royalty"),
            ("pay per print", "a royalty without fee"),
        ):
            if name in rows and rows[name]["licensees"]:
                told.append(f"{words} earns {self._money(rows[name]['profit'])}")
            elif name in rows:
                none.append(words)
        limits = " (whatever the limits)" if self._keeps_limits() else ""
        if told:
            yield f"At its best, {listed(told)} a year{limits}."
        if none:
            yield f"{listed(none, 'or').capitalize()} would not earn more than no licence at all."

    def _keeps_limits(self) -> bool:
        """Return whether something limits the offer that does not limit the simpler licences."""
        (total,) = self.rows["totals"]
        rows = {row["alternative"]: row["profit"] for row in self.rows["alternatives"]}
        size = sum(row["traditional_cost"] for row in self.rows["buyers"])
        return bool(rows["fee and royalty"] - total["supremum"] > ROUNDING * size)

    def _money(self, value: float) -> str:
        (total,) = self.rows["totals"]
        size = abs(total["profit"]) + sum(row["traditional_cost"] for row in self.rows["buyers"])
        return money(value if abs(value) > TOLD * size else 0.0, self.currency)

    def graph(self) -> nx.DiGraph[str]:
        """Return who buys what of the maker: an edge from ``"maker"`` to each buyer.

        Where a buyer has that name, ``the`` stands before it; the graph names it in ``maker``.

        It has ``channel``, ``contract``, ``parts`` a year and what is ``earned``; a buyer has his
        ``surplus``, and the graph its ``form``.
        """
        import networkx as nx

        (total,) = self.rows["totals"]
        maker = unlike("maker", {row["buyer"] for row in self.rows["buyers"]})
        found: nx.DiGraph[str] = nx.DiGraph(
            decision=self.kind, name=self.name, currency=self.currency, form=total["form"]
        )
        found.graph["maker"] = maker
        found.add_node(maker, profit=total["profit"])
        for row in self.rows["buyers"]:
            found.add_node(row["buyer"], surplus=row["surplus"], channel=row["channel"])
            found.add_edge(
                maker,
                row["buyer"],
                channel=row["channel"],
                parts=row["demand_per_year"],
                earned=row["earned"],
                contract=row["contract"],
            )
        return found
