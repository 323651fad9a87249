from kfp import dsl
from kfp.dsl import Artifact, Input, Output


@dsl.component
def flip_coin() -> str:
    return 'heads'


@dsl.component
def param_to_artifact(val: str, a: Output[Artifact]):
    with open(a.path, 'w') as f:
        f.write(val)


@dsl.component
def print_artifact(a: Input[Artifact]):
    with open(a.path) as f:
        print(f.read())


@dsl.pipeline(name="flip-coin-pipeline")
def flip_coin_pipeline() -> dsl.Artifact:
    flip_coin_task = flip_coin()
    with dsl.If(flip_coin_task.output == "heads"):
        param_to_artifact_task = param_to_artifact(val=flip_coin_task.output)
    with dsl.Else():
        param_to_artifact_2_task = param_to_artifact(val=flip_coin_task.output)
    chosen = dsl.OneOf(param_to_artifact_task.output, param_to_artifact_2_task.output)
    print_artifact(a=chosen)
    return chosen


@dsl.pipeline(name="outer-pipeline")
def outer_pipeline():
    flip_coin_pipeline_task = flip_coin_pipeline()
    print_artifact(a=flip_coin_pipeline_task.output)


PIPELINE = outer_pipeline
