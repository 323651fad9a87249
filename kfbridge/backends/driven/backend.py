"""A backend whose runs are driven by kfbridge's engine, in this process."""

from __future__ import annotations

import platform
import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from kfbridge.backends.base import BackendConfig, Finding, Level, Observer, Plan, RunStatus, Target
from kfbridge.backends.driven.config import DrivenConfig
from kfbridge.backends.driven.driving import Driving, Options
from kfbridge.backends.driven.handle import DrivenRun
from kfbridge.backends.driven.mirror import Mirror
from kfbridge.backends.driven.mirrored_runner import MirroredRunner
from kfbridge.backends.driven.mirrored_store import MirroredStore
from kfbridge.backends.driven.report import run_status
from kfbridge.backends.driven.root import root_folder, root_storage
from kfbridge.backends.driven.transfers import Transfers
from kfbridge.engine.context import RunContext
from kfbridge.engine.events import Event
from kfbridge.engine.journal import read_journal
from kfbridge.engine.runner import TaskRunner
from kfbridge.errors import KfbridgeError, RefusedError, RunError, UsageError
from kfbridge.graph.model import Graph
from kfbridge.graph.resolve import resolve
from kfbridge.plan.capabilities import Capabilities
from kfbridge.plan.document import json_bytes
from kfbridge.plan.limits import Limits
from kfbridge.runs.detail import restore_journal
from kfbridge.runs.document import write_whole
from kfbridge.runs.lock import DriverLock, beats
from kfbridge.runs.paths import RunPaths
from kfbridge.runs.record import ENDED, RunRecord, begin_record, refuse_succeeded, write_record
from kfbridge.runs.store import LATEST, RunStore
from kfbridge.spec.read import read_file


