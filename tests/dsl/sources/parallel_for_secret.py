from kfp import dsl, kubernetes


@dsl.component
def example_component(item: str) -> str:
    import os
    secret_val = os.environ.get("MY_SECRET_KEY", "not-set")
    print(f"Item: {item}, Secret set: {secret_val != 'not-set'}")
    return secret_val


@dsl.pipeline(
    name="pipeline-2-parallel-for-secret",
    description="Pipeline with 1 component inside ParallelFor using use_secret_as_env.",
)
def pipeline_2_parallel_for_secret(my_secret_name: str = "test-secret-1"):
    with dsl.ParallelFor(["a", "b", "c"], parallelism=1) as item_2:
        example_component_task = example_component(item=item_2)
        kubernetes.use_secret_as_env(
            example_component_task, secret_name=my_secret_name, secret_key_to_env={"username": "MY_SECRET_KEY"}
        )


PIPELINE = pipeline_2_parallel_for_secret
