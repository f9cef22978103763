"""One browser and one tab for all tests of pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.chromium import PROGRAM, Tab, chromium


@pytest.fixture(scope="session")
def tab() -> Iterator[Tab]:
    """Return a tab of a headless Chromium."""
    if PROGRAM is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    with chromium() as browser:
        yield browser.tab()
