from typing import List

from kfp import dsl


@dsl.component
def double(num: int) -> int:
    return 2 * num


@dsl.component
def add_two_nums(x: int, y: int) -> int:
    return x + y


@dsl.component
def add(nums: List[List[int]]) -> int:
    import itertools
    return sum(itertools.chain(*nums))


@dsl.pipeline(name="math-pipeline")
def math_pipeline() -> list:
    with dsl.ParallelFor([1, 2, 3]) as item_2:
        with dsl.ParallelFor([1, 2, 3]) as item_4:
            double_task = double(num=item_2)
            double_2_task = double(num=item_4)
            add_two_nums_task = add_two_nums(x=double_task.output, y=double_2_task.output)
    add(nums=dsl.Collected(add_two_nums_task.output))
    return dsl.Collected(add_two_nums_task.output)


PIPELINE = math_pipeline
