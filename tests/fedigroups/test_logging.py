"""The log: lines for people, JSON lines for programs, and everything through one door."""

from __future__ import annotations

import io
import json
import logging as stdlib
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from fedigroups import logging


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = stdlib.getLogger()
    handlers, level = root.handlers[:], root.level
    own = stdlib.getLogger("fedigroups")
    before = own.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    own.setLevel(before)
    structlog.reset_defaults()


def written(form: str, level: str = "info") -> io.StringIO:
    """What a log writes to, configured."""
    stream = io.StringIO()
    logging.configure(form, level, stream)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """The JSON lines in it."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_json_line_with_its_facts() -> None:
    stream = written("json")
    log = structlog.get_logger("fedigroups.inbox")
    log.info("inbox.refused", reason="zu groß\nund lang", peer="evil.example")
    [line] = lines(stream)
    assert line["event"] == "inbox.refused"
    assert line["reason"] == "zu groß\nund lang"
    assert line["peer"] == "evil.example"
    assert line["logger"] == "fedigroups.inbox"
    assert line["level"] == "info"
    assert line["timestamp"].endswith("Z")


def test_the_standard_library_logs_through_the_same_door() -> None:
    stream = written("json")
    stdlib.getLogger("uvicorn.error").warning(
        "socket %s", "closed", extra={"peer": "m.example", "color_message": "x"}
    )
    [line] = lines(stream)
    assert line["event"] == "socket closed"
    assert line["logger"] == "uvicorn.error"
    assert line["peer"] == "m.example"
    assert "color_message" not in line


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_traceback_is_kept(form: str) -> None:
    stream = written(form)
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        structlog.get_logger("fedigroups.app").exception("app.failed")
    assert "ZeroDivisionError" in stream.getvalue()
    assert form == "console" or len(lines(stream)) == 1


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_shows_no_value_of_what_was_held(form: str) -> None:
    stream = written(form)
    password = "correct horse " + "battery"
    try:
        raise ConnectionRefusedError(len(password))
    except OSError:
        structlog.get_logger("fedigroups.bus").exception("bus.lost")
    assert "ConnectionRefusedError" in stream.getvalue()
    assert password not in stream.getvalue(), "the password of a database that is away"


def test_what_cannot_be_json_is_written_as_text() -> None:
    stream = written("json")
    structlog.get_logger("fedigroups").info(
        "x.y", what={1, 2}, raw=b"\xff", number=2**70, half="\ud800"
    )
    [line] = lines(stream)
    assert (line["event"], line["number"], line["half"]) == ("x.y", 2**70, "\ud800")


def test_the_console_is_for_people_and_without_colours_in_a_file() -> None:
    stream = written("console")
    structlog.get_logger("fedigroups.app").info("app.started", origin="https://groups.example")
    assert "app.started" in stream.getvalue()
    assert "origin=https://groups.example" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize("form", ["console", "json"])
def test_no_word_of_a_stranger_moves_the_terminal_of_whoever_reads_the_log(form: str) -> None:
    stream = written(form)
    said = "Li\x1b]0;owned\x07\x9b31mke\u202e"
    structlog.get_logger("fedigroups.inbox").info("inbox.ignored", kind=said)
    stdlib.getLogger("uvicorn.error").warning(said)
    try:
        raise ValueError(said)
    except ValueError:
        structlog.get_logger("fedigroups.app").exception("app.failed")
    assert stream.getvalue().count("owned") >= 3
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(stream.getvalue())


def test_below_the_level_nothing_is_written() -> None:
    stream = written("json", "warning")
    structlog.get_logger("fedigroups").info("too.quiet")
    stdlib.getLogger("uvicorn").info("too quiet")
    structlog.get_logger("fedigroups").warning("loud.enough")
    assert [line["event"] for line in lines(stream)] == ["loud.enough"]


@pytest.mark.parametrize("name", ["tortoise.db_client", "python_multipart.multipart", "asyncio"])
def test_neither_sql_with_its_parameters_nor_what_strangers_sent_is_ever_logged(name: str) -> None:
    stream = written("json", "debug")
    stdlib.getLogger(name).debug("INSERT ...: %s", ["a password hash"])
    stdlib.getLogger(name).info("form: %s", ["a password"])
    assert stream.getvalue() == ""
    structlog.get_logger("fedigroups.app").debug("app.said")
    assert [line["event"] for line in lines(stream)] == ["app.said"]


def test_what_is_bound_to_the_task_is_on_every_line() -> None:
    stream = written("json")
    with structlog.contextvars.bound_contextvars(activity="https://m.example/1"):
        structlog.get_logger("fedigroups").info("inbox.done")
        stdlib.getLogger("uvicorn").warning("slow")
    assert [line["activity"] for line in lines(stream)] == ["https://m.example/1"] * 2


def test_configuring_again_replaces_the_first() -> None:
    first, second = written("json"), written("json")
    structlog.get_logger("fedigroups").info("once.only")
    assert first.getvalue() == ""
    assert len(lines(second)) == 1
