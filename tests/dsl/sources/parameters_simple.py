from typing import List

from kfp import dsl


@dsl.component
def double(num: int) -> int:
    return 2 * num


@dsl.component
def add(nums: List[int]) -> int:
    return sum(nums)


@dsl.container_component
def add_container(nums: list, sum: dsl.OutputPath(int)):
    return dsl.ContainerSpec(
        image="jetbrainsinfra/jq",
        command=["sh", "-c"],
        args=[
            f"""
            set -ex
            mkdir -p $(dirname {sum})
            echo {nums} | jq 'add' > {sum}
            """
        ],
    )


@dsl.pipeline(name="math-pipeline")
def math_pipeline() -> list:
    with dsl.ParallelFor([1, 2, 3]) as item_2:
        double_task = double(num=item_2)
    add(nums=dsl.Collected(double_task.output))
    add_container(nums=dsl.Collected(double_task.output))
    return dsl.Collected(double_task.output)


PIPELINE = math_pipeline
