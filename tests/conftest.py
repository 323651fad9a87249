"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def shared_folder() -> Path | None:
    """The folder with the KFP corpus, the benchmarks' peers and the judges, where there is one."""
    folder = Path(os.environ.get("KFBRIDGE_SHARED", REPOSITORY.parent / "shared"))
    return folder if (folder / "kfp-corpus").is_dir() else None


def corpus_files(*groups: str) -> list[Path]:
    """The compiled pipelines of the corpus in these groups (``valid``, ``invalid``, ``kubernetes``, ...)."""
    shared = shared_folder()
    if shared is None:
        return []
    return sorted(path for group in groups for path in (shared / "kfp-corpus" / "ir" / group).rglob("*.yaml"))


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder ``kfp-corpus``; the test is skipped where it is not at hand."""
    shared = shared_folder()
    if shared is None:
        pytest.skip("the KFP corpus is not here: set KFBRIDGE_SHARED to the folder that holds kfp-corpus")
    return shared / "kfp-corpus"
