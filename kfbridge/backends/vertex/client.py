"""Vertex AI's API, by Google's generated clients (google-cloud-aiplatform, v1). The only module that imports them.

Messages come and go as their JSON data, so that nothing else knows Google's classes. Calls are made again after
transient faults; `create` is safe to be made twice, because a run's id is given by who makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final

from kfbridge.backends.vertex.config import Config
from kfbridge.backends.vertex.faults import Answer, Patience, persistently
from kfbridge.errors import BackendError, UsageError

TIMEOUT: Final = 60.0
"""Seconds that one try of one call may take."""
_EVERYBODY: Final = "the account of your credentials"


class VertexClient:
    """The calls that kfbridge makes, for one project and location.

    Args:
        config: The target.
        channel: A gRPC channel to use instead of Google's own endpoint, without credentials.
        patience: How long a call is tried again.
    """

    def __init__(self, config: Config, channel: Any = None, patience: Patience | None = None) -> None:
        self.config = config
        self.parent = f"projects/{config.project}/locations/{config.location}"
        self._channel = channel
        self._patience = patience or Patience()

    # Runs -------------------------------------------------------------------------------------------

    def create(self, run_id: str, job: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
        """Begin a run; the PipelineJob, and whether it is new. A run of that id that is there is left as it is."""
        from google.api_core.exceptions import AlreadyExists
        from google.cloud.aiplatform_v1 import types

        request = types.CreatePipelineJobRequest(
            parent=self.parent, pipeline_job=_message(types.PipelineJob, job), pipeline_job_id=run_id
        )
        try:
            made = self._call(lambda: self._pipelines.create_pipeline_job(request, **_ONCE), f"create the run {run_id}")
        except AlreadyExists:
            return self.get(run_id), False
        return _data(made), True

    def get(self, run_id: str) -> dict[str, Any]:
        """A run with the details of its tasks.

        Raises:
            UsageError: There is none of that id.
        """
        from google.api_core.exceptions import NotFound

        name = f"{self.parent}/pipelineJobs/{run_id}"
        try:
            return _data(self._call(lambda: self._pipelines.get_pipeline_job(name=name, **_ONCE), f"read {run_id}"))
        except NotFound:
            raise UsageError(
                f"There is no run {run_id!r} in {self.parent}.", remedy="See those that are there: kfbridge runs"
            ) from None

    def jobs(self) -> list[dict[str, Any]]:
        """Every PipelineJob of the project and location, newest first, without the details of their tasks."""
        from google.cloud.aiplatform_v1 import types

        def pages(token: str) -> Any:
            request = types.ListPipelineJobsRequest(
                parent=self.parent, page_size=100, page_token=token, order_by="create_time desc"
            )
            return self._pipelines.list_pipeline_jobs(request, **_ONCE)

        return [_data(one) for one in self._pages(pages, "list the runs", "pipeline_jobs")]

    def cancel(self, run_id: str) -> None:
        """Ask a run to stop."""
        name = f"{self.parent}/pipelineJobs/{run_id}"
        self._call(lambda: self._pipelines.cancel_pipeline_job(name=name, **_ONCE), f"cancel {run_id}")

    # Schedules --------------------------------------------------------------------------------------

    def schedules(self) -> list[dict[str, Any]]:
        """Every schedule of the project and location that makes PipelineJobs."""
        from google.cloud.aiplatform_v1 import types

        def pages(token: str) -> Any:
            request = types.ListSchedulesRequest(parent=self.parent, page_size=100, page_token=token)
            return self._schedules.list_schedules(request, **_ONCE)

        found = (_data(one) for one in self._pages(pages, "list the schedules", "schedules"))
        return [one for one in found if "createPipelineJobRequest" in one]

    def create_schedule(self, schedule: Mapping[str, Any]) -> dict[str, Any]:
        """Make a schedule; a second call makes a second one, so that it is tried once."""
        from google.cloud.aiplatform_v1 import types

        message = _message(types.Schedule, schedule)
        return _data(
            self._call(
                lambda: self._schedules.create_schedule(parent=self.parent, schedule=message, **_ONCE),
                f"create the schedule {schedule['displayName']}",
                Patience(deadline=0),
            )
        )

    def update_schedule(self, schedule: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
        """Change the named fields of a schedule."""
        from google.cloud.aiplatform_v1 import types
        from google.protobuf.field_mask_pb2 import FieldMask

        message, mask = _message(types.Schedule, schedule), FieldMask(paths=fields)
        return _data(
            self._call(
                lambda: self._schedules.update_schedule(schedule=message, update_mask=mask, **_ONCE),
                f"change the schedule {schedule['displayName']}",
            )
        )

    def pause_schedule(self, name: str) -> None:
        """Let no more runs begin."""
        self._call(lambda: self._schedules.pause_schedule(name=name, **_ONCE), f"pause {name}")

    def resume_schedule(self, name: str, catch_up: bool) -> None:
        """Let runs begin again; with `catch_up` also those that were due meanwhile."""
        from google.cloud.aiplatform_v1 import types

        request = types.ResumeScheduleRequest(name=name, catch_up=catch_up)
        self._call(lambda: self._schedules.resume_schedule(request, **_ONCE), f"resume {name}")

    def delete_schedule(self, name: str) -> None:
        """Remove a schedule; returns when the API has taken it on."""
        self._call(lambda: self._schedules.delete_schedule(name=name, **_ONCE), f"delete {name}")

    # ------------------------------------------------------------------------------------------------

    def _call(self, call: Callable[[], Answer], what: str, patience: Patience | None = None) -> Answer:
        return persistently(call, patience or self._patience, what, self._account)

    def _pages(self, page: Callable[[str], Any], what: str, field: str) -> Iterator[Any]:
        token = ""
        while True:
            # the pager would fetch later pages itself, without being asked again after a fault
            [answer] = self._call(lambda token=token: [next(iter(page(token).pages))], what)  # type: ignore[misc]
            yield from getattr(answer, field)
            token = answer.next_page_token
            if not token:
                return

    @cached_property
    def _credentials(self) -> Any:
        import google.auth
        from google.auth.exceptions import GoogleAuthError

        try:
            return google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])[0]
        except GoogleAuthError as error:
            raise BackendError(
                f"There are no credentials for Google Cloud: {str(error).splitlines()[0].rstrip('.')}.",
                remedy="Log in with: gcloud auth application-default login",
                backend="vertex",
            ) from error

    @property
    def _account(self) -> str:
        if self._channel is not None:
            return _EVERYBODY
        email = getattr(self._credentials, "service_account_email", None)
        return str(email) if email and email != "default" else _EVERYBODY

    def _client(self, service: str, client: str, transport: str) -> Any:
        """A generated client, by the module that has it."""
        from importlib import import_module

        try:
            module = import_module(f"google.cloud.aiplatform_v1.services.{service}")
        except ImportError as error:
            raise BackendError(
                "Running on Vertex AI needs google-cloud-aiplatform, which is not installed.",
                remedy="Install it with: pip install 'kfbridge[vertex]'",
                backend="vertex",
            ) from error
        if self._channel is not None:
            transports = import_module(f"{module.__name__}.transports")
            return getattr(module, client)(transport=getattr(transports, transport)(channel=self._channel))
        endpoint = {"api_endpoint": f"{self.config.location}-aiplatform.googleapis.com"}
        return getattr(module, client)(credentials=self._credentials, client_options=endpoint)

    @cached_property
    def _pipelines(self) -> Any:
        return self._client("pipeline_service", "PipelineServiceClient", "PipelineServiceGrpcTransport")

    @cached_property
    def _schedules(self) -> Any:
        return self._client("schedule_service", "ScheduleServiceClient", "ScheduleServiceGrpcTransport")


_ONCE: Final[Mapping[str, Any]] = {"retry": None, "timeout": TIMEOUT}


def _message(kind: Any, data: Mapping[str, Any]) -> Any:
    """A message from its JSON data; a field that it does not have is an error."""
    from google.protobuf import json_format

    found = kind()
    json_format.ParseDict(dict(data), kind.pb(found), ignore_unknown_fields=False)
    return found


def _data(message: Any) -> dict[str, Any]:
    """The JSON data of a message; enums by their names."""
    from google.protobuf import json_format

    found: dict[str, Any] = json_format.MessageToDict(type(message).pb(message))
    return found
