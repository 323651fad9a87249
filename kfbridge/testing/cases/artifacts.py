"""Artifacts: contents, metadata, places, imports."""

from __future__ import annotations

from kfbridge import dsl
from kfbridge.dsl import ClassificationMetrics, Dataset, Input, InputPath, Metrics, Model, Output, OutputPath
from kfbridge.testing.case import case
from kfbridge.testing.cases.steps import echo, read, read_all, write
from kfbridge.testing.outcome import SomeArtifact


@dsl.component
def metadata(data: Input[Dataset]) -> dict:
    return data.metadata


@dsl.component
def label(text: str, model: Output[Model]):
    with open(model.path, "w") as file:
        file.write(text)
    model.framework = "none"
    model.metadata["layers"] = [64, 32]
    model.metadata["name"] = 'naïve "x"\n'
    model.metadata["nothing"] = {"zero": 0, "false": False, "ratio": 0.5}


@dsl.component
def model_metadata(model: Input[Model]) -> dict:
    return {**model.metadata, "framework again": model.framework}


@dsl.component
def measure(scores: Output[Metrics], curves: Output[ClassificationMetrics]):
    scores.log_metric("accuracy", 0.75)
    scores.log_metric("steps", 10)
    curves.log_confusion_matrix(["a", "b"], [[1, 2], [3, 4]])


@dsl.component
def folder(data: Output[Dataset]):
    import os

    os.makedirs(os.path.join(data.path, "deep"))
    for name in ("one.txt", "deep/two.txt"):
        with open(os.path.join(data.path, name), "w") as file:
            file.write(name)


@dsl.component
def listing(data: Input[Dataset]) -> list[str]:
    import os

    return sorted(
        os.path.relpath(os.path.join(place, name), data.path)
        for place, _, names in os.walk(data.path)
        for name in names
    )


@dsl.component
def elsewhere(scratch: str, data: Output[Dataset]):
    data.custom_path = scratch + "/mine.txt"
    with open(data.custom_path, "w") as file:
        file.write("from elsewhere")


@dsl.component
def renamed(scratch: str, data: Output[Dataset]):
    data.uri = scratch + "/other.txt"
    with open(data.uri, "w") as file:
        file.write("at another uri")


@dsl.component
def returned(text: str) -> Dataset:
    data = Dataset(uri=dsl.get_uri(), metadata={"returned": True})
    with open(data.path, "w") as file:
        file.write(text)
    return data


@dsl.component
def taken(data: Dataset) -> str:
    with open(data.path) as file:
        return f"{file.read()} {data.metadata.get('returned')}"


@dsl.component
def write_path(text: str, data: OutputPath("Dataset")):
    with open(data, "w") as file:
        file.write(text)


@dsl.component
def read_path(data: InputPath("Dataset")) -> str:
    with open(data) as file:
        return file.read()


@dsl.component
def put(scratch: str, text: str) -> str:
    path = scratch + "/given.txt"
    with open(path, "w") as file:
        file.write(text)
    return path


@dsl.component
def binary(data: Output[Dataset]):
    with open(data.path, "wb") as file:
        file.write(bytes(range(256)) * 4096)


