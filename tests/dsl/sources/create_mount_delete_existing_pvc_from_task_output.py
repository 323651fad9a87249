from kfp import dsl, kubernetes


@dsl.component
def get_pvc_name() -> str:
    return 'static-pvc-name-cmdepfto'


@dsl.component
def comp():
    pass


@dsl.pipeline(name="my-pipeline")
def my_pipeline():
    get_pvc_name_task = get_pvc_name()
    createpvc_task = kubernetes.CreatePVC(
        access_modes=["ReadWriteOnce"], pvc_name=get_pvc_name_task.output, size="5Gi", storage_class_name="standard"
    )
    comp_task = comp()
    kubernetes.mount_pvc(comp_task, pvc_name=createpvc_task.outputs["name"], mount_path="/data")
    kubernetes.DeletePVC(pvc_name=get_pvc_name_task.output).after(comp_task)


PIPELINE = my_pipeline
