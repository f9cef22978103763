"""The referee of a busy printer: states gone through again, and a simulation of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.printing.instance import REPORTED_DAYS, PrintingInstance
from amopt.printing.referee.plan import Terms, terms_of
from amopt.printing.referee.probabilities import binomial
from amopt.printing.referee.studies.shared_printer import LEVELS, Part, idle_systems, least_extra
from amopt.referee import Amount, Notebook
from amopt.verdict import Verdict

__all__ = ["check_busy"]

Floats = NDArray[np.float64]
Rows = Sequence[Mapping[str, Any]]
Savings = list[tuple[float, str]]

CYCLES, SEED = 20_000, 20_011
"""The referee's own simulation."""

FAR = 5.0
"""Standard errors beyond which two means do not differ by chance."""


def check_busy(instance: PrintingInstance, rows: Mapping[str, Rows]) -> Verdict:
    """Return what the referee says of the tables of an answer about a busy printer."""
    notebook = Notebook()
    notebook.tables(rows, ("parts", "priorities", "groups", "totals"))
    if notebook.findings:
        return notebook.verdict()
    most = instance.most_prints_per_day or 0
    terms = [terms_of(instance, k, printer=True) for k in range(len(instance.parts))]
    names = [part.name for part in instance.parts]
    fits = [row.get("part") for row in rows["parts"]] == names and len(rows["totals"]) == 1
    if not notebook.require(fits, "parts or totals: rows are missing, moved or unknown"):
        return notebook.verdict()
    rates = instance.parameters.failures_per_day
    avoided = [one.c_r * one.N * float(rate) for one, rate in zip(terms, rates, strict=True)]
    sums = {"free": 0.0, "alone": 0.0}
    scale = 0.0
    for row, one, less in zip(rows["parts"], terms, avoided, strict=True):
        right: dict[str, Any] = {"part": row["part"], "base_stock": row.get("base_stock")}
        for name, limit in (("free", one.N), ("alone", most)):
            stock = row.get(f"{name}_base_stock")
            known = type(stock) is int and 0 <= stock <= one.N * one.L
            if not notebook.require(known, f"part {row['part']!r}: a stock of {stock!r}"):
                return notebook.verdict()
            cost = _by_level(one, limit, int(stock) + 2)  # type: ignore[arg-type]
            best = float(cost[int(stock)])  # type: ignore[arg-type]
            notebook.require(
                best <= float(cost.min()) * (1 + 1e-9),
                f"part {row['part']!r}: another stock than {stock} costs less ({name})",
            )
            yearly = REPORTED_DAYS * (best / one.L - less)
            right[f"{name}_base_stock"] = stock
            right[f"{name}_yearly_cost"] = Amount(yearly, REPORTED_DAYS * (best / one.L + less))
            sums[name] += yearly
            scale += REPORTED_DAYS * less
        notebook.compare(f"part {row['part']!r}", row, right)
    taken = [row.get("base_stock") for row in rows["parts"]]
    fits = all(
        type(level) is int and 0 <= level <= one.N * one.L
        for level, one in zip(taken, terms, strict=True)
    )
    alone = [row["alone_base_stock"] for row in rows["parts"]]
    if not notebook.require(
        fits and (len(terms) > 1 or taken == alone), "parts: base_stock does not fit"
    ):
        return notebook.verdict()
    savings = _check_priorities(notebook, instance, rows["priorities"])
    bound = sums["alone"] + _check_groups(notebook, instance, terms, rows)
    if not notebook.findings:
        total = rows["totals"][0]
        right = {
            "most_prints_per_day": most,
            "free_yearly_cost": Amount(sums["free"], scale),
            "alone_yearly_cost": Amount(sums["alone"], scale),
            "bound": Amount(bound, scale),
            "yearly_cost": total.get("yearly_cost"),
            "half_width": total.get("half_width"),
        }
        notebook.compare("totals", total, right)
        about = (total, bound, sum(avoided), scale)
        _check_cost(notebook, (terms, savings), taken, most, about)
    return notebook.verdict()


