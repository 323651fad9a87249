from kfp import dsl, kubernetes


@dsl.component
def emit_secret_name() -> str:
    """Emits the secret name dynamically."""
    return "test-secret-1"


@dsl.component
def worker_component(item: str) -> str:
    import os
    secret_val = os.environ.get("MY_SECRET_KEY", "not-set")
    print(f"Item: {item}, Secret set: {secret_val != 'not-set'}")
    return secret_val


@dsl.pipeline(
    name="pipeline-4-nested-parallel-for-secret",
    description="Pipeline with outer task output used as secret name inside ParallelFor.",
)
def pipeline_4_nested_parallel_for_secret():
    emit_secret_name_task = emit_secret_name()
    with dsl.ParallelFor(["x", "y"], parallelism=1) as item_2:
        worker_component_task = worker_component(item=item_2)
        kubernetes.use_secret_as_env(
            worker_component_task,
            secret_name=emit_secret_name_task.output,
            secret_key_to_env={"username": "MY_SECRET_KEY"},
        )


PIPELINE = pipeline_4_nested_parallel_for_secret
