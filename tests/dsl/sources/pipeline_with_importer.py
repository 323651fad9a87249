from typing import NamedTuple

from kfp import dsl
from kfp.dsl import Dataset, Input, Model


@dsl.component
def train(
    dataset: Input[Dataset]
) -> NamedTuple('Outputs', [
    ('scalar', str),
    ('model', Model),
]):
    """Dummy Training step."""
    with open(dataset.path) as f:
        data = f.read()
    print('Dataset:', data)

    scalar = '123'
    model = f'My model trained using data: {data}'

    from collections import namedtuple
    output = namedtuple('Outputs', ['scalar', 'model'])
    return output(scalar, model)


@dsl.pipeline(name="pipeline-with-importer")
def pipeline_with_importer(dataset2: str = "gs://ml-pipeline-playground/shakespeare2.txt"):
    importer_task = dsl.importer(
        artifact_uri="gs://ml-pipeline-playground/shakespeare1.txt",
        artifact_class=dsl.Dataset,
        metadata={"key": "value"},
    )
    train_task = train(dataset=importer_task.output)
    with dsl.If(train_task.outputs["scalar"] == "123"):
        importer_2_task = dsl.importer(artifact_uri=dataset2, artifact_class=dsl.Dataset, reimport=True)
        train(dataset=importer_2_task.output)


PIPELINE = pipeline_with_importer
