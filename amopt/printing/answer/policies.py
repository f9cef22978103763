"""The four policies side by side, and whether the printer is worth its price."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from amopt.errors import InfeasibleError, NoAnswerError
from amopt.printing.answer.accounts import Accounts, percent_of, stock_of
from amopt.printing.answer.columns import (
    COLUMNS,
    PRINTING,
    PRINTING_ALONE,
    SINGLE_SOURCE,
    SUPPLIER_ALONE,
)
from amopt.printing.instance import REPORTED_DAYS, PrintingInstance
from amopt.printing.parameters import Parameters
from amopt.printing.policy import Optimum

__all__ = ["COMPARED", "Compared", "compared_policies", "policy_rows", "printer_rows"]

Compared = dict[str, Optimum | None]
"""The best policies from fewer sources than the file has, by the sourcing of the tables."""

COMPARED: Mapping[str, Mapping[str, bool]] = {
    SINGLE_SOURCE: {"printer": False, "expediting": True},
    PRINTING_ALONE: {"printer": True, "expediting": False},
    SUPPLIER_ALONE: {"printer": False, "expediting": False},
}
"""The sources that each of them has."""


def compared_policies(
    instance: PrintingInstance,
    ways: Sequence[Callable[..., Optimum]],
    options: Callable[[], Any],
) -> Compared:
    """Return the best policies from fewer sources; None where the limits forbid them.

    Without a printer; and where parts can be expedited, without that, with a printer and without.
    A way that finds none has the next one asked: fewer sources may keep limits only with stocks
    beyond those that a program offers, or in digits beyond those that its solver has.
    """
    compared: Compared = {}
    for sourcing, sources in COMPARED.items():
        if sources["expediting"] or instance.parameters.can_expedite:
            compared[sourcing] = None
            for way in ways:
                try:
                    compared[sourcing] = way(**sources, options=options())
                    break
                except (InfeasibleError, NoAnswerError) as error:
                    if way is ways[-1] and isinstance(error, NoAnswerError):
                        raise
    return compared


def sourcings(parameters: Parameters) -> Iterator[tuple[str, str]]:
    """Yield the policies that the sources of a file allow, with their sourcing in the tables."""
    prints, expedites = parameters.can_print, parameters.can_expedite
    yield "supplier alone", SUPPLIER_ALONE if expedites else SINGLE_SOURCE
    if expedites:
        yield "expediting", SINGLE_SOURCE
    if prints:
        yield "printing", PRINTING_ALONE if expedites else PRINTING
    if prints and expedites:
        yield "printing and expediting", PRINTING


def policy_rows(parameters: Parameters, accounts: Mapping[str, Accounts]) -> list[dict[str, Any]]:
    """Return the table of policies: the sums over all parts; empty where no plan is possible."""
    table = []
    names = [column.name for column in COLUMNS["policies"]]
    reference = None
    for name, sourcing in sourcings(parameters):
        row: dict[str, Any] = {**dict.fromkeys(names), "policy": name}
        if sourcing in accounts:
            policy, account = accounts[sourcing]
            row["base_stock"], row["stock_value"] = stock_of(parameters, policy)
            for column in ("yearly_cost", "down_days_per_cycle", "prints_per_cycle"):
                row[column] = float(account[column].sum())
            row["expedites_per_cycle"] = float(account["expedites_per_cycle"].sum())
            if name == "supplier alone":
                of_parts = account["yearly_unavoidable_cost"]
                of_systems = REPORTED_DAYS * parameters.backorder_cost
                reference = row["yearly_cost"], float((of_parts + of_systems).sum())
            if reference is not None:
                row["saving"] = reference[0] - row["yearly_cost"]
                row["saving_percent"] = percent_of(row["saving"], *reference)
        table.append(row)
    return table


def printer_rows(instance: PrintingInstance, totals: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return whether the printer is worth its price, where the file gives one."""
    printer, saving = instance.printer, totals["saving"]
    if printer is None:
        return []
    price, purchase = printer.yearly_price, None
    if printer.annuity and saving is not None:
        purchase = max(0.0, saving - (printer.upkeep_per_year or 0.0)) / printer.annuity
    return [
        {
            "yearly_price": price,
            "saving": saving,
            "net_saving": None if saving is None else saving - price,
            "worth_buying": "yes" if saving is None or saving > price else "no",
            "break_even_price": saving,
            "break_even_purchase_cost": purchase,
        }
    ]
