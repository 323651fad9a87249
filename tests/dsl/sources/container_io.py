from kfp import dsl


@dsl.container_component
def container_io(text: str, output_path: dsl.OutputPath(str)):
    return dsl.ContainerSpec(
        image="registry.access.redhat.com/ubi9/python-311:latest",
        command=["my_program", text],
        args=["--output_path", output_path],
    )


PIPELINE = container_io
