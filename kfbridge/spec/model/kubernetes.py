"""The settings of an executor on Kubernetes (``kubernetes_executor_config.proto`` of kfp-kubernetes).

Where a field comes twice, as ``secret_name`` and ``secret_name_parameter``, the first is the deprecated form.
"""

from __future__ import annotations

from kfbridge.spec.model.executor import EnvVar
from kfbridge.spec.model.message import Int32, Int64, Message, Struct
from kfbridge.spec.model.task import InputParameterSpec, TaskOutputParameterSpec


class EnabledSharedMemory(Message):
    """A memory-backed volume at ``/dev/shm``."""

    volume_name: str | None = None
    size: str | None = None


class SecretAsVolume(Message):
    """A Secret mounted as files."""

    secret_name: str | None = None
    mount_path: str | None = None
    optional: bool | None = None
    secret_name_parameter: InputParameterSpec | None = None


class SecretKeyToEnvMap(Message):
    """A key of a Secret, and the variable that takes its value."""

    secret_key: str | None = None
    env_var: str | None = None


class SecretAsEnv(Message):
    """Keys of a Secret as environment variables."""

    secret_name: str | None = None
    key_to_env: list[SecretKeyToEnvMap] | None = None
    optional: bool | None = None
    secret_name_parameter: InputParameterSpec | None = None


class PvcMount(Message):
    """A volume claim mounted into the container."""

    task_output_parameter: TaskOutputParameterSpec | None = None
    constant: str | None = None
    component_input_parameter: str | None = None
    mount_path: str | None = None
    pvc_name_parameter: InputParameterSpec | None = None
    sub_path: str | None = None


class TypedLocalObjectReference(Message):
    """An object of the same namespace."""

    api_group: str | None = None
    kind: str | None = None
    name: str | None = None


class CreatePvc(Message):
    """A volume claim to be made."""

    pvc_name: str | None = None
    pvc_name_suffix: str | None = None
    access_modes: list[str] | None = None
    size: str | None = None
    default_storage_class: bool | None = None
    storage_class_name: str | None = None
    volume_name: str | None = None
    annotations: Struct | None = None
    data_source: TypedLocalObjectReference | None = None


class DeletePvc(Message):
    """A volume claim to be deleted."""

    task_output_parameter: TaskOutputParameterSpec | None = None
    constant: str | None = None
    component_input_parameter: str | None = None


class NodeSelector(Message):
    """Labels that a node must have; the JSON form wins."""

    labels: dict[str, str] | None = None
    node_selector_json: InputParameterSpec | None = None


class PodMetadata(Message):
    """Labels and annotations of the pod."""

    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None


class ConfigMapAsVolume(Message):
    """A ConfigMap mounted as files."""

    config_map_name: str | None = None
    mount_path: str | None = None
    optional: bool | None = None
    config_map_name_parameter: InputParameterSpec | None = None


class ConfigMapKeyToEnvMap(Message):
    """A key of a ConfigMap, and the variable that takes its value."""

    config_map_key: str | None = None
    env_var: str | None = None


class ConfigMapAsEnv(Message):
    """Keys of a ConfigMap as environment variables."""

    config_map_name: str | None = None
    key_to_env: list[ConfigMapKeyToEnvMap] | None = None
    config_map_name_parameter: InputParameterSpec | None = None
    optional: bool | None = None


class GenericEphemeralVolume(Message):
    """A volume that lives as long as the pod."""

    volume_name: str | None = None
    mount_path: str | None = None
    access_modes: list[str] | None = None
    size: str | None = None
    default_storage_class: bool | None = None
    storage_class_name: str | None = None
    metadata: PodMetadata | None = None


class ImagePullSecret(Message):
    """A Secret to pull images with."""

    secret_name: str | None = None
    secret_name_parameter: InputParameterSpec | None = None


