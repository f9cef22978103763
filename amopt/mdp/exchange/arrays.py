"""A decision process as a file tells it: checked, with everything that is wrong told at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.errors import InvalidInstanceError, UsageError
from amopt.instance.findings import Code, Finding, Where
from amopt.mdp.checks import SUM_TOLERANCE
from amopt.mdp.decision_process import MarkovDecisionProcess

__all__ = ["CODES", "Arrays", "Exchanged", "refusal"]

Floats = NDArray[np.float64]

CODES = (
    Code(
        "not-this-format",
        "The file is not what its ending says, or is damaged.",
        "Write it again, or give it the ending of its format.",
    ),
    Code(
        "wrong-shape",
        "Arrays have sizes that do not belong together.",
        "Give one row of the transition matrix, one cost and one state for each pair.",
    ),
    Code("not-finite", "A number is NaN or infinite.", "Leave out pairs that are not allowed."),
    Code("negative-probability", "A probability is below 0.", "Probabilities lie in 0 to 1."),
    Code(
        "no-such-state",
        "A pair belongs to, or leads to, a state that there is not.",
        "States are numbered from 0.",
    ),
    Code(
        "row-sum",
        "The probabilities of a pair do not sum to 1.",
        "Let it lead to a further state with what is missing, where the process may end.",
    ),
    Code(
        "state-without-action",
        "A state has no pair.",
        "Give it a pair that stays in it, where the process ends there.",
    ),
    Code(
        "pair-twice",
        "Two pairs of one state have one name.",
        "Give each state-action pair once.",
    ),
    Code(
        "wrong-duration",
        "A duration is negative or not whole.",
        "Durations are whole periods: count in shorter ones.",
    ),
    Code(
        "wrong-initial",
        "The first state's distribution does not sum to 1, or has a negative entry.",
        "Give one probability a state.",
    ),
    Code(
        "wrong-criterion",
        "Discount and criterion contradict each other, or the discount is not in 0 to 1.",
        "Give a discount below 1, or the average.",
    ),
    Code("not-a-process", "The arrays make no decision process.", "See what it says."),
)
"""What can be wrong with the arrays of a decision process."""

_ADVICE = {code.code: code.advice for code in CODES}


@dataclass(frozen=True)
class Exchanged:
    """A process that was read, with its first state's distribution; None where it is not told."""

    process: MarkovDecisionProcess
    initial: Floats | None = None


