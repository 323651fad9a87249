"""From kfbridge.toml, the environment and settings of the call to a typed target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from kfbridge import config, plugins
from kfbridge.backends.base import BackendConfig
from kfbridge.errors import UsageError


class CloudConfig(BackendConfig):
    region: str
    parallel: int = Field(default=4, gt=0)
    spot: bool = False
    images: dict[str, str] = Field(default_factory=dict)
    subnets: list[str] = Field(default_factory=list)


class Cloud:
    name = "cloud"
    Config = CloudConfig


class Local:
    name = "local"
    Config = BackendConfig


@pytest.fixture(autouse=True)
def two_backends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Backends of the test's own, so that these tests are about configuration alone."""
    monkeypatch.setattr(plugins, "backends", lambda: {"cloud": Cloud, "local": Local})
    monkeypatch.setattr(plugins, "_registered_by", lambda name: {})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "kfbridge.toml").write_text(
        'default = "aws"\n'
        "\n"
        "[targets.aws]\n"
        'backend = "cloud"\n'
        'region = "us-east-1"   # where\n'
        'images = { "python:3.11" = "mirror/python:3.11" }\n'
    )
    return tmp_path


def find(
    folder: Path, name: str | None = None, environ: dict[str, str] | None = None, **settings: Any
) -> tuple[str, Any]:
    found = config.target(
        name,
        configuration=config.read(folder=folder, environ=environ or {}),
        settings={key.replace("__", "."): value for key, value in settings.items()},
    )
    return found.name, found.config


def refusal(folder: Path, name: str | None = None, environ: dict[str, str] | None = None, **settings: Any) -> str:
    with pytest.raises(UsageError) as caught:
        find(folder, name, environ, **settings)
    return str(caught.value)


class TestWithoutAFile:
    def test_there_is_one_target_and_it_is_this_machine(self, tmp_path: Path) -> None:
        name, found = find(tmp_path)
        assert (name, found.backend) == ("local", "local")

    def test_an_unknown_target_is_refused_with_what_there_is(self, tmp_path: Path) -> None:
        assert refusal(tmp_path, "aws") == (
            "There is no target called 'aws'.\n  There are: local. Others are made in kfbridge.toml."
        )


