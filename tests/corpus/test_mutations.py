"""Whatever is wrong with a compiled pipeline is told in a sentence; what is taken runs to an end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus.mutation import damaged, taken

SEEDS = 300
REFUSED = {"read", "resolve", "arguments", "plan"}


@pytest.mark.corpus
@pytest.mark.usefixtures("corpus")
def test_damaged_pipelines_are_refused_or_run_to_an_end(tmp_path: Path) -> None:
    """More of it, for as long as you like: ``python -m tests.corpus.mutation --seconds 600 --seed 1``."""
    outcomes = set()
    for seed in range(SEEDS):
        path, text = damaged(seed)
        try:
            outcomes.add(taken(text, tmp_path))
        except Exception as error:
            raise AssertionError(f"seed {seed}, {path.name}") from error
    assert {"read", "resolve", "failed", "succeeded"} <= outcomes <= {*REFUSED, "failed", "succeeded"}
