from kfp import dsl


@dsl.container_component
def wait_op():
    return dsl.ContainerSpec(
        image="alpine:latest",
        command=["sh", "-c"],
        args=["echo step-1 sleeping for 5m; sleep 300; echo done1"],
    )


@dsl.pipeline(name="wait-awhile")
def wait_awhile():
    wait_op_task = wait_op()
    wait_op().after(wait_op_task)


PIPELINE = wait_awhile