@dataclass(frozen=True)
class Arrays:
    """A process as a file tells it, before anything is checked.

    Attributes
    ----------
    file
        What the file is called in findings.
    data, indices, indptr
        The transition probabilities as CSR, one row a pair.
    states
        How many states there are.
    cost, state_of_pair
        Shape (pairs,).
    duration
        Shape (pairs,); None for one period each.
    discount, criterion
        What the file says; None where it does not.
    initial
        Distribution of the first state, shape (states,); None where it is not told.
    state_names, pair_names
        Names; None for numbers.
    """

    file: str
    data: NDArray[Any]
    indices: NDArray[Any]
    indptr: NDArray[Any]
    states: int
    cost: NDArray[Any]
    state_of_pair: NDArray[Any]
    duration: NDArray[Any] | None = None
    discount: float | None = None
    criterion: str | None = None
    initial: NDArray[Any] | None = None
    state_names: Any = None
    pair_names: Any = None

    def exchanged(
        self, *, discount: float | None = None, average: bool = False, maximise: bool = False
    ) -> Exchanged:
        """Return the process; parameters as of :func:`amopt.mdp.exchange.read`.

        Raises
        ------
        UsageError
            When neither the file nor the caller says by which criterion.
        InvalidInstanceError
            When the arrays do not make a process.
        """
        told = self
        if average:
            told = replace(self, discount=None, criterion="average")
        elif discount is not None:
            told = replace(self, discount=discount, criterion="discounted")
        found = list(told.findings())
        if found:
            raise InvalidInstanceError(found)
        if told.criterion is None and told.discount is None:
            raise UsageError(
                f"{self.file} does not say by which criterion: give a discount a period, or the "
                "average"
            )
        criterion: Literal["discounted", "average", "total"] | None = told.criterion  # type: ignore[assignment]
        try:
            process = MarkovDecisionProcess(
                sp.csr_array(
                    (self.data, self.indices, self.indptr), shape=(len(self.cost), self.states)
                ),
                -self.cost if maximise else self.cost,
                self.state_of_pair,
                told.discount,
                criterion=criterion,
                duration=self.duration,
                state_names=self.state_names,
                pair_names=self.pair_names,
            )
        except ValueError as error:
            raise refusal(self.file, "not-a-process", str(error)) from error
        return Exchanged(process, self.initial)

    def findings(self) -> Iterator[Finding]:
        """Yield everything that is wrong."""
        for code, key, message in self._problems():
            yield Finding(code, Where(self.file, (key,)), message, _ADVICE[code])

    def _problems(self) -> Iterator[tuple[str, str, str]]:
        yield from self._wrong_criterion()
        yield from self._wrong_initial()
        shapes = list(self._wrong_shapes())
        yield from shapes
        for key in ("data", "cost", "duration"):
            yield from self._not_finite(key)
        if not shapes:
            yield from self._wrong_rows()
            yield from self._wrong_states()
            yield from self._wrong_durations()
            yield from self._twice()

    def _wrong_criterion(self) -> Iterator[tuple[str, str, str]]:
        factor = 1.0 if self.discount is None else self.discount
        if not 0 <= factor <= 1:
            yield "wrong-criterion", "discount", f"the discount is {factor:g}."
        elif self.criterion not in (None, "discounted", "average", "total"):
            yield "wrong-criterion", "criterion", f"the criterion is {self.criterion!r:.60}."
        elif self.criterion is not None and (self.criterion == "discounted") != (factor < 1):
            yield (
                "wrong-criterion",
                "criterion",
                f"{self.criterion} cost with {'a' if factor < 1 else 'no'} discount below 1.",
            )

    def _wrong_initial(self) -> Iterator[tuple[str, str, str]]:
        if self.initial is None:
            return
        if self.initial.shape != (self.states,):
            yield (
                "wrong-shape",
                "initial",
                f"it has shape {self.initial.shape}, expected ({self.states},).",
            )
        elif not np.isfinite(self.initial).all() or (self.initial < 0).any():
            yield "wrong-initial", "initial", "it holds what is no probability."
        elif abs(self.initial.sum() - 1) > SUM_TOLERANCE:
            yield "wrong-initial", "initial", f"it sums to {self.initial.sum():.12g}."

    def _wrong_shapes(self) -> Iterator[tuple[str, str, str]]:
        pairs = self.cost.shape[0] if self.cost.ndim == 1 else -1
        sizes = {
            "cost": (self.cost, (pairs,)),
            "state_of_pair": (self.state_of_pair, (pairs,)),
            "indptr": (self.indptr, (pairs + 1,)),
            "indices": (self.indices, np.shape(self.data)[:1]),
            "duration": (self.duration, (pairs,)),
        }
        for key, (array, expected) in sizes.items():
            if array is None:
                continue
            if not np.issubdtype(array.dtype, np.number) or np.iscomplexobj(array):
                yield "wrong-shape", key, f"it holds {array.dtype}, expected numbers."
            elif array.shape != expected:
                yield "wrong-shape", key, f"it has shape {array.shape}, expected {expected}."
            elif key == "indptr" and (
                array[0] != 0 or array[-1] != len(self.data) or (np.diff(array) < 0).any()
            ):
                yield "wrong-shape", key, f"it does not rise from 0 to {len(self.data)}."
        if min(pairs, self.states) < 1:
            yield "wrong-shape", "cost", f"there are {pairs} pairs and {self.states} states."
        for key, size in (("state_names", self.states), ("pair_names", pairs)):
            names = getattr(self, key)
            if names is not None and len(names) != size:
                yield "wrong-shape", key, f"there are {len(names)} names, expected {size}."

    def _not_finite(self, key: str) -> Iterator[tuple[str, str, str]]:
        array = getattr(self, key)
        if array is None or not np.issubdtype(array.dtype, np.number):
            return
        yield from _several("not-finite", key, ~np.isfinite(array).ravel(), array.ravel())

    def _wrong_rows(self) -> Iterator[tuple[str, str, str]]:
        yield from _several("negative-probability", "data", self.data < 0, self.data)
        finite = np.where(np.isfinite(self.data), self.data, 0.0).astype(np.float64)
        row = np.repeat(np.arange(len(self.cost)), np.diff(self.indptr).astype(np.intp))
        sums = np.bincount(row, weights=finite, minlength=len(self.cost))
        odd = np.zeros(len(self.cost), dtype=bool)
        odd[row[~np.isfinite(self.data)]] = True  # told already
        yield from _several(
            "row-sum", "row", (np.abs(sums - 1) > SUM_TOLERANCE) & ~odd, sums, "sums to"
        )

    def _wrong_states(self) -> Iterator[tuple[str, str, str]]:
        for key in ("indices", "state_of_pair"):
            array = getattr(self, key)
            outside = (array < 0) | (array >= self.states) | (array != np.floor(array))
            yield from _several("no-such-state", key, outside, array)
        owner = self.state_of_pair
        inside = owner[(owner >= 0) & (owner < self.states)].astype(np.intp)
        counts = np.bincount(inside, minlength=self.states)
        yield from _several("state-without-action", "state", counts == 0, counts, "has pairs:")

    def _wrong_durations(self) -> Iterator[tuple[str, str, str]]:
        if self.duration is not None:
            wrong = (self.duration < 0) | (self.duration != np.floor(self.duration))
            wrong &= np.isfinite(self.duration)
            yield from _several("wrong-duration", "duration", wrong, self.duration)

    def _twice(self) -> Iterator[tuple[str, str, str]]:
        if self.pair_names is None:
            return
        named = [tuple(name) if isinstance(name, list) else name for name in self.pair_names]
        seen: set[Any] = set()
        wrong = np.zeros(len(named), dtype=bool)
        for pair, key in enumerate(zip(self.state_of_pair.tolist(), named, strict=True)):
            wrong[pair] = key in seen
            seen.add(key)
        yield from _several("pair-twice", "pair_names", wrong, named)


def refusal(file: str, code: str, message: str) -> InvalidInstanceError:
    """Return the error that a file as a whole is refused with."""
    return InvalidInstanceError([Finding(code, Where(file), message, _ADVICE[code])])


def _several(
    code: str,
    key: str,
    wrong: NDArray[np.bool_],
    values: Sequence[Any] | NDArray[Any],
    is_: str = "is",
) -> Iterator[tuple[str, str, str]]:
    """Yield one problem for all wrong entries of an array: the first, and how many more."""
    places = np.flatnonzero(wrong)
    if places.size:
        first = int(places[0])
        more = f"; and {places.size - 1:,} more" if places.size > 1 else ""
        value = values[first]
        text = f"{value:.12g}" if isinstance(value, (float, np.floating)) else f"{value!s:.60}"
        yield code, key, f"{key}[{first}] {is_} {text}{more}."
