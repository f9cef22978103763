"""Reading of the unified Markov binary format: see :mod:`amopt.mdp.exchange.umb`."""

from __future__ import annotations

import json
import lzma
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import InvalidInstanceError, UsageError
from amopt.mdp.exchange.arrays import Arrays, refusal
from amopt.mdp.exchange.names import told_apart

__all__ = ["read"]

Floats = NDArray[np.float64]

MOST_UNPACKED = 500
"""How many times its size a compressed file may hold, beyond 100 MB."""

ENTITIES = {"states": "#states", "choices": "#choices", "branches": "#branches"}


@dataclass(frozen=True)
class _File:
    """The members of an archive, and its head."""

    name: str
    members: Mapping[str, bytes]
    index: Mapping[str, Any]

    def count(self, key: str) -> int:
        """Return a number of the head's description of the system."""
        found = self.index["transition-system"].get(key, 0)
        if not isinstance(found, int) or found < 0:
            raise self.refusal(f"{key} is {found!r:.40}, expected a whole number.")
        return found

    def array(self, path: str, kind: str, size: int) -> NDArray[Any]:
        """Return an array of a member, which has to be so long."""
        if path not in self.members:
            raise self.refusal(f"{path} is missing.")
        data = self.members[path]
        if len(data) != size * np.dtype(kind).itemsize:
            raise self.refusal(
                f"{path} has {len(data):,} bytes, expected {size:,} entries of "
                f"{np.dtype(kind).itemsize}.",
                "wrong-shape",
            )
        return np.frombuffer(data, dtype=kind)

    def numbers(self, path: str, described: Mapping[str, Any], size: int) -> Floats:
        """Return an array of numbers of any type that is known: whole, fractions or floating."""
        kind, bits = described.get("type"), described.get("size")
        if kind == "double":
            return self.array(path, "<f8", size).astype(np.float64)
        if kind in ("int", "uint") and bits in (None, 64):
            return self.array(path, "<i8" if kind == "int" else "<u8", size).astype(np.float64)
        if kind == "rational" and bits in (None, 128):
            above, below = self.array(path, "<i8", 2 * size).reshape(-1, 2).T
            return np.asarray(above / below.view("<u8"), dtype=np.float64)
        raise self.refusal(f"{path} holds {kind} of {bits} bits, which cannot be read here.")

    def strings(self, folder: str, count: int) -> list[str]:
        """Return texts."""
        ends = self.array(f"{folder}/string-mapping.bin", "<u8", count + 1).astype(np.int64)
        data = self.members.get(f"{folder}/strings.bin", b"")
        if (np.diff(ends) < 0).any() or ends[0] < 0 or ends[-1] > len(data):
            raise self.refusal(f"{folder}/string-mapping.bin does not fit the texts.")
        return [
            data[start:end].decode(errors="replace")
            for start, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)
        ]

    def refusal(self, message: str, code: str = "not-this-format") -> InvalidInstanceError:
        """Return the error that refuses the file."""
        return refusal(self.name, code, message)


