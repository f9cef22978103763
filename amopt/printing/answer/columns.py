"""The tables of an answer: what each of their columns means."""

from __future__ import annotations

from collections.abc import Mapping

from amopt.solution import AS_STATED, Column

__all__ = [
    "COLUMNS",
    "DETERMINISTIC",
    "LIMIT_COLUMNS",
    "PRINTING",
    "PRINTING_ALONE",
    "SINGLE_SOURCE",
    "SUPPLIER_ALONE",
]

PRINTING, SINGLE_SOURCE, DETERMINISTIC = "printing", "single source", "deterministic"
PRINTING_ALONE, SUPPLIER_ALONE = "printing, no expediting", "single source, no expediting"

SOURCING = (
    f"{PRINTING}: every source of the file; {SINGLE_SOURCE}: no printer; the same with no "
    f"expediting; or {DETERMINISTIC}."
)

UNAVOIDABLE = (
    "Regular parts for every failure of a regular part in a fleet that is always up, counted by "
    "the failure rate as the published tables do; subtracted from the sum of the five costs."
)

ACCOUNT: tuple[Column, ...] = (
    Column("yearly_order_cost", "money", "Regular parts, a year.", shown=False),
    Column("yearly_print_cost", "money", "Printed parts, a year.", shown=False),
    Column("yearly_expedite_cost", "money", "Expedited parts, a year.", shown=False),
    Column("yearly_holding_cost", "money", "Parts on the shelf, a year.", shown=False),
    Column("yearly_backorder_cost", "money", "Systems that are down, a year.", shown=False),
    Column(
        "yearly_unavoidable_cost",
        "money",
        UNAVOIDABLE,
        shown=False,
    ),
    Column(
        "expected_stock",
        "parts",
        "Stock on the shelf, averaged over the days of a cycle.",
        shown=False,
    ),
    Column(
        "down_days_per_cycle", "system-days", "Days that systems are down, a cycle.", shown=False
    ),
    Column("orders_per_cycle", "parts", "Regular parts ordered, a cycle.", shown=False),
    Column("prints_per_cycle", "parts", "Parts printed, a cycle."),
    Column("expedites_per_cycle", "parts", "Parts expedited, a cycle.", shown=False),
)

YEARLY = (
    "What is spent in a year of 52 weeks, with the unavoidable cost (see yearly_unavoidable_cost) "
    "subtracted: what is left is what a plan can change. On the criterion of discounted cost: the "
    "equal charge at the start of every cycle that has the same present value."
)

ORDER_UP_TO = (
    "With each replenishment, order up to so many on the shelf; in expectation where a plan mixes "
    "levels (table levels)."
)

WITHOUT = "Cost where nothing can be printed, with the same unavoidable cost subtracted."

FEWEST_TO_EXPEDITE = (
    "Fewest days to go with which a part is expedited; empty where it never is. With more days "
    "another action may be better: see the intervals."
)


SHARE = "Share of the systems that wait; below 1 where the plan mixes actions on these days."

DUAL = "Change of the cost of a cycle a unit of its right-hand side; empty where not known."


LIMITS: tuple[Column, ...] = (
    Column("limit", "", "A limit of the file, or one that was added to the program."),
    Column("says", "", "What it says; empty where it was added to the program."),
    Column("amount", "", "What the plan does of it, in its unit."),
    Column("most", "", "The most of it that is allowed.", shown=False, digits=AS_STATED),
    Column("least", "", "The least of it, for availability.", shown=False, digits=AS_STATED),
    Column("unit", "", "Its unit.", shown=False),
    Column("one_unit", "", "One of that unit.", shown=False),
    Column("dual", "money", DUAL, shown=False),
    Column("yearly_worth", "money", "What one unit more of it is worth a year.", shown=False),
    Column("in_words", "", "The same in words, as long as nothing else comes to bind."),
    Column("single_source_amount", "", "What the plan without a printer does of it.", shown=False),
    Column("single_source_dual", "money", "The dual where nothing can be printed.", shown=False),
)

LIMIT_COLUMNS = tuple(column.name for column in LIMITS)

COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "parts": (
        Column("part", "", "Name of the part."),
        Column("base_stock", "parts", ORDER_UP_TO),
        Column(
            "plan",
            "days to go",
            "What is done for a system that waits, by days to the replenishment: "
            "'print 6-2, wait 1' prints with 6 to 2 days to go and waits with 1.",
        ),
        Column("saving", "money", "What the printer saves a year."),
        Column("yearly_cost", "money", YEARLY),
        Column("single_source_base_stock", "parts", "Stock where nothing can be printed."),
        Column("single_source_yearly_cost", "money", WITHOUT),
        Column("saving_percent", "%", "The saving over that cost.", shown=False),
        Column("system", "", "Type of system that holds it."),
        Column("systems", "", "Systems in service.", shown=False),
        Column(
            "print_threshold",
            "days to go",
            "Fewest days to go with which a waiting system gets a printed part; empty where "
            "it never does. With more days another action may be better: see the plan.",
            shown=False,
        ),
        Column("expedite_threshold", "days to go", FEWEST_TO_EXPEDITE, shown=False),
        *ACCOUNT,
    ),
    "single_source": (
        Column("part", "", "Name of the part.", shown=False),
        Column("base_stock", "parts", ORDER_UP_TO, shown=False),
        Column("expedite_threshold", "days to go", FEWEST_TO_EXPEDITE, shown=False),
        Column("yearly_cost", "money", YEARLY, shown=False),
        *(Column(entry.name, entry.unit, entry.meaning, shown=False) for entry in ACCOUNT),
    ),
    "intervals": (
        Column("part", "", "Name of the part.", shown=False),
        Column("sourcing", "", SOURCING, shown=False),
        Column("action", "", "What is done for a system that waits.", shown=False),
        Column("from_days_to_go", "days to go", "From so many days to go ...", shown=False),
        Column("to_days_to_go", "days to go", "... down to so many.", shown=False),
        Column("share", "", SHARE, shown=False),
    ),
    "levels": (
        Column("part", "", "Name of the part.", shown=False),
        Column("sourcing", "", SOURCING, shown=False),
        Column("base_stock", "parts", ORDER_UP_TO, shown=False),
        Column("share", "", "Share of the cycles that start from this level.", shown=False),
    ),
    "deterministic": (
        Column("part", "", "Name of the part."),
        Column("base_stock", "parts", "With each replenishment, order up to so many."),
        Column("plan", "days to go", "What is done for a system that waits."),
        Column("yearly_cost", "money", YEARLY),
    ),
    "policies": (
        Column("policy", "", "The sources beside the replenishment: printing, expediting, both."),
        Column("base_stock", "parts", ORDER_UP_TO),
        Column("stock_value", "money", "Its value at order cost.", shown=False),
        Column("yearly_cost", "money", YEARLY),
        Column("saving", "money", "What it saves a year beside the supplier alone."),
        Column("saving_percent", "%", "The saving over the cost of the supplier alone."),
        Column("down_days_per_cycle", "system-days", "Days that systems are down, a cycle."),
        Column("prints_per_cycle", "parts", "Parts printed, a cycle."),
        Column("expedites_per_cycle", "parts", "Parts expedited, a cycle."),
    ),
    "other_policies": (
        Column("part", "", "Name of the part.", shown=False),
        Column("sourcing", "", SOURCING, shown=False),
        Column("base_stock", "parts", ORDER_UP_TO, shown=False),
        Column("plan", "days to go", "What is done for a system that waits.", shown=False),
        Column("yearly_cost", "money", YEARLY, shown=False),
    ),
    "printer": (
        Column("yearly_price", "money", "What having the printer costs a year."),
        Column("saving", "money", "What the printer saves a year, its price not counted."),
        Column("net_saving", "money", "The saving less the price."),
        Column(
            "worth_buying",
            "",
            "yes where the saving exceeds the price, or where without a printer no plan keeps the "
            "limits; else no.",
        ),
        Column("break_even_price", "money", "The yearly price up to which it pays: the saving."),
        Column(
            "break_even_purchase_cost",
            "money",
            "The purchase that comes to that price with its upkeep; empty where nothing is bought.",
        ),
    ),
    "limits": LIMITS,
    "totals": (
        Column("parts", "", "Parts in the instance.", shown=False),
        Column("printed_parts", "", "Parts that are printed at some time.", shown=False),
        Column("base_stock", "parts", ORDER_UP_TO),
        Column("stock_value", "money", "Its value at order cost.", shown=False),
        Column("yearly_cost", "money", YEARLY),
        Column("single_source_base_stock", "parts", "Stock where nothing can be printed."),
        Column("single_source_stock_value", "money", "Its value at order cost.", shown=False),
        Column("single_source_yearly_cost", "money", WITHOUT),
        Column("yearly_unavoidable_cost", "money", UNAVOIDABLE, shown=False),
        Column("saving", "money", "What the printer saves a year."),
        Column("saving_percent", "%", "The saving over the cost without a printer."),
        Column("down_days_per_cycle", "system-days", "Days that systems are down, a cycle."),
        Column("prints_per_cycle", "parts", "Parts printed, a cycle."),
        Column(
            "deterministic_yearly_cost",
            "money",
            "The yearly cost of the best plan that is known which does not mix; empty where "
            "the plan above does not mix, too.",
            shown=False,
        ),
    ),
}
"""The columns of each table of an answer."""
