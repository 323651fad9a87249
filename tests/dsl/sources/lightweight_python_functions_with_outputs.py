from typing import NamedTuple

from kfp import dsl
from kfp.dsl import Dataset, Input, Metrics, Model


@dsl.component
def add_numbers(first: int, second: int) -> int:
    return first + second


@dsl.component
def concat_message(first: str, second: str) -> str:
    return first + second


@dsl.component
def output_artifact(number: int, message: str) -> Dataset:
    result = [message for _ in range(number)]
    return '\n'.join(result)


@dsl.component
def output_named_tuple(
    artifact: Input[Dataset]
) -> NamedTuple('Outputs', [
    ('scalar', str),
    ('metrics', Metrics),
    ('model', Model),
]):
    scalar = '123'

    import json
    metrics = json.dumps({
        'metrics': [{
            'name': 'accuracy',
            'numberValue': 0.9,
            'format': 'PERCENTAGE',
        }]
    })

    with open(artifact.path) as f:
        artifact_contents = f.read()
    model = 'Model contents: ' + artifact_contents

    from collections import namedtuple
    output = namedtuple('Outputs', ['scalar', 'metrics', 'model'])
    return output(scalar, metrics, model)


@dsl.pipeline(name="functions-with-outputs")
def functions_with_outputs(first_message: str, first_number: int, second_message: str, second_number: int):
    add_numbers_task = add_numbers(first=first_number, second=second_number)
    concat_message_task = concat_message(first=first_message, second=second_message)
    output_artifact_task = output_artifact(message=concat_message_task.output, number=add_numbers_task.output)
    output_named_tuple(artifact=output_artifact_task.output)


PIPELINE = functions_with_outputs
