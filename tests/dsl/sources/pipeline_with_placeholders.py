from kfp import dsl


@dsl.component
def print_all_placeholders(
        job_name: str,
        job_resource_name: str,
        job_id: str,
        task_name: str,
        task_id: str,
):
    allPlaceholders = [job_name, job_resource_name, job_id, task_name, task_id]

    for placeholder in allPlaceholders:
        if "\{\{" in placeholder or placeholder == "":
            raise RuntimeError(
                "Expected the placeholder to be replaced with a value: " + placeholder
            )

    assert task_name == "print-all-placeholders"
    assert job_resource_name.startswith("pipeline-with-placeholders-")

    output = ", ".join(allPlaceholders)
    print(output)


@dsl.pipeline(name="pipeline-with-placeholders")
def pipeline_with_placeholders():
    print_all_placeholders(
        job_id="{{$.pipeline_job_uuid}}",
        job_name="{{$.pipeline_job_name}}",
        job_resource_name="{{$.pipeline_job_resource_name}}",
        task_id="{{$.pipeline_task_uuid}}",
        task_name="{{$.pipeline_task_name}}",
    ).set_caching_options(False)


PIPELINE = pipeline_with_placeholders
