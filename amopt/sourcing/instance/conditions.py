"""What is paid beside the prices of parts: once a supplier, an order and place, a part."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from amopt.instance.common import InstanceModel, Money, Name, RefersTo, Weeks
from amopt.sourcing.instance.entries import Route

__all__ = ["Approval", "Delivery", "PostProcessing", "Preparation", "Supplier"]


class Supplier(InstanceModel):
    """Terms of an AM supplier for all that is ordered there."""

    supplier: Name = Field(description="Supplier.")
    fee_per_supplier: Money = Field(
        default=0.0, description="Paid once if anything is ordered there, in money."
    )


class Delivery(InstanceModel):
    """What comes to each order that a supplier, or conventional supply, delivers to a place."""

    supplier: Name = Field(description="Supplier, or conventional.")
    place: Name = Field(description="Place of order lines.")
    cost_per_delivery: Money = Field(
        default=0.0, description="Paid once for each order that delivers there, in money."
    )


class Approval(InstanceModel):
    """Qualification of a part at an AM supplier, before it may be made there."""

    supplier: Name = Field(description="Supplier.")
    part: Annotated[Name, RefersTo("parts")] = Field(description="Part.")
    cost: Money = Field(default=0.0, description="Paid once, in money.")
    weeks: Weeks = Field(default=0.0, description="Weeks it takes, before making begins.")
    done: bool = Field(default=False, description="Whether it is done: it is then free.")


class Preparation(InstanceModel):
    """Preparation of a part's 3D model, once for all AM suppliers."""

    part: Annotated[Name, RefersTo("parts")] = Field(description="Part.")
    cost: Money = Field(default=0.0, description="Paid once, in money.")
    weeks: Weeks = Field(default=0.0, description="Weeks it takes, before anything else begins.")
    done: bool = Field(default=False, description="Whether it is done: it is then free.")


class PostProcessing(InstanceModel):
    """Post-processing of a part that was made on a route of AM."""

    part: Annotated[Name, RefersTo("parts")] = Field(description="Part.")
    route: Route = Field(default="direct", description="Route of the offers that need it.")
    cost_per_part: Money = Field(default=0.0, description="Cost a part, in money.")
    weeks: Weeks = Field(default=0.0, description="Weeks for any quantity, after making.")
    weeks_per_part: Weeks = Field(default=0.0, description="Weeks a part of the order, on top.")