def read(path: Path, reward: str | None = None) -> Arrays:
    """Return what a file tells, unchecked.

    Rewards of states, choices and branches are added up in the pair, in expectation.

    Parameters
    ----------
    path
        The file.
    reward
        The reward that is the cost; left out, ``cost``, or the only one.

    Raises
    ------
    UsageError
        When the file is missing, or there are several rewards and none is called ``cost``.
    InvalidInstanceError
        When it is no such file, or its model is no Markov decision process.
    """
    file = _opened(path)
    system = file.index["transition-system"]
    if system.get("time") != "discrete" or file.count("#players") > 1:
        raise file.refusal("the model is no Markov decision process: it has rates, or players.")
    if file.count("#observations"):
        raise file.refusal("the model is only partially observable.")
    states, pairs = file.count("#states"), file.count("#choices")
    branches = file.count("#branches")
    starts = _starts(file, "state-to-choices.bin", states, pairs)
    indptr = _starts(file, "choice-to-branches.bin", pairs, branches)
    probability = system.get("branch-probability-type") or {}
    owner = np.repeat(np.arange(states), np.diff(starts))
    data = file.numbers("branch-to-probability.bin", probability, branches)
    branch = np.repeat(np.arange(pairs), np.diff(indptr))
    cost = _rewards(file, _chosen(file, reward), owner, branch, data)
    duration = None
    if reward != "duration" and "duration" in _named(file):
        duration = _rewards(file, "duration", owner, branch, data)
    parameters = (file.index.get("file-data") or {}).get("parameters")
    told = parameters if isinstance(parameters, dict) else {}
    discount = told.get("discount")
    return Arrays(
        file=path.name,
        data=data,
        indices=file.array("branch-to-target.bin", "<u8", branches).astype(np.int64),
        indptr=indptr,
        states=states,
        cost=cost,
        state_of_pair=owner,
        duration=duration,
        discount=float(discount) if isinstance(discount, (int, float)) else None,
        criterion=told.get("criterion"),
        initial=_initial(file, states),
        state_names=_state_names(file, states),
        pair_names=_actions(file, owner, pairs),
    )


