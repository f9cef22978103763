"""The referee of maintenance: what the rules do is followed day by day, and everything compared.

It has never seen the process, the program or the closed forms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from amopt.maintenance.instance import MaintenanceInstance
from amopt.maintenance.referee.quadrature import policy_cost
from amopt.maintenance.referee.renewal import Plan, averages
from amopt.referee import Amount, Notebook, is_number
from amopt.verdict import Verdict

__all__ = ["check"]

TABLES = ("totals", "thresholds", "rules", "account", "policies", "limits")
RULE = ("sourcing", "installed", "order", "action", "from_day", "to_day", "share")
ACTIONS = {
    ("regular", "no order"): ("keep", "order"),
    ("printed", "no order"): ("keep", "order"),
    ("regular", "in stock"): ("keep", "install", "install and order"),
    ("printed", "in stock"): ("keep", "install", "install and order"),
    ("none", "no order"): ("wait", "order", "print", "print and order"),
    ("none", "on order"): ("wait", "print"),
    ("none", "in stock"): ("wait", "print", "install", "install and order"),
}
YEAR = 365.0


class _Outcome(Protocol):
    @property
    def objective(self) -> float | None: ...
    @property
    def bound(self) -> float | None: ...


class _Answer(Protocol):
    @property
    def rows(self) -> Mapping[str, Sequence[Mapping[str, Any]]]: ...
    @property
    def outcome(self) -> _Outcome: ...


def check(instance: MaintenanceInstance, solution: _Answer, limits: Iterable[str] = ()) -> Verdict:
    """Recompute everything that an answer says.

    Parameters
    ----------
    instance
        The instance.
    solution
        The answer.
    limits
        The names of limits that were added to the program, which the referee cannot know.
    """
    book, rows = Notebook(), solution.rows
    book.tables(rows, TABLES)
    if book.findings:
        return book.verdict()
    sourcings = ["printing"] if instance.printed is not None else []
    stated = [row.get("sourcing") for row in rows["account"]]
    alone = not sourcings or "regular parts only" in stated
    sourcings += ["regular parts only"] if alone else []
    accounts = []
    for sourcing in sourcings:
        account = _account(book, instance, sourcing, rows["rules"])
        if account is None:
            return book.verdict()
        accounts.append(account)
    _compare(book, "account", rows["account"], accounts)
    due = [{"sourcing": one, **_thresholds(rows["rules"], one)} for one in sourcings]
    _compare(book, "thresholds", rows["thresholds"], due)
    cost = accounts[0]["cost_per_day"].value
    policies = _policies(book, instance, rows["policies"], cost)
    if policies:
        _compare(book, "totals", rows["totals"], [_totals(accounts, policies)])
    book.same("the objective", solution.outcome.objective, accounts[0]["cost_per_day"])
    if solution.outcome.bound is not None:
        book.within("the bound", solution.outcome.bound, cost)
    _limits(book, instance, rows["limits"], accounts[0], set(limits))
    return book.verdict()


def _compare(
    book: Notebook,
    table: str,
    stated: Sequence[Mapping[str, Any]],
    due: Sequence[Mapping[str, Any]],
) -> None:
    """Compare a table row by row."""
    if book.require(len(stated) == len(due), f"table {table} has {len(stated)} rows"):
        for index, (row, expected) in enumerate(zip(stated, due, strict=True), start=1):
            book.compare(f"{table}, row {index}", row, expected)


def _account(
    book: Notebook,
    instance: MaintenanceInstance,
    sourcing: str,
    rules: Sequence[Mapping[str, Any]],
) -> dict[str, Any] | None:
    """Return what a plan spends and uses; None where its rules cannot be followed."""
    own = [rule for rule in rules if rule.get("sourcing") == sourcing]
    known = instance if sourcing == "printing" else instance.supposing(printed=None)
    if not _rules_hold(book, known, sourcing, own):
        return None
    plan = Plan.of(known, own)
    gaps = plan.gaps()
    book.require(not gaps, f"{sourcing}: the shares of the actions do not sum to 1 in {gaps}")
    day = None if gaps else averages(known, plan)
    if not book.require(day is not None, f"{sourcing}: no regular part is ever installed"):
        return None
    assert day is not None
    printed = 0.0 if known.printed is None else known.printed.cost
    costs = {
        "order_cost_per_day": known.regular.cost * day["orders"],
        "print_cost_per_day": printed * day["prints"],
        "replacement_cost_per_day": known.replacement_cost * (day["installs"] + day["prints"]),
        "failure_cost_per_day": known.failure_cost * day["failures"],
        "downtime_cost_per_day": known.downtime_cost_per_day * day["down"],
        "holding_cost_per_day": known.holding_cost * day["held"],
    }
    total = sum(costs.values())
    # What is next to nothing beside the whole cannot be compared to its own size.
    return {
        "sourcing": sourcing,
        "cost_per_day": Amount(total),
        **{name: Amount(value, 1e-3 * total) for name, value in costs.items()},
        "orders_per_year": Amount(YEAR * day["orders"], 1e-3),
        "prints_per_year": Amount(YEAR * day["prints"], 1e-3),
        "failures_per_year": Amount(YEAR * day["failures"], 1e-3),
        "downtime_days_per_year": Amount(YEAR * day["down"], 1e-3),
        "stock": Amount(day["held"], 1e-3),
    }


def _rules_hold(
    book: Notebook,
    instance: MaintenanceInstance,
    sourcing: str,
    rules: Sequence[Mapping[str, Any]],
) -> bool:
    """Note rules that cannot be followed."""
    sizes = {"regular": instance.oldest_regular, "printed": instance.oldest_printed, "none": 1}
    before = len(book.findings)
    for rule in rules:
        where = (str(rule.get("installed")), str(rule.get("order")))
        what = f"{sourcing}, rule {dict(rule)}"
        if not book.require(tuple(rule) == RULE and where in ACTIONS, f"{what} is not known"):
            continue
        prints = rule["action"].startswith("print") if isinstance(rule["action"], str) else False
        may = rule["action"] in ACTIONS[where] and not (prints and instance.printed is None)
        book.require(may, f"{what}: this cannot be done")
        size = sizes[where[0]] + (where[1] == "on order") * instance.regular.lead_time_days
        days = (rule["from_day"], rule["to_day"])
        whole = all(type(day) is int for day in days)
        low = int(where[1] == "on order")
        book.require(
            whole and low <= days[0] <= days[1] < size, f"{what}: the days are not of the grid"
        )
        share = rule["share"]
        book.require(is_number(share) and 0 < share <= 1 + 1e-9, f"{what}: not a share")
    wanted = {key for key in ACTIONS if instance.printed is not None or key[0] != "printed"}
    missing = wanted - {(rule.get("installed"), rule.get("order")) for rule in rules}
    book.require(not missing, f"{sourcing}: no rule for {sorted(missing)}")
    return len(book.findings) == before


def _thresholds(rules: Sequence[Mapping[str, Any]], sourcing: str) -> dict[str, int | None]:
    """Return the first day of each decision."""
    wanted = {
        "order_at": ("regular", "no order", "order"),
        "replace_at": ("regular", "in stock", "install"),
        "print_from": ("none", "on order", "print"),
        "printed_order_at": ("printed", "no order", "order"),
        "printed_replace_at": ("printed", "in stock", "install"),
    }
    found: dict[str, int | None] = dict.fromkeys(wanted)
    for name, (installed, order, action) in wanted.items():
        for rule in rules:
            if (rule["sourcing"], rule["installed"], rule["order"]) == (
                sourcing,
                installed,
                order,
            ) and rule["action"].startswith(action):
                day, known = rule["from_day"], found[name]
                found[name] = day if known is None else min(day, known)
    return found


def _policies(
    book: Notebook,
    instance: MaintenanceInstance,
    stated: Sequence[Mapping[str, Any]],
    best: float,
) -> list[dict[str, Any]]:
    """Return the policies of the source at the ages that are stated, with what they cost."""
    names = ["B", "TR", "DA"] if instance.printed is not None else ["B"]
    told = [row.get("policy") for row in stated]
    if not book.require(told == names, f"policies are not {names}"):
        return []
    found = []
    for row in stated:
        expected: dict[str, Any] = {"policy": row["policy"]}
        for prefix in ("", "exact_"):
            ages = [
                row.get(f"{prefix}{name}")
                for name in ("replace_at", "bridge_before", "replace_printed_at")
            ]
            if not _ages_hold(book, instance, row["policy"], ages, whole=not prefix):
                return []
            cost = policy_cost(instance, row["policy"], ages[0] or 0.0, ages[1], ages[2])
            expected[f"{prefix}cost_per_day"] = cost
            for name, age in zip(
                ("replace_at", "bridge_before", "replace_printed_at"), ages, strict=True
            ):
                expected[f"{prefix}{name}"] = age
        expected["above_best_percent"] = Amount(100 * (expected["cost_per_day"] / best - 1), 100.0)
        book.compare(f"policy {row['policy']}", row, expected)
        lower = expected["exact_cost_per_day"] <= expected["cost_per_day"] * (1 + 1e-9)
        book.require(lower, f"policy {row['policy']}: whole days cost less than fractions")
        _no_neighbour_is_better(book, instance, expected)
        found.append(expected)
    return found


def _ages_hold(
    book: Notebook,
    instance: MaintenanceInstance,
    policy: str,
    ages: Sequence[Any],
    *,
    whole: bool,
) -> bool:
    """Note ages that the policy does not allow."""
    t_r, t_b, t_p = ages
    wait = instance.regular.lead_time_days
    numbers = all(age is None or (is_number(age) and isinstance(age, float)) for age in ages)
    holds = numbers and t_r is not None and t_r >= wait
    holds = holds and (t_b is None) == (policy == "B")
    holds = holds and (t_p is None) == (policy != "DA" or not t_b)
    if holds and t_b:
        quick = instance.printed.lead_time_days if instance.printed else 0
        holds = t_r - wait - 1e-9 <= t_b <= t_r - quick and (t_p is None or t_p >= wait)
    if holds and whole:
        holds = all(age is None or age == int(age) for age in ages)
    return book.require(bool(holds), f"policy {policy} cannot have the ages {list(ages)}")


def _no_neighbour_is_better(
    book: Notebook, instance: MaintenanceInstance, row: Mapping[str, Any]
) -> None:
    """Note an age of which another one nearby, in whole days, costs less."""
    names = ("replace_at", "bridge_before", "replace_printed_at")
    wait = instance.regular.lead_time_days
    quick = instance.printed.lead_time_days if instance.printed else 0
    for moved in range(3):
        for step in (-1.0, 1.0):
            ages = [row[name] for name in names]
            if not ages[moved]:
                continue
            ages[moved] += step
            if moved == 0 and ages[1]:
                ages[1] += step
            t_r, t_b, t_p = ages
            allowed = wait <= t_r <= instance.oldest_regular
            allowed = allowed and (not t_b or max(t_r - wait, 1) <= t_b < t_r - quick)
            allowed = allowed and (t_p is None or wait <= t_p <= instance.oldest_printed)
            if allowed:
                cost = policy_cost(instance, row["policy"], t_r, t_b, t_p)
                book.within(f"policy {row['policy']}, beside {ages}", row["cost_per_day"], cost)


def _totals(accounts: Sequence[dict[str, Any]], policies: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the row of totals."""
    cost = accounts[0]["cost_per_day"].value
    without = accounts[1]["cost_per_day"].value if len(accounts) > 1 else None
    simple = min(policies, key=lambda row: float(row["cost_per_day"]))
    saves = None if without is None else Amount(without - cost, without)
    percent = None if saves is None else Amount(100 * saves.value / saves.scale, 100.0)
    return {
        "cost_per_day": cost,
        "regular_only_cost_per_day": without,
        "printing_saves_per_day": saves,
        "printing_saves_percent": percent,
        "best_policy": simple["policy"],
        "best_policy_cost_per_day": simple["cost_per_day"],
        "thresholds_cost_percent": simple["above_best_percent"],
    }


