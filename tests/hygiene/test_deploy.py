"""What deploy/, the handbook and the README tell people to type and copy fits the program."""

from __future__ import annotations

import configparser
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from fedigroups import secret_file, settings
from fedigroups.cli import main
from fedigroups.web import health
from fedigroups.worker import RESTART_SECONDS, STOP_SECONDS

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
PAGES = sorted([*ROOT.glob("*.md"), *DEPLOY.rglob("*.md")])
COMPOSE = ("compose.yaml", "compose.scale.yaml")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
PORT = re.findall(r"^EXPOSE (\d+)$", DOCKERFILE, re.MULTILINE)[0]


def read(path: Path) -> str:
    """The text of a file."""
    return path.read_text(encoding="utf-8")


def called(path: Path) -> str:
    """How a file is called in a test's name."""
    return path.relative_to(ROOT).as_posix()


def compose(name: str) -> dict[str, Any]:
    """A compose file."""
    document: dict[str, Any] = yaml.safe_load(read(DEPLOY / name))
    return document


@pytest.fixture
def unit() -> configparser.ConfigParser:
    """The systemd unit; of a key that is there twice the last."""
    found = configparser.ConfigParser(strict=False, interpolation=None)
    found.optionxform = str  # type: ignore[assignment,method-assign]
    found.read_string(read(DEPLOY / "fedigroups.service"))
    return found


# Commands


def parse(words: list[str]) -> None:
    """Let click read a command without running it. Raises UsageError."""
    command: click.Command = main
    context: click.Context | None = None
    while True:
        try:
            context = command.make_context(words[0], words[1:], parent=context)
        except click.exceptions.Exit:  # --help
            return
        if not isinstance(command, click.Group):
            return
        words = [*context._protected_args, *context.args]
        if not words:
            return
        _, below, _ = command.resolve_command(context, words)
        assert below is not None
        command = below


