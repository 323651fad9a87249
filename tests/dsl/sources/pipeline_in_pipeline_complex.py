from kfp import dsl


@dsl.component
def print_op1(msg: str) -> str:
    print(msg)
    return msg


@dsl.container_component
def print_op2(msg: str):
    return dsl.ContainerSpec(
        image="alpine",
        command=["echo", msg],
    )


@dsl.container_component
def print_op(msg: str):
    return dsl.ContainerSpec(
        image="alpine",
        command=["echo", msg],
    )


@dsl.pipeline(name="inner-pipeline")
def inner_pipeline(msg: str):
    print_op1_task = print_op1(msg=msg)
    with dsl.If(print_op1_task.output == "Hello"):
        print_op2(msg="world")
    with dsl.If(print_op1_task.output != "Hello"):
        print_op(msg="Bye!")


@dsl.pipeline(name="pipeline-in-pipeline-complex")
def pipeline_in_pipeline_complex(msg: str = "Hello"):
    print_op1(msg=msg)
    with dsl.ParallelFor(["Hello", "world!"]) as item_2:
        inner_pipeline(msg=item_2)


PIPELINE = pipeline_in_pipeline_complex
