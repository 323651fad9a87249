"""Train a classifier on real data, judge it, and deploy it only if it is good enough."""

from typing import NamedTuple

from kfbridge import dsl
from kfbridge.dsl import ClassificationMetrics, Dataset, Input, Metrics, Model, Output

PACKAGES = ["scikit-learn>=1.3"]


@dsl.component(packages_to_install=PACKAGES)
def load(data: Output[Dataset]):
    """Write scikit-learn's breast cancer data, 569 tumours, as a CSV file; the last column is the diagnosis."""
    import numpy
    from sklearn.datasets import load_breast_cancer

    cancer = load_breast_cancer()
    rows = numpy.column_stack([cancer.data, cancer.target])
    header = ",".join([*cancer.feature_names, "benign"])
    numpy.savetxt(data.path, rows, delimiter=",", header=header, comments="")
    data.metadata["rows"] = len(rows)


@dsl.component(packages_to_install=PACKAGES)
def split(data: Input[Dataset], test_share: float, seed: int, train: Output[Dataset], test: Output[Dataset]):
    """Set a share of the rows aside for the test."""
    import numpy
    from sklearn.model_selection import train_test_split

    rows = numpy.loadtxt(data.path, delimiter=",", skiprows=1)
    parts = train_test_split(rows, test_size=test_share, random_state=seed, stratify=rows[:, -1])
    for artifact, part in zip((train, test), parts, strict=True):
        numpy.savetxt(artifact.path, part, delimiter=",")
        artifact.metadata["rows"] = len(part)


@dsl.component(packages_to_install=PACKAGES)
def fit(train: Input[Dataset], trees: int, seed: int, model: Output[Model]):
    """Train gradient boosted trees."""
    import joblib
    import numpy
    from sklearn.ensemble import GradientBoostingClassifier

    rows = numpy.loadtxt(train.path, delimiter=",")
    classifier = GradientBoostingClassifier(n_estimators=trees, random_state=seed)
    joblib.dump(classifier.fit(rows[:, :-1], rows[:, -1]), model.path)
    model.framework = "scikit-learn"
    model.metadata["trees"] = trees


@dsl.component(packages_to_install=PACKAGES)
def evaluate(
    test: Input[Dataset], model: Input[Model], scores: Output[Metrics], curves: Output[ClassificationMetrics]
) -> float:
    """Accuracy, ROC curve and confusion matrix on the rows that were set aside; returns the accuracy."""
    import joblib
    import numpy
    from sklearn.metrics import accuracy_score, confusion_matrix, roc_auc_score, roc_curve

    rows = numpy.loadtxt(test.path, delimiter=",")
    truth = rows[:, -1]
    benign = joblib.load(model.path).predict_proba(rows[:, :-1])[:, 1]
    accuracy = float(accuracy_score(truth, benign > 0.5))
    scores.log_metric("accuracy", accuracy)
    scores.log_metric("area_under_roc", float(roc_auc_score(truth, benign)))

    false_positives, true_positives, thresholds = roc_curve(truth, benign)
    thresholds = thresholds.clip(max=1.0)  # the first one is infinite, which JSON does not know
    curves.log_roc_curve(false_positives.tolist(), true_positives.tolist(), thresholds.tolist())
    curves.log_confusion_matrix(["malignant", "benign"], confusion_matrix(truth, benign > 0.5).tolist())
    return accuracy


@dsl.component(packages_to_install=PACKAGES)
def deploy(model: Input[Model], test: Input[Dataset], accuracy: float, registry: str, registered: Output[Model]) -> str:
    """Register the model in a folder, then answer one request from the registered file."""
    import json
    import shutil
    from pathlib import Path

    import joblib
    import numpy

    folder = Path(registry or registered.path)
    folder.mkdir(parents=True, exist_ok=True)
    version = 1 + sum(1 for _ in folder.glob("*/model.joblib"))
    home = folder / str(version)
    home.mkdir()
    shutil.copyfile(model.path, home / "model.joblib")
    (home / "card.json").write_text(json.dumps({"version": version, "accuracy": accuracy}))
    registered.metadata.update(version=version, folder=str(home))

    tumour = numpy.loadtxt(test.path, delimiter=",")[:1, :-1]
    benign = joblib.load(home / "model.joblib").predict_proba(tumour)[0, 1]
    answer = "benign" if benign > 0.5 else "malignant"
    return f"deployed as version {version}; its first answer: {answer} ({max(benign, 1 - benign):.1%} sure)"


@dsl.component
def hold_back(accuracy: float, threshold: float) -> str:
    """Say why nothing was deployed."""
    return f"not deployed: accuracy {accuracy:.3f} is below {threshold:.3f}"


class Result(NamedTuple):
    accuracy: float
    decision: str


@dsl.pipeline(name="breast-cancer")
def breast_cancer(
    threshold: float = 0.9, trees: int = 100, test_share: float = 0.25, seed: int = 7, registry: str = ""
) -> Result:
    """Trains, judges, and deploys a model of the breast cancer data if it reaches the threshold."""
    data = load()
    parts = split(data=data.outputs["data"], test_share=test_share, seed=seed)
    trained = fit(train=parts.outputs["train"], trees=trees, seed=seed)
    judged = evaluate(test=parts.outputs["test"], model=trained.outputs["model"])
    accuracy = judged.outputs["Output"]
    with dsl.If(accuracy >= threshold, name="good-enough"):
        deployed = deploy(
            model=trained.outputs["model"], test=parts.outputs["test"], accuracy=accuracy, registry=registry
        )
    with dsl.Else(name="not-good-enough"):
        held_back = hold_back(accuracy=accuracy, threshold=threshold)
    return Result(accuracy, dsl.OneOf(deployed.outputs["Output"], held_back.output))
