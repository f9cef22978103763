"""Decision processes in files that other tools write and read.

=========  ============================  ======================================================
format     files                         what it keeps
=========  ============================  ======================================================
``npz``    one NumPy archive             everything, exactly
``umb``    one tar archive               all but the criterion's place: it is in the parameters
``prism``  ``.tra`` and files beside it  the process; neither criterion nor durations
=========  ============================  ======================================================
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from amopt.errors import UsageError
from amopt.mdp.exchange.arrays import CODES, Arrays, Exchanged

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from amopt.mdp.decision_process import MarkovDecisionProcess

__all__ = ["CODES", "FORMATS", "Arrays", "Exchanged", "read", "write"]

FORMATS = {"npz": ".npz", "umb": ".umb", "prism": ".tra"}
"""The formats, with the ending of their (main) file."""


def write(
    process: MarkovDecisionProcess,
    path: str | Path,
    form: str,
    *,
    initial: ArrayLike | None = None,
    variables: tuple[str, ...] = (),
    durations_as_rewards: bool = False,
) -> list[Path]:
    """Write a process to a file (PRISM: several), and return what was written.

    Parameters
    ----------
    process
        The process.
    path
        The file; for ``prism`` the ``.tra`` file, beside which the others are put.
    form
        One of :data:`FORMATS`.
    initial
        Distribution of the first state, shape (states,); left out, none is told.
    variables
        What the entries of the states' names are called, where these are tuples of whole numbers.
    durations_as_rewards
        Whether ``umb`` may hold pairs that do not last one period, as a second reward.

    Raises
    ------
    UsageError
        When there is no such format, it cannot hold the process, or the file cannot be written.
    """
    from amopt.mdp.exchange import archive, prism, umb

    weights = None if initial is None else process.initial_distribution(initial)
    if form == "npz":
        archive.save(process, path, initial=weights)
        return [Path(path)]
    if form == "umb":
        return umb.write(
            process,
            Path(path),
            initial=weights,
            variables=variables,
            durations_as_rewards=durations_as_rewards,
        )
    if form == "prism":
        return prism.write(process, Path(path), initial=weights, variables=variables)
    raise UsageError(f"unknown format {form!r}; choose one of {', '.join(FORMATS)}")


def read(
    path: str | Path,
    *,
    discount: float | None = None,
    average: bool = False,
    reward: str | None = None,
    maximise: bool = False,
) -> Exchanged:
    """Read a process from a file of any of the formats, by its ending.

    Parameters
    ----------
    path
        The file.
    discount
        Discount factor a period; left out, what the file says.
    average
        Whether the average cost a period is minimised, whatever the file says.
    reward
        Which reward of the file is the cost; left out, ``cost``, or the only one.
    maximise
        Whether that reward is to be maximised: its sign changes on the way.

    Raises
    ------
    UsageError
        When the file cannot be read, is of no known format, or does not say by which criterion.
    InvalidInstanceError
        When its arrays do not make a process; all that is wrong is told at once.
    """
    from amopt.mdp.exchange import archive, prism, umb

    if average and discount is not None:
        raise UsageError("give a discount or the average, not both")
    source = Path(path)
    if source.suffix == ".npz":
        if reward is not None:
            raise UsageError("a NumPy archive holds one cost; it has no rewards to choose from")
        arrays = archive.read(source)
    elif source.suffix == ".umb":
        arrays = umb.read(source, reward)
    elif source.suffix == ".tra":
        arrays = prism.read(source, reward)
    else:
        raise UsageError(
            f"{source.name[:60]!r} ends with none of {', '.join(FORMATS.values())}: the ending "
            "says what a file holds"
        )
    return arrays.exchanged(discount=discount, average=average, maximise=maximise)
