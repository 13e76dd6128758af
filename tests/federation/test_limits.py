"""Each number that bounds a stranger: what is at it or below it passes, what is above does not.

What needs no more than a function is tried here; where the rest is tried says `ELSEWHERE`.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from federation import (
    clock,
    follower_digest,
    http,
    keys,
    limits,
    linked_data,
    multikey,
    negotiation,
    origin,
    signatures,
    strict_json,
)
from federation.addressing import mentions, read
from federation.documents import read_actor, read_object
from federation.errors import BadSignature, Malformed, TooLarge
from federation.vocabulary import AS2
from fedigroups import handbook
from fedigroups.accounts import mailboxes, names, secrets
from fedigroups.content import markdown, sanitise
from fedigroups.groups.handlers.vote import read_reaction
from fedigroups.web import addresses, visitors
from neighbour import rsa, rsa_key
from signing import NOW, Cavage, Message, parameters

ROOT = Path(__file__).resolve().parents[2]
VIC = "https://h.example/users/vic"
LDS = {"type": "RsaSignature2017", "creator": f"{VIC}#main-key", "signatureValue": "AA=="}

Try = Callable[[int], Any]


def mailbox(chars: int) -> str:
    """An e-mail address of so many characters."""
    name = "x" * 60
    host = ".".join(["y" * 62] * 2 + ["z" * (chars - len(name) - 2 * 63 - 5)] + ["com"])
    return f"{name}@{host}"


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


def host(chars: int) -> str:
    labels = "a." * (chars // 2 - 1) + ("aa" if chars % 2 == 0 else "aaa")
    return f"https://{labels[:chars]}/"


def cavage_with(more: int) -> Any:
    """A signature that covers so many headers."""
    names = tuple(f"x-{number}" for number in range(more - 4))
    covered = ("(request-target)", "host", "date", "digest", *names)
    request = Cavage(covered=covered, more=tuple((name, "1") for name in names))
    return signatures.read(request.sent())


def cavage_of(chars: int) -> Any:
    """A Signature header of so many characters."""
    value = Cavage().value() + ',x="'
    return signatures.read(Cavage().sent(value + "x" * (chars - len(value) - 1) + '"'))


def labels(number: int) -> Any:
    """A request with so many signatures."""
    signed = [Message(label=f"sig{each}") for each in range(number)]
    return signatures.read(
        Message().sent(
            ", ".join(one.input() for one in signed), ", ".join(one.value() for one in signed)
        )
    )


def aged(seconds: int) -> Any:
    """A signature of so many seconds ago."""
    return signatures.read(Message(parameters=parameters(created=NOW // 1_000 - seconds)).sent())


def pem(chars: int) -> Any:
    material = rsa_key(VIC, rsa("vic"))["publicKeyPem"]
    return keys.load_public(f"{VIC}#k", VIC, "rsa", material + "\n" * (chars - len(material)))


def rsa_of(bits: int) -> Any:
    material = rsa_key(VIC, rsa(f"{bits} bits", bits))["publicKeyPem"]
    return keys.load_public(f"{VIC}#k", VIC, "rsa", material)


def graph(**document: Any) -> Any:
    signed = {"@context": AS2, "id": f"{VIC}/1", "type": "Note"} | document | {"signature": LDS}
    found = linked_data.signature_of(signed)
    assert found is not None
    return linked_data.covered(signed, found)


def graph_of(size: int) -> Any:
    bare = {"@context": AS2, "id": f"{VIC}/1", "type": "Note", "content": ""}
    return graph(content="x" * (size - len(strict_json.dumps(bare))))


REFUSED: dict[str, tuple[int, Try]] = {
    "BODY_BYTES": (1_000_000, lambda n: strict_json.loads(b'{"a":"%b"}' % (b"x" * (n - 8)))),
    "DEPTH": (32, lambda n: strict_json.loads(nested(n))),
    "NODES": (10_000, lambda n: strict_json.loads(json.dumps({"a": [1] * (n - 1)}).encode())),
    "URI_CHARS": (2_048, lambda n: origin.canonical("https://h.example/" + "x" * (n - 18))),
    "HOST_CHARS": (253, lambda n: origin.canonical(host(n))),
    "SKEW_SECONDS": (3_600, aged),
    "SIGNATURE_CHARS": (8_192, cavage_of),
    "SIGNATURE_PARAMETERS": (20, cavage_with),
    "SIGNATURES": (4, labels),
    "KEY_CHARS": (16_000, pem),
    "MULTIKEY_CHARS": (2_048, lambda n: multikey.decode("z" + "1" * (n - 1))),
    "LINKED_BYTES": (256_000, graph_of),
    "LINKED_NODES": (1_000, lambda n: graph(to=[f"{VIC}/{k}" for k in range(n - 4)])),
    "LINKED_CONTEXTS": (16, lambda n: graph(**{"@context": [AS2] * n})),
    "EMAIL_CHARS": (254, lambda n: mailboxes.check(mailbox(n))),
    "USERNAME_CHARS": (63, lambda n: names.check_name("x" * n)),
}
"""By the limit: its value, and what is refused above it."""


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_at_the_limit_is_taken_and_what_is_above_is_refused(name: str) -> None:
    most, attempt = REFUSED[name]
    assert getattr(limits, name) == most
    with clock.held(NOW):
        attempt(most - 1)
        attempt(most)
        with pytest.raises((Malformed, TooLarge, BadSignature)):
            attempt(most + 1)


def actor(**more: Any) -> Any:
    document = {"id": VIC, "type": "Person", "preferredUsername": "vic", "inbox": f"{VIC}/inbox"}
    return read_actor({"@context": AS2} | document | more)


def note(**more: Any) -> Any:
    return read_object({"id": f"{VIC}/1", "type": "Note", "attributedTo": VIC} | more)


def mention(number: int) -> dict[str, str]:
    return {"type": "Mention", "href": f"https://h.example/users/u{number}"}


def many(number: int) -> list[str]:
    return [f"https://h.example/users/u{each}" for each in range(number)]


SHOWN_PLAIN: dict[str, tuple[int, Callable[[int], str]]] = {
    "HTML_DEPTH": (64, lambda n: sanitise.clean("<blockquote>" * n + "x")),
    "HTML_ELEMENTS": (2_000, lambda n: sanitise.clean("x<br>" * n)),
    "HTML_TAG_CHARS": (8_000, lambda n: sanitise.clean(f"<b {'a' * (n - 2)}>x</b>")),
    "MARKDOWN_SIGNS": (5_000, lambda n: markdown.render("*x* " + "\u00b7!" * (n - 2), {})),
}
"""By the limit: its value, and what is shown as plain text above it."""


@pytest.mark.parametrize("name", SHOWN_PLAIN)
def test_what_is_above_the_limit_is_shown_as_plain_text(name: str) -> None:
    most, shown = SHOWN_PLAIN[name]
    assert getattr(limits, name) == most
    assert [has_markup(shown(n)) for n in (most - 1, most, most + 1)] == [True, True, False]


def has_markup(html: str) -> bool:
    return any(f"<{name}" in html for name in ("blockquote", "br", "b", "em"))


CUT: dict[str, tuple[int, Try]] = {
    "NAME_CHARS": (2_048, lambda n: note(name="x" * n).name),
    "SUMMARY_CHARS": (
        20_000,
        lambda n: max(note(summary="x" * n).summary, actor(summary="x" * n).summary),
    ),
    "CONTENT_CHARS": (100_000, lambda n: note(content="x" * n).content),
    "LABEL_CHARS": (200, lambda n: sanitise.label("x" * n)),
    "LABEL_MARKS": (4, lambda n: sanitise.label("\u0e01" + "\u0e48" * n)[1:]),
    "EMOJI_CHARS": (40, lambda n: read_reaction("EmojiReact", {"content": "x" * n})[1]),
    "TAGS": (100, lambda n: note(tag=[mention(k) for k in range(n)]).tags),
    "MENTIONS": (50, lambda n: mentions({"tag": [mention(k) for k in range(n)]})),
    "ATTACHMENTS": (
        16,
        lambda n: note(attachment=[{"type": "Image", "url": u} for u in many(n)]).attachments,
    ),
    "ALIASES": (16, lambda n: actor(alsoKnownAs=many(n)).also_known_as),
    "RECIPIENTS": (5_000, lambda n: read({"to": many(n)}).to),
    "KEYS_PER_ACTOR": (
        10,
        lambda n: (
            actor(
                publicKey=[
                    rsa_key(VIC, rsa("vic")) | {"id": f"{VIC}#k{number}"} for number in range(n)
                ]
            ).keys
        ),
    ),
}
"""By the limit: its value, and what is cut to it."""


@pytest.mark.parametrize("name", CUT)
def test_what_is_above_the_limit_is_cut(name: str) -> None:
    most, kept = CUT[name]
    assert getattr(limits, name) == most
    assert [len(kept(number)) for number in (most - 1, most, most + 1)] == [most - 1, most, most]


def test_an_rsa_key_has_neither_too_few_bits_nor_too_many() -> None:
    low, high = limits.RSA_BITS
    assert (low, high) == (2_048, 8_192)
    rsa_of(low)
    with pytest.raises(Malformed):
        rsa_of(low - 1)


def test_a_media_type_that_is_too_long_says_nothing() -> None:
    def padded(chars: int) -> str:
        return "application/activity+json".ljust(chars)

    assert limits.MEDIA_CHARS == 2_000
    for judge in (negotiation.is_activity_type, negotiation.wants_activity):
        assert [judge(padded(chars)) for chars in (1_999, 2_000, 2_001)] == [True, True, False]


def test_a_header_about_followers_that_is_too_long_says_nothing() -> None:
    value = follower_digest.Synchronization(VIC, "", follower_digest.EMPTY).header()
    most = limits.SYNCHRONIZATION_CHARS
    assert most == 4_096

    def said(chars: int) -> bool:
        url = "https://h.example/".ljust(chars - len(value), "x")
        header = follower_digest.Synchronization(VIC, url, follower_digest.EMPTY).header()
        assert len(header) == chars
        return follower_digest.read(header) is not None

    assert [said(chars) for chars in (most - 1, most, most + 1)] == [True, True, False]


def test_what_is_typed_as_a_handle_is_none_when_it_is_too_long() -> None:
    assert limits.HANDLE_CHARS == 400

    def is_handle(chars: int) -> bool:
        return bool(addresses.handle("ann@" + ("x" * 49 + ".") * 7 + "x" * (chars - 354)))

    assert [is_handle(chars) for chars in (399, 400, 401)] == [True, True, False]


def test_a_secret_that_is_too_long_opens_nothing() -> None:
    assert limits.SECRET_CHARS == 200
    assert [bool(secrets.digest("x" * chars)) for chars in (199, 200, 201)] == [True, True, False]


def test_what_a_browser_calls_itself_is_cut() -> None:
    assert limits.AGENT_CHARS == 200

    def called(chars: int) -> int:
        headers = [(b"user-agent", b"x" * chars)]
        return len(visitors.agent(Request({"type": "http", "headers": headers})))

    assert [called(chars) for chars in (199, 200, 201)] == [199, 200, 200]


def test_nobody_makes_us_wait_shorter_or_longer_than_that() -> None:
    low, high = limits.RETRY_AFTER_SECONDS
    assert (low, high) == (1.0, 21_600.0)

    def wait(seconds: float) -> float | None:
        return http.retry_after({"retry-after": str(seconds)})

    assert [wait(one) for one in (low - 1, low, low + 1)] == [low, low, low + 1]
    assert [wait(one) for one in (high - 1, high, high + 1)] == [high - 1, high, high]


CONNECTIONS = "fedigroups/web/test_connections.py"
QUERY = "fedigroups/search/test_query.py"
FINDING = "fedigroups/groups/test_finding.py"
DATABASE = "hostile/test_database.py"
PRESSURE = "inbox/test_pressure.py"
AWAITED = "inbox/test_awaited.py"
ANSWERS = "fedigroups/web/test_answers.py"
HUB = "fedigroups/streaming/test_hub.py"
PUSH = "fedigroups/push/test_push.py"
STREAMS = "fedigroups/streaming/test_streams.py"
ROTATION = "federation/test_key_rotation.py"
FETCH = "federation/test_fetch.py"
HTTP = "federation/test_http.py"
TRANSPORT = "federation/test_transport.py"
PEERS = "federation/test_peers.py"
SYNCHRONIZING = "journeys/test_synchronization.py"
FORWARDING = "inbox/test_forwarding.py"
PACE = "outbox/test_pace.py"
BODY = "fedigroups/api/test_body.py"
ACCOUNTS = "fedigroups/accounts/test_account_limits.py"
PASSKEYS = "fedigroups/accounts/test_passkeys.py"
MOVING = "journeys/test_moving.py"
CLIENT = "fedigroups/mastodon/test_client_limits.py"
APPS = "fedigroups/oauth/test_app_limits.py"
DECODING = "fedigroups/media/test_decoding.py"
UPLOADS = "fedigroups/media/test_uploads.py"
COPIES = "fedigroups/media/test_copies.py"
SWEEPING = "fedigroups/media/test_sweeping.py"
POLLS = "journeys/test_polls.py"
RULES = "fedigroups/moderation/test_rule_limits.py"
PERSONAL = "fedigroups/personal/test_personal_limits.py"
STRANGE_PICTURES = "hostile/test_uploads.py"
TRIED = "test_so_much_may_be_tried_in_its_time_and_others_have_their_own"
ASKED = "test_so_much_may_be_asked_in_five_minutes_and_each_answer_says_what_is_left"

ELSEWHERE = {
    "EMOJI_PICTURES": (
        "fedigroups/content/test_emoji.py",
        "test_so_many_are_drawn_and_what_has_no_picture_stays_a_word",
    ),
    "NOTICE_MAILS_A_DAY": (
        "fedigroups/mails/test_notices.py",
        "test_more_than_so_many_mails_in_a_day_wait_for_the_digest",
    ),
    "MAIL_REFUSALS": (
        "fedigroups/mails/test_notices.py",
        "test_an_address_that_is_refused_again_and_again_is_left_alone_and_nothing_is_lost",
    ),
    "GROUPS_PER_OWNER": (
        "fedigroups/web/test_hosting.py",
        "test_nobody_makes_more_groups_than_one_person_looks_after",
    ),
    "GROUP_TOPICS": (
        "fedigroups/web/test_hosting.py",
        "test_a_group_says_in_five_words_what_it_is_about_and_is_found_by_them",
    ),
    "GROUP_INVITATIONS": (
        "fedigroups/web/test_hosting.py",
        "test_a_group_has_so_many_links_and_no_more",
    ),
    "CONNECTIONS": (CONNECTIONS, "test_who_waits_makes_room_and_who_is_served_stays"),
    "REQUEST_SECONDS": (
        CONNECTIONS,
        "test_a_request_that_drips_is_ended_by_the_deadline_of_the_whole",
    ),
    "REQUEST_HEAD_BYTES": (CONNECTIONS, "test_a_head_has_a_size"),
    "REQUEST_HEADERS": (CONNECTIONS, "test_a_head_has_a_size"),
    "REQUEST_URL_BYTES": (CONNECTIONS, "test_a_head_has_a_size"),
    "SEGMENT_CHARS": (DATABASE, "test_a_part_of_a_path_is_no_longer_than_what_is_kept"),
    "INBOX_SECONDS": (
        "inbox/test_endpoint.py",
        "test_who_is_kept_waiting_is_told_to_come_back_and_the_errand_goes_on",
    ),
    "BODY_SECONDS": ("inbox/test_gate.py", "test_a_sender_that_drips_is_told_to_come_back"),
    "TITLE_CHARS": (DATABASE, "test_words_are_cut_where_the_limits_say"),
    "REPORT_CHARS": (DATABASE, "test_words_are_cut_where_the_limits_say"),
    "REPORTS_A_DAY": (RULES, "test_one_reporter_is_heard_so_often_a_day"),
    "REPORT_OBJECTS": (RULES, "test_of_a_long_report_so_many_posts_are_looked_at"),
    "MODMAILS_A_DAY": (
        "quirks/test_modmail.py",
        "test_who_has_to_do_with_a_group_writes_so_often_a_day",
    ),
    "MODMAILS_OUTSIDE": (
        "quirks/test_modmail.py",
        "test_who_has_to_do_with_a_group_writes_so_often_a_day",
    ),
    "AUTOMATIC_RULES": (RULES, "test_a_group_has_so_many_rules_and_no_more"),
    "EARLIER_POSTS": (RULES, "test_rules_look_at_the_newest_posts_of_an_author_and_no_further"),
    **dict.fromkeys(
        ("RULE_WORDS", "RULE_WORD_CHARS"),
        (RULES, "test_a_rule_has_so_many_words_and_a_word_so_many_signs"),
    ),
    "PATTERN_STEPS": (RULES, "test_a_pattern_has_so_many_steps"),
    "PATTERN_TEXT_CHARS": (RULES, "test_patterns_look_at_so_much_of_a_post"),
    "PATTERN_SECONDS": (RULES, "test_patterns_are_looked_for_so_long"),
    "SEARCH_PARTS": (QUERY, "test_what_is_too_long_is_cut_where_the_limits_say"),
    "SEARCH_NAMES": (FINDING, "test_of_the_names_in_a_search_so_many_are_looked_up"),
    "SEARCH_SCANNED": (FINDING, "test_a_page_looks_at_so_many_posts_and_the_next_one_goes_on"),
    "SEARCH_TERMS": (QUERY, "test_a_text_is_found_by_its_words_without_accents_and_capitals"),
    "SEARCH_TERM_CHARS": (QUERY, "test_what_is_too_long_is_cut_where_the_limits_say"),
    "FETCHES_PER_SEARCH": (
        "fedigroups/mastodon/test_search.py",
        "test_a_search_causes_so_many_requests_and_no_more",
    ),
    "QUERY_CHARS": (DATABASE, "test_words_are_cut_where_the_limits_say"),
    "HOST_KEPT_SECONDS": (
        "fedigroups/test_acquaintances.py",
        "test_hosts_that_were_met_once_are_forgotten_and_met_anew",
    ),
    "BATCH": ("inbox/test_unwrap.py", "test_a_batch_is_cut_at_its_limit_and_says_so"),
    "GROUPS_PER_POST": (
        "journeys/test_crossposts.py",
        "test_a_post_reaches_only_so_many_groups",
    ),
    "AWAITED_SECONDS": (
        AWAITED,
        "test_what_never_comes_costs_three_looks_and_is_ignored_in_the_end",
    ),
    "AWAITED_PER_HOST": (
        AWAITED,
        "test_of_one_host_the_latest_wait_and_nobody_else_gives_way",
    ),
    "AWAITED": (AWAITED, "test_of_all_hosts_together_only_so_much_waits"),
    "ANCESTRY_SECONDS": (
        "journeys/test_patience.py",
        "test_what_a_host_that_stays_down_holds_is_taken_for_gone_in_the_end",
    ),
    "INBOX_PER_MINUTE": (PRESSURE, "test_the_shares_are_those_that_are_promised"),
    "INBOX_PER_MINUTE_OF_SITE": (PRESSURE, "test_subdomains_have_a_share_together"),
    "NEW_HOSTS_PER_MINUTE_OF_SITE": (
        "hostile/test_collections.py",
        "test_whoever_owns_a_domain_has_not_all_the_names_below_it",
    ),
    "UNPROCESSED_PER_HOST": (
        PRESSURE,
        "test_a_host_of_which_too_much_waits_to_be_processed_waits_itself",
    ),
    "UNPROVEN_PER_ADDRESS": (
        PRESSURE,
        "test_what_proves_nothing_is_counted_by_its_address_before_it_is_read",
    ),
    "NONCES": ("federation/test_signatures.py", "test_a_flood_of_nonces_is_bounded"),
    "MULTIKEYS": (
        "federation/test_documents_actor.py",
        "test_only_so_many_multikeys_are_looked_at",
    ),
    "KEY_REFETCH_SECONDS": (
        ROTATION,
        "test_a_thousand_bad_signatures_cost_one_request_in_five_minutes",
    ),
    "REKEYS_PER_HOST": (
        ROTATION,
        "test_a_host_of_which_too_many_keys_were_asked_for_anew_is_told_to_come_back",
    ),
    "REKEYS_PER_PROOF": (
        ROTATION,
        "test_one_activity_has_the_keys_of_two_actors_asked_for_anew_at_most",
    ),
    "STRANGERS_PER_HOST": (ROTATION, "test_made_up_keys_of_one_host_end_at_a_number"),
    "LINKED_STEPS": ("federation/test_linked_data.py", "test_a_bomb_is_refused_in_time"),
    "LINKED_SECONDS": (
        "federation/test_authorship.py",
        "test_who_waits_too_long_is_asked_to_come_back",
    ),
    "VAIN_CLAIMS_PER_HOST": (
        FORWARDING,
        "test_a_host_whose_claims_came_to_nothing_is_not_checked_for_ever",
    ),
    "CONNECT_SECONDS": (
        TRANSPORT,
        "test_an_address_that_never_answers_leaves_time_for_the_next",
    ),
    "FETCH_SECONDS": (FETCH, "test_the_deadline_is_that_of_all_hops_together"),
    "PREPARE_SECONDS": (
        "inbox/test_process.py",
        "test_a_fetch_that_never_ends_is_given_up_for_now",
    ),
    "ANSWER_BYTES": (HTTP, "test_a_body_may_be_as_large_as_the_limit_and_not_a_byte_more"),
    "HEADER_BYTES": (HTTP, "test_the_headers_of_an_answer_may_be_so_large"),
    "REDIRECTS": (FETCH, "test_three_redirects_are_followed_and_a_fourth_is_not"),
    "FETCHES_PER_ACTIVITY": (
        FETCH,
        "test_an_activity_may_cause_as_many_fetches_as_the_limit_says",
    ),
    "FETCHES_PER_PROOF": (
        "inbox/test_verify.py",
        "test_a_key_behind_too_many_questions_is_not_had",
    ),
    "FETCHES_PER_HEARSAY": (FORWARDING, "test_hearsay_has_a_small_budget"),
    "HEARSAY_PER_HOST": (
        "journeys/test_forwarding.py",
        "test_a_host_makes_us_ask_so_often_and_no_more",
    ),
    "ANCESTORS": (
        "fedigroups/groups/test_evidence.py",
        "test_the_walk_ends_after_fifty_steps",
    ),
    "LOOKUPS_PER_HOST": (
        "hostile/test_outbound.py",
        "test_visitors_cannot_make_us_flood_another_server",
    ),
    "COLLECTION_PAGES": (SYNCHRONIZING, "test_an_endless_list_is_left_after_ten_pages"),
    "FOLLOWERS_PER_PAGE": (
        "fedigroups/web/test_synchronization.py",
        "test_many_followers_are_listed_page_by_page",
    ),
    "SYNCHRONIZATION_SECONDS": (
        SYNCHRONIZING,
        "test_a_group_is_asked_once_in_an_hour_by_all_processes_together",
    ),
    "ACTOR_FRESH_SECONDS": (
        "federation/test_actors.py",
        "test_a_known_actor_costs_no_request_for_a_day",
    ),
    "NODEINFO_FRESH_SECONDS": (PEERS, "test_the_family_of_a_host_is_asked_once_a_day"),
    "NEGATIVE_SECONDS": (
        PEERS,
        "test_a_host_that_does_not_answer_is_unknown_and_left_alone_for_an_hour",
    ),
    "NEGATIVE_ENTRIES": (
        "hostile/test_receivers.py",
        "test_what_is_remembered_of_hosts_is_bounded_and_forgotten",
    ),
    "IDLE_CONNECTIONS": (TRANSPORT, "test_the_longest_idle_connection_makes_room"),
    "IDLE_SECONDS": (TRANSPORT, "test_an_idle_connection_is_closed_after_its_time"),
    "DELIVERY_SECONDS": (
        "hostile/test_receivers.py",
        "test_an_inbox_that_hangs_is_left_after_a_while",
    ),
    "DELIVERY_ANSWER_BYTES": (HTTP, "test_a_delivery_reads_the_status_and_a_little_of_the_body"),
    "DELIVERIES_PER_HOST": (
        "outbox/test_lane.py",
        "test_threads_go_side_by_side_and_at_most_four_at_a_time",
    ),
    "DELIVERIES_AT_ONCE": (
        "outbox/test_scheduler.py",
        "test_no_more_requests_are_under_way_than_allowed",
    ),
    "DELIVERIES_SLOW": ("outbox/test_slots.py", "test_only_so_many_may_hang"),
    "FETCHES_PER_SECOND": (
        PACE,
        "test_a_large_one_is_told_a_few_each_second_and_all_in_the_end",
    ),
    "SPREAD_SECONDS": (PACE, "test_however_many_they_are_it_takes_two_minutes_at_most"),
    "FORM_BYTES": (BODY, "test_a_body_has_so_many_bytes_whatever_it_is_and_whether_or_not_it_says"),
    "FORM_FIELDS": (BODY, "test_a_body_has_so_many_values_and_a_query_as_many"),
    "FORM_DEPTH": (BODY, "test_names_are_so_deep_inside_of_each_other_however_they_are_written"),
    "PASSWORD_CHARS": (ACCOUNTS, "test_a_password_is_neither_too_short_nor_too_long"),
    "HASHES_AT_ONCE": (ACCOUNTS, "test_only_so_many_passwords_are_hashed_and_wait_for_it"),
    "HASHES_WAITING": (ACCOUNTS, "test_only_so_many_passwords_are_hashed_and_wait_for_it"),
    "DECISION_CHARS": ("quirks/test_appeals.py", "test_a_reason_has_so_many_characters"),
    "APPEAL_CHARS": ("quirks/test_appeals.py", "test_what_is_said_against_a_decision_is_cut"),
    "APPEAL_DAYS": ("quirks/test_appeals.py", "test_appeals_are_taken_for_ninety_days"),
    "REASON_CHARS": (
        "fedigroups/web/test_signup_pages.py",
        "test_why_somebody_wants_an_account_is_said_in_so_many_characters",
    ),
    "SIGN_INS_PER_ADDRESS": (ACCOUNTS, TRIED),
    "SIGN_INS_PER_PLACE": (ACCOUNTS, TRIED),
    "SIGN_INS_PER_ACCOUNT": (ACCOUNTS, TRIED),
    "CODES_PER_ACCOUNT": (ACCOUNTS, TRIED),
    "SIGN_UPS_PER_ADDRESS": (ACCOUNTS, TRIED),
    "MAILS_PER_ADDRESS": (ACCOUNTS, TRIED),
    "MAILS_PER_ACCOUNT": (ACCOUNTS, TRIED),
    "SESSIONS_PER_ACCOUNT": (ACCOUNTS, "test_the_browser_that_was_not_used_the_longest_makes_room"),
    "TOKENS_PER_ACCOUNT": (
        APPS,
        "test_the_token_of_an_account_that_was_not_used_the_longest_makes_room",
    ),
    "TOKENS_PER_APP": (
        APPS,
        "test_of_the_tokens_that_an_app_has_for_itself_the_longest_unused_makes_room",
    ),
    "SESSION_IDLE_SECONDS": (
        ACCOUNTS,
        "test_a_browser_that_is_not_used_for_two_weeks_is_signed_in_no_more",
    ),
    "SESSION_SECONDS": (
        ACCOUNTS,
        "test_a_browser_is_signed_in_for_ninety_days_at_most_however_much_it_is_used",
    ),
    "CONFIRM_SECONDS": (ACCOUNTS, "test_what_opens_something_opens_it_for_so_long"),
    "RESET_SECONDS": (ACCOUNTS, "test_what_opens_something_opens_it_for_so_long"),
    "SECOND_FACTOR_SECONDS": (ACCOUNTS, "test_what_opens_something_opens_it_for_so_long"),
    "SECOND_FACTOR_TRIES": (
        "fedigroups/accounts/test_factors.py",
        "test_the_fifth_code_may_be_the_right_one_and_then_the_password_is_asked_again",
    ),
    "PASSKEYS_PER_ACCOUNT": (PASSKEYS, "test_an_account_has_so_many_passkeys_and_each_once"),
    "PASSKEY_NAME_CHARS": (
        PASSKEYS,
        "test_a_passkey_is_named_anew_and_removed_by_who_knows_the_password",
    ),
    "PASSKEY_SECONDS": (
        PASSKEYS,
        "test_a_challenge_is_for_one_browser_and_purpose_and_for_so_long",
    ),
    "PASSKEY_BYTES": (PASSKEYS, "test_what_a_browser_sends_of_a_passkey_has_so_many_bytes"),
    "INVITATION_USES": (ACCOUNTS, "test_an_invitation_is_for_so_many_people_and_days"),
    "INVITATION_DAYS": (ACCOUNTS, "test_an_invitation_is_for_so_many_people_and_days"),
    "INVITATION_NOTE_CHARS": (ACCOUNTS, "test_what_is_noted_about_an_invitation_is_cut"),
    "APPS_PER_ADDRESS": (ACCOUNTS, TRIED),
    "APP_NAME_CHARS": (APPS, "test_the_name_of_an_app_is_cut"),
    "APP_REDIRECTS": (APPS, "test_an_app_has_so_many_addresses_and_one_at_least"),
    "APP_UNUSED_SECONDS": (APPS, "test_an_app_that_nobody_uses_is_forgotten_after_a_week"),
    "STATE_CHARS": (APPS, "test_what_an_app_has_sent_back_is_cut"),
    "CODE_SECONDS": (APPS, "test_a_code_becomes_a_token_within_ten_minutes"),
    "API_WINDOW_SECONDS": (ACCOUNTS, ASKED),
    "API_PER_ACCOUNT": (ACCOUNTS, ASKED),
    "API_PER_ADDRESS": (ACCOUNTS, ASKED),
    "UPLOAD_BYTES": (UPLOADS, "test_what_comes_in_pieces_is_counted_while_it_comes"),
    "REMOTE_IMAGE_BYTES": (COPIES, "test_what_is_no_picture_is_not_asked_for_again_for_a_day"),
    "IMAGE_PIXELS": (DECODING, "test_too_many_pixels_are_refused_before_they_are_decoded"),
    "IMAGE_EDGE": (DECODING, "test_too_many_pixels_are_refused_before_they_are_decoded"),
    "IMAGE_FRAMES": (DECODING, "test_too_many_frames_and_too_large_ones_are_refused"),
    "ANIMATION_PIXELS": (DECODING, "test_too_many_frames_and_too_large_ones_are_refused"),
    "STORED_PIXELS": (DECODING, "test_a_large_picture_is_made_smaller"),
    "PREVIEW_PIXELS": (DECODING, "test_a_picture_of_each_format_is_made_anew_with_a_preview"),
    "ICON_PIXELS": (DECODING, "test_an_icon_is_small_and_still"),
    "DECODER_MEMORY": (DECODING, "test_a_decoder_has_only_so_much_memory_and_time"),
    "DECODER_SECONDS": (DECODING, "test_a_decoder_that_hangs_is_ended_and_the_next_one_works"),
    "DECODERS": (
        DECODING,
        "test_so_many_pictures_are_decoded_at_once_and_the_next_waits_for_its_turn",
    ),
    "REMOTE_PICTURES_AT_ONCE": (
        COPIES,
        "test_so_many_pictures_are_fetched_at_once_from_all_hosts_together",
    ),
    "MEDIA_IN_MEMORY": (
        "fedigroups/web/test_media.py",
        "test_so_many_files_of_a_bucket_are_handed_on_at_once",
    ),
    "DECODES_WAITING": (DECODING, "test_when_too_many_wait_the_next_is_told_to_come_back"),
    "ALT_CHARS": (UPLOADS, "test_words_about_a_picture_are_bounded"),
    "UPLOADS_PER_HALF_HOUR": (UPLOADS, "test_thirty_in_half_an_hour_are_enough"),
    "UPLOADS_PER_DAY": (UPLOADS, "test_a_day_has_its_measure"),
    "UPLOAD_BYTES_PER_DAY": (UPLOADS, "test_a_day_has_its_measure"),
    "UNATTACHED_SECONDS": (SWEEPING, "test_an_upload_that_no_post_takes_for_a_day_is_forgotten"),
    "WITHHELD_SECONDS": (
        SWEEPING,
        "test_pictures_of_deleted_posts_go_and_of_removed_ones_after_a_month",
    ),
    "MEDIA_PER_POST": (UPLOADS, "test_too_many_pictures_and_one_that_nobody_has_are_refused"),
    "REMOTE_PICTURES_PER_HOST": (
        COPIES,
        "test_one_host_has_four_fetches_at_once_and_others_do_not_wait_for_it",
    ),
    "REMOTE_PICTURES_WAITING": (COPIES, "test_when_too_many_wait_the_next_comes_back_later"),
    "PICTURE_REFUSED_SECONDS": (COPIES, "test_what_is_no_picture_is_not_asked_for_again_for_a_day"),
    "BLURHASH_CHARS": (STRANGE_PICTURES, "test_what_a_stranger_says_of_a_picture_is_bounded"),
    "IMAGE_SIDE": (STRANGE_PICTURES, "test_what_a_stranger_says_of_a_picture_is_bounded"),
    **dict.fromkeys(
        ("STREAMS", "STREAMS_OF_STRANGERS", "STREAMS_PER_ACCOUNT", "STREAMS_PER_ADDRESS"),
        (HUB, "test_so_many_listen_and_whoever_comes_then_is_told_to_come_back"),
    ),
    **dict.fromkeys(
        ("STREAM_BEAT_SECONDS", "STREAM_CHECK_SECONDS"),
        (HUB, "test_an_idle_stream_says_that_it_is_there_and_one_that_is_shut_out_ends"),
    ),
    "PUSH_ENDPOINT_CHARS": (PUSH, "test_what_cannot_be_pushed_to_is_refused"),
    "PUSH_TTL_SECONDS": (PUSH, "test_a_device_is_told_who_mentions_its_owner"),
    **dict.fromkeys(
        ("PUSH_SECONDS", "PUSHES_AT_ONCE"),
        (PUSH, "test_a_service_that_does_not_answer_holds_up_so_many_and_is_left_in_time"),
    ),
    "STREAM_WORDS": (HUB, "test_what_cannot_be_told_in_time_is_dropped_the_oldest_first"),
    "STREAMS_PER_SOCKET": (STREAMS, "test_one_account_has_so_many_streams_and_no_more"),
    "STREAM_MESSAGE_BYTES": (STREAMS, "test_who_says_too_much_is_let_go"),
    **dict.fromkeys(
        ("STREAM_WAITING", "STREAM_PONG_SECONDS"),
        (STREAMS, "test_who_does_not_read_is_let_go_and_nobody_waits_for_them"),
    ),
    "MENTIONS_PER_HOST": (
        "hostile/test_evasion.py",
        "test_a_crowd_of_new_actors_floods_nobody_with_mentions",
    ),
    **dict.fromkeys(
        ("LISTINGS", "FILTERS", "FOLLOWED_TAGS"),
        (PERSONAL, "test_one_person_has_so_many_lists_filters_and_hashtags"),
    ),
    **dict.fromkeys(
        ("LISTED", "FILTER_KEYWORDS", "FILTER_STATUSES"),
        (PERSONAL, "test_a_list_and_a_filter_hold_so_much"),
    ),
    "DRAFTS": (PERSONAL, "test_of_more_drafts_the_oldest_are_forgotten"),
    "NOTE_CHARS": (PERSONAL, "test_a_note_about_somebody_has_so_many_characters"),
    "PAGE_ENTRIES": (PERSONAL, "test_a_page_has_so_many_entries_whatever_is_asked_for"),
    "ANSWERS": (ANSWERS, "test_no_more_is_kept_than_there_is_room_for"),
    "ANSWERS_BYTES": (ANSWERS, "test_no_more_is_kept_than_there_is_room_for"),
    "ANSWER_KEPT_BYTES": (ANSWERS, "test_no_more_is_kept_than_there_is_room_for"),
    "ANSWERS_FRESH_MS": (
        ANSWERS,
        "test_what_another_process_changed_is_old_for_a_second_at_most",
    ),
    **dict.fromkeys(
        (
            *("LISTINGS", "LISTED", "FILTERS", "FILTER_KEYWORDS", "FILTER_STATUSES"),
            *("FOLLOWED_TAGS", "SCHEDULED_POSTS", "PINNED_POSTS", "FEATURED_TAGS"),
            "BLOCKED_HOSTS",
        ),
        (CLIENT, "test_somebody_keeps_so_many_and_not_one_more"),
    ),
    **dict.fromkeys(
        ("IMPORT_BYTES", "IMPORT_TEXT_BYTES", "IMPORT_LINE_CHARS", "IMPORT_ROWS"),
        (
            "fedigroups/personal/test_import_files.py",
            "test_a_file_may_be_as_long_as_the_limits_say",
        ),
    ),
    "IMPORT_FILES": (
        "fedigroups/personal/test_import_files.py",
        "test_an_archive_costs_no_more_than_what_is_read_of_it",
    ),
    **dict.fromkeys(
        ("IMPORT_ROWS_PER_STEP", "IMPORT_DAYS"),
        (
            "journeys/test_importing.py",
            "test_an_import_goes_on_after_a_stop_and_only_one_runs",
        ),
    ),
    "PROFILE_ALIASES": (MOVING, "test_an_account_names_so_many_others_and_no_more"),
    "PROFILE_TOLD_SECONDS": (MOVING, "test_a_profile_that_changes_often_is_told_of_once"),
    "MOVE_DAYS": (
        MOVING,
        "test_who_has_moved_reads_on_and_does_nothing_else_until_it_is_taken_back",
    ),
    **dict.fromkeys(
        ("NOTE_CHARS", "PROFILE_FIELDS", "PROFILE_FIELD_CHARS"),
        (CLIENT, "test_texts_that_are_kept_have_so_many_characters"),
    ),
    **dict.fromkeys(
        ("POLL_OPTIONS", "POLL_OPTION_CHARS", "POLL_SECONDS"),
        (POLLS, "test_a_poll_may_be_as_large_and_as_long_as_the_limits_say"),
    ),
    "POLL_OPTIONS_ELSEWHERE": (POLLS, "test_of_a_long_poll_elsewhere_so_many_options_are_shown"),
    "TALLY_SECONDS": (POLLS, "test_readers_are_told_how_it_stands_once_for_many_votes"),
    "SCHEDULED_SECONDS": (CLIENT, "test_a_post_is_scheduled_five_minutes_ahead_at_least"),
    "CONTEXT_POSTS": (CLIENT, "test_a_thread_is_shown_with_so_many_posts"),
    "THREAD_CHARS": (
        "fedigroups/groups/test_read.py",
        "test_a_thread_of_long_replies_goes_on_before_a_page_is_too_large",
    ),
    "REVISIONS": (CLIENT, "test_the_newest_readings_of_a_post_are_kept"),
    "NOTIFICATION_DAYS": (CLIENT, "test_a_notification_is_kept_for_half_a_year"),
    "ONCE_SECONDS": (CLIENT, "test_the_key_of_a_request_is_known_for_an_hour"),
}
"""By the limit: the file and the test that tries it."""
HERE = {
    *("RSA_BITS", "MEDIA_CHARS", "SYNCHRONIZATION_CHARS", "RETRY_AFTER_SECONDS"),
    *("HANDLE_CHARS", "SECRET_CHARS", "AGENT_CHARS"),
}


def test_every_limit_is_tried_somewhere() -> None:
    names = {name for name in vars(limits) if name.isupper()}
    assert names == {*REFUSED, *CUT, *SHOWN_PLAIN, *HERE, *ELSEWHERE}
    for name, (file, test) in ELSEWHERE.items():
        tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
        assert test in {getattr(node, "name", "") for node in tree.body}, name


def test_the_handbook_knows_every_limit_and_its_sentence() -> None:
    page = (ROOT / "deploy" / "handbook" / "limits.md").read_text(encoding="utf-8")
    assert page == handbook.limits_page(), "run: make handbook"
    assert {name for name in vars(limits) if name.isupper()} == {
        line.split("`")[1] for line in page.splitlines() if line.startswith("| `")
    }
