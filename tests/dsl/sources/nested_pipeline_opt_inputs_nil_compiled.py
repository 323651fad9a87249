from typing import Optional

from kfp import dsl


@dsl.component
def component_bool(componentInput: bool = None):
    if componentInput is not None:
        raise ValueError(f"componentInput should be None but is {componentInput}")


@dsl.component
def component_int(componentInput: int = None):
    if componentInput is not None:
        raise ValueError(f"componentInput should be None but is {componentInput}")


@dsl.component
def component_str(componentInput: str = None):
    if componentInput is not None:
        raise ValueError(f"componentInput should be None but is {componentInput}")


@dsl.pipeline(name="nested-pipeline")
def nested_pipeline(
    nestedInputBool: Optional[bool] = None, nestedInputInt: Optional[int] = None, nestedInputStr: Optional[str] = None
):
    component_bool(componentInput=nestedInputBool).set_caching_options(False)
    component_int(componentInput=nestedInputInt).set_caching_options(False)
    component_str(componentInput=nestedInputStr).set_caching_options(False)


@dsl.pipeline(name="nested-pipeline-opt-inputs-nil")
def nested_pipeline_opt_inputs_nil():
    nested_pipeline().set_caching_options(False)


PIPELINE = nested_pipeline_opt_inputs_nil
