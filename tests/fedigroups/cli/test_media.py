"""Pictures from the command line: with posts, for groups and people; and how much there is."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

import drawn
from commands import Run, ask


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "bead.png"  # it is a JPEG
    path.write_bytes(drawn.photo(900, 600))
    return str(path)


def rows(tmp_path: Path, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(tmp_path / "data" / "fedigroups.sqlite3") as link:
        return link.execute(sql).fetchall()


def test_a_post_is_written_with_pictures(founded: Run, photo: str, tmp_path: Path) -> None:
    said = (
        "--as",
        "olga",
        "--text",
        "Look.",
        "--image",
        photo,
        "--image",
        photo,
        "--alt",
        "A bead",
    )
    made = ask(founded, "post", "write", "welders", *said)
    answer = ("--as", "tom", "--text", "So?", "--image", photo)
    ask(founded, "post", "reply", made["id"], *answer)
    kept = rows(tmp_path, "SELECT state, description, holder FROM media ORDER BY id")
    assert kept[:2] == [("held", "A bead", made["uri"]), ("held", "", made["uri"])]
    assert len(kept) == 3
    usage = ask(founded, "media", "usage")
    assert (usage["uploads"], usage["waiting"]) == (3, 0)
    assert "3, 0." in founded("media", "usage").output


def test_what_cannot_be_attached_is_said(founded: Run, photo: str, tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_bytes(drawn.SVG)
    write = ("post", "write", "welders", "--as", "olga", "--text", "Look.")
    refused = founded(*write, "--image", str(tmp_path / "notes.png"))
    assert refused.exit_code == 1
    assert "no JPEG, PNG, WebP, GIF or AVIF" in refused.stderr
    refused = founded(*write, "--alt", "A bead")
    assert "more --alt than --image" in refused.stderr
    assert ask(founded, "post", "list", "welders") == []


def test_a_group_and_a_person_get_icons_and_banners(
    founded: Run, photo: str, tmp_path: Path
) -> None:
    assert founded("group", "set", "welders", "--icon", photo, "--banner", photo).exit_code == 0
    assert founded("user", "set", "olga", "--icon", photo, "--display", "Olga B.").exit_code == 0
    ((icon, banner),) = rows(tmp_path, "SELECT icon_url, banner_url FROM groups")
    assert str(icon).startswith("http://localhost:8000/media/")
    assert str(banner).startswith("http://localhost:8000/media/")
    ((name, face),) = rows(tmp_path, "SELECT name, icon_url FROM actor WHERE username = 'olga'")
    assert (name, str(face)[:28]) == ("Olga B.", "http://localhost:8000/media/")

    saved = ask(founded, "backup", str(tmp_path / "groups.backup"))
    assert (saved["pictures"], saved["missing"]) == (4, [])  # icons have no preview
    elsewhere = "https://pictures.example/1.png"
    assert founded("group", "set", "welders", "--icon", elsewhere).exit_code == 0
    assert founded("group", "set", "welders", "--banner", "").exit_code == 0
    assert rows(tmp_path, "SELECT icon_url, banner_url FROM groups") == [(elsewhere, "")]
    held = rows(tmp_path, "SELECT COUNT(*) FROM media WHERE state = 'held'")
    assert held == [(1,)]
    refused = founded("group", "set", "welders", "--icon", "no-such-file")
    assert "neither a file nor" in refused.stderr


def test_a_group_is_made_with_an_icon(founded: Run, photo: str, tmp_path: Path) -> None:
    words = ("group", "create", "bakers", "--owner", "olga", "--icon", photo)
    assert founded(*words).exit_code == 0
    ((icon,),) = rows(tmp_path, "SELECT icon_url FROM groups WHERE name = 'bakers'")
    assert str(icon).startswith("http://localhost:8000/media/")


def test_what_nobody_holds_is_swept_and_a_dry_run_only_says_so(
    founded: Run, photo: str, tmp_path: Path
) -> None:
    made = ask(founded, "post", "write", "welders", "--as", "olga", "--text", "x", "--image", photo)
    assert founded("post", "delete", made["id"], "--as", "olga").exit_code == 0
    would = ask(founded, "media", "sweep", "--dry-run")
    assert would["uploads"] == 1
    assert ask(founded, "media", "sweep") == would
    assert "0 uploads and 0 copies are forgotten" in founded("media", "sweep").output
    folder = tmp_path / "data" / "media"
    assert not [one for one in folder.rglob("*") if one.is_file()]


def test_the_doctor_says_when_pictures_cannot_be_kept(founded: Run) -> None:
    assert "can be stored and found" in founded("doctor").output
    ill = founded(
        "doctor",
        FEDIGROUPS_S3_URL="http://127.0.0.1:1/media",
        FEDIGROUPS_S3_KEY="AKIA",
        FEDIGROUPS_S3_SECRET="x",
    )
    assert ill.exit_code == 1
    assert "FEDIGROUPS_S3_*" in ill.output
