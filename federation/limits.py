"""Every number that bounds what a stranger can make us do; one place, so that it can be read.

Each has a test at it, below and above it (`tests/federation/test_limits.py` says where). The
handbook's page of them is made from this file: `make handbook`. It is long because it is a list,
in which one looks up a number; split, it would not be the one place any more.
"""

from __future__ import annotations

# What one request may cost
CONNECTIONS = 5_000
"""Connections open to one process, and at most half of the files that the system lets it open;
above that, a new one takes the place of one that waits."""
REQUEST_SECONDS = 30.0
"""How long a whole request may take to arrive, and an answer to be taken."""
REQUEST_HEAD_BYTES = 64_000
"""Of all headers of a request together: 431."""
REQUEST_HEADERS = 200
"""Headers of one request: 431."""
REQUEST_URL_BYTES = 8_192
"""Of path and query: 414."""
SEGMENT_CHARS = 255
"""Of each part of a path: 404, for nothing here has a longer name."""
BODY_SECONDS = 10.0
"""How long the body of an activity may take to arrive: Mastodon gives up on us after as long."""
INBOX_SECONDS = 9.0
"""How long we may take to decide whether to accept an activity: after that Lemmy no longer
listens."""

# What a document may be
BODY_BYTES = 1_000_000
"""Of an activity that is sent to us: 413."""
DEPTH = 32
"""Objects and lists inside of each other."""
NODES = 10_000
"""Keys and items of one document."""
URI_CHARS = 2_048
"""Of an id or a link, in bytes of UTF-8, because an index of PostgreSQL has no room for more; also
of what WebFinger is asked for."""
HOST_CHARS = 253
"""Of a host name (RFC 1035), and its port."""
MEDIA_CHARS = 2_000
"""Of an Accept or Content-Type header; a longer one says nothing."""
NAME_CHARS = 2_048
"""Of a name; a longer one is cut."""
TITLE_CHARS = 200
"""Of the title of a thread; a longer one is cut."""
SUMMARY_CHARS = 20_000
"""Of a profile or a content warning; a longer one is cut."""
CONTENT_CHARS = 100_000
"""Of a post; what is longer is cut."""
HTML_DEPTH = 64
"""Elements inside of each other, in a post's HTML; what is deeper is shown as plain text."""
HTML_ELEMENTS = 2_000
"""Of a post's HTML: the parser's time grows with the square of their number. A post with more is
shown as plain text."""
HTML_TAG_CHARS = 8_000
"""Of one tag: the parser's time grows in the same way with its attributes. A post with a longer one
is shown as plain text."""
MARKDOWN_SIGNS = 5_000
"""Characters with a meaning in Markdown, and ends of lines; a text with more is shown as it is."""
LABEL_CHARS = 200
"""Of a name or title as it is shown."""
LABEL_MARKS = 4
"""Combining marks in a row in such a name; more of them would grow over what stands beside it."""
EMOJI_PICTURES = 50
"""Custom emoji of another server in one text that are shown as pictures; more stay words."""
EMOJI_CHARS = 40
"""Of a reaction; a longer one is cut."""
REPORT_CHARS = 5_000
"""Of what somebody reports; what is longer is cut."""
REPORTS_A_DAY = 100
"""By one reporter, which may be the actor of a whole server; further ones are not kept."""
REPORT_OBJECTS = 50
"""Posts and people in one report; further ones are not looked at."""
MODMAILS_A_DAY = 30
"""Messages of one member to the moderators of groups; further ones are not taken."""
MODMAILS_OUTSIDE = 3
"""The same of somebody who is no member: refused, put out, or once a member."""
AUTOMATIC_RULES = 20
"""Rules that run by themselves, in one group."""
EARLIER_POSTS = 50
"""Earlier posts of an author, the newest ones, that such rules look at."""
RULE_WORDS = 50
"""Words, patterns or languages of one such rule."""
RULE_WORD_CHARS = 200
"""Of one of them."""
PATTERN_STEPS = 1_000
"""Of a pattern as it was compiled: `x{2000}` has 2,000."""
PATTERN_TEXT_CHARS = 20_000
"""Of a post, as far as patterns look at it."""
PATTERN_SECONDS = 0.01
"""For all patterns of a group together; those not reached by then do not match."""
HANDLE_CHARS = 400
"""Of what somebody types as a handle; anything longer is none."""
DECISION_CHARS = 5_000
"""Of the reason that a moderator gives; one that comes from elsewhere is cut."""
APPEAL_CHARS = 5_000
"""Of what somebody says against a decision; what is longer is cut."""
APPEAL_DAYS = 90
"""How long after a decision one can appeal against it."""
QUERY_CHARS = 200
"""Of what is searched for; what is longer is cut."""
SEARCH_PARTS = 20
"""Words, phrases and conditions of one search; more are not looked at."""
SEARCH_NAMES = 5
"""Names of people and groups in one search; more are not looked at."""
SEARCH_SCANNED = 5_000
"""Posts with the words of a search that are looked at for one page, to see who may see them."""
SEARCH_TERMS = 10_000
"""Words of one post by which it is found."""
SEARCH_TERM_CHARS = 64
"""Of such a word; a longer one is cut."""
TAGS = 100
"""Tags of one post that are read."""
MENTIONS = 50
"""Mentions of one post that are read."""
ATTACHMENTS = 16
"""Attachments of one post that are read."""
MULTIKEYS = 50
"""Multikeys in an actor's list that are looked at; of the usable ones KEYS_PER_ACTOR are read."""
ALIASES = 16
"""Other accounts that an actor may name as its own."""
RECIPIENTS = 5_000
"""Addresses in `to` and `cc` that are read."""
BATCH = 100
"""Activities in one Announce (PieFed batches votes)."""
GROUPS_PER_POST = 5
"""Groups here that one post can be posted to."""

