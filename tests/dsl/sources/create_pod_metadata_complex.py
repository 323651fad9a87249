from kfp import dsl, kubernetes


@dsl.component
def validate_no_pod_metadata(annotation_path: str, label_path: str) -> bool:
    import os
    annotation = os.getenv(annotation_path)
    if annotation != "":
        raise ValueError(
            f"Pod annotation is {annotation} but is supposed to be None."
        )
    label = os.getenv(label_path)
    if label != "":
        raise ValueError(
            f"Pod label is {label} but is supposed to be None."
        )
    return True


@dsl.component
def validate_pod_metadata(annotation_path_1: str = None,
                          annotation_exp_val_1: str = None,
                          annotation_path_2: str = None,
                          annotation_exp_val_2: str = None,
                          label_path_1: str = None,
                          label_exp_val_1: str = None,
                          label_path_2: str = None,
                          label_exp_val_2: str = None) -> bool:
    import os

    validated_metadata_count = 0
    if annotation_path_1 is not None:
        annotation_val_1 = os.getenv(annotation_path_1)
        if annotation_val_1 is not None and annotation_val_1 != annotation_exp_val_1:
            raise ValueError(
                f"Pod annotation is {annotation_val_1} but is supposed to be {annotation_exp_val_1}."
            )
        validated_metadata_count+=1
    if annotation_path_2 is not None:
        annotation_val_2 = os.getenv(annotation_path_2)
        if annotation_val_2 is not None and annotation_val_2 != annotation_exp_val_2:
            raise ValueError(
                f"Pod annotation is {annotation_val_2} but is supposed to be {annotation_exp_val_2}."
            )
        validated_metadata_count+=1
    if label_path_1 is not None:
        label_val_1 = os.getenv(label_path_1)
        if label_val_1 is not None and label_val_1 != label_exp_val_1:
            raise ValueError(
                f"Pod label is {label_val_1} but is supposed to be {label_exp_val_1}."
            )
        validated_metadata_count+=1
    if label_path_2 is not None:
        label_val_2 = os.getenv(label_path_2)
        if label_val_2 is not None and label_val_2 != label_exp_val_2:
            raise ValueError(
                f"Pod label is {label_val_2} but is supposed to be {label_exp_val_2}."
            )
        validated_metadata_count+=1
    if validated_metadata_count <1:
        raise RuntimeError(f"No pod metadata found to validate.")
    return True


@dsl.pipeline(name="pipeline-with-pod-metadata")
def pipeline_with_pod_metadata():
    validate_no_pod_metadata(annotation_path="POD_TASK_ANNOTATION", label_path="POD_TASK_LABEL").set_caching_options(
        False
    )
    first = validate_pod_metadata(
        annotation_exp_val_1="annotation",
        annotation_path_1="POD_TASK_ANNOTATION",
        label_exp_val_1="label-1",
        label_exp_val_2="label-2",
        label_path_1="POD_TASK_LABEL_1",
        label_path_2="POD_TASK_LABEL_2",
    ).set_caching_options(False)
    kubernetes.add_pod_label(first, "task-label-1", "label-1")
    kubernetes.add_pod_label(first, "task-label-2", "label-2")
    kubernetes.add_pod_annotation(first, "task-annotation", "annotation")
    kubernetes.use_field_path_as_env(first, "POD_TASK_ANNOTATION", "metadata.annotations['task-annotation']")
    kubernetes.use_field_path_as_env(first, "POD_TASK_LABEL_1", "metadata.labels['task-label-1']")
    kubernetes.use_field_path_as_env(first, "POD_TASK_LABEL_2", "metadata.labels['task-label-2']")
    second = validate_pod_metadata(
        annotation_exp_val_1="annotation-1",
        annotation_exp_val_2="annotation-2",
        annotation_path_1="POD_TASK_ANNOTATION_1",
        annotation_path_2="POD_TASK_ANNOTATION_2",
    ).set_caching_options(False)
    for number in ("1", "2"):
        kubernetes.add_pod_annotation(second, f"task-annotation-{number}", f"annotation-{number}")
        kubernetes.use_field_path_as_env(
            second, f"POD_TASK_ANNOTATION_{number}", f"metadata.annotations['task-annotation-{number}']"
        )


PIPELINE = pipeline_with_pod_metadata
