"""Every number that bounds what a stranger can make us do; one place, so that it can be read."""

from __future__ import annotations

# What may come in
BODY_BYTES = 1_000_000
DEPTH = 32
NODES = 10_000
URI_CHARS = 2_048
NAME_CHARS = 2_048
SUMMARY_CHARS = 20_000
CONTENT_CHARS = 100_000
TAGS = 100
MENTIONS = 50
ATTACHMENTS = 16
FIELDS = 50
ALIASES = 16
RECIPIENTS = 5_000
MEDIA_CHARS = 2_000
"""Of an Accept or Content-Type header; a longer one says nothing."""
BATCH = 100
"""Activities in one Announce (PieFed batches votes)."""
GROUPS_PER_POST = 5
"""Groups here that one post can be posted to."""

# What waits for what has not come
AWAITED_SECONDS = 86_400
"""How long a like, say, waits for its post: Mastodon has sent again nine times by then."""
AWAITED_PER_HOST = 500
AWAITED = 10_000
"""Where more would wait, what waits longest makes room."""
ANCESTRY_SECONDS = 21_600
"""How long an answer waits for a host that is down to say what it answers."""

# How much may come in
INBOX_PER_MINUTE = 600
"""Requests that are proven to be of one host; and farewells accepted unread from one address."""
INBOX_PER_MINUTE_OF_SITE = 6_000
"""Of all hosts of one registrable domain together."""
UNPROCESSED_PER_HOST = 5_000
"""Receipts of one host that wait; above that it is told to come back."""
UNPROVEN_PER_ADDRESS = 300
"""Requests in five minutes that prove nothing, from one address: verifying is what costs."""

# Signatures
SKEW_SECONDS = 3_600
SIGNATURE_PARAMETERS = 20
KEY_REFETCH_SECONDS = 300
KEYS_PER_ACTOR = 10
RSA_BITS = (2_048, 8_192)

LINKED_BYTES = 256_000
LINKED_NODES = 1_000
LINKED_CONTEXTS = 16
LINKED_STEPS = 256
"""Steps of URDNA2015 in which nodes that look alike are told apart, for one document."""
LINKED_SECONDS = 5.0
"""How long an arrival waits, in all, until its Linked Data signature is checked."""

VAIN_CLAIMS_PER_HOST = 300
"""Signatures and proofs in forwarded activities, of one forwarding host in an hour, that may turn
out to prove nothing; after that its forwarded activities count as unsigned."""

# What we fetch
CONNECT_SECONDS = 5.0
FETCH_SECONDS = 30.0
DELIVERY_SECONDS = 10.0
ANSWER_BYTES = 1_000_000
DELIVERY_ANSWER_BYTES = 64_000
HEADER_BYTES = 64_000
REDIRECTS = 3
FETCHES_PER_ACTIVITY = 50
FETCHES_PER_HEARSAY = 10
HEARSAY_PER_HOST = 300
"""Times an hour that we ask somebody's origin because another host says that it happened."""
ANCESTORS = 50
COLLECTION_PAGES = 10
COLLECTION_ITEMS = 100
FOLLOWERS_PER_PAGE = 5_000
"""Of one host, in one page of what we serve (FEP-8fcf); Mastodon reads ten pages."""
SYNCHRONIZATION_SECONDS = 3_600
"""Between two looks at which people here a group elsewhere has for its followers."""
ACTOR_FRESH_SECONDS = 86_400
NODEINFO_FRESH_SECONDS = 86_400
NEGATIVE_SECONDS = 3_600
NEGATIVE_ENTRIES = 10_000
IDLE_CONNECTIONS = 2_000
"""And at most a quarter of the files that the system lets this process open."""
IDLE_SECONDS = 60.0

# What we send
DELIVERIES_PER_HOST = 4
DELIVERIES_AT_ONCE = 256
"""So many wait for answers at a time: with 64, distant hosts left a core idle two thirds."""
DELIVERIES_SLOW = 512
"""Deliveries that wait for a slow host's answer beside those."""
FETCHES_PER_SECOND = 20
"""What a boost may make readers ask of its author's server: they are told one after another."""
SPREAD_SECONDS = 120
"""Over so long at most, however many readers there are."""

# Forms, and what programs send as a form, JSON or query
FORM_BYTES = 256_000
FORM_FIELDS = 500
FORM_DEPTH = 6

# Accounts
PASSWORD_CHARS = (10, 1_000)
HASHES_AT_ONCE = 2
"""Each takes 64 MiB for a moment."""
HASHES_WAITING = 40
"""More than these are told to come back."""
EMAIL_CHARS = 254
REASON_CHARS = 2_000
SIGN_INS_PER_ADDRESS = 30
"""Attempts in five minutes."""
SIGN_INS_PER_ACCOUNT = 30
"""Failed attempts in an hour, from wherever: after that the right password is refused too."""
SIGN_UPS_PER_ADDRESS = 5
"""In half an hour."""
MAILS_PER_ADDRESS = 20
"""Requests in an hour, of one visitor, that have a mail sent."""
MAILS_PER_ACCOUNT = 4
"""Letters with a link, to one account in an hour."""
SESSIONS_PER_ACCOUNT = 50
"""Where more would be, the one that was not used the longest ends; so it is with tokens."""
TOKENS_PER_ACCOUNT = 200
TOKENS_PER_APP = 50
"""That are for the app itself."""
SESSION_IDLE_SECONDS = 14 * 86_400
SESSION_SECONDS = 90 * 86_400
CONFIRM_SECONDS = 2 * 86_400
"""An account whose address is not confirmed by then is forgotten, and its name is free again."""
RESET_SECONDS = 3_600
SECOND_FACTOR_SECONDS = 600
SECOND_FACTOR_TRIES = 5
INVITATION_USES = 1_000
INVITATION_DAYS = 365

# Apps
APPS_PER_ADDRESS = 30
"""Registrations in half an hour."""
APP_NAME_CHARS = 100
APP_REDIRECTS = 20
APP_UNUSED_SECONDS = 7 * 86_400
"""One that nobody uses is forgotten after so long."""
CODE_SECONDS = 600
API_WINDOW_SECONDS = 300
API_PER_ACCOUNT = 1_500
API_PER_ADDRESS = 300
"""Requests without a token, or with one that opens nothing."""

# What we keep to serve again
ANSWERS = 2_000
ANSWERS_BYTES = 32_000_000
ANSWER_KEPT_BYTES = 1_000_000
"""A longer answer is made anew for each who asks; a page of 500 short posts has 620 kB."""
ANSWERS_FRESH_MS = 1_000
"""How old an answer may be that another process made untrue."""
