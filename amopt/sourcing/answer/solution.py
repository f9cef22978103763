"""What the planner gets: the tables of an answer, column by column, and what is said first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from amopt.phrases import counted, listed, plural
from amopt.solution import Column, Solution, Table
from amopt.sourcing.answer.notes import (
    DEAREST,
    LIMIT_COLUMNS,
    beside,
    conventional_of_some,
    count,
    dearest,
    orders_in_words,
)

if TYPE_CHECKING:
    import networkx as nx

    from amopt.sourcing.instance.fields import Instance

__all__ = ["SourcingSolution"]

_SCENARIO = (
    "Against conventional supply: I saves cost and time, II cost alone, III neither, IV time alone."
)


@dataclass(frozen=True)
class SourcingSolution(Solution):
    """The answer to a sourcing instance.

    The tables are ``orders`` (what to order where), ``purchase_orders`` (each new order as a
    whole), ``deliveries`` (what each brings to a place), ``lines`` (what each line comes to, beside
    conventional supply and the frontier rule), ``switchover`` (every offer against conventional
    supply), ``fits`` (how well fitted curves fit), ``capacities``, ``licences`` and ``totals``;
    with quotes on record also ``quotes`` (where each price comes from, and how old it is), and
    where it was looked at ``limits`` (what each limit costs).

    Attributes
    ----------
    instance
        The instance that was solved; None for an answer that was read from a file.
    """

    instance: Instance | None = field(default=None, repr=False, compare=False, kw_only=True)

    provenance: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "quotes": ("fetched_at", "age_days", "reference", "request"),
    }
    columns: ClassVar[Mapping[str, tuple[Column, ...]]] = {
        "orders": (
            Column("line", "", "Order line."),
            Column("place", "", "Place that needs it; empty where none is said."),
            Column("supplier", "", "Supplier, or conventional."),
            Column("quantity", "parts", "Parts to order."),
            Column("cost", "money", "What is paid for these parts: a share of the order's."),
            Column("weeks", "weeks", "From the order to its delivery."),
            Column("scenario", "", f"{_SCENARIO} Of this order's quantity."),
            Column("delivery_date", "", "Day on which it is received; needs order_date."),
            Column("order_date", "", "Day of the order; empty where unknown.", shown=False),
            Column("order", "", "Number of the order that they are part of; empty if committed."),
            Column("part", "", "Part."),
            Column("route", "", "Route of the offer.", shown=False),
            Column("material", "", "Material of the offer.", shown=False),
            Column("kg_co2", "kg CO2", "Emissions of making and transport.", shown=False),
            Column("transport", "money", "Transport of these parts, of the cost.", shown=False),
            Column("duty", "money", "Duty on these parts, of the cost.", shown=False),
            Column("royalty", "money", "Royalties of these parts, of the cost.", shown=False),
            Column("discount", "money", "Discount on what is spent, off the cost.", shown=False),
            Column("committed", "", "Whether the order was placed before.", shown=False),
            Column(
                "placed_as",
                "",
                "Of an order placed before its name, or placed before; empty for a new one.",
            ),
            Column(
                "quote_age_days",
                "days",
                "Age of the quotes that it is ordered on; empty where they are not on record.",
                shown=False,
            ),
        ),
        "purchase_orders": (
            Column("order", "", "Number of a new order; its parts are rows of orders."),
            Column("supplier", "", "Supplier, or conventional."),
            Column("part", "", "Part."),
            Column("quantity", "parts", "Parts of the order, for all its lines."),
            Column("price_per_part", "money", "Price of the goods a part."),
            Column("goods", "money", "Price of the goods, without fee and transport."),
            Column(
                "to_supplier",
                "money",
                "What its supplier is paid: goods, fees and tooling, less the discount.",
            ),
            Column("own_cost", "money", "What it costs us beside that, as the columns after say."),
            Column("cost", "money", "The two together."),
            Column("weeks", "weeks", "Its last delivery."),
            Column(
                "delivery_date", "", "Day of its last delivery, if it has any; needs order_date."
            ),
            Column("order_date", "", "Day of the order; empty where unknown.", shown=False),
            Column("lines", "", "Lines that it is for."),
            Column("seller", "", "Who is paid; of conventional supply who makes it.", shown=False),
            Column("fee", "money", "Fee of the order, or setup of a conventional one."),
            Column("asset_cost", "money", "Tooling, where it is paid."),
            Column("supplier_fee", "money", "Its share of the supplier's fee."),
            Column("discount", "money", "Discount on what is spent there."),
            Column("transport", "money", "Transport of its parts."),
            Column("duty", "money", "Duty on its parts."),
            Column("royalty", "money", "Royalties of its parts."),
            Column("post_processing", "money", "Post-processing of its parts."),
            Column("approval", "money", "Its share of the approval."),
            Column("preparation", "money", "Its share of the model's preparation."),
            Column("deliveries", "money", "What its deliveries to places are charged."),
            Column("route", "", "Route of the offer.", shown=False),
            Column("material", "", "Material of the offer.", shown=False),
        ),
        "deliveries": (
            Column("order", "", "Number of the order."),
            Column("place", "", "Place that receives it; empty where none is said."),
            Column("supplier", "", "Supplier, or conventional."),
            Column("part", "", "Part."),
            Column("quantity", "parts", "Parts that the place receives."),
            Column("weeks", "weeks", "When all of them are there."),
            Column("delivery_date", "", "Day on which they are received; needs order_date."),
            Column("cost_of_delivery", "money", "What the delivery to the place is charged."),
            Column("lines", "", "Lines that they are for."),
        ),
        "lines": (
            Column("line", "", "Order line."),
            Column("place", "", "Place that needs it; empty where none is said."),
            Column("quantity", "parts", "Parts asked for."),
            Column("cost", "money", "What is paid for all its orders."),
            Column("downtime_cost", "money", "Cost of waiting until the last order is delivered."),
            Column("weeks", "weeks", "Delivery of its last order."),
            Column(
                "cost_of_conventional",
                "money",
                "What conventional supply of the whole line would be paid.",
            ),
            Column(
                "cost_of_frontier_rule", "money", "What the frontier rule would pay for the line."
            ),
            Column("delivery_date", "", "Day that is received, if any is; needs order_date."),
            Column("parts_before", "parts", "Parts of them that were ordered before."),
            Column("cost_before", "money", "What of the cost is paid for those."),
            Column("part", "", "Part.", shown=False),
            Column("kg_co2", "kg CO2", "Emissions of making and transport.", shown=False),
            Column("unmet", "parts", "Parts that it does not get.", shown=False),
            Column("penalty", "money", "Penalty for them, no part of the cost.", shown=False),
            Column(
                "downtime_cost_of_conventional",
                "money",
                "Cost of waiting for conventional supply.",
                shown=False,
            ),
            Column(
                "downtime_cost_of_frontier_rule",
                "money",
                "Cost of waiting under the frontier rule.",
                shown=False,
            ),
        ),
        "switchover": (
            Column("part", "", "Part."),
            Column("supplier", "", "Supplier of the offer."),
            Column("cost_saving", "money", "Conventional cost minus AM cost of the quantity."),
            Column("weeks_saved", "weeks", "Conventional lead time minus AM lead time."),
            Column("scenario", "", _SCENARIO),
            Column(
                "scenario_with_downtime",
                "",
                "The same where downtime cost is counted: time saved may pay for a higher cost.",
            ),
            Column(
                "reduced_cost_quantity",
                "parts",
                "Up to so many parts cost less than conventionally; empty without end.",
            ),
            Column(
                "reduced_time_quantity",
                "parts",
                "Up to so many parts come sooner than conventionally; empty without end.",
            ),
            Column("on_frontier", "", "Whether no other offer does more in both quantities."),
            Column(
                "total_saving",
                "money",
                "Cost saving and downtime cost of the weeks saved.",
                shown=False,
            ),
            Column(
                "break_even_cost_per_hour",
                "money",
                "Downtime rate an hour at which the offer and conventional supply are level.",
                shown=False,
            ),
            Column(
                "break_even_says",
                "",
                "Worth it from that rate, up to it, always or never.",
                shown=False,
            ),
            Column(
                "source_frontier",
                "",
                "Corner of the frontier of Akmal et al. (2022): cost, time or combination.",
                shown=False,
            ),
            Column(
                "below_source_frontier",
                "parts",
                "How far below that frontier in time; negative above it, empty beyond its ends.",
                shown=False,
            ),
            Column("line", "", "Order line; empty for a part without one."),
            Column("quantity", "parts", "Quantity that is compared.", shown=False),
            Column("route", "", "Route of the offer.", shown=False),
            Column("material", "", "Material of the offer.", shown=False),
            Column(
                "excluded", "", "Why the offer cannot be used; empty where it can.", shown=False
            ),
        ),
        "fits": (
            Column("part", "", "Part."),
            Column("supplier", "", "Supplier of an offer whose quotes a curve is fitted to."),
            Column("between", "", "The curve: power or line."),
            Column("cost_r_squared", "", "Share of the variance of the cost that it explains."),
            Column("cost_p_value", "", "Chance of such a fit without any trend of the cost."),
            Column("weeks_r_squared", "", "Share of the variance of the lead time."),
            Column("weeks_p_value", "", "Chance of such a fit without any trend of lead time."),
            Column("route", "", "Route of the offer.", shown=False),
            Column("material", "", "Material of the offer.", shown=False),
        ),
        "capacities": (
            Column("supplier", "", "Supplier."),
            Column("machine_hours", "hours", "Machine hours of the plan."),
            Column("machine_hours_before", "hours", "Those of orders placed before, of them."),
            Column("machine_hours_limit", "hours", "Machine hours that it has."),
            Column("parts", "parts", "Parts of the plan."),
            Column("parts_before", "parts", "Those of orders placed before, of them."),
            Column("parts_limit", "parts", "Parts that it can make."),
        ),
        "licences": (
            Column("part", "", "Licensed part."),
            Column("supplier", "", "Supplier, or any."),
            Column("granted", "prints", "Prints that the owner grants."),
            Column("recorded", "prints", "Prints that the register has recorded."),
            Column("planned", "prints", "Prints of this plan, with those placed before."),
            Column("placed_before", "prints", "Those of orders placed before, of them."),
            Column("left", "prints", "Prints left after it."),
        ),
        "quotes": (
            Column("part", "", "Part."),
            Column("supplier", "", "Supplier."),
            Column("source", "", "The source that was asked; empty where no quote holds."),
            Column("fetched_at", "", "When the quotes were fetched, in UTC."),
            Column("age_days", "days", "Age of the quotes as of the time of the instance."),
            Column("ordered", "parts", "Parts that this plan orders on them."),
            Column("why", "", "Why the offer is left out; empty where it is not."),
            Column("reference", "", "The supplier's reference.", shown=False),
            Column("route", "", "Route of the offer.", shown=False),
            Column("material", "", "Material of the offer.", shown=False),
            Column("request", "", "The request that the supplier answered.", shown=False),
        ),
        "limits": (
            *LIMIT_COLUMNS,
            Column(
                "costs",
                "money",
                "How much less the plan would cost without it alone; empty if not proven.",
            ),
            Column("costs_at_least", "money", "Proven least that it costs.", shown=False),
            Column("costs_at_most", "money", "Proven most that it costs.", shown=False),
            Column("family", "", "Family of constraints.", shown=False),
        ),
        "totals": (
            Column("cost", "money", "What is paid for all orders."),
            Column("downtime_cost", "money", "Cost of all waiting."),
            Column("weeks", "weeks", "Latest delivery."),
            Column("kg_co2", "kg CO2", "Emissions of making and transport."),
            Column("cost_before", "money", "What of the cost is of orders placed before."),
            Column("unmet", "parts", "Parts that lines do not get.", shown=False),
            Column("penalty", "money", "Penalty for them, no part of the cost.", shown=False),
            Column(
                "cost_of_conventional",
                "money",
                "What conventional supply would be paid.",
                shown=False,
            ),
            Column(
                "downtime_cost_of_conventional", "money", "Cost of waiting for it.", shown=False
            ),
            Column(
                "cost_of_frontier_rule", "money", "What the frontier rule would pay.", shown=False
            ),
            Column(
                "downtime_cost_of_frontier_rule", "money", "Cost of waiting under it.", shown=False
            ),
        ),
    }

    def graph(self, instance: Instance | None = None) -> nx.DiGraph[str]:
        """Return the supply network with the orders on it.

        Each lane that orders travel on has their ``quantity``, how many ``orders``, their ``cost``,
        the ``weeks`` of the latest delivery, ``quantity_by_line``, and its ``modes``. A supplier
        has the same sums as ``ordered``, and its ``capacity``; a place has them as ``delivered``.
        Where the file has no network, an edge joins supplier and place; a line without a place
        ends at ``"place"``, ``"the place"`` where something is called so, and conventional supply
        without one starts at ``"conventional"``.

        Parameters
        ----------
        instance
            The instance; needed only for an answer that was read from a file.

        Raises
        ------
        UsageError
            When the instance is not known, or another one.
        """
        from amopt.sourcing.answer.graph import graph

        return graph(self.instance_of_graph(instance), self)

    def headline(self) -> tuple[str, ...]:
        """Return the answer in a few plain sentences."""
        total = self.rows["totals"][0]
        money = f" {self.currency}".rstrip()
        waiting, weeks = total["downtime_cost"], f"{total['weeks']:.4g}"
        after = f"the last delivery is after {weeks} {plural(float(weeks), 'week')}{self._on_day}"
        said = [f"{self._orders(total, money)}; {after}."]
        if not self.rows["orders"]:
            said = [f"Nothing is ordered for {count(len(self.rows['lines']), 'line')}."]
        if waiting:
            said.append(f"Waiting costs {waiting:,.2f}{money}.")
        penalty = total.get("penalty") or 0.0
        if total.get("unmet"):
            short = [row for row in self.rows["lines"] if row["unmet"]]
            said.append(
                f"{total['unmet']:,.10g} parts of {count(len(short), 'line')} are not supplied, "
                f"at a penalty of {penalty:,.2f}{money}."
            )
        for what, label in (
            ("conventional", "Conventional supply of all lines"),
            ("frontier_rule", "The frontier rule"),
        ):
            paid = total[f"cost_of_{what}"]
            if paid is not None and self.outcome.method != label.removeprefix("The "):
                more = paid + total[f"downtime_cost_of_{what}"] - total["cost"] - waiting - penalty
                more_of = {"waiting": waiting, "penalties": penalty}
                words = " and ".join(word for word, amount in more_of.items() if amount)
                said.append(beside(label, more, money, words and f" with {words}"))
        said += conventional_of_some(self.rows["lines"], money)
        if "limits" in self.rows:
            said += dearest(self.rows["limits"], self.currency, every=True)
        return tuple(said)

    def worth_showing(self, name: str) -> tuple[Table, str]:
        """Leave out the limits that cost nothing."""
        rows = self.rows[name]
        idle = [row for row in rows if name == "limits" and row["costs"] == 0]
        if not idle:
            return rows, ""
        names = listed([row["limit"] for row in idle], most=DEAREST)
        nothing = f"{counted(len(idle), 'limit')} that cost{'s' if len(idle) == 1 else ''} nothing"
        return [row for row in rows if row not in idle], f"Left out: {nothing}: {names}."

    def _orders(self, total: Mapping[str, Any], money: str) -> str:
        """Say what orders cost, the new ones and those placed before apart."""
        table, lines = self.rows["orders"], count(len(self.rows["lines"]), "line")
        new = [row for row in table if not row.get("committed")]
        if len(new) == len(table):
            return f"{orders_in_words(new)} for {lines}: {total['cost']:,.2f}{money}"
        held = sum(row["cost"] for row in table if row.get("committed"))
        placed = orders_in_words([row for row in table if row.get("committed")])
        told = f"{placed} placed before: {held:,.2f}{money}"
        if not new:
            return f"Nothing new to order for {lines}; {told}"
        return (
            f"{orders_in_words(new)} for {lines}: {total['cost'] - held:,.2f}{money}; {told}; "
            f"together {total['cost']:,.2f}{money}"
        )

    @property
    def _on_day(self) -> str:
        """Return the day of the last delivery, where orders have one, with what leads to it."""
        days = [row.get("delivery_date") for row in self.rows["lines"]]
        known = [day for day in days if day is not None]
        return f", on {max(known)}" if known else ""
