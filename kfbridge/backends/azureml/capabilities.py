"""What Azure ML does with each thing that a pipeline can ask for, and how much of it.

The answers are those for what is generally available: conditions, loops over outputs and exit handlers are expressed
by optional inputs and by steps that skip themselves. With ``control_flow = "preview"`` the nodes if_else and
parallel_for of the private preview are used, which the subscription must have.
"""

from __future__ import annotations

from typing import Final

from kfbridge.plan.capabilities import Capabilities, Combination
from kfbridge.plan.limits import Limit, Limits
from kfbridge.plan.support import native, refused, rewritten

_SDK: Final = "azure-ai-ml 1.35.2"
_LIMITS_PAGE: Final = "Azure documentation, Manage and increase quotas and limits"
_PIPELINE_PAGE: Final = "Azure documentation, CLI (v2) pipeline job YAML schema"
_PREVIEW: Final = f"{_SDK}: refused unless AZURE_ML_CLI_PRIVATE_FEATURES_ENABLED is set"

_NO_CLUSTER: Final = "Azure ML steps have no pods that this could be set on"
_NO_SECRET: Final = "Azure ML hands no secrets to a step"
_READ_SECRET: Final = "Read it in the step from Key Vault, with the target's identity."
_NO_CONFIG_MAP: Final = "Azure ML has no config maps"
_NO_VOLUME: Final = "Azure ML mounts no volume claims"
_ARTIFACTS: Final = "Hand the data over as artifacts."
_REMOVE: Final = "Remove the setting, or allow its loss."
_PREDICATED: Final = rewritten(
    "the steps of every branch start on their machines, and those of a false one end at once and count as skipped"
)
_PARALLEL: Final = "parallel_for is in private preview, and nothing else loops over what only the run knows"

CAPABILITIES: Final = Capabilities(
    nested_pipeline=rewritten("put into the pipeline around it, with its name before those of its steps"),
    condition_on_input=_PREDICATED,
    condition_on_output=_PREDICATED,
    loop_over_constant=rewritten("unrolled"),
    loop_over_input=rewritten("unrolled with the arguments of the run"),
    loop_over_output=refused(
        _PARALLEL,
        'Set control_flow = "preview" if the subscription has it, or make the list an input of the pipeline.',
        source=_PREVIEW,
    ),
    loop_over_artifacts=refused(
        _PARALLEL, "Make the list of their URIs an input of the pipeline, and loop over that.", source=_PREVIEW
    ),
    loop_parallelism=rewritten("kept by lanes: an iteration waits for the one that many places before it"),
    collected_parameters=rewritten("an input for each iteration, in the order of the items"),
    collected_artifacts=rewritten("an input for each iteration, in the order of the items"),
    one_of=rewritten("optional inputs from every branch, of which the step takes the one that was not skipped"),
    exit_handler=rewritten(
        "optional inputs from every step of the group, which do not keep it from running when they fail",
        source=f"{_PIPELINE_PAGE}: continue_on_step_failure",
    ),
    final_status=rewritten("found in what the steps of the group left; a cancelled run runs no exit task"),
    ignore_upstream_failure=rewritten("optional inputs, which do not keep it from running when they fail"),
    order=rewritten(
        "an input that is not read, as nothing else orders steps", source="Azure/azure-sdk-for-python#33288"
    ),
    retry=rewritten(
        "the wrapper starts the step again on the same machine; a lost machine is not covered",
        source=f"{_SDK}: retry_settings are for parallel jobs alone",
    ),
    retry_of_group=refused(
        "Azure ML runs no group of steps again", "Set the retry on the steps in it, or allow its loss.", loss=True
    ),
    python_function=native("a command component with the function in its code"),
    packages=native("pip installs them when the step starts, which needs a network that reaches the index"),
    installed_function=native("a command component"),
    container=rewritten("its command runs in a shell of the image; images without sh are not possible"),
    container_entrypoint=refused(
        "Azure ML starts a command, and never the image's own entrypoint",
        "Write the entrypoint as the component's command.",
        source="Azure documentation, CLI (v2) command component YAML schema",
    ),
    image_at_run_time=refused(
        "an environment is registered before the run", "Give the image as a constant or as an argument of the run."
    ),
    environment=native("environment_variables"),
    importer=native("a data input of the job, by its URI"),
    importer_of_output=refused(
        "a data input of the job is bound before the run",
        "Hand the URI to the step as a parameter, and read it there.",
    ),
    importer_reimport=rewritten("the steps that read it are not answered from earlier runs"),
    vendor_executor=refused(
        "its executor is one that only Vertex AI can carry out", "Run it on a target whose backend is vertex."
    ),
    cache=native("reuse of deterministic components", source=f"{_SDK}: is_deterministic, force_rerun"),
    cache_key=refused(
        "Azure ML makes the key of code, environment, inputs and settings itself",
        "Call set_caching_options without a key, or allow its loss.",
        loss=True,
    ),
    parameter=rewritten("a file in the folder that the step before hands over", source="Azure/azureml-examples#2918"),
    exact_integer=rewritten("travels as JSON text"),
    artifact=rewritten("a folder for each step, with the artifacts and their metadata in it"),
    artifact_list=rewritten("an input for each"),
    pipeline_output=rewritten(
        "read from the steps that make them when the run has ended", source=f"{_SDK}: unsupported JobOutput type"
    ),
    pipeline_artifact_input=native("a data input of the job, by its URI"),
    run_placeholder=rewritten("the wrapper knows the run's and the step's names"),
    vendor_placeholder=refused(
        "it takes a value from its platform that only Vertex AI gives",
        "Make it an input of the pipeline, and give it as an argument.",
    ),
    task_config=refused(
        "an Azure ML step has no settings of a pod that it could be told",
        "Give the step what it needs to know as parameters.",
    ),
    cpu_and_memory=native("the smallest size that has it; the step gets the whole machine"),
    cpu_and_memory_request=rewritten("counts for the choice of the size; the step gets the whole machine"),
    accelerator=native("the smallest size with exactly that model"),
    resources_at_run_time=refused(
        "the size is chosen before the run", "Give the amounts as constants or as arguments of the run."
    ),
    spot=native("queue_settings.job_tier Spot, on serverless compute", source=_SDK),
    timeout=native("limits.timeout", source=_SDK),
    shared_memory=native("resources.shm_size", source=_SDK),
    secret_env=refused(_NO_SECRET, _READ_SECRET),
    secret_volume=refused(_NO_SECRET, _READ_SECRET),
    config_map_env=refused(_NO_CONFIG_MAP, "Set the variables with set_env_variable."),
    config_map_volume=refused(_NO_CONFIG_MAP, "Import the files with dsl.importer."),
    field_env=refused(_NO_CLUSTER, "Use the run's own placeholders, such as dsl.PIPELINE_TASK_ID_PLACEHOLDER."),
    volume_claim=refused(_NO_VOLUME, _ARTIFACTS),
    volume_claim_lifecycle=refused(_NO_VOLUME, _ARTIFACTS),
    ephemeral_volume=refused(_NO_VOLUME, "Write below /tmp, or allow its loss.", loss=True),
    empty_dir=refused(_NO_CLUSTER, "Write below /tmp, or allow its loss.", loss=True),
    workspace=refused("Azure ML has no folder that all steps of a run share", _ARTIFACTS),
    node_selection=refused(_NO_CLUSTER, "Ask for a machine with set_accelerator, or allow its loss.", loss=True),
    pod_metadata=refused(_NO_CLUSTER, "Tag the run with the target's tags, or allow its loss.", loss=True),
    image_pull=refused(
        "Azure ML pulls images with the rights of the workspace",
        "Attach the registry to the workspace, and allow the loss.",
        loss=True,
    ),
    security_context=refused(_NO_CLUSTER, _REMOVE, loss=True),
    init_container=refused("an Azure ML step is one container", "Make the init container a task before this one."),
    resource_claim=refused(_NO_CLUSTER, "Ask for an accelerator with set_accelerator instead."),
    time_to_live=rewritten("nothing of a run is left but its record: machines are given back when a step ends"),
    run_timeout=refused(
        "a pipeline job has no time limit of its own",
        "Limit the steps with set_timeout, or allow its loss.",
        loss=True,
        source=_PIPELINE_PAGE,
    ),
    native=native("merged into the node"),
)

