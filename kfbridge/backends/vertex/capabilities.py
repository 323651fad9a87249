"""What Vertex AI Pipelines does with each thing that a pipeline can ask for, and how much of it.

Vertex takes KFP's own compiled format, so most of the language is native. What is not confirmed by a document or a
published run is refused. The second document (settings of Kubernetes) is not read there at all.
"""

from __future__ import annotations

from typing import Final

from kfbridge.plan.capabilities import Capabilities, Combination
from kfbridge.plan.limits import Limit, Limits
from kfbridge.plan.support import native, refused, rewritten

_SDK: Final = "google-cloud-aiplatform 2.7.0"
_MACHINES: Final = "Vertex AI documentation, Specify machine types for a pipeline step"
_PLATFORM: Final = "google-cloud-aiplatform 2.7.0 cannot load a pipeline with a second document"

_NO_CLUSTER: Final = "Vertex AI has no pods that this could be set on"
_NO_CONFIG_MAP: Final = "Vertex AI has no config maps"
_NO_SECRET: Final = "Vertex AI hands no secrets to a step"
_READ_SECRET: Final = "Read it in the step from Secret Manager, with the rights of the target's service_account."
_NO_VOLUME: Final = "Vertex AI mounts no volume claims"
_ARTIFACTS: Final = "Hand the data over as artifacts; steps see Cloud Storage under /gcs."
_REMOVE: Final = "Remove the setting, or allow its loss."

