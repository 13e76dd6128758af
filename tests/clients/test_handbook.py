"""What the handbook says about apps is run here, word for word: toot's commands and the script."""

from __future__ import annotations

import asyncio
import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest
from mastodon import Mastodon

from fedigroups.accounts import people
from fedigroups.cli.stage import Actor
from fedigroups.groups import founding
from fedigroups.groups.founding import Profile
from fedigroups.instance import opened
from fedigroups.oauth import apps, tokens
from fedigroups.settings import load
from guests import PASSWORD, code_for

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]

PAGE = Path(__file__).parents[2] / "deploy" / "handbook" / "apps.md"
THERE = "https://groups.example"
QUESTION = "Which rod for thin sheet?"
SECONDS = 60.0
SCOPES = ("read", "write", "follow")


class Server(Actor):
    """A server as `make run` starts it, which also takes passwords from programs."""

    def environment(self) -> dict[str, str]:
        """With what the handbook says that `toot login_cli` needs."""
        return super().environment() | {"FEDIGROUPS_PASSWORD_GRANT": "on"}


@dataclass(frozen=True)
class Place:
    """The running server; Olga runs the welders there, and Tom, who has this token, asks them."""

    server: Server
    olga: Mastodon
    token: str


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = Server("Trial", "127.0.0.1", tmp_path_factory.mktemp("server"))
    olgas, toms = asyncio.run(_settled(made))
    try:
        made.start()
        olga = Mastodon(access_token=olgas, api_base_url=made.origin, mastodon_version="4.3.0")
        yield Place(made, olga, toms)
    finally:
        made.kill()


async def _settled(server: Server) -> list[str]:
    """Tokens of Olga's and Tom's, as `fedigroups user token` makes them."""
    found = []
    async with opened(load(server.environment())) as instance:
        for name in ("olga", "tom"):
            address = f"{name}@groups.example"
            account = await people.sign_up(instance.wire, name, email=address, password=PASSWORD)
            made = await apps.register(
                "An app", [apps.OUT_OF_BAND], SCOPES, "", plain=instance.wire.config.allow_http
            )
            found.append((await tokens.issue(made.app, list(SCOPES), account.id)).secret)
        olga = await people.person_named(instance.wire, "olga")
        await founding.found(instance.wire, "welders", olga, Profile(title="Welders"))
    return found


def block(begins: str) -> str:
    """What the page shows as code, from such a beginning."""
    (found,) = re.findall(rf"^```\n({re.escape(begins)}.*?)^```", PAGE.read_text(), re.S | re.M)
    return str(found)


class Shell:
    """Tom's, with toot, on a machine of his own."""

    def __init__(self, server: Server, home: Path) -> None:
        self.server = server
        self.environment = {
            "HOME": str(home),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "LANG": "C.UTF-8",
        }

    def begin(self, line: str) -> subprocess.Popen[str]:
        """A command of the handbook, which can read from no terminal."""
        return subprocess.Popen(
            ["bash", "-c", line.replace(THERE, self.server.origin)],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, line: str, typed: str = "") -> str:
        """What a command says, which ends well."""
        process = self.begin(line)
        said, _ = process.communicate(typed, timeout=SECONDS)
        assert process.returncode == 0, f"{line}: {said}"
        return said

    def log_in(self, line: str) -> str:
        """As `run`: open the address that is shown in a browser, and type the code there."""
        with self.begin(line) as process:
            assert process.stdin
            assert process.stdout
            try:
                process.stdin.write("n\n")
                process.stdin.flush()
                url = next(one for one in process.stdout if one.startswith(self.server.origin))
                code = code_for(self.server.origin, url.strip(), "tom")
                said, _ = process.communicate(f"{code}\n", timeout=SECONDS)
            finally:
                process.kill()
            return said


def test_toot_signs_in_asks_a_group_and_reads_the_answer(place: Place, tmp_path: Path) -> None:
    shell = Shell(place.server, tmp_path)
    login, follow, post, timeline, thread, told = block("toot login --instance").splitlines()
    assert "Successfully logged in" in shell.log_in(login)
    assert "now following welders" in shell.run(follow)
    assert "Toot posted" in shell.run(post)
    asked = place.olga.timeline_public(local=True)[0]
    place.olga.status_post("@tom MIG, and slowly.", in_reply_to_id=asked)
    shown = shell.run(timeline)
    assert QUESTION in shown
    number = re.search(r"ID (\d+)", shown)
    assert number
    shown = shell.run(thread.replace("POST", number[1]))
    assert shown.index(QUESTION) < shown.index("MIG, and slowly.")
    assert "MIG, and slowly." in shell.run(told)


def test_toot_signs_in_with_a_password_where_the_operator_allows_it(
    place: Place, tmp_path: Path
) -> None:
    shell = Shell(place.server, tmp_path)
    assert "Successfully logged in" in shell.run(block("toot login_cli"), f"{PASSWORD}\n")
    assert "@tom" in shell.run("toot whoami")


def test_a_script_asks_a_group_and_hears_the_answer_as_it_comes(place: Place) -> None:
    script = "\n".join(
        (
            block("from mastodon import Mastodon").replace('"..."', repr(place.token)),
            "print(question.id, [answer.id for answer in answers])",
            block("from mastodon import StreamListener"),
        )
    )
    command = [sys.executable, "-u", "-c", script.replace(THERE, place.server.origin)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        said = lines(process.stdout)
        try:
            number, answers = said.get(timeout=SECONDS).split(maxsplit=1)
            assert answers.strip() == "[]"
            # whether it listens already nobody says: whoever answers twice is heard at last
            while not (heard := _next(said)):
                place.olga.status_post("@tom MIG, and slowly.", in_reply_to_id=number)
            assert heard.split() == ["mention", "olga"]
        finally:
            process.kill()
            while said.get(timeout=SECONDS):
                pass


def lines(stream: IO[str]) -> queue.Queue[str]:
    """The lines of a stream as they come; an empty one at its end."""
    found: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in stream:
            found.put(line)
        found.put("")

    threading.Thread(target=read, daemon=True).start()
    return found


def _next(said: queue.Queue[str]) -> str:
    """The next line, or an empty one after a while without any."""
    try:
        return said.get(timeout=2)
    except queue.Empty:
        return ""
