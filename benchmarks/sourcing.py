"""Sourcing: one line to ten thousand, against HiGHS alone on the same arrays; and the analysis.

    python benchmarks/sourcing.py [--smoke] [--limit SECONDS] [--markdown FILE]

Per case: seconds from a validated instance to a checked plan, by phase; the seconds that HiGHS
alone needs for the same arrays to the same gap, in the same run; and the ratio of the two. Where
HiGHS reaches the limit first, the ratio is at most what is shown: where it is known to find no
plan, the limit is a short one. The analysis is run on arrays,
as an engineer would who reads a portfolio from a database.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from _markdown import power, short, table, write
from _sourcing_portfolio import portfolio

from amopt.program.pyomo import compile_model
from amopt.program.solver.highs import Options
from amopt.program.solver.highs import solve as highs
from amopt.sourcing import Instance, formulate, solve
from amopt.sourcing.instance.curves import KINDS, Quotes
from amopt.sourcing.offers.analysis import analyse

CASES = (
    (36, 1, 1e-6, 60.0),
    (1_000, 1, 1e-3, 120.0),
    (10_000, 1, 1e-3, 30.0),
    (2_000, 5, 1e-3, 30.0),
)
SMOKE = ((36, 1, 1e-6, 60.0), (100, 1, 1e-3, 60.0), (10, 5, 1e-3, 60.0))
"""Parts, lines of each, the gap, and the seconds of each solve; lines of a part share orders."""

LEAD = (
    "Lines with seven suppliers: seconds from a validated instance to a plan that the referee "
    "accepted, and of HiGHS alone on the same arrays to the same gap, in one run, one thread each."
)
HEADS = (
    "case", "gap asked for", "amopt, s", "of it solve", "of it referee", "gap", "HiGHS alone, s",
    "ratio",
)  # fmt: skip


def compare(parts: int, each: int, gap: float, limit: float) -> list[str]:
    """Solve a portfolio by amopt and its arrays by HiGHS; return the row of the table."""
    begun = time.perf_counter()
    instance = Instance.model_validate(portfolio(parts, 7, lines=each))
    validated = time.perf_counter() - begun
    begun = time.perf_counter()
    answer = solve(instance, options=Options(gap=gap, time_limit=limit))
    ours = time.perf_counter() - begun
    phases = ", ".join(f"{name} {spent:.2f}" for name, spent in answer.outcome.seconds.items())
    shared = f" of {parts:,} parts" if each > 1 else ""
    print(
        f"{parts * each:,} lines{shared} x 7 suppliers to a gap of {gap:g} "
        f"(validated in {validated:.1f} s)"
    )
    print(f"  amopt  {ours:8.2f} s  gap {answer.outcome.gap:.1e}  {answer.outcome.method}")
    print(f"         {phases}")
    program = compile_model(formulate(instance)).program
    begun = time.perf_counter()
    alone = highs(program, Options(gap=gap, time_limit=limit))
    theirs = time.perf_counter() - begun
    reached = alone.outcome.gap
    print(
        f"  HiGHS  {theirs:8.2f} s  gap {'none' if reached is None else f'{reached:.1e}'}  "
        f"{program.shape[0]:,} rows, {program.shape[1]:,} columns, {alone.outcome.stopped}"
    )
    print(
        f"  ratio  {'' if alone.outcome.stopped == 'finished' else 'at most '}{ours / theirs:.3f}"
    )
    rule = answer.rows["totals"][0]
    if rule["cost_of_frontier_rule"] is not None:
        baseline = rule["cost_of_frontier_rule"] + rule["downtime_cost_of_frontier_rule"]
        saved = 1 - (answer.outcome.objective or 0.0) / baseline
        print(f"  the frontier rule's plan costs {baseline:,.2f}; the program saves {saved:.1%}")
    spent, ended = answer.outcome.seconds, alone.outcome.stopped == "finished"
    none = f"no plan within {limit:g}" if reached is None else f"gap {reached:.1e} after {limit:g}"
    return [
        f"{parts * each:,} lines{shared + ', orders shared' if shared else ''}",
        f"{gap:g}",
        short(ours),
        short(spent.get("solve", 0.0)),
        short(spent.get("check", 0.0)),
        power(answer.outcome.gap),
        short(theirs) if ended else none,
        f"{'' if ended else 'at most '}{ours / theirs:.3f}",
    ]


def analysis(parts: int, suppliers: int = 7, seed: int = 1) -> str:
    """Compare every offer of a portfolio with conventional supply, on arrays; say what it took."""
    rng = np.random.default_rng(seed)
    offers, at = parts * suppliers, np.array([1.0, 10, 50, 100, 500])
    price = rng.lognormal(3.6, 0.8, parts).repeat(suppliers) * rng.uniform(0.75, 1.35, offers)
    power = -rng.uniform(0.05, 0.3, offers)
    weeks = rng.uniform(0.6, 2.0, (offers, 1)) + rng.uniform(0.002, 0.02, (offers, 1)) * at
    begun = time.perf_counter()
    quotes = Quotes(
        np.arange(0, offers * at.size + 1, at.size),
        np.tile(at, offers),
        (price[:, None] * at ** power[:, None]).ravel(),
        weeks.ravel(),
        rng.integers(0, len(KINDS), offers),
    )
    total, lead_time = quotes.curves()
    curves = time.perf_counter() - begun
    found = analyse(
        total,
        lead_time,
        group=np.repeat(np.arange(parts), suppliers),
        quantity=rng.integers(1, 120, parts).repeat(suppliers).astype(float),
        smallest=np.ones(offers),
        largest=np.full(offers, 500.0),
        conventional_fixed=rng.uniform(0, 5000, parts).repeat(suppliers),
        conventional_rate=rng.uniform(1, 40, parts).repeat(suppliers),
        conventional_weeks=rng.uniform(2, 10, parts).repeat(suppliers),
        downtime_per_week=rng.choice([0.0, 400.0], parts).repeat(suppliers),
    )
    elapsed = time.perf_counter() - begun
    print(
        f"analysis of {parts:,} parts x {suppliers} suppliers: {elapsed:.2f} s "
        f"({curves:.2f} s for the curves); {int(found.on_frontier.sum()):,} on a frontier"
    )
    return f"The analysis of {parts:,} parts x {suppliers} suppliers on arrays: {elapsed:.1f} s."


def main() -> None:
    """Run all cases, and write the table where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="small cases, in seconds")
    parser.add_argument("--limit", type=float, help="seconds for each solve")
    parser.add_argument("--markdown", type=Path, help="write the table to this file")
    chosen = parser.parse_args()
    import pyomo.environ  # noqa: F401  (its import is no part of a solve)

    rows = [
        compare(parts, each, gap, chosen.limit or limit)
        for parts, each, gap, limit in (SMOKE if chosen.smoke else CASES)
    ]
    last = analysis(2_000 if chosen.smoke else 200_000)
    if chosen.markdown:
        write(chosen.markdown, LEAD, table(HEADS, rows), last)


if __name__ == "__main__":
    main()
