from __future__ import annotations

from typing import Any

import pytest

from kfbridge.runtime import artifacts
from kfbridge.runtime.artifacts import (
    CLASSES,
    Artifact,
    ClassificationMetrics,
    Dataset,
    Metrics,
    Model,
    SlicedClassificationMetrics,
    get_uri,
    make_artifact,
    set_task_root,
)


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("gs://bucket/a/b", "/gcs/bucket/a/b"),
        ("s3://bucket/a", "/s3/bucket/a"),
        ("minio://bucket/a", "/minio/bucket/a"),
        ("oci://registry/image:tag", "/oci/registry_image:tag"),
        ("file:///data/a%5Bb", "/data/a%5Bb"),
        ("/data/a", "/data/a"),
        ("https://example.com/a", "https://example.com/a"),
        ("", ""),
    ],
)
def test_path_is_where_the_uri_is_mounted(uri: str, path: str) -> None:
    assert Artifact(uri=uri).path == path


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("/gcs/bucket/a", "gs://bucket/a"),
        ("/minio/b/a", "minio://b/a"),
        ("/s3/b/a", "s3://b/a"),
        ("/oci/registry_image/models", "oci://registry/image"),
        ("/data/a", "/data/a"),
    ],
)
def test_setting_the_path_sets_the_uri(path: str, uri: str) -> None:
    artifact = Artifact()
    artifact.path = path
    assert artifact.uri == uri


def test_a_custom_path_overrides_the_mount_and_leaves_the_uri() -> None:
    artifact = Dataset(uri="gs://bucket/a")
    artifact.set_path("/scratch/a")
    assert (artifact.path, artifact.custom_path, artifact.uri) == ("/scratch/a", "/scratch/a", "gs://bucket/a")
    artifact.custom_path = ""
    assert artifact.path == "/gcs/bucket/a"


def test_an_artifact_in_the_workspace_has_its_path_there(monkeypatch: pytest.MonkeyPatch) -> None:
    artifact = Model(uri="minio://bucket/a", metadata={"_kfp_workspace": True})
    assert artifact.path == "/kfp-workspace/.artifacts/minio/bucket/a"
    monkeypatch.setenv("KFBRIDGE_WORKSPACE", "/tmp/shared")
    assert artifact.path == "/tmp/shared/.artifacts/minio/bucket/a"


def test_a_model_in_a_registry_lies_in_the_images_models_folder() -> None:
    assert Model(uri="oci://registry/image").path == "/oci/registry_image/models"
    assert Dataset(uri="oci://registry/image").path == "/oci/registry_image"


def test_titles_and_versions_are_kfps() -> None:
    names = {"Artifact", "Model", "Dataset", "Metrics", "ClassificationMetrics", "SlicedClassificationMetrics"}
    names |= {"HTML", "Markdown"}
    assert set(CLASSES) == {f"system.{name}" for name in names}
    assert all(title.endswith("." + cls.__name__) for title, cls in CLASSES.items())
    assert {cls.schema_version for cls in CLASSES.values()} == {"0.0.1"}


def test_metrics_and_framework_are_metadata() -> None:
    metrics, model = Metrics(), Model()
    metrics.log_metric("accuracy", 0.5)
    model.framework = "xgboost"
    assert (metrics.metadata, model.metadata, model.framework) == (
        {"accuracy": 0.5},
        {"framework": "xgboost"},
        "xgboost",
    )
    assert Model().framework == ""


def test_an_roc_curve_is_a_list_of_points() -> None:
    metrics = ClassificationMetrics()
    metrics.log_roc_curve(fpr=[0.0, 1.0], tpr=[0.1, 0.9], threshold=[1.0, 0.0])
    metrics.log_roc_data_point(fpr=0.5, tpr=0.6, threshold=0.7)
    assert metrics.metadata["confidenceMetrics"] == [
        {"confidenceThreshold": 1.0, "recall": 0.1, "falsePositiveRate": 0.0},
        {"confidenceThreshold": 0.0, "recall": 0.9, "falsePositiveRate": 1.0},
        {"confidenceThreshold": 0.7, "recall": 0.6, "falsePositiveRate": 0.5},
    ]
    with pytest.raises(ValueError, match="differ in length: 1, 2 and 1"):
        metrics.log_roc_curve([0.0], [0.0, 1.0], [0.0])


def matrix(*rows: list[int]) -> dict[str, Any]:
    return {"annotationSpecs": [{"displayName": "cat"}, {"displayName": "dog"}], "rows": [{"row": row} for row in rows]}


