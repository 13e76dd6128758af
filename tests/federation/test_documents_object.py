from __future__ import annotations

from typing import Any

import pytest

from federation import limits
from federation.documents import AttachmentDoc, ObjectDoc, TagDoc, read_object
from federation.errors import Malformed
from federation.vocabulary import POST_TYPES, PUBLIC

ANN = "https://m.example/users/ann"
BOB = "https://l.example/u/bob"
EVE = "https://evil.example/u/eve"
WELDERS = "https://groups.example/groups/welders"
NOTE = f"{ANN}/statuses/1"

junk: list[Any] = [None, 7, True, "", "1", "admin", [], {}, [[]], [None], {"id": 7}, "acct:ann@m"]


def note(**changes: Any) -> dict[str, Any]:
    return {"id": NOTE, "type": "Note", "attributedTo": ANN, "content": "<p>hi</p>"} | changes


def read_note(**changes: Any) -> ObjectDoc:
    return read_object(note(**changes))


def test_a_microblog_reply_is_read() -> None:
    doc = read_note(
        inReplyTo={"id": f"{BOB}/2"},
        url="https://m.example/@ann/1",
        published="2026-01-02T10:00:05Z",
        summary="spoiler",
        sensitive=True,
        contentMap={"en": "<p>hi</p>"},
        context="https://l.example/post/1/context",
    )
    assert (doc.id, doc.kind, doc.attributed_to, doc.owners) == (NOTE, "Note", ANN, (ANN,))
    assert (doc.content, doc.summary, doc.language) == ("<p>hi</p>", "spoiler", "en")
    assert (doc.in_reply_to, doc.url) == (f"{BOB}/2", "https://m.example/@ann/1")
    assert (doc.published, doc.updated, doc.sensitive) == (1_767_348_005_000, None, True)
    assert doc.context == "https://l.example/post/1/context"
    assert not doc.is_vote


def test_a_lemmy_page_is_read() -> None:
    doc = read_object(
        {
            "id": "https://l.example/post/1",
            "type": "Page",
            "attributedTo": BOB,
            "name": "Which rod?",
            "content": "<p>…</p>",
            "mediaType": "text/html",
            "source": {"content": "…", "mediaType": "text/markdown"},
            "attachment": [{"type": "Link", "href": "https://w.example/rods"}],
            "language": {"identifier": "de", "name": "Deutsch"},
            "tag": {"type": "Hashtag", "href": "https://l.example/c/x", "name": "#rods"},
        }
    )
    assert (doc.name, doc.source, doc.media_type, doc.language) == (
        "Which rod?",
        "…",
        "text/html",
        "de",
    )
    assert doc.attachments == (AttachmentDoc("Link", "https://w.example/rods", ""),)
    assert doc.tags == (TagDoc("Hashtag", "https://l.example/c/x", "#rods"),)


@pytest.mark.parametrize(
    "owners",
    [
        ANN,
        {"id": ANN, "type": "Person", "publicKey": {"id": "https://evil.example/key"}},
        [{"type": "Person", "id": ANN}, {"type": "Group", "id": WELDERS}],
        [{"type": "Group", "id": WELDERS}, {"type": "Person", "id": ANN}],
        [{"type": "Group", "id": WELDERS}, ANN],
        [{"type": "Person", "id": BOB}, ANN],
        [None, "junk", ANN],
    ],
)
def test_the_author_is_the_first_that_is_not_a_group(owners: Any) -> None:
    assert read_note(attributedTo=owners).attributed_to == ANN


def test_all_owners_are_kept() -> None:
    owners = [{"type": "Person", "id": ANN}, {"type": "Group", "id": WELDERS}]
    assert read_note(attributedTo=owners).owners == (ANN, WELDERS)


@pytest.mark.parametrize("owner", [*junk, {"type": "Group", "id": WELDERS}])
@pytest.mark.parametrize("kind", sorted(POST_TYPES))
def test_a_post_without_an_author_is_refused(kind: str, owner: Any) -> None:
    with pytest.raises(Malformed):
        read_note(type=kind, attributedTo=owner)


def test_a_post_in_the_name_of_another_host_is_refused() -> None:
    with pytest.raises(Malformed):
        read_note(id="https://evil.example/1")


@pytest.mark.parametrize("changes", [{"id": None}, {"id": "junk"}, {"id": [NOTE]}, {"type": None}])
def test_an_object_without_id_or_type_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read_note(**changes)


def test_a_tombstone_needs_no_author() -> None:
    assert read_object({"id": NOTE, "type": "Tombstone"}).attributed_to == ""