# What waits for what has not come
AWAITED_SECONDS = 86_400
"""How long a like, for example, waits for its post: Mastodon has tried again nine times by then."""
AWAITED_PER_HOST = 500
"""Activities of one host that wait like that."""
AWAITED = 10_000
"""Of all hosts; where more would wait, the one that has waited longest makes room."""
ANCESTRY_SECONDS = 21_600
"""How long a reply waits for a host that is down to say what it replies to."""

# How much may come in
INBOX_PER_MINUTE = 600
"""Requests that are proven to come from one host; also farewells accepted unread from one
address."""
INBOX_PER_MINUTE_OF_SITE = 6_000
"""Of all hosts of one registrable domain together."""
NEW_HOSTS_PER_MINUTE_OF_SITE = 10
"""Hosts of one registrable domain that are asked for an actor or a key for the first time."""
UNPROCESSED_PER_HOST = 5_000
"""Receipts of one host that wait; above that it is told to come back."""
UNPROVEN_PER_ADDRESS = 300
"""Requests in five minutes that prove nothing, from one address: verifying is what costs."""

# Signatures
SKEW_SECONDS = 3_600
"""How far the time of a signature may be off, either way."""
SIGNATURE_CHARS = 8_192
"""Of a signature's header; two signatures of the largest keys fit."""
SIGNATURE_PARAMETERS = 20
"""Parameters of a signature, and headers that it covers."""
SIGNATURES = 4
"""Signatures of one request that are looked at: each may cost a fetch of its key."""
NONCES = 10_000
"""Nonces that are remembered; the oldest makes room."""
RSA_BITS = (2_048, 8_192)
"""The fewest and the most bits of an RSA key."""
KEY_CHARS = 16_000
"""Of a public key in PEM."""
MULTIKEY_CHARS = 2_048
"""Of a Multikey: reading base58 costs the square of its length."""
KEYS_PER_ACTOR = 10
"""Keys of one actor that are read."""
KEY_REFETCH_SECONDS = 300
"""Between two fetches of an actor's keys because a signature failed."""
REKEYS_PER_PROOF = 2
"""Such fetches for one activity: for its sender and for its actor."""
REKEYS_PER_HOST = 2 * REKEYS_PER_PROOF * UNPROVEN_PER_ADDRESS
"""Such fetches in five minutes, for all actors of one host together; after that whoever signs with
another key than the stored one is told to come back. It is twice what one address may cause, so
that nobody alone keeps the new keys of a host from being noticed."""
STRANGERS_PER_HOST = 2 * UNPROVEN_PER_ADDRESS
"""Unknown keys of one host that may lead nowhere in five minutes before it is asked for no more:
twice what one address may name, so that nobody alone can keep the newcomers of a host out."""

