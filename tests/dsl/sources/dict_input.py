from typing import Dict

from kfp import dsl


@dsl.component
def dict_input(struct: Dict):
    print(struct)


PIPELINE = dict_input