@pytest.mark.parametrize("nothing", [None, [], [None], "", {}])
def test_what_answers_nothing_is_no_reply(nothing: Any) -> None:
    assert read_note(inReplyTo=nothing).in_reply_to == ""


@pytest.mark.parametrize("parent", [BOB, {"id": BOB}, [BOB], [{"id": BOB}, EVE]])
def test_a_reply_names_its_parent_in_any_shape(parent: Any) -> None:
    assert read_note(inReplyTo=parent).in_reply_to == BOB


def test_a_vote_is_a_note_with_a_name_and_without_content() -> None:
    vote = {"name": "TIG", "inReplyTo": f"{BOB}/poll"}
    assert read_note(**vote, content=None).is_vote
    assert not read_note(**vote).is_vote
    assert not read_note(name="TIG", content=None).is_vote
    assert not read_note(**vote, content=None, contentMap={"en": "because"}).is_vote
    assert not read_note(**vote, content=None, type="Page").is_vote


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://m.example/@ann/1", "https://m.example/@ann/1"),
        (["https://a.example/1", "https://a.example/2"], "https://a.example/1"),
        (
            [
                {"type": "Link", "mediaType": "video/mp4", "href": "https://v.example/1.mp4"},
                {"type": "Link", "mediaType": "text/html", "href": "https://v.example/w/1"},
            ],
            "https://v.example/w/1",
        ),
        ({"href": ["https://v.example/w/1"]}, "https://v.example/w/1"),
        ("javascript:alert(1)", ""),
        ({"href": {"href": {"href": {"href": {"href": BOB}}}}}, ""),
        (7, ""),
    ],
)
def test_the_page_of_a_post_is_html_where_there_is_a_choice(url: Any, page: str) -> None:
    assert read_note(url=url).url == page


def test_attachments_come_in_three_shapes_and_without_a_url_not_at_all() -> None:
    doc = read_note(
        attachment=[
            {"type": "Document", "url": "https://m.example/1.png", "name": "a bead"},
            {"type": "Video", "url": [{"type": "Link", "href": "https://m.example/1.mp4"}]},
            "https://w.example/",
            {"type": "PropertyValue", "name": "Pronouns", "value": "she"},
            {"type": "Image", "url": "data:image/png;base64,AA"},
            7,
        ]
    )
    assert doc.attachments == (
        AttachmentDoc("Document", "https://m.example/1.png", "a bead"),
        AttachmentDoc("Video", "https://m.example/1.mp4", ""),
        AttachmentDoc("Link", "https://w.example/", ""),
    )


@pytest.mark.parametrize("language", [7, {"identifier": 7}, "x" * 99, "<b>", "", ["en"], None])
def test_a_language_is_a_tag_or_nothing(language: Any) -> None:
    assert read_note(language=language).language == ""


def test_everything_is_bounded() -> None:
    doc = read_note(
        name="n" * 2_000_000,
        content="c" * 2_000_000,
        summary="s" * 2_000_000,
        source="m" * 2_000_000,
        mediaType="t" * 2_000_000,
        tag=[{"type": "Emoji", "name": "e" * 1_000_000}] * 500,
        attachment=["https://w.example/"] * 500,
        attributedTo=[ANN] * 10_000,
    )
    assert (len(doc.name), len(doc.content)) == (limits.NAME_CHARS, limits.CONTENT_CHARS)
    assert (len(doc.summary), len(doc.source)) == (limits.SUMMARY_CHARS, limits.CONTENT_CHARS)
    assert (len(doc.tags), len(doc.attachments)) == (limits.TAGS, limits.ATTACHMENTS)
    assert len(doc.tags[0].name) == limits.NAME_CHARS
    assert len(doc.media_type) < 200
    assert len(doc.owners) < 50


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        (None, None),
        ({}, None),
        ("anyone", None),
        ({"canReply": {"automaticApproval": [ANN]}}, None),
        ({"canAnnounce": {"automaticApproval": [PUBLIC]}}, None),
        ({"canAnnounce": {"automaticApproval": "as:Public"}}, None),
        ({"canAnnounce": {"always": ["Public", ANN]}}, None),
        (
            {"canAnnounce": {"automaticApproval": [ANN, f"{ANN}/followers"]}},
            (ANN, ANN + "/followers"),
        ),
        ({"canAnnounce": {"always": ANN}}, (ANN,)),
        ({"canAnnounce": {"automaticApproval": [], "manualApproval": [PUBLIC]}}, ()),
        ({"canAnnounce": {}}, None),
        ({"canAnnounce": None}, None),
    ],
)
def test_who_may_announce_a_gotosocial_post(policy: Any, allowed: tuple[str, ...] | None) -> None:
    assert read_note(interactionPolicy=policy).can_announce == allowed
