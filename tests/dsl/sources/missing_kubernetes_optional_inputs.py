from typing import Optional

from kfp import dsl, kubernetes


@dsl.component
def log_message(message: str) -> None:
    print(message)


@dsl.pipeline(name="missing-kubernetes-optional-inputs-pipeline")
def missing_kubernetes_optional_inputs_pipeline(
    optional_affinity: Optional[dict] = None,
    optional_config_map_name: Optional[str] = None,
    optional_image_pull_secret_name: Optional[str] = None,
    optional_secret_name: Optional[str] = None,
    optional_selector: Optional[dict] = None,
    optional_tolerations: Optional[list] = None,
):
    task = log_message(message="baseline task").set_caching_options(False)
    kubernetes.use_secret_as_env(
        task, secret_name=optional_secret_name, secret_key_to_env={"password": "PASSWORD"}, optional=True
    )
    kubernetes.use_secret_as_volume(task, secret_name=optional_secret_name, mount_path="/mnt/secret", optional=True)
    kubernetes.use_config_map_as_env(
        task, config_map_name=optional_config_map_name, config_map_key_to_env={"setting": "SETTING"}, optional=True
    )
    kubernetes.use_config_map_as_volume(
        task, config_map_name=optional_config_map_name, mount_path="/mnt/config", optional=True
    )
    kubernetes.set_image_pull_secrets(task, [optional_image_pull_secret_name])
    kubernetes.add_toleration_json(task, optional_tolerations)
    kubernetes.add_node_selector_json(task, optional_selector)
    kubernetes.add_node_affinity_json(task, optional_affinity)


PIPELINE = missing_kubernetes_optional_inputs_pipeline
