"""The PipelineJob: what is sent to Vertex AI, as the JSON of its message (google-cloud-aiplatform 2.7.0, v1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from kfbridge.backends.vertex.config import Config
from kfbridge.findings import Finding, Level
from kfbridge.plan.steps import EXACT

POLICIES: Final = {"slow": "PIPELINE_FAILURE_POLICY_FAIL_SLOW", "fast": "PIPELINE_FAILURE_POLICY_FAIL_FAST"}


def pipeline_job(
    spec: Mapping[str, Any],
    name: str,
    parameters: Mapping[str, Any],
    artifacts: Mapping[str, str],
    config: Config,
) -> dict[str, Any]:
    """The body; its id travels beside it (``pipelineJobId``) and is made when the run begins.

    Args:
        spec: The PipelineSpec as data.
        name: The run's name for people.
        parameters: The arguments that are values.
        artifacts: The ids of the arguments that are artifacts of the metadata store.
        config: The target.
    """
    runtime = {
        "gcsOutputDirectory": config.artifact_root.rstrip("/"),
        "parameterValues": dict(parameters),
        "failurePolicy": POLICIES[config.failure_policy],
        **({"inputArtifacts": {key: {"artifactId": one} for key, one in artifacts.items()}} if artifacts else {}),
    }
    attachment = config.psc_network_attachment
    found = {
        "displayName": name,
        "labels": dict(sorted(config.labels.items())),
        "pipelineSpec": dict(spec),
        "runtimeConfig": runtime,
        "serviceAccount": config.service_account,
        "network": config.network,
        "reservedIpRanges": list(config.reserved_ip_ranges),
        "pscInterfaceConfig": {"networkAttachment": attachment} if attachment else None,
        "encryptionSpec": {"kmsKeyName": config.encryption_key} if config.encryption_key else None,
        "preflightValidations": config.preflight_validations,
    }
    return {key: value for key, value in found.items() if value}


def inexact(job: Mapping[str, Any]) -> Iterator[Finding]:
    """A refusal for each integer of a PipelineJob that a double does not hold, with its place."""
    pending: list[tuple[str, Any]] = [("", job)]
    while pending:
        place, value = pending.pop()
        if isinstance(value, Mapping):
            pending.extend((f"{place}.{key}".lstrip("."), one) for key, one in value.items())
        elif isinstance(value, list):
            pending.extend((f"{place}[{number}]", one) for number, one in enumerate(value))
        elif isinstance(value, int) and not isinstance(value, bool) and not -EXACT <= value <= EXACT:
            reason = f"Vertex AI is sent every number as a double, and would round {value} at {place}"
            yield Finding(
                "exact_integer", "", Level.REFUSED, reason, "Hand it over as text, and convert it in the step."
            )
