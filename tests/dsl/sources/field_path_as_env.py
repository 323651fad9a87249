from kfp import dsl, kubernetes


@dsl.component
def comp():
    pass


@dsl.pipeline(name="my-pipeline")
def my_pipeline():
    task = comp()
    kubernetes.use_field_path_as_env(
        task, env_name="KFP_RUN_NAME", field_path="metadata.annotations['pipelines.kubeflow.org/run_name']"
    )


PIPELINE = my_pipeline
