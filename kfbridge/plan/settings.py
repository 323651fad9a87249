"""The settings in a pipeline's second document, and the features that they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

UNKNOWN_SETTING = "unknown_setting"
"""The feature of a setting that this version knows nothing of; every backend refuses it."""

KUBERNETES: Mapping[str, str] = {
    "secretAsEnv": "secret_env",
    "secretAsVolume": "secret_volume",
    "configMapAsEnv": "config_map_env",
    "configMapAsVolume": "config_map_volume",
    "fieldPathAsEnv": "field_env",
    "pvcMount": "volume_claim",
    "genericEphemeralVolume": "ephemeral_volume",
    "emptyDirMounts": "empty_dir",
    "nodeSelector": "node_selection",
    "nodeAffinity": "node_selection",
    "podAffinity": "node_selection",
    "tolerations": "node_selection",
    "podMetadata": "pod_metadata",
    "imagePullPolicy": "image_pull",
    "imagePullSecret": "image_pull",
    "securityContext": "security_context",
    "initContainers": "init_container",
    "podResourceClaims": "resource_claim",
    "activeDeadlineSeconds": "timeout",
    "enabledSharedMemory": "shared_memory",
}
"""Settings of an executor under ``platforms.kubernetes``: the fields of KubernetesExecutorConfig."""

PORTABLE: Mapping[str, str] = {
    "accelerator": "accelerator",
    "spot": "spot",
    "timeout": "timeout",
    "sharedMemory": "shared_memory",
    "native": "native",
}
"""Settings of an executor under ``platforms.kfbridge``."""

WHOLE: Mapping[str, str] = {
    "workspace": "workspace",
    "resourceTtlOnCompletion": "time_to_live",
    "resourceTtlOnSuccess": "time_to_live",
    "resourceTtlOnFailure": "time_to_live",
    "activeDeadlineSeconds": "run_timeout",
}
"""Settings of the pipeline as a whole: the fields of PipelineConfig."""

_PLATFORMS = {"kubernetes": KUBERNETES, "kfbridge": PORTABLE}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it stands in the second document, under its platform."""

    feature: str
    platform: str
    key: str
    value: Any

    @property
    def name(self) -> str:
        """What it is called in a message."""
        return f"the Kubernetes setting {self.key}" if self.platform == "kubernetes" else f"the setting {self.key}"


def executor_settings(platforms: Mapping[str, Any], label: str) -> Iterator[Setting]:
    """The settings of one executor, of every platform; what is empty asks for nothing."""
    for platform, body in platforms.items():
        known = _PLATFORMS.get(platform, {})
        for key, value in _executor(body, label).items():
            if not value:
                continue
            for part in _unknown_parts(platform, key, value):
                yield Setting(UNKNOWN_SETTING, platform, part, value)
            is_odd = known.get(key) == "native" and not isinstance(value, Mapping)
            feature = UNKNOWN_SETTING if is_odd else known.get(key, UNKNOWN_SETTING)
            yield Setting(feature, platform, _named(platform, key), value)


def pipeline_settings(platforms: Mapping[str, Any]) -> Iterator[Setting]:
    """The settings of the pipeline as a whole; what is empty asks for nothing."""
    for platform, body in platforms.items():
        known = WHOLE if platform == "kubernetes" else {}
        for key, value in _mapping(_mapping(body).get("pipelineConfig")).items():
            if value:
                yield Setting(known.get(key, UNKNOWN_SETTING), platform, _named(platform, key), value)
        for key in _mapping(body).keys() - {"deploymentSpec", "pipelineConfig", "platform"}:
            yield Setting(UNKNOWN_SETTING, platform, _named(platform, key), _mapping(body)[key])


def setting_producers(platforms: Mapping[str, Any], label: str) -> frozenset[str]:
    """The tasks whose outputs the settings of an executor name."""
    found: set[str] = set()
    pending: list[Any] = [_executor(body, label) for body in platforms.values()] if label else []
    while pending:
        value = pending.pop()
        if isinstance(value, Mapping):
            if isinstance(value.get("producerTask"), str):
                found.add(value["producerTask"])
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
    return frozenset(found)


def _named(platform: str, key: str) -> str:
    return key if platform in _PLATFORMS else f"{platform}.{key}"


def _executor(body: Any, label: str) -> Mapping[str, Any]:
    settings = body
    for key in ("deploymentSpec", "executors", label):
        settings = _mapping(settings).get(key)
    return _mapping(settings)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _unknown_parts(platform: str, key: str, value: Any) -> list[str]:
    """Fields inside of a known Kubernetes setting that its message does not have."""
    if platform != "kubernetes" or key not in KUBERNETES or isinstance(value, (str, int, float)):
        return []
    from pydantic import ValidationError

    from kfbridge.spec.model.kubernetes import KubernetesExecutorConfig
    from kfbridge.spec.model.unknown import unknown_fields

    try:
        message = KubernetesExecutorConfig.model_validate({key: value})
    except ValidationError as error:
        return [".".join(str(part) for part in first["loc"]) for first in error.errors(include_url=False)[:1]]
    return [f"{place}.{name}" for place, name in unknown_fields(message)]
