from kfp import dsl


@dsl.container_component
def write_to_gcs(text: str, output_gcs_path: dsl.Output[dsl.Artifact]):
    return dsl.ContainerSpec(
        image="google/cloud-sdk:slim",
        command=["sh", "-c", 'set -e -x\necho "$0" | gsutil cp - "$1"\n', text, output_gcs_path.uri],
    )


@dsl.container_component
def read_from_gcs(input_gcs_path: dsl.Input[dsl.Artifact]):
    return dsl.ContainerSpec(
        image="google/cloud-sdk:slim",
        command=["sh", "-c", 'set -e -x\ngsutil cat "$0"\n', input_gcs_path.uri],
    )


@dsl.pipeline(name="simple-two-step-pipeline")
def simple_two_step_pipeline(text: str = "Hello KFP!"):
    write_to_gcs_task = write_to_gcs(text=text).set_display_name("Producer")
    read_from_gcs(input_gcs_path=write_to_gcs_task.output).set_display_name("Consumer")


PIPELINE = simple_two_step_pipeline