LINKED_BYTES = 256_000
"""Of a document whose Linked Data signature is checked."""
LINKED_NODES = 1_000
"""Keys and items of such a document."""
LINKED_CONTEXTS = 16
"""Contexts of such a document."""
LINKED_STEPS = 256
"""Steps of URDNA2015 in which nodes that look alike are told apart, for one document."""
LINKED_SECONDS = 5.0
"""How long an arrival waits, in all, until its Linked Data signature is checked."""
VAIN_CLAIMS_PER_HOST = 300
"""Signatures and proofs in forwarded activities that may turn out to prove nothing, for one
forwarding host in an hour; after that its forwarded activities count as unsigned."""

# What we fetch
CONNECT_SECONDS = 5.0
"""To open a connection, at whichever of its addresses a host answers."""
FETCH_SECONDS = 30.0
"""For one fetch, including redirects."""
PREPARE_SECONDS = 120.0
"""For everything that one activity makes us fetch."""
ANSWER_BYTES = 1_000_000
"""Of a document that we fetch, inflated."""
HEADER_BYTES = 64_000
"""Of the headers of an answer, and of what a chunked body may have beside its content."""
REDIRECTS = 3
"""Redirects of one fetch."""
FETCHES_PER_ACTIVITY = 50
"""Requests that one activity may cause."""
FETCHES_PER_PROOF = 10
"""Requests that one unproven activity may cause, for the keys of its sender and of its actor."""
FETCHES_PER_SEARCH = 20
"""Requests that a search for something elsewhere may cause, by its address or its handle."""
FETCHES_PER_HEARSAY = 10
"""Requests that one activity may cause which its sender only heard of."""
HEARSAY_PER_HOST = 300
"""Times an hour that we ask somebody's origin because another host says that something happened."""
ANCESTORS = 50
"""Posts that are fetched above a reply to find its thread."""
LOOKUPS_PER_HOST = 30
"""Times a minute that visitors can make us ask a site who one of its people is."""
COLLECTION_PAGES = 10
"""Pages of a collection of followers that are read (FEP-8fcf)."""
FOLLOWERS_PER_PAGE = 5_000
"""Of one host, in one page of what we serve (FEP-8fcf); Mastodon reads ten pages."""
SYNCHRONIZATION_CHARS = 4_096
"""Of a Collection-Synchronization header (FEP-8fcf)."""
SYNCHRONIZATION_SECONDS = 3_600
"""Between two looks at which people here a group elsewhere has as followers."""
ACTOR_FRESH_SECONDS = 86_400
"""After this time an actor is fetched anew when it acts."""
NODEINFO_FRESH_SECONDS = 86_400
"""After this time a host is asked anew what it runs."""
NEGATIVE_SECONDS = 3_600
"""How long it is remembered that something is gone."""
NEGATIVE_ENTRIES = 10_000
"""What each of our memories of others may hold; the oldest entry makes room."""
HOST_KEPT_SECONDS = 180 * 86_400
"""How long a host is known of which nobody was ever in a group here, that is owed nothing, and of
which no operator says anything; then it is forgotten, and met anew."""
IDLE_CONNECTIONS = 2_000
"""Connections to others that are kept open for the next request, and at most a quarter of the files
that the system lets this process open."""
IDLE_SECONDS = 60.0
"""How long each of them is kept."""

# What we send
DELIVERY_SECONDS = 10.0
"""For one delivery."""
DELIVERY_ANSWER_BYTES = 64_000
"""What is read of the answer to a delivery."""
RETRY_AFTER_SECONDS = (1.0, 21_600.0)
"""The least and the most that a host can make us wait by asking for it."""
DELIVERIES_PER_HOST = 4
"""At once, to one host."""
DELIVERIES_AT_ONCE = 256
"""At once, to all hosts: with 64, distant hosts left a core idle for two thirds of the time."""
DELIVERIES_SLOW = 512
"""Further deliveries, beyond those, that wait for the answer of a slow host."""
FETCHES_PER_SECOND = 20
"""Requests a second that a boost may send to its author's server: its readers are told one after
another."""
SPREAD_SECONDS = 120
"""The longest time over which they are told, however many they are."""

# Forms, and what programs send as a form, JSON or query
FORM_BYTES = 256_000
"""Of a body; a longer one is not read to its end: 413."""
FORM_FIELDS = 500
"""Values of a body, and as many of a query: 413."""
FORM_DEPTH = 6
"""Names inside of each other, as in `poll[options][]`."""

