"""SECURITY.md and FEDERATION.md say what the code does: numbers, modules and addresses in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import watchdog
from federation import clock, keys, limits, peers
from fedigroups import blocklist
from fedigroups.accounts import mailer
from fedigroups.bus import PAYLOAD_BYTES
from fedigroups.groups import collections, departures, naming, reactions
from fedigroups.groups.handlers import delete
from fedigroups.media import bucket
from fedigroups.moderation import automatic, published
from fedigroups.push import sending
from fedigroups.web import activitypub, reading, wellknown
from fedigroups.web.staff import servers
from outbox import retry

ROOT = Path(__file__).resolve().parents[2]
SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
FEDERATION = " ".join((ROOT / "FEDERATION.md").read_text(encoding="utf-8").split())
PACKAGES = ("fedigroups", "federation", "inbox", "outbox", "tests")
_WORDS = re.compile(r"RFC \d+|UTF-8|S256|argon2id|RE2|2xx|\b(?:400|403|404|503)\b|`[^`]*`")
"""What has digits and is no number of ours."""


def kb(size: int) -> str:
    return f"{size // 1_000} kB"


def mb(size: int) -> str:
    return f"{size // 1_000_000} MB"


def days(seconds: int) -> int:
    return seconds // 86_400


LOOKED_UP = f"{limits.LOOKUPS_PER_HOST} guarded look-ups a minute of one site"
FORMS = f"forms of {kb(limits.FORM_BYTES)}"
SAID: dict[str, tuple[str, ...]] = {
    "somebody guesses a password": (
        f"{limits.SIGN_INS_PER_PLACE} wrong ones an hour for an account from one address",
        f"{limits.SIGN_INS_PER_ACCOUNT} from everywhere",
        f"{limits.SIGN_INS_PER_ADDRESS} attempts in 5 minutes of one address",
        f"{limits.SECOND_FACTOR_TRIES} tries for each password",
        f"{limits.CODES_PER_ACCOUNT} wrong ones an hour; passkeys",
        f"{limits.PASSKEY_SECONDS // 60} minutes and once",
    ),
    "**HTTP itself**": (
        f"{limits.CONNECTIONS:,} connections, at most half of the files",
        f"{limits.REQUEST_SECONDS:.0f} s to send a request",
        f"{limits.REQUEST_SECONDS:.0f} s to take an answer",
        f"heads of {kb(limits.REQUEST_HEAD_BYTES)} and {limits.REQUEST_HEADERS} headers",
        f"addresses of {kb(limits.REQUEST_URL_BYTES)}",
        f"parts of them of {limits.SEGMENT_CHARS} characters",
    ),
    "**Inboxes**": (
        f"{mb(limits.BODY_BYTES)}, read in {limits.BODY_SECONDS:.0f} s",
        f"{limits.DEPTH} deep, {limits.NODES:,} keys and items",
        f"{limits.INBOX_PER_MINUTE} requests a minute of one host",
        f"{limits.INBOX_PER_MINUTE_OF_SITE:,} of one domain",
        f"{limits.UNPROCESSED_PER_HOST:,} unprocessed",
        f"{limits.NEW_HOSTS_PER_MINUTE_OF_SITE} new hosts of one domain a minute",
        f"{limits.UNPROVEN_PER_ADDRESS} unproven ones in 5 minutes of one address",
    ),
    "**Effects**": (
        f"{limits.FETCHES_PER_ACTIVITY} fetches for one activity",
        f"in {limits.PREPARE_SECONDS:.0f} s",
        f"{limits.ANCESTORS} posts up to the thread",
        f"{limits.MENTIONS_PER_HOST} mentions an hour",
    ),
    "**What we fetch and send**": (
        "port 443",
        f"{limits.CONNECT_SECONDS:.0f} s to connect, {limits.FETCH_SECONDS:.0f} s in all",
        f"{limits.DELIVERY_SECONDS:.0f} s for a delivery",
        f"{mb(limits.ANSWER_BYTES)} decoded, {kb(limits.HEADER_BYTES)} of headers",
        f"{limits.REDIRECTS} redirects",
        f"{limits.DELIVERIES_PER_HOST} deliveries at once to one host",
    ),
    "**WebFinger": (f"a `resource` of {limits.URI_CHARS:,} characters",),
    "**Documents**": (
        f"{collections.OUTBOX_ITEMS} of an outbox",
        f"{collections.THREAD_ITEMS:,} posts of a thread",
        f"{collections.FEATURED_ITEMS} pinned",
        f"pages of {limits.FOLLOWERS_PER_PAGE:,} followers",
    ),
    "**Pages and feeds**": (f"a search of {limits.QUERY_CHARS} characters",),
    "**The ledger of a group**": (f"{published.PAGE} decisions a page",),
    "**Writing": (
        f"{FORMS} and {limits.FORM_FIELDS} values",
        f"with pictures {mb(2 * limits.UPLOAD_BYTES)} more",
        f"texts of {limits.CONTENT_CHARS // 2:,} characters, titles of {limits.TITLE_CHARS}",
        f"{limits.MEDIA_PER_POST} pictures",
        f"{limits.DRAFTS} drafts",
    ),
    "**Names that are offered**": (
        f"{naming.LEAST_CHARS} characters at least, of {limits.QUERY_CHARS}",
        f"{naming.MOST} names",
    ),
    "**Joining and answering from elsewhere**": (LOOKED_UP,),
    "**Joining elsewhere**": (LOOKED_UP,),
    "**Signing up and in": (
        FORMS,
        f"with icon and banner {mb(2 * limits.UPLOAD_BYTES)} more",
        f"{limits.SIGN_UPS_PER_ADDRESS} sign-ups in half an hour of one address",
        f"{limits.MAILS_PER_ADDRESS} letters an hour that it causes",
        f"{limits.MAILS_PER_ACCOUNT} an hour to one account",
        f"a new password for {limits.RESET_SECONDS // 3_600} hour",
        f"an account for {days(limits.CONFIRM_SECONDS)} days",
        "passwords of {} to {:,} characters".format(*limits.PASSWORD_CHARS),
        f"{limits.HASHES_AT_ONCE} hashed at once",
        f"{limits.SESSIONS_PER_ACCOUNT} browsers",
        f"{days(limits.SESSION_IDLE_SECONDS)} days without use",
        f"for {days(limits.SESSION_SECONDS)} at most",
    ),
    "**Passkeys**": (
        f"a form of {limits.PASSKEY_BYTES // 1_024} kB",
        f"{limits.PASSKEY_SECONDS // 60} minutes",
        f"{limits.PASSKEYS_PER_ACCOUNT} passkeys of an account",
    ),
    "**Moving**": (
        LOOKED_UP,
        f"{limits.PROFILE_ALIASES} other accounts",
        f"once in {limits.MOVE_DAYS} days",
    ),
    "**Files brought along**": (
        f"{mb(limits.IMPORT_BYTES)}, of an archive of {limits.IMPORT_FILES} files 2 parts of "
        f"{mb(limits.IMPORT_TEXT_BYTES)}, stored or deflated",
        f"{limits.IMPORT_ROWS:,} rows, lines of {limits.IMPORT_LINE_CHARS:,} characters",
        f"{limits.IMPORT_ROWS_PER_STEP} rows in 5 seconds",
        f"{limits.LOOKUPS_PER_HOST} look-ups a minute of one site",
    ),
    "**Polls and votes**": (
        f"{limits.POLL_OPTIONS} options of {limits.POLL_OPTION_CHARS} characters",
        f"of other servers the first {limits.POLL_OPTIONS_ELSEWHERE}",
        f"{limits.POLL_SECONDS[0] // 60} minutes to {days(limits.POLL_SECONDS[1])} days",
    ),
    "**Reports**": (
        f"a text of {limits.REPORT_CHARS:,} characters, {limits.REPORT_OBJECTS} objects",
        f"{limits.REPORTS_A_DAY} a day of one reporter",
    ),
    "**Rules that run by themselves**": (
        f"{limits.AUTOMATIC_RULES} rules of a group",
        f"{limits.RULE_WORDS} words of {limits.RULE_WORD_CHARS} characters",
        f"{limits.PATTERN_SECONDS * 1_000:.0f} ms for all of them",
        f"the newest {limits.EARLIER_POSTS} posts of an author",
        f"of {automatic.WINDOW // clock.DAY} days",
    ),
    "**Decisions about oneself": (
        f"for {limits.APPEAL_DAYS} days; {limits.APPEAL_CHARS:,} characters",
    ),
    "**Pages of hosts": (
        f"a reason of {limits.DECISION_CHARS:,} characters",
        f"{limits.GROUPS_PER_OWNER} groups of one person",
    ),
    "**Letters to moderators**": (
        f"{limits.MODMAILS_A_DAY} a day of one member, {limits.MODMAILS_OUTSIDE} of who is none",
        f"{limits.DECISION_CHARS:,} characters",
    ),
    "**Links into a group**": (
        f"{limits.INVITATION_USES:,} people and {limits.INVITATION_DAYS} days",
        f"{limits.GROUP_INVITATIONS} links of a group",
        LOOKED_UP,
    ),
    "**Pages of staff**": (f"a list of {mb(servers.LIST_BYTES)} and {blocklist.MOST:,} rows",),
    "**Search**": (
        f"{limits.QUERY_CHARS} characters and {limits.SEARCH_PARTS} parts",
        f"{limits.SEARCH_SCANNED:,} posts with the words",
        f"{limits.FETCHES_PER_SEARCH} guarded requests for one look-up",
        f"{limits.LOOKUPS_PER_HOST} look-ups a minute of one site",
    ),
    "**OAuth**": (
        f"{limits.APPS_PER_ADDRESS} apps in half an hour of one address",
        f"after {days(limits.APP_UNUSED_SECONDS)} days",
        f"good for {limits.CODE_SECONDS // 60} minutes",
        f"{limits.TOKENS_PER_ACCOUNT} tokens of an account",
        f"{limits.TOKENS_PER_APP} of an app for itself",
    ),
    "**Client API**": (
        f"{limits.API_PER_ACCOUNT:,} requests in {limits.API_WINDOW_SECONDS // 60} minutes",
        f"{limits.API_PER_ADDRESS} of one address",
        f"pages of {limits.PAGE_ENTRIES}",
    ),
    "**Streams**": (
        f"JSON of {kb(limits.STREAM_MESSAGE_BYTES)}",
        f"asked again every {limits.STREAM_CHECK_SECONDS} seconds",
        f"{limits.STREAMS:,} connections, half of them of strangers",
        f"{limits.STREAMS_PER_ACCOUNT} of one account, {limits.STREAMS_PER_ADDRESS} of one address",
        f"{limits.STREAMS_PER_SOCKET} streams on each",
        f"{limits.STREAM_WAITING} events wait",
        f"{limits.STREAM_PONG_SECONDS} s to take one",
    ),
    "**Web push**": (
        f"an https address of {limits.PUSH_ENDPOINT_CHARS:,} characters",
        f"{limits.PUSH_SECONDS} s each, {limits.PUSHES_AT_ONCE} at once",
        f"{len(sending.WAITS_MS) + 1} tries in {round(sum(sending.WAITS_MS) / clock.DAY)} days",
    ),
    "**Mail about what happens**": (
        f"{limits.NOTICE_MAILS_A_DAY} mails a day of one account",
        f"refused {limits.MAIL_REFUSALS} times in a row",
    ),
    "**Pictures of people here**": (
        f"{mb(limits.UPLOAD_BYTES)}, {limits.IMAGE_PIXELS // 1_000_000} million pixels",
        f"a JPEG {4 * limits.IMAGE_PIXELS // 1_000_000} million",
        f"{limits.IMAGE_FRAMES} frames",
        f"{limits.DECODER_SECONDS} s of a core",
        f"{limits.DECODER_MEMORY // 1_000_000_000} GB of memory",
        f"{limits.DECODERS} at once",
        f"{limits.UPLOADS_PER_HALF_HOUR} in half an hour",
        f"{limits.UPLOADS_PER_DAY} and {mb(limits.UPLOAD_BYTES_PER_DAY)} a day",
    ),
    "**Pictures of other servers**": (
        f"{mb(limits.REMOTE_IMAGE_BYTES)}, {limits.FETCH_SECONDS:.0f} s",
        f"{limits.REMOTE_PICTURES_AT_ONCE} at once, {limits.REMOTE_PICTURES_PER_HOST} of one host",
        f"{limits.REMOTE_PICTURES_WAITING} wait",
        f"not asked for again for {days(limits.PICTURE_REFUSED_SECONDS)} day",
    ),
    "**While nothing may be changed**": (f"`Retry-After` of {reading.RETRY_SECONDS} s",),
    "**Between our processes**": (f"hints of {kb(PAYLOAD_BYTES)}",),
    "**What the operator runs beside it**": (
        f"{bucket.SECONDS:.0f} s for an exchange",
        f"{mb(limits.UPLOAD_BYTES)} of an object",
        f"{mailer.AT_ONCE} letters at once",
        f"each {len(mailer.WAITS_MS) + 1} times in {round(sum(mailer.WAITS_MS) / clock.DAY)} days",
    ),
    "`tests/watchdog.py`": (f"for {watchdog.STEP_MS} ms",),
}
"""By how a row or a line of SECURITY.md begins: every number in it, with the words around it."""


def lines() -> list[str]:
    return [line.removeprefix("| ") for line in SECURITY.splitlines()]


@pytest.mark.parametrize("begins", SAID)
def test_a_number_in_security_is_the_one_of_the_code(begins: str) -> None:
    (line,) = [line for line in lines() if line.startswith(begins)]
    assert [phrase for phrase in SAID[begins] if phrase not in line] == []


def test_no_other_number_stands_in_security() -> None:
    for line in lines():
        said = next((SAID[begins] for begins in SAID if line.startswith(begins)), ())
        rest = re.sub("|".join(map(re.escape, said)) or "$", "", line)
        assert not re.findall(r"\d[\d,]*", _WORDS.sub("", rest)), line


def test_every_module_that_security_names_is_there() -> None:
    known = [
        f"/{path.relative_to(ROOT).as_posix()}"
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
    ]
    for name in re.findall(r"`([\w/]+\.py)`", SECURITY):
        assert any(path.endswith(f"/{name}") for path in known), name
    for name in re.findall(r"`((?:fedigroups|federation|inbox|outbox|tests)/[\w/]*/)`", SECURITY):
        assert (ROOT / name).is_dir(), name


def test_every_address_is_behind_one_of_the_doors_of_security() -> None:
    routes = (ROOT / "deploy" / "handbook" / "routes.md").read_text(encoding="utf-8")
    doors = re.findall(r"`(/[^`]*)`", SECURITY.partition("## The doors")[2])
    unnamed = set()
    for address in re.findall(r"^\| `(/[^`]*)`", routes, re.MULTILINE):
        plain = re.sub(r"\{(\w+):\w+\}", r"{\1}", address)
        if not any(is_behind(plain, door) for door in doors):
            unnamed.add(address)
    assert unnamed == set()


def is_behind(address: str, door: str) -> bool:
    above = door.removesuffix("/...")
    return address == above or (door != above and address.startswith(f"{above}/"))


def spoken(ms: int) -> str:
    """A time as FEDERATION.md writes it in a list of them."""
    units = ((clock.HOUR, "h"), (clock.MINUTE, "m"), (clock.SECOND, "s"))
    return next(f"{ms // size} {unit}" for size, unit in units if ms % size == 0)


WAITS = [spoken(one) for one in retry.SCHEDULE]
TOLD = (
    f"the last {collections.OUTBOX_ITEMS} `Announce{{Create}}` of thread starters",
    f"`{activitypub.ACTOR_CACHE.removeprefix('public, ')}`",
    f"{limits.AWAITED_PER_HOST} wait for each host, {limits.AWAITED:,} of all",
    f"`Delete` is remembered for {delete.BURIED_DAYS} days, an `Undo` for "
    f"{reactions.REMEMBERED_DAYS}",
    f"{limits.LINKED_NODES:,} keys and items, {kb(limits.LINKED_BYTES)}",
    f"and move again after {limits.MOVE_DAYS} days",
    f"at most {limits.FETCHES_PER_SEARCH} signed GETs",
    f"more than {limits.INBOX_PER_MINUTE} requests a minute came "
    f"({limits.INBOX_PER_MINUTE_OF_SITE:,} of all hosts of one domain), or of which "
    f"{limits.UNPROCESSED_PER_HOST:,} activities wait",
    f"from which {limits.UNPROVEN_PER_ADDRESS} requests in five minutes proved nothing",
    f"of whose keys {limits.STRANGERS_PER_HOST} led nowhere in five minutes",
    f"or {limits.REKEYS_PER_HOST:,} were asked for anew",
    f"413 over {mb(limits.BODY_BYTES)}",
    f"the host's choice is remembered for {days(peers.FORM_FRESH_MS // clock.SECOND)} days",
    f"{', '.join(WAITS[:-1])} and {WAITS[-1]}, then daily",
    f"After {retry.GIVE_UP // clock.DAY} days without success",
    f"about {limits.FETCHES_PER_SECOND} a second",
    f"pages above {limits.FOLLOWERS_PER_PAGE:,}",
)
"""What FEDERATION.md says in figures."""
IN_WORDS = {
    "Of several groups here that a post names, up to five": limits.GROUPS_PER_POST == 5,
    "up to five `Hashtag`s": limits.GROUP_TOPICS == 5,
    "for three seconds before anything is signed": keys.SHOWN_MS == 3 * clock.SECOND,
    "kept for three minutes": "max-age=180" in activitypub.ACTOR_CACHE,
    "host-meta and NodeInfo for an hour": wellknown.OPEN["Cache-Control"] == "max-age=3600",
    "the eleventh host of one domain": limits.NEW_HOSTS_PER_MINUTE_OF_SITE == 10,
    "at most one in ten seconds": limits.TALLY_SECONDS == 10,
    "up to a day": limits.AWAITED_SECONDS == 86_400,
    "for six hours": limits.ANCESTRY_SECONDS == 6 * 3_600,
    "up to ten other accounts": limits.PROFILE_ALIASES == 10,
    "a minute after the first change": limits.PROFILE_TOLD_SECONDS == 60,
    "One hour of skew": limits.SKEW_SECONDS == 3_600,
    "honoured up to six hours": limits.RETRY_AFTER_SECONDS[1] == 6 * 3_600,
    "tried once a week": retry.PROBE == 7 * clock.DAY,
    "sent three times at most": retry.ATTEMPTS == 3,
    "after 410 on three days": departures.DAYS == 3,
    "rests for a day, from the third day on for seven": departures.RESTS
    == (clock.DAY, 7 * clock.DAY),
    "within two minutes": limits.SPREAD_SECONDS == 120,
    "once an hour, ten pages of it": (limits.SYNCHRONIZATION_SECONDS, limits.COLLECTION_PAGES)
    == (3_600, 10),
}
"""And what it says in words: each with whether it is so."""


@pytest.mark.parametrize("phrase", TOLD)
def test_a_number_that_implementers_are_told_is_the_one_of_the_code(phrase: str) -> None:
    assert phrase in FEDERATION


@pytest.mark.parametrize("phrase", IN_WORDS)
def test_what_implementers_are_told_in_words_is_so(phrase: str) -> None:
    assert phrase in FEDERATION
    assert IN_WORDS[phrase]
