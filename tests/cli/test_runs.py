"""``kfbridge runs`` and its verbs, as a person calls them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfbridge import api
from kfbridge.api import history
from kfbridge.errors import UsageError
from tests.cli.kfbridge_process import Project

SCORES = """
    @dsl.component
    def score(n: int, metrics: dsl.Output[dsl.Metrics]) -> int:
        print("scoring", n)
        metrics.log_metric("accuracy", n / 10)
        if n > 8:
            raise ValueError("too good")
        return n

    @dsl.pipeline(name="scores")
    def scores(n: int = 3) -> int:
        return score(n=n).outputs["Output"]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("runs"))
    project.write(SCORES)
    project.write(SCORES.replace('name="scores"', 'name="others"'), "others.py")
    for run_id, words in {
        "first": ["pipeline.py", "-p", "n=3"],
        "second": ["pipeline.py", "-p", "n=4"],
        "third": ["others.py", "-p", "n=3"],
    }.items():
        project.call("run", *words, "--run-id", run_id)
    project.call("run", "pipeline.py", "-p", "n=9", "--run-id", "fourth", code=1)
    return project


def ids(project: Project, *words: str) -> list[str]:
    return [run["run_id"] for run in project.json("runs", *words)["runs"]]


def test_runs_are_chosen_by_state_pipeline_and_number(project: Project) -> None:
    assert ids(project) == ["fourth", "third", "second", "first"]
    assert ids(project, "--state", "failed") == ["fourth"]
    assert ids(project, "--pipeline", "scores", "--limit", "2") == ["fourth", "second"]
    assert project.call("runs", "--pipeline", "nowhere") == ("", "There is no such run.\n")
    assert "There is no such" not in project.call("runs")[1]


def test_a_state_that_does_not_exist_is_wrong_use(project: Project) -> None:
    assert "'brokn' is not one of 'running', 'succeeded'" in project.call("runs", "--state", "brokn", code=2)[1]


def test_show_tells_what_a_run_left(project: Project) -> None:
    out, _ = project.call("runs", "show", "second")
    lines = out.splitlines()
    assert lines[0].startswith("second succeeded in ")
    assert "    n = 4" in lines
    assert "    Output = 4" in lines
    assert any(line.split()[:2] == ["score", "succeeded"] for line in lines)


def test_show_fills_in_the_defaults(project: Project) -> None:
    project.call("run", "pipeline.py", "--run-id", "default")
    try:
        assert "    n = 3" in project.call("runs", "show", "default")[0].splitlines()
    finally:
        for path in sorted((project.runs / "default").rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        (project.runs / "default").rmdir()


def test_show_as_a_document_is_the_records(project: Project) -> None:
    document = project.json("runs", "show", "second")
    assert document["run"]["arguments"] == {"n": 4}
    [task] = document["tasks"]
    assert task["inputs"] == {"parameters": {"n": 4}}
    assert task["outputs"]["artifacts"]["metrics"][0]["metadata"] == {"accuracy": 0.4}


def test_show_writes_a_page(project: Project) -> None:
    assert project.call("runs", "show", "fourth", "--html", "run.html")[0] == "Wrote run.html.\n"
    page = (project.folder / "run.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "too good" in page
    assert project.json("runs", "show", "first", "--html", "run.html") == {"run_id": "first", "html": "run.html"}
    assert "too good" not in (project.folder / "run.html").read_text()


def test_a_page_that_cannot_be_written_is_wrong_use(project: Project) -> None:
    _, err = project.call("runs", "show", "first", "--html", "nowhere/run.html", code=2)
    assert "The page cannot be written to nowhere/run.html: No such file or directory." in err


def test_compare_shows_what_differs(project: Project) -> None:
    out, _ = project.call("runs", "compare", "first", "second")
    words = [line.split() for line in out.splitlines()]
    assert words[0] == ["first", "second"]
    assert ["n", "3", "4"] in words
    assert ["score", "metrics", "accuracy", "0.3", "0.4"] in words
    assert not any(line[:1] == ["pipeline"] for line in words)
    assert ["pipeline", "scores", "scores"] in [
        line.split() for line in project.call("runs", "compare", "first", "second", "--all")[0].splitlines()
    ]


def test_compare_as_a_document_has_all_rows(project: Project) -> None:
    document = project.json("runs", "compare", "first", "third")
    differing = [row["name"] for row in document["rows"] if not row["same"]]
    assert document["runs"] == ["first", "third"]
    assert differing[0] == "pipeline"
    assert "train" not in differing
    assert any(row["name"] == "score metrics accuracy" and row["same"] for row in document["rows"])


def test_an_unknown_run_names_the_nearest(project: Project) -> None:
    assert "Nearest are: second" in project.call("runs", "compare", "first", "secnod", code=2)[1]


def test_options_before_a_verb_are_not_lost_in_silence(project: Project) -> None:
    assert "Options come after 'show'" in project.call("runs", "--limit", "1", "show", code=2)[1]


def test_the_same_from_python(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.folder)
    assert [run.run_id for run in api.runs(state="succeeded", limit=1)] == ["third"]
    detail = api.detail("second")
    assert detail.arguments() == {"n": 4}
    assert detail.paths.folder == Path.cwd() / ".kfbridge" / "runs" / "second"


def test_a_backend_without_records_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cloud:
        name = "cloud"

    monkeypatch.setattr(history, "backend_of", lambda *_: Cloud())
    with pytest.raises(UsageError, match=r"The backend 'cloud' keeps no records of its runs\.") as error:
        api.detail("run-1")
    assert error.value.remedy == "Ask for what it knows with: kfbridge status run-1"
