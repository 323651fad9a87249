"""What the driver's Job is told: the run, the target, and the pipeline."""

from __future__ import annotations

import base64
import gzip
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from kfbridge.backends.k8s.config import Config
from kfbridge.errors import BackendError
from kfbridge.runs.record import RunRecord
from kfbridge.target import Target

FILE: Final = "submission.json.gz"
_LONGEST: Final = 1_000_000  # bytes; a ConfigMap takes 1 MiB (Kubernetes documentation, ConfigMaps)


TOKEN: Final = "submission"
"""The option in a run's record that tells which submission began it, or resumed it last."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One start, or resumption, of a run.

    Attributes:
        token: Tells this submission from any other: a driver that starts again finds what it began itself.
        run_id: The run.
        pipeline: Its name.
        target: The target's name.
        config: The target's settings; there is no secret among them.
        arguments: The pipeline's arguments.
        spec_text: The compiled pipeline.
        resumes: Whether an earlier run is continued.
        schedule: The schedule whose run this is; id and token come from the Job then (`scheduled.as_run`).
        replaces: Whether it takes the place of that schedule's earlier runs.
    """

    token: str
    run_id: str
    pipeline: str
    target: str
    config: Mapping[str, Any]
    arguments: Mapping[str, Any]
    spec_text: str
    resumes: bool = False
    schedule: str = ""
    replaces: bool = False

    @classmethod
    def of(
        cls, record: RunRecord, target: Target, spec_text: str, *, resumes: bool = False, token: str = ""
    ) -> Submission:
        """The submission of a run; `token` is a new one unless given."""
        return cls(
            token=token or secrets.token_hex(8),
            run_id=record.run_id,
            pipeline=record.pipeline,
            target=record.target,
            config=_settings(target),
            arguments=record.arguments,
            spec_text=spec_text,
            resumes=resumes,
        )

    @classmethod
    def planned(
        cls, run_id: str, pipeline: str, target: Target, arguments: Mapping[str, Any], spec_text: str
    ) -> Submission:
        """What a plan shows: nothing in it is new every time."""
        return cls("", run_id, pipeline, target.name, _settings(target), arguments, spec_text)

    def data(self) -> str:
        """The submission as a ConfigMap holds it, the same text every time.

        Raises:
            BackendError: It is too large for one.
        """
        text = json.dumps(asdict(self), ensure_ascii=False).encode("utf-8", "surrogatepass")
        packed = base64.b64encode(gzip.compress(text, mtime=0)).decode("ascii")
        if len(packed) > _LONGEST:
            raise BackendError(
                f"The compiled pipeline with its arguments is too large for the driver's ConfigMap: it has "
                f"{len(packed):,} bytes packed, and {_LONGEST:,} fit.",
                remedy="Make several pipelines of it, or let large arguments be artifacts."
                if self.schedule
                else 'Drive the run from here: --set driver=client (or driver = "client" in kfbridge.toml).',
                backend="k8s",
            )
        return packed

    def as_target(self, folder: Path) -> Target:
        """The target, as the driver has it."""
        return Target(self.target, Config.model_validate(self.config), folder)


def _settings(target: Target) -> dict[str, Any]:
    """The settings as they hold in the cluster: there is no kubeconfig, and the process is the driver."""
    given = target.config.model_dump(mode="json", exclude={"kubeconfig", "context"}, exclude_unset=True)
    return {**given, "backend": "k8s", "driver": "client"}


def read_submission(folder: Path) -> Submission:
    """The submission in a mounted ConfigMap."""
    return Submission(**json.loads(gzip.decompress((folder / FILE).read_bytes())))
