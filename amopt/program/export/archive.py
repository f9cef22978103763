"""Archives of arrays (``.npz``) from others' hands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import UsageError

__all__ = ["read_archive"]


def read_archive(path: str | Path) -> dict[str, NDArray[Any]]:
    """Return all arrays of a NumPy archive by name; nothing in it is run.

    Raises
    ------
    UsageError
        When the file is missing or cannot be opened.
    ValueError
        When it is no such archive, or a damaged one.
    """
    try:
        stream = Path(path).open("rb")  # noqa: SIM115 (its errors are not those of the content)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from error
    try:
        with stream, np.load(stream, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except Exception as error:  # of a dozen kinds: NumPy's, zipfile's, zlib's, struct's
        raise ValueError(f"{path} is not a NumPy archive (.npz), or a damaged one") from error
