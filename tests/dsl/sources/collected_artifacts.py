from typing import List

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Model, Output


@dsl.component
def split_chars(model_ids: str) -> list:
    return model_ids.split(',')


@dsl.component
def split_ids(model_ids: str) -> list:
    return model_ids.split(',')


@dsl.component
def create_file(file: Output[Artifact], content: str):
    print(f'Creating file with content: {content}')
    with open(file.path, 'w') as f:
        f.write(content)


@dsl.component
def read_single_file(file: Artifact) -> str:
    print(f'Reading file: {file.path}')
    with open(file.path, 'r') as f:
        print(f.read())

    return file.uri


@dsl.component
def create_dataset(data: Output[Dataset], content: str):
    print(f'Creating file with content: {content}')
    with open(data.path, 'w') as f:
        f.write(content)


@dsl.pipeline(name="single-node-dag")
def single_node_dag(char: str) -> dsl.Dataset:
    create_dataset_task = create_dataset(content=char).set_caching_options(False)
    return create_dataset_task.output


@dsl.component
def read_single_dataset_generate_model(data: Dataset, id: str, results:Output[Model]):
    print(f'Reading file: {data.path}')
    with open(data.path, 'r') as f:
        info = f.read()
        with open(results.path, 'w') as f2:
            f2.write(f"{info}-{id}")
            results.metadata['model'] = info
            results.metadata['model_name'] = f"model-artifact-inner-iteration-{info}-{id}"


@dsl.component
def read_datasets(data: List[Dataset]) -> str:
    for d in data:
        print(f'Reading dataset {d.name} file: {d.path}')
        with open(d.path, 'r') as f:
            print(f.read())

    return 'files read'


@dsl.component
def read_models(models: List[Model],) -> str:
    for m in models:
        print(f'Reading model {m.name} file: {m.path}')
        with open(m.path, 'r') as f:
            info = f.read()
            print(f"Model raw data: {info}")
            print(f"Model metadata: {m.metadata}")
    return 'models read'


@dsl.pipeline(name="collecting-artifacts")
def collecting_artifacts(model_chars: str = "", model_ids: str = "") -> List[dsl.Model]:
    split_chars_task = split_chars(model_ids=model_chars).set_caching_options(False)
    split_ids_task = split_ids(model_ids=model_ids).set_caching_options(False)
    with dsl.ParallelFor(split_ids_task.output) as item_1:
        create_file_task = create_file(content=item_1).set_caching_options(False)
        read_single_file(file=create_file_task.output).set_caching_options(False)
        with dsl.ParallelFor(split_chars_task.output) as item_2:
            single_node_dag_task = single_node_dag(char=item_2).set_caching_options(False)
            read_single_dataset_generate_model_task = read_single_dataset_generate_model(
                id=item_1, data=single_node_dag_task.output
            ).set_caching_options(False)
        read_datasets(data=dsl.Collected(single_node_dag_task.output)).set_caching_options(False)
        read_models(models=dsl.Collected(read_single_dataset_generate_model_task.output)).set_caching_options(False)
    return dsl.Collected(read_single_dataset_generate_model_task.output)


@dsl.pipeline(name="collected-artifact-pipeline")
def collected_artifact_pipeline():
    collecting_artifacts_task = collecting_artifacts(model_chars="x,y,z", model_ids="s1,s2,s3").set_caching_options(
        False
    )
    read_models(models=collecting_artifacts_task.output).set_caching_options(False)


PIPELINE = collected_artifact_pipeline