def _check_groups(
    notebook: Notebook,
    instance: PrintingInstance,
    terms: Sequence[Terms],
    rows: Mapping[str, Rows],
) -> float:
    """Note groups that count a part twice or cost less than they say; return their sum."""
    names = [part.name for part in instance.parts]
    groups: dict[Any, dict[int, Mapping[str, Any]]] = {}
    for row in rows["groups"]:
        number, name, share = row.get("group"), row.get("part"), row.get("share")
        known = type(number) is int and number in (len(groups), len(groups) + 1) and name in names
        sound = isinstance(share, float) and 0.0 < share <= 1.0
        if not notebook.require(known and sound, "groups: a row that cannot be read"):
            return 0.0
        group, part = groups.setdefault(number, {}), names.index(str(name))
        notebook.require(part > max(group, default=-1), f"group {number}: {name!r} is out of order")
        group[part] = row
    for part, name in enumerate(names):
        taken = sum(group[part]["share"] for group in groups.values() if part in group)
        notebook.require(taken <= 1 + 1e-9, f"groups: {name!r} is counted {taken:.6g} times")
    if notebook.findings:
        return 0.0
    yearly, most = REPORTED_DAYS / instance.cycle_days, instance.most_prints_per_day or 0
    stocks = [row["alone_base_stock"] for row in rows["parts"]]
    built: dict[int, Part] = {}
    total = 0.0
    for number, group in groups.items():
        for part in set(group) - set(built):
            built[part] = _alone(terms[part], stocks[part], most, pair=len(terms) == 2)
        shares = [row["share"] for row in group.values()]
        extra = yearly * least_extra([built[part] for part in group], shares, most)
        least = 1e-6 * yearly * sum(terms[part].c_r + terms[part].b for part in group)
        for part, row in group.items():
            right = {
                "group": number,
                "part": names[part],
                "share": row["share"],
                "extra_yearly_cost": Amount(extra, max(extra, least)),
            }
            notebook.compare(f"group {number}, part {names[part]!r}", row, right)
        total += extra
    return total


def _alone(one: Terms, stock: int, most: int, *, pair: bool) -> Part:
    """Return a part with what it is worth where it has the printer for itself."""
    days: list[tuple[Floats, Floats]] = []
    cost = _by_level(one, most, stock + LEVELS, days=days)
    more = np.maximum(cost - cost[stock], 0.0)
    return Part(one, days, stock, more, idle_systems(one, pair=pair))


def _check_cost(
    notebook: Notebook,
    plan: tuple[Sequence[Terms], Sequence[Savings]],
    stock: Sequence[Any],
    most: int,
    known: tuple[Mapping[str, Any], float, float, float],
) -> None:
    """Note a cost that a simulation of the referee's own does not bear out."""
    (terms, savings), (total, bound, avoided, scale) = plan, known
    cost, half = total["yearly_cost"], total["half_width"]
    if len(terms) == 1:
        notebook.same("totals, yearly_cost", cost, Amount(bound, scale))
        notebook.same("totals, half_width", half, 0.0)
        return
    kept = sum(
        _by_level(one, most, level + 1, saved)[level]
        for one, saved, level in zip(terms, savings, stock, strict=True)
    )
    drawn = _simulated(terms, savings, stock, most)
    mean = REPORTED_DAYS * ((kept + float(drawn.mean())) / terms[0].L - avoided)
    error = REPORTED_DAYS / terms[0].L * float(drawn.std() / math.sqrt(CYCLES))
    # What so few cycles may not show at all: a day of waiting in one of them.
    unseen = REPORTED_DAYS / terms[0].L * max(one.b for one in terms) / CYCLES
    fits = isinstance(cost, float) and isinstance(half, float) and math.isfinite(cost + half)
    if notebook.require(fits and half >= 0, "totals: yearly_cost or half_width is no number"):
        chance = FAR * math.hypot(error, half / 3.29) + 1e-6 * scale
        notebook.require(
            abs(cost - mean) <= chance,
            f"totals, yearly_cost: {cost:.6g} is stated, {mean:.6g} is simulated",
        )
        wide = 50 * (error + unseen)
        notebook.require(half <= wide, "totals, half_width: far too wide for any simulation")
        notebook.require(cost + chance >= bound, "totals: a cost below the bound")


