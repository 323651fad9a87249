from kfp import dsl


@dsl.component
def accelerator_count() -> int:
    return 1


@dsl.component
def accelerator_type() -> str:
    return 'NVIDIA_TESLA_P4'


@dsl.component
def machine_type() -> str:
    return 'n1-standard-4'


@dsl.container_component
def custom_training_job(
    display_name: str,
    gcp_resources: dsl.OutputPath(str),
    base_output_directory: str = "",
    enable_web_access: bool = False,
    encryption_spec_key_name: str = "",
    labels: dict = {},
    location: str = "us-central1",
    network: str = "",
    project: str = "{{$.pipeline_google_cloud_project_id}}",
    reserved_ip_ranges: list = [],
    restart_job_on_worker_restart: bool = False,
    service_account: str = "",
    tensorboard: str = "",
    timeout: str = "604800s",
    worker_pool_specs: list = [],
):
    """Runs the container.

    Args:
        base_output_directory: The Cloud Storage location to store the output of this CustomJob or HyperparameterTuningJob. See [more information ](https://cloud.google.com/vertex-ai/docs/reference/rest/v1/GcsDestination).
        display_name: The name of the CustomJob.
        enable_web_access: Whether you want Vertex AI to enable [interactive shell access ](https://cloud.google.com/vertex-ai/docs/training/monitor-debug-interactive-shell) to training containers. If `True`, you can access interactive shells at the URIs given by [CustomJob.web_access_uris][].
        encryption_spec_key_name: Customer-managed encryption key options for the CustomJob. If this is set, then all resources created by the CustomJob will be encrypted with the provided encryption key.
        labels: The labels with user-defined metadata to organize the CustomJob. See [more information](https://goo.gl/xmQnxf).
        location: Location for creating the custom training job. If not set, default to us-central1.
        network: The full name of the Compute Engine network to which the job should be peered. For example, `projects/12345/global/networks/myVPC`. Format is of the form `projects/{project}/global/networks/{network}`. Where `{project}` is a project number, as in `12345`, and `{network}` is a network name. Private services access must already be configured for the network. If left unspecified, the job is not peered with any network.
        project: Project to create the custom training job in. Defaults to the project in which the PipelineJob is run.
        reserved_ip_ranges: A list of names for the reserved IP ranges under the VPC network that can be used for this job. If set, we will deploy the job within the provided IP ranges. Otherwise, the job will be deployed to any IP ranges under the provided VPC network.
        restart_job_on_worker_restart: Restarts the entire CustomJob if a worker gets restarted. This feature can be used by distributed training jobs that are not resilient to workers leaving and joining a job.
        service_account: Sets the default service account for workload run-as account. The [service account ](https://cloud.google.com/vertex-ai/docs/pipelines/configure-project#service-account) running the pipeline submitting jobs must have act-as permission on this run-as account. If unspecified, the Vertex AI Custom Code [Service Agent ](https://cloud.google.com/vertex-ai/docs/general/access-control#service-agents) for the CustomJob's project.
        tensorboard: The name of a Vertex AI TensorBoard resource to which this CustomJob will upload TensorBoard logs.
        timeout: The maximum job running time. The default is 7 days. A duration in seconds with up to nine fractional digits, terminated by 's', for example: "3.5s".
        worker_pool_specs: Serialized json spec of the worker pools including machine type and Docker image. All worker pools except the first one are optional and can be skipped by providing an empty value. See [more information](https://cloud.google.com/vertex-ai/docs/reference/rest/v1/CustomJobSpec#WorkerPoolSpec).

    Returns:
        gcp_resources: Serialized JSON of `gcp_resources` [proto](https://github.com/kubeflow/pipelines/tree/master/components/google-cloud/google_cloud_pipeline_components/proto) which tracks the CustomJob.
    """
    return dsl.ContainerSpec(
        image="gcr.io/ml-pipeline/google-cloud-pipeline-components:2.14.1",
        command=["python3", "-u", "-m", "google_cloud_pipeline_components.container.v1.custom_job.launcher"],
        args=[
            "--type",
            "CustomJob",
            "--payload",
            f'{{"display_name": "{display_name}", "job_spec": {{"worker_pool_specs": {worker_pool_specs}, "scheduling": {{"timeout": "{timeout}", "restart_job_on_worker_restart": {restart_job_on_worker_restart}}}, "service_account": "{service_account}", "tensorboard": "{tensorboard}", "enable_web_access": {enable_web_access}, "network": "{network}", "reserved_ip_ranges": {reserved_ip_ranges}, "base_output_directory": {{"output_uri_prefix": "{base_output_directory}"}}}}, "labels": {labels}, "encryption_spec": {{"kms_key_name": "{encryption_spec_key_name}"}}}}',
            "--project",
            project,
            "--location",
            location,
            "--gcp_resources",
            gcp_resources,
        ],
    )


@dsl.pipeline(name="pipeline")
def pipeline(location: str, project: str, encryption_spec_key_name: str = ""):
    accelerator_count_task = accelerator_count()
    accelerator_type_task = accelerator_type()
    machine_type_task = machine_type()
    custom_training_job(
        display_name="add-numbers",
        encryption_spec_key_name=encryption_spec_key_name,
        location=location,
        project=project,
        worker_pool_specs=[
            {
                "container_spec": {
                    "args": ["foo"],
                    "command": ["echo"],
                    "image_uri": "gcr.io/ml-pipeline/google-cloud-pipeline-components:2.5.0",
                },
                "machine_spec": {
                    "accelerator_count": f"{accelerator_count_task.output}",
                    "accelerator_type": f"{accelerator_type_task.output}",
                    "machine_type": f"{machine_type_task.output}",
                },
                "replica_count": 1.0,
            }
        ],
    )


PIPELINE = pipeline
