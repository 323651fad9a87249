from kfp import dsl, kubernetes


@dsl.component
def example_component(item: str) -> str:
    print(f"Item: {item}")
    return item


@dsl.pipeline(
    name="pipeline-parallel-for-mount-pvc", description="Pipeline with 1 component inside ParallelFor using mount_pvc."
)
def pipeline_parallel_for_mount_pvc(my_pvc_name_suffix: str = "test-pvc"):
    createpvc_task = kubernetes.CreatePVC(
        access_modes=["ReadWriteOnce"], pvc_name_suffix="-my-pvc", size="5Mi", storage_class_name="standard"
    )
    with dsl.ParallelFor(["a"]) as item_2:
        example_component_task = example_component(item=item_2)
        kubernetes.mount_pvc(example_component_task, pvc_name=createpvc_task.outputs["name"], mount_path="/data")


PIPELINE = pipeline_parallel_for_mount_pvc
