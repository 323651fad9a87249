from kfp import dsl


@dsl.component
def make_name(name: str) -> str:
    return name


@dsl.pipeline(name="pipeline-with-importer")
def pipeline_with_importer(
    int_input: int = 1,
    name: str = "default-name",
    pipeline_input_artifact_uri: str = "gs://ml-pipeline-playground/shakespeare1.txt",
    pipeline_input_image_uri: str = "us-docker.pkg.dev/vertex-ai/prediction/tf2-gpu.2-5:latest",
):
    image_uri = "us-docker.pkg.dev/vertex-ai/prediction/tf2-gpu.2-5:latest"
    dsl.importer(
        artifact_uri=pipeline_input_artifact_uri,
        artifact_class=dsl.Dataset,
        metadata={"name": [name, "alias-name"], "containerSpec": {"imageUri": pipeline_input_image_uri}},
    )
    make_name_task = make_name(name="a-different-name")
    dsl.importer(
        artifact_uri="gs://ml-pipeline-playground/shakespeare1.txt",
        artifact_class=dsl.Dataset,
        metadata={
            "name": f"prefix-{make_name_task.output}",
            "list-of-data": [make_name_task.output, name, int_input],
            make_name_task.output: make_name_task.output,
            name: image_uri,
            "containerSpec": {"imageUri": image_uri},
        },
    )


PIPELINE = pipeline_with_importer
