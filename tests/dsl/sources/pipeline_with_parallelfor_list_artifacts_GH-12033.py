from typing import List

from kfp import dsl
from kfp.dsl import Artifact, Dataset


@dsl.component
def make_artifact(data: str) -> Artifact:
    artifact = Artifact(uri=dsl.get_uri(), metadata={'length': len(data)})
    with open(artifact.path, 'w') as f:
        f.write(data)
    return artifact


@dsl.pipeline(name="make-artifacts")
def make_artifacts(texts: list = ["Hello", ",", " ", "world!"]) -> List[dsl.Artifact]:
    with dsl.ParallelFor(texts) as item_1:
        make_artifact_task = make_artifact(data=item_1)
    return dsl.Collected(make_artifact_task.output)


@dsl.component
def make_dataset(data: str) -> Dataset:
    dataset = Dataset(uri=dsl.get_uri(), metadata={'length': len(data)})
    with open(dataset.path, 'w') as f:
        f.write(data)
    return dataset


@dsl.pipeline(name="make-datasets")
def make_datasets(texts: list = ["Hello", ",", " ", "world!"]) -> List[dsl.Dataset]:
    with dsl.ParallelFor(texts) as item_1:
        make_dataset_task = make_dataset(data=item_1)
    return dsl.Collected(make_dataset_task.output)


@dsl.component
def print_artifact_name(artifact: Artifact) -> str:
    print(artifact.name)
    return artifact.name


@dsl.pipeline(name="pipeline-parallelfor-artifacts")
def pipeline_parallelfor_artifacts():
    make_artifacts_task = make_artifacts()
    make_datasets_task = make_datasets()
    with dsl.ParallelFor(make_artifacts_task.output) as item_1:
        print_artifact_name(artifact=item_1)
    with dsl.ParallelFor(make_datasets_task.output) as item_2:
        print_artifact_name(artifact=item_2)


PIPELINE = pipeline_parallelfor_artifacts
