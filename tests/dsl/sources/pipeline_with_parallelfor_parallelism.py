import os
import tempfile
from typing import Dict, List

from kfp import compiler, components, dsl


@dsl.component
def list_dict_maker_0() -> List[Dict[str, int]]:
    """Enforces strict type checking - returns a list of dictionaries 
    where keys are strings and values are integers. For testing type 
    handling during compilation."""
    return [{'a': 1, 'b': 2}, {'a': 2, 'b': 3}, {'a': 3, 'b': 4}]


@dsl.component
def list_dict_maker_1() -> List[Dict]:
    """Utilizes generic dictionary typing (no enforcement of specific key or
    value types).

    Tests flexibility in type handling.
    """
    return [{'a': 1, 'b': 2}, {'a': 2, 'b': 3}, {'a': 3, 'b': 4}]


@dsl.component
def list_dict_maker_2() -> List[dict]:
    """Returns a list of dictionaries without type enforcement.

    Tests flexibility in type handling.
    """
    return [{'a': 1, 'b': 2}, {'a': 2, 'b': 3}, {'a': 3, 'b': 4}]


@dsl.component
def list_dict_maker_3() -> List:
    """Returns a basic list (no typing or structure guarantees).

    Tests the limits of compiler type handling.
    """
    return [{'a': 1, 'b': 2}, {'a': 2, 'b': 3}, {'a': 3, 'b': 4}]


@dsl.component
def print_text(msg: str):
    print(msg)


@dsl.component
def print_int(x: int):
    print(x)


def through_yaml(component):
    """Compile a component and load it back: what its Python types said is gone."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "component.yaml")
        compiler.Compiler().compile(component, path)
        return components.load_component_from_file(path)


list_dict_maker_1_loaded = through_yaml(list_dict_maker_1)


@dsl.pipeline(name="pipeline-with-loops")
def pipeline_with_loops(loop_parameter: list):
    list_dict_maker_0_task = list_dict_maker_0()
    list_dict_maker_1_task = list_dict_maker_1()
    list_dict_maker_2_task = list_dict_maker_2()
    list_dict_maker_3_task = list_dict_maker_3()
    with dsl.ParallelFor(loop_parameter, parallelism=2) as item_1:
        print_text(msg=item_1)
        with dsl.ParallelFor(loop_parameter) as item_2:
            print_text(msg=item_2)
    with dsl.ParallelFor([{"A_a": "1", "B_b": "2"}, {"A_a": "10", "B_b": "20"}]) as item_4:
        print_text(msg=item_4.A_a)
        print_text(msg=item_4.B_b)
        with dsl.ParallelFor([{"A_a": "10", "B_b": "20"}, {"A_a": "100", "B_b": "200"}], parallelism=1) as item_6:
            print_text(msg=item_6.A_a)
            print_text(msg=item_6.B_b)
    with dsl.ParallelFor([{"a": 1, "b": 2}, {"a": 2, "b": 3}, {"a": 3, "b": 4}], parallelism=1) as item_8:
        print_int(x=item_8.a)
    with dsl.ParallelFor(list_dict_maker_0_task.output) as item_9:
        print_int(x=item_9.a)
    with dsl.ParallelFor(list_dict_maker_1_task.output) as item_10:
        print_int(x=item_10.a)
    with dsl.ParallelFor(list_dict_maker_2_task.output) as item_11:
        print_int(x=item_11.a)
    with dsl.ParallelFor(list_dict_maker_3_task.output) as item_12:
        print_int(x=item_12.a)
    list_dict_maker_1_2_task = list_dict_maker_1_loaded()
    with dsl.ParallelFor(list_dict_maker_1_2_task.output) as item_13:
        print_int(x=item_13.a)


PIPELINE = pipeline_with_loops
