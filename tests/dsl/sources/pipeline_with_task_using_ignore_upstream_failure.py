from kfp import dsl


@dsl.component
def fail_op(message: str) -> str:
    """Fails."""
    import sys
    print(message)
    sys.exit(1)
    return message


@dsl.component
def print_op(message: str = 'default'):
    """Prints a message."""
    print(message)


@dsl.pipeline(name="my-pipeline")
def my_pipeline(sample_input: str = "message"):
    fail_op_task = fail_op(message=sample_input)
    print_op(message=fail_op_task.output).ignore_upstream_failure()


PIPELINE = my_pipeline
