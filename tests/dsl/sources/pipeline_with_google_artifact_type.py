import types

from kfp import dsl
from kfp.dsl import Input, Output


def artifact_type(title):
    """An artifact class of an installed module, as that of a cloud's SDK is."""
    members = {"__module__": "aiplatform", "schema_title": title, "schema_version": "0.0.0"}
    return type(title.rpartition(".")[2], (dsl.Artifact,), members)


aiplatform = types.ModuleType("aiplatform")
aiplatform.VertexModel = VertexModel = artifact_type("google.VertexModel")
aiplatform.VertexDataset = VertexDataset = artifact_type("google.VertexDataset")


@dsl.component(packages_to_install=["aiplatform"])
def model_producer(model: Output[aiplatform.VertexModel]):

    assert isinstance(model, aiplatform.VertexModel), type(model)
    with open(model.path, 'w') as f:
        f.write('my model')


@dsl.component(packages_to_install=["aiplatform"])
def model_consumer(model: Input[VertexModel],
                   dataset: Input[VertexDataset]):
    print('Model')
    print('artifact.type: ', type(model))
    print('artifact.name: ', model.name)
    print('artifact.uri: ', model.uri)
    print('artifact.metadata: ', model.metadata)

    print('Dataset')
    print('artifact.type: ', type(dataset))
    print('artifact.name: ', dataset.name)
    print('artifact.uri: ', dataset.uri)
    print('artifact.metadata: ', dataset.metadata)


@dsl.pipeline(name="pipeline-with-google-types")
def pipeline_with_google_types():
    importer_task = dsl.importer(
        artifact_uri="gs://ml-pipeline-playground/shakespeare1.txt",
        artifact_class=VertexDataset,
        metadata={"key": "value"},
    )
    model_producer_task = model_producer()
    model_consumer(dataset=importer_task.output, model=model_producer_task.output)


PIPELINE = pipeline_with_google_types
