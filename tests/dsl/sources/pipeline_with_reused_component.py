from kfp import dsl


@dsl.component
def add_numbers(a: int, b: int) -> int:
    return a + b


@dsl.pipeline(name="pipeline-with-reused-component")
def pipeline_with_reused_component(a: int = 2, b: int = 5):
    add_numbers_task = add_numbers(a=a, b=3)
    add_numbers_2_task = add_numbers(a=add_numbers_task.output, b=b)
    add_numbers(a=add_numbers_2_task.output, b=7)


PIPELINE = pipeline_with_reused_component
