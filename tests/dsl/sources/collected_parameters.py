from typing import List

from kfp import dsl


@dsl.component
def split_ids(ids: str) -> list:
    return ids.split(',')


@dsl.component
def prepend_id(content: str) -> str:
    print(f"prepending: {content} with 'model_id'")
    return f'model_id_{content}'


@dsl.component
def consume_single_id(id: str) -> str:
    print(f'Consuming single: {id}')
    return 'completed'


@dsl.component
def consume_ids(ids: List[str]) -> str:
    for id in ids:
        print(f'Consuming: {id}')
    return 'completed'


@dsl.pipeline(name="collecting-parameters")
def collecting_parameters(model_ids: str = "") -> list:
    split_ids_task = split_ids(ids=model_ids)
    with dsl.ParallelFor(split_ids_task.output) as item_1:
        prepend_id_task = prepend_id(content=item_1).set_caching_options(False)
        consume_single_id(id=prepend_id_task.output).set_caching_options(False)
    consume_ids(ids=dsl.Collected(prepend_id_task.output)).set_caching_options(False)
    return dsl.Collected(prepend_id_task.output)


@dsl.pipeline(name="collected-param-pipeline")
def collected_param_pipeline():
    collecting_parameters_task = collecting_parameters(model_ids="s1,s2,s3").set_caching_options(False)
    consume_ids(ids=collecting_parameters_task.output).set_caching_options(False)


PIPELINE = collected_param_pipeline
