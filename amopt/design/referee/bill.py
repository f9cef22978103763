"""What versions come to, as the referee works it out from the fields alone, all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.design.instance import DAYS_A_MONTH, Component, DesignInstance, Version
from amopt.referee import Amount
from amopt.stock import best_base_stock, erlang_loss

__all__ = ["Bills", "Entry"]

Floats = NDArray[np.float64]
Entry = tuple[Component, Version]

DAYS_A_YEAR = 365.0


@dataclass(frozen=True)
class Bills:
    """Versions in use, a row each; a column for each number of systems.

    Fields of versions have shape (n, 1), what depends on the number of systems (n, bases).
    """

    instance: DesignInstance
    c_p: Floats
    tau: Floats
    L: Floats
    c_d: Floats
    c_e: Floats
    I: Floats  # noqa: E741 - as the source writes it
    b: Floats
    pieces: Floats
    days_stock: Floats
    days_emergency: Floats

    @classmethod
    def of(cls, instance: DesignInstance, entries: Sequence[Entry]) -> Bills:
        """Return the bills of some versions."""

        def column(values: Any) -> Floats:
            return np.array(list(values), dtype=float).reshape(-1, 1)

        return cls(
            instance,
            column(version.part_cost for _, version in entries),
            column(version.mean_months_between_failures for _, version in entries),
            column(version.lead_time_months for _, version in entries),
            column(component.replacement_cost for component, _ in entries),
            column(component.emergency_cost for component, _ in entries),
            column(version.design_cost for _, version in entries),
            column(version.benefit_per_system_month for _, version in entries),
            column(component.pieces_per_system for component, _ in entries),
            column(component.down_days_per_replacement for component, _ in entries),
            column(component.down_days_per_emergency for component, _ in entries),
        )

    @property
    def systems(self) -> Floats:
        """The numbers of systems, shape (bases,)."""
        return np.array([base.systems for base in self.instance.installed_base], dtype=float)

    @property
    def chance(self) -> Floats:
        """Their probabilities, shape (bases,)."""
        return np.array([base.probability for base in self.instance.installed_base])

    def levels(self) -> NDArray[np.int64]:
        """Return the best base-stock levels, shape (n, bases)."""
        failures, load = self._flow()
        bought = self.instance.accounting.initial_spares_bought
        time = self.instance.holding_cost_per_month_per_value * self.instance.months
        return best_base_stock(
            load,
            rate=failures,
            holding_cost=self.c_p * (time + bought),
            shortage_cost=self.c_e - self.c_d,
        )

    def _flow(self) -> tuple[Floats, Floats]:
        """Return failures over the life, and parts on order at once."""
        use = self.pieces * self.systems
        return use * self.instance.months / self.tau, use * self.L / self.tau

    def terms(self, levels: NDArray[Any]) -> dict[str, Floats]:
        """Return the expected costs by column, shape (n,) each."""
        instance = self.instance
        failures, load = self._flow()
        empty = erlang_loss(levels, load)
        accounting = instance.accounting
        held = instance.holding_cost_per_month_per_value * instance.months
        by_base = {
            "parts_cost": self.c_p * self.pieces * self.systems,
            "spares_cost": accounting.initial_spares_bought * self.c_p * levels,
            "holding_cost": held * self.c_p * levels,
            "replacement_cost": failures * self.c_d,
            "charged_parts_cost": accounting.replacements_charged * failures * self.c_p,
            "emergency_cost": failures * empty * (self.c_e - self.c_d),
        }
        return {name: cost @ self.chance for name, cost in by_base.items()}

    @property
    def benefit(self) -> Floats:
        """What versions save the systems in use over their life, shape (n,)."""
        saved: Floats = (self.b * self.systems * self.instance.months) @ self.chance
        return saved

    def life(self, levels: NDArray[Any] | None = None) -> Floats:
        """Return the life-cycle cost without design and benefit, shape (n,)."""
        chosen = self.levels() if levels is None else levels
        total: Floats = np.sum(list(self.terms(chosen).values()), axis=0)
        return total

    def down(self, levels: NDArray[Any]) -> Floats:
        """Return the share of time for which a system is down, shape (n, bases)."""
        empty = erlang_loss(levels, self._flow()[1])
        days = (1 - empty) * self.days_stock + empty * self.days_emergency
        share: Floats = self.pieces / self.tau * days / DAYS_A_MONTH
        return share

    def columns(self, levels: NDArray[Any]) -> list[dict[str, Any]]:
        """Return what a row of each version says of stock, money and time down."""
        terms, benefit, design = self.terms(levels), self.benefit, self.I[:, 0]
        down = self.down(levels) @ self.chance
        found = []
        for n in range(len(design)):
            own = {name: float(values[n]) for name, values in terms.items()}
            spent = sum(own.values()) + float(design[n])
            stock = levels[n]
            found.append(
                {
                    "base_stock": (
                        int(stock[0]) if len(stock) == 1 else float(stock @ self.chance)
                    ),
                    "total_cost": Amount(spent - float(benefit[n]), spent + abs(float(benefit[n]))),
                    "design_cost": float(design[n]),
                    "benefit": float(benefit[n]),
                    **own,
                    "down_days_per_year": DAYS_A_YEAR * float(down[n]),
                }
            )
        return found
