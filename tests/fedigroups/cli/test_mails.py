"""`mail`: what waits, and a letter to try the mail server with."""

from __future__ import annotations

from pathlib import Path

from commands import Run, ask


def test_an_operator_sees_what_waits_and_tries_the_mail_server(
    founded: Run, tmp_path: Path
) -> None:
    found = ask(founded, "mail", "status")
    assert found["server"] is None
    assert (found["waiting"], found["people_with_a_digest"]) == (0, 2)
    written = founded("mail", "test", "olga@mail.example")
    assert written.exit_code == 0
    [path] = (tmp_path / "data" / "mail").glob("*.eml")
    assert "To: olga@mail.example" in path.read_text()
    assert founded("mail", "test", "olga").exit_code == 1
