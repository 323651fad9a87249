"""The class that backends subclass: gaps, fixtures, and that a wrong backend does not pass."""

from __future__ import annotations

import re

import pytest

from kfbridge import testing
from kfbridge.backends.base import RunStatus, TaskStatus
from kfbridge.testing import CASES, BackendConformance, Case, Gap, never, notimpl, notyet

pytest_plugins = ["pytester"]

BACKENDS = """
import pytest
from dataclasses import replace
from kfbridge.errors import RefusedError
from kfbridge.testing import CASES, BackendConformance, never, notimpl, notyet
from tests.testing.test_suite import expected_status

class Three(BackendConformance):
    cases = {name: CASES[name] for name in ("failed_step", "exotic_text", "second_run_is_cached")}

    @pytest.fixture
    def run(self):
        return lambda case, arguments: expected_status(case)

class TestRight(Three):
    pass

class TestWrong(Three):
    @pytest.fixture
    def run(self):
        return lambda case, arguments: replace(expected_status(case), state="succeeded")

class TestWrongAsKnown(TestWrong):
    gaps = {"failed_step": never("Nothing fails there.")}

class TestRefusesAsKnown(Three):
    gaps = {name: notyet("Soon.") for name in Three.cases}

    @pytest.fixture
    def run(self):
        def run(case, arguments):
            raise RefusedError("It cannot do that.")
        return run

class TestBreaks(Three):
    gaps = {"failed_step": notyet("Soon.")}

    @pytest.fixture
    def run(self):
        return lambda case, arguments: 1 / 0

class TestProgress(Three):
    gaps = {"failed_step": notimpl("Not written yet.")}

class TestWithoutTarget(BackendConformance):
    cases = {"diamond": CASES["diamond"]}
"""


def expected_status(case: Case) -> RunStatus:
    """What a backend says that does as it should."""
    expected = case.expected
    states = {"succeeded": expected.ran, "failed": expected.failed, "skipped": expected.skipped}
    tasks = [
        TaskStatus(name, name, state, cached=name in (expected.cached or "").split())
        for state, names in states.items()
        for name in names.split()
    ]
    return RunStatus("run-1", case.name, "mine", expected.state, dict(expected.outputs), tuple(tasks))


def test_what_pytest_says_of_right_and_wrong_backends(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(BACKENDS)
    result = pytester.runpytest_inprocess("-v", "-p", "no:cacheprovider")
    found = re.findall(r"::(Test\w+)::test_case\[\w+-(\w+)\] ([A-Z]+)", result.stdout.str())
    verdicts: dict[str, dict[str, str]] = {}
    for backend, case, verdict in found:
        verdicts.setdefault(backend, {})[case] = verdict
    right = {"failed_step": "PASSED", "exotic_text": "PASSED", "second_run_is_cached": "PASSED"}
    assert verdicts == {
        "TestRight": right,
        "TestWrong": {**right, "failed_step": "FAILED"},
        "TestWrongAsKnown": {**right, "failed_step": "XFAIL"},
        "TestRefusesAsKnown": dict.fromkeys(right, "XFAIL"),
        "TestBreaks": dict.fromkeys(right, "FAILED"),  # a gap does not excuse a crash
        "TestProgress": {**right, "failed_step": "FAILED"},  # progress breaks the build
        "TestWithoutTarget": {"diamond": "ERROR"},
    }
    result.stdout.fnmatch_lines_random(
        [
            "*failed_step: What needs a failed step,*",
            "*The run is succeeded, not failed.*",
            "*XPASS(strict)*notimpl: Not written yet.*",
            "*TestWithoutTarget needs a fixture `target` that returns a kfbridge Target.*",
        ]
    )


def test_a_gap_for_an_unknown_case_stops_the_collection() -> None:
    with pytest.raises(
        pytest.UsageError, match=r"Mine.gaps: there is no case 'emptylist'. Did you mean 'empty_list'\?"
    ):
        type("Mine", (BackendConformance,), {"gaps": {"emptylist": never("No loops.")}})


@pytest.mark.parametrize("marker", [notimpl, notyet, never])
def test_a_gap_has_a_reason(marker: type[Gap]) -> None:
    assert str(marker("No loops.")) == f"{marker.__name__}: No loops."
    with pytest.raises(ValueError, match=rf"{marker.__name__}\(\) needs a reason"):
        marker(" ")


def test_all_cases_are_run_unless_a_backend_says_which() -> None:
    assert BackendConformance.cases is CASES


def test_every_public_name_is_there() -> None:
    assert all(getattr(testing, name) is not None for name in testing.__all__)
    assert dir(testing) == sorted(testing.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'Suite'"):
        testing.Suite  # noqa: B018
