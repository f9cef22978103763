"""The referee of licensing: recomputes every number of an answer from the instance alone.

It reads the contracts from the answer's tables, lets every buyer choose, works out who pays and
saves what, and looks for a contract that earns more (:mod:`amopt.licensing.referee.buyers`). It has
never seen the program.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.licensing.instance import LicensingInstance
from amopt.licensing.referee.alternatives import compare_alternatives
from amopt.licensing.referee.buyers import SAME, Buyers
from amopt.licensing.referee.menus import try_menus
from amopt.referee import Amount, Notebook, is_number
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.solution import Solution

__all__ = ["check"]

FINE = 1e-5
"""Share of what a buyer pays now that a surplus is compared with: it is a small difference."""

EXACT = 1e-7
"""Relative difference from which a stated number is wrong."""

OPTIMALITY = 1e-6
"""Relative distance from the best from which an answer is not optimal."""

TABLES = ("contracts", "buyers", "alternatives", "printers", "limits", "totals")
SIDES = ("at", "just above", "just below")

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def check(
    instance: LicensingInstance, solution: Solution, *, limits: Sequence[str] = ()
) -> Verdict:
    """Recompute an answer from the instance.

    Every column of every row of every table is compared, and every buyer's choice is made again. Of
    one contract the referee finds the supremum by itself. Of a menu it holds the bound to every
    pair of royalties, by a bound of its own or by trying fees.

    Parameters
    ----------
    instance
        The instance.
    solution
        The answer; ``rows`` and ``outcome`` are read.
    limits
        The names of limits that were added to the program; the referee does not know what they say.

    Returns
    -------
    Verdict
        ``measures`` holds ``best_profit``, the most that the referee finds one contract to earn,
        and of a menu ``pairs_left``: the pairs of royalties that were too many to look at.
    """
    notebook = Notebook(tolerance=EXACT)
    rows, buyers = solution.rows, Buyers(instance)
    notebook.tables(rows, TABLES)
    if notebook.findings:
        return notebook.verdict()
    stated = [row.get("limit") for row in rows["limits"]]
    fits = stated == list(limits) and all(set(row) == {"limit"} for row in rows["limits"])
    notebook.require(fits, f"limits are {stated}; those that were added are {list(limits)}")
    contracts = _contracts(notebook, instance, rows["contracts"])
    due = [buyer.name for buyer in instance.buyers]
    names = [row.get("buyer") for row in rows["buyers"]]
    notebook.require(names == due, f"the buyers are {names}, not {due}")
    notebook.require(len(rows["totals"]) == 1, "totals has not one row")
    if notebook.findings:
        return notebook.verdict()
    fee, royalty, worth = contracts[:, 0], contracts[:, 1], buyers.worth(contracts[:, 1])
    choice = _choices(buyers, fee, royalty, worth)
    bills = _compare_buyers(notebook, buyers, rows["buyers"], (contracts, worth), choice)
    _compare_contracts(notebook, rows["contracts"], contracts, choice)
    _compare_printers(notebook, instance, rows["printers"], choice)
    compare_alternatives(notebook, buyers, rows["alternatives"])
    _hold_to_limits(notebook, buyers, bills, choice)
    _compare_totals(notebook, buyers, rows, (contracts, choice), bills)
    _optimality(notebook, buyers, solution, bills, bool(limits))
    return notebook.verdict()


def _contracts(
    notebook: Notebook, instance: LicensingInstance, rows: Sequence[Mapping[str, Any]]
) -> Floats:
    """Return fee and royalty of each contract, shape (contracts, 2), noting what is none."""
    most = instance.contracts
    notebook.require(len(rows) <= most, f"{len(rows)} contracts are offered, of {most}")
    found = []
    for row in rows:
        pair = [row.get("fee"), row.get("royalty")]
        fits = all(is_number(value) and value >= 0 for value in pair)  # type: ignore[operator]
        if notebook.require(fits, f"{dict(row)} is not a contract"):
            found.append([float(value) for value in pair])  # type: ignore[arg-type]
    return np.array(found).reshape(-1, 2)


def _choices(buyers: Buyers, fee: Floats, royalty: Floats, worth: Floats) -> Ints:
    """Return the contract that each buyer takes, -1 for none.

    Indifferent ones take the licence, and of two the one that earns the maker more.
    """
    found = np.full(buyers.demand.size, -1)
    for buyer, demand in enumerate(buyers.demand):
        tie = SAME * buyers.traditional[buyer]
        saving = [worth[number, buyer] - fee[number] for number in range(len(fee))]
        best = max(saving, default=-math.inf)
        if best >= -tie:
            good = [number for number, own in enumerate(saving) if own >= best - tie]
            found[buyer] = max(good, key=lambda n: (fee[n] + royalty[n] * demand, -n))
    return found


def _compare_buyers(
    notebook: Notebook,
    buyers: Buyers,
    rows: Sequence[Mapping[str, Any]],
    offer: tuple[Floats, Floats],
    choice: Ints,
) -> list[dict[str, Any]]:
    """Compare the table of buyers, and return what it should say."""
    (contracts, worth), free = offer, buyers.worth(np.zeros(1))[0]
    bills = []
    for buyer, (entry, row) in enumerate(zip(buyers.instance.buyers, rows, strict=True)):
        number, demand = int(choice[buyer]), float(buyers.demand[buyer])
        now = float(buyers.traditional[buyer])
        fee, royalty = contracts[number].tolist() if number >= 0 else (0.0, 0.0)
        saving = float(worth[number, buyer]) - fee if number >= 0 else 0.0
        saving = saving if abs(saving) > SAME * now else 0.0
        earned = fee + royalty * demand if number >= 0 else float(buyers.margin[buyer])
        bill = {
            "buyer": entry.name,
            "demand_per_year": demand,
            "channel": "licence" if number >= 0 else "traditional",
            "contract": number + 1 if number >= 0 else None,
            "surplus": Amount(saving, now * FINE),
            "least_surplus": entry.least_surplus,
            "earned": earned,
            "fee_paid": fee,
            "royalties_paid": royalty * demand,
            "traditional_cost": now,
            "highest_fee": Amount(float(free[buyer]), now * FINE),
        }
        notebook.compare(f"buyer {entry.name!r}", row, bill)
        bills.append(bill)
    return bills


def _compare_contracts(
    notebook: Notebook, rows: Sequence[Mapping[str, Any]], contracts: Floats, choice: Ints
) -> None:
    """Compare the table of contracts; each must be taken by somebody."""
    for number, row in enumerate(rows):
        count = int((choice == number).sum())
        notebook.require(count > 0, f"nobody takes contract {number + 1}")
        expected = {
            "contract": number + 1,
            "fee": float(contracts[number, 0]),
            "royalty": float(contracts[number, 1]),
            "licensees": count,
            "side": row.get("side"),
        }
        notebook.compare(f"contract {number + 1}", row, expected)
        known = row.get("side") in SIDES and (len(rows) == 1 or row.get("side") == "at")
        notebook.require(known, f"contract {number + 1} lies {row.get('side')!r} a supremum")


def _compare_printers(
    notebook: Notebook,
    instance: LicensingInstance,
    rows: Sequence[Mapping[str, Any]],
    choice: Ints,
) -> None:
    """Compare the table of printers, and hold them to their capacities."""
    stated = [row.get("printer") for row in rows]
    due = [printer.name for printer in instance.printers]
    if not notebook.require(stated == due, f"the printers are {stated}, not {due}"):
        return
    for printer, row in zip(instance.printers, rows, strict=True):
        used = math.fsum(
            buyer.demand_per_year
            for buyer, number in zip(instance.buyers, choice, strict=True)
            if buyer.printer == printer.name and number >= 0
        )
        where = f"printer {printer.name!r}"
        capacity = printer.prints_per_year
        expected = {"printer": printer.name, "prints_per_year": used, "capacity": capacity}
        notebook.compare(where, row, expected)
        notebook.within(f"{where}, prints", used, capacity)


def _hold_to_limits(
    notebook: Notebook, buyers: Buyers, bills: Sequence[Mapping[str, Any]], choice: Ints
) -> None:
    """Hold the offer to the limits on licensees and surplus."""
    most = buyers.instance.limits.most_licensees
    if most is not None:
        notebook.within("licensees", int((choice >= 0).sum()), most)
    for buyer, bill in zip(buyers.instance.buyers, bills, strict=True):
        if buyer.least_surplus is not None:
            saved = bill["surplus"].value
            scale = 1e-3 * bill["traditional_cost"]
            words = f"what {buyer.name!r} must save, less what he saves"
            notebook.within(words, buyer.least_surplus - saved, 0.0, scale)


def _sum(bills: Sequence[Mapping[str, Any]], column: str) -> Amount:
    """Return the sum of a column of amounts, and of their scales."""
    amounts = [bill[column] for bill in bills]
    return Amount(
        math.fsum(one.value for one in amounts),
        math.fsum(max(one.scale, abs(one.value)) for one in amounts),
    )


def _share(part: Amount, whole: float) -> Amount | None:
    """Return a share in percent; None of nothing."""
    if whole <= 0:
        return None
    return Amount(100 * part.value / whole, 100 * part.scale / whole)


def _compare_totals(
    notebook: Notebook,
    buyers: Buyers,
    rows: Rows,
    offer: tuple[Floats, Ints],
    bills: Sequence[Mapping[str, Any]],
) -> None:
    """Compare the row of totals."""
    (contracts, choice), (row,) = offer, rows["totals"]
    profit = math.fsum(bill["earned"] for bill in bills)
    base = float(buyers.margin.sum())
    surplus = _sum(bills, "surplus")
    fees = math.fsum(bill["fee_paid"] for bill in bills)
    best = math.fsum(np.maximum(buyers.margin, [bill["highest_fee"].value for bill in bills]))
    side = rows["contracts"][0].get("side") if rows["contracts"] else "at"
    expected = {
        "form": _form(buyers.demand, choice, contracts),
        "licensees": int((choice >= 0).sum()),
        "profit": profit,
        "supremum": row.get("supremum"),
        "attained": side == "at",
        "centralised_profit": base,
        "gain": Amount(profit - base, abs(profit) + abs(base)),
        "surplus": surplus,
        "share_extracted": _share(Amount(fees, fees + surplus.scale), fees + surplus.value),
        "efficiency": _share(Amount(profit + surplus.value, profit + surplus.scale), best),
    }
    notebook.compare("totals", row, expected)


def _form(demand: Floats, choice: Ints, contracts: Floats) -> str:
    """Return the form of the supply chain."""
    prints, buys = demand[choice >= 0], demand[choice < 0]
    if not prints.size:
        return "centralised"
    if buys.size:
        if prints.min() >= buys.max():
            return "hybrid large"
        return "hybrid small" if prints.max() <= buys.min() else "hybrid mixed"
    taken = sorted(set(choice.tolist()))
    if len(taken) > 1:
        return "decentralised by menu"
    fee, royalty = contracts[taken[0]]
    parts = [name for name, charged in (("fee", fee), ("royalty", royalty)) if charged]
    return f"decentralised by {' and '.join(parts) or 'fee'}"


def _optimality(
    notebook: Notebook,
    buyers: Buyers,
    solution: Solution,
    bills: Sequence[Mapping[str, Any]],
    extended: bool,
) -> None:
    """Compare status, objective, bound and supremum with what is found."""
    profit = math.fsum(bill["earned"] for bill in bills)
    best = buyers.best_profit(limited=True)
    notebook.measures["best_profit"] = best
    outcome, (total,) = solution.outcome, solution.rows["totals"]
    status = str(outcome.status)
    bound: Any = outcome.bound
    supremum: Any = total.get("supremum")
    notebook.require(status in ("optimal", "feasible"), f"an answer is not {status}")
    scale = float(np.abs(buyers.margin).sum() + 1e-3 * buyers.traditional.sum())
    near = OPTIMALITY * max(abs(profit), scale)
    notebook.same("objective", outcome.objective, Amount(profit, scale))
    known = is_number(supremum) and supremum >= profit - near
    notebook.require(known, f"the supremum {supremum!r} is below the profit of {profit:.9g}")
    if bound is not None:
        fits = is_number(bound) and is_number(supremum) and bound >= supremum - near
        notebook.require(fits, f"the bound {bound!r} is below the supremum {supremum!r}")
    if status == "optimal":
        proven = is_number(bound) and bound <= profit + near
        notebook.require(proven, f"{profit:.9g} is called optimal with the bound {bound!r}")
    if total.get("attained") is True:
        notebook.same("a supremum that is attained", supremum, Amount(profit, scale))
    if buyers.instance.contracts == 1 and not extended:
        if status == "optimal":
            notebook.same("supremum", supremum, Amount(best, scale))
        fits = is_number(supremum) and supremum <= best + near
        notebook.require(fits, f"the supremum {supremum!r} is above what is possible, {best:.9g}")
        fits = bound is None or (is_number(bound) and bound >= best - near)
        notebook.require(fits, f"the bound {bound!r} is below what a contract earns, {best:.9g}")
    elif is_number(bound) and not extended:
        tried = try_menus(buyers, bound + near)
        notebook.measures["pairs_left"] = tried.left
        fits = tried.best <= bound + near
        notebook.require(fits, f"the bound {bound!r} is below what a menu earns, {tried.best:.9g}")
