from typing import List

from kfp import dsl


@dsl.component
def double(num: int) -> int:
    return 2 * num


@dsl.component
def simple_add(nums: List[int]) -> int:
    return sum(nums)


@dsl.component
def nested_add(nums: List[List[int]]) -> int:
    import itertools
    return sum(itertools.chain(*nums))


@dsl.component
def add_two_numbers(x: List[int], y: List[int]) -> int:
    return sum(x) + sum(y)


@dsl.pipeline(name="math-pipeline")
def math_pipeline() -> int:
    with dsl.ParallelFor([1, 2, 3]) as item_2:
        double_task = double(num=item_2)
        with dsl.ParallelFor([4, 5, 6]) as item_4:
            double_2_task = double(num=item_4)
        simple_add(nums=dsl.Collected(double_2_task.output))
    nested_add(nums=dsl.Collected(double_2_task.output))
    with dsl.ParallelFor([0, 0, 0]) as item_6:
        nested_add_2_task = nested_add(nums=dsl.Collected(double_2_task.output))
        simple_add_2_task = simple_add(nums=dsl.Collected(double_task.output))
    add_two_numbers_task = add_two_numbers(
        x=dsl.Collected(simple_add_2_task.output), y=dsl.Collected(nested_add_2_task.output)
    )
    return add_two_numbers_task.output


PIPELINE = math_pipeline