_IF_ELSE: Final = rewritten(
    "a small step evaluates it, and an if_else node starts a pipeline component for the branch", source=_PREVIEW
)


def preview() -> Capabilities:
    """The answers with the nodes of the private preview."""
    return CAPABILITIES.but(
        Combination(
            "loop_over_output",
            "loop_over_output",
            refused(
                "no recorded answer of the service shows a parallel_for in another",
                "Make one list of pairs in a step, and loop over that.",
                source=_PREVIEW,
            ),
        ),
        condition_on_input=_IF_ELSE,
        condition_on_output=_IF_ELSE,
        loop_over_output=rewritten("a parallel_for node over JSON text of at most 1,000 characters", source=_PREVIEW),
    )


LIMITS: Final = Limits(
    run_name=Limit(256, source=_LIMITS_PAGE),
    display_name=Limit(256, source=_LIMITS_PAGE),
    task_name=Limit(255, r"[a-z_][a-z0-9_]*", source=f"{_SDK}: names of nodes"),
    tasks=Limit(30_000, source=_LIMITS_PAGE),
    step_inputs=Limit(200, source=_LIMITS_PAGE),
    step_outputs=Limit(20, source=_LIMITS_PAGE),
    artifact_list=Limit(200, source=f"{_LIMITS_PAGE}: input datasets of a step"),
    argument=Limit(8_192, source="kfbridge's own caution: Azure publishes no limit for a command"),
    environment_value=Limit(4_096, source="kfbridge's own caution: Azure publishes no limit"),
    label_name=Limit(100, source=_LIMITS_PAGE),
    label_value=Limit(1_000, source=_LIMITS_PAGE),
    labels=Limit(50, source=_LIMITS_PAGE),
    timeout=Limit(1_814_400, source=f"{_LIMITS_PAGE}: a job lives 21 days"),
)

CARRIED: Final = frozenset({"display_name", "tasks", "artifact_list", "timeout"})
"""The limits that things of the pipeline meet as they are; others meet what the translator makes of them."""
