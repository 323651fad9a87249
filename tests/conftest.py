"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parent.parent

# Where a build is judged, the same commit must give the same answer; elsewhere every run looks for something new.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("new", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "new")


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


@pytest.fixture(scope="session")
def package_index() -> None:
    """For tests that install packages; skipped where KFBRIDGE_OFFLINE is set."""
    if os.environ.get("KFBRIDGE_OFFLINE"):
        pytest.skip("KFBRIDGE_OFFLINE is set, and this test installs packages")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A skipped test fails when KFBRIDGE_REQUIRE names one of its marks (``corpus network``)."""
    report: pytest.TestReport = yield  # type: ignore[misc, assignment]
    required = [mark for mark in os.environ.get("KFBRIDGE_REQUIRE", "").split() if item.get_closest_marker(mark)]
    if report.skipped and required and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, although KFBRIDGE_REQUIRE asks for {required[0]}: {report.longrepr}"
    return report  # type: ignore[return-value]
