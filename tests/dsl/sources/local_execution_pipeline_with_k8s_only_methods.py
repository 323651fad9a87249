from kfp import dsl


@dsl.component
def echo(message: str) -> str:
    return message


@dsl.pipeline(name="pipeline-with-k8s-only-methods")
def pipeline_with_k8s_only_methods(message: str = "hello") -> str:
    echo_task = (
        echo(message=message)
        .set_accelerator_type("nvidia.com/gpu")
        .set_accelerator_limit("1")
        .set_cpu_limit("1000m")
        .set_memory_limit("256Mi")
    )
    return echo_task.output


PIPELINE = pipeline_with_k8s_only_methods
