from typing import Optional

from kfp import dsl
from kfp.dsl import Artifact, Input


@dsl.container_component
def custom_artifact_printer(artifact: dsl.Input[dsl.Artifact] = None):
    return dsl.ContainerSpec(
        image="alpine",
        command=[
            dsl.IfPresentPlaceholder(
                input_name="artifact", then=["echo", artifact.uri], else_=["echo", "No artifact provided!"]
            )
        ],
    )


@dsl.component
def python_artifact_printer(artifact: Optional[Input[Artifact]] = None):
    if artifact is not None:
        print(artifact.name)
        print(artifact.uri)
        print(artifact.metadata)
    else:
        print('No artifact provided!')


@dsl.pipeline(name="inner-pipeline")
def inner_pipeline(dataset: dsl.Input[dsl.Dataset] = None):
    python_artifact_printer(artifact=dataset)


@dsl.pipeline(name="optional-artifact-pipeline")
def optional_artifact_pipeline(dataset1: dsl.Input[dsl.Dataset] = None):
    custom_artifact_printer(artifact=dataset1)
    custom_artifact_printer()
    importer_task = dsl.importer(
        artifact_uri="gs://ml-pipeline-playground/shakespeare1.txt", artifact_class=dsl.Dataset
    )
    inner_pipeline(dataset=importer_task.output)
    inner_pipeline()


PIPELINE = optional_artifact_pipeline
