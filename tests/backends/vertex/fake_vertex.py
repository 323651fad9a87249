"""A strict stand-in for Vertex AI's API: gRPC, with Google's own messages; what it does not know fails the test.

It holds a client to the contract: the method exists, the routing header names what the request names, the parent is
the one project and location that there is, the message has no field that the API does not know. What is wrong is noted
in `complaints`, which a test must find empty. PipelineJobs advance by one step of their `script` with each look.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import grpc
from google.cloud.aiplatform_v1 import types
from google.longrunning import operations_pb2
from google.protobuf import empty_pb2, timestamp_pb2

PARENT = "projects/my-project/locations/us-central1"
_SERVICE = "google.cloud.aiplatform.v1"

Step = Callable[[Any], None]
"""Changes a PipelineJob: what happens between two looks at it."""


class Refused(Exception):
    """The API's answer is an error."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class FakeVertex:
    """The service and what it knows.

    Attributes:
        script: What happens to each run, a step with each look.
        faults: Answers that are given before any other, by method, the first one first.
        calls: The methods that were called, in order.
        complaints: What a client did against the contract.
    """

    script: list[Step] = field(default_factory=list)
    faults: dict[str, list[Refused]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    jobs: dict[str, Any] = field(default_factory=dict)
    schedules: dict[str, Any] = field(default_factory=dict)
    looks: dict[str, int] = field(default_factory=dict)
    resumed: list[tuple[str, bool]] = field(default_factory=list)
    page: int = 2
    port: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _server: Any = None

    # The server -------------------------------------------------------------------------------------

    def start(self) -> str:
        """Listen, on the same port as before; the address."""
        self._server = grpc.server(ThreadPoolExecutor(4), handlers=[_Handler(self)])
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        self._server.start()
        return f"127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Drop every connection."""
        self._server.stop(grace=None).wait()

    def answer(self, method: str, request: Any, metadata: dict[str, str]) -> Any:
        with self._lock:
            self.calls.append(method)
            waiting = self.faults.get(method)
            if waiting:
                raise waiting.pop(0)
            self._check_routing(method, request, metadata)
            return getattr(self, f"_{method}")(request)

    def _check_routing(self, method: str, request: Any, metadata: dict[str, str]) -> None:
        routing = {key: one for key, [one] in parse_qs(metadata.get("x-goog-request-params", "")).items()}
        if method == "UpdateSchedule":
            expected = {"schedule.name": request.schedule.name}
        else:
            key = "parent" if "parent" in type(request).meta.fields else "name"
            expected = {key: getattr(request, key)}
        if routing != expected:
            self.complain(f"{method}: the routing header is {routing}, not {expected}")
        [value] = expected.values()
        if value != PARENT and not value.startswith(f"{PARENT}/"):
            self.complain(f"{method}: {value} is not in {PARENT}")

    def complain(self, text: str) -> None:
        self.complaints.append(text)
        raise Refused(grpc.StatusCode.INVALID_ARGUMENT, text)

    # PipelineService --------------------------------------------------------------------------------

    def _CreatePipelineJob(self, request: Any) -> Any:
        job, key = request.pipeline_job, request.pipeline_job_id
        name = f"{PARENT}/pipelineJobs/{key}"
        if not key:
            self.complain("CreatePipelineJob: without an id, two tries make two runs")
        if not job.runtime_config.gcs_output_directory.startswith("gs://"):
            self.complain("CreatePipelineJob: runtime_config.gcs_output_directory is needed")
        if name in self.jobs:
            raise Refused(grpc.StatusCode.ALREADY_EXISTS, f"The resource {name} already exists")
        job.name, job.state = name, types.PipelineState.PIPELINE_STATE_PENDING
        job.create_time = timestamp_pb2.Timestamp(seconds=1_800_000_000 + len(self.jobs))
        self.jobs[name] = job
        return job

    def _GetPipelineJob(self, request: Any) -> Any:
        job = self._job(request.name)
        look = self.looks[request.name] = self.looks.get(request.name, -1) + 1
        if look < len(self.script):
            self.script[look](job)
        return job

    def _ListPipelineJobs(self, request: Any) -> Any:
        if request.order_by != "create_time desc":
            self.complain(f"ListPipelineJobs: order_by is {request.order_by!r}")
        newest = sorted(self.jobs.values(), key=lambda one: one.create_time, reverse=True)
        start = int(request.page_token or 0)
        listed = []
        for one in newest[start : start + self.page]:
            copy = types.PipelineJob(one)
            copy.job_detail = None  # not in a list
            listed.append(copy)
        more = str(start + self.page) if start + self.page < len(newest) else ""
        return types.ListPipelineJobsResponse(pipeline_jobs=listed, next_page_token=more)

    def _CancelPipelineJob(self, request: Any) -> Any:
        self._job(request.name).state = types.PipelineState.PIPELINE_STATE_CANCELLING
        return empty_pb2.Empty()

    def _job(self, name: str) -> Any:
        if name not in self.jobs:
            raise Refused(grpc.StatusCode.NOT_FOUND, f"The PipelineJob {name} does not exist")
        return self.jobs[name]

    # ScheduleService --------------------------------------------------------------------------------

    def _CreateSchedule(self, request: Any) -> Any:
        schedule = request.schedule
        self._check_schedule(schedule)
        schedule.name = f"{PARENT}/schedules/{len(self.schedules) + 1}"
        schedule.state = types.Schedule.State.ACTIVE
        schedule.create_time = timestamp_pb2.Timestamp(seconds=1_800_000_000)
        self.schedules[schedule.name] = schedule
        return schedule

    def _check_schedule(self, schedule: Any) -> None:
        if schedule.max_concurrent_run_count < 1:
            self.complain("max_concurrent_run_count is below 1")
        if not schedule.cron or schedule.cron.startswith("@"):
            self.complain(f"the cron expression is {schedule.cron!r}")
        if schedule.create_pipeline_job_request.parent != PARENT:
            self.complain(f"the runs' parent is {schedule.create_pipeline_job_request.parent!r}")

    def _ListSchedules(self, request: Any) -> Any:
        return types.ListSchedulesResponse(schedules=list(self.schedules.values()))

    def _UpdateSchedule(self, request: Any) -> Any:
        self._check_schedule(request.schedule)
        found = self._schedule(request.schedule.name)
        for path in request.update_mask.paths:
            if path not in types.Schedule.meta.fields:
                self.complain(f"the mask names {path!r}")
            setattr(found, path, getattr(request.schedule, path))
        return found

    def _PauseSchedule(self, request: Any) -> Any:
        self._schedule(request.name).state = types.Schedule.State.PAUSED
        return empty_pb2.Empty()

    def _ResumeSchedule(self, request: Any) -> Any:
        self._schedule(request.name).state = types.Schedule.State.ACTIVE
        self.resumed.append((request.name, request.catch_up))
        return empty_pb2.Empty()

    def _DeleteSchedule(self, request: Any) -> Any:
        del self.schedules[self._schedule(request.name).name]
        return operations_pb2.Operation(name=f"{PARENT}/operations/1", done=True)

    def _schedule(self, name: str) -> Any:
        if name not in self.schedules:
            raise Refused(grpc.StatusCode.NOT_FOUND, f"The Schedule {name} does not exist")
        return self.schedules[name]


class _Handler(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Finds what a method is asked and answers with; anything else is not implemented."""

    def __init__(self, fake: FakeVertex) -> None:
        self.fake = fake

    def service(self, details: Any) -> Any:
        service, _, method = details.method.removeprefix("/").partition("/")
        known = service in (f"{_SERVICE}.PipelineService", f"{_SERVICE}.ScheduleService")
        if not known or not hasattr(self.fake, f"_{method}"):
            self.fake.complaints.append(f"there is no method {details.method}")
            return None
        request = getattr(types, f"{method}Request")

        def handle(raw: bytes, context: Any) -> bytes:
            metadata = {item.key: item.value for item in context.invocation_metadata()}
            try:
                return _bytes(self.fake.answer(method, _parsed(self.fake, request, raw), metadata))
            except Refused as error:
                context.abort(error.code, str(error))
                raise

        return grpc.unary_unary_rpc_method_handler(handle)


def _parsed(fake: FakeVertex, kind: Any, raw: bytes) -> Any:
    from google.protobuf import unknown_fields

    message = kind.pb().FromString(raw)
    if len(unknown_fields.UnknownFieldSet(message)):
        fake.complain(f"{kind.__name__} has a field that the API does not know")
    return kind.wrap(message)


def _bytes(message: Any) -> bytes:
    plain = message if hasattr(type(message), "SerializeToString") else type(message).pb(message)
    found: bytes = plain.SerializeToString()
    return found


# What happens to a run ------------------------------------------------------------------------------


def to(state: str, message: str = "") -> Step:
    """The run gets into a state, with an error or without."""

    def step(job: Any) -> None:
        job.state = types.PipelineState[f"PIPELINE_STATE_{state}"]
        if message:
            job.error.message = message

    return step


def detail(number: int, name: str, state: str, parent: int = 0, **about: Any) -> Step:
    """A task is in a state: made, or changed."""

    def step(job: Any) -> None:
        kept = [one for one in job.job_detail.task_details if one.task_id != number]
        made = types.PipelineTaskDetail(
            task_id=number, task_name=name, parent_task_id=parent, state=types.PipelineTaskDetail.State[state], **about
        )
        job.job_detail.task_details = [*kept, made]

    return step


def together(*steps: Step) -> Step:
    def step(job: Any) -> None:
        for one in steps:
            one(job)

    return step


def fault(code: str, message: str) -> Refused:
    return Refused(grpc.StatusCode[code], message)


def codes(*names: str) -> Iterator[Refused]:
    return (fault(name, name.lower()) for name in names)
