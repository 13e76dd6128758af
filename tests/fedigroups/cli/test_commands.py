"""The commands as an operator types them, each in a fresh process of the imagination."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from typing import TextIO

import click
import pytest

from commands import Run, ask, typed
from federation import keys
from fedigroups.cli import main
from fedigroups.cli.queue import owed_line
from outbox.lanes import State
from outbox.report import HostReport


def test_a_new_instance_says_how_to_make_the_first_account_and_group(run: Run) -> None:
    assert "fedigroups user create" in run("user", "list").output
    assert "fedigroups group create" in run("group", "list").output


def test_a_person_with_a_password_is_made_from_standard_input(run: Run) -> None:
    made = run("user", "create", "olga", "--password-stdin", given="correct horse battery\n")
    assert made.exit_code == 0
    assert ask(run, "user", "list")[0]["name"] == "olga"


def test_a_short_password_is_refused_and_nobody_is_made(run: Run) -> None:
    refused = run("user", "create", "olga", "--password-stdin", given="short\n")
    assert refused.exit_code == 1
    assert "10 to 1000 characters" in refused.stderr
    assert ask(run, "user", "list") == []


@pytest.mark.parametrize("name", ["Olga", "ol-ga", "admin", "", "olga" * 20, "оlga"])
def test_a_name_that_others_could_not_use_is_refused_with_a_reason(run: Run, name: str) -> None:
    refused = run("user", "create", name)
    assert refused.exit_code == 1
    assert "name" in refused.stderr


def test_people_and_groups_share_their_names(founded: Run) -> None:
    refused = founded("group", "create", "tom", "--owner", "olga", "--title", "Tom's")
    assert refused.exit_code == 1
    assert "taken" in refused.stderr


def test_a_group_needs_an_owner_who_lives_here(run: Run) -> None:
    refused = run("group", "create", "welders", "--owner", "nobody", "--title", "Welders")
    assert refused.exit_code == 1
    assert "user list" in refused.stderr


def test_a_thread_is_started_answered_edited_liked_and_taken_back(founded: Run) -> None:
    asked = ask(founded, "post", "write", "welders", "--as", "tom", "--title", "Rods",
                "--text", "Which one?")  # fmt: skip
    answer = ask(founded, "post", "reply", asked["uri"], "--as", "olga", "--text", "1.6 mm.")
    assert founded("post", "like", asked["id"], "--as", "olga").exit_code == 0
    assert founded("post", "edit", answer["id"], "--as", "olga", "--text", "2 mm.").exit_code == 0
    rows = {row["id"]: row for row in ask(founded, "post", "list", "welders")}
    assert rows[asked["id"]]["likes"] == 1
    assert rows[answer["id"]]["text"] == "2 mm."
    assert rows[answer["id"]]["edited"]
    assert founded("post", "unlike", asked["id"], "--as", "olga").exit_code == 0
    assert founded("post", "delete", answer["id"], "--as", "olga").exit_code == 0
    rows = {row["id"]: row for row in ask(founded, "post", "list", "welders")}
    assert rows[asked["id"]]["likes"] == 0
    assert rows[answer["id"]]["state"] == "deleted"
    assert rows[answer["id"]]["text"] == ""


def test_the_text_of_a_post_may_come_from_standard_input(founded: Run) -> None:
    made = founded("post", "write", "welders", "--as", "tom", "--json", given="From a *file*.")
    assert "From a file." in json.loads(made.stdout)["text"]


def test_nobody_edits_or_deletes_what_another_wrote(founded: Run) -> None:
    asked = ask(founded, "post", "write", "welders", "--as", "tom", "--text", "Mine.")
    for words in (("edit", asked["id"], "--text", "Yours."), ("delete", asked["id"])):
        refused = founded("post", *words, "--as", "olga")
        assert refused.exit_code == 1
        assert "not yours" in refused.stderr


def test_somebody_who_is_no_member_is_told_to_join_first(founded: Run) -> None:
    founded("user", "create", "eve")
    refused = founded("post", "write", "welders", "--as", "eve", "--text", "Buy followers")
    assert refused.exit_code == 1
    assert "join it first" in refused.stderr


def test_an_approval_group_keeps_people_waiting_until_a_host_says_yes(founded: Run) -> None:
    assert founded("group", "set", "welders", "--join", "approval").exit_code == 0
    founded("user", "create", "mia")
    assert ask(founded, "group", "join", "welders", "--as", "mia")["state"] == "asked"
    waiting = ask(founded, "group", "members", "welders", "--state", "asked")
    assert [row["handle"] for row in waiting] == ["mia@localhost:8000"]
    assert founded("group", "approve", "welders", "mia").exit_code == 0
    assert ask(founded, "group", "members", "welders", "--state", "asked") == []
    again = founded("group", "approve", "welders", "mia")
    assert again.exit_code == 1
    assert "has not asked" in again.stderr


def test_a_banned_member_cannot_come_back(founded: Run) -> None:
    assert founded("group", "remove", "welders", "tom", "--ban", "--reason", "spam").exit_code == 0
    assert ask(founded, "group", "join", "welders", "--as", "tom")["state"] == "refused"
    assert founded("group", "pardon", "welders", "tom").exit_code == 0
    assert ask(founded, "group", "join", "welders", "--as", "tom")["state"] == "member"
    assert founded("group", "pardon", "welders", "tom").exit_code == 1


def test_an_invitation_group_lets_in_whom_it_invited(founded: Run) -> None:
    assert "user password mia" in founded("user", "create", "mia").output
    assert founded("group", "set", "welders", "--join", "invite").exit_code == 0
    for named in ("mia@localhost:8000", "mia"):
        founded("group", "leave", "welders", "--as", "mia")
        assert ask(founded, "group", "join", "welders", "--as", "mia")["state"] == "refused"
        assert founded("group", "invite", "welders", named).exit_code == 0
        assert ask(founded, "group", "join", "welders", "--as", "mia")["state"] == "member"


def test_the_owner_is_not_put_out_of_their_own_group(founded: Run) -> None:
    refused = founded("group", "remove", "welders", "olga", "--reason", "spam")
    assert refused.exit_code == 1
    assert "owner" in refused.stderr


def test_a_moderator_takes_a_post_away_with_a_reason(founded: Run) -> None:
    asked = ask(founded, "post", "write", "welders", "--as", "tom", "--text", "Buy my rods!")
    refused = founded("post", "remove", asked["id"], "--as", "tom", "--reason", "mine")
    assert refused.exit_code == 1
    done = founded("post", "remove", asked["id"], "--as", "olga", "--reason", "Rule 2.")
    assert done.exit_code == 0
    assert ask(founded, "post", "show", asked["id"])["state"] == "removed"


def test_a_group_is_changed_and_a_bad_choice_names_the_right_ones(founded: Run) -> None:
    assert founded("group", "set", "welders", "--title", "The Welders").exit_code == 0
    assert ask(founded, "group", "show", "welders")["title"] == "The Welders"
    refused = founded("group", "set", "welders", "--join", "anyhow")
    assert refused.exit_code == 2
    assert "approval" in refused.stderr
    for nothing in (("group", "set", "welders"), ("user", "set", "olga")):
        assert "nothing to change" in founded(*nothing).stderr


def test_unknown_things_are_named_with_the_command_that_lists_them(founded: Run) -> None:
    for words, hint in (
        (("group", "show", "plumbers"), "group list"),
        (("post", "show", "12"), "post list"),
        (("post", "show", "9" * 30), "post list"),
        (("post", "show", "\u0661\u0662"), "post list"),
        (("peer", "show", "h.example"), "peer list"),
        (("user", "show", "nobody"), "user list"),
        (("group", "show", "@plumbers@h.example"), "group join"),
    ):
        refused = founded(*words)
        assert refused.exit_code == 1
        assert hint in refused.stderr


def test_what_a_terminal_would_obey_is_not_printed(founded: Run) -> None:
    title = "Weld\x1b[2Jers \u202eevil\x9b\rX"
    assert founded("group", "set", "welders", "--title", title).exit_code == 0
    shown = founded("group", "list").output, founded("group", "list", "--json").output
    assert not {sign for text in shown for sign in text} & set("\x1b\x9b\r\u202e")
    assert ask(founded, "group", "show", "welders")["title"] == title


def test_a_word_that_is_no_text_is_refused_before_anything_is_done(founded: Run) -> None:
    refused = founded("peer", "block", "spam.example", "--note", "\udcff")
    assert (refused.exit_code, "UTF-8" in refused.stderr) == (2, True)
    assert ask(founded, "peer", "list") == []


def test_a_peer_is_blocked_and_unblocked(founded: Run) -> None:
    assert founded("peer", "block", "evil.example", "--note", "spam").exit_code == 0
    assert ask(founded, "peer", "list")[0]["blocked"] is True
    assert founded("peer", "unblock", "evil.example").exit_code == 0
    assert ask(founded, "peer", "show", "evil.example")["blocked"] is False


def public_keys(folder: Path) -> dict[str, str]:
    with closing(sqlite3.connect(next(folder.glob("data/*.sqlite3")))) as link:
        return dict(link.execute("SELECT uri, public FROM key").fetchall())


def test_one_actor_here_or_all_get_new_keys(
    founded: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "SHOWN_MS", 0)  # nobody else runs, who would have to notice
    monkeypatch.setattr(keys, "FRESH_SECONDS", 0.0)
    first = public_keys(tmp_path)
    would = json.loads(founded("key", "rotate", "--all", "--dry-run", "--json").stdout)
    assert len(would) * 2 == len(first)
    assert not any(one["rotated"] for one in would)
    assert public_keys(tmp_path) == first
    assert "yes" in founded("key", "rotate", "welders").output
    second = public_keys(tmp_path)
    changed = {uri.partition("#")[0] for uri in first if first[uri] != second[uri]}
    assert changed == {"http://localhost:8000/groups/welders"}
    assert founded("key", "rotate", "--all").exit_code == 0
    assert not set(second.values()) & set(public_keys(tmp_path).values())
    assert founded("doctor").exit_code == 0


def test_new_keys_are_for_somebody_here_who_is_named(founded: Run) -> None:
    unknown = founded("key", "rotate", "nobody")
    assert (unknown.exit_code, "nobody here is named" in unknown.stderr) == (1, True)
    for words in ((), ("welders", "--all")):
        assert founded("key", "rotate", *words).exit_code == 2


def test_a_host_is_owed_in_the_words_of_the_handbook() -> None:
    report = HostReport("m.example", 1, 0, State.FAILING, 2, 0, 0, "answered 502")
    assert owed_line(report)["state"] == "failing"


def test_tables_say_yes_and_no(founded: Run) -> None:
    lines = founded("user", "list").output.splitlines()
    assert [line.split()[-1] for line in lines] == ["IN", "yes", "yes"]
    assert [line.split()[-2] for line in lines] == ["ROLE", "admin", "member"]


@pytest.mark.parametrize("family", [main, *main.commands.values()])
def test_the_list_of_commands_cuts_no_sentence(family: click.Command) -> None:
    below = getattr(family, "commands", {})
    room = 72 - max(map(len, below), default=0)  # of 80 columns, beside the names
    cut = [name for name, one in below.items() if one.get_short_help_str(room).endswith("...")]
    assert cut == []


def test_the_queue_of_a_quiet_instance_says_so(founded: Run) -> None:
    assert "Nothing is owed" in founded("queue", "show").output
    assert "Nothing failed" in founded("queue", "failed").output
    assert founded("queue", "retry", "h.example").exit_code == 1


def test_the_doctor_finds_a_new_instance_well(founded: Run) -> None:
    well = founded("doctor")
    assert well.exit_code == 0, well.output
    assert "WRONG" not in well.output
    assert {row["check"] for row in ask(founded, "doctor")} >= {"database", "secret", "disk"}


def test_the_doctor_finds_who_reads_what_they_should_not_and_mends_it(
    founded: Run, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "data" / "fedigroups.sqlite3") as rows:
        rows.execute("INSERT INTO stream (name, head) VALUES ('group:1:thread', 0)")
        rows.execute(
            "INSERT INTO subscription (id, stream, inbox, host, cursor, claimed, created_at)"
            " VALUES (1, 'group:1:thread', 'https://m.example/inbox', 'm.example', 0, 0, 0)"
        )
    rows.close()
    ill = founded("doctor")
    assert ill.exit_code == 1
    assert "WRONG  readers" in ill.output
    assert "doctor --mend" in ill.output
    assert founded("doctor", "--mend").exit_code == 0
    assert founded("doctor").exit_code == 0


def test_a_secret_that_does_not_fit_the_keys_stops_every_command(founded: Run) -> None:
    stopped = founded("user", "list", FEDIGROUPS_SECRET="00" * 32)
    assert stopped.exit_code == 3
    assert "FEDIGROUPS_SECRET" in stopped.stderr


def test_wrong_settings_are_all_named_at_once_with_examples(run: Run) -> None:
    wrong = run("config", "check", FEDIGROUPS_ORIGIN="groups.example", FEDIGROUPS_SIGNUP="maybe",
                FEDIGROUPS_ORIGINN="x")  # fmt: skip
    assert wrong.exit_code == 3
    for word in ("FEDIGROUPS_ORIGIN", "https://groups.example", "FEDIGROUPS_SIGNUP", "ORIGINN"):
        assert word in wrong.stderr


def test_another_origin_on_the_same_database_is_refused(founded: Run) -> None:
    refused = founded("user", "list", FEDIGROUPS_ORIGIN="http://localhost:9000")
    assert refused.exit_code == 3
    assert "cannot change" in refused.stderr


def test_settings_are_shown_without_their_secrets(run: Run) -> None:
    shown = run("config", "show", FEDIGROUPS_SECRET="ab" * 32)
    assert "FEDIGROUPS_ORIGIN=http://localhost:8000" in shown.output
    assert "abab" not in shown.output


def test_migrating_twice_changes_nothing_the_second_time(tmp_path: Path) -> None:
    first = typed(tmp_path, "migrate", "--json")
    assert json.loads(first.stdout[first.stdout.index("{") :])["steps"][0] == "0001_initial"
    assert "up to date" in typed(tmp_path, "migrate").output


@pytest.mark.parametrize(
    "words", [(), ("user",), ("group",), ("post",), ("key",), ("peer",), ("queue",), ("config",)]
)
def test_every_family_of_commands_explains_itself(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words, "--help").exit_code == 0


def test_the_index_of_the_search_is_made_anew(founded: Run) -> None:
    ask(founded, "post", "write", "welders", "--as", "olga", "--text", "Which rod?")
    assert ask(founded, "search", "reindex", "--dry-run") == {"posts": 1, "indexed": 1}
    assert ask(founded, "search", "reindex") == {"posts": 1, "indexed": 1}
    assert "1 posts were looked at" in founded("search", "reindex").output


def test_a_group_says_whether_it_is_found(founded: Run) -> None:
    assert founded("group", "set", "welders", "--undiscoverable", "--unindexable").exit_code == 0
    assert founded("group", "set", "welders", "--discoverable").exit_code == 0


def _gone() -> TextIO:
    """A pipe whose reader has left, as `head` does."""
    read, write = os.pipe()
    os.close(read)
    return os.fdopen(write, "w")


def _left(stream: TextIO | None, *words: str) -> int:
    """The status with which a command leaves whose standard output this is."""
    with redirect_stdout(stream), pytest.raises(SystemExit) as left:
        main(words, prog_name="fedigroups")
    with suppress(OSError):
        (stream or StringIO()).close()
    return int(left.value.code or 0)


def test_what_cannot_be_said_is_no_traceback_and_not_said_to_be_undone(
    founded: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FEDIGROUPS_DATA_DIR", "data")
    assert _left(_gone(), "user", "create", "ann") == 1
    assert capsys.readouterr().err == ""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        assert _left(full, "user", "create", "bob") == 1
    assert "It is done, but" in capsys.readouterr().err
    assert _left(None, "backup", "-") == 3
    assert "name a file" in capsys.readouterr().err
    assert {one["name"] for one in ask(founded, "user", "list")} == {"ann", "bob", "olga", "tom"}


def test_who_stops_a_command_before_it_began_sees_no_traceback() -> None:
    script = """
import os, signal, fedigroups.__main__ as program
signal.signal(signal.SIGINT, signal.default_int_handler)
program.import_module = lambda _name: os.kill(os.getpid(), signal.SIGINT)
program.main()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, b"")