def _check_priorities(
    notebook: Notebook, instance: PrintingInstance, rows: Rows
) -> Sequence[Savings]:
    """Note what is wrong in the table of priorities; return what a print saves."""
    expected = []
    printer = bool(instance.most_prints_per_day)
    terms = [terms_of(instance, k, printer=printer) for k in range(len(instance.parts))]
    savings = [_savings(one) for one in terms]
    for n in range(instance.cycle_days - 1, 0, -1):
        worth = [(-saving[n - 1][0], k) for k, saving in enumerate(savings)]
        for less, k in sorted(worth):
            other = savings[k][n - 1][1]
            if less < 0 or other == "expedite":
                saved = None if math.isinf(less) else Amount(-less, terms[k].c_r + terms[k].b)
                expected.append((n, instance.parts[k].name, saved, other))
    stated = [(row.get("days_to_go"), row.get("part")) for row in rows]
    if notebook.require(
        stated == [one[:2] for one in expected], "priorities: rows are missing, moved or unknown"
    ):
        for row, (n, name, saved, other) in zip(rows, expected, strict=True):
            right = {"days_to_go": n, "part": name, "saving_per_print": saved, "otherwise": other}
            notebook.compare(f"priorities, {name} with {n} days to go", row, right)
    return savings


def _savings(terms: Terms) -> Savings:
    """Return what a print saves, and what is done otherwise, with 1, 2, ... days to go.

    By the values of a regular, a printed and a missing part.
    """
    regular, printed, missing = 0.0, terms.c_r, terms.c_r
    found = []
    for _ in range(1, terms.L):
        waits = terms.b + terms.alpha * missing
        kept = terms.alpha * ((1 - terms.p_p) * printed + terms.p_p * missing)
        runs = terms.alpha * ((1 - terms.p_r) * regular + terms.p_r * missing)
        other = min(waits, terms.c_e + runs)
        word = "expedite" if terms.c_e + runs < waits else "wait"
        found.append((other - (terms.c_p + kept), word))
        regular, printed, missing = runs, kept, min(other, terms.c_p + kept)
    return found


def _by_level(
    terms: Terms,
    most_prints: int,
    levels: int,
    savings: Savings | None = None,
    days: list[tuple[Floats, Floats]] | None = None,
) -> Floats:
    """Return the cost of a cycle by base-stock level, by going through all states.

    With the best decisions, or with those of the priorities that the ``savings`` make. What the
    states are worth after and before the decision of each day is added to ``days``.
    """
    N = terms.N
    fails = [binomial(n, terms.p_r) for n in range(N + 1)]
    wears = [binomial(n, terms.p_p) for n in range(N + 1)]
    # worth[w, p]: systems that wait, printed parts in operation, before the decision
    worth = np.full((N + 1, N + 1), np.inf)
    for w in range(N + 1):
        worth[w, : N - w + 1] = terms.c_r * (w + np.arange(N - w + 1))
    shelf = -terms.c_r * np.arange(levels, dtype=np.float64)
    cost = np.zeros(levels)
    for n in range(1, terms.L + 1):
        night = np.full((N + 1, N + 1), np.inf)
        for w in range(N + 1):
            for p in range(N - w + 1):
                lost, worn = fails[N - w - p], wears[p]
                block = _block(worth, w, p, len(lost), len(worn))
                night[w, p] = terms.alpha * float(lost @ block @ worn)
        before = shelf.copy()
        chance = fails[N]
        for level in range(1, levels):
            later = 0.0
            for d, likely in enumerate(chance):
                later += likely * (before[level - d] if d < level else worth[d - level, 0])
            shelf[level] = terms.h * level + terms.alpha * later
        if n == terms.L:
            cost[1:] = terms.c_r * np.arange(1, levels) + shelf[1:]
            cost[0] = night[0, 0]
            break
        rule = None if savings is None else savings[n - 1]
        worth = _decided(terms, night, most_prints, rule)
        if days is not None:
            days.append((night, worth))
    return cost


