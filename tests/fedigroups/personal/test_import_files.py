"""What a file that somebody brings says, and what is left of one that means ill."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile

import pytest

from federation import limits
from federation.errors import Malformed
from fedigroups.personal import import_files
from fedigroups.personal.import_files import Line

OURS = "groups.example"


def parse(format: str, content: str | bytes) -> list[Line]:
    raw = content.encode() if isinstance(content, str) else content
    return import_files.parse(format, raw, OURS)


def subjects(format: str, content: str | bytes) -> list[str]:
    return [line.subject for line in parse(format, content) if not line.left_out]


def archive(packing: int = zipfile.ZIP_DEFLATED, **files: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as made:
        for name, text in files.items():
            made.writestr(name.replace("_", "."), text)
    return out.getvalue()


def test_follows_of_mastodon_say_whether_they_are_shown_and_heard() -> None:
    text = (
        "Account address,Show boosts,Notify on new posts,Languages\r\n"
        'bakers@h.example,false,true,"en, it"\r\n@Turners@H.example,true,false,\r\n'
    )
    assert parse("following", f"\ufeff{text}") == [
        Line("group", "bakers@h.example", "[false, true]"),
        Line("group", "turners@h.example", "[true, false]"),
    ]


@pytest.mark.parametrize(
    ("format", "text", "kept"),
    [
        ("blocks", "eve@evil.example\n\neve@evil.example\n", ["eve@evil.example"]),
        ("mutes", "Account address,Hide notifications\neve@evil.example,true\n",
         ["eve@evil.example"]),
        ("hosts", "#domain\nEvil.Example.\nlocalhost\ngroups.example\n", ["evil.example"]),
        ("bookmarks", "https://m.example/1\njavascript:alert(1)\n", ["https://m.example/1"]),
        ("blocks", "=cmd()@x\n+1\neve\n@\nhttps://\neve@evil.example", ["eve@evil.example"]),
        ("blocks", "tom@groups.example\n", ["tom@groups.example"]),
    ],
)  # fmt: skip
def test_what_names_nobody_is_left_out_and_said_so(format: str, text: str, kept: list[str]) -> None:
    assert subjects(format, text) == kept
    left = [line for line in parse(format, text) if line.left_out]
    assert all(line.subject for line in left)


def test_an_export_of_ours_is_read_but_for_what_it_does_not_know() -> None:
    private = {
        "bookmarks": ["https://m.example/1", 7],
        "people": [
            {"handle": "eve@evil.example", "muted": 1, "blocked": True, "note": "x" * 9_999},
            "nobody",
        ],
        "hashtags": ["tig", "not one"],
        "blocked_hosts": ["evil.example"],
        "filters": [
            {"title": "Spam", "context": "home", "action": "hide", "keyword": "rods"},
            {"title": "Spam", "context": "home", "action": "hide", "keyword": "coins"},
        ],
        "lists": [
            {"title": "Near", "handle": "ann@m.example"},
            {"title": "Far", "handle": "ann@m.example"},
            {"title": "Empty", "handle": None},
        ],
        "muted_threads": {"no": "list"},
    }
    groups = "Account address,Show boosts\nhttps://h.example/groups/-dash,true\n"
    found = parse("export", archive(groups_csv=groups, private_json=json.dumps(private)))
    said = {(line.kind, line.subject): line for line in found if not line.left_out}
    assert [kind for kind, _ in said] == [
        *("group", "host", "post", "hashtag", "block", "mute", "note", "filter", "list"),
    ]
    assert len(said["note", "eve@evil.example"].more) == limits.NOTE_CHARS
    assert json.loads(said["list", "ann@m.example"].more) == ["Near", "Far"]
    assert json.loads(said["filter", "Spam"].more)["words"] == ["rods", "coins"]


BOMB = archive(groups_csv="a@b.example\n" * 400_000)
LONG = "x" * (limits.IMPORT_LINE_CHARS + 1)


@pytest.mark.parametrize(
    ("format", "content"),
    [
        ("blocks", b"\xff\xfe\x00e"),
        ("blocks", "eve@evil.example\n\0"),
        ("blocks", ""),
        ("blocks", "," * 1_000_000),
        ("blocks", LONG),
        ("blocks", "a@b.example\n" * (limits.IMPORT_TEXT_BYTES // 12 + 1)),
        ("blocks", "".join(f"a{n}@b.example\n" for n in range(limits.IMPORT_ROWS + 1))),
        ("export", "no archive"),
        ("export", archive(posts_json="{}")),
        ("export", archive(private_json="[" * 100_000)),
        ("export", archive(private_json="[]")),
        ("export", archive(private_json=r'{"filters": [{"title": "\u0000"}]}')),
        ("export", archive(private_json=r'{"blocked_hosts": ["\ud800"]}')),
        ("export", BOMB),
        ("export", BOMB[:-40]),
        ("nonsense", "eve@evil.example"),
    ],
    ids=range(16),
)
def test_a_file_that_is_none_or_too_much_is_refused(format: str, content: str | bytes) -> None:
    with pytest.raises(Malformed):
        parse(format, content)


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["bz2", "lzma"])
def test_an_archive_is_not_unpacked_in_a_way_that_has_no_bounds(packing: int) -> None:
    bomb = archive(packing, groups_csv="\n" * 40_000_000)
    assert len(bomb) < 20_000
    assert taken_for(bomb) < 1_000_000


def test_an_archive_costs_no_more_than_what_is_read_of_it() -> None:
    rows = "eve@evil.example\n"
    most = {f"f{number}": "" for number in range(limits.IMPORT_FILES - 1)}
    assert parse("export", archive(groups_csv=rows, **most))
    with pytest.raises(Malformed):
        parse("export", archive(groups_csv=rows, **most, one_more=""))
    crowd = archive(groups_csv=rows, **{f"f{number}": "" for number in range(20_000)})
    assert taken_for(crowd) < 1_000_000


def taken_for(content: bytes) -> int:
    """How much memory it takes to find out that it is none of ours."""
    tracemalloc.start()
    try:
        with pytest.raises(Malformed):
            parse("export", content)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_file_may_be_as_long_as_the_limits_say() -> None:
    rows = "".join(f"a{n}@b.example\n" for n in range(limits.IMPORT_ROWS))
    assert len(parse("blocks", rows)) == limits.IMPORT_ROWS
    assert subjects("blocks", f"eve@evil.example,{'x' * (limits.IMPORT_LINE_CHARS - 17)}")
    assert len(BOMB) < limits.IMPORT_BYTES
