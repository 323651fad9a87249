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


@dsl.pipeline(name="pipeline-with-multiple-exit-handlers")
def pipeline_with_multiple_exit_handlers(message: str = "Hello World!"):
    print_op_task = print_op(message="First exit handler has worked!")
    with dsl.ExitHandler(print_op_task):
        fail_op(message="Task failed.")
        print_op(message=message)
    print_op_3_task = print_op(message="Second exit handler has worked!")
    with dsl.ExitHandler(print_op_3_task):
        print_op(message=message)
    print_op_5_task = print_op(message="Third exit handler has worked!")
    with dsl.ExitHandler(print_op_5_task):
        print_op(message=message)


PIPELINE = pipeline_with_multiple_exit_handlers
