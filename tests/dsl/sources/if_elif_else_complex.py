from typing import List

from kfp import dsl


@dsl.component
def int_0_to_9999() -> int:
    import random
    return random.randint(0, 9999)


@dsl.component
def print_and_return(text: str) -> str:
    print(text)
    return text


@dsl.component
def is_even_or_odd(num: int) -> str:
    return 'odd' if num % 2 else 'even'


@dsl.component
def print_ints(ints: List[int]):
    print(ints)


@dsl.pipeline(name="lucky-number-pipeline")
def lucky_number_pipeline(
    add_drumroll: bool = True, repeat_if_lucky_number: bool = True, trials: List[int] = [1, 2, 3]
):
    with dsl.ParallelFor(trials) as item_1:
        int_0_to_9999_task = int_0_to_9999().set_caching_options(False)
        with dsl.If(add_drumroll == True):
            with dsl.If(item_1 == 3):
                print_and_return(text="Adding drumroll on last trial!")
        with dsl.If(int_0_to_9999_task.output < 5000):
            is_even_or_odd_task = is_even_or_odd(num=int_0_to_9999_task.output)
            with dsl.If(is_even_or_odd_task.output == "even"):
                print_and_return_2_task = print_and_return(text="Got a low even number!")
            with dsl.Else():
                print_and_return_3_task = print_and_return(text="Got a low odd number!")
            print_and_return(text=dsl.OneOf(print_and_return_2_task.output, print_and_return_3_task.output))
        with dsl.Elif(int_0_to_9999_task.output > 5000):
            is_even_or_odd_2_task = is_even_or_odd(num=int_0_to_9999_task.output)
            with dsl.If(is_even_or_odd_2_task.output == "even"):
                print_and_return_5_task = print_and_return(text="Got a high even number!")
            with dsl.Else():
                print_and_return_6_task = print_and_return(text="Got a high odd number!")
            print_and_return(text=dsl.OneOf(print_and_return_5_task.output, print_and_return_6_task.output))
        with dsl.Else():
            print_and_return(text="Announcing: Got the lucky number 5000! A one in 10,000 chance.")
            with dsl.If(repeat_if_lucky_number == True):
                with dsl.ParallelFor([1, 2]) as item_16:
                    print_and_return(text="Announcing again: Got the lucky number 5000! A one in 10,000 chance.")
    print_ints(ints=dsl.Collected(int_0_to_9999_task.output))


PIPELINE = lucky_number_pipeline
