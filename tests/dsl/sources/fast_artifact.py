from kfp import dsl


@dsl.container_component
def write_artifact(output: dsl.Output[dsl.Dataset]):
    return dsl.ContainerSpec(
        image="alpine:3.23",
        command=["sh", "-c"],
        args=['mkdir -p "$(dirname "$0")"; printf foo > "$0"; printf "input:  foo\\n"', output.path],
    )


@dsl.pipeline(name="argo-compatibility-artifact")
def argo_compatibility_artifact():
    write_artifact().set_caching_options(False)


PIPELINE = argo_compatibility_artifact
