"""``kfbridge machines`` as a person runs it, and the same from Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kfbridge import api
from kfbridge.errors import RequestError, UsageError
from tests.cli.kfbridge_process import Project

ACCOUNT = 'region = "us-east-1"\nrole_arn = "arn:aws:iam::123456789012:role/ml"\nartifact_root = "s3://bucket/runs"'
TOML = f"""\
default = "local"
[targets.aws]
backend = "sagemaker"
{ACCOUNT}
[targets.aws.machines]
T4 = "ml.g4dn.4xlarge"
[targets.wrong]
backend = "sagemaker"
{ACCOUNT}
[targets.wrong.machines]
T4 = "ml.g4dn.4xlrage"
[targets.cluster]
backend = "k8s"
flavour = "gke"
artifact_root = "pvc://claim/runs"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kfbridge.toml").write_text(TOML)
    return Project(tmp_path)


def offers(document: dict[str, Any]) -> dict[str, Any]:
    return {offer["provider"]: offer for offer in document["offers"]}


class TestAsking:
    def test_every_provider_answers(self, project: Project) -> None:
        out, err = project.call("machines", "--gpu", "L4")
        assert err == ""
        lines = out.splitlines()
        assert lines[0] == "vertex     g2-standard-4 (4 vCPU, 16 GiB, 1 x L4)"
        assert [line.split()[0] for line in lines if not line.startswith(" ")] == [
            "vertex",
            "sagemaker",
            "azureml",
            "k8s",
        ]
        assert "    or g2-standard-8 (8 vCPU, 32 GiB, 1 x L4)" in lines
        assert "    not: another accelerator (181), no accelerator (23)" in lines

    def test_one_that_has_none_says_what_it_has(self, project: Project) -> None:
        out, _ = project.call("machines", "--gpu", "L4")
        assert "azureml    none\n    azureml has no machine with L4.\n    It has: V100-16GB, V100-32GB, T4, A10," in out

    def test_all_lists_every_machine_with_its_reason(self, project: Project) -> None:
        out, _ = project.call("machines", "--gpu", "L4", "--all")
        assert out.count("    not ") == 181 + 23 + 217
        assert "    not n1-standard-4 (4 vCPU, 15 GiB, 1 x T4): it has 1 x T4\n" in out
        assert "    or g2-standard-32 (32 vCPU, 128 GiB, 1 x L4)\n" in out

    def test_no_line_is_wider_than_the_terminal(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COLUMNS", "60")
        out, _ = project.call("machines", "--gpu", "T4", "--spot")
        long = [line for line in out.splitlines() if len(line) > 60 and len(line.split()) > 1]
        assert [line for line in long if line.startswith("   ")] == []

    def test_where_nobody_has_one_the_exit_code_says_so(self, project: Project) -> None:
        out, _ = project.call("machines", "--gpu", "TPU-v7x", code=1)
        assert out.count(" none\n") == 4

    def test_as_json(self, project: Project) -> None:
        found = offers(project.json("machines", "--gpu", "T4:2", "--cpu", "500m", "--memory", "1Gi", "--spot"))
        assert found["vertex"]["request"] == {
            "cpu": 0.5,
            "memory_gib": 1,
            "accelerator": "T4",
            "count": 2,
            "spot": True,
        }
        assert found["vertex"]["ok"] is True
        assert found["vertex"]["machine"] == "n1-highmem-2"
        assert found["vertex"]["native"]["scheduling"] == {"strategy": "SPOT"}
        assert len(found["vertex"]["runners_up"]) == 2
        assert {"reason": "another accelerator", "machines": 150} in found["vertex"]["rejected"]
        assert found["k8s"]["size"] is None
        assert found["k8s"]["machine"] == "nvidia.com/gpu"

    def test_as_json_with_everything(self, project: Project) -> None:
        found = offers(project.json("machines", "--gpu", "A10", "--all"))
        assert found["vertex"] == {
            "provider": "vertex",
            "ok": False,
            "error": {
                "reason": "vertex has no machine with A10.",
                "remedy": found["vertex"]["error"]["remedy"],
                "where": None,
            },
        }
        assert {
            "name": "Standard_NV6ads_A10_v5",
            "machine": "Standard_NV6ads_A10_v5 (6 vCPU, 55 GiB, 1/6 of one A10)",
            "reason": "it has 1/6 of one A10",
        } in found["azureml"]["rejected"]

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (
                ("--gpu", "A100"),
                "error: --gpu: The accelerator 'A100' is ambiguous: it can be A100-40GB or A100-80GB.\n",
            ),
            (("--gpu", "T4:two"), "error: --gpu: 'two' is not a number of accelerators.\n"),
            (("--cpu", "-1"), "error: --cpu: '-1' is not an amount of processors.\n"),
            (("--memory", "16GB"), "error: --memory: '16GB' is not an amount of memory.\n"),
            (("-t", "nowhere"), "error: "),
        ],
    )
    def test_wrong_use_is_exit_code_2(self, project: Project, words: tuple[str, ...], message: str) -> None:
        out, err = project.call("machines", *words, code=2)
        assert out == ""
        assert err.startswith(message)


