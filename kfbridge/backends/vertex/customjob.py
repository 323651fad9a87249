"""A step as a custom job: for what a plain step of Vertex AI cannot ask for.

A container starts the job and waits for its end: the launcher of google-cloud-pipeline-components 2.22, called as its
``create_custom_training_job_from_component`` calls it. The job's description is one word of the launcher's command
line, a JSON text. Vertex puts values into that text, so that each of them must be escaped as JSON is:
``{{$.json_escape[1]}}`` (``json_escape`` in that package). Names are those of ``CustomJob`` in
google-cloud-aiplatform 2.7.0 (v1) in snake_case, because the launcher builds the message from them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kfbridge.backends.vertex.config import Config
from kfbridge.errors import BackendError

LAUNCHER_IMAGE: Final = "gcr.io/ml-pipeline/google-cloud-pipeline-components:2.22.0"
COMMAND: Final = ("python3", "-u", "-m", "google_cloud_pipeline_components.container.v1.custom_job.launcher")
OUTPUT: Final = "gcp_resources"
"""The launcher's own output, a text that names the job."""

POOL: Final = frozenset({"container_spec", "disk_spec", "lustre_mounts", "machine_spec", "nfs_mounts", "replica_count"})
"""The fields of WorkerPoolSpec that ``set_native("vertex", ...)`` may give."""
SPEC: Final = frozenset(
    {
        "base_output_directory", "enable_dashboard_access", "enable_web_access", "experiment", "experiment_run",
        "network", "persistent_resource_id", "protected_artifact_location_id", "psc_interface_config",
        "reserved_ip_ranges", "scheduling", "service_account", "tensorboard",
    }
)  # fmt: skip
"""The fields of CustomJobSpec that it may give."""
JOB: Final = frozenset({"display_name", "encryption_spec", "labels"})
"""The fields of CustomJob that it may give."""

_PLACEHOLDER: Final = re.compile(r"\{\{\$[^{}]*\}\}")
_VALUE: Final = re.compile(r"\{\{\$(\.inputs\.parameters\['[^']+'\])?\}\}")
_STRUCTURED: Final = re.compile(r'\s*\{\s*"(Concat|IfPresent)"')
_NAME: Final = 128  # CustomJob.display_name
_FREE: Final = frozenset({"labels"})  # whose keys are the user's


@dataclass(frozen=True, slots=True)
class Terms:
    """What the job of a step is made of.

    Attributes:
        name: The step's name for people.
        machine: ``machineSpec`` and ``scheduling``, as `kfbridge.backends.vertex.machines` gives them.
        timeout: Seconds and an ``s``, or empty.
        native: What the task says in Vertex's own words.
    """

    name: str
    machine: Mapping[str, Any]
    timeout: str = ""
    native: Mapping[str, Any] | None = None


def launcher(container: Mapping[str, Any], terms: Terms, config: Config) -> dict[str, Any]:
    """The container that starts the job in which `container` runs.

    Raises:
        BackendError: A native setting is none of a custom job.
    """
    payload = json.dumps(payload_of(container, terms, config), ensure_ascii=False)
    args = ["--type", "CustomJob", "--payload", payload]
    args += ["--project", config.project, "--location", config.location]
    args += ["--gcp_resources", f"{{{{$.outputs.parameters['{OUTPUT}'].output_file}}}}"]
    return {"image": config.launcher_image or LAUNCHER_IMAGE, "command": list(COMMAND), "args": args}


def payload_of(container: Mapping[str, Any], terms: Terms, config: Config) -> dict[str, Any]:
    """The job as data: a CustomJob, whose texts hold placeholders.

    Raises:
        BackendError: A native setting is none of a custom job.
    """
    native = snake(terms.native or {})
    strange = sorted(native.keys() - POOL - SPEC - JOB)
    if strange:
        raise BackendError(
            f'its set_native("vertex", ...) names {strange[0]!r}, which is no field of a custom job',
            remedy=f"Name one of {', '.join(sorted(POOL | SPEC | JOB))}.",
            backend="vertex",
        )
    pool = {
        "machine_spec": snake(terms.machine.get("machineSpec") or {}),
        "replica_count": 1,
        "container_spec": _container_spec(container),
    }
    pool = merged(pool, {key: native[key] for key in native.keys() & POOL})
    scheduling = {
        **snake(terms.machine.get("scheduling") or {}),
        **({"timeout": terms.timeout} if terms.timeout else {}),
    }
    spec = {"worker_pool_specs": _pools(pool), **({"scheduling": scheduling} if scheduling else {}), **_place(config)}
    spec = merged(spec, {key: native[key] for key in native.keys() & SPEC})
    key = {"encryption_spec": {"kms_key_name": config.encryption_key}} if config.encryption_key else {}
    labels = {"labels": dict(config.labels)} if config.labels else {}
    job = {"display_name": terms.name[:_NAME], "job_spec": spec, **key, **labels}
    return merged(job, {key: native[key] for key in native.keys() & JOB})


def escaped(text: str) -> str:
    """A text of a container whose values Vertex puts into JSON.

    Raises:
        BackendError: It is a structured placeholder, which Vertex resolves as a word of its own alone.
    """
    structured = _STRUCTURED.match(text)
    if structured:
        raise BackendError(
            f"its command line has a {structured[1]}Placeholder, which cannot stand in the description of a custom job",
            remedy="Put the text together in the step, or ask for a machine that a plain step gets.",
            backend="vertex",
        )
    single = _PLACEHOLDER.sub(lambda found: found[0].replace('"', "'"), text)  # it stands between double quotes
    return _VALUE.sub(lambda found: f"{{{{${found[1] or ''}.json_escape[1]}}}}", single)


def snake(value: Any) -> Any:
    """JSON data with the names of its fields in snake_case; the keys of labels are the user's and stay."""
    if isinstance(value, Mapping):
        return {_snake(key): dict(one) if _snake(key) in _FREE else snake(one) for key, one in value.items()}
    return [snake(one) for one in value] if isinstance(value, (list, tuple)) else value


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Two objects, field by field; what is no object in both is taken from `above`, in the order of its names."""
    found = dict(below)
    for key in sorted(above):
        both = isinstance(found.get(key), Mapping) and isinstance(above[key], Mapping)
        found[key] = merged(found[key], above[key]) if both else above[key]
    return found


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: f"_{found[1].lower()}", name)


def _container_spec(container: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"image_uri": escaped(container.get("image") or "")}
    for name in ("command", "args"):
        if container.get(name):
            found[name] = [escaped(word) for word in container[name]]
    if container.get("env"):
        found["env"] = [{"name": one["name"], "value": escaped(one.get("value") or "")} for one in container["env"]]
    return found


def _pools(pool: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The first replica is the chief, in a pool of its own; the others are the workers."""
    count = int(pool["replica_count"])
    chief = {**pool, "replica_count": 1}
    return [chief] if count <= 1 else [chief, {**pool, "replica_count": count - 1}]


def _place(config: Config) -> dict[str, Any]:
    attachment = config.psc_network_attachment
    found = {
        "service_account": config.service_account,
        "network": config.network,
        "reserved_ip_ranges": list(config.reserved_ip_ranges),
        "psc_interface_config": {"network_attachment": attachment} if attachment else None,
    }
    return {name: value for name, value in found.items() if value}
