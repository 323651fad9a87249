from kfp import dsl


@dsl.container_component
def producer(input_text: str, output_value: dsl.OutputPath(str)):
    return dsl.ContainerSpec(
        image="registry.access.redhat.com/ubi9/python-311:latest",
        command=[
            "sh",
            "-c",
            'set -e -x\nmkdir -p "$(dirname "$1")"\necho "$0, this is an output parameter" > "$1"\n',
            input_text,
            output_value,
        ],
    )


@dsl.container_component
def consumer(input_value: str):
    return dsl.ContainerSpec(
        image="registry.access.redhat.com/ubi9/python-311:latest",
        command=["sh", "-c", 'set -e -x\necho "Read from an input parameter: " && echo "$0"\n', input_value],
    )


@dsl.pipeline(name="producer-consumer-param-pipeline")
def producer_consumer_param_pipeline(text: str = "Hello world"):
    producer_task = producer(input_text=text)
    consumer(input_value=producer_task.output)


PIPELINE = producer_consumer_param_pipeline
