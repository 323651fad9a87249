"""``kfbridge plan``: the same bytes every time, written whole, and compared with what was planned before."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kfbridge import api, dsl
from kfbridge.errors import UsageError
from kfbridge.findings import Finding, Level
from kfbridge.plan.diff import difference, difference_document
from kfbridge.plan.folder import read_plan, stored, write_plan
from kfbridge.plan.model import Plan
from tests.cli.kfbridge_process import Project

PIPELINE = """
@dsl.component
def greet(name: str) -> str:
    return f"hello, {name}"

@dsl.pipeline(name="greeting")
def pipeline(name: str = "you") -> str:
    return greet(name=name).output
"""


@dsl.component
def step(n: int) -> int:
    return n


@dsl.pipeline(name="counting")
def counting(n: int = 1) -> None:
    step(n=n)


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.chdir(tmp_path)
    return api.plan(counting)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    found = Project(tmp_path)
    found.write(PIPELINE)
    return found


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# The folder -----------------------------------------------------------------------------------------


def test_a_plan_is_the_same_bytes_every_time_and_read_as_it_was_written(plan: Plan, tmp_path: Path) -> None:
    paths = write_plan(plan, tmp_path / "one")
    write_plan(api.plan(counting), tmp_path / "two")
    assert paths == ("arguments.json", "pipeline.yaml", "plan.json")
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert read_plan(tmp_path / "one") == stored(plan)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"], "no draft is left"


def test_a_later_plan_replaces_the_earlier_one_as_a_whole(plan: Plan, tmp_path: Path) -> None:
    more = replace(plan, documents={**plan.documents, "tasks/step.yaml": b"kind: Job\n"})
    write_plan(more, tmp_path / "plan")
    assert (tmp_path / "plan/tasks/step.yaml").read_bytes() == b"kind: Job\n"
    write_plan(plan, tmp_path / "plan")
    assert set(files(tmp_path / "plan")) == {"arguments.json", "pipeline.yaml", "plan.json"}


def test_files_of_the_user_are_never_replaced(plan: Plan, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("keep")
    with pytest.raises(UsageError, match=r"mine holds files that are not a plan\.\n  Give a new folder to -o\."):
        write_plan(plan, mine)
    write_plan(plan, tmp_path / "plan")
    (tmp_path / "plan/notes.txt").write_text("keep")
    with pytest.raises(UsageError, match=r"plan holds notes\.txt, which is no part of the plan there"):
        write_plan(plan, tmp_path / "plan")
    assert (mine / "notes.txt").read_text() == (tmp_path / "plan/notes.txt").read_text() == "keep"


def test_what_cannot_be_written_leaves_the_earlier_plan(plan: Plan, tmp_path: Path) -> None:
    write_plan(plan, tmp_path / "plan")
    before = files(tmp_path / "plan")
    broken = replace(plan, documents={**plan.documents, "pipeline.yaml/deeper": b""})
    with pytest.raises(UsageError, match=r"The plan cannot be written to .*plan: .*\.\n  Free space or give"):
        write_plan(broken, tmp_path / "plan")
    assert files(tmp_path / "plan") == before
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (lambda folder: (folder / "plan.json").unlink(), r"plan\.json is missing"),
        (lambda folder: (folder / "pipeline.yaml").unlink(), r"pipeline\.yaml is missing"),
        (lambda folder: (folder / "plan.json").write_text("{"), "JSONDecodeError"),
        (lambda folder: (folder / "plan.json").write_text("[]"), "TypeError"),
        (lambda folder: (folder / "plan.json").write_text("{}"), "KeyError"),
    ],
)
def test_a_broken_plan_is_named(plan: Plan, tmp_path: Path, broken: object, reason: str) -> None:
    write_plan(plan, tmp_path / "plan")
    broken(tmp_path / "plan")  # type: ignore[operator]
    with pytest.raises(UsageError, match=rf"plan holds no plan that can be read: .*{reason}"):
        read_plan(tmp_path / "plan")


# The difference -------------------------------------------------------------------------------------


def test_nothing_changed(plan: Plan) -> None:
    assert difference(stored(plan), stored(plan)).same


def test_what_changed_between_two_plans(plan: Plan) -> None:
    refused = Finding("spot", "step", Level.REFUSED, "there is no spot here", "Leave it out.")
    before = replace(plan, machines={"step": {"machine": "small"}, "gone": {"machine": "tiny"}})
    after = replace(
        plan,
        findings=(refused,),
        machines={"step": {"machine": "large"}},
        documents={"arguments.json": b'{\n  "n": 2\n}\n', "binary": b"\xff\xfe", "job.json": b"{}\n"},
    )
    found = difference_document(difference(stored(before), stored(after)))
    assert found["same"] is False
    assert found["about"] == {"ok": {"before": True, "after": False}}
    assert [one["feature"] for one in found["findings"]["added"]] == ["spot"]
    assert len(found["findings"]["removed"]) == len(plan.findings)
    assert found["machines"] == {
        "gone": {"before": {"machine": "tiny"}, "after": None},
        "step": {"before": {"machine": "small"}, "after": {"machine": "large"}},
    }
    assert found["documents"]["added"] == ["binary", "job.json"]
    assert found["documents"]["removed"] == ["pipeline.yaml"]
    assert found["documents"]["changed"]["arguments.json"].splitlines()[-3:] == ["+{", '+  "n": 2', "+}"]


def test_binary_documents_differ_by_their_size(plan: Plan) -> None:
    one, two = (replace(plan, documents={"wheel": b"\xff" * size}) for size in (1000, 2000))
    changed = difference(stored(one), stored(two)).documents_changed
    assert changed == {"wheel": "1,000 bytes before, 2,000 bytes after"}


# The verb -------------------------------------------------------------------------------------------


def test_the_plan_for_people(project: Project) -> None:
    out, _ = project.call("plan", "pipeline.py")
    assert out.splitlines()[0] == "greeting on local (local): can run"
    assert "pipeline.yaml" in out
    assert not project.runs.exists(), "nothing was started"


def test_the_plan_for_machines(project: Project) -> None:
    found = project.json("plan", "pipeline.py", "-p", "name=me", "-o", "plan", "--json")
    assert list(found) == ["pipeline", "target", "backend", "ok", "findings", "machines", "documents"]
    assert all(list(one) == ["feature", "task", "level", "reason", "remedy", "where"] for one in found["findings"])
    assert json.loads((project.folder / "plan/plan.json").read_text()) == found
    assert json.loads((project.folder / "plan/arguments.json").read_text()) == {"name": "me"}


def test_the_difference_from_an_earlier_plan(project: Project) -> None:
    project.call("plan", "pipeline.py", "-o", "plan")
    assert project.call("plan", "pipeline.py", "--diff", "plan", "--exit-code")[0] == "Nothing changed.\n"
    out, _ = project.call("plan", "pipeline.py", "-p", "name=me", "--diff", "plan", "--exit-code", code=1)
    assert '+  "name": "me"' in out
    found = project.json("plan", "pipeline.py", "-p", "name=me", "--diff", "plan", "--json")
    assert found["diff"]["same"] is False
    assert list(found["diff"]["documents"]["changed"]) == ["arguments.json"]


def test_a_refused_plan_is_shown_written_and_ends_with_1(project: Project) -> None:
    project.write(
        """
        @dsl.container_component
        def shout():
            return dsl.ContainerSpec(image="busybox", command=["echo", "hello"])

        @dsl.pipeline(name="shouting")
        def pipeline():
            shout()
        """
    )
    out, _ = project.call("plan", "pipeline.py", "-o", "plan", code=1)
    assert out.splitlines()[0] == "shouting on local (local): 1 refused"
    assert json.loads((project.folder / "plan/plan.json").read_text())["ok"] is False


def test_mistakes(project: Project) -> None:
    assert (
        "holds no plan that can be read: plan.json is missing"
        in project.call("plan", "pipeline.py", "--diff", "nowhere", code=2)[1]
    )
    assert "is not a folder" in project.call("plan", "pipeline.py", "-o", "pipeline.py", code=2)[1]
