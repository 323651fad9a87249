from kfp import dsl


@dsl.component
def flip_three_sided_die() -> str:
    import random
    val = random.randint(0, 2)

    if val == 0:
        return 'heads'
    elif val == 1:
        return 'tails'
    else:
        return 'draw'


@dsl.component
def print_and_return(text: str) -> str:
    print(text)
    return text


@dsl.component
def special_print_and_return(text: str, output_key: dsl.OutputPath(str)):
    print('Got the special state:', text)
    with open(output_key, 'w') as f:
        f.write(text)


@dsl.pipeline(name="roll-die-pipeline")
def roll_die_pipeline() -> str:
    flip_three_sided_die_task = flip_three_sided_die()
    with dsl.If(flip_three_sided_die_task.output == "heads"):
        print_and_return_task = print_and_return(text="Got heads!")
    with dsl.Elif(flip_three_sided_die_task.output == "tails"):
        print_and_return_2_task = print_and_return(text="Got tails!")
    with dsl.Else():
        special_print_and_return_task = special_print_and_return(text="Draw!")
    return dsl.OneOf(print_and_return_task.output, print_and_return_2_task.output, special_print_and_return_task.output)


@dsl.pipeline(name="outer-pipeline")
def outer_pipeline() -> str:
    roll_die_pipeline_task = roll_die_pipeline()
    print_and_return_task = print_and_return(text=roll_die_pipeline_task.output)
    return print_and_return_task.output


PIPELINE = outer_pipeline
