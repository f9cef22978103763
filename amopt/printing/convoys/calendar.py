"""The days between two replenishments, when nobody knows how many there will be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.printing.instance import PrintingInstance
from amopt.printing.instance.convoys import Convoys

__all__ = ["Calendar", "calendar_of"]


@dataclass(frozen=True)
class Calendar:
    """The days of a cycle as a Markov chain; day 0 is that of a replenishment.

    Attributes
    ----------
    arrives
        Probability that the replenishment comes after the night of each day, shape (days,).
    following
        The day that follows where it does not come, shape (days,), int.
    labels
        What a planner calls the days: days to the next scheduled replenishment; days since the last
        one where there is no schedule. Day 0 has none.
    """

    arrives: NDArray[np.float64]
    following: NDArray[np.int64]
    labels: tuple[int, ...]

    def __len__(self) -> int:
        """Return the number of days."""
        return len(self.arrives)

    @classmethod
    def scheduled(cls, cycle_days: int, probability: float, *, whole: bool = False) -> Calendar:
        """Return the days where each scheduled replenishment comes with a probability.

        Day L is that of a replenishment that did not come: it has L days to the next one, and day 1
        comes after it. Where each one comes that day is left out, but for a ``whole`` calendar.
        """
        arrives = np.zeros(cycle_days + 1)
        arrives[cycle_days - 1] = probability
        following = np.arange(1, cycle_days + 2)
        following[cycle_days] = 1
        labels = (0, *range(cycle_days - 1, 0, -1), cycle_days)
        if probability == 1.0 and not whole:
            return cls(arrives[:-1], np.minimum(following[:-1], cycle_days - 1), labels[:-1])
        return cls(arrives, following, labels)

    @classmethod
    def of_lengths(cls, lengths: dict[int, float]) -> Calendar:
        """Return the days where the cycle has one of some lengths, and no one knows which."""
        most = max(lengths)
        chance = np.array([lengths.get(day + 1, 0.0) for day in range(most)])
        left = np.cumsum(chance[::-1])[::-1]
        arrives = np.minimum(chance / left, 1.0)
        arrives[-1] = 1.0
        following = np.minimum(np.arange(1, most + 1), most - 1)
        return cls(arrives, following, tuple(range(most)))


def calendar_of(instance: PrintingInstance, convoys: Convoys | None) -> Calendar:
    """Return the days of an instance; those of the base model where nothing is uncertain."""
    if convoys is None:
        return Calendar.scheduled(instance.cycle_days, 1.0)
    if convoys.arrival_probability is not None:
        return Calendar.scheduled(
            instance.cycle_days, convoys.arrival_probability, whole=convoys.order_lead_days > 0
        )
    return Calendar.of_lengths({one.days: one.probability for one in convoys.cycle_lengths})
