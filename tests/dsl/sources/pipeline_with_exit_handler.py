from kfp import dsl


@dsl.component
def print_op(message: str):
    """Prints a message."""
    print(message)


@dsl.component
def fail_op(message: str):
    """Fails."""
    import sys
    print(message)
    sys.exit(1)


@dsl.pipeline(name="pipeline-with-exit-handler")
def pipeline_with_exit_handler(message: str = "Hello World!"):
    print_op_task = print_op(message="Exit handler has worked!")
    with dsl.ExitHandler(print_op_task):
        fail_op(message="Task failed.")
        print_op(message=message)


PIPELINE = pipeline_with_exit_handler
