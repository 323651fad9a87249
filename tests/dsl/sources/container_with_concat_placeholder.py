from kfp import dsl


@dsl.container_component
def container_with_concat_placeholder(text1: str, text2: dsl.Output[dsl.Dataset], output_path: dsl.OutputPath(str)):
    return dsl.ContainerSpec(
        image="registry.access.redhat.com/ubi9/python-311:latest",
        command=["my_program", dsl.ConcatPlaceholder(["prefix-", text1, text2.uri])],
        args=["--output_path", output_path],
    )


PIPELINE = container_with_concat_placeholder
