"""Two web servers on this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.components.website import Site, serving


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as found:
        yield found


@pytest.fixture
def other_site() -> Iterator[Site]:
    with serving() as found:
        yield found
