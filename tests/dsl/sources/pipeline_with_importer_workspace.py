from typing import NamedTuple

from kfp import dsl
from kfp.dsl import Artifact, Output


@dsl.component(base_image="registry.access.redhat.com/ubi9/python-311:latest")
def write_dir_artifact(out_ds: Output[dsl.Dataset]):
    import os
    os.makedirs(out_ds.path, exist_ok=True)
    with open(os.path.join(out_ds.path, "part-000.txt"), "w", encoding="utf-8") as f:
        f.write("First file in directory.\n")
    with open(os.path.join(out_ds.path, "part-001.txt"), "w", encoding="utf-8") as f:
        f.write("Second file in directory.\n")


@dsl.component(base_image="registry.access.redhat.com/ubi9/python-311:latest")
def write_file_artifact(out_ds: Output[dsl.Dataset]):
    import os
    os.makedirs(os.path.dirname(out_ds.path), exist_ok=True)
    with open(out_ds.path, "w", encoding="utf-8") as f:
        f.write("Hello from producer file\n")


@dsl.component(base_image="registry.access.redhat.com/ubi9/python-311:latest")
def get_uri(d: dsl.Input[dsl.Dataset]) -> str:
    print(f"Artifact URI: {d.uri}")
    return d.uri


@dsl.component(base_image="registry.access.redhat.com/ubi9/python-311:latest")
def read_dir(data: dsl.Input[dsl.Dataset]) -> str:
    """Walk the directory and return a summary of file names."""
    import os
    path = data.path

    if not os.path.exists(path):
        raise FileNotFoundError(f"Path does not exist: {path}")

    if os.path.isdir(path):
        names = []
        for root, _, files in os.walk(path):
            for name in files:
                names.append(os.path.relpath(os.path.join(root, name), path))
        names.sort()
        result = ",".join(names) if names else "EMPTY_DIRECTORY"
        print(f"Found {len(names)} files: {result}")
        return result

    raise ValueError(f"Not a directory: {path}")


@dsl.component(base_image="registry.access.redhat.com/ubi9/python-311:latest")
def train(
    dataset: dsl.Input[dsl.Dataset]
) -> NamedTuple('Outputs', [
    ('scalar', str),
    ('message', str),
]):
    """Dummy Training step."""
    with open(dataset.path, encoding="utf-8") as f:
        data = f.read()
    print('Dataset:', data)

    scalar = '123'
    message = f'My model trained using data: {data}'

    from collections import namedtuple
    output = namedtuple('Outputs', ['scalar', 'message'])
    return output(scalar, message)


@dsl.pipeline(name="import-stage")
def import_stage(dir_uri: str, file_uri: str) -> NamedTuple("Outputs", [("dir_result", str), ("train_result", str)]):
    importer_task = dsl.importer(
        artifact_uri=file_uri, artifact_class=dsl.Dataset, metadata={"key": "value"}, download_to_workspace=True
    )
    importer_2_task = dsl.importer(
        artifact_uri=dir_uri,
        artifact_class=dsl.Dataset,
        reimport=True,
        metadata={"source": "directory"},
        download_to_workspace=True,
    )
    read_dir_task = read_dir(data=importer_2_task.output)
    train_task = train(dataset=importer_task.output)
    outputs = NamedTuple("Outputs", [("dir_result", str), ("train_result", str)])
    return outputs(dir_result=read_dir_task.output, train_result=train_task.outputs["scalar"])


@dsl.pipeline(
    name="pipeline-with-importer-workspace",
    description="Importer downloads an artifact into workspace; downstream reads it",
    pipeline_config=dsl.PipelineConfig(
        workspace=dsl.WorkspaceConfig(
            size="1Gi",
            kubernetes=dsl.KubernetesWorkspaceConfig(
                pvcSpecPatch={"accessModes": ["ReadWriteOnce"], "storageClassName": "standard"}
            ),
        )
    ),
)
def pipeline_with_importer_workspace() -> NamedTuple("Outputs", [("dir_result", str), ("train_result", str)]):
    write_dir_artifact_task = write_dir_artifact()
    write_file_artifact_task = write_file_artifact()
    get_uri_task = get_uri(d=write_file_artifact_task.output)
    get_uri_2_task = get_uri(d=write_dir_artifact_task.output)
    import_stage_task = import_stage(dir_uri=get_uri_2_task.output, file_uri=get_uri_task.output)
    outputs = NamedTuple("Outputs", [("dir_result", str), ("train_result", str)])
    return outputs(
        dir_result=import_stage_task.outputs["dir_result"], train_result=import_stage_task.outputs["train_result"]
    )


PIPELINE = pipeline_with_importer_workspace
