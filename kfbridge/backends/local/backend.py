"""The backend that runs pipelines on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from kfbridge.backends.base import BackendConfig, Checkup, Finding, Level, Observer, Plan, RunStatus, Target
from kfbridge.backends.local.capabilities import CAPABILITIES, LIMITS, capabilities
from kfbridge.backends.local.config import Config as LocalConfig
from kfbridge.backends.local.config import Places, as_uri, root_folder
from kfbridge.backends.local.doctor import checkups
from kfbridge.backends.local.driving import Driving
from kfbridge.backends.local.findings import findings
from kfbridge.backends.local.handle import LocalRun
from kfbridge.backends.local.report import run_status
from kfbridge.engine.journal import read_journal
from kfbridge.errors import RefusedError, RunError, UsageError
from kfbridge.graph.model import Graph
from kfbridge.graph.resolve import resolve
from kfbridge.plan.capabilities import Capabilities
from kfbridge.plan.document import json_bytes
from kfbridge.plan.limits import Limits
from kfbridge.runs.document import write_whole
from kfbridge.runs.lock import DriverLock
from kfbridge.runs.paths import RunPaths
from kfbridge.runs.record import RunRecord, begin_record, write_record
from kfbridge.runs.store import LATEST, RunStore
from kfbridge.spec.read import read_file

_KEPT = ("containers", "docker_command", "parallel", "failure_policy", "cache", "python")
"""Settings that a resumed run keeps from its beginning, unless they are given anew."""


class LocalBackend:
    """Each step is a process of this machine; runs are folders under the target's artifact root."""

    name: ClassVar[str] = "local"
    Config: ClassVar[type[BackendConfig]] = LocalConfig
    capabilities: Capabilities = CAPABILITIES
    limits: Limits = LIMITS

    def __init__(self, target: Target) -> None:
        assert isinstance(target.config, LocalConfig)
        self.target = target
        self.config = target.config
        self.capabilities = capabilities(target.config.containers)
        self.observer: Observer | None = None
        self.places = Places.of(target)
        self.store = RunStore(root_folder(target))

    def check(self, graph: Graph, arguments: Mapping[str, Any]) -> tuple[Finding, ...]:
        """What this machine does with each thing that the pipeline needs."""
        return findings(graph, self.config, self.places, arguments)

    def plan(self, graph: Graph, arguments: Mapping[str, Any], spec_text: str) -> Plan:
        """What this machine does with each thing, and what it would run."""
        found = self.check(graph, arguments)
        documents = {
            "pipeline.yaml": spec_text.encode("utf-8", "backslashreplace"),
            "arguments.json": json_bytes(arguments),
        }
        return Plan(graph.name, self.target, graph, dict(arguments), spec_text, found, documents)

    def submit(self, plan: Plan, run_id: str | None = None) -> LocalRun:
        """Start the plan in a thread of this process and return at once.

        The steps end with this process; `Run.wait` waits for them.

        Raises:
            UsageError: There is a run of that id already.
            RunError: The artifact root cannot be written.
        """
        record = begin_record(
            run_id=run_id,
            pipeline=plan.pipeline,
            target=self.target.name,
            backend=self.name,
            arguments=plan.arguments,
            options=self.config.model_dump(mode="json", include=set(_KEPT)),
            spec_text=plan.spec_text,
        )
        paths = self._make_folder(record.run_id)
        lock = DriverLock(paths.lock)
        lock.acquire()
        try:
            write_whole(paths.spec, plan.spec_text)
            write_record(paths.record, record)
        except RunError:
            shutil.rmtree(paths.folder, ignore_errors=True)  # nothing has begun
            lock.release()
            raise
        return self._drive(plan.graph, self.config, record, lock)

    def run(self, run_id: str) -> LocalRun:
        """The handle of the run with that id, with a unique id that begins so, or of the ``latest``."""
        record = self.store.find(run_id)
        return LocalRun(self.store, record.run_id, self._graph(record.run_id))

    def resume(self, run_id: str) -> LocalRun:
        """Continue a run; see `run` for what names one.

        Raises:
            RunError: It has succeeded, or another process drives it.
            RefusedError: With the settings as they are now, this machine cannot do what the pipeline asks.
        """
        found = self.store.find(run_id)
        if found.state == "succeeded":
            raise RunError(
                "The run has succeeded; there is nothing to resume.",
                where=found.run_id,
                remedy="Start a new one with: kfbridge run",
            )
        graph = self._graph(found.run_id)
        config = self._config_of(found)
        _check(findings(graph, config, self.places, found.arguments))
        paths = self.store.paths(found.run_id)
        lock = DriverLock(paths.lock)
        lock.acquire()
        try:
            history = read_journal(paths.journal)
            paths.cancel.unlink(missing_ok=True)
            record = replace(found, state="running", ended=None, error=None, outputs={})
            write_record(paths.record, record)
        except RunError:
            lock.release()
            raise
        return self._drive(graph, config, record, lock, history)

    def runs(self) -> list[RunStatus]:
        """Every run, newest first, without their tasks."""
        return [run_status(record, str(self.store.paths(record.run_id).folder)) for record in self.store.runs()]

    def doctor(self) -> Iterator[Checkup]:
        """Whether this machine is ready."""
        return checkups(self.config, root_folder(self.target))

    def _drive(
        self, graph: Graph, config: LocalConfig, record: RunRecord, lock: DriverLock, history: Any = ()
    ) -> LocalRun:
        paths = self.store.paths(record.run_id)
        driving = Driving(graph, config, self.places, paths, record, lock, history, as_uri(self.target), self.observer)
        run = LocalRun(
            self.store, record.run_id, graph, driving, findings(graph, config, self.places, record.arguments)
        )
        driving.start()
        return run

    def _graph(self, run_id: str) -> Graph:
        return resolve(read_file(self.store.paths(run_id).spec))

    def _config_of(self, record: RunRecord) -> LocalConfig:
        """The settings that the run began with, under those that are given now."""
        given = {name: getattr(self.config, name) for name in self.config.model_fields_set}
        kept = {name: value for name, value in record.options.items() if name in _KEPT}
        return LocalConfig.model_validate({**kept, **given})

    def _make_folder(self, run_id: str) -> RunPaths:
        paths = self.store.paths(run_id)
        if not run_id or run_id == LATEST:
            raise UsageError(f"A run cannot be called {run_id!r}.", remedy="Choose another --run-id.")
        try:
            paths.folder.parent.mkdir(parents=True, exist_ok=True)
            paths.folder.mkdir()
        except FileExistsError as error:
            if not paths.folder.is_dir():
                raise _unwritable(error) from error
            if not paths.record.exists():
                return paths  # kfbridge was killed before that run began
            raise UsageError(
                f"There is a run called {run_id!r} already.",
                remedy=f"Choose another --run-id, or continue that one with: kfbridge resume {run_id}",
            ) from error
        except OSError as error:
            raise _unwritable(error) from error
        return paths


def _check(found: Sequence[Finding]) -> None:
    refused = [finding for finding in found if finding.level is Level.REFUSED]
    if refused:
        first = refused[0]
        raise RefusedError(first.reason, where=first.task, remedy=first.remedy, backend=LocalBackend.name)


def _unwritable(error: OSError) -> RunError:
    return RunError(
        f"The folder for runs cannot be made: {error.filename}: {error.strerror}.",
        remedy="Give write permission there, or set artifact_root to another folder.",
        backend=LocalBackend.name,
    )
