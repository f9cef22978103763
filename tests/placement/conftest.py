"""Where OR-Library's files are."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def orlib():
    """Return the folder of OR-Library's files, or skip."""
    data = os.environ.get("AMOPT_DATA")
    if not data or not (Path(data) / "orlib").is_dir():
        pytest.skip("AMOPT_DATA does not name a folder that holds orlib")
    return Path(data) / "orlib"
