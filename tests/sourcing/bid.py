"""A bid evaluation of five vendors with setup charges and price segments.

Bracken and McCormick, Selected Applications of Nonlinear Programming (1968), chapter 3: coal for a
power plant. The published optimum is 15,210,109.512, with 33,000 from a, 165,600 from c and
41,000.48 from e.
"""

from __future__ import annotations

from typing import Any

OPTIMUM = 15_210_109.512
QUANTITIES = {"a": 33_000.0, "c": 165_600.0, "e": 41_000.48}


def in_our_words() -> dict[str, Any]:
    """Return the bid as a sourcing instance, written out."""

    def offer(
        supplier: str, setup: float, least: float, most: float, *tiers: tuple[float, float]
    ) -> dict[str, Any]:
        quotes = [
            {"quantity": begins, "cost_per_part": price, "lead_time_weeks": 1.0}
            for begins, price in tiers
        ]
        return {
            "supplier": supplier,
            "part": "coal",
            "between": "incremental",
            "quotes": quotes,
            "fee_per_order": setup,
            "smallest_quantity": least,
            "largest_quantity": most,
        }

    return {
        "amopt": 1,
        "kind": "sourcing",
        "name": "Bid",
        "source": "Bracken and McCormick 1968, chapter 3",
        "currency": "USD",
        "parts": [{"name": "coal"}],
        "lines": [{"line": "1", "part": "coal", "quantity": 239_600.48, "divisible": True}],
        "offers": [
            offer("a", 3_855.84, 1e-6, 33_000, (1, 61.150)),
            offer(
                "b",
                125_804.84,
                22_000,
                160_000,
                (22_000, 68.099),
                (70_000, 66.049),
                (100_000, 64.099),
                (150_000, 62.119),
            ),
            offer("c", 13_456.00, 1e-6, 165_600, (1, 62.190)),
            offer("d", 6_583.98, 1e-6, 12_000, (1, 72.488)),
            offer("e", 0.0, 1e-6, 77_000, (1, 70.150), (42_000, 68.150)),
        ],
        "minimise": {"cost": 1},
    }


def from_segments(bid: dict[str, Any]) -> dict[str, Any]:
    """Return the published segments as a sourcing instance."""
    offers: dict[str, dict[str, Any]] = {}
    for segment in bid["segments"]:
        offer = offers.setdefault(
            segment["vendor"],
            {
                "supplier": segment["vendor"],
                "part": "coal",
                "between": "incremental",
                "quotes": [],
                "fee_per_order": float(segment["setup"] or 0),
                "smallest_quantity": max(1e-6, float(segment["qmin"])),
            },
        )
        offer["largest_quantity"] = float(segment["qmax"])
        offer["quotes"].append(
            {
                "quantity": max(1.0, float(segment["qmin"])),
                "cost_per_part": float(segment["price"]),
                "lead_time_weeks": 1.0,
            }
        )
    return {
        "amopt": 1,
        "kind": "sourcing",
        "name": "Bid",
        "currency": "USD",
        "parts": [{"name": "coal"}],
        "lines": [
            {
                "line": "1",
                "part": "coal",
                "quantity": float(bid["requirement"]),
                "divisible": True,
            }
        ],
        "offers": list(offers.values()),
        "minimise": {"cost": 1},
    }