CAPABILITIES: Final = Capabilities(
    nested_pipeline=native(source="kubeflow/pipelines#11641"),
    condition_on_input=native(source="kubeflow/pipelines#11641"),
    condition_on_output=native(source="kubeflow/pipelines#11641"),
    loop_over_constant=native(source="kubeflow/pipelines#11641"),
    loop_over_input=native(source="kubeflow/pipelines#11641"),
    loop_over_output=native(source="kubeflow/pipelines#11641"),
    loop_over_artifacts=refused(
        "no document says that Vertex AI loops over lists of artifacts",
        "Loop over a list of their URIs, and import each with dsl.importer.",
        source="artifactIterator is in the published format; nothing confirms it on Vertex",
    ),
    loop_parallelism=native(source="iteratorPolicy of the published format; not confirmed on the service"),
    collected_parameters=native(source="kubeflow/kubeflow#7513"),
    collected_artifacts=native(source="kubeflow/kubeflow#7513"),
    one_of=native(source="published examples"),
    exit_handler=native(source="kubeflow/pipelines#11641"),
    final_status=native(source="kubeflow/pipelines#11641"),
    ignore_upstream_failure=native(source="the trigger of an exit task, which Vertex has"),
    order=native(),
    retry=native(source="kubeflow/pipelines#12389"),
    retry_of_group=refused(
        "a retry of a pipeline used as a task has no effect on Vertex AI",
        "Set the retry on the steps in it, or allow its loss.",
        loss=True,
        source="kubeflow/pipelines#11288",
    ),
    python_function=native(),
    packages=native("pip installs them when the step starts, which needs a network that reaches the index"),
    installed_function=native(),
    container=native(),
    container_entrypoint=native(source="CustomJobSpec: command may be empty"),
    image_at_run_time=refused(
        "no document says that the image of a step can come from another step",
        "Give the image as a constant or as an argument of the run.",
    ),
    environment=native(),
    importer=native(source="kubeflow/pipelines#11641"),
    importer_of_output=native(),
    importer_reimport=native(),
    vendor_executor=native(),
    cache=native(source=f"{_SDK}: cachingOptions of the tasks"),
    cache_key=refused(
        "the field cacheKey is newer than what Vertex AI documents",
        "Call set_caching_options without a key, or allow its loss.",
        loss=True,
        source="pipeline_spec.proto of kfp-pipeline-spec 2.17",
    ),
    parameter=native(),
    exact_integer=refused(
        "Vertex AI is sent every number as a double, and would round an integer beyond 2^53",
        "Hand it over as text, and convert it in the step.",
        source=f"{_SDK}: PipelineJob.pipeline_spec is a Struct",
    ),
    artifact=native(),
    artifact_list=native(),
    pipeline_output=rewritten("read from the tasks that make them when the run has ended"),
    pipeline_artifact_input=rewritten(
        "imported by its URI in a task of its own, because a run takes artifacts by their id in Vertex ML Metadata",
        source=f"{_SDK}: RuntimeConfig.input_artifacts",
    ),
    run_placeholder=native(),
    vendor_placeholder=native(),
    task_config=refused(
        "TASK_CONFIG inputs are newer than what Vertex AI documents",
        "Give the step what it needs to know as parameters.",
        source="pipeline_spec.proto of kfp-pipeline-spec 2.17",
    ),
    cpu_and_memory=native("Vertex AI picks the nearest machine that has it", source=_MACHINES),
    cpu_and_memory_request=rewritten(
        "sent as the limit, because Vertex AI looks at limits alone", source="ml6team/fondant#529"
    ),
    accelerator=native(source=_MACHINES),
    resources_at_run_time=refused(
        "no document says that a step's machine can come from another step",
        "Give the amounts as constants or as arguments of the run.",
        source="kubeflow/pipelines#11839 re-added the numeric fields for servers that read nothing else",
    ),
    spot=rewritten("the step is started as a custom job with the strategy SPOT", source=f"{_SDK}: Scheduling.Strategy"),
    timeout=rewritten("the step is started as a custom job with that timeout", source=f"{_SDK}: Scheduling.timeout"),
    shared_memory=refused(
        "the size of /dev/shm cannot be set on Vertex AI",
        "Use fewer data loading processes, or allow its loss.",
        loss=True,
        source=f"{_SDK}: CustomJobSpec has no field for it",
    ),
    secret_env=refused(_NO_SECRET, _READ_SECRET, source=_PLATFORM),
    secret_volume=refused(_NO_SECRET, _READ_SECRET, source=_PLATFORM),
    config_map_env=refused(_NO_CONFIG_MAP, "Set the variables with set_env_variable.", source=_PLATFORM),
    config_map_volume=refused(_NO_CONFIG_MAP, "Import the files with dsl.importer.", source=_PLATFORM),
    field_env=refused(
        _NO_CLUSTER, "Use the run's own placeholders, such as dsl.PIPELINE_TASK_ID_PLACEHOLDER.", source=_PLATFORM
    ),
    volume_claim=refused(_NO_VOLUME, _ARTIFACTS, source=_PLATFORM),
    volume_claim_lifecycle=refused(_NO_VOLUME, _ARTIFACTS, source=_PLATFORM),
    ephemeral_volume=refused(_NO_VOLUME, "Write below /tmp, or allow its loss.", loss=True, source=_PLATFORM),
    empty_dir=refused(_NO_CLUSTER, "Write below /tmp, or allow its loss.", loss=True, source=_PLATFORM),
    workspace=refused("Vertex AI has no folder that all steps of a run share", _ARTIFACTS, source=_PLATFORM),
    node_selection=refused(
        _NO_CLUSTER, "Ask for a machine with set_accelerator, or allow its loss.", loss=True, source=_PLATFORM
    ),
    pod_metadata=refused(
        _NO_CLUSTER, "Label the run with the target's labels, or allow its loss.", loss=True, source=_PLATFORM
    ),
    image_pull=refused(
        "Vertex AI pulls images with the rights of its service agent",
        "Let the agent read the registry, and allow the loss.",
        loss=True,
        source=_PLATFORM,
    ),
    security_context=refused(_NO_CLUSTER, _REMOVE, loss=True, source=_PLATFORM),
    init_container=refused(
        "a step of Vertex AI is one container", "Make the init container a task before this one.", source=_PLATFORM
    ),
    resource_claim=refused(_NO_CLUSTER, "Ask for an accelerator with set_accelerator instead.", source=_PLATFORM),
    time_to_live=rewritten("nothing of a run is left but its record: machines are given back when a step ends"),
    run_timeout=refused(
        "a PipelineJob has no time limit of its own",
        "Limit the steps with set_timeout, or allow its loss.",
        loss=True,
        source=f"{_SDK}: PipelineJob",
    ),
    native=native("merged into the step's custom job"),
    combinations=(
        Combination(
            "loop_over_input",
            "exit_handler",
            rewritten(
                "unrolled with the arguments of the run, because Vertex AI has failed on such loops in an exit handler",
                source="kubeflow/pipelines#12390, kubeflow/pipelines#9386",
            ),
        ),
        *(
            Combination(
                "retry",
                loop,
                native("reports differ whether Vertex AI retries a step in a loop", source="kubeflow/pipelines#13897"),
            )
            for loop in ("loop_over_constant", "loop_over_input", "loop_over_output")
        ),
    ),
)

LIMITS: Final = Limits(
    run_name=Limit(128, r"[a-z][-a-z0-9]{0,127}", source=f"{_SDK}: pipeline_job_id"),
    display_name=Limit(128, source=f"{_SDK}: PipelineJob.display_name"),
    integer=Limit(2**53, source="google.protobuf.Struct: numbers are doubles"),
    artifact_list=Limit(100, source="kubeflow/kubeflow#7513: Maximum number of artifacts exceeded"),
    label_name=Limit(64, r"[a-z0-9_-]+", source=f"{_SDK}: PipelineJob.labels"),
    label_value=Limit(64, r"[a-z0-9_-]*", source=f"{_SDK}: PipelineJob.labels"),
)

CARRIED: Final = frozenset({"display_name", "artifact_list"})
"""The limits that things of the pipeline meet as they are; others meet what the translator makes of them."""
