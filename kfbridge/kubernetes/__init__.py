"""Settings of tasks that only Kubernetes knows: a drop-in for ``kfp.kubernetes``.

Every function takes a task, notes something under ``platforms.kubernetes`` of the second document, and gives the
task back. Names of secrets, volumes and the like may be channels.
"""

from __future__ import annotations

from kfbridge.kubernetes.config_map import use_config_map_as_env, use_config_map_as_volume
from kfbridge.kubernetes.empty_dir import empty_dir_mount
from kfbridge.kubernetes.field import use_field_path_as_env
from kfbridge.kubernetes.image import set_image_pull_policy, set_image_pull_secrets
from kfbridge.kubernetes.init_container import add_init_container
from kfbridge.kubernetes.node_affinity import add_node_affinity, add_node_affinity_json
from kfbridge.kubernetes.node_selector import add_node_selector, add_node_selector_json
from kfbridge.kubernetes.pod_metadata import add_pod_annotation, add_pod_label
from kfbridge.kubernetes.secret import use_secret_as_env, use_secret_as_volume
from kfbridge.kubernetes.security_context import set_security_context
from kfbridge.kubernetes.timeout import set_timeout
from kfbridge.kubernetes.toleration import add_toleration, add_toleration_json
from kfbridge.kubernetes.volume import CreatePVC, DeletePVC, add_ephemeral_volume, mount_pvc

__all__ = [
    "CreatePVC",
    "DeletePVC",
    "add_ephemeral_volume",
    "add_init_container",
    "add_node_affinity",
    "add_node_affinity_json",
    "add_node_selector",
    "add_node_selector_json",
    "add_pod_annotation",
    "add_pod_label",
    "add_toleration",
    "add_toleration_json",
    "empty_dir_mount",
    "mount_pvc",
    "set_image_pull_policy",
    "set_image_pull_secrets",
    "set_security_context",
    "set_timeout",
    "use_config_map_as_env",
    "use_config_map_as_volume",
    "use_field_path_as_env",
    "use_secret_as_env",
    "use_secret_as_volume",
]
