"""What SageMaker Pipelines does with each thing that a pipeline can ask for, and how much of it.

A step is a Processing job (a Training job where spot or the machine demands it) that starts kfbridge's launcher; what
crosses from step to step lies in S3. Loops over what a step returned (ForEach) and triggers on failure are in AWS's
SDK (sagemaker 3.27) and service model, and have not been tried on an account.
"""

from __future__ import annotations

from typing import Final

from kfbridge.plan.capabilities import Capabilities, Combination
from kfbridge.plan.limits import Limit, Limits
from kfbridge.plan.support import native, refused, rewritten

_SDK: Final = "sagemaker 3.27.0"
_MODEL: Final = "botocore 1.44.5, service model of SageMaker"
_TRIGGERS: Final = f"{_SDK}: DependsOn with a Trigger; not tried on an account"
_FOREACH: Final = f"{_SDK}: ForEachStep; not tried on an account"
_STRICT: Final = "AWS Developer Guide, Condition steps; aws/sagemaker-python-sdk#3565"

_NO_CLUSTER: Final = "SageMaker jobs have no pods that this could be set on"
_NO_SECRET: Final = "SageMaker jobs are handed no secrets; what stands in their environment can be read by many"
_READ_SECRET: Final = "Read it in the step from Secrets Manager, with the rights of the target's role_arn."
_NO_CONFIG_MAP: Final = "SageMaker has no config maps"
_NO_VOLUME: Final = "SageMaker mounts no volume claims"
_ARTIFACTS: Final = "Hand the data over as artifacts."
_REMOVE: Final = "Remove the setting, or allow its loss."
_FLAT: Final = rewritten(
    "flattened to one conjunction for each branch, because a Condition step does not stand in another", source=_STRICT
)
_PREDICATED: Final = rewritten(
    "the steps of every branch start, and those of a false one end at once, because a ForEach holds no Condition step",
    source=_FOREACH,
)
_NO_DYNAMIC: Final = "a ForEach step holds no other ForEach step"
_MAKE_FLAT: Final = "Make one list of pairs in a step, and loop over that."