@dsl.component
def digest(data: Input[Dataset]) -> str:
    import hashlib

    with open(data.path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


@dsl.component
def anything(data: Input[dsl.Artifact]) -> str:
    return type(data).__name__ if not data.metadata else f"{type(data).__name__} {sorted(data.metadata)}"


@case("artifacts", ran="write read", outputs={"Output": "naïve\n"})
def artifact_passed_on() -> str:
    """What one step writes to an artifact's path, the next one reads."""
    return read(data=write(text="naïve\n").outputs["data"]).output


@case(
    "artifacts",
    ran="binary digest",
    outputs={"Output": "fbbab289f7f94b25736c58be46a994c441fd02552cc6022352e3d86d2fab7c83"},
)
def binary_artifact() -> str:
    """A megabyte of all bytes arrives as it was."""
    return digest(data=binary().outputs["data"]).output


@case("artifacts", ran="folder listing", outputs={"Output": ["deep/two.txt", "one.txt"]})
def folder_as_an_artifact() -> list[str]:
    """An artifact may be a folder with folders in it."""
    return listing(data=folder().outputs["data"]).output


@case("artifacts", "metadata", ran="write metadata", outputs={"Output": {"length": 5}})
def metadata_passed_on() -> dict:
    """Metadata that a step sets is there for the next; integers stay integers."""
    return metadata(data=write(text="hello").outputs["data"]).output


@case(
    "artifacts",
    "metadata",
    ran="label model-metadata",
    outputs={
        "Output": {
            "framework": "none",
            "framework again": "none",
            "layers": [64, 32],
            "name": 'naïve "x"\n',
            "nothing": {"zero": 0, "false": False, "ratio": 0.5},
        }
    },
)
def metadata_of_every_type() -> dict:
    """Metadata holds text, lists, structures and falsy values."""
    return model_metadata(model=label(text="x").outputs["model"]).output


@case(
    "artifacts",
    "metrics",
    ran="measure",
    outputs={"Output": SomeArtifact("system.Metrics", {"accuracy": 0.75, "steps": 10})},
)
def metrics_as_the_output_of_the_pipeline() -> Metrics:
    """A pipeline may give out an artifact; metrics are its metadata."""
    return measure().outputs["scores"]


@case("artifacts", "Artifact", ran="write anything", outputs={"Output": "Dataset ['length']"})
def artifact_input_of_any_type() -> str:
    """An input of type Artifact takes any artifact."""
    return anything(data=write(text="x").outputs["data"]).output


@case("artifacts", "custom_path", ran="elsewhere read", outputs={"Output": "from elsewhere"})
def artifact_at_a_path_of_its_own(scratch: str) -> str:
    """A step may put an artifact elsewhere, by `custom_path`."""
    return read(data=elsewhere(scratch=scratch).outputs["data"]).output


@case("artifacts", "uri", ran="renamed read", outputs={"Output": "at another uri"})
def artifact_at_a_uri_of_its_own(scratch: str) -> str:
    """A step may set an artifact's URI."""
    return read(data=renamed(scratch=scratch).outputs["data"]).output


@case("artifacts", "get_uri", ran="returned taken", outputs={"Output": "x True"})
def artifact_returned() -> str:
    """A function may return an artifact that it made at `dsl.get_uri()`, and take one without `Input`."""
    return taken(data=returned(text="x").output).output


@case("artifacts", "InputPath", "OutputPath", ran="write-path read-path", outputs={"Output": "by path"})
def artifacts_by_path() -> str:
    """Functions may take just the paths of artifacts."""
    return read_path(data=write_path(text="by path").outputs["data"]).output


@case("artifacts", "lists of artifacts", ran="write*2 read-all read-all-2", outputs={"Output": ["a", "b"]})
def list_of_artifacts() -> list[str]:
    """A list of artifacts is the input of a step, and of many."""
    with dsl.ParallelFor(["a", "b"]) as text:
        task = write(text=text)
    collected = dsl.Collected(task.outputs["data"])
    read_all(data=collected)
    return read_all(data=collected).output


@case("importer", ran="put importer read metadata", outputs={"Output": "given"})
def imported_artifact(scratch: str) -> str:
    """An importer makes an artifact of something that lies somewhere already, at a URI known at run time."""
    uri = put(scratch=scratch, text="given").output
    imported = dsl.importer(artifact_uri=uri, artifact_class=Dataset, reimport=True)
    metadata(data=imported.output)
    return read(data=imported.output).output


@case(
    "importer",
    "metadata",
    arguments={"owner": "me"},
    ran="echo importer metadata",
    outputs={"Output": {"owner": "me", "step says": "hello", "fixed": "yes"}},
)
def metadata_of_an_imported_artifact(owner: str) -> dict:
    """The metadata of an import takes constants, inputs of the pipeline and outputs."""
    imported = dsl.importer(
        artifact_uri="file:///nowhere/at/all",
        artifact_class=Dataset,
        metadata={"owner": owner, "step says": echo(text="hello").output, "fixed": "yes"},
    )
    return metadata(data=imported.output).output