class DrivenBackend(ABC):
    """A backend that says how one attempt of one step is run; everything else is here.

    Runs are folders under the target's artifact root, which steps must see at the same path as this process does.
    """

    name: ClassVar[str]
    Config: ClassVar[type[BackendConfig]]
    capabilities: Capabilities
    limits: Limits = Limits()
    reaches_root: ClassVar[bool] = False
    """Whether steps read and write a remote artifact root by themselves, and not the mirror of this machine."""
    kept: ClassVar[tuple[str, ...]] = ("parallel", "failure_policy", "cache")
    """Settings that a resumed run keeps from its beginning, unless they are given anew."""

    def __init__(self, target: Target) -> None:
        assert isinstance(target.config, DrivenConfig)
        self.target = target
        self.options: DrivenConfig = target.config
        self.observer: Observer | None = None
        self.transfers = Transfers()

    @cached_property
    def folder(self) -> Path:
        """Where the runs lie on this machine: the artifact root itself, or the mirror of a remote one."""
        return root_folder(self.target)

    @cached_property
    def mirror(self) -> Mirror | None:
        """This machine's copy of a remote artifact root; None where the root is a folder.

        Raises:
            StorageError: What opens the root is not installed.
        """
        storage = root_storage(self.target)
        return None if storage is None else Mirror(storage, self.folder, transfers=self.transfers)

    @cached_property
    def store(self) -> RunStore:
        """The runs under the artifact root."""
        return RunStore(self.folder) if self.mirror is None else MirroredStore(self.mirror)

    @abstractmethod
    def check(self, graph: Graph, arguments: Mapping[str, Any]) -> tuple[Finding, ...]:
        """What this backend says about a pipeline; pure."""

    @abstractmethod
    def runner(self, graph: Graph, paths: RunPaths, context: RunContext) -> TaskRunner:
        """What runs the attempts of one run.

        Args:
            graph: The pipeline.
            paths: The run's folder.
            context: The run, for placeholders.
        """

    def drive_options(self) -> Options:
        """How runs are driven."""
        return Options(self.options.failure_policy, self.options.cache, platform.node())

    def handle(
        self, run_id: str, graph: Graph, driving: Driving | None = None, findings: tuple[Finding, ...] = ()
    ) -> DrivenRun:
        """The handle of a run; `driving` is there when this process drives it."""
        return DrivenRun(self.store, run_id, graph, driving, findings, self.transfers)

    def plan(self, graph: Graph, arguments: Mapping[str, Any], spec_text: str) -> Plan:
        """What this backend does with a pipeline, and the pipeline and the arguments that it would drive."""
        documents = {
            "pipeline.yaml": spec_text.encode("utf-8", "backslashreplace"),
            "arguments.json": json_bytes(arguments),
        }
        found = self.check(graph, arguments)
        return Plan(graph.name, self.target, graph, dict(arguments), spec_text, found, documents)

    def submit(self, plan: Plan, run_id: str | None = None) -> DrivenRun:
        """Start the plan in a thread of this process and return at once.

        The steps end with this process; `Run.wait` waits for them.

        Raises:
            UsageError: There is a run of that id already.
            RunError: The artifact root cannot be written.
        """
        record = self.begin(plan, run_id)
        paths = self._make_folder(record.run_id)
        if self.mirror is not None:
            self._claim(self.mirror, paths)
        lock = DriverLock(paths.lock)
        lock.acquire()
        try:
            write_whole(paths.spec, plan.spec_text)
            write_record(paths.record, record)
        except RunError:
            shutil.rmtree(paths.folder, ignore_errors=True)  # nothing has begun
            lock.release()
            raise
        return self._drive(plan.graph, record, lock, plan.findings)

    def begin(self, plan: Plan, run_id: str | None) -> RunRecord:
        """The record of a run of a plan, before anything of it is done."""
        return begin_record(
            run_id=run_id,
            pipeline=plan.pipeline,
            target=self.target.name,
            backend=self.name,
            arguments=plan.arguments,
            options=self.options.model_dump(mode="json", include=set(self.kept)),
            spec_text=plan.spec_text,
        )

    def begin_again(self, record: RunRecord) -> RunRecord:
        """The record of a run that goes on."""
        return replace(record, state="running", ended=None, error=None, outputs={})

    def run(self, run_id: str) -> DrivenRun:
        """The handle of the run with that id, with a unique id that begins so, or of the ``latest``."""
        record = self.store.find(run_id)
        return self.handle(record.run_id, self._graph(record.run_id))

    def resume(self, run_id: str) -> DrivenRun:
        """Continue a run; see `run` for what names one.

        Raises:
            RunError: It has succeeded, or another process drives it.
            RefusedError: With the settings as they are now, the target cannot do what the pipeline asks.
        """
        found = self.store.find(run_id)
        refuse_succeeded(found)
        if found.state not in ENDED and self.is_driven_elsewhere(found.run_id):
            raise RunError(
                "The run is being driven on another machine.",
                where=found.run_id,
                remedy=f"Wait for it, or end it with: kfbridge cancel {found.run_id}",
            )
        return self._go_on(found)

    def runs(self) -> list[RunStatus]:
        """Every run, newest first, without their tasks."""
        return [run_status(record, self.store.place(record.run_id)) for record in self.store.runs()]

    # ------------------------------------------------------------------------------------------------

    def _go_on(self, found: RunRecord, *, takes_over: bool = False) -> DrivenRun:
        """Drive a run further: resume it, or with `takes_over` go on as if its driver had not been cut off."""
        backend, graph, findings = self._readied(found)
        paths = self.store.paths(found.run_id)
        lock = DriverLock(paths.lock)
        lock.acquire()
        try:
            restore_journal(found, paths)
            history = read_journal(paths.journal)
            if not takes_over:
                paths.cancel.unlink(missing_ok=True)
            record = backend.begin_again(found)
            write_record(paths.record, record)
        except RunError:
            lock.release()
            raise
        return backend._drive(graph, record, lock, findings, history, takes_over=takes_over)

    def _drive(
        self,
        graph: Graph,
        record: RunRecord,
        lock: DriverLock,
        findings: tuple[Finding, ...],
        history: Sequence[Event] = (),
        *,
        takes_over: bool = False,
    ) -> DrivenRun:
        paths = self.store.paths(record.run_id)
        driving = Driving(
            graph,
            lambda context: self._attempts(graph, paths, context),
            self.drive_options(),
            paths,
            record,
            lock,
            self.store.place(record.run_id),
            self.mirror,
            history,
            self.observer,
            takes_over=takes_over,
        )
        run = self.handle(record.run_id, graph, driving, findings)
        driving.start()
        return run

    def is_driven_elsewhere(self, run_id: str) -> bool:
        """Whether a driver that is not on this machine gives signs of life."""
        return beats(self.store.paths(run_id).beat)

    def _attempts(self, graph: Graph, paths: RunPaths, context: RunContext) -> TaskRunner:
        runner = self.runner(graph, paths, context)
        return runner if self.mirror is None or self.reaches_root else MirroredRunner(runner, self.mirror, paths)

    def _graph(self, run_id: str) -> Graph:
        return resolve(read_file(self.store.paths(run_id).spec))

    def _as_begun(self, record: RunRecord) -> DrivenBackend:
        """This backend with the settings that the run began with, under those that are given now."""
        config = self.target.config
        given = {name: getattr(config, name) for name in config.model_fields_set}
        before = {name: value for name, value in record.options.items() if name in self.kept}
        backend = type(self)(replace(self.target, config=type(config).model_validate({**before, **given})))
        backend.observer = self.observer
        return backend

    def _readied(self, found: RunRecord) -> tuple[DrivenBackend, Graph, tuple[Finding, ...]]:
        """What drives a run further: this backend as the run began, the pipeline, and what is said of it now."""
        graph = self._graph(found.run_id)
        backend = self._as_begun(found)
        findings = backend.check(graph, found.arguments)
        backend._refuse(findings)
        return backend, graph, findings

    def _refuse(self, findings: Sequence[Finding]) -> None:
        refused = [finding for finding in findings if finding.level is Level.REFUSED]
        if refused:
            first = refused[0]
            raise RefusedError(first.reason, where=first.task, remedy=first.remedy, backend=self.name)

    def _make_folder(self, run_id: str) -> RunPaths:
        paths = self.store.paths(run_id)
        if not run_id or run_id == LATEST:
            raise UsageError(f"A run cannot be called {run_id!r}.", remedy="Choose another --run-id.")
        try:
            paths.folder.parent.mkdir(parents=True, exist_ok=True)
            paths.folder.mkdir()
        except FileExistsError as error:
            if not paths.folder.is_dir():
                raise self._unwritable(error) from error
            if not paths.record.exists():
                return paths  # kfbridge was killed before that run began
            raise UsageError(
                f"There is a run called {run_id!r} already.",
                remedy=f"Choose another --run-id, or continue that one with: kfbridge resume {run_id}",
            ) from error
        except OSError as error:
            raise self._unwritable(error) from error
        return paths

    def _claim(self, mirror: Mirror, paths: RunPaths) -> None:
        """Take the run's name at the root, too."""
        try:
            mirror.claim(paths)
        except KfbridgeError:
            shutil.rmtree(paths.folder, ignore_errors=True)  # nothing has begun
            raise

    def _unwritable(self, error: OSError) -> RunError:
        return RunError(
            f"The folder for runs cannot be made: {error.filename}: {error.strerror}.",
            remedy="Give write permission there, or set artifact_root to another folder.",
            backend=self.name,
        )
