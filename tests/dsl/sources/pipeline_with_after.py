from kfp import dsl


@dsl.container_component
def print_text(text: str):
    return dsl.ContainerSpec(
        image="alpine",
        command=["sh", "-c", 'set -e -x\necho "$0"\n', text],
    )


@dsl.pipeline(name="pipeline-with-after")
def pipeline_with_after():
    print_text_task = print_text(text="1st task")
    print_text_2_task = print_text(text="2nd task").after(print_text_task)
    print_text(text="3rd task").after(print_text_task).after(print_text_2_task)


PIPELINE = pipeline_with_after