class TestTheFile:
    def test_is_found_in_the_folders_above(self, project: Path) -> None:
        below = project / "a" / "b"
        below.mkdir(parents=True)
        found = config.target(configuration=config.read(folder=below, environ={}))
        assert (found.name, found.folder) == ("aws", project)

    def test_names_its_default(self, project: Path) -> None:
        assert find(project)[0] == "aws"

    def test_leaves_the_local_target_in_place(self, project: Path) -> None:
        assert find(project, "local")[1].backend == "local"

    def test_can_be_named(self, project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
        elsewhere = tmp_path_factory.mktemp("elsewhere")
        read = config.read(project / "kfbridge.toml", folder=elsewhere, environ={})
        assert read.folder == project

    def test_that_is_missing_is_an_error_when_it_was_named(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"nowhere\.toml cannot be read: No such file"):
            config.read(tmp_path / "nowhere.toml")

    def test_that_is_not_toml_is_refused_with_the_line(self, project: Path) -> None:
        (project / "kfbridge.toml").write_text("default = \n")
        assert "not valid TOML: Invalid value (at line 1, column 11)" in refusal(project)

    def test_with_an_unknown_key_at_the_top_is_refused_with_the_nearest(self, project: Path) -> None:
        (project / "kfbridge.toml").write_text('\ndefalut = "aws"\n')
        message = refusal(project)
        assert message.startswith(f"{project / 'kfbridge.toml'}:2: The key 'defalut' means nothing")
        assert "Did you mean 'default'?" in message

    def test_whose_targets_are_no_tables_is_refused(self, project: Path) -> None:
        (project / "kfbridge.toml").write_text('[targets]\naws = "cloud"\n')
        assert "'targets.aws' is not a table" in refusal(project)

    def test_whose_targets_are_something_else_is_refused(self, project: Path) -> None:
        (project / "kfbridge.toml").write_text("targets = 3\n")
        assert "'targets' is not a table" in refusal(project)

    def test_whose_default_is_no_text_is_refused(self, project: Path) -> None:
        (project / "kfbridge.toml").write_text("default = 3\n")
        assert "The key 'default' is not text." in refusal(project)

    def test_whose_default_does_not_exist_is_refused(self, project: Path) -> None:
        (project / "kfbridge.toml").write_text('default = "lcoal"\n')
        assert "The default target, 'lcoal', does not exist.\n  Did you mean 'local'?" in refusal(project)


class TestTypes:
    def test_a_setting_that_the_backend_does_not_have(self, project: Path) -> None:
        with (project / "kfbridge.toml").open("a") as file:
            file.write('regoin = "eu-west-1"\n')
        message = refusal(project)
        assert message.startswith(f"{project / 'kfbridge.toml'}:7: The backend 'cloud' has no setting 'regoin'.")
        assert "Did you mean 'region'?" in message

    def test_a_value_of_the_wrong_type(self, project: Path) -> None:
        with (project / "kfbridge.toml").open("a") as file:
            file.write('parallel = "many"\n')
        message = refusal(project)
        assert ":7: The setting 'parallel' of target 'aws' cannot be 'many': it should be a valid integer" in message

    def test_a_setting_that_is_missing(self, project: Path) -> None:
        (project / "kfbridge.toml").write_text('[targets.aws]\nbackend = "cloud"\n')
        message = refusal(project, "aws")
        assert ":1: Target 'aws' lacks the setting 'region', which the backend 'cloud' needs." in message
        assert "--set region=..." in message

    def test_a_target_without_a_backend(self, project: Path) -> None:
        (project / "kfbridge.toml").write_text('[targets.aws]\nregion = "x"\n')
        assert "Target 'aws' does not say which backend it uses" in refusal(project, "aws")

    def test_a_backend_that_is_not_installed(self, project: Path) -> None:
        (project / "kfbridge.toml").write_text('[targets.aws]\nbackend = "clowd"\n')
        assert "no backend called 'clowd'" in refusal(project, "aws")


class TestTheEnvironment:
    def test_goes_over_the_file(self, project: Path) -> None:
        assert find(project, environ={"KFBRIDGE_TARGETS__AWS__REGION": "eu-west-1"})[1].region == "eu-west-1"

    def test_can_choose_the_default(self, project: Path) -> None:
        assert find(project, environ={"KFBRIDGE_DEFAULT": "local"})[0] == "local"

    def test_can_make_a_target(self, tmp_path: Path) -> None:
        environ = {"KFBRIDGE_TARGETS__CI__BACKEND": "cloud", "KFBRIDGE_TARGETS__CI__REGION": "r"}
        assert find(tmp_path, "ci", environ)[1].region == "r"

    def test_reaches_a_target_with_a_dash(self, project: Path) -> None:
        (project / "kfbridge.toml").write_text('[targets.my-aws]\nbackend = "cloud"\n')
        assert find(project, "my-aws", {"KFBRIDGE_TARGETS__MY_AWS__REGION": "r"})[1].region == "r"

    def test_that_is_wrong_is_named(self, project: Path) -> None:
        message = refusal(project, environ={"KFBRIDGE_TARGETS__AWS__PARALLEL": "many"})
        assert message.startswith("KFBRIDGE_TARGETS__AWS__PARALLEL: The setting 'parallel' of target 'aws' cannot be")

    def test_that_names_no_setting_is_refused(self, project: Path) -> None:
        message = refusal(project, environ={"KFBRIDGE_TARGETS__AWS": "x"})
        assert "The environment variable KFBRIDGE_TARGETS__AWS names no setting." in message


class TestSettingsOfTheCall:
    def test_go_over_everything(self, project: Path) -> None:
        environ = {"KFBRIDGE_TARGETS__AWS__REGION": "eu-west-1"}
        assert find(project, None, environ, region="eu-north-1")[1].region == "eu-north-1"

    def test_may_name_their_target(self, project: Path) -> None:
        assert find(project, aws__region="eu-north-1")[1].region == "eu-north-1"

    def test_for_another_target_change_nothing(self, project: Path) -> None:
        assert find(project, "local", aws__region="eu-north-1")[1] == BackendConfig(backend="local")

    def test_are_converted_from_text(self, project: Path) -> None:
        _, found = find(project, parallel="8", spot="true", subnets='["a", "b"]')
        assert (found.parallel, found.spot, found.subnets) == (8, True, ["a", "b"])

    def test_that_are_wrong_are_named_as_given(self, project: Path) -> None:
        message = refusal(project, aws__paralel="8")
        assert message.startswith("--set aws.paralel=8: The backend 'cloud' has no setting 'paralel'.")

    def test_reach_into_a_table(self, project: Path) -> None:
        assert find(project, images__alpine="m/alpine")[1].images == {
            "python:3.11": "mirror/python:3.11",
            "alpine": "m/alpine",
        }

    def test_come_as_texts_from_the_command_line(self) -> None:
        assert config.parse_settings(["region=a=b", "parallel=4"]) == {"region": "a=b", "parallel": "4"}

    def test_without_an_equals_sign_are_refused(self) -> None:
        with pytest.raises(UsageError, match="'parallel' is not of the form key=value"):
            config.parse_settings(["parallel"])
