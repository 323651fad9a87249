from kfp import dsl
from kfp.dsl import Dataset, Input, Output


@dsl.component
def component_output_artifact(out_dataset: Output[Dataset]):
    out_dataset.set_path('/tmp/out_dataset')

    with open(out_dataset.path, 'w') as f:
        f.write('Hello, World!')

    if out_dataset.path != '/tmp/out_dataset':
        raise ValueError(f"File path is {out_dataset.path} but should be '/tmp/out_dataset'.")
    if out_dataset.custom_path != '/tmp/out_dataset':
        raise ValueError(f"File uri is {out_dataset.custom_path} but should be '/tmp/out_dataset'.")


@dsl.component
def validate_input_artifact(in_dataset: Input[Dataset]) -> bool:
    if in_dataset is None:
        raise ValueError("Input artifact is None.")
    with open(in_dataset.path, 'r') as f:
        for line in f:
            if line != 'Hello, World!':
                raise ValueError(f"File content is {line} but should be 'Hello, World!'.")
    return True


@dsl.pipeline(name="pipeline-with-custom-path-artifact", description="pipeline with artifact with custom path")
def pipeline_with_custom_path_artifact():
    component_output_artifact_task = component_output_artifact().set_caching_options(False)
    validate_input_artifact(in_dataset=component_output_artifact_task.output)


PIPELINE = pipeline_with_custom_path_artifact
