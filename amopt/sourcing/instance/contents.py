"""A sourcing file as a whole."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from amopt.instance import common
from amopt.instance.common import Date
from amopt.sourcing.instance.calendars import Calendar, Network, arrival, weeks_until
from amopt.sourcing.instance.conditions import (
    Approval,
    Delivery,
    PostProcessing,
    Preparation,
    Share,
    Supplier,
)
from amopt.sourcing.instance.entries import (
    Capacity,
    Committed,
    Conventional,
    Licence,
    Limits,
    Line,
    Minimise,
    Offer,
    Part,
    Unquoted,
)
from amopt.sourcing.instance.quote_log.provenance import QuotesOnRecord

if TYPE_CHECKING:
    from amopt.network import SupplyNetwork

__all__ = ["Contents"]


class Contents(common.Instance):
    """All that a sourcing file says; what is checked beyond its fields comes on top."""

    provenance: ClassVar[Mapping[str, Any]] = {
        "quotes": {"log", "sha256"},
        "offers": {"__all__": {"quoted"}},
        "unquoted": {"__all__": {"quoted"}},
    }

    kind: Literal["sourcing"] = Field(description="The decision that the file asks for.")
    orders: Literal["together", "by_line", "either"] = Field(
        default="together",
        description="Whether lines of a part share one order at an offer, and so its price breaks, "
        "lead time and fee (together), have an order each (by_line), or each line one of these "
        "(either).",
    )
    order_date: Date | None = Field(
        default=None, description="Day on which the orders are placed, for offers with dates."
    )
    hours_per_week: Annotated[float, Field(ge=1e-6, le=168)] = Field(
        default=40.0, description="Hours of a week that count as downtime (5 days of 8 hours)."
    )
    calendars: tuple[Calendar, ...] = Field(
        default=(), description="Days on which places receive goods."
    )
    network: Network = Field(
        default=Network(),
        description="Places and lanes; left out, prices and lead times are as delivered.",
    )
    transport: Literal["cheapest", "fastest"] = Field(
        default="cheapest", description="Which route of the network orders take."
    )
    parts: tuple[Part, ...] = Field(description="Parts.")
    lines: tuple[Line, ...] = Field(default=(), description="Order lines.")
    conventional: tuple[Conventional, ...] = Field(
        default=(), description="Conventional supply, at most one entry a part."
    )
    offers: tuple[Offer, ...] = Field(default=(), description="Offers of AM suppliers.")
    quotes: QuotesOnRecord | None = Field(
        default=None, description="The quote log of the offers with quotes: log, and as of when."
    )
    unquoted: tuple[Unquoted, ...] = Field(
        default=(),
        description="Offers without quotes that hold as of that time; amopt writes them.",
    )
    suppliers: tuple[Supplier, ...] = Field(
        default=(), description="Terms of suppliers for all that is ordered there."
    )
    deliveries: tuple[Delivery, ...] = Field(
        default=(), description="What deliveries from suppliers to places cost."
    )
    approvals: tuple[Approval, ...] = Field(
        default=(), description="Qualification of parts at suppliers, once each."
    )
    preparations: tuple[Preparation, ...] = Field(
        default=(), description="Preparation of the 3D models of parts, once each."
    )
    post_processing: tuple[PostProcessing, ...] = Field(
        default=(), description="Post-processing of parts, by route of AM."
    )
    shares: tuple[Share, ...] = Field(
        default=(), description="Least suppliers of parts, and the largest share of any of them."
    )
    capacities: tuple[Capacity, ...] = Field(
        default=(), description="Capacities of suppliers, shared by all lines."
    )
    licences: tuple[Licence, ...] = Field(
        default=(), description="Licences of designs; a part without any is not limited."
    )
    committed: tuple[Committed, ...] = Field(
        default=(), description="Orders placed already, which stay as they are."
    )
    minimise: Minimise = Field(
        default=Minimise(cost=1.0, downtime=1.0),
        description="Weights of the objective; left out, cost and downtime cost.",
    )
    limits: Limits = Field(default=Limits(), description="Limits of the plan as a whole.")

    @cached_property
    def supply_network(self) -> SupplyNetwork:
        """The network as a graph with routes; without places where the file has none."""
        from amopt.network import SupplyNetwork

        return SupplyNetwork.from_instance(self.network)

    @cached_property
    def _calendars(self) -> dict[str, Calendar]:
        """The calendars of places that have one, by place."""
        named = {calendar.name: calendar for calendar in self.calendars}
        return {
            place.name: named[place.receives]
            for place in self.network.places
            if place.receives is not None
        }

    def calendar(self, place: str | None) -> Calendar | None:
        """Return the calendar by which a place receives; None where any day will do."""
        return None if place is None else self._calendars.get(place)

    def need_by_weeks(self, line: Line) -> float | None:
        """Return within how many weeks a line must arrive; None where it may take any time.

        Below zero where its place receives nothing on any day up to its need-by.
        """
        if line.need_by is None or self.order_date is None:
            return line.need_by_weeks
        return weeks_until(self.order_date, line.need_by, self.calendar(line.place))

    def counted(self, offer: Offer) -> float:
        """Return the parts committed at an offer that count for its new orders."""
        if offer.committed_counts is None or not self.committed:
            return 0.0
        parts = {line.line: line.part for line in self.lines}
        return sum(
            order.quantity
            for order in self.committed
            if order.line in parts and order.matches(offer, parts[order.line])
        )

    @property
    def may_be_limited(self) -> bool:
        """Whether anything in the file may be a limit on what is ordered where and until when."""
        stated = self.limits.model_dump(exclude_none=True)
        entries = (self.licences, self.capacities, self.shares, self.suppliers)
        due = any(line.need_by or line.need_by_weeks is not None for line in self.lines)
        return bool(stated) or any(entries) or due

    @property
    def counting_spend(self) -> frozenset[str]:
        """The suppliers where it counts what is spent there on parts."""
        return frozenset(
            terms.supplier
            for terms in self.suppliers
            if terms.spend_discounts is not None or terms.minimum_order_value is not None
        )

    @property
    def counts_committed(self) -> bool:
        """Whether committed parts count for new orders of any offer."""
        return any(self.counted(offer) > 0 for offer in self.offers)

    @cached_property
    def committed_parts(self) -> dict[str, float]:
        """The parts that are ordered already of each line that has such orders."""
        found: dict[str, float] = defaultdict(float)
        for order in self.committed:
            found[order.line] += order.quantity
        return dict(found)

    def tooling_weeks(self, entry: Conventional) -> float:
        """Return the weeks until the tooling of a part is there, with what is under way."""
        if entry.asset_exists:
            return 0.0
        return min(self._tooling_left.get(entry.part, math.inf), entry.tooling_lead_time_weeks)

    @cached_property
    def _tooling_left(self) -> dict[str, float]:
        """The weeks that are left of tooling that committed orders have paid, by part."""
        parts = {line.line: line.part for line in self.lines}
        left: dict[str, float] = {}
        for order in self.committed:
            if order.tooling_weeks_left is not None and order.line in parts:
                part = parts[order.line]
                left[part] = min(left.get(part, math.inf), order.tooling_weeks_left)
        return left

    def committed_weeks(self, order: Committed) -> float | None:
        """Return in how many weeks a committed order was agreed to arrive; None if it was not."""
        if order.delivery is None or self.order_date is None:
            return order.weeks
        return max(0.0, weeks_until(self.order_date, order.delivery, None))

    def agreed_day(self, order: Committed) -> str | None:
        """Return the day of delivery that was agreed for an order, as ISO text, where it was."""
        return None if order.delivery is None else order.delivery.isoformat()

    def delivery_date(self, line: Line, weeks: float) -> str | None:
        """Return the day on which a line receives what takes so many weeks, as ISO text."""
        if self.order_date is None:
            return None
        day = arrival(self.order_date, weeks, self.calendar(line.place))
        return None if day is None else day.isoformat()

    @cached_property
    def several_lines(self) -> frozenset[str]:
        """The parts that more than one order line asks for."""
        number = Counter(line.part for line in self.lines)
        return frozenset(part for part, times in number.items() if times > 1)

    @property
    def objective_meaning(self) -> str:
        """What the objective measures, in a few words."""
        short = any(line.unmet_penalty_per_part is not None for line in self.lines)
        return self.minimise.meaning + (", with penalties" if short else "")

    @property
    def pooled(self) -> bool:
        """Whether lines may share an order."""
        return self.orders != "by_line" and bool(self.several_lines)

    @property
    def order_chosen(self) -> bool:
        """Whether a line joins a shared order, or has one of its own, as is better."""
        return self.orders == "either" and bool(self.several_lines)

    @property
    def tooling_shared(self) -> bool:
        """Whether several orders of a part may need the same tooling."""
        return self.orders != "together" and bool(self.several_lines)