def _limits(
    book: Notebook,
    instance: MaintenanceInstance,
    stated: Sequence[Mapping[str, Any]],
    account: Mapping[str, Any],
    added: set[str],
) -> None:
    """Note limits that are not kept, not named, or priced against their direction."""
    most = {
        "stock": (instance.limits.stock, account["stock"].value),
        "downtime": (
            instance.limits.downtime_days_per_year,
            account["downtime_days_per_year"].value,
        ),
    }
    due = {name for name, (limit, _) in most.items() if limit is not None} | added
    names = [row.get("limit") for row in stated]
    book.require(sorted(map(str, names)) == sorted(due), f"the limits are not {sorted(due)}")
    for row in stated:
        if set(row) != {"limit", "dual"}:
            book.require(False, f"limits: {dict(row)} is not a row of it")
            continue
        limit, used = most.get(str(row["limit"]), (None, 0.0))
        if limit is None:
            continue
        book.within(f"limit {row['limit']}", used, limit, 1.0)
        dual = row["dual"]
        if dual is not None:
            fits = is_number(dual) and dual <= 1e-7
            slack = limit - used > 1e-6 * max(limit, 1.0)
            fits = fits and (not slack or abs(dual) <= 1e-6)
            book.require(fits, f"limit {row['limit']}: {dual!r} cannot be its price")