# Polls
POLL_OPTIONS = 20
"""Options of a poll made here."""
POLL_OPTIONS_ELSEWHERE = 100
"""Options of a poll of another server; further ones are left out."""
POLL_OPTION_CHARS = 100
"""Of an option, in a poll made here."""
POLL_SECONDS = (300, 31 * 86_400)
"""The shortest and the longest that a poll made here may last."""
TALLY_SECONDS = 10
"""How soon after a vote the standing of a poll is told at the latest; it is told no more often than
that."""

# Accounts
PASSWORD_CHARS = (10, 1_000)
"""The fewest and the most of a password: a shorter one is guessed, a longer one only costs."""
HASHES_AT_ONCE = 2
"""Passwords that are hashed at once: each takes 64 MiB for a moment."""
HASHES_WAITING = 40
"""Passwords that wait for that; whoever comes then is told to come back."""
EMAIL_CHARS = 254
"""Of an e-mail address (RFC 5321 has no room for more)."""
USERNAME_CHARS = 63
"""Of the name of a person or group here."""
REASON_CHARS = 2_000
"""Of why somebody wants an account."""
SECRET_CHARS = 200
"""Of a cookie, token, code or link that somebody shows; a longer one opens nothing."""
AGENT_CHARS = 200
"""Of what a browser calls itself, as its owner is shown it; what is longer is cut."""
SIGN_INS_PER_ADDRESS = 30
"""Attempts to sign in, in five minutes, from one address."""
SIGN_INS_PER_PLACE = 10
"""Wrong passwords of one account in an hour, from one address or one browser that it knows: after
that the right one is refused there too. By its e-mail address it is counted apart."""
SIGN_INS_PER_ACCOUNT = 100
"""Wrong passwords of one account in an hour, from anywhere: after that it opens only in browsers in
which its owner signed in before, or got a new password by mail. By its e-mail address it is counted
apart."""
CODES_PER_ACCOUNT = 30
"""Wrong codes of a second factor, for one account in an hour; whoever does not know the password is
not asked for one."""
SIGN_UPS_PER_ADDRESS = 5
"""Accounts that are asked for in half an hour, from one address."""
MAILS_PER_ADDRESS = 20
"""Requests of one visitor in an hour that cause a mail."""
MAILS_PER_ACCOUNT = 4
"""Letters with a link, to one account in an hour."""
NOTICE_MAILS_A_DAY = 20
"""Mails about single things to one account in a day; further ones wait for the digest."""
MAIL_REFUSALS = 3
"""How often in a row an address may be refused for good until nothing more is sent to it."""
SESSIONS_PER_ACCOUNT = 50
"""Browsers in which one is signed in; where there would be more, the one unused for longest
ends."""
TOKENS_PER_ACCOUNT = 200
"""Tokens with which apps act for one account; they make room as sessions do."""
TOKENS_PER_APP = 50
"""Tokens that one app has for itself; they make room as sessions do."""
SESSION_IDLE_SECONDS = 14 * 86_400
"""After this time without use a browser is signed out."""
SESSION_SECONDS = 90 * 86_400
"""After this time it is signed out however much it was used."""
CONFIRM_SECONDS = 2 * 86_400
"""An account whose address is not confirmed by then is forgotten, and its name is free again."""
RESET_SECONDS = 3_600
"""How long a link to set a new password works."""
SECOND_FACTOR_SECONDS = 600
"""How long after the password the code may come."""
SECOND_FACTOR_TRIES = 5
"""Codes that may be tried before the password is asked for again."""
PASSKEYS_PER_ACCOUNT = 20
"""Passkeys that open one account."""
PASSKEY_NAME_CHARS = 60
"""Of what somebody calls a passkey of theirs; what is longer is cut."""
PASSKEY_SECONDS = 300
"""How long somebody may take to show or to make a passkey, from when the browser asks."""
PASSKEY_BYTES = 16_384
"""Of the form in which a browser sends what a passkey answered."""
INVITATION_USES = 1_000
"""People who may come with one invitation."""
INVITATION_DAYS = 365
"""How long an invitation may be valid."""
INVITATION_NOTE_CHARS = 200
"""Of what its maker notes about an invitation; what is longer is cut."""

# Hosts
GROUPS_PER_OWNER = 20
"""Groups of one person here; whoever runs the server can give them more at its command line."""
GROUP_TOPICS = 5
"""Words by which a group says what it is about."""
GROUP_INVITATIONS = 100
"""Links into one group that can still be used."""