class TestTarget:
    def test_its_own_machines_count(self, project: Project) -> None:
        out, _ = project.call("machines", "--gpu", "T4", "-t", "aws")
        assert out.startswith("sagemaker  ml.g4dn.4xlarge (16 vCPU, 64 GiB, 1 x T4)\n")
        assert "    named by [targets.aws.machines], T4\n" in out
        assert "vertex" not in out

    def test_a_machine_that_does_not_exist_names_its_place(self, project: Project) -> None:
        _, err = project.call("machines", "-t", "wrong", code=2)
        assert err.startswith(
            "error: [targets.wrong.machines], T4: sagemaker has no machine called 'ml.g4dn.4xlrage'.\n"
            "  Did you mean 'ml.g4dn.4xlarge'?"
        )

    def test_its_flavour_of_kubernetes_counts(self, project: Project) -> None:
        out, _ = project.call("machines", "--gpu", "T4", "-t", "cluster")
        assert out == "k8s        nvidia.com/gpu\n    nodes with cloud.google.com/gke-accelerator=nvidia-tesla-t4\n"
        out, _ = project.call("machines", "--gpu", "T4", "-t", "cluster", "--set", "flavour=gfd")
        assert out.endswith("    nodes with nvidia.com/gpu.product=Tesla-T4\n")

    def test_this_machine_has_nothing_to_choose(self, project: Project) -> None:
        _, err = project.call("machines", "--gpu", "T4", "-t", "local", code=2)
        assert "The target 'local' has the backend local, which has no machines to choose from." in err

    def test_none_that_fits_is_exit_code_1(self, project: Project) -> None:
        out, _ = project.call("machines", "--gpu", "T4:8", "-t", "aws", code=1)
        assert "The machine 'ml.g4dn.4xlarge' will not do for 8 x T4." in out


class TestUpdate:
    ROWS = "provider,name,vcpu,memory_gib,source\nvertex,n2-standard-8,8,32,our quota page\n"

    def test_goes_beside_the_configuration_and_is_used(self, project: Project, tmp_path: Path) -> None:
        (tmp_path / "mine.csv").write_text(self.ROWS)
        out, _ = project.call("machines", "--update", "mine.csv")
        home = tmp_path / "kfbridge-machines.csv"
        assert out == f"Wrote {home}: 1 new, 0 changed, 1 in all.\n"
        out, _ = project.call("machines", "--cpu", "8", "--memory", "32Gi", "--all")
        assert "n2-standard-8 (8 vCPU, 32 GiB)" in out

    def test_from_a_folder_below(self, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "below").mkdir()
        (tmp_path / "below" / "mine.csv").write_text(self.ROWS)
        done = Project(tmp_path / "below").json("machines", "--update", "mine.csv")
        assert done == {"file": str(tmp_path / "kfbridge-machines.csv"), "added": 1, "changed": 0, "rows": 1}

    def test_a_price_is_shown_with_its_source_and_date(self, project: Project, tmp_path: Path) -> None:
        (tmp_path / "mine.csv").write_text(
            "provider,name,price_usd_hour,price_date,price_source\nvertex,g2-standard-4,0.7,2026-11-01,an invoice\n"
        )
        project.call("machines", "--update", "mine.csv")
        out, _ = project.call("machines", "--gpu", "L4")
        assert "    0.7 USD an hour (an invoice, 2026-11-01)\n" in out

    def test_bad_rows_are_named_and_nothing_is_written(self, project: Project, tmp_path: Path) -> None:
        (tmp_path / "mine.csv").write_text(self.ROWS + "vertex,x,many,1,me\n")
        _, err = project.call("machines", "--update", "mine.csv", code=2)
        assert err.startswith(
            "error: mine.csv: It has one thing that cannot be read:\n"
            "  line 3: vcpu is 'many', and not a number above 0\n"
        )
        assert not (tmp_path / "kfbridge-machines.csv").exists()

    def test_takes_no_request(self, project: Project) -> None:
        _, err = project.call("machines", "--update", "mine.csv", "--gpu", "T4", code=2)
        assert err.startswith("error: --update takes no request.\n")


class TestPython:
    def test_is_the_same(self, project: Project) -> None:
        answers = api.machines("T4", target="aws")
        assert [answer.offer.machine for answer in answers if answer.offer] == ["ml.g4dn.4xlarge"]
        shown = json.loads(project.call("machines", "--gpu", "T4", "--json")[0])
        assert [offer["machine"] for offer in shown["offers"]] == [
            answer.offer.machine for answer in api.machines("T4") if answer.offer
        ]

    def test_errors(self, project: Project) -> None:
        with pytest.raises(RequestError, match="is ambiguous"):
            api.machines("A100")
        with pytest.raises(UsageError, match="has no machines to choose from"):
            api.machines("T4", target="local")

    def test_update(self, project: Project, tmp_path: Path) -> None:
        (tmp_path / "mine.csv").write_text(TestUpdate.ROWS)
        assert api.update_machines(tmp_path / "mine.csv").added == 1
