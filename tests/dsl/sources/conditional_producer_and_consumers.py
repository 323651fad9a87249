from typing import List

from kfp import dsl


@dsl.component
def double(num: int) -> int:
    return 2 * num


@dsl.component
def add(nums: List[int]) -> int:
    return sum(nums)


@dsl.pipeline(name="math-pipeline")
def math_pipeline(threshold: int = 2) -> list:
    with dsl.ParallelFor([1, 2, 3]) as item_2:
        with dsl.If(item_2 >= threshold):
            double_task = double(num=item_2)
    with dsl.If(threshold == 2):
        add_task = add(nums=dsl.Collected(double_task.output))
    return dsl.Collected(add_task.output)


PIPELINE = math_pipeline
