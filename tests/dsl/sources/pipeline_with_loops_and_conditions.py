from typing import Optional

from kfp import dsl


@dsl.component
def args_generator_op() -> list:
    return [
        {
            'A_a': '1',
            'B_b': ['2', '20'],
        },
        {
            'A_a': '10',
            'B_b': ['22', '222'],
        },
    ]


@dsl.component
def flip_coin_op() -> str:
    """Flip a coin and output heads or tails randomly."""
    import random
    result = 'heads' if random.randint(0, 1) == 0 else 'tails'
    return result


@dsl.component
def print_text(msg: str, msg2: Optional[str] = None):
    print(f'msg: {msg}, msg2: {msg2}')


@dsl.component
def print_struct(struct: dict):
    print(struct)


@dsl.pipeline(name="pipeline-with-loops-and-conditions-multi-layers")
def pipeline_with_loops_and_conditions_multi_layers(
    loop_parameter: list = [{"A_a": "heads", "B_b": ["A", "B"]}, {"A_a": "tails", "B_b": ["X", "Y", "Z"]}],
    msg: str = "hello",
):
    args_generator_op_task = args_generator_op()
    flip_coin_op_task = flip_coin_op()
    with dsl.If(flip_coin_op_task.output != "no-such-result"):
        args_generator_op_2_task = args_generator_op()
        with dsl.ParallelFor(args_generator_op_task.output) as item_2:
            print_text(msg=msg)
            with dsl.If(item_2.A_a == "heads"):
                print_text(msg=item_2.B_b)
            with dsl.If(flip_coin_op_task.output == "heads"):
                print_text(msg=item_2.B_b)
            with dsl.If(item_2.A_a == "tails"):
                with dsl.ParallelFor([{"a": "-1"}, {"a": "-2"}]) as item_7:
                    print_struct(struct=item_7)
            with dsl.ParallelFor(item_2.B_b) as item_8:
                print_text(msg=item_8)
            with dsl.ParallelFor(loop_parameter) as item_9:
                print_text(msg=item_9)
                with dsl.ParallelFor(args_generator_op_2_task.output) as item_10:
                    print_text(msg=item_9, msg2=item_10.A_a)
            with dsl.ParallelFor(["1", "2"]) as item_12:
                print_text(msg=item_12)
                with dsl.If(item_12 == "1"):
                    print_text(msg="1")
    with dsl.ParallelFor(loop_parameter) as item_14:
        with dsl.If(item_14.A_a == "heads"):
            with dsl.ParallelFor(item_14.B_b) as item_16:
                print_text(msg=item_16)


PIPELINE = pipeline_with_loops_and_conditions_multi_layers
