from typing import List

from kfp import dsl
from kfp.dsl import Dataset


@dsl.component
def make_dataset(text: str) -> Dataset:
    dataset = Dataset(uri=dsl.get_uri(), metadata={'length': len(text)})
    with open(dataset.path, 'w') as f:
        f.write(text)
    return dataset


@dsl.component
def join_datasets(datasets: List[Dataset]) -> Dataset:
    texts = []
    for dataset in datasets:
        with open(dataset.path, 'r') as f:
            texts.append(f.read())

    return ''.join(texts)


@dsl.pipeline(name="make-and-join-datasets")
def make_and_join_datasets(texts: list = ["Hello", ",", " ", "world!"]) -> dsl.Dataset:
    with dsl.ParallelFor(texts) as item_1:
        make_dataset_task = make_dataset(text=item_1)
    join_datasets_task = join_datasets(datasets=dsl.Collected(make_dataset_task.output))
    return join_datasets_task.output


PIPELINE = make_and_join_datasets
