"""Every pipeline of the KFP corpus on this machine, offline: it ends as its expectation says, or says why it cannot.

The two that take minutes (`Expectation.minutes`) run where KFBRIDGE_PATIENCE is at least that many.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from kfbridge.backends.local.mounting import obstacle
from tests.conftest import corpus_files
from tests.corpus.comparison import differences
from tests.corpus.drawn import RULES, expectation_of
from tests.corpus.expectation import Expectation, expectations
from tests.corpus.notyet import NOTYET
from tests.corpus.running import run
from tests.corpus.table import PAGE, page

GROUPS = ("valid", "argo_compatibility", "kubernetes")
FILES = {f"{path.parent.name}/{path.stem}": path for path in corpus_files(*GROUPS)}


def marks(name: str, expected: Expectation) -> list[pytest.MarkDecorator]:
    """What is slow, what is not asked for here, and what does not work yet and must not in secret."""
    if reason := not_here(expected):
        return [pytest.mark.skip(reason=reason)]
    slow = [pytest.mark.slow] if expected.minutes or "cannot be installed" in expected.says else []
    notyet = [pytest.mark.xfail(strict=True, reason=NOTYET[name])] if name in NOTYET else []
    return [pytest.mark.corpus, *slow, *notyet]


def not_here(expected: Expectation) -> str:
    """Why a pipeline that could run is not run here; empty when it is."""
    if missing := [program for program in expected.programs if shutil.which(program) is None]:
        return f"not installed here: {', '.join(missing)}"
    if expected.mounts and obstacle():
        return obstacle()
    if expected.minutes > int(os.environ.get("KFBRIDGE_PATIENCE", "0")):
        return f"takes {expected.minutes} min: set KFBRIDGE_PATIENCE={expected.minutes} to run it"
    return ""


def pipelines(*, run_here: bool) -> list[Any]:
    """The names of the pipelines that can run here, or of those that cannot."""
    return [
        pytest.param(name, marks=marks(name, expected))
        for name, expected in expectations().items()
        if run_here is not bool(expected.cannot)
    ]


def the_file(name: str, corpus: Path) -> Path:
    assert name in FILES, f"there is no such file in {corpus}"
    return FILES[name]


@pytest.mark.parametrize("name", pipelines(run_here=True))
def test_it_does_what_reading_it_says(name: str, corpus: Path, tmp_path: Path) -> None:
    expected = expectations()[name]
    found = run(the_file(name, corpus), expected, tmp_path)
    if expected.drawn:
        expected = expectation_of(name, found)
    assert differences(expected, found) == []


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "case"), [(name, case) for name, one in expectations().items() for case in range(len(one.also))]
)
def test_it_does_so_with_other_arguments(name: str, case: int, corpus: Path, tmp_path: Path) -> None:
    expected = expectations()[name].also[case]
    assert differences(expected, run(the_file(name, corpus), expected, tmp_path)) == []


@pytest.mark.parametrize("name", pipelines(run_here=False))
def test_what_cannot_run_says_why(name: str, corpus: Path, tmp_path: Path) -> None:
    expected = expectations()[name]
    found = run(the_file(name, corpus), expected, tmp_path)
    assert (found.state, expected.says in found.error) == (expected.state, True), found.error


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.usefixtures("package_index")
@pytest.mark.parametrize("name", [name for name, one in expectations().items() if one.with_index is not None])
def test_it_runs_where_packages_can_be_installed(name: str, corpus: Path, tmp_path: Path) -> None:
    expected = expectations()[name].with_index
    assert expected is not None
    assert differences(expected, run(the_file(name, corpus), expected, tmp_path, offline=False)) == []


@pytest.mark.corpus
@pytest.mark.parametrize("name", [name for name, one in expectations().items() if one.with_stand_in is not None])
def test_it_runs_where_a_script_plays_the_program_that_it_needs(name: str, corpus: Path, tmp_path: Path) -> None:
    expected = expectations()[name].with_stand_in
    assert expected is not None
    assert differences(expected, run(the_file(name, corpus), expected, tmp_path)) == []


@pytest.mark.corpus
@pytest.mark.parametrize("name", [name for name, one in expectations().items() if one.cached_next_time is not None])
def test_what_a_second_run_takes_from_the_first(name: str, corpus: Path, tmp_path: Path) -> None:
    expected = expectations()[name]
    first, second = (run(the_file(name, corpus), expected, tmp_path, cache=True) for _ in range(2))
    assert not any(task.cached for task in first.tasks.values())
    assert {path for path, task in second.tasks.items() if task.cached} == set(expected.cached_next_time or ())
    assert second.outputs == first.outputs


@pytest.mark.corpus
def test_every_file_of_the_corpus_has_an_expectation(corpus: Path) -> None:
    assert set(FILES) == set(expectations())
    assert len(FILES) == 107


def test_the_lists_name_pipelines_that_exist() -> None:
    assert set(NOTYET) <= {name for name, expected in expectations().items() if not expected.cannot}
    assert set(RULES) == {name for name, expected in expectations().items() if expected.drawn}


def test_the_page_is_fresh() -> None:
    """To renew it: ``python -m tests.corpus.table``."""
    assert PAGE.read_text(encoding="utf-8") == page()
