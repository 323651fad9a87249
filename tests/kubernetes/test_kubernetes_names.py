"""The names and arguments of kfp-kubernetes, under both names of the package."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys

import pytest

from kfbridge import kubernetes
from kfbridge.aliases import kfp_names

SIGNATURES = """
    add_ephemeral_volume task volume_name mount_path access_modes size storage_class_name labels annotations
    add_init_container task name image command args env volume_mounts restart_policy resources
    add_node_affinity task match_expressions match_fields weight
    add_node_affinity_json task node_affinity_json
    add_node_selector task label_key label_value
    add_node_selector_json task node_selector_json
    add_pod_annotation task annotation_key annotation_value
    add_pod_label task label_key label_value
    add_toleration task key operator value effect toleration_seconds
    add_toleration_json task toleration_json
    empty_dir_mount task volume_name mount_path medium size_limit
    mount_pvc task pvc_name mount_path sub_path
    set_image_pull_policy task policy
    set_image_pull_secrets task secret_names
    set_security_context task run_as_user run_as_group run_as_non_root
    set_timeout task seconds
    use_config_map_as_env task config_map_name config_map_key_to_env optional
    use_config_map_as_volume task config_map_name mount_path optional
    use_field_path_as_env task env_name field_path
    use_secret_as_env task secret_name secret_key_to_env optional
    use_secret_as_volume task secret_name mount_path optional
"""
FUNCTIONS = {words[0]: words[1:] for words in map(str.split, SIGNATURES.strip().splitlines())}

MODULES = """
    config_map empty_dir field image node_affinity node_selector pod_metadata secret security_context timeout
    toleration volume
"""


def test_the_names_are_those_of_kfp() -> None:
    assert set(kubernetes.__all__) == {*FUNCTIONS, "CreatePVC", "DeletePVC"}
    assert set(kubernetes.__all__) <= set(dir(kubernetes))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_arguments_have_kfps_names_in_kfps_order(name: str) -> None:
    assert list(inspect.signature(getattr(kubernetes, name)).parameters) == FUNCTIONS[name]


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'use_secrets'"):
        kubernetes.use_secrets  # noqa: B018


@pytest.mark.parametrize("module", MODULES.split())
def test_kfps_modules_are_there_under_kfps_names(module: str) -> None:
    with kfp_names():
        assert importlib.import_module(f"kfp.kubernetes.{module}") is importlib.import_module(
            f"kfbridge.kubernetes.{module}"
        )


def test_kfp_kubernetes_is_kfbridge_kubernetes() -> None:
    with kfp_names():
        from kfp import kubernetes as served
        from kfp.kubernetes import CreatePVC, mount_pvc

    assert served is kubernetes
    assert (CreatePVC, mount_pvc) == (kubernetes.CreatePVC, kubernetes.mount_pvc)


def test_importing_is_light() -> None:
    code = (
        "import sys; before = {*sys.modules}  # packages of Google make the name at the start of every Python\n"
        "from kfbridge import kubernetes; print('kfbridge.dsl' in sys.modules)\n"
        "kubernetes.CreatePVC, kubernetes.use_secret_as_env\n"
        "made = {name.partition('.')[0] for name in {*sys.modules} - before}\n"
        "print(made & {'pydantic', 'yaml', 'google', 'kubernetes'})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split("\n")[:2] == ["False", "set()"]
