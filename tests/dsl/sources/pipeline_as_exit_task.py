from typing import Optional

from kfp import dsl


@dsl.component
def get_run_state(status: dict) -> str:
    print('Pipeline status: ', status)
    return status['state']


@dsl.component
def print_op(message: str):
    """Prints a message."""
    print(message)


@dsl.pipeline(name="conditional-notification")
def conditional_notification(status: Optional[dsl.PipelineTaskFinalStatus] = None):
    get_run_state_task = get_run_state(status=status)
    with dsl.If(get_run_state_task.output == "FAILED"):
        print_op(message="notify task failure.")


@dsl.component
def fail_op(message: str):
    """Fails."""
    import sys
    print(message)
    sys.exit(1)


@dsl.pipeline(name="pipeline-with-task-final-status-conditional")
def pipeline_with_task_final_status_conditional(message: str = "Hello World!"):
    conditional_notification_task = conditional_notification()
    with dsl.ExitHandler(conditional_notification_task, name="my-pipeline"):
        fail_op(message="Task failed.")
        print_op(message=message)


PIPELINE = pipeline_with_task_final_status_conditional