def _block(worth: Floats, w: int, p: int, lost: int, worn: int) -> Floats:
    """Return worth[w + d + e, p - e] for d regular and e printed parts that fail."""
    d, e = np.indices((lost, worn))
    return np.asarray(worth[w + d + e, p - e])


def _decided(
    terms: Terms, night: Floats, most_prints: int, rule: tuple[float, str] | None
) -> Floats:
    """Return the worth of states before the decision."""
    N = terms.N
    worth = np.full_like(night, np.inf)
    for w in range(N + 1):
        prints = min(w, most_prints) if math.isfinite(terms.c_p) else 0
        for p in range(N - w + 1):
            if rule is not None:
                made = prints if rule[0] > 0 else 0
                ways = [(made, w - made if rule[1] == "expedite" else 0)]
            else:
                most = w if math.isfinite(terms.c_e) else 0
                ways = [(q, e) for q in range(prints + 1) for e in range(min(most, w - q) + 1)]
            worth[w, p] = min(
                (terms.c_p * q if q else 0.0)
                + (terms.c_e * e if e else 0.0)
                + terms.b * (w - q - e)
                + night[w - q - e, p + q]
                for q, e in ways
            )
    return worth


def _simulated(
    terms: Sequence[Terms], savings: Sequence[Savings], stock: Sequence[int], most_prints: int
) -> Floats:
    """Return what cycles cost more than if each part had the printer for itself.

    The printer goes to the largest saving. Each system has a number of its own a night, which
    decides whether its part fails, in the one world as in the other.
    """
    random = np.random.default_rng(SEED)
    together = [_World(level, CYCLES) for level in stock]
    apart = [_World(level, CYCLES) for level in stock]
    extra = np.zeros(CYCLES)
    L = terms[0].L
    for n in range(L - 1, -1, -1):
        weight = terms[0].alpha ** (L - n)
        for k, one in enumerate(terms):
            luck, wear = random.random((2, one.N, CYCLES))
            together[k].night(one, luck, wear)
            apart[k].night(one, luck, wear)
        if n == 0:
            for k, one in enumerate(terms):
                extra += weight * one.c_r * (together[k].owed() - apart[k].owed())
            return extra
        room = np.full(CYCLES, most_prints)
        for k in sorted(range(len(terms)), key=lambda part: -savings[part][n - 1][0]):
            one, rule = terms[k], savings[k][n - 1]
            extra += weight * together[k].day(one, rule, room)
            extra -= weight * apart[k].day(one, rule, np.full(CYCLES, most_prints))
    return extra


class _World:
    """One part in simulated cycles: what is on the shelf, down, and printed."""

    def __init__(self, level: int, cycles: int) -> None:
        self.have = np.full(cycles, level)
        self.down = np.zeros(cycles, dtype=np.int64)
        self.printed = np.zeros(cycles, dtype=np.int64)

    def night(self, terms: Terms, luck: Floats, wear: Floats) -> None:
        """Let parts fail: of the systems in their order, first those with a regular part run."""
        number = np.arange(terms.N)[:, None]
        running = terms.N - self.down - self.printed
        lost = ((luck < terms.p_r) & (number < running)).sum(axis=0)
        worn = ((wear < terms.p_p) & (number < self.printed)).sum(axis=0)
        self.printed = self.printed - worn
        self.down = self.down + np.maximum(lost + worn - self.have, 0)
        self.have = np.maximum(self.have - lost - worn, 0)

    def day(self, terms: Terms, rule: tuple[float, str], room: NDArray[np.int64]) -> Floats:
        """Print and expedite; take the prints from the room, and return what the day costs."""
        made = np.minimum(room, self.down) if rule[0] > 0 else np.zeros_like(room)
        room -= made
        self.down, self.printed = self.down - made, self.printed + made
        cost = terms.c_p * made if rule[0] > 0 else np.zeros(len(room))
        if rule[1] == "expedite":
            cost = cost + terms.c_e * self.down
            self.down = np.zeros_like(self.down)
        return np.asarray(cost + terms.h * self.have + terms.b * self.down)

    def owed(self) -> NDArray[np.int64]:
        """Return how many regular parts the end of the cycle has to bring."""
        return np.asarray(self.down + self.printed - self.have)
