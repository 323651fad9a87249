"""The test class that a backend subclasses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from kfbridge import api
from kfbridge.backends.base import RunStatus, Target
from kfbridge.errors import KfbridgeError
from kfbridge.spelling import hint
from kfbridge.testing.case import Case
from kfbridge.testing.cases import CASES
from kfbridge.testing.gap import Gap

Runner = Callable[[Case, Mapping[str, Any]], RunStatus]
"""Runs a case's pipeline with arguments to its end."""


class BackendConformance:
    """Every case, run on a backend. A subclass, called ``Test...``, gives the fixture `target`.

    Class attributes:
        gaps: The cases that the backend is known not to pass, by name. They run all the same: one that passes
            breaks the build, and so does one that fails otherwise than with a refusal or a wrong outcome.
        cases: The cases to run, by name; all of them.
    """

    gaps: ClassVar[Mapping[str, Gap]] = {}
    cases: ClassVar[Mapping[str, Case]] = CASES

    def __init_subclass__(cls) -> None:
        for name in cls.gaps:
            if name not in cls.cases:
                raise pytest.UsageError(
                    f"{cls.__name__}.gaps: there is no case {name!r}. {hint(name, cls.cases)}".rstrip()
                )

    @pytest.fixture
    def target(self, tmp_path: Path) -> Target:
        """Where the cases run. Each test wants an artifact root of its own, or one without an old cache."""
        raise NotImplementedError(f"{type(self).__name__} needs a fixture `target` that returns a kfbridge Target.")

    @pytest.fixture
    def run(self, target: Target) -> Runner:
        """How a case is run; override it for a backend that is not driven through `kfbridge.api`."""

        def run(case: Case, arguments: Mapping[str, Any]) -> RunStatus:
            return api.run(case.pipeline, arguments, target=target).wait()

        return run

    @pytest.fixture
    def scratch(self, tmp_path: Path) -> str:
        """A folder, as steps see it, that all steps of a test can read and write."""
        folder = tmp_path / "scratch"
        folder.mkdir()
        return str(folder)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test for each case, gaps as strict expected failures."""
        if "case" in metafunc.fixturenames:
            metafunc.parametrize("case", [self._parameter(case) for case in self.cases.values()])

    @pytest.mark.filterwarnings("ignore:.*a condition compares with")  # what is warned of is what a case is about
    def test_case(self, case: Case, run: Runner, scratch: str) -> None:
        """The case ends as it must."""
        arguments = case.bound(scratch)
        for _ in range(case.runs):
            status = run(case, arguments)
        differences = case.expected.differences(status)
        assert not differences, "\n".join([f"{case.name}: {case.meaning}", *differences])

    def _parameter(self, case: Case) -> Any:
        gap = self.gaps.get(case.name)
        expected = (KfbridgeError, AssertionError)
        marks = [pytest.mark.xfail(reason=str(gap), strict=True, raises=expected)] if gap else []
        return pytest.param(case, id=f"{case.topic}-{case.name}", marks=marks)
