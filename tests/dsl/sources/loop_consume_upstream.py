from kfp import dsl
from kfp.dsl import Artifact, Input, Output


@dsl.component
def split_input(input: str) -> list:
    return input.split(',')


@dsl.component
def print_input(input: list):
    for item in input:
        print(f'Input item: {item}')


@dsl.component
def create_file(file: Output[Artifact], content: str):
    with open(file.path, 'w') as f:
        f.write(content)


@dsl.component
def read_file(file: Input[Artifact]) -> str:
    with open(file.path, 'r') as f:
        print(f.read())
    return file.path


@dsl.pipeline(name="loop-consume-upstream", display_name="Loop Consume Upstream")
def loop_consume_upstream():
    split_input_task = (
        split_input(input="component1,component2,component3")
        .set_caching_options(False)
        .set_display_name("same display name")
    )
    print_input(input=split_input_task.output).set_caching_options(False).set_display_name("same display name")
    with dsl.ParallelFor(split_input_task.output) as item_1:
        create_file_task = create_file(content=item_1).set_caching_options(False).set_display_name("same display name")
        read_file(file=create_file_task.output).set_caching_options(False).set_display_name("same display name")


PIPELINE = loop_consume_upstream
