from kfp import dsl


class VertexDataset(dsl.Artifact):
    schema_title = "google.VertexDataset"
    schema_version = "0.0.1"


@dsl.container_component
def consumer_op(dataset: dsl.Input[VertexDataset]):
    return dsl.ContainerSpec(
        image="dummy",
        command=["cmd"],
        args=[dataset.path],
    )


@dsl.pipeline(name="pipeline-with-importer-and-gcpc-type")
def pipeline_with_importer_and_gcpc_type():
    importer_task = dsl.importer(
        artifact_uri="gs://ml-pipeline-playground/shakespeare1.txt",
        artifact_class=VertexDataset,
        metadata={"key": "value"},
    )
    consumer_op(dataset=importer_task.output)


PIPELINE = pipeline_with_importer_and_gcpc_type
