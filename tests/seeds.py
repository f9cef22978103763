"""Seeds of random instances: a few on every run, all of them before a release."""

from __future__ import annotations

from typing import Any

import pytest


def seeds(count: int, *, always: int) -> list[Any]:
    """Return the seeds 0 to `count` - 1; those beyond the first `always` have the marker long."""
    rest = (pytest.param(seed, marks=pytest.mark.long) for seed in range(always, count))
    return [*range(always), *rest]
