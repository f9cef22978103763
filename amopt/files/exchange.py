"""Two folders change their names in one step, where the operating system has that."""

from __future__ import annotations

import ctypes
import errno
import os
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["exchanged"]

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NOT_THERE = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}
"""What the kernel or a file system answers that cannot exchange names."""


def exchanged(one: Path, other: Path) -> bool:
    """Exchange two names in one step; False, and nothing done, where that cannot be had.

    Raises
    ------
    OSError
        When the exchange itself fails.
    """
    rename = _renameat2()
    if rename is None:
        return False
    paths = os.fsencode(one), os.fsencode(other)
    if rename(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _NOT_THERE:
        return False
    raise OSError(code, os.strerror(code), str(other))


@cache
def _renameat2() -> Any:
    """Return the function of the C library of Linux; None where it has none."""
    try:
        function = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return None
    function.argtypes = [
        ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint
    ]  # fmt: skip
    return function
