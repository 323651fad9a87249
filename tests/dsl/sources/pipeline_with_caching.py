from kfp import dsl


@dsl.component
def add_one(x: int) -> int:
    return x + 1


@dsl.pipeline(name="pipeline-with-caching")
def pipeline_with_caching(x: int = 1) -> int:
    add_one_task = add_one(x=x)
    return add_one_task.output


PIPELINE = pipeline_with_caching
