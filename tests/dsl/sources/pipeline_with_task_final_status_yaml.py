from typing import Optional

from kfp import dsl


@dsl.container_component
def exit_op(user_input: str, status: Optional[dsl.PipelineTaskFinalStatus] = None):
    return dsl.ContainerSpec(
        image="registry.access.redhat.com/ubi9/python-311:latest",
        command=["echo", "user input:", user_input, "pipeline status:", status],
    )


@dsl.container_component
def print_op(message: str):
    return dsl.ContainerSpec(
        image="registry.access.redhat.com/ubi9/python-311:latest",
        command=["echo", message],
    )


@dsl.pipeline(name="pipeline-with-task-final-status-yaml")
def pipeline_with_task_final_status_yaml(message: str = "Hello World!"):
    exit_op_task = exit_op(user_input=message)
    with dsl.ExitHandler(exit_op_task, name="my-pipeline"):
        print_op(message=message)


PIPELINE = pipeline_with_task_final_status_yaml
