r"""Many parts evaluated at once: the same sums as one by one, as arrays over parts.

Parts whose plan draws between levels, or whose stock is large, are evaluated one by one. For the
others what happens comes forward in time and values go backward as in
:mod:`amopt.printing.referee.evaluation` and
:func:`amopt.printing.referee.backward.by_corner`, with a row for each part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from amopt.printing.referee.backward import TAIL
from amopt.printing.referee.evaluation import KINDS, Evaluation
from amopt.printing.referee.plan import ACTIONS, StatedPlan, Terms

__all__ = ["evaluated", "worked_out"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CHUNK = 2_000_000
"""Numbers in one array."""

SMALL_CHUNK = 200_000
"""The same where parts come as arrays, and little else is done with them."""

PROCESSORS = 2
"""Chunks of such parts that are worked out at a time."""

WIDEST = 250
"""Levels of stock that may matter, above which a part is evaluated by itself: there convolutions
are quick."""

RARE = 1e-24
"""Probabilities below are far below rounding, whatever they multiply."""

_WAIT, _PRINT, _EXPEDITE = (ACTIONS.index(action) for action in ("wait", "print", "expedite"))


def evaluated(
    pairs: Sequence[tuple[Terms, StatedPlan]], *, by_states: bool = True
) -> list[Evaluation]:
    """Return the evaluation of each part; all at once where states are not gone through."""
    found = [Evaluation(terms, plan, by_states=by_states) for terms, plan in pairs]
    if by_states:
        return found
    alike = [
        one for one in found if len(one.plan.levels) == 1 and _width(one) <= WIDEST and one.possible
    ]
    alike.sort(key=lambda one: (one.terms.L, one.terms.alpha, _width(one)))
    for some in _chunks(alike):
        _fill(some)
    return found


def _width(one: Evaluation) -> int:
    """Return about how many levels of stock matter."""
    mean = one.terms.L * one.terms.N * one.terms.p_r
    return int(mean + 8 * np.sqrt(mean)) + max(one.plan.levels) + 20


def _chunks(listed: list[Evaluation]) -> Iterator[list[Evaluation]]:
    """Yield evaluations of one length of the cycle, as many as arrays should hold."""
    start = 0
    while start < len(listed):
        first, end = listed[start].terms, start
        while end < len(listed):
            terms = listed[end].terms
            same = (terms.L, terms.alpha) == (first.L, first.alpha)
            if not same or _width(listed[end]) * (end - start) > CHUNK:
                break
            end += 1
        yield listed[start:end]
        start = end


@dataclass(frozen=True)
class _Batch:
    """Parameters and plans of some parts with one length of the cycle, shape (parts,) each.

    ``share`` holds the probabilities of actions by days to go, shape (L, 3, parts).
    """

    N: Floats
    c_r: Floats
    c_p: Floats
    c_e: Floats
    b: Floats
    h: Floats
    p_r: Floats
    p_p: Floats
    room: Floats
    L: int
    alpha: float
    stock: Ints
    share: Floats
    charged_c_r: Floats | float = 0.0
    charged_c_p: Floats | float = 0.0
    charged_c_e: Floats | float = 0.0
    charged_b: Floats | float = 0.0
    charged_h: Floats | float = 0.0

    def on(self, n: int) -> dict[str, Floats]:
        """Return the costs with n days to go: what is charged is money of that day."""
        weight = self.alpha ** (self.L - n)
        return {
            name: np.asarray(getattr(self, name) + getattr(self, f"charged_{name}") / weight)
            for name in ("c_r", "c_p", "c_e", "b", "h")
        }

    @classmethod
    def of(cls, some: Sequence[Evaluation]) -> _Batch:
        terms = [one.terms for one in some]
        arrays = {
            field.name: np.array([getattr(one, field.name) for one in terms], dtype=np.float64)
            for field in fields(Terms)
            if field.name not in ("L", "alpha")
        }
        L = terms[0].L
        share = np.zeros((L, 3, len(some)))
        for index, one in enumerate(some):
            for n in range(1, L):
                for action, chance in one.plan.shares[n].items():
                    share[n, ACTIONS.index(action), index] = chance
        stock = np.array([next(iter(one.plan.levels)) for one in some], dtype=np.int64)
        return cls(**arrays, L=L, alpha=terms[0].alpha, stock=stock, share=share)


def worked_out(
    terms: Mapping[str, Floats], cycle_days: int, alpha: float, stock: Ints, share: Floats
) -> dict[str, Floats]:
    """Return what plans of very many parts do and cost, and how far from the best they can be.

    Parameters
    ----------
    terms
        The parameters, named as in :class:`~amopt.printing.referee.plan.Terms`, shape (parts,)
        each.
    cycle_days, alpha
        Length of the cycle, and discount factor a day.
    stock
        The base-stock level of each part, shape (parts,).
    share
        The probabilities of actions by days to go, shape (L, 3, parts).

    Returns
    -------
    dict
        Shape (parts,) each: what :data:`~amopt.printing.referee.evaluation.KINDS` counts in a
        cycle; the same discounted to its start, led by ``discounted_``; ``cost_backward``,
        ``residual`` and ``error_per_cycle``.
    """
    parts = len(stock)
    mean = cycle_days * terms["N"] * terms["p_r"]
    order = np.argsort(mean + 8 * np.sqrt(mean) + stock)
    width = (mean + 8 * np.sqrt(mean) + stock + 20)[order]
    names = (*KINDS, *(f"discounted_{kind}" for kind in KINDS))
    found = {
        name: np.zeros(parts) for name in (*names, "cost_backward", "residual", "error_per_cycle")
    }
    chunks, start = [], 0
    while start < parts:
        end = min(parts, start + max(1, int(SMALL_CHUNK / width[start])))
        end = min(parts, start + max(1, int(SMALL_CHUNK / width[end - 1])))
        chunks.append(order[start:end])
        start = end

    def work_out(some: Ints) -> None:
        batch = _Batch(
            **{name: np.asarray(values[some], dtype=np.float64) for name, values in terms.items()},
            L=cycle_days,
            alpha=alpha,
            stock=stock[some],
            share=share[:, :, some],
        )
        chance = _binomials(batch.N, batch.p_r)
        undiscounted = _forward(batch, chance, 1.0)
        charged = undiscounted if alpha == 1.0 else _forward(batch, chance, alpha)
        for kind in KINDS:
            found[kind][some] = undiscounted[kind]
            found[f"discounted_{kind}"][some] = charged[kind]
        for name, values in _backward(batch, chance).items():
            found[name][some] = values

    with ThreadPoolExecutor(PROCESSORS) as pool:
        list(pool.map(work_out, chunks))
    return found


def _fill(some: Sequence[Evaluation]) -> None:
    """Put what is worked out at once where each evaluation would keep it."""
    batch = _Batch.of(some)
    chance = _binomials(batch.N, batch.p_r)
    backward = _backward(batch, chance)
    undiscounted = _forward(batch, chance, 1.0)
    charged = undiscounted if batch.alpha == 1.0 else _forward(batch, chance, batch.alpha)
    for index, one in enumerate(some):
        one.know(
            {
                1.0: {kind: float(undiscounted[kind][index]) for kind in KINDS},
                batch.alpha: {kind: float(charged[kind][index]) for kind in KINDS},
            },
            **{name: float(values[index]) for name, values in backward.items()},
        )


def _binomials(N: Floats, p: Floats) -> Floats:
    """Return P(D = d) in columns for D ~ Binomial(N, p), as far as that is more than rounding."""
    mean = N * p
    width = int(np.max(np.minimum(N, np.ceil(mean + 15 * np.sqrt(mean) + 60))))
    d = np.arange(width)
    left = N[:, None] - d
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = (np.log(p) - np.log1p(-p))[:, None]
        ratios = np.where(left > 0, np.log(np.maximum(left, 1) / (d + 1.0)) + odds, -np.inf)
        logarithms = np.concatenate([(N * np.log1p(-p))[:, None], ratios], axis=1)
        chance = np.exp(np.cumsum(logarithms, axis=1))
    sure = np.arange(width + 1) == np.where(p == 1.0, N, 0.0)[:, None]
    chance = np.where(((p == 0.0) | (p == 1.0))[:, None], sure, chance)
    needed = np.flatnonzero((chance > RARE).any(axis=0))[-1] + 1
    return np.asarray(chance[:, :needed])


def _overshoots(chance: Floats, highest: int) -> tuple[Floats, Floats]:
    """Return E(D - I)^+ and P(D >= I) for I = 0..highest in columns, sums without a difference."""
    tails = np.cumsum(chance[:, ::-1], axis=1)[:, ::-1]
    excess = np.cumsum(tails[:, :0:-1], axis=1)[:, ::-1]
    at_least, beyond = (np.zeros((len(chance), highest + 1)) for _ in range(2))
    for held, values in ((at_least, tails), (beyond, excess)):
        known = min(values.shape[1], highest + 1)
        held[:, :known] = values[:, :known]
    return beyond, at_least


def _forward(batch: _Batch, chance: Floats, alpha: float) -> dict[str, Floats]:
    """Go forward in time from full shelves: what happens in a cycle in expectation."""
    highest, parts = int(batch.stock.max()), np.arange(len(batch.N))
    beyond, at_least = _overshoots(chance, highest)
    level = np.arange(highest + 1.0)
    shelf = np.zeros((parts.size, highest + 1))  # P(I parts on the shelf) for I >= 1
    shelf[parts, batch.stock] = 1.0
    shelf[:, 0] = 0.0
    regular = np.where(batch.stock == 0, batch.N, 0.0)
    printed, missing = np.zeros(parts.size), np.zeros(parts.size)
    total = {kind: np.zeros(parts.size) for kind in KINDS}
    total["stock_days"] = batch.stock.astype(np.float64)
    for n in range(batch.L - 1, -1, -1):
        weight = alpha ** (batch.L - n)
        emptied, short = (at_least * shelf).sum(axis=1), (beyond * shelf).sum(axis=1)
        left = np.zeros_like(shelf)
        for d in range(min(chance.shape[1], highest + 1)):
            left[:, : highest + 1 - d] += chance[:, d : d + 1] * shelf[:, d:]
        left[:, 0] = 0.0
        shelf = left
        gone = printed if n == 0 else batch.p_p * printed
        missing = missing + batch.p_r * regular + gone + short
        regular = regular + emptied * batch.N - short - batch.p_r * regular
        printed = printed - gone
        if n == 0:
            total["orders"] = batch.stock + weight * (missing - shelf @ level)
            break
        prints, expedites = missing * batch.share[n, _PRINT], missing * batch.share[n, _EXPEDITE]
        total["stock_days"] += weight * (shelf @ level)
        total["prints"] += weight * prints
        total["expedites"] += weight * expedites
        printed, regular = printed + prints, regular + expedites
        missing = missing * batch.share[n, _WAIT]
        total["down_days"] += weight * missing
    return total


def _backward(batch: _Batch, chance: Floats) -> dict[str, Floats]:
    """Value one system of each kind, then every level of stock; see ``by_corner``."""
    alpha, parts = batch.alpha, np.arange(len(batch.N))
    c_r = batch.on(0)["c_r"]
    regular, printed, missing = np.zeros(parts.size), c_r, c_r
    worth = [(regular, missing)]
    dearest, residual, error = c_r, np.zeros(parts.size), np.zeros(parts.size)
    for n in range(1, batch.L):
        today = batch.on(n)
        waits = today["b"] + alpha * missing
        ahead = (1 - batch.p_r) * regular + batch.p_r * missing
        printed = alpha * ((1 - batch.p_p) * printed + batch.p_p * missing)
        regular = alpha * ahead
        choices = np.stack([waits, today["c_p"] + printed, today["c_e"] + regular])
        taken = batch.share[n] > 0
        missing = (batch.share[n] * np.where(taken, choices, 0.0)).sum(axis=0)
        above = batch.N * np.maximum(0.0, missing - choices.min(axis=0))
        residual, error = np.maximum(residual, above), error + alpha ** (batch.L - n) * above
        worth.append((regular, missing))
        dearest = np.maximum(dearest, missing - regular)
    highest, tail = _highest(batch, dearest)
    top = int(highest.max())
    level = np.arange(top + 1.0)
    beyond, at_least = _overshoots(chance, top)
    value = -c_r[:, None] * level
    for n, (of_regular, of_missing) in enumerate(worth):
        value[:, 0] = 0.0
        stays = np.zeros_like(value)
        for d in range(min(chance.shape[1], top + 1)):
            stays[:, d:] += chance[:, d : d + 1] * value[:, : top + 1 - d]
        after = of_regular[:, None] * (batch.N[:, None] * at_least - beyond)
        after += of_missing[:, None] * beyond
        value = batch.on(n + 1)["h"][:, None] * level + alpha * (stays + after)
    cost = value + (batch.on(batch.L)["c_r"] + batch.room)[:, None] * level
    chosen = cost[parts, batch.stock]
    least = np.where(level <= highest[:, None], cost, np.inf).min(axis=1)
    ordering = np.maximum(0.0, chosen - least + tail)
    return {
        "cost_backward": chosen,
        "residual": np.maximum(ordering, residual),
        "error_per_cycle": ordering + error,
    }


def _highest(batch: _Batch, dearest: Floats) -> tuple[Ints, Floats]:
    """Return levels beyond which none is better but for a tail that is returned too.

    By Chernoff's bound, as :func:`amopt.printing.referee.backward.by_corner` does for one part.
    """
    trials = batch.N * (batch.L - 1)
    mean = trials * batch.p_r
    highest = np.maximum(batch.stock, np.minimum(trials, np.floor(mean + 8 * np.sqrt(mean) + 4)))
    highest = np.where(batch.p_r == 1.0, np.maximum(batch.stock, trials), highest)
    tail = np.zeros(len(batch.N))
    open_ = (highest < trials) & (batch.p_r > 0) & (batch.p_r < 1)
    while open_.any():
        p, most = batch.p_r[open_], trials[open_]
        a = (highest[open_] + 1) / most
        with np.errstate(divide="ignore", invalid="ignore"):
            divergence = a * np.log(a / p)
            divergence += np.where(a < 1, (1 - a) * np.log((1 - a) / (1 - p)), 0.0)
            ratio = (1 - a) * p / (a * (1 - p))
            found = dearest[open_] * np.exp(-most * divergence) / (1 - ratio)
        near = (a > p) & (found <= TAIL * dearest[open_])
        at = np.flatnonzero(open_)
        tail[at[near]] = found[near]
        higher = highest[open_] + np.maximum(4, np.floor(highest[open_] / 4))
        highest[at[~near]] = np.minimum(most, higher)[~near]
        open_[at[near]] = False
        open_ &= highest < trials
    return highest.astype(np.int64), tail
