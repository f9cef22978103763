"""The referee of maintenance: what the rules do is followed day by day, and everything compared.

It has never seen the process, the program or the closed forms.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from amopt.maintenance.instance import MaintenanceInstance
from amopt.maintenance.referee.account import account_of
from amopt.maintenance.referee.limits import check_limits
from amopt.maintenance.referee.quadrature import policy_cost
from amopt.referee import TOLERANCE, Amount, Notebook, is_number
from amopt.verdict import Verdict

__all__ = ["check"]

AGES = ("replace_at", "bridge_before", "replace_printed_at")
"""The ages of a policy: t_r, t_b and t_p of the source."""

ELDERS = (0.9, 0.5, 0.1, 1e-2, 1e-3, 1e-4, 1e-6)
"""Shares of the parts that reach the ages that are tried where a part is said never to be replaced.
"""

TABLES = ("totals", "thresholds", "rules", "account", "policies", "limits")


class _Answer(Protocol):
    @property
    def rows(self) -> Mapping[str, Sequence[Mapping[str, Any]]]: ...
    @property
    def outcome(self) -> Any: ...


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
    told = {rule.get("sourcing") for rule in rows["rules"]}
    book.require(told <= set(sourcings), f"rules are not of {', '.join(sourcings)} alone")
    accounts = []
    for sourcing in sourcings:
        account = account_of(book, instance, sourcing, rows["rules"])
        if account is None:
            return book.verdict()
        accounts.append(account)
    _compare(book, "account", rows["account"], accounts)
    due = [{"sourcing": one, **_thresholds(rows["rules"], one)} for one in sourcings]
    _compare(book, "thresholds", rows["thresholds"], due)
    policies = _policies(book, instance, rows["policies"], accounts[0]["cost_per_day"])
    if policies:
        named = [row.get("best_policy") for row in rows["totals"]]
        _compare(book, "totals", rows["totals"], [_totals(instance, accounts, policies, named)])
    book.outcome(solution.outcome, accounts[0]["cost_per_day"])
    own = [rule for rule in rows["rules"] if rule["sourcing"] == sourcings[0]]
    check_limits(book, instance, rows["limits"], own, accounts[0], added=set(limits))
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
    best: Amount,
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
            ages = [row.get(f"{prefix}{name}") for name in AGES]
            if not _ages_hold(book, instance, row["policy"], ages, whole=not prefix):
                return []
            cost = policy_cost(instance, row["policy"], *ages)
            expected[f"{prefix}cost_per_day"] = Amount(cost, best.scale)
            expected |= {f"{prefix}{name}": age for name, age in zip(AGES, ages, strict=True)}
        whole, exact = (expected[f"{prefix}cost_per_day"].value for prefix in ("", "exact_"))
        expected["above_best_percent"] = _percent(instance, whole - best.value, best, whole)
        book.compare(f"policy {row['policy']}", row, expected)
        lower = exact <= whole * (1 + 1e-9) + instance.rounding
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
    holds = all(age is None or (is_number(age) and isinstance(age, float)) for age in ages)
    bridges = policy != "B" and (t_b is None if t_r is None else bool(t_b))
    if t_r is None:  # never: then every failure is bridged, or none
        holds = holds and (t_b is None or (t_b == 0 and policy != "B"))
    else:
        holds = holds and t_r >= wait and (t_b is None) == (policy == "B")
    holds = holds and (t_p is None or (policy == "DA" and bridges and t_p >= wait))
    if holds and t_r is not None and t_b:
        quick = instance.printed.lead_time_days if instance.printed else 0
        holds = t_r - wait - 1e-9 <= t_b <= t_r - quick
    if holds and whole:
        holds = all(age is None or age == int(age) for age in ages)
    return book.require(bool(holds), f"policy {policy} cannot have the ages {list(ages)}")


def _no_neighbour_is_better(
    book: Notebook, instance: MaintenanceInstance, row: Mapping[str, Any]
) -> None:
    """Note an age of which another one nearby, in whole days, costs less, or none at all does."""
    wait, own = instance.regular.lead_time_days, row["cost_per_day"]
    quick = instance.printed.lead_time_days if instance.printed else 0
    for ages in _other_kinds(instance, row, quick):
        cost = policy_cost(instance, row["policy"], *ages)
        book.within(f"policy {row['policy']}, beside {ages}", own.value, cost, own.scale)
    for moved in range(3):
        for step in (-1.0, 1.0):
            near: list[Any] = [row[name] for name in AGES]
            if not near[moved]:
                continue
            near[moved] += step
            if moved == 0 and near[1]:
                near[1] += step
            t_r, t_b, t_p = near
            allowed = t_r is None or t_r >= wait
            if t_r is not None and t_b:
                allowed = allowed and max(t_r - wait, 1) <= t_b < t_r - quick
            allowed = allowed and (t_p is None or t_p >= wait)
            if allowed:
                cost = policy_cost(instance, row["policy"], t_r, t_b, t_p)
                book.within(f"policy {row['policy']}, beside {near}", own.value, cost, own.scale)


def _other_kinds(
    instance: MaintenanceInstance, row: Mapping[str, Any], quick: int
) -> Iterator[list[float | None]]:
    """Yield the ages with one of them never reached, or at some ages where it is never reached."""
    t_r, t_b, t_p = (row[name] for name in AGES)
    wait, life = float(instance.regular.lead_time_days), instance.regular.life
    if t_r is not None:
        yield [None, None if t_b else t_b, t_p]
    else:
        for share in ELDERS:
            age = max(wait, float(round(life.age_of_survival(share))))
            bridge = t_b if t_b is not None or row["policy"] == "B" else age - quick - 1
            if bridge is None or bridge >= 0:
                yield [age, bridge, t_p if bridge else None]
    if row["policy"] == "DA" and t_b != 0 and instance.printed is not None:
        if t_p is not None:
            yield [t_r, t_b, None]
        else:
            for share in ELDERS:
                age = float(round(instance.printed.life.age_of_survival(share)))
                yield [t_r, t_b, max(wait, age)]


def _percent(
    instance: MaintenanceInstance, change: float, of: Amount, whole: float
) -> Amount | None:
    """Return a change in percent; None where there is nothing that it could be a part of.

    Where little is divided by, its rounding counts, times how often it goes into the ``whole``.
    """
    if of.value <= instance.rounding:
        return None
    size = max(1.0, of.scale / of.value) * max(1.0, whole / of.value)
    return Amount(100 * change / of.value, 100 * size)


def _totals(
    instance: MaintenanceInstance,
    accounts: Sequence[dict[str, Any]],
    policies: list[dict[str, Any]],
    named: Sequence[Any],
) -> dict[str, Any]:
    """Return the row of totals; of policies that cost the same, the one that is named is best."""
    cost = accounts[0]["cost_per_day"]
    without = accounts[1]["cost_per_day"] if len(accounts) > 1 else None
    least = min(row["cost_per_day"].value for row in policies)
    least += TOLERANCE * max(least, cost.scale)
    good = [row for row in policies if row["cost_per_day"].value <= least]
    simple = next((row for row in good if row["policy"] in named), good[0])
    saves = percent = None
    if without is not None:
        saves = Amount(without.value - cost.value, max(without.value, without.scale))
        percent = _percent(instance, saves.value, without, without.value)
    return {
        "cost_per_day": cost,
        "regular_only_cost_per_day": without,
        "printing_saves_per_day": saves,
        "printing_saves_percent": percent,
        "best_policy": simple["policy"],
        "best_policy_cost_per_day": simple["cost_per_day"],
        "thresholds_cost_percent": simple["above_best_percent"],
    }
