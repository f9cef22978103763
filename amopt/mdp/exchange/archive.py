"""Decision processes in compressed NumPy archives (``.npz``): the form that keeps everything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.files import new_file
from amopt.mdp.decision_process import MarkovDecisionProcess
from amopt.mdp.exchange.arrays import Arrays, refusal
from amopt.mdp.exchange.names import in_words
from amopt.mdp.process import Process
from amopt.program.export.archive import read_archive

__all__ = ["load", "read", "save"]

_FORMAT = 1
"""The version of the archives that are written, and read."""

_NEEDED = ("format", "data", "indices", "indptr", "shape", "cost", "state_of_pair", "discount")


def save(process: Process, path: str | Path, *, initial: NDArray[np.float64] | None = None) -> None:
    """Write a process to an archive; state and pair names as text.

    The file is written whole or not at all.

    Parameters
    ----------
    process
        The process.
    path
        The file, ending in ``.npz``.
    initial
        Distribution of the first state, shape (states,); left out, none is told.

    Raises
    ------
    UsageError
        When the folder does not exist or cannot be written to.
    """
    arrays: dict[str, Any] = {
        "format": _FORMAT,
        "data": process.transition.data,
        "indices": process.transition.indices,
        "indptr": process.transition.indptr,
        "shape": np.array(process.transition.shape),
        "cost": process.cost,
        "state_of_pair": process.state_of_pair,
        "duration": process.duration,
        "discount": 1.0 if process.discount is None else process.discount,
        "criterion": np.array(process.criterion),
    }
    for key in ("state_names", "pair_names"):
        names = getattr(process, key)
        if names is not None:
            arrays[key] = np.array([in_words(name) for name in names])
    if initial is not None:
        arrays["initial"] = initial
    with new_file(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **arrays)


def read(path: Path) -> Arrays:
    """Return what an archive tells, unchecked.

    Raises
    ------
    UsageError
        When the file is missing or cannot be opened.
    InvalidInstanceError
        When it is no such archive.
    """
    try:
        arrays = _required(path)
    except ValueError as error:
        raise refusal(path.name, "not-this-format", f"{error}.") from error
    shape, discount = arrays["shape"], arrays["discount"]
    if shape.shape != (2,) or shape.dtype.kind not in "iu" or discount.shape:
        raise refusal(
            path.name, "not-this-format", "shape holds two whole numbers, discount is one number."
        )
    criterion = str(arrays["criterion"]) if "criterion" in arrays else None
    return Arrays(
        file=path.name,
        data=arrays["data"],
        indices=arrays["indices"],
        indptr=arrays["indptr"],
        states=int(shape[1]),
        cost=arrays["cost"],
        state_of_pair=arrays["state_of_pair"],
        duration=arrays.get("duration"),
        discount=float(discount),
        criterion=criterion or ("average" if discount == 1 else "discounted"),
        initial=arrays.get("initial"),
        state_names=_text(arrays, "state_names"),
        pair_names=_text(arrays, "pair_names"),
    )


def load(path: str | Path) -> MarkovDecisionProcess:
    """Read a process that :func:`save` wrote.

    Raises
    ------
    UsageError
        When the file is missing or cannot be opened.
    ValueError
        When the file is not such an archive, or its arrays do not make a process.
    """
    arrays = _required(path)
    try:
        matrix = sp.csr_array(
            (arrays["data"], arrays["indices"], arrays["indptr"]),
            shape=tuple(arrays["shape"].tolist()),
        )
        matrix.check_format()
        return MarkovDecisionProcess(
            matrix,
            arrays["cost"],
            arrays["state_of_pair"],
            float(arrays["discount"]),
            criterion=str(arrays["criterion"]) if "criterion" in arrays else None,  # type: ignore[arg-type]
            duration=arrays.get("duration"),
            state_names=_text(arrays, "state_names"),
            pair_names=_text(arrays, "pair_names"),
        )
    except (TypeError, IndexError) as error:
        raise ValueError(f"the arrays of {path} make no decision process: {error}") from error


def _required(path: str | Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of an archive that has all that a process needs."""
    arrays = read_archive(path)
    missing = [key for key in _NEEDED if key not in arrays]
    if missing:
        raise ValueError(f"{path} lacks {', '.join(missing)}: it holds no decision process")
    found = arrays["format"]
    if found.shape or found != _FORMAT:
        raise ValueError(f"{path} has format {found.tolist()}, this version reads {_FORMAT}")
    return arrays


def _text(arrays: dict[str, NDArray[Any]], key: str) -> list[str] | None:
    return [str(name) for name in arrays[key]] if key in arrays else None
