"""The house rules that a machine can check; each says why it is one."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from federation.vocabulary import ACTIVITY_TYPES
from fedigroups import handbook, setting_words
from fedigroups.app import make_app
from fedigroups.cli import main
from fedigroups.groups.handlers import register_all
from fedigroups.instance import assemble
from fedigroups.moderation import automatic
from fedigroups.settings import load
from fedigroups.web import words
from inbox.registry import Registry

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("fedigroups", "federation", "inbox", "outbox")
LONGEST_FILE = 400
LONGEST_FUNCTION = 60

SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

WIRE = {"federation/transport.py", "federation/http.py", "federation/wire.py"}
"""Where wire requests are made, and where a test's network is taken in their place."""
ENVIRONMENT = {
    "fedigroups/settings.py",
    "fedigroups/cli/stage.py",  # hands it on to the instances that it starts
}
EMPTY_WORDS = {"utils", "util", "helpers", "helper", "manager", "service", "base", "common", "misc"}


def name_of(path: Path) -> str:
    """How a file is called here: its path in the repository."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), name_of(path))


def imported(nodes: Iterator[ast.AST]) -> set[str]:
    """The top-level packages that these nodes import."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def importers(package: str) -> set[str]:
    """The source files that import a package."""
    return {name_of(path) for path in SOURCES if package in imported(ast.walk(tree(path)))}


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions of a file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_every_module_says_in_its_first_sentence_what_it_knows() -> None:
    first = {name_of(path): (ast.get_docstring(tree(path)) or "") for path in SOURCES}
    silent = [
        name for name, text in first.items() if not text.split("\n\n")[0].endswith((".", ":"))
    ]
    assert silent == []


def test_a_file_can_be_read_in_one_sitting() -> None:
    """Longer ones have two subjects: split them. A list of numbers is looked up, not read."""
    lines = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    lines.pop("federation/limits.py")
    assert {n: c for n, c in lines.items() if c > LONGEST_FILE and "/migrations/" not in n} == {}


