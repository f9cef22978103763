"""The tables of an answer, from the offer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amopt.licensing.answer.solution import LICENCE, TRADITIONAL
from amopt.licensing.contract import NONE, Offer
from amopt.licensing.costs import SAME, Buyers
from amopt.licensing.forms import form_of, pay_per_print, subscription, theorem
from amopt.licensing.methods.exact import supremum
from amopt.solution import Table

__all__ = ["tables"]


def tables(buyers: Buyers, offer: Offer, limits: Sequence[str] = ()) -> dict[str, Table]:
    """Return the tables of an answer.

    Parameters
    ----------
    buyers
        The buyers.
    offer
        What is offered, and what comes of it.
    limits
        The names of the limits that a caller added.
    """
    rows = _buyers(buyers, offer)
    return {
        "contracts": [
            {
                "contract": number + 1,
                "fee": one.fee,
                "royalty": one.royalty,
                "licensees": int((offer.choice == number).sum()),
                "side": offer.side,
            }
            for number, one in enumerate(offer.contracts)
        ],
        "buyers": rows,
        "alternatives": _alternatives(buyers),
        "printers": _printers(buyers, offer),
        "limits": [{"limit": name} for name in limits],
        "totals": [_totals(buyers, offer, rows)],
    }


def _buyers(buyers: Buyers, offer: Offer) -> list[dict[str, Any]]:
    """Return what each buyer does, pays and saves."""
    now, free = buyers.traditional_cost, buyers.highest_fee(0.0)
    worth = [buyers.highest_fee(one.royalty) for one in offer.contracts]
    found = []
    for index, buyer in enumerate(buyers.instance.buyers):
        number, demand = int(offer.choice[index]), buyer.demand_per_year
        takes = number != NONE
        fee = offer.contracts[number].fee if takes else 0.0
        royalties = offer.contracts[number].royalty * demand if takes else 0.0
        saving = float(worth[number][index]) - fee if takes else 0.0
        found.append(
            {
                "buyer": buyer.name,
                "demand_per_year": demand,
                "channel": LICENCE if takes else TRADITIONAL,
                "contract": number + 1 if takes else None,
                "surplus": saving if abs(saving) > SAME * now[index] else 0.0,
                "least_surplus": buyer.least_surplus,
                "earned": fee + royalties if takes else buyers.margin * demand,
                "fee_paid": fee,
                "royalties_paid": royalties,
                "traditional_cost": float(now[index]),
                "highest_fee": float(free[index]),
            }
        )
    return found


def _alternatives(buyers: Buyers) -> list[dict[str, Any]]:
    """Return simpler licences at their best, and the supremum of all, without the limits."""
    plain = buyers.without_limits()
    base = float((buyers.margin * buyers.demand).sum())
    rows: list[dict[str, Any]] = [_alternative("no licence", (None, None), 0, base, base)]
    for name, found in (
        ("subscription", subscription(plain)),
        ("pay per print", pay_per_print(plain)),
        ("theorem", theorem(plain)),
    ):
        if found is not None:
            one = found.contracts[0] if found.contracts else None
            count = int((found.choice != NONE).sum())
            terms = (None, None) if one is None else (one.fee, one.royalty)
            rows.append(_alternative(name, terms, count, found.profit, base))
    limit = supremum(plain)
    assert limit is not None
    count = int(limit.licensees.sum())
    terms = (limit.fee, limit.royalty) if count else (None, None)
    rows.append(_alternative("fee and royalty", terms, count, limit.profit, base))
    return rows


def _alternative(
    name: str,
    contract: tuple[float | None, float | None],
    licensees: int,
    profit: float,
    base: float,
) -> dict[str, Any]:
    return {
        "alternative": name,
        "fee": contract[0],
        "royalty": contract[1],
        "licensees": licensees,
        "profit": profit,
        "more_than_no_licence": _percent(profit - base, base),
    }


def _percent(part: float, whole: float) -> float | None:
    """Return a share in percent; None of nothing."""
    return 100 * part / whole if whole > 0 else None


def _printers(buyers: Buyers, offer: Offer) -> list[dict[str, Any]]:
    """Return what each printer prints."""
    used = {printer.name: 0.0 for printer in buyers.instance.printers}
    for buyer, number in zip(buyers.instance.buyers, offer.choice.tolist(), strict=True):
        if buyer.printer is not None and number != NONE:
            used[buyer.printer] += buyer.demand_per_year
    return [
        {
            "printer": printer.name,
            "prints_per_year": used[printer.name],
            "capacity": printer.prints_per_year,
        }
        for printer in buyers.instance.printers
    ]


def _totals(buyers: Buyers, offer: Offer, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the sums, the form of the chain and what is left on the table."""
    base = float((buyers.margin * buyers.demand).sum())
    surplus = sum(row["surplus"] for row in rows)
    fees = sum(row["fee_paid"] for row in rows)
    most = sum(row["fee_paid"] + row["surplus"] for row in rows)
    best = sum(max(buyers.margin * row["demand_per_year"], row["highest_fee"]) for row in rows)
    return {
        "form": form_of(buyers.demand, offer.choice, offer.contracts),
        "licensees": sum(row["channel"] == LICENCE for row in rows),
        "profit": offer.profit,
        "supremum": offer.supremum,
        "attained": offer.side == "at",
        "centralised_profit": base,
        "gain": offer.profit - base,
        "surplus": surplus,
        "share_extracted": _percent(fees, most),
        "efficiency": _percent(offer.profit + surplus, best),
    }
