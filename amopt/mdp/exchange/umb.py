"""Decision processes in the unified Markov binary format (UMB), version 1.

The format is a tar archive, plain or compressed by gzip or xz, of an ``index.json`` and
little-endian arrays (Probabilistic model checking community, github.com/pmc-tools/umb, spec.md).
PRISM and Storm read and write it. It has no field for discount or criterion: they are written to
the parameters of its head, and demanded from the caller where they are missing.
"""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import UsageError
from amopt.files import new_file
from amopt.mdp.exchange.names import numbers
from amopt.mdp.exchange.umb_reading import read
from amopt.mdp.process import Process

__all__ = ["read", "write"]

_DOUBLE = {"type": "double", "size": 64}


def write(
    process: Process,
    path: Path,
    *,
    initial: NDArray[np.float64] | None = None,
    variables: tuple[str, ...] = (),
    durations_as_rewards: bool = False,
) -> list[Path]:
    """Write a process; parameters as of :func:`amopt.mdp.exchange.write`.

    Raises
    ------
    UsageError
        When a pair does not last one period and that is not to be a reward.
    """
    if (process.duration != 1).any() and not durations_as_rewards:
        raise UsageError(
            "in this format every pair lasts one period: long-run averages of others' tools are "
            "per step. Write the durations as rewards, and ask for cost over duration"
        )
    order = np.arange(process.pairs) if process.order is None else process.order
    matrix = process.transition[order]
    files: dict[str, Any] = {
        "state-to-choices.bin": np.append(process.starts, process.pairs).astype("<u8"),
        "choice-to-branches.bin": matrix.indptr.astype("<u8"),
        "branch-to-target.bin": matrix.indices.astype("<u8"),
        "branch-to-probability.bin": matrix.data.astype("<f8"),
        "annotations/rewards/cost/choices/values.bin": process.cost[order].astype("<f8"),
    }
    index = _index(process, matrix.nnz)
    if (process.duration != 1).any():
        files["annotations/rewards/duration/choices/values.bin"] = process.duration[order].astype(
            "<f8"
        )
        index["annotations"]["rewards"]["duration"] = _annotation("choices", "duration")
    _add_initial(index, files, initial)
    _add_actions(index, files, process, order)
    _add_states(index, files, process, variables)
    with new_file(path) as temporary, tarfile.open(temporary, "w") as archive:
        text = json.dumps(index, indent=1).encode()
        for name, content in {"index.json": text, **files}.items():
            data = content if isinstance(content, bytes) else content.tobytes()
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return [path]


def _index(process: Process, branches: int) -> dict[str, Any]:
    """Return the head of the file, without what is optional."""
    from amopt.files.version import __version__

    parameters: dict[str, Any] = {"criterion": process.criterion, "sense": "minimise"}
    if process.discount is not None:
        parameters["discount"] = process.discount
    return {
        "format-version": 1,
        "format-revision": 0,
        "model-data": {
            "comment": "The reward 'cost' is to be minimised; for the criterion see the file's "
            "parameters."
        },
        "file-data": {"tool": "amopt", "tool-version": __version__, "parameters": parameters},
        "transition-system": {
            "time": "discrete",
            "#players": 1,
            "#states": process.states,
            "#initial-states": 0,
            "#choices": process.pairs,
            "#choice-actions": 0,
            "#branches": branches,
            "#branch-actions": 0,
            "#observations": 0,
            "branch-probability-type": _DOUBLE,
        },
        "annotations": {"rewards": {"cost": _annotation("choices", "cost")}},
    }


def _annotation(of: str, alias: str) -> dict[str, Any]:
    return {"alias": alias, "applies-to": [of], "type": _DOUBLE}


def _add_initial(
    index: dict[str, Any], files: dict[str, Any], initial: NDArray[np.float64] | None
) -> None:
    """Add the first state; of a distribution those that are possible, and their probabilities."""
    if initial is None:
        return
    possible = initial > 0
    index["transition-system"]["#initial-states"] = int(possible.sum())
    bits = np.zeros(-(-len(possible) // 64) * 64, dtype=bool)
    bits[: len(possible)] = possible
    files["state-is-initial.bin"] = np.packbits(bits, bitorder="little")
    if possible.sum() > 1:
        index["annotations"]["initial"] = {"initial": _annotation("states", "initial")}
        files["annotations/initial/initial/states/values.bin"] = initial.astype("<f8")


def _add_actions(
    index: dict[str, Any], files: dict[str, Any], process: Process, order: NDArray[np.intp]
) -> None:
    """Add the names of the pairs as actions of the choices."""
    if process.pair_names is None:
        return
    names = [str(process.pair_names[pair]) for pair in order]
    labels = list(dict.fromkeys(names))
    number = {label: position for position, label in enumerate(labels)}
    index["transition-system"]["#choice-actions"] = len(labels)
    files["actions/choices/values.bin"] = np.array([number[name] for name in names], dtype="<u4")
    _add_strings(files, "actions/choices", labels)


def _add_strings(files: dict[str, Any], folder: str, labels: list[str]) -> None:
    encoded = [label.encode() for label in labels]
    ends = np.cumsum([0, *map(len, encoded)])
    files[f"{folder}/string-mapping.bin"] = ends.astype("<u8")
    files[f"{folder}/strings.bin"] = b"".join(encoded)


def _add_states(
    index: dict[str, Any], files: dict[str, Any], process: Process, variables: tuple[str, ...]
) -> None:
    """Add the names of the states as values of variables: whole numbers, or one text."""
    if process.state_names is None:
        return
    found = numbers(process.state_names, variables)
    if found is not None:
        values, called = found
        described = [{"name": name, "type": {"type": "int", "size": 64}} for name in called]
        files["valuations/states/valuations.bin"] = values.astype("<i8")
        unique = len(np.unique(values, axis=0)) == len(values)
        more = {}
    else:
        names = [str(name) for name in process.state_names]
        described = [{"name": "name", "type": {"type": "string", "size": 64}}]
        files["valuations/states/valuations.bin"] = np.arange(len(names), dtype="<u8")
        _add_strings(files, "valuations/states", names)
        unique, more = True, {"#strings": len(names)}
    index["valuations"] = {
        "states": {"unique": unique, **more, "classes": [{"variables": described}]}
    }
