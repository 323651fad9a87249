from kfp import dsl


@dsl.container_component
def echo(param1: str, param2: str):
    return dsl.ContainerSpec(
        image="registry.access.redhat.com/ubi9/python-311:latest",
        command=["echo"],
        args=[f"{param1}-{param2}"],
    )


PIPELINE = echo


COMPILE_ARGUMENTS = {"pipeline_parameters": {"param1": "hello"}}
