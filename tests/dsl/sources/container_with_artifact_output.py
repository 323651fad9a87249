from kfp import dsl


@dsl.container_component
def container_with_artifact_output(
    num_epochs: int, model: dsl.Output[dsl.Model], model_config_path: dsl.OutputPath(str)
):
    return dsl.ContainerSpec(
        image="gcr.io/my-image",
        command=["sh", "run.sh"],
        args=[
            "--epochs",
            num_epochs,
            "--model_path",
            model.uri,
            "--model_metadata",
            model.metadata,
            "--model_config_path",
            model_config_path,
        ],
    )


PIPELINE = container_with_artifact_output
