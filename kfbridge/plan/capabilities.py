"""What a backend can have or lack: one field for each thing that a pipeline may ask for.

The names of the fields are the names of features everywhere: in findings, in ``--allow-loss``, in the support matrix.
`describe` gives them with their meanings, for the matrix in the documentation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from kfbridge.plan.fields import field_docs
from kfbridge.plan.support import Support


@dataclass(frozen=True, slots=True)
class Combination:
    """A feature that is supported otherwise where it stands inside of another one.

    `feature` inside a group whose own feature is `within`, at any depth: a loop within an exit handler, say.
    """

    feature: str
    within: str
    support: Support


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """A backend's answer to every feature, and to the combinations that differ from their parts."""

    nested_pipeline: Support
    """A pipeline used as a task of another pipeline."""
    condition_on_input: Support
    """If, Elif and Else over what is known before the run: the pipeline's inputs, constants, items of such."""
    condition_on_output: Support
    """If, Elif and Else over what a task returned, or over an item of a list that a task returned."""
    loop_over_constant: Support
    """ParallelFor over items that are written in the pipeline."""
    loop_over_input: Support
    """ParallelFor over the value of one of the pipeline's inputs."""
    loop_over_output: Support
    """ParallelFor over a list that a task returned."""
    loop_over_artifacts: Support
    """ParallelFor over a list of artifacts."""
    loop_parallelism: Support
    """ParallelFor with at most `parallelism` iterations at once."""
    collected_parameters: Support
    """Collected parameters of a loop, nested loops included."""
    collected_artifacts: Support
    """Collected artifacts of a loop."""
    one_of: Support
    """OneOf: the output of whichever branch ran."""
    exit_handler: Support
    """ExitHandler: a task that runs however the group in it ended."""
    final_status: Support
    """PipelineTaskFinalStatus: the exit task learns how the group ended."""
    ignore_upstream_failure: Support
    """ignore_upstream_failure: a task that runs although those before it failed."""
    order: Support
    """after: an order between tasks that hand nothing over."""
    retry: Support
    """set_retry of a step: failed attempts are made again, after a wait."""
    retry_of_group: Support
    """set_retry of a pipeline used as a task: the whole of it is run again."""

    python_function: Support
    """A component that is a Python function."""
    packages: Support
    """packages_to_install: packages that are installed when the step starts."""
    installed_function: Support
    """A containerized Python component: its function lies in the image (target_image)."""
    container: Support
    """A container component with a command."""
    container_entrypoint: Support
    """A container component without a command: the image's own entrypoint runs."""
    image_at_run_time: Support
    """An image that is named by what a task returned."""
    environment: Support
    """set_env_variable."""
    importer: Support
    """importer of a URI that is known before the run."""
    importer_of_output: Support
    """importer of a URI that a task returned."""
    importer_reimport: Support
    """importer with reimport: a new artifact even if that URI was imported before."""
    vendor_executor: Support
    """An executor that one platform alone has (AutoML job, resolver)."""
    cache: Support
    """Caching: a step that ran before with the same inputs is not run again."""
    cache_key: Support
    """set_caching_options with a cache_key of the user's own."""

    parameter: Support
    """A parameter handed from task to task."""
    exact_integer: Support
    """Integers beyond 2^53, exactly."""
    artifact: Support
    """Artifacts that steps make and hand on, with their metadata."""
    artifact_list: Support
    """A list of artifacts as an input or output."""
    pipeline_output: Support
    """Outputs of the pipeline itself."""
    pipeline_artifact_input: Support
    """Artifacts as inputs of the pipeline itself."""
    run_placeholder: Support
    """Placeholders for the names and ids of the run and its tasks."""
    vendor_placeholder: Support
    """Placeholders that one platform alone knows (pipeline_google_cloud_location)."""
    task_config: Support
    """TaskConfig: a step is told its own settings instead of being run with them."""

    cpu_and_memory: Support
    """set_cpu_limit and set_memory_limit."""
    cpu_and_memory_request: Support
    """set_cpu_request and set_memory_request."""
    accelerator: Support
    """Accelerators by type and count."""
    resources_at_run_time: Support
    """Requests for a machine that a task returned."""
    spot: Support
    """set_spot: machines that the provider may take back."""
    timeout: Support
    """set_timeout: a time limit of a step."""
    shared_memory: Support
    """Shared memory of a given size (/dev/shm)."""

    secret_env: Support
    """use_secret_as_env."""
    secret_volume: Support
    """use_secret_as_volume."""
    config_map_env: Support
    """use_config_map_as_env."""
    config_map_volume: Support
    """use_config_map_as_volume."""
    field_env: Support
    """use_field_path_as_env."""
    volume_claim: Support
    """mount_pvc: a volume claim that is there."""
    volume_claim_lifecycle: Support
    """CreatePVC and DeletePVC as tasks."""
    ephemeral_volume: Support
    """add_ephemeral_volume."""
    empty_dir: Support
    """empty_dir_mount."""
    workspace: Support
    """A workspace that all tasks of the run share, download_to_workspace included."""
    node_selection: Support
    """add_node_selector, add_node_affinity, add_pod_affinity, add_toleration."""
    pod_metadata: Support
    """add_pod_label and add_pod_annotation."""
    image_pull: Support
    """set_image_pull_policy and set_image_pull_secrets."""
    security_context: Support
    """set_security_context."""
    init_container: Support
    """Init containers of a step."""
    resource_claim: Support
    """Claims for dynamically allocated resources."""
    time_to_live: Support
    """How long the run's own resources are kept (PipelineConfig)."""
    run_timeout: Support
    """A time limit of the whole run (PipelineConfig)."""
    native: Support
    """set_native: the platform's own settings, merged into what is submitted."""

    combinations: tuple[Combination, ...] = ()

    def but(self, *combinations: Combination, **answers: Support) -> Capabilities:
        """These capabilities with other answers to some features, and with `combinations` before their own."""
        changed: dict[str, Any] = {**answers, "combinations": (*combinations, *self.combinations)}
        return replace(self, **changed)

    def support(self, feature: str, within: tuple[str, ...] = ()) -> Support:
        """The answer to `feature`, where it stands inside groups of the features `within`, the outermost first."""
        for one in self.combinations:
            if one.feature == feature and one.within in within:
                return one.support
        found: Support = getattr(self, feature)
        return found


_GROUPS = {
    "nested_pipeline": "Control flow",
    "python_function": "Steps",
    "parameter": "Data",
    "cpu_and_memory": "Machines",
    "secret_env": "Settings",
}
"""The groups of the table, each by its first feature."""


@dataclass(frozen=True, slots=True)
class Feature:
    """A field of `Capabilities`, for tables: its name, its group and what it means."""

    name: str
    group: str
    meaning: str


def describe() -> tuple[Feature, ...]:
    """Every feature, in the order of the table."""
    found: list[Feature] = []
    for name, meaning in field_docs(Capabilities).items():
        group = _GROUPS.get(name) or found[-1].group
        found.append(Feature(name, group, meaning))
    return tuple(found)