CAPABILITIES: Final = Capabilities(
    nested_pipeline=rewritten("put into the pipeline around it, with its name before those of its steps"),
    condition_on_input=native("a Condition step for each branch"),
    condition_on_output=native("a Condition step for each branch, which reads what the step left in S3"),
    loop_over_constant=rewritten("unrolled"),
    loop_over_input=rewritten("unrolled with the arguments of the run"),
    loop_over_output=rewritten(
        "a ForEach step for each step in the loop, with at most 50 iterations at once", source=_FOREACH
    ),
    loop_over_artifacts=refused(
        "a ForEach step runs over values, and artifacts are none",
        "Loop over a list of their URIs, and import each with dsl.importer.",
        source=_FOREACH,
    ),
    loop_parallelism=rewritten("kept by lanes: an iteration waits for the one that many places before it"),
    collected_parameters=rewritten("the launcher reads them from the steps' folders, in the order of the items"),
    collected_artifacts=rewritten("the launcher reads them from the steps' folders, in the order of the items"),
    one_of=rewritten(
        "the steps behind it are copied into each branch, as nothing joins branches again", source=_STRICT
    ),
    exit_handler=rewritten("its group waits with the trigger Any from step to step", source=_TRIGGERS),
    final_status=rewritten("the launcher finds the state in the marks that the steps of the group leave"),
    ignore_upstream_failure=rewritten("it waits with the trigger Any", source=_TRIGGERS),
    order=native("DependsOn"),
    retry=rewritten(
        "the launcher starts the step again in the same job, and the job again after faults of the service",
        source=f"{_SDK}: retry policies match faults of the service alone",
    ),
    retry_of_group=refused(
        "SageMaker runs no group of steps again",
        "Set the retry on the steps in it, or allow its loss.",
        loss=True,
    ),
    python_function=native("a Processing job with kfbridge's launcher"),
    packages=native("pip installs them when the step starts, which needs a network that reaches the index"),
    installed_function=native("a Processing job with kfbridge's launcher"),
    container=native("a Processing job whose launcher starts the command; the image needs a shell"),
    container_entrypoint=rewritten("a Processing job without the launcher: its inputs are files and short arguments"),
    image_at_run_time=native("ImageUri takes the value; it has to name an image in ECR", source=_MODEL),
    environment=native(),
    importer=rewritten("no job: the URI goes to the steps that read it"),
    importer_of_output=rewritten("no job: the URI goes to the steps that read it"),
    importer_reimport=rewritten("every import is new, as there is no store that would know an earlier one"),
    vendor_executor=refused(
        "its executor is one that only Vertex AI can carry out", "Run it on a target whose backend is vertex."
    ),
    cache=native("CacheConfig", source="AWS Developer Guide, Caching pipeline steps"),
    cache_key=refused(
        "SageMaker makes the key of image, environment and inputs itself",
        "Call set_caching_options without a key, or allow its loss.",
        loss=True,
        source="AWS Developer Guide, Caching pipeline steps",
    ),
    parameter=rewritten("written to S3 as JSON, and read by the launcher of the next step"),
    exact_integer=rewritten("travels as JSON text"),
    artifact=rewritten("data are staged from and to S3, their metadata lie in a document beside them"),
    artifact_list=rewritten("each is staged by itself"),
    pipeline_output=rewritten("read from the steps that make them when the run has ended"),
    pipeline_artifact_input=rewritten("the URI goes to the steps that read it"),
    run_placeholder=rewritten("the launcher knows the run's and the step's names"),
    vendor_placeholder=refused(
        "it takes a value from its platform that only Vertex AI gives",
        "Make it an input of the pipeline, and give it as an argument.",
    ),
    task_config=refused(
        "a SageMaker step has no settings of a pod that it could be told",
        "Give the step what it needs to know as parameters.",
    ),
    cpu_and_memory=native("the smallest instance type that has it"),
    cpu_and_memory_request=rewritten("counts for the choice of the instance type; the step gets all of it"),
    accelerator=native("the smallest instance type that has it"),
    resources_at_run_time=refused(
        "the instance type is chosen before the run",
        "Give the amounts as constants or as arguments of the run.",
    ),
    spot=rewritten("a Training job with managed spot, as Processing jobs have none", source=_MODEL),
    timeout=native("MaxRuntimeInSeconds", source=_MODEL),
    shared_memory=refused(
        "the size of /dev/shm cannot be set on SageMaker",
        "Use fewer data loading processes, or allow its loss.",
        loss=True,
        source=f"{_MODEL}: CreateProcessingJob has no field for it",
    ),
    secret_env=refused(_NO_SECRET, _READ_SECRET),
    secret_volume=refused(_NO_SECRET, _READ_SECRET),
    config_map_env=refused(_NO_CONFIG_MAP, "Set the variables with set_env_variable."),
    config_map_volume=refused(_NO_CONFIG_MAP, "Import the files with dsl.importer."),
    field_env=refused(_NO_CLUSTER, "Use the run's own placeholders, such as dsl.PIPELINE_TASK_ID_PLACEHOLDER."),
    volume_claim=refused(_NO_VOLUME, _ARTIFACTS),
    volume_claim_lifecycle=refused(_NO_VOLUME, _ARTIFACTS),
    ephemeral_volume=refused(_NO_VOLUME, "Write below /tmp, or allow its loss.", loss=True),
    empty_dir=refused(_NO_CLUSTER, "Write below /tmp, or allow its loss.", loss=True),
    workspace=refused("SageMaker has no folder that all steps of a run share", _ARTIFACTS),
    node_selection=refused(_NO_CLUSTER, "Ask for a machine with set_accelerator, or allow its loss.", loss=True),
    pod_metadata=refused(_NO_CLUSTER, "Tag the run with the target's tags, or allow its loss.", loss=True),
    image_pull=refused(
        "SageMaker pulls images from ECR, with the rights of the target's role_arn",
        "Let the role read the repository, and allow the loss.",
        loss=True,
    ),
    security_context=refused(_NO_CLUSTER, _REMOVE, loss=True),
    init_container=refused("a SageMaker job is one container", "Make the init container a task before this one."),
    resource_claim=refused(_NO_CLUSTER, "Ask for an accelerator with set_accelerator instead."),
    time_to_live=rewritten("nothing of a run is left but its record: machines are given back when a step ends"),
    run_timeout=refused(
        "a pipeline execution has no time limit of its own",
        "Limit the steps with set_timeout, or allow its loss.",
        loss=True,
    ),
    native=native("merged into the job's request", source=_MODEL),
    combinations=(
        *(
            Combination(condition, "loop_over_output", _PREDICATED)
            for condition in ("condition_on_input", "condition_on_output")
        ),
        *(
            Combination(condition, around, _FLAT)
            for condition in ("condition_on_input", "condition_on_output")
            for around in ("condition_on_input", "condition_on_output")
        ),
        Combination("loop_over_output", "loop_over_output", refused(_NO_DYNAMIC, _MAKE_FLAT, source=_FOREACH)),
        Combination(
            "exit_handler",
            "loop_over_output",
            refused(
                "no document says that triggers work in the body of a ForEach step",
                "Put the loop into the exit handler instead of the handler into the loop.",
                source=_FOREACH,
            ),
        ),
        Combination(
            "ignore_upstream_failure",
            "loop_over_output",
            refused(
                "no document says that triggers work in the body of a ForEach step",
                "Catch the failure in the step before, and return it as a value.",
                source=_FOREACH,
            ),
        ),
    ),
)