def test_a_function_fits_on_a_screen() -> None:
    long = [
        f"{name_of(path)}: {one.name}"
        for path in SOURCES
        for one in functions(path)
        if (one.end_lineno or one.lineno) - one.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_our_packages_are_imported_at_the_top_where_cycles_show() -> None:
    hidden = [
        f"{name_of(path)}: {one.name}"
        for path in SOURCES
        for one in functions(path)
        if imported(ast.walk(one)) & set(PACKAGES)
    ]
    assert hidden == []


def test_a_module_is_named_after_what_it_knows() -> None:
    named = {name_of(path): set(path.with_suffix("").relative_to(ROOT).parts) for path in SOURCES}
    assert {name for name, parts in named.items() if parts & EMPTY_WORDS} == set()


def test_the_arrows_between_the_floors_point_one_way() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_httpx_is_imported_where_wire_requests_are_made_alone() -> None:
    assert importers("httpx") <= WIRE


def test_pyld_is_imported_by_jsonld_alone() -> None:
    assert importers("pyld") == {"federation/jsonld.py"}


def test_the_environment_is_read_by_the_settings_alone() -> None:
    readers = {
        name_of(path)
        for path in SOURCES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    }
    assert readers <= ENVIRONMENT


def test_tests_are_no_packages() -> None:
    """With an __init__ in tests/inbox, `import inbox` would be the tests."""
    assert [name_of(path) for path in TESTS if path.name == "__init__.py"] == []


def whole_app() -> Starlette:
    """The app, with every address."""
    app: Any = make_app(assemble(load({"FEDIGROUPS_SECRET": "00" * 32})))
    while not isinstance(app, Starlette):
        app = app.app
    return app


def made_pages() -> dict[str, str]:
    """The pages that `make handbook` makes, as they should be."""
    return {
        "handbook/settings.md": setting_words.handbook(),
        "handbook/limits.md": handbook.limits_page(),
        "handbook/metrics.md": handbook.metrics_page(),
        "handbook/commands.md": handbook.commands_page(main),
        "handbook/routes.md": handbook.routes_page(whole_app().routes),
        "handbook/events.md": handbook.events_page(ROOT),
        "env.example": setting_words.example(),
    }


@pytest.mark.parametrize("name", made_pages())
def test_the_handbook_says_what_the_program_does(name: str) -> None:
    """Settings, limits, metrics, commands, addresses and log events: none is left out."""
    assert (ROOT / "deploy" / name).read_text(encoding="utf-8") == made_pages()[name], (
        "run: make handbook"
    )


def test_every_address_and_metric_and_command_has_a_sentence() -> None:
    pages = made_pages()
    silent = re.findall(r"^\| `([^`]+)` \| .*\|  \|$", pages["handbook/routes.md"], re.MULTILINE)
    assert silent == [], "an endpoint without a docstring"
    shown = re.findall(r"^\| `(/[^`]*)` \|", pages["handbook/routes.md"], re.MULTILINE)
    assert sorted(shown) == sorted(getattr(one, "path", "?") for one in whole_app().routes)
    assert all(one._documentation for one in handbook.described_metrics())
    commands = pages["handbook/commands.md"]
    assert re.findall(r"^## (.*)\n\n```text\n.*\n```\n\n\n", commands, re.MULTILINE) == []
    assert re.findall(r"^- `.*` (?:None)?$", commands, re.MULTILINE) == [], "an option without help"


def test_every_activity_that_is_handled_is_known_as_one_and_told_to_implementers() -> None:
    """Of what is not in the vocabulary, `inbox/unwrap.py` cannot tell that a group reports it."""
    registry = Registry()
    register_all(registry)
    told = (ROOT / "FEDERATION.md").read_text(encoding="utf-8")
    accepted = told.partition("### Accepted")[2]
    handled = set(registry.kinds())
    assert handled <= ACTIVITY_TYPES, "federation/vocabulary.py"
    assert {one for one in handled if f"`{one}" not in accepted} == set(), "FEDERATION.md, Accepted"


def test_every_rule_that_runs_by_itself_has_its_words_and_a_line_in_the_handbook() -> None:
    told = (ROOT / "deploy" / "handbook" / "moderation.md").read_text(encoding="utf-8")
    assert words.RULES.keys() == automatic.SORTS.keys(), "fedigroups/web/words.py, RULES"
    shown = set(re.findall(r"`(?:--add )?([a-z]+) --", told))
    assert automatic.SORTS.keys() <= shown, "handbook/moderation.md"


@pytest.mark.parametrize("name", ["run.txt", "dev.txt"])
def test_every_dependency_is_pinned_by_hash_and_no_host_is_named(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    pins = re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==\S+ \\$", text, re.MULTILINE)
    named = re.findall(r"^[^\s#].*$", text, re.MULTILINE)
    assert len(pins) == len(named) > 20
    assert "://" not in text
    assert not re.search(r"^--?\w", text, re.MULTILINE), "an option such as an index"
    for block in re.split(r"\n(?=[a-z0-9])", text)[1:]:
        assert "--hash=sha256:" in block


def test_tests_run_with_what_the_server_runs_with() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
        without_extras = re.sub(r"\[[a-z,]+\]==", "==", text)
        return set(re.findall(r"^([a-z0-9-]+==\S+)", without_extras, re.MULTILINE))

    assert pins("run.txt") <= pins("dev.txt")


DECIDED = {"ban", "remove", "refuse", "pardon", "mute", "appoint"}
"""What `membership` does to people who did not wish for it."""


def test_nobody_is_refused_or_removed_but_by_a_decision() -> None:
    """Decisions reach whom they concern with a reason: `fedigroups.moderation.decide`."""
    elsewhere = [
        f"{name_of(path)}: {ast.unparse(call)[:60]}"
        for path in SOURCES
        if "/moderation/effects/" not in name_of(path)
        for call in ast.walk(tree(path))
        if isinstance(call, ast.Call) and _takes_away(call)
    ]
    assert elsewhere == []


def _takes_away(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    words = {one.value for one in call.args if isinstance(one, ast.Constant)}
    ends = name in {"threads.end", "end"} and "removed" in words
    settles = name == "submissions.settle"
    return ends or settles or name in {f"membership.{verb}" for verb in DECIDED}
