"""What the planner gets: which versions to design, how many spares, and what would change that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from amopt.phrases import amount, counted, listed, unlike
from amopt.solution import Column, Solution

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["WINS", "DesignSolution"]

WINS = {1: "cheaper", 0: "equal", -1: "dearer"}
"""The verdict on a version beside the first one of its component, by the sign of its saving."""

MOST_NAMED = 6
"""Components that the headline names one by one."""

BILL: tuple[Column, ...] = (
    Column("design_cost", "money", "Designing the version, once."),
    Column("benefit", "money", "What it saves the systems in use, over their life."),
    Column("parts_cost", "money", "The parts that are built in.", shown=False),
    Column("spares_cost", "money", "The first spares, where the bill holds them.", shown=False),
    Column("holding_cost", "money", "Holding the spares, over the life.", shown=False),
    Column("replacement_cost", "money", "Replacing failed parts, without the parts.", shown=False),
    Column(
        "charged_parts_cost",
        "money",
        "The parts of replacements, where the bill holds them.",
        shown=False,
    ),
    Column(
        "emergency_cost", "money", "What emergency shipments cost more than stock.", shown=False
    ),
)

STOCK = "Base-stock level; in expectation where the number of systems is uncertain."
TOTAL = "Expected cost over the life of the systems: the bill, less the benefit."
DOWN = "Days a year for which a system is down for the component, in expectation."


@dataclass(frozen=True)
class DesignSolution(Solution):
    """The answer to a design instance.

    The tables are ``components`` (the choice), ``versions`` (every version by itself at its best
    stock), ``stock`` (the levels of the choice for every number of systems), ``break_even`` (what
    each version would have to meet beside the first one of its component), ``availability``,
    ``totals``, and ``limits`` where a caller added some.
    """

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {
        "components": (
            Column("component", "", "Name of the component."),
            Column("version", "", "The version to design."),
            Column("made", "", "How it is made.", shown=False),
            Column("base_stock", "parts", STOCK),
            Column("total_cost", "money", TOTAL),
            *BILL,
            Column("down_days_per_year", "days", DOWN, shown=False),
        ),
        "versions": (
            Column("component", "", "Name of the component."),
            Column("version", "", "Name of the version."),
            Column("made", "", "How it is made."),
            Column("chosen", "", "Whether it is the one to design."),
            Column("base_stock", "parts", STOCK),
            Column("total_cost", "money", TOTAL),
            *(Column(kind.name, kind.unit, kind.meaning, shown=False) for kind in BILL),
            Column("down_days_per_year", "days", DOWN, shown=False),
        ),
        "stock": (
            Column("component", "", "Name of the component.", shown=False),
            Column("version", "", "The version to design.", shown=False),
            Column("systems", "", "If so many systems are in service ...", shown=False),
            Column("probability", "", "... with this probability ...", shown=False),
            Column("base_stock", "parts", "... keep so many spares.", shown=False),
            Column("fill_rate", "", "Share of the failures met from stock.", shown=False),
        ),
        "break_even": (
            Column("component", "", "Name of the component."),
            Column("version", "", "The version that is looked at ..."),
            Column("against", "", "... beside the first one of the component."),
            Column(
                "verdict",
                "",
                "Whether it costs less over the life (cheaper), the same (equal) or more.",
            ),
            Column("saving", "money", "What it saves over the life; below 0 it costs more."),
            Column(
                "extra_cost",
                "money",
                "K: what it costs more to design, less what it does for the systems in use.",
            ),
            Column(
                "mean_months_between_failures", "months", "How long its part lasts.", shown=False
            ),
            Column(
                "break_even_months",
                "months",
                "How long its part must last at least to break even; empty: no life is enough, or "
                "any is, where it is cheaper.",
            ),
            Column("part_cost", "money", "What its part costs.", shown=False),
            Column(
                "break_even_part_cost",
                "money",
                "What its part may cost at most; empty: not even parts for nothing break even.",
            ),
            Column(
                "highest_extra_cost",
                "money",
                "K_lim: from this extra cost on, no reliability breaks even.",
                shown=False,
            ),
            Column(
                "worth_of_lead_time",
                "money",
                "K_1: what its lead time alone is worth, with part and life of the other one.",
                shown=False,
            ),
        ),
        "availability": (
            Column("systems", "", "Systems in service.", shown=False),
            Column("probability", "", "Probability of so many.", shown=False),
            Column("down_days_per_year", "days", "Days that a system is down.", shown=False),
            Column("availability", "", "Share of time that a system is up.", shown=False),
            Column("least", "", "The share that is asked for.", shown=False),
        ),
        "limits": (Column("limit", "", "A limit that the instance does not state.", shown=False),),
        "totals": (
            Column("components", "", "Components of the system.", shown=False),
            Column("printed", "", "How many of them are printed."),
            Column("total_cost", "money", TOTAL),
            Column(
                "first_versions_cost",
                "money",
                "The same with the first version of every component, at its best stock.",
            ),
            Column("saving", "money", "What the choice saves beside that."),
            Column("design_cost", "money", "Designing all chosen versions."),
            Column("design_budget", "money", "The most that this may cost.", shown=False),
            Column("availability", "", "Least share of time that a system is up."),
        ),
    }

    def headline(self) -> tuple[str, ...]:
        """Return the answer in a few plain sentences."""
        return (*self._choice(), *self._saving(), *self._reasons())

    def _choice(self) -> Iterator[str]:
        rows = self.rows["components"]
        if len(rows) <= MOST_NAMED:
            yield "Design " + listed([_chosen(row) for row in rows]) + "."
            if any(isinstance(row["base_stock"], float) for row in rows):
                yield (
                    "Averages are over the numbers of systems that may be in service; table stock "
                    "has the spares to keep for each."
                )
            return
        (total,) = self.rows["totals"]
        yield f"{total['printed']:,} of {counted(len(rows), 'component')} are worth printing."

    def _saving(self) -> Iterator[str]:
        (total,) = self.rows["totals"]
        words = f"That costs {self._money(total['total_cost'])} over the life of the systems"
        first = {row["component"]: row for row in reversed(self.rows["versions"])}
        same = all(
            first[row["component"]]["version"] == row["version"] for row in self.rows["components"]
        )
        if same:
            yield f"{words}."
        elif not total["saving"]:
            yield f"{words}, as much as with the first version of each component."
        else:
            kind = "less" if total["saving"] > 0 else "more"
            difference = self._money(abs(total["saving"]))
            yield f"{words}, {difference} {kind} than with the first version of each component."

    def _reasons(self) -> Iterator[str]:
        """Say what would have to change, where there are few to tell of."""
        if len(self.rows["break_even"]) > MOST_NAMED:
            return
        for row in self.rows["break_even"]:
            name = f"Version {row['version']} of {row['component']}"
            difference = self._money(abs(row["saving"]))
            if not row["saving"]:
                yield f"{name} costs as much as {row['against']}."
                continue
            if row["saving"] > 0:
                yield f"{name} costs {difference} less than {row['against']}."
                continue
            ways = []
            if row["break_even_part_cost"] is not None:
                ways.append(f"with parts at {self._money(row['break_even_part_cost'])} or less")
            if row["break_even_months"] is not None:
                ways.append(f"with parts that last {amount(row['break_even_months'])} months")
            end = f"would break even {listed(ways, 'or')}" if ways else "cannot break even"
            yield f"{name} costs {difference} more than {row['against']}; it {end}."

    def _money(self, value: float) -> str:
        return f"{value:,.2f} {self.currency}".rstrip()

    def graph(self) -> nx.DiGraph[str]:
        """Return what the system is made of: from it to components, from these to versions.

        The node ``"system"`` has ``total_cost`` and ``availability``; a component has its
        ``version``, ``base_stock`` and ``total_cost``; a version, a node of the name
        ``"component: version"``, has ``made``, ``chosen`` and ``total_cost`` at its own best stock.
        The edges of the choice have ``chosen`` True. Where a component has such a name itself,
        ``the`` stands before it; the graph names the node of the whole in ``system``.
        """
        import networkx as nx

        (total,) = self.rows["totals"]
        system = unlike("system", {row["component"] for row in self.rows["components"]})
        found: nx.DiGraph[str] = nx.DiGraph(
            decision=self.kind, name=self.name, currency=self.currency, system=system
        )
        found.add_node(system, total_cost=total["total_cost"], availability=total["availability"])
        for row in self.rows["components"]:
            kept = ("version", "base_stock", "total_cost")
            found.add_node(row["component"], **{key: row[key] for key in kept})
            found.add_edge(system, row["component"], chosen=True)
        for row in self.rows["versions"]:
            node = unlike(f"{row['component']}: {row['version']}", found)
            found.add_node(node, **{key: row[key] for key in ("made", "chosen", "total_cost")})
            found.add_edge(row["component"], node, chosen=row["chosen"])
        return found


def _chosen(row: Mapping[str, Any]) -> str:
    stock = row["base_stock"]
    spares = counted(stock, "spare")
    if not isinstance(stock, int):
        spares = f"{amount(stock)} spares on average"
    return f"version {row['version']} of {row['component']} with {spares}"