# Apps
APPS_PER_ADDRESS = 30
"""Apps that are registered in half an hour, from one address."""
APP_NAME_CHARS = 100
"""Of the name of an app; a longer one is cut."""
APP_REDIRECTS = 20
"""Addresses to which one app may have browsers sent back."""
APP_UNUSED_SECONDS = 7 * 86_400
"""An app that nobody uses is forgotten after this time."""
STATE_CHARS = 2_000
"""Of the `state` that an app has sent back to it; what is longer is cut."""
CODE_SECONDS = 600
"""How long a code can be exchanged for a token: RFC 6749 section 4.1.2 asks for ten minutes at
most."""
API_WINDOW_SECONDS = 300
"""The time over which the requests of apps are counted, as Mastodon counts them."""
API_PER_ACCOUNT = 1_500
"""Requests of one account in that time, through all its apps: as many as Mastodon takes."""
API_PER_ADDRESS = 300
"""Requests from one address without a token, or with one that opens nothing."""

# What clients ask
CONTEXT_POSTS = 1_000
"""Posts of a thread that a client is shown around one of them."""
THREAD_CHARS = 4_000_000
"""Of all posts on one page of a thread: the next page has the rest. A client is shown the longest
ones last."""
PAGE_ENTRIES = 80
"""In one page of a list, whatever is asked for."""
REVISIONS = 20
"""Older versions of a post that are kept, the newest ones."""
MENTIONS_PER_HOST = 100
"""Mentions in an hour, by all people of one other host, of which somebody here is notified."""
NOTIFICATION_DAYS = 180
"""How long a notification is kept."""
ONCE_SECONDS = 3_600
"""How long the key of a request is remembered, so that repeating it makes no second post."""
LISTINGS = 50
"""Lists of one account."""
LISTED = 500
"""Groups and people in one list."""
DRAFTS = 50
"""Drafts of one account; where there would be more, the oldest are forgotten."""
FILTERS = 100
"""Filters of one account."""
FILTER_KEYWORDS = 100
"""Words of one filter."""
FILTER_STATUSES = 100
"""Posts of one filter."""
FOLLOWED_TAGS = 200
"""Hashtags that one account follows."""
NOTE_CHARS = 2_000
"""Of a note that somebody keeps about another."""
SCHEDULED_POSTS = 300
"""Scheduled posts of one account."""
SCHEDULED_SECONDS = 300
"""How far ahead a post must be scheduled at least."""
PINNED_POSTS = 5
"""Posts that somebody shows first on their profile."""
FEATURED_TAGS = 10
"""Hashtags that somebody shows on their profile."""
BLOCKED_HOSTS = 1_000
"""Hosts that one account wants to see nothing of."""
PROFILE_ALIASES = 10
"""Other accounts that somebody here may name as their own."""
PROFILE_TOLD_SECONDS = 60
"""How long after a change of a profile servers are told, once for all changes until then."""
MOVE_DAYS = 30
"""How long until an account here that moved may move again."""
IMPORT_BYTES = 16_000_000
"""Of a file that somebody brings from elsewhere: an archive, or a list."""
IMPORT_FILES = 100
"""In such an archive; an export of ours has seven."""
IMPORT_TEXT_BYTES = 4_000_000
"""Of a list, in an archive or by itself, unpacked."""
IMPORT_LINE_CHARS = 5_000
"""Of a line of such a list."""
IMPORT_ROWS = 10_000
"""Of such a file."""
IMPORT_ROWS_PER_STEP = 20
"""Rows that are done before another import gets its turn; no more than this in five seconds."""
IMPORT_DAYS = 7
"""How long the result of an import is kept."""
PROFILE_FIELDS = 4
"""Rows of a profile: a name and a value."""
PROFILE_FIELD_CHARS = 255
"""Of the name, and of the value, in a row of a profile."""