def _opened(path: Path) -> _File:
    """Return the members of an archive; nothing is unpacked to disk."""
    try:
        most = max(MOST_UNPACKED * path.stat().st_size, 100_000_000)
        with tarfile.open(path) as archive:
            members: dict[str, bytes] = {}
            for entry in archive:
                most -= entry.size
                if most < 0:
                    raise refusal(path.name, "not-this-format", "it unpacks to too much.")
                stream = archive.extractfile(entry)
                if stream is not None:
                    members[entry.name.removeprefix("./").removeprefix("/")] = stream.read()
        index = json.loads(members.get("index.json", b""))
    except FileNotFoundError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except (tarfile.TarError, OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise refusal(
            path.name, "not-this-format", "it is no tar archive with an index.json, or damaged."
        ) from error
    if not isinstance(index, dict) or not isinstance(index.get("transition-system"), dict):
        raise refusal(path.name, "not-this-format", "index.json describes no transition-system.")
    if index.get("format-version") != 1:
        raise refusal(
            path.name,
            "not-this-format",
            f"it has version {index.get('format-version')!r:.40}; this version reads 1.",
        )
    return _File(path.name, members, index)


def _starts(file: _File, path: str, size: int, targets: int) -> NDArray[np.int64]:
    """Return where the targets of each entry begin; left out, each has one."""
    if path not in file.members and size == targets:
        return np.arange(size + 1)
    found = file.array(path, "<u8", size + 1).astype(np.int64)
    if found[0] != 0 or found[-1] != targets or (np.diff(found) < 0).any():
        raise file.refusal(f"{path} does not rise from 0 to {targets:,}.", "wrong-shape")
    return found


def _named(file: _File) -> dict[str, Any]:
    """Return the rewards' descriptions by their names."""
    rewards = (file.index.get("annotations") or {}).get("rewards") or {}
    return {
        str(described.get("alias", key)): {**described, "key": key}
        for key, described in rewards.items()
        if isinstance(described, dict)
    }


def _chosen(file: _File, reward: str | None) -> str:
    """Return the name of the reward that is the cost."""
    names = list(_named(file))
    if reward is not None and reward not in names:
        raise UsageError(
            f"{file.name} has no reward {reward!r:.60}; it has {', '.join(names)[:200] or 'none'}"
        )
    others = [name for name in names if name != "duration"]
    if reward is None and "cost" not in names and len(others) != 1:
        raise UsageError(
            f"{file.name} has {len(others)} rewards ({', '.join(others)[:200]}): say which one is "
            "the cost"
            if others
            else f"{file.name} has no reward, and so no cost to minimise"
        )
    return reward or ("cost" if "cost" in names else others[0])


def _rewards(
    file: _File,
    reward: str,
    owner: NDArray[np.intp],
    branch: NDArray[np.intp],
    probability: Floats,
) -> Floats:
    """Return the expected reward of each pair: of its state, its own, and of what follows."""
    described = _named(file)[reward]
    total = np.zeros(len(owner))
    for of in described.get("applies-to") or []:
        if of not in ENTITIES:
            raise file.refusal(f"the reward {reward!r:.60} applies to {of!r:.40}.")
        path = f"annotations/rewards/{described['key']}/{of}/values.bin"
        values = file.numbers(path, described.get("type") or {}, file.count(ENTITIES[of]))
        if of == "states":
            total += values[owner]
        elif of == "choices":
            total += values
        else:
            total += np.bincount(branch, weights=probability * values, minlength=len(owner))
    return total


def _initial(file: _File, states: int) -> Floats | None:
    """Return the first state's distribution; None where several are possible without one."""
    told = "annotations/initial/initial/states/values.bin"
    if told in file.members:
        return file.array(told, "<f8", states).astype(np.float64)
    if "state-is-initial.bin" not in file.members:
        return None
    data = file.array("state-is-initial.bin", "u1", -(-states // 64) * 8)
    chosen = np.unpackbits(data, bitorder="little")[:states].astype(bool)
    return chosen.astype(np.float64) if chosen.sum() == 1 else None


def _actions(file: _File, owner: NDArray[np.intp], pairs: int) -> list[str] | None:
    """Return the names of the pairs, None where they have none."""
    count, folder = file.count("#choice-actions"), "actions/choices"
    if not count or f"{folder}/string-mapping.bin" not in file.members:
        return None
    labels = file.strings(folder, count)
    number = np.zeros(pairs, dtype=np.int64)
    if f"{folder}/values.bin" in file.members:
        number = file.array(f"{folder}/values.bin", "<u4", pairs).astype(np.int64)
    if pairs and number.max() >= count:
        raise file.refusal(f"{folder}/values.bin names an action that there is not.")
    return told_apart([labels[position] for position in number], owner.tolist())


def _state_names(file: _File, states: int) -> list[Any] | None:
    """Return the names of the states where they are all of whole numbers, or texts."""
    described = (file.index.get("valuations") or {}).get("states") or {}
    classes, folder = described.get("classes") or [], "valuations/states"
    data = file.members.get(f"{folder}/valuations.bin", b"")
    if len(classes) != 1 or not states or len(data) % states:
        return None
    bits = np.unpackbits(np.frombuffer(data, dtype=np.uint8), bitorder="little").reshape(states, -1)
    columns: list[list[Any]] = []
    start = 0
    for variable in classes[0].get("variables") or []:
        if "padding" in variable:
            start += int(variable["padding"])
            continue
        kind = variable.get("type") or {}
        size = int(kind.get("size", 1 if kind.get("type") == "bool" else 64))
        if (
            variable.get("is-optional")
            or kind.get("type") not in ("bool", "int", "uint", "string")
            or size > 64
            or start + size > bits.shape[1]
        ):
            return None
        values = _whole(bits[:, start : start + size], signed=kind["type"] == "int")
        if kind["type"] == "string":
            texts = file.strings(folder, int(described.get("#strings", 0)))
            columns.append([texts[position] for position in values.tolist()])
        else:
            columns.append((values + int(variable.get("offset", 0))).tolist())
        start += size
    names = list(zip(*columns, strict=True))
    return [name[0] for name in names] if len(columns) == 1 else names or None


def _whole(bits: NDArray[np.uint8], *, signed: bool) -> NDArray[np.int64]:
    """Return whole numbers of their bits, the lowest first, shape (states, bits)."""
    size = bits.shape[1]
    filled = np.zeros((len(bits), 64), dtype=np.uint8)
    filled[:, :size] = bits
    if signed:
        filled[:, size:] = bits[:, [size - 1]]
    return np.packbits(filled, axis=1, bitorder="little").view("<i8")[:, 0]