def test_a_confusion_matrix_can_be_set_whole_by_row_and_by_cell() -> None:
    metrics = ClassificationMetrics()
    metrics.set_confusion_matrix_categories(["cat", "dog"])
    assert metrics.metadata["confusionMatrix"] == matrix([0, 0], [0, 0])
    metrics.log_confusion_matrix_row("dog", [1, 2])
    metrics.log_confusion_matrix_cell("cat", "dog", 3)
    assert metrics.metadata["confusionMatrix"] == matrix([0, 3], [1, 2])
    metrics.log_confusion_matrix(["cat", "dog"], [[4, 5], [6, 7]])
    assert metrics.metadata["confusionMatrix"] == matrix([4, 5], [6, 7])


def test_a_confusion_matrix_refuses_what_does_not_fit() -> None:
    metrics = ClassificationMetrics()
    with pytest.raises(ValueError, match="Invalid category 'cat': it is none of \\[\\]"):
        metrics.log_confusion_matrix_row("cat", [1])
    metrics.set_confusion_matrix_categories(["cat", "dog"])
    with pytest.raises(ValueError, match="Invalid category 'cow': it is none of \\['cat', 'dog'\\]"):
        metrics.log_confusion_matrix_cell("cat", "cow", 1)
    with pytest.raises(ValueError, match="Invalid row 'cat': expected 2 numbers, got 3"):
        metrics.log_confusion_matrix_row("cat", [1, 2, 3])
    with pytest.raises(ValueError, match="Invalid matrix for the categories \\['a', 'b'\\]"):
        metrics.log_confusion_matrix(["a", "b"], [[1, 2], [3]])


def test_slices_have_their_own_curve_and_matrix() -> None:
    metrics = SlicedClassificationMetrics()
    metrics.load_roc_readings("young", [[0.5, 0.9, 0.1]])
    metrics.log_roc_reading("young", 0.6, 0.8, 0.2)
    metrics.set_confusion_matrix_categories("old", ["cat", "dog"])
    metrics.log_confusion_matrix_row("old", "cat", [1, 2])
    metrics.log_confusion_matrix_cell("old", "dog", "cat", 3)
    young, old = metrics.metadata["evaluationSlices"]
    points = young["sliceClassificationMetrics"]["confidenceMetrics"]
    assert [point["confidenceThreshold"] for point in points] == [0.5, 0.6]
    assert (old["slice"], old["sliceClassificationMetrics"]["confusionMatrix"]) == ("old", matrix([1, 2], [3, 0]))
    metrics.load_confusion_matrix("old", ["cat", "dog"], [[1, 1], [1, 1]])
    assert old["sliceClassificationMetrics"]["confusionMatrix"] == matrix([1, 1], [1, 1])


class Prices(Dataset):
    schema_title = "shop.Prices"
    schema_version = "1.2.3"


class FromGoogle:
    schema_title = "google.VertexModel"
    schema_version = "0.0.1"

    @classmethod
    def _from_executor_fields(cls, name: str, uri: str, metadata: dict[str, Any]) -> FromGoogle:
        made = cls()
        made.fields = (name, uri, metadata)  # type: ignore[attr-defined]
        return made


@pytest.mark.parametrize(
    ("title", "declared", "cls"),
    [
        ("system.Model", Artifact, Model),
        ("system.Model", None, Model),
        ("shop.Prices", Prices, Prices),
        ("google.VertexModel", None, Artifact),
        ("", Dataset, Dataset),
    ],
)
def test_the_schema_title_decides_the_class_then_the_annotation(title: str, declared: type | None, cls: type) -> None:
    assert type(make_artifact({"type": {"schemaTitle": title}}, declared)) is cls


def test_a_class_of_googles_is_made_its_own_way() -> None:
    made: Any = make_artifact({"name": "n", "uri": "u", "type": {"schemaTitle": "google.VertexModel"}}, FromGoogle)
    assert made.fields == ("n", "u", {})


def test_an_input_keeps_its_custom_path() -> None:
    assert make_artifact({"uri": "gs://b/c", "custom_path": "/x"}).path == "/x"


def test_get_uri_is_a_place_of_the_running_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifacts, "_task_root", None)
    with pytest.raises(RuntimeError, match="can only be called at task runtime"):
        get_uri()
    set_task_root("/gcs/bucket/run/task")
    assert (get_uri(), get_uri("model")) == ("gs://bucket/run/task/Output", "gs://bucket/run/task/model")
    set_task_root("/tmp/kfp_outputs")
    with pytest.warns(RuntimeWarning, match="not supported by this backend"):
        assert get_uri() == ""
