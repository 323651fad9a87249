"""docs/support.md is what capabilities, limits, conformance suite and corpus give."""

from __future__ import annotations

import pytest

from tests.plan.table import PAGE, page


@pytest.mark.corpus
@pytest.mark.slow
@pytest.mark.usefixtures("corpus")
@pytest.mark.filterwarnings("ignore:.*a condition compares with")  # a case is about that
def test_the_page_is_fresh() -> None:
    """To renew it: ``python -m tests.plan.table``."""
    assert PAGE.read_text(encoding="utf-8") == page()
