"""Pipelines of the corpus that do not pass yet, each with the reason; the tests fail when one of them passes."""

from __future__ import annotations

from collections.abc import Mapping

NOTYET: Mapping[str, str] = {
    "critical/missing_kubernetes_optional_inputs": "a secret and a config map for a local step",
    "critical/pipeline_with_importer_workspace": "the workspace on this machine",
    "critical/pipeline_with_volume_long_name": "volume claims on this machine",
    "kubernetes/create_mount_delete_dynamic_pvc": "volume claims on this machine",
    "kubernetes/create_mount_delete_existing_pvc_from_task_output": "volume claims on this machine",
    "kubernetes/field_path_as_env": "a pod's fields for a local step",
    "kubernetes/general_ephemeral_volume": "an ephemeral volume on this machine",
    "kubernetes/init_container": "init containers on this machine",
    "kubernetes/secret_as_vol": "a secret for a local step",
    "parallel_and_nested/nested_parallel_for_secret": "a secret for a local step",
    "parallel_and_nested/parallel_for_mount_pvc": "volume claims on this machine",
    "parallel_and_nested/parallel_for_secret": "a secret for a local step",
    "valid/create_pod_metadata_complex": "a pod's fields for a local step",
    "valid/pipeline_with_volume": "volume claims on this machine",
    "valid/pipeline_with_volume_no_cache": "volume claims on this machine",
    "valid/pvc_mount": "volume claims on this machine",
}
