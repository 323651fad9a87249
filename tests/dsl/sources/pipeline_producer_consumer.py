from typing import List, NamedTuple

from kfp import dsl


@dsl.component
def double(num: int) -> int:
    return 2 * num


@dsl.pipeline(name="double-pipeline")
def double_pipeline(num: int) -> int:
    double_task = double(num=num)
    return double_task.output


@dsl.component
def add(nums: List[List[int]]) -> int:
    import itertools
    return sum(itertools.chain(*nums))


@dsl.component
def echo_and_return(string: str) -> str:
    print(string)
    return string


@dsl.pipeline(name="add-pipeline")
def add_pipeline(nums: list) -> NamedTuple("Outputs", [("out1", int), ("out2", list)]):
    add_task = add(nums=nums)
    with dsl.ParallelFor(["m", "a", "t", "h"]) as item_2:
        echo_and_return_task = echo_and_return(string=item_2)
    outputs = NamedTuple("Outputs", [("out1", int), ("out2", list)])
    return outputs(out1=add_task.output, out2=dsl.Collected(echo_and_return_task.output))


@dsl.component
def join_and_print(strings: List[str]):
    print(''.join(strings))


@dsl.pipeline(name="math-pipeline")
def math_pipeline() -> int:
    with dsl.ParallelFor([1, 2, 3]) as item_2:
        with dsl.ParallelFor([1, 2, 3]) as item_4:
            double_pipeline_task = double_pipeline(num=item_4)
    add_pipeline_task = add_pipeline(nums=dsl.Collected(double_pipeline_task.output))
    join_and_print(strings=add_pipeline_task.outputs["out2"])
    return add_pipeline_task.outputs["out1"]


PIPELINE = math_pipeline