class FieldPathAsEnv(Message):
    """A field of the pod as an environment variable."""

    name: str | None = None
    field_path: str | None = None


class Toleration(Message):
    """A taint that the pod puts up with; the JSON form wins."""

    key: str | None = None
    operator: str | None = None
    value: str | None = None
    effect: str | None = None
    toleration_seconds: Int64 | None = None
    toleration_json: InputParameterSpec | None = None


class SelectorRequirement(Message):
    """A requirement on a label or field."""

    key: str | None = None
    operator: str | None = None
    values: list[str] | None = None


class NodeAffinityTerm(Message):
    """Nodes to run on, preferred if there is a weight, else required; the JSON form wins."""

    match_expressions: list[SelectorRequirement] | None = None
    match_fields: list[SelectorRequirement] | None = None
    weight: Int32 | None = None
    node_affinity_json: InputParameterSpec | None = None


class PodAffinityTerm(Message):
    """Pods to run near, or with `anti` away from."""

    match_pod_expressions: list[SelectorRequirement] | None = None
    match_pod_labels: dict[str, str] | None = None
    topology_key: str | None = None
    namespaces: list[str] | None = None
    match_namespace_expressions: list[SelectorRequirement] | None = None
    match_namespace_labels: dict[str, str] | None = None
    weight: Int32 | None = None
    anti: bool | None = None


class EmptyDirMount(Message):
    """An empty folder that the containers of the pod share."""

    volume_name: str | None = None
    mount_path: str | None = None
    medium: str | None = None
    size_limit: str | None = None


class SecurityContext(Message):
    """The user and group of the process."""

    run_as_user: Int64 | None = None
    run_as_group: Int64 | None = None
    run_as_non_root: bool | None = None


class InitContainerVolumeMount(Message):
    """A volume of the pod, mounted into an init container."""

    volume_name: str | None = None
    mount_path: str | None = None


class InitContainerResources(Message):
    """Resource names to Kubernetes quantities."""

    requests: dict[str, str] | None = None
    limits: dict[str, str] | None = None


class InitContainer(Message):
    """A container that ends before the main one starts; with `restart_policy` ``Always``, a sidecar."""

    name: str | None = None
    image: str | None = None
    command: list[str] | None = None
    args: list[str] | None = None
    env: list[EnvVar] | None = None
    volume_mounts: list[InitContainerVolumeMount] | None = None
    restart_policy: str | None = None
    resources: InitContainerResources | None = None


class PodResourceClaim(Message):
    """A claim for dynamically allocated resources; the JSON form wins."""

    resource_claim_template_name: str | None = None
    resource_claim_json: InputParameterSpec | None = None


class KubernetesExecutorConfig(Message):
    """All of it, for one executor; `active_deadline_seconds` is the task's time limit."""

    secret_as_volume: list[SecretAsVolume] | None = None
    secret_as_env: list[SecretAsEnv] | None = None
    pvc_mount: list[PvcMount] | None = None
    node_selector: NodeSelector | None = None
    pod_metadata: PodMetadata | None = None
    image_pull_secret: list[ImagePullSecret] | None = None
    image_pull_policy: str | None = None
    config_map_as_volume: list[ConfigMapAsVolume] | None = None
    config_map_as_env: list[ConfigMapAsEnv] | None = None
    active_deadline_seconds: Int64 | None = None
    field_path_as_env: list[FieldPathAsEnv] | None = None
    tolerations: list[Toleration] | None = None
    generic_ephemeral_volume: list[GenericEphemeralVolume] | None = None
    node_affinity: list[NodeAffinityTerm] | None = None
    pod_affinity: list[PodAffinityTerm] | None = None
    enabled_shared_memory: EnabledSharedMemory | None = None
    empty_dir_mounts: list[EmptyDirMount] | None = None
    security_context: SecurityContext | None = None
    init_containers: list[InitContainer] | None = None
    pod_resource_claims: list[PodResourceClaim] | None = None