LIMITS: Final = Limits(
    run_name=Limit(82, r"[a-zA-Z0-9](-*[a-zA-Z0-9])*", source=f"{_MODEL}: PipelineExecutionName"),
    display_name=Limit(256, source=f"{_MODEL}: PipelineName"),
    task_name=Limit(64, r"[A-Za-z0-9\-_]{1,64}", source=f"{_MODEL}: StepName"),
    tasks=Limit(50, soft=True, source="AWS service quotas, steps of a pipeline; not confirmed on an account"),
    loop_parallelism=Limit(50, source=f"{_SDK}: ForEachStep.max_concurrency"),
    parameters=Limit(200, source=f"{_MODEL}: ParameterList"),
    parameter_name=Limit(256, r"[A-Za-z0-9\-_]*", source=f"{_MODEL}: PipelineParameterName"),
    parameter_value=Limit(1024, source=f"{_MODEL}: Parameter"),
    step_inputs=Limit(10, source=f"{_MODEL}: ProcessingInputs; aws/sagemaker-python-sdk#2554"),
    step_outputs=Limit(10, source=f"{_MODEL}: ProcessingOutputs"),
    arguments=Limit(100, source=f"{_MODEL}: ContainerArguments"),
    argument=Limit(256, r".*", source=f"{_MODEL}: ContainerArgument"),
    environment=Limit(100, source=f"{_MODEL}: ProcessingEnvironmentMap"),
    environment_name=Limit(256, r"[a-zA-Z_][a-zA-Z0-9_]*", source=f"{_MODEL}: ProcessingEnvironmentKey"),
    environment_value=Limit(256, source=f"{_MODEL}: ProcessingEnvironmentValue"),
    image=Limit(255, source=f"{_MODEL}: ImageUri"),
    uri=Limit(1024, source=f"{_MODEL}: S3Uri"),
    label_name=Limit(128, source=f"{_MODEL}: TagKey"),
    label_value=Limit(256, source=f"{_MODEL}: TagValue"),
    labels=Limit(50, source=f"{_MODEL}: TagList"),
    retries=Limit(20, source=f"{_SDK}: MaxAttempts of a retry policy"),
    timeout=Limit(777_600, source=f"{_MODEL}: ProcessingMaxRuntimeInSeconds"),
    document=Limit(1_048_576, source=f"{_MODEL}: PipelineDefinition"),
)

CARRIED: Final = frozenset({"tasks", "loop_parallelism", "parameters", "timeout"})
"""The limits that things of the pipeline meet as they are; others meet what the translator makes of them."""
