"""The answer to a placement instance: its tables, and what a planner reads first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from amopt.phrases import counted, listed, money
from amopt.solution import Column, Solution

if TYPE_CHECKING:
    import networkx

    from amopt.placement.instance.fields import Instance

__all__ = ["PlacementSolution", "counted", "listed"]

MOST_NAMED = 6
"""Names that a sentence lists."""

FEW = 10.0
"""Money below which a sentence tells the digits behind the point."""

FORMS_IN_WORDS = {
    "central": "printing at one site at a time (central)",
    "distributed": "printing at each place's own site (distributed)",
    "conventional": "printing nothing (conventional)",
}

_PLACE = Column("place", "", "Place of the site.")
_PERIOD = Column("period", "", "Period.")


_TABLES: Mapping[str, tuple[Column, ...]] = {
    "sites": (
        _PLACE,
        _PERIOD,
        Column("open", "", "Whether the site is open."),
        Column("machines", "machines", "Machines of its own that stand there."),
        Column("hours", "hours a year", "Machine-hours set aside."),
        Column("utilisation", "share", "Hours set aside over hours that there are."),
    ),
    "fleet": (
        _PLACE,
        _PERIOD,
        Column("machine", "", "Type of machine."),
        Column("ownership", "", "machines: they stand there; contract: the site sells hours."),
        Column("count", "machines", "Machines that stand there."),
        Column("bought", "machines", "Machines bought for the period."),
        Column("sold", "machines", "Machines sold before the period."),
        Column("moved_in", "machines", "Machines moved here before the period."),
        Column("moved_out", "machines", "Machines moved away before the period."),
        Column("hours", "hours a year", "Machine-hours set aside."),
        Column("utilisation", "share", "Hours set aside over hours that there are."),
    ),
    "supply": (
        Column("place", "", "Place that is supplied."),
        Column("part", "", "Part."),
        _PERIOD,
        Column("source", "", "Site, conventional supplier, or emergency shipments alone."),
        Column("machine", "", "Type of machine that prints; empty where nothing is printed."),
        Column("share", "share", "Share of the period in which this source supplies."),
        Column("stock_level", "parts", "Base-stock level at the place."),
        Column("lead_time_weeks", "weeks", "Print, queue and transport."),
        Column("fill_rate", "share", "Share of demand met from the shelf."),
        Column("route", "", "What the route is chosen by.", shown=False),
        Column("hours", "hours a year", "Machine-hours set aside.", shown=False),
        Column("kg_co2", "kg a year", "Emissions.", shown=False),
        Column("yearly_cost", "money", "Cost a year, without sites and machines."),
    ),
    "bill": (
        Column("cost", "", "Kind of cost."),
        Column("optimum", "money", "The plan, over all periods."),
        Column(
            "central",
            "money",
            "The best plan with exactly one site open at a time, which can print.",
        ),
        Column("distributed", "money", "The best plan with each place's own site."),
        Column("conventional", "money", "The best plan without printing."),
    ),
    "forms": (
        Column("form", "", "Form of the plan."),
        Column("cost", "money", "Cost over all periods."),
        Column("kg_co2", "kg", "Emissions over all periods."),
        Column("open_sites", "sites", "Sites that are open in any period."),
        Column("machines", "machines", "Most machines at a time."),
        Column("printed", "share", "Share of demand that is printed."),
        Column("bound", "", "Proven bound on the form's objective.", shown=False),
        Column("gap", "share", "Proven gap of the form."),
    ),
    "holdings": (
        Column("machine", "", "Type of machine."),
        Column("place", "", "Site where they stand; empty where they can be moved."),
        Column("bought", "", "Period in which they were bought; before: owned already."),
        _PERIOD,
        Column("machines", "machines", "How many are held."),
    ),
    "orders": (
        Column("order", "", "Order."),
        Column("part", "", "Part."),
        Column("quantity", "parts", "Parts ordered."),
        Column("place", "", "Place that needs it."),
        Column("source", "", "Unit that prints it, or conventional supplier."),
        Column("machine", "", "Type of machine."),
        Column("start_week", "weeks", "Week in which printing starts."),
        Column("ready_week", "weeks", "Week at whose start it is printed."),
        Column("arrival_week", "weeks", "When it arrives."),
        Column("due_week", "weeks", "When it should."),
        Column("weeks_late", "weeks", "How late it is."),
        Column("cost", "money", "Printing or price, and transport."),
        Column("penalty", "money", "Penalty for being late."),
    ),
    "work": (
        Column("order", "", "Order.", shown=False),
        Column("source", "", "Site of the unit that prints it.", shown=False),
        Column("machine", "", "Type of machine.", shown=False),
        Column("week", "weeks", "Week of printing.", shown=False),
        Column("hours", "hours", "Machine-hours in that week.", shown=False),
    ),
}
"""The columns of each table."""


def _of_the_forms() -> dict[str, tuple[Column, ...]]:
    """Return the columns of the tables that hold the plans of the forms: for a referee."""
    form = Column("form", "", "Form of the plan.", shown=False)
    return {
        f"form_{name}": (form, *(replace(column, shown=False) for column in _TABLES[name]))
        for name in ("sites", "fleet", "supply", "holdings")
    }


@dataclass(frozen=True)
class PlacementSolution(Solution):
    """Where AM capacity goes, who supplies whom, and what it costs.

    The tables ``sites``, ``supply`` and ``bill`` are always there; ``fleet`` says which machines
    stand where, ``forms`` compares the forms, ``holdings`` says over several periods which machines
    are still held, and ``orders`` assigns dated orders to units. ``form_sites``, ``form_fleet``,
    ``form_supply`` and ``form_holdings`` hold the plans of the forms that are compared.

    Attributes
    ----------
    instance
        The instance that was solved; None for an answer that was read from a file.
    """

    instance: Instance | None = field(default=None, repr=False, compare=False, kw_only=True)

    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {**_TABLES, **_of_the_forms()}

    def graph(self, instance: Instance | None = None) -> networkx.MultiDiGraph[Any]:
        """Return the supply network with the answer on it; see :mod:`amopt.placement.answer.graph`.

        Parameters
        ----------
        instance
            The instance; needed only for an answer that was read from a file.

        Raises
        ------
        UsageError
            When the instance is not known, or another one.
        """
        from amopt.placement.answer.graph import graph

        return graph(self.instance_of_graph(instance), self)

    def headline(self) -> tuple[str, ...]:
        """Return the answer in a few plain sentences."""
        said: list[str] = []
        if "sites" in self.rows:
            said += self._about_sites()
            said += self._about_cost()
        if "orders" in self.rows:
            said.append(self._about_orders())
        return tuple(said)

    def _about_sites(self) -> list[str]:
        """Say where to print, and for whom; once for periods in a row that are alike."""
        by_period: dict[str, list[str]] = {}
        for period in dict.fromkeys(row["period"] for row in self.rows["sites"]):
            by_period.setdefault(self._what_to_print(period), []).append(period)
        if not by_period:
            return ["Print nothing: there is no site."]
        if len(by_period) == 1:
            (told,) = by_period
            return [told]
        said = [f"{_few(periods)}: {told}" for told, periods in by_period.items()]
        left = len(said) - MOST_NAMED
        return said if left <= 0 else [*said[:MOST_NAMED], f"{left} further changes: see sites."]

    def _what_to_print(self, period: str) -> str:
        opened = {
            row["place"]: row["machines"]
            for row in self.rows["sites"]
            if row["period"] == period and row["open"]
        }
        supply = [row for row in self.rows["supply"] if row["period"] == period]
        places = {row["place"] for row in supply}
        served = {row["place"] for row in supply if row["machine"]}
        if not served:
            idle = f", although {_few(opened)} must be open" if opened else ""
            return f"Print nothing: every place is supplied without printing{idle}."
        names = _with_machines(opened)
        if len(served) == len(places):
            whom = {1: "the one place", 2: "both places"}.get(
                len(places), f"all {len(places):,} places"
            )
            return f"Print at {names} for {whom}."
        return (
            f"Print at {names} for {len(served):,} of {len(places):,} places; the others "
            "are supplied without printing."
        )

    def _about_cost(self) -> list[str]:
        """Say what the plan costs, and how much more or less the pure forms would."""
        total = next((row for row in self.rows["bill"] if row["cost"] == "total"), None)
        if total is None:
            return []
        plan = total["optimum"]
        beside = [
            f"{self._against(plan, total[form])} {words}"
            for form, words in FORMS_IN_WORDS.items()
            if total.get(form) is not None
        ]
        orders = ", the dated orders apart" if self.rows.get("orders") else ""
        words = f"The plan costs {self._money(plan)} in all{orders}"
        return [f"{words}{': ' * bool(beside)}{_few(beside)}."]

    def _against(self, plan: float, other: float) -> str:
        if abs(plan - other) <= 1e-6 * max(abs(plan), abs(other)):
            return "as much as"
        return f"{self._money(abs(other - plan))} {'less' if plan < other else 'more'} than"

    def _money(self, amount: float) -> str:
        if 0 < abs(amount) < FEW:
            return money(amount, self.currency)
        return f"{amount:,.0f} {self.currency}".rstrip()

    def _about_orders(self) -> str:
        orders = self.rows["orders"]
        late = [row["order"] for row in orders if row["weeks_late"] > 0]
        cost: Any = sum(row["cost"] + row["penalty"] for row in orders)
        timing = f"{_few(late)} late" if late else "all on time"
        beside = " beside the plan" if self.rows.get("sites") else ""
        return (
            f"{counted(len(orders), 'order')} assigned, {timing}, at {self._money(cost)}{beside}."
        )


def _with_machines(opened: Mapping[str, int]) -> str:
    """Return sites with their machines, as a list in a sentence."""
    counts = set(opened.values())
    if len(opened) > 1 and len(counts) == 1:
        each = f" ({counted(counts.pop(), 'machine')} each)" if any(opened.values()) else ""
        return f"{_few(opened)}{each}"
    named = [f"{site} ({counted(n, 'machine')})" if n else site for site, n in opened.items()]
    return _few(named)


def _few(names: Iterable[str]) -> str:
    """Return names as a list in a sentence; the first few where there are many."""
    return listed(list(names), most=MOST_NAMED)