# Streams: connections that stay open to be told what happens
STREAMS = 2_000
"""Of one process, and never more than a quarter of the files that it may open."""
STREAMS_OF_STRANGERS = 1_000
"""Of these, of people who look at pages and are not signed in."""
STREAMS_PER_ACCOUNT = 30
"""Of one account, through all its apps and pages."""
STREAMS_PER_ADDRESS = 200
"""From one address, behind which a school may be."""
STREAMS_PER_SOCKET = 40
"""To which one WebSocket is subscribed."""
STREAM_WAITING = 100
"""Events that wait for one reader; one for whom more would wait is disconnected."""
STREAM_WORDS = 5_000
"""Words of what happened that wait to be told; the oldest makes room."""
STREAM_MESSAGE_BYTES = 4_096
"""Of what is said on a WebSocket."""
STREAM_BEAT_SECONDS = 15
"""How often an idle stream says that it is still there, and a WebSocket is pinged."""
STREAM_PONG_SECONDS = 30
"""How long a WebSocket may take to answer that, or to take what it was sent."""
STREAM_CHECK_SECONDS = 5
"""How soon a stream ends after its listener was shut out."""

# Push services, by which devices are woken
PUSH_ENDPOINT_CHARS = 2_048
"""Of the address at which a device is reached."""
PUSH_TTL_SECONDS = 48 * 3_600
"""How long a push service keeps what a device does not fetch."""
PUSH_SECONDS = 15
"""How long a push service may take to answer."""
PUSHES_AT_ONCE = 50
"""Messages that are under way to push services at a time."""

# What we keep to serve again
ANSWERS = 2_000
"""Answers that a process keeps."""
ANSWERS_BYTES = 32_000_000
"""Of all of them together."""
ANSWER_KEPT_BYTES = 1_000_000
"""Of one of them; a longer answer is made anew for everybody who asks (a page of 500 short posts
has 620 kB)."""
ANSWERS_FRESH_MS = 1_000
"""How old an answer may be that another process has made untrue."""

# Pictures: what people here upload, and what we show of other servers
UPLOAD_BYTES = 16_000_000
"""Of a file that somebody here uploads, and of what we make of one."""
REMOTE_IMAGE_BYTES = 10_000_000
"""Of a picture that we fetch."""
IMAGE_PIXELS = 16_000_000
"""Pixels that are decoded. A JPEG may have four times as many: it is decoded at half its size."""
IMAGE_EDGE = 16_000
"""Pixels of one side of a picture."""
IMAGE_FRAMES = 200
"""Frames of a picture that moves."""
ANIMATION_PIXELS = 40_000_000
"""Pixels of all frames together."""
STORED_PIXELS = 8_294_400
"""Pixels of a picture as we keep it (3840 x 2160); what is larger is made smaller."""
PREVIEW_PIXELS = 230_400
"""Pixels of its preview (640 x 360)."""
ICON_PIXELS = 160_000
"""Pixels of an icon (400 x 400)."""
DECODER_MEMORY = 1_000_000_000
"""Bytes that one decoding may use."""
DECODER_SECONDS = 20
"""Of a core, for one decoding; twice that on the clock."""
DECODERS = 2
"""Pictures decoded at once, each in a process of its own."""
DECODES_WAITING = 100
"""Pictures that wait for a decoder; whoever comes then is told to come back."""
ALT_CHARS = 1_500
"""Of the description of a picture."""
UPLOADS_PER_HALF_HOUR = 30
"""Uploads of one person in half an hour, refused ones included."""
UPLOADS_PER_DAY = 200
"""Uploads of one person in a day."""
UPLOAD_BYTES_PER_DAY = 500_000_000
"""Of what is kept of one person's uploads of a day."""
UNATTACHED_SECONDS = 86_400
"""How long an upload waits for the post that it is for."""
WITHHELD_SECONDS = 30 * 86_400
"""How long the pictures of a removed post are kept, though not shown."""
MEDIA_PER_POST = 16
"""Pictures in one post of somebody here."""
REMOTE_PICTURES_AT_ONCE = 16
"""Pictures of other servers that are fetched at a time."""
REMOTE_PICTURES_PER_HOST = 4
"""Of these, pictures of one host."""
REMOTE_PICTURES_WAITING = 500
"""Pictures that wait to be fetched; whoever asks then is told to come back."""
PICTURE_REFUSED_SECONDS = 86_400
"""How long something that is no picture is not asked for again; on a host that is down,
NEGATIVE_SECONDS."""
MEDIA_IN_MEMORY = 16
"""Files of a bucket that are being handed on at once."""
BLURHASH_CHARS = 200
"""Of a blurhash from another server; a longer one is ignored."""
IMAGE_SIDE = 100_000
"""Pixels of a picture's side as another server gives it; a greater number is ignored."""