def blocks(text: str) -> Iterator[str]:
    """What stands between fences; `text` is not typed."""
    found = re.findall(r"^ *```(\w*)\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    yield from (block for kind, block in found if kind != "text")


def lines(block: str) -> Iterator[list[str]]:
    """The shell's words of each line, of which a quote or a backslash may join several."""
    text = ""
    for line in re.sub(r"\\\n\s*", "", block).splitlines():
        text += re.split(r"(?<=\S) {4,}(?=[a-z])", line)[0]  # a word on what it does
        try:
            words = shlex.split(text, comments=True)
        except ValueError:
            text += "\n"
            continue
        text = ""
        yield words


def ours(words: list[str]) -> list[str]:
    """The part of a shell command that is for our program, begun with its name."""
    words = list(takewhile(lambda word: word not in {"<", ">", "|"}, words))
    if words[:2] == ["docker", "compose"]:
        words = words[next((i for i, one in enumerate(words) if one == "fedigroups"), len(words)) :]
    if words and words[0] in {
        "fedigroups",
        ".venv/bin/fedigroups",
        "/opt/fedigroups/bin/fedigroups",
    }:
        return ["fedigroups", *words[1:]]
    return []


def typed() -> list[tuple[str, list[str]]]:
    """Each command of ours that somebody is told to type, or that a file starts: where, which."""
    found = [
        (called(page), ours(words))
        for page in PAGES
        for block in blocks(read(page))
        for words in lines(block)
    ]
    for page in sorted((ROOT / "fedigroups" / "web" / "templates").glob("*.html")):
        for block in re.findall(r"<pre[^>]*><code>(.*?)</code>", read(page), re.DOTALL):
            found += [(called(page), ours(words)) for words in lines(block)]
    found += [
        (f"deploy/{name}", ours(service["command"]))
        for name in COMPOSE
        for service in compose(name)["services"].values()
        if "command" in service
    ]
    [start] = re.findall(r"^CMD (.*)$", DOCKERFILE, re.MULTILINE)
    found.append(("deploy/Dockerfile", ours(yaml.safe_load(start))))
    [start] = re.findall(r"^ExecStart=(.*)$", read(DEPLOY / "fedigroups.service"), re.MULTILINE)
    found.append(("deploy/fedigroups.service", ours(shlex.split(start))))
    return [(where, words) for where, words in found if words and "..." not in words]


@pytest.mark.parametrize(("where", "words"), [pytest.param(*one, id=one[0]) for one in typed()])
def test_a_command_that_people_are_told_to_type_is_one(where: str, words: list[str]) -> None:
    parse(words)


def test_such_commands_are_found_everywhere() -> None:
    assert {where for where, _ in typed()} >= {
        "README.md",
        "deploy/Dockerfile",
        "deploy/compose.scale.yaml",
        "deploy/fedigroups.service",
        "deploy/handbook/first-group.md",
        "deploy/handbook/install.md",
        "deploy/handbook/scaling.md",
        "deploy/handbook/troubleshooting.md",
        "fedigroups/web/templates/parts.html",
    }


@pytest.mark.parametrize("page", PAGES, ids=called)
def test_a_command_that_is_named_in_a_sentence_exists(page: Path) -> None:
    for said in re.findall(r"`fedigroups ([^`]+)`", read(page)):
        command: click.Command = main
        for word in said.replace("\n", " ").split():
            if isinstance(command, click.Group) and word in command.commands:
                command = command.commands[word]
            elif word.startswith("--"):
                options = {name for one in command.params for name in one.opts}
                assert word in options | {"--help"}, f"fedigroups {said}"
            else:
                assert not (isinstance(command, click.Group) and word.islower()), said


def test_make_run_brings_the_command_that_the_readme_types(tmp_path: Path) -> None:
    """As in a fresh checkout: with what the server needs, and without the package itself."""
    for name in ("Makefile", "requirements", *PACKAGES):
        (tmp_path / name).symlink_to(ROOT / name)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    subprocess.run(["make", "-s", "PIP=:", ".venv/run.stamp"], cwd=tmp_path, check=True)
    said = subprocess.run(
        [tmp_path / ".venv" / "bin" / "fedigroups", "--version"],
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.startswith("fedigroups, version ")
    assert f'PYTHONPATH="{tmp_path}"' in read(python.with_name("fedigroups"))


# Settings


@pytest.mark.parametrize(
    "path", [*PAGES, *(one for one in sorted(DEPLOY.iterdir()) if one.is_file())], ids=called
)
def test_every_setting_that_is_named_exists(path: Path) -> None:
    named = set(re.findall(r"FEDIGROUPS_[A-Z_]*[A-Z]\b(?!\*)", read(path)))
    assert named <= set(settings._variables())


def test_the_example_of_the_environment_is_right_in_every_line(tmp_path: Path) -> None:
    lines_in = read(DEPLOY / "env.example").splitlines()
    said = [line.removeprefix("#") for line in lines_in if re.match(r"#?[A-Z_]+=", line)]
    (tmp_path / ".env").write_text("\n".join(said), encoding="utf-8")
    found = settings.load(
        {"FEDIGROUPS_DATA_DIR": str(tmp_path)}, tmp_path / ".env", kept=secret_file.found
    )
    assert found.origin == "https://groups.example"
    assert len(said) >= 6


# Compose, Docker, Caddy


PACKAGES: list[str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


def test_the_image_is_made_of_what_the_package_needs_and_of_nothing_else() -> None:
    first = DOCKERFILE.split("\nFROM ")[1]
    copied = {
        name
        for line in re.findall(r"^COPY (.*)$", first, re.MULTILINE)
        for name in line.split()[:-1]
    }
    project = PROJECT["project"]
    needed = {"pyproject.toml", project["readme"], *project["license-files"], *PACKAGES}
    assert copied == needed | {"requirements/run.txt"}
    assert all((ROOT / name).exists() for name in copied)
    ignored = read(ROOT / ".dockerignore").splitlines()
    assert "*" in ignored, "data and secrets beside the source stay out of the image's context"
    assert {line.removeprefix("!") for line in ignored if line.startswith("!")} == copied


def test_the_image_asks_for_its_health_where_it_is_answered() -> None:
    paths = {getattr(route, "path", "") for route in health.routes()}
    assert re.findall(r"http://127\.0\.0\.1:(\d+)(/\w+)", DOCKERFILE) == [(PORT, "/readyz")]
    assert "/readyz" in paths
    assert f'"--port", "{PORT}"' in DOCKERFILE


@pytest.mark.parametrize("name", COMPOSE)
def test_a_compose_file_holds_together(name: str) -> None:
    document = compose(name)
    services = document["services"]
    for service in services.values():
        for other, wish in service.get("depends_on", {}).items():
            asked = wish["condition"] == "service_healthy"
            assert not asked or "healthcheck" in services[other] or "build" in services[other]
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in document["volumes"] or (DEPLOY / source).exists()
        if "build" in service:
            build = service["build"]
            assert (
                DEPLOY / build["context"] / build["dockerfile"]
            ).resolve() == DEPLOY / "Dockerfile"
            assert service["read_only"] is True
            assert service["volumes"] == ["data:/data"]
            assert "FEDIGROUPS_DATA_DIR=/data" in DOCKERFILE
            assert seconds(service["stop_grace_period"]) > STOP_SECONDS + RESTART_SECONDS
    wanted = set(re.findall(r"(?<!\$)\$\{(\w+)", read(DEPLOY / name)))
    assert wanted - set(settings._variables()) == {"POSTGRES_PASSWORD"}


def seconds(text: str) -> float:
    """A duration such as 40s."""
    return float(text.removesuffix("s"))


def test_caddy_asks_where_the_program_answers() -> None:
    caddyfile, unit_text = read(DEPLOY / "Caddyfile"), read(DEPLOY / "fedigroups.service")
    [(host, port)] = re.findall(r"--host (\S+) --port (\d+)", unit_text)
    assert f"reverse_proxy {{$UPSTREAM:{host}:{port}}}" in caddyfile
    small, large = compose("compose.yaml"), compose("compose.scale.yaml")
    assert small["services"]["caddy"]["environment"]["UPSTREAM"] == f"app:{PORT}"
    assert f"dynamic a web {PORT} " in large["configs"]["caddyfile"]["content"]
    assert large["services"]["web"]["command"][-3:-2] == [PORT]
    for sites in (small, large):
        assert sites["services"]["caddy"]["environment"]["SITE"].startswith("${FEDIGROUPS_ORIGIN:")


# systemd


def test_the_unit_starts_what_is_installed_and_gives_it_time_to_stop(
    unit: configparser.ConfigParser,
) -> None:
    service = unit["Service"]
    program = service["ExecStart"].split()[0]
    assert program == "/opt/fedigroups/bin/fedigroups"
    assert "fedigroups" in PROJECT["project"]["scripts"]
    assert float(service["TimeoutStopSec"]) > STOP_SECONDS + RESTART_SECONDS
    folder = f"/var/lib/{service['StateDirectory']}"
    assert service["WorkingDirectory"] == folder
    assert f"FEDIGROUPS_DATA_DIR={folder}" in service["Environment"].split()


def test_a_command_beside_the_service_has_its_user_settings_and_data(
    unit: configparser.ConfigParser,
) -> None:
    script, service = read(DEPLOY / "fedigroups.sh"), unit["Service"]
    for key in ("DynamicUser", "User", "StateDirectory", "StateDirectoryMode", "UMask"):
        assert f"-p {key}={service[key]} " in script
    for key in ("EnvironmentFile", "WorkingDirectory"):
        assert f"-p {key}={service[key]} " in script
    assert service["ExecStart"].split()[0] in script
    assert service["Environment"].split()[0] in script


def test_what_the_handbook_cuts_out_of_our_files_is_in_them() -> None:
    """Its `sed 's/this/...' file` lines."""
    cuts = re.findall(
        r"^sed 's/([^/]+)/[^/]*/' (\S+)", read(DEPLOY / "handbook" / "install.md"), re.M
    )
    cuts += re.findall(
        r"^sed 's/([^/]+)/[^/]*/' (\S+)", read(DEPLOY / "handbook" / "scaling.md"), re.M
    )
    assert len(cuts) == 3
    for text, path in cuts:
        assert read(DEPLOY / Path(path).name).count(text) == 1


# Pages


@pytest.mark.parametrize("page", PAGES, ids=called)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", read(page)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, part = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        assert there.exists(), target
        if part:
            heads = re.findall(r"^#+ (.*)$", read(there), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
            assert part in slugs, target


@pytest.mark.parametrize("page", PAGES, ids=called)
def test_the_files_that_people_are_told_to_copy_exist(page: Path) -> None:
    for block in blocks(read(page)):
        for path in re.findall(r"(?<![\w/.])((?:deploy|requirements)/[\w./-]+)", block):
            assert (ROOT / path).exists(), path
