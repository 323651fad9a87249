"""Settings of tasks that only Kubernetes knows: a drop-in for ``kfp.kubernetes``.

Every function takes the task first and gives it back; what it sets stands in the second document of the compiled
pipeline, under ``platforms.kubernetes``. Names of Secrets, ConfigMaps and volume claims, and settings in JSON form,
may be channels: a pipeline's input, a task's output, or a loop's item.

Every name is loaded when it is first used, so that importing this module costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

# The modules are called as in kfp-kubernetes, for `from kfp.kubernetes.secret import ...`.
_HOMES = {
    "config_map": ("use_config_map_as_env", "use_config_map_as_volume"),
    "empty_dir": ("empty_dir_mount",),
    "field": ("use_field_path_as_env",),
    "image": ("set_image_pull_policy", "set_image_pull_secrets"),
    "init_container": ("add_init_container",),
    "node_affinity": ("add_node_affinity", "add_node_affinity_json"),
    "node_selector": ("add_node_selector", "add_node_selector_json"),
    "pod_metadata": ("add_pod_annotation", "add_pod_label"),
    "secret": ("use_secret_as_env", "use_secret_as_volume"),
    "security_context": ("set_security_context",),
    "timeout": ("set_timeout",),
    "toleration": ("add_toleration", "add_toleration_json"),
    "volume": ("CreatePVC", "DeletePVC", "add_ephemeral_volume", "mount_pvc"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

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


def __getattr__(name: str) -> Any:
    module = _HOME_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
