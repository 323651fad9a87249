from kfp import dsl, kubernetes


@dsl.container_component
def verify_gpu_scheduled():
    return dsl.ContainerSpec(
        image="python:3.11",
        command=["sh", "-c"],
        args=['echo "GPU scheduling check: PASS"'],
    )


@dsl.pipeline(
    name="nvidia-gpu-scheduling-check",
    description="Verifies a task requesting nvidia.com/gpu with a matching toleration can schedule and complete (no CUDA/torch assertions).",
)
def nvidia_gpu_scheduling_check():
    task = (
        verify_gpu_scheduled()
        .set_caching_options(False)
        .set_accelerator_type("nvidia.com/gpu")
        .set_accelerator_limit("1")
    )
    kubernetes.add_toleration(task, key="nvidia.com/gpu", operator="Exists", effect="NoSchedule")


PIPELINE = nvidia_gpu_scheduling_check
