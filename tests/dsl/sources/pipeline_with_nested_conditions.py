from kfp import dsl


@dsl.component
def flip_coin_op() -> str:
    """Flip a coin and output heads or tails randomly."""
    import random
    result = 'heads' if random.randint(0, 1) == 0 else 'tails'
    return result


@dsl.component
def print_op(msg: str):
    """Print a message."""
    print(msg)


@dsl.pipeline(name="nested-conditions-pipeline")
def nested_conditions_pipeline():
    flip_coin_op_task = flip_coin_op()
    flip_coin_op_2_task = flip_coin_op()
    print_op(msg=flip_coin_op_task.output)
    print_op(msg=flip_coin_op_2_task.output)
    with dsl.If(flip_coin_op_task.output != "no-such-result"):
        flip_coin_op_3_task = flip_coin_op()
        print_op(msg=flip_coin_op_3_task.output)
        with dsl.If(flip_coin_op_2_task.output == flip_coin_op_3_task.output):
            flip_coin_op_4_task = flip_coin_op()
            print_op(msg=flip_coin_op_4_task.output)


PIPELINE = nested_conditions_pipeline
