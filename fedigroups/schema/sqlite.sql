-- 0001_initial 0002_pace_and_tries 0003_what_is_hearsay 0004_readers 0005_lost_inboxes 0006_follower_digests 0007_waiting_and_crossposts 0008_accounts 0009_client_api 0010_media 0011_web_push 0013_moderation 0014_drafts_and_readings 0015_audit_log 0016_scheduled_posts_and_profiles 0017_search 0020_group_invitations 0021_polls 0022_reports 0023_rules 0024_pages 0025_staff 0026_sign_up_blocks 0027_limits 0028_passkeys 0029_mails 0030_moving 0031_topics 0032_shown_pictures

CREATE TABLE "account" ("id" BIGINT NOT NULL  PRIMARY KEY, "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE RESTRICT, "email" VARCHAR(320) NOT NULL, "password_hash" TEXT NOT NULL, "created_at" BIGINT NOT NULL, "role" VARCHAR(16) NOT NULL DEFAULT 'member', "approved_at" BIGINT NOT NULL DEFAULT 0, "confirmed_at" BIGINT NOT NULL DEFAULT 0, "email_key" VARCHAR(320) NOT NULL DEFAULT '', "language" VARCHAR(16) NOT NULL DEFAULT '', "locale" VARCHAR(16) NOT NULL DEFAULT '', "mail_about" TEXT NOT NULL DEFAULT 'sign_in sign_up', "reason" TEXT NOT NULL DEFAULT '', "second_factor" BLOB, "second_factor_at" BIGINT NOT NULL DEFAULT 0, "second_factor_step" BIGINT NOT NULL DEFAULT 0, "visibility" VARCHAR(16) NOT NULL DEFAULT 'public', "default_group_id" BIGINT NOT NULL DEFAULT 0, "sensitive" INT NOT NULL DEFAULT 0, "passkey_handle" BLOB, "moved_at" BIGINT NOT NULL DEFAULT 0);

CREATE TABLE "act" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "at" BIGINT NOT NULL,
    "who" VARCHAR(255) NOT NULL,
    "what" VARCHAR(64) NOT NULL,
    "detail" TEXT NOT NULL
);

CREATE TABLE "activity" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "uri" VARCHAR(2048) NOT NULL UNIQUE,
    "actor_uri" VARCHAR(2048) NOT NULL,
    "kind" VARCHAR(32) NOT NULL,
    "object_uri" VARCHAR(2048) NOT NULL,
    "body" BLOB NOT NULL,
    "public" INT NOT NULL,
    "created_at" BIGINT NOT NULL
);

CREATE TABLE "actor" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "uri" VARCHAR(2048) NOT NULL UNIQUE,
    "kind" VARCHAR(32) NOT NULL,
    "local" INT NOT NULL,
    "host" VARCHAR(255) NOT NULL,
    "username" VARCHAR(255) NOT NULL,
    "name" TEXT NOT NULL,
    "summary" TEXT NOT NULL,
    "page_url" TEXT NOT NULL,
    "icon_url" TEXT NOT NULL,
    "inbox" TEXT NOT NULL,
    "shared_inbox" TEXT NOT NULL,
    "outbox" TEXT NOT NULL,
    "followers" TEXT NOT NULL,
    "moderators" TEXT NOT NULL,
    "featured" TEXT NOT NULL,
    "document" TEXT NOT NULL,
    "moved_to" TEXT NOT NULL,
    "state" VARCHAR(16) NOT NULL,
    "published_at" BIGINT NOT NULL,
    "updated_at" BIGINT NOT NULL,
    "fetched_at" BIGINT NOT NULL
, "banner_url" TEXT NOT NULL DEFAULT '', "discoverable" INT NOT NULL DEFAULT 1, "indexable" INT NOT NULL DEFAULT 1);

CREATE TABLE "announced" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "object_uri" VARCHAR(2048) NOT NULL,
    "form" VARCHAR(16) NOT NULL,
    "activity_uri" VARCHAR(2048) NOT NULL,
    "undone" INT NOT NULL,
    "waiting" INT NOT NULL,
    "created_at" BIGINT NOT NULL,
    "group_id" BIGINT NOT NULL REFERENCES "groups" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_announced_group_i_50f8ff" UNIQUE ("group_id", "form", "object_uri")
);

CREATE TABLE "announcement" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "text" TEXT NOT NULL,
    "begins_at" BIGINT NOT NULL,
    "ends_at" BIGINT NOT NULL,
    "created_at" BIGINT NOT NULL
);

CREATE TABLE "announcement_read" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "actor_id" BIGINT NOT NULL,
    "announcement_id" BIGINT NOT NULL REFERENCES "announcement" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_announcemen_actor_i_989665" UNIQUE ("actor_id", "announcement_id")
);

CREATE TABLE "app" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "name" VARCHAR(200) NOT NULL,
    "website" TEXT NOT NULL,
    "redirect_uris" TEXT NOT NULL,
    "scopes" TEXT NOT NULL,
    "client_id" VARCHAR(64) NOT NULL UNIQUE,
    "secret_digest" VARCHAR(64) NOT NULL,
    "created_at" BIGINT NOT NULL
);

CREATE TABLE "appeal" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "text" TEXT NOT NULL,
    "state" VARCHAR(16) NOT NULL,
    "created_at" BIGINT NOT NULL,
    "decided_at" BIGINT NOT NULL,
    "decision_id" BIGINT NOT NULL UNIQUE REFERENCES "decision" ("id") ON DELETE CASCADE
);

CREATE TABLE "automatic_rule" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "kind" VARCHAR(16) NOT NULL,
    "amount" INT NOT NULL,
    "days" INT NOT NULL,
    "words" TEXT NOT NULL,
    "created_at" BIGINT NOT NULL,
    "group_id" BIGINT NOT NULL REFERENCES "groups" ("id") ON DELETE CASCADE
);

CREATE TABLE "awaited" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "host" VARCHAR(255) NOT NULL,
    "object_uri" VARCHAR(2048) NOT NULL,
    "receipt_id" BIGINT NOT NULL REFERENCES "receipt" ("id") ON DELETE CASCADE
);

CREATE TABLE "ballot" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "choice" INT NOT NULL,
    "created_at" BIGINT NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    "poll_id" BIGINT NOT NULL REFERENCES "poll" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_ballot_poll_id_de3692" UNIQUE ("poll_id", "actor_id", "choice")
);

CREATE TABLE "blocked_host" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "host" VARCHAR(255) NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_blocked_hos_actor_i_5b4692" UNIQUE ("actor_id", "host")
);

CREATE TABLE "bookmark" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "post_id" BIGINT NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_bookmark_actor_i_a47ea2" UNIQUE ("actor_id", "post_id")
);

CREATE TABLE "crosspost" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "created_at" BIGINT NOT NULL,
    "group_id" BIGINT NOT NULL REFERENCES "groups" ("id") ON DELETE CASCADE,
    "thread_id" BIGINT NOT NULL REFERENCES "thread" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_crosspost_thread__2b2eac" UNIQUE ("thread_id", "group_id")
);

CREATE TABLE "decision" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "kind" VARCHAR(16) NOT NULL,
    "post_id" BIGINT NOT NULL,
    "object_uri" VARCHAR(2048) NOT NULL,
    "person_id" BIGINT NOT NULL,
    "decider_id" BIGINT NOT NULL,
    "rule" INT NOT NULL,
    "rule_text" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "unnamed" INT NOT NULL,
    "until" BIGINT NOT NULL,
    "took_ms" BIGINT NOT NULL,
    "appealed_id" BIGINT NOT NULL,
    "activity_uri" VARCHAR(2048) NOT NULL,
    "answer_uri" VARCHAR(2048) NOT NULL,
    "created_at" BIGINT NOT NULL,
    "group_id" BIGINT NOT NULL REFERENCES "groups" ("id") ON DELETE CASCADE
);

CREATE TABLE "deletion" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "post_id" BIGINT NOT NULL UNIQUE,
    "due_at" BIGINT NOT NULL,
    "tried_at" BIGINT NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE
);

CREATE TABLE "draft" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "place" VARCHAR(64) NOT NULL,
    "title" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "warning" TEXT NOT NULL,
    "language" VARCHAR(16) NOT NULL,
    "changed_at" BIGINT NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE, "poll" TEXT NOT NULL DEFAULT '',
    CONSTRAINT "uid_draft_actor_i_0293c1" UNIQUE ("actor_id", "place")
);

CREATE TABLE "ended" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "host" VARCHAR(255) NOT NULL,
    "inbox" VARCHAR(2048) NOT NULL,
    "stream" VARCHAR(255) NOT NULL,
    "seq" BIGINT NOT NULL,
    "activity_uri" VARCHAR(2048) NOT NULL,
    "status" INT NOT NULL,
    "reason" TEXT NOT NULL,
    "ended_at" BIGINT NOT NULL
);

CREATE TABLE "featured_tag" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "name" VARCHAR(100) NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_featured_ta_actor_i_793280" UNIQUE ("actor_id", "name")
);

CREATE TABLE "filter_keyword" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "keyword" VARCHAR(255) NOT NULL,
    "whole_word" INT NOT NULL,
    "word_filter_id" BIGINT NOT NULL REFERENCES "word_filter" ("id") ON DELETE CASCADE
);

CREATE TABLE "filter_status" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "post_id" BIGINT NOT NULL,
    "word_filter_id" BIGINT NOT NULL REFERENCES "word_filter" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_filter_stat_word_fi_403cea" UNIQUE ("word_filter_id", "post_id")
);

CREATE TABLE "followed_tag" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "name" VARCHAR(100) NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_followed_ta_actor_i_28faae" UNIQUE ("actor_id", "name")
);

CREATE TABLE "follower_digest" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "actor_uri" VARCHAR(2048) NOT NULL,
    "host" VARCHAR(255) NOT NULL,
    "digest" VARCHAR(64) NOT NULL,
    "followers" INT NOT NULL,
    CONSTRAINT "uid_follower_di_actor_u_9e4f82" UNIQUE ("actor_uri", "host")
);

CREATE TABLE "group_invitation" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "digest" VARCHAR(64) NOT NULL UNIQUE,
    "note" VARCHAR(200) NOT NULL,
    "uses_left" INT NOT NULL,
    "expires_at" BIGINT NOT NULL,
    "created_at" BIGINT NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    "group_id" BIGINT NOT NULL REFERENCES "groups" ("id") ON DELETE CASCADE
);

CREATE TABLE "groups" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "name" VARCHAR(255) NOT NULL,
    "hosted" INT NOT NULL,
    "title" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "summary" TEXT NOT NULL,
    "summary_html" TEXT NOT NULL,
    "rules" TEXT NOT NULL,
    "language" VARCHAR(16) NOT NULL,
    "icon_url" TEXT NOT NULL,
    "banner_url" TEXT NOT NULL,
    "join_policy" VARCHAR(16) NOT NULL,
    "post_policy" VARCHAR(16) NOT NULL,
    "boost_replies" INT NOT NULL,
    "state" VARCHAR(16) NOT NULL,
    "members_count" INT NOT NULL,
    "threads_count" INT NOT NULL,
    "active_at" BIGINT NOT NULL,
    "created_at" BIGINT NOT NULL,
    "updated_at" BIGINT NOT NULL,
    "actor_id" BIGINT NOT NULL UNIQUE REFERENCES "actor" ("id") ON DELETE RESTRICT
, "synchronized_at" BIGINT NOT NULL DEFAULT 0, "approve" VARCHAR(16) NOT NULL DEFAULT 'nobody', "newcomer_posts" INT NOT NULL DEFAULT 3, "servers_allowed" TEXT NOT NULL DEFAULT '', "servers_blocked" TEXT NOT NULL DEFAULT '', "topics" TEXT NOT NULL DEFAULT '');

CREATE TABLE "import_batch" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "state" VARCHAR(16) NOT NULL,
    "overwrites" INT NOT NULL,
    "step_at" BIGINT NOT NULL,
    "created_at" BIGINT NOT NULL,
    "actor_id" BIGINT NOT NULL UNIQUE REFERENCES "actor" ("id") ON DELETE CASCADE
);

CREATE TABLE "import_row" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "kind" VARCHAR(16) NOT NULL,
    "subject" TEXT NOT NULL,
    "more" TEXT NOT NULL,
    "outcome" VARCHAR(16) NOT NULL,
    "reason" TEXT NOT NULL,
    "batch_id" BIGINT NOT NULL REFERENCES "import_batch" ("id") ON DELETE CASCADE
);

CREATE TABLE "instance_text" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "kind" VARCHAR(16) NOT NULL,
    "language" VARCHAR(16) NOT NULL,
    "text" TEXT NOT NULL,
    CONSTRAINT "uid_instance_te_kind_ea50f1" UNIQUE ("kind", "language")
);

CREATE TABLE "invitation" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "digest" VARCHAR(64) NOT NULL UNIQUE,
    "note" VARCHAR(200) NOT NULL,
    "uses_left" INT NOT NULL,
    "expires_at" BIGINT NOT NULL,
    "created_at" BIGINT NOT NULL,
    "account_id" BIGINT REFERENCES "account" ("id") ON DELETE CASCADE
);

CREATE TABLE "key" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "uri" VARCHAR(2048) NOT NULL UNIQUE,
    "algorithm" VARCHAR(16) NOT NULL,
    "public" TEXT NOT NULL,
    "sealed" BLOB,
    "created_at" BIGINT NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE
);

CREATE TABLE "lane" (
    "host" VARCHAR(255) NOT NULL  PRIMARY KEY,
    "state" VARCHAR(16) NOT NULL,
    "failures" INT NOT NULL,
    "next_try_at" BIGINT NOT NULL,
    "failing_since" BIGINT NOT NULL,
    "lease_owner" VARCHAR(64) NOT NULL,
    "lease_until" BIGINT NOT NULL,
    "succeeded_at" BIGINT NOT NULL,
    "last_error" TEXT NOT NULL
, "tries" INT NOT NULL DEFAULT 0);

CREATE TABLE "listed" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "listing_id" BIGINT NOT NULL REFERENCES "listing" ("id") ON DELETE CASCADE,
    "target_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_listed_listing_77232e" UNIQUE ("listing_id", "target_id")
);

CREATE TABLE "listing" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "title" VARCHAR(255) NOT NULL,
    "replies_policy" VARCHAR(16) NOT NULL,
    "exclusive" INT NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE
);

CREATE TABLE "log_entry" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "stream" VARCHAR(255) NOT NULL,
    "seq" BIGINT NOT NULL,
    "kind" VARCHAR(16) NOT NULL,
    "object_uri" TEXT NOT NULL,
    "thread" VARCHAR(64) NOT NULL,
    "skip_host" VARCHAR(255) NOT NULL,
    "cancelled" INT NOT NULL,
    "undoes" BIGINT NOT NULL,
    "created_at" BIGINT NOT NULL,
    "activity_id" BIGINT NOT NULL REFERENCES "activity" ("id") ON DELETE CASCADE, "not_before" BIGINT NOT NULL DEFAULT 0, "spread" BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT "uid_log_entry_stream_291464" UNIQUE ("stream", "seq")
);

CREATE TABLE "lost_inbox" (
    "inbox" VARCHAR(2048) NOT NULL  PRIMARY KEY,
    "days" INT NOT NULL,
    "seen_at" BIGINT NOT NULL
);

CREATE TABLE "mail" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "recipient" VARCHAR(320) NOT NULL,
    "sealed" BLOB NOT NULL,
    "tries" INT NOT NULL,
    "next_try_at" BIGINT NOT NULL,
    "last_error" TEXT NOT NULL,
    "created_at" BIGINT NOT NULL
, "about" TEXT NOT NULL DEFAULT '', "account_id" BIGINT NOT NULL DEFAULT 0);

CREATE TABLE "mailing" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "choices" TEXT NOT NULL,
    "stopped" TEXT NOT NULL,
    "digest" VARCHAR(8) NOT NULL,
    "hour" INT NOT NULL,
    "digest_at" BIGINT NOT NULL,
    "digest_from" BIGINT NOT NULL,
    "day" INT NOT NULL,
    "sent" INT NOT NULL,
    "refusals" INT NOT NULL,
    "refused_at" BIGINT NOT NULL,
    "last_error" TEXT NOT NULL,
    "account_id" BIGINT NOT NULL UNIQUE REFERENCES "account" ("id") ON DELETE CASCADE
);

CREATE TABLE "marker" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "timeline" VARCHAR(16) NOT NULL,
    "last_read_id" BIGINT NOT NULL,
    "version" INT NOT NULL,
    "updated_at" BIGINT NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_marker_actor_i_ddb248" UNIQUE ("actor_id", "timeline")
);

CREATE TABLE "media" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "key" VARCHAR(64) NOT NULL UNIQUE,
    "url" TEXT NOT NULL,
    "type" VARCHAR(32) NOT NULL,
    "width" INT NOT NULL,
    "height" INT NOT NULL,
    "preview_width" INT NOT NULL,
    "preview_height" INT NOT NULL,
    "bytes" INT NOT NULL,
    "blurhash" VARCHAR(64) NOT NULL,
    "animated" INT NOT NULL,
    "description" TEXT NOT NULL,
    "focus_x" REAL NOT NULL,
    "focus_y" REAL NOT NULL,
    "state" VARCHAR(16) NOT NULL,
    "holder" VARCHAR(2048) NOT NULL,
    "place" INT NOT NULL,
    "created_at" BIGINT NOT NULL,
    "changed_at" BIGINT NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE RESTRICT
);

CREATE TABLE "member" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "state" VARCHAR(16) NOT NULL,
    "role" VARCHAR(16) NOT NULL,
    "follow_uri" VARCHAR(2048) NOT NULL,
    "follow" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "asked_at" BIGINT NOT NULL,
    "joined_at" BIGINT NOT NULL,
    "changed_at" BIGINT NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    "group_id" BIGINT NOT NULL REFERENCES "groups" ("id") ON DELETE CASCADE, "inbox" VARCHAR(2048) NOT NULL DEFAULT '', "bell" INT NOT NULL DEFAULT 0, "shows" INT NOT NULL DEFAULT 1, "banned_until" BIGINT NOT NULL DEFAULT 0, "muted_until" BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT "uid_member_group_i_114b36" UNIQUE ("group_id", "actor_id")
);

CREATE TABLE "modmail" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "person_id" BIGINT NOT NULL,
    "author_id" BIGINT NOT NULL,
    "text" TEXT NOT NULL,
    "uri" VARCHAR(2048) NOT NULL,
    "created_at" BIGINT NOT NULL,
    "group_id" BIGINT NOT NULL REFERENCES "groups" ("id") ON DELETE CASCADE
);

CREATE TABLE "muted_thread" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "thread_id" BIGINT NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_muted_threa_actor_i_d4b09b" UNIQUE ("actor_id", "thread_id")
);

CREATE TABLE "notification" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "kind" VARCHAR(16) NOT NULL,
    "post_id" BIGINT NOT NULL,
    "created_at" BIGINT NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    "sender_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE, "mail" VARCHAR(8) NOT NULL DEFAULT 'new',
    CONSTRAINT "uid_notificatio_actor_i_4b89e6" UNIQUE ("actor_id", "kind", "sender_id", "post_id")
);

CREATE TABLE "oauth_code" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "digest" VARCHAR(64) NOT NULL UNIQUE,
    "redirect_uri" TEXT NOT NULL,
    "scopes" TEXT NOT NULL,
    "challenge" VARCHAR(64) NOT NULL,
    "token_id" BIGINT NOT NULL,
    "expires_at" BIGINT NOT NULL,
    "account_id" BIGINT NOT NULL REFERENCES "account" ("id") ON DELETE CASCADE,
    "acting_id" BIGINT REFERENCES "actor" ("id") ON DELETE CASCADE,
    "app_id" BIGINT NOT NULL REFERENCES "app" ("id") ON DELETE CASCADE
);

CREATE TABLE "oauth_token" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "digest" VARCHAR(64) NOT NULL UNIQUE,
    "scopes" TEXT NOT NULL,
    "used_at" BIGINT NOT NULL,
    "created_at" BIGINT NOT NULL,
    "account_id" BIGINT REFERENCES "account" ("id") ON DELETE CASCADE,
    "acting_id" BIGINT REFERENCES "actor" ("id") ON DELETE CASCADE,
    "app_id" BIGINT NOT NULL REFERENCES "app" ("id") ON DELETE CASCADE
);

CREATE TABLE "once" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "key" VARCHAR(255) NOT NULL,
    "post_id" BIGINT NOT NULL,
    "created_at" BIGINT NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_once_actor_i_ecfe8d" UNIQUE ("actor_id", "key")
);

CREATE TABLE "passkey" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "digest" VARCHAR(64) NOT NULL UNIQUE,
    "credential" BLOB NOT NULL,
    "public_key" BLOB NOT NULL,
    "sign_count" BIGINT NOT NULL,
    "name" VARCHAR(60) NOT NULL,
    "used_at" BIGINT NOT NULL,
    "created_at" BIGINT NOT NULL,
    "account_id" BIGINT NOT NULL REFERENCES "account" ("id") ON DELETE CASCADE
);

CREATE TABLE "peer" (
    "host" VARCHAR(255) NOT NULL  PRIMARY KEY,
    "software" VARCHAR(64) NOT NULL,
    "version" VARCHAR(64) NOT NULL,
    "family" VARCHAR(16) NOT NULL,
    "asked_at" BIGINT NOT NULL,
    "signature_form" VARCHAR(16) NOT NULL,
    "form_learned_at" BIGINT NOT NULL,
    "blocked" INT NOT NULL,
    "note" TEXT NOT NULL,
    "first_seen_at" BIGINT NOT NULL,
    "heard_at" BIGINT NOT NULL
, "limited" INT NOT NULL DEFAULT 0, "allowed" INT NOT NULL DEFAULT 0);

CREATE TABLE "pinned_post" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "post_id" BIGINT NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_pinned_post_actor_i_4f8b76" UNIQUE ("actor_id", "post_id")
);

CREATE TABLE "poll" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "options" TEXT NOT NULL,
    "counts" TEXT NOT NULL,
    "multiple" INT NOT NULL,
    "hides_totals" INT NOT NULL,
    "counted_here" INT NOT NULL,
    "voters_count" BIGINT NOT NULL,
    "ends_at" BIGINT NOT NULL,
    "ended" INT NOT NULL,
    "tally_due_at" BIGINT NOT NULL,
    "post_id" BIGINT NOT NULL REFERENCES "post" ("id") ON DELETE CASCADE
);

CREATE TABLE "post" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "uri" VARCHAR(2048) NOT NULL UNIQUE,
    "page_url" TEXT NOT NULL,
    "parent_id" BIGINT,
    "depth" INT NOT NULL,
    "kind" VARCHAR(32) NOT NULL,
    "title" TEXT NOT NULL,
    "content" TEXT NOT NULL,
    "warning" TEXT NOT NULL,
    "language" VARCHAR(16) NOT NULL,
    "sensitive" INT NOT NULL,
    "attachments" TEXT NOT NULL,
    "document" TEXT NOT NULL,
    "visibility" VARCHAR(16) NOT NULL,
    "state" VARCHAR(16) NOT NULL,
    "reason" TEXT NOT NULL,
    "published_at" BIGINT NOT NULL,
    "updated_at" BIGINT NOT NULL,
    "received_at" BIGINT NOT NULL,
    "likes_count" INT NOT NULL,
    "dislikes_count" INT NOT NULL,
    "boosts_count" INT NOT NULL,
    "author_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE RESTRICT,
    "thread_id" BIGINT NOT NULL REFERENCES "thread" ("id") ON DELETE CASCADE
);

CREATE TABLE "profile" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "note" TEXT NOT NULL,
    "pairs" TEXT NOT NULL,
    "icon_text" TEXT NOT NULL,
    "banner_text" TEXT NOT NULL,
    "credited" TEXT NOT NULL,
    "actor_id" BIGINT NOT NULL UNIQUE REFERENCES "actor" ("id") ON DELETE CASCADE
, "aliases" TEXT NOT NULL DEFAULT '', "tell_at" BIGINT NOT NULL DEFAULT 0);

CREATE TABLE "promotion_thread" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "due_at" BIGINT NOT NULL,
    "tried_at" BIGINT NOT NULL,
    "group_id" BIGINT NOT NULL REFERENCES "groups" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_promotion_t_group_i_bc7753" UNIQUE ("group_id", "due_at")
);

CREATE TABLE "push_message" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "notification_id" BIGINT NOT NULL,
    "tries" INT NOT NULL,
    "next_try_at" BIGINT NOT NULL,
    "created_at" BIGINT NOT NULL,
    "subscription_id" BIGINT NOT NULL REFERENCES "push_subscription" ("id") ON DELETE CASCADE
);

CREATE TABLE "push_subscription" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "endpoint" VARCHAR(2048) NOT NULL,
    "p256dh" VARCHAR(128) NOT NULL,
    "auth" VARCHAR(64) NOT NULL,
    "standard" INT NOT NULL,
    "alerts" TEXT NOT NULL,
    "policy" VARCHAR(16) NOT NULL,
    "sealed_token" BLOB NOT NULL,
    "created_at" BIGINT NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    "token_id" BIGINT NOT NULL UNIQUE REFERENCES "oauth_token" ("id") ON DELETE CASCADE
);

CREATE TABLE "reaction" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "actor_uri" VARCHAR(2048) NOT NULL,
    "slot" VARCHAR(64) NOT NULL,
    "kind" VARCHAR(16) NOT NULL,
    "activity_uri" VARCHAR(2048) NOT NULL,
    "vouched" INT NOT NULL,
    "created_at" BIGINT NOT NULL,
    "post_id" BIGINT NOT NULL REFERENCES "post" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_reaction_post_id_1ebdda" UNIQUE ("post_id", "slot", "actor_uri")
);

CREATE TABLE "reading" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "thread_id" BIGINT NOT NULL,
    "seen_id" BIGINT NOT NULL,
    "follows" INT NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_reading_actor_i_a5c258" UNIQUE ("actor_id", "thread_id")
);

CREATE TABLE "receipt" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "digest" VARCHAR(64) NOT NULL UNIQUE,
    "activity_uri" TEXT NOT NULL,
    "actor_uri" TEXT NOT NULL,
    "kind" VARCHAR(64) NOT NULL,
    "host" VARCHAR(255) NOT NULL,
    "door" TEXT NOT NULL,
    "body" BLOB,
    "state" VARCHAR(16) NOT NULL,
    "reason" TEXT NOT NULL,
    "attempts" INT NOT NULL,
    "next_try_at" BIGINT NOT NULL,
    "received_at" BIGINT NOT NULL,
    "settled_at" BIGINT NOT NULL
, "teller" TEXT NOT NULL DEFAULT '', "synchronization" TEXT NOT NULL DEFAULT '');

CREATE TABLE "recovery_code" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "digest" VARCHAR(64) NOT NULL,
    "account_id" BIGINT NOT NULL REFERENCES "account" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_recovery_co_account_19d96e" UNIQUE ("account_id", "digest")
);

CREATE TABLE "remote_picture" (
    "digest" VARCHAR(64) NOT NULL  PRIMARY KEY,
    "url" TEXT NOT NULL,
    "key" VARCHAR(64) NOT NULL,
    "type" VARCHAR(32) NOT NULL,
    "bytes" INT NOT NULL,
    "reason" TEXT NOT NULL,
    "fetched_at" BIGINT NOT NULL,
    "until" BIGINT NOT NULL
, "kind" VARCHAR(16) NOT NULL DEFAULT 'picture');

CREATE TABLE "report" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "activity_uri" VARCHAR(2048) NOT NULL,
    "group_id" BIGINT NOT NULL,
    "reporter_id" BIGINT NOT NULL,
    "person_id" BIGINT NOT NULL,
    "post_id" BIGINT NOT NULL,
    "objects" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "category" VARCHAR(16) NOT NULL,
    "rules" VARCHAR(255) NOT NULL,
    "for_staff" INT NOT NULL,
    "claimed_by" BIGINT NOT NULL,
    "state" VARCHAR(16) NOT NULL,
    "outcome" TEXT NOT NULL,
    "forwarded_at" BIGINT NOT NULL,
    "decided_at" BIGINT NOT NULL,
    "created_at" BIGINT NOT NULL,
    CONSTRAINT "uid_report_activit_d7ac23" UNIQUE ("activity_uri", "group_id")
);

CREATE TABLE "report_note" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "author_id" BIGINT NOT NULL,
    "text" TEXT NOT NULL,
    "created_at" BIGINT NOT NULL,
    "report_id" BIGINT NOT NULL REFERENCES "report" ("id") ON DELETE CASCADE
);

CREATE TABLE "revision" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "title" TEXT NOT NULL,
    "content" TEXT NOT NULL,
    "warning" TEXT NOT NULL,
    "sensitive" INT NOT NULL,
    "attachments" TEXT NOT NULL,
    "written_at" BIGINT NOT NULL,
    "post_id" BIGINT NOT NULL REFERENCES "post" ("id") ON DELETE CASCADE
);

CREATE TABLE "scheduled_post" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "group_id" BIGINT NOT NULL,
    "parent_id" BIGINT NOT NULL,
    "text" TEXT NOT NULL,
    "params" TEXT NOT NULL,
    "due_at" BIGINT NOT NULL,
    "post_id" BIGINT NOT NULL,
    "tried_at" BIGINT NOT NULL,
    "created_at" BIGINT NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE
);

CREATE VIRTUAL TABLE searched USING fts5(terms, tokenize = 'ascii', prefix = '4 5 6');

CREATE TABLE "session" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "digest" VARCHAR(64) NOT NULL UNIQUE,
    "address" VARCHAR(64) NOT NULL,
    "agent" VARCHAR(200) NOT NULL,
    "created_at" BIGINT NOT NULL,
    "seen_at" BIGINT NOT NULL,
    "account_id" BIGINT NOT NULL REFERENCES "account" ("id") ON DELETE CASCADE
);

CREATE TABLE "setting" (
    "key" VARCHAR(64) NOT NULL  PRIMARY KEY,
    "value" TEXT NOT NULL
);

CREATE TABLE "shown_picture" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "digest" VARCHAR(64) NOT NULL,
    "post_id" BIGINT NOT NULL REFERENCES "post" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_shown_pictu_digest_cfbfb1" UNIQUE ("digest", "post_id")
);

CREATE TABLE "sign_up_block" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "kind" VARCHAR(16) NOT NULL,
    "value" VARCHAR(255) NOT NULL,
    "asks" INT NOT NULL,
    "note" TEXT NOT NULL,
    "expires_at" BIGINT NOT NULL,
    "created_at" BIGINT NOT NULL,
    CONSTRAINT "uid_sign_up_blo_kind_2432dc" UNIQUE ("kind", "value")
);

CREATE TABLE "spent_challenge" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "digest" VARCHAR(64) NOT NULL UNIQUE,
    "expires_at" BIGINT NOT NULL
);

CREATE TABLE "stance" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "muted" INT NOT NULL,
    "blocked" INT NOT NULL,
    "note" TEXT NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    "target_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE, "endorsed" INT NOT NULL DEFAULT 0, "muted_until" BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT "uid_stance_actor_i_ef70e8" UNIQUE ("actor_id", "target_id")
);

CREATE TABLE "stream" (
    "name" VARCHAR(255) NOT NULL  PRIMARY KEY,
    "head" BIGINT NOT NULL
);

CREATE TABLE "submission" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "state" VARCHAR(16) NOT NULL,
    "why" TEXT NOT NULL,
    "activity_uri" VARCHAR(2048) NOT NULL,
    "body" BLOB NOT NULL,
    "host" VARCHAR(255) NOT NULL,
    "signed" INT NOT NULL,
    "since" BIGINT NOT NULL,
    "group_id" BIGINT NOT NULL REFERENCES "groups" ("id") ON DELETE CASCADE
);

CREATE TABLE "subscription" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "stream" VARCHAR(255) NOT NULL,
    "inbox" VARCHAR(2048) NOT NULL,
    "host" VARCHAR(255) NOT NULL,
    "cursor" BIGINT NOT NULL,
    "claimed" BIGINT NOT NULL,
    "created_at" BIGINT NOT NULL, "since" BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT "uid_subscriptio_stream_3324cc" UNIQUE ("stream", "inbox")
);

CREATE TABLE "tagged" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "name" VARCHAR(100) NOT NULL,
    "post_id" BIGINT NOT NULL REFERENCES "post" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_tagged_name_d901e6" UNIQUE ("name", "post_id")
);

CREATE TABLE "thread" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "title" TEXT NOT NULL,
    "root_id" BIGINT NOT NULL,
    "posts_count" INT NOT NULL,
    "locked" INT NOT NULL,
    "pinned_at" BIGINT NOT NULL,
    "visible" INT NOT NULL,
    "active_at" BIGINT NOT NULL,
    "created_at" BIGINT NOT NULL,
    "group_id" BIGINT NOT NULL REFERENCES "groups" ("id") ON DELETE CASCADE
);

CREATE TABLE "ticket" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "kind" VARCHAR(16) NOT NULL,
    "digest" VARCHAR(64) NOT NULL UNIQUE,
    "email" VARCHAR(320) NOT NULL,
    "tries" INT NOT NULL,
    "expires_at" BIGINT NOT NULL,
    "created_at" BIGINT NOT NULL,
    "account_id" BIGINT NOT NULL REFERENCES "account" ("id") ON DELETE CASCADE
);

CREATE TABLE "tombstone" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "uri" VARCHAR(2048) NOT NULL UNIQUE,
    "actor_uri" TEXT NOT NULL,
    "kind" VARCHAR(16) NOT NULL,
    "until" BIGINT NOT NULL
);

CREATE TABLE "tortoise_migrations" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "app" VARCHAR(255) NOT NULL,
    "name" VARCHAR(255) NOT NULL,
    "applied_at" TIMESTAMP NOT NULL,
    CONSTRAINT "uid_tortoise_mi_app_3803a5" UNIQUE ("app", "name")
);

CREATE TABLE "word_filter" (
    "id" BIGINT NOT NULL  PRIMARY KEY,
    "title" VARCHAR(255) NOT NULL,
    "context" VARCHAR(64) NOT NULL,
    "action" VARCHAR(16) NOT NULL,
    "expires_at" BIGINT NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_account_email_k_a9c6f6" ON "account" ("email_key");

CREATE INDEX "idx_activity_object__6dee9f" ON "activity" ("object_uri");

CREATE INDEX "idx_actor_host_d1284a" ON "actor" ("host", "username");

CREATE INDEX "idx_announced_activit_ae3435" ON "announced" ("activity_uri");

CREATE INDEX "idx_appeal_state_fafe87" ON "appeal" ("state", "id");

CREATE INDEX "idx_awaited_host_7d6f3d" ON "awaited" ("host", "id");

CREATE INDEX "idx_awaited_object__02790c" ON "awaited" ("object_uri");

CREATE INDEX "idx_awaited_receipt_fc8d83" ON "awaited" ("receipt_id");

CREATE INDEX "idx_bookmark_actor_i_50e73c" ON "bookmark" ("actor_id", "id");

CREATE INDEX "idx_bookmark_post_id_e8d574" ON "bookmark" ("post_id");

CREATE INDEX "idx_decision_answer__7796fa" ON "decision" ("answer_uri");

CREATE INDEX "idx_decision_group_i_aa0f39" ON "decision" ("group_id", "id");

CREATE INDEX "idx_decision_person__4614ab" ON "decision" ("person_id", "id");

CREATE INDEX "idx_decision_post_id_34d23b" ON "decision" ("post_id");

CREATE INDEX "idx_deletion_actor_i_8886cc" ON "deletion" ("actor_id");

CREATE INDEX "idx_deletion_due_at_a70f6f" ON "deletion" ("due_at");

CREATE INDEX "idx_draft_changed_4ad8aa" ON "draft" ("changed_at");

CREATE INDEX "idx_ended_host_f4b4e9" ON "ended" ("host");

CREATE INDEX "idx_filter_keyw_word_fi_c4008f" ON "filter_keyword" ("word_filter_id");

CREATE INDEX "idx_group_invit_group_i_5fe43e" ON "group_invitation" ("group_id");

CREATE INDEX "idx_groups_hosted_28311b" ON "groups" ("hosted", "active_at");

CREATE INDEX "idx_groups_name_bf0e14" ON "groups" ("name");

CREATE INDEX "idx_import_batc_state_d42b9b" ON "import_batch" ("state", "step_at");

CREATE INDEX "idx_import_row_batch_i_8d1b0b" ON "import_row" ("batch_id", "outcome");

CREATE INDEX "idx_listing_actor_i_2bc57b" ON "listing" ("actor_id");

CREATE INDEX "idx_log_entry_activit_453450" ON "log_entry" ("activity_id");

CREATE INDEX "idx_log_entry_stream_d5a278" ON "log_entry" ("stream", "object_uri");

CREATE INDEX "idx_lost_inbox_seen_at_ae95e7" ON "lost_inbox" ("seen_at");

CREATE INDEX "idx_mail_account_64a32a" ON "mail" ("account_id");

CREATE INDEX "idx_mail_next_tr_7825ed" ON "mail" ("next_try_at");

CREATE INDEX "idx_mailing_digest__1878ec" ON "mailing" ("digest_at");

CREATE INDEX "idx_media_actor_i_90ca9d" ON "media" ("actor_id", "created_at");

CREATE INDEX "idx_media_holder_141051" ON "media" ("holder");

CREATE INDEX "idx_media_state_5c3a9a" ON "media" ("state", "changed_at");

CREATE INDEX "idx_member_actor_i_565a7f" ON "member" ("actor_id", "state");

CREATE INDEX "idx_member_follow__b529ee" ON "member" ("follow_uri");

CREATE INDEX "idx_member_group_i_8e5cda" ON "member" ("group_id", "inbox");

CREATE INDEX "idx_member_group_i_9c7d64" ON "member" ("group_id", "state");

CREATE INDEX "idx_modmail_group_i_9aeab7" ON "modmail" ("group_id", "person_id", "id");

CREATE INDEX "idx_modmail_uri_43b6f1" ON "modmail" ("uri");

CREATE INDEX "idx_notificatio_actor_i_b0acc0" ON "notification" ("actor_id", "id");

CREATE INDEX "idx_notificatio_created_0db009" ON "notification" ("created_at");

CREATE INDEX "idx_notificatio_mail_1e9813" ON "notification" ("mail", "created_at");

CREATE INDEX "idx_notificatio_post_id_8df1a6" ON "notification" ("post_id");

CREATE INDEX "idx_oauth_code_expires_78081b" ON "oauth_code" ("expires_at");

CREATE INDEX "idx_oauth_token_account_0dd60c" ON "oauth_token" ("account_id");

CREATE INDEX "idx_oauth_token_app_id_176825" ON "oauth_token" ("app_id");

CREATE INDEX "idx_once_created_a20754" ON "once" ("created_at");

CREATE INDEX "idx_passkey_account_640db1" ON "passkey" ("account_id");

CREATE INDEX "idx_poll_ended_4f57cb" ON "poll" ("ended", "ends_at");

CREATE INDEX "idx_poll_tally_d_631010" ON "poll" ("tally_due_at");

CREATE INDEX "idx_post_author__23ff1c" ON "post" ("author_id", "state", "published_at");

CREATE INDEX "idx_post_author__678df5" ON "post" ("author_id", "id");

CREATE INDEX "idx_post_parent__b7042b" ON "post" ("parent_id", "state");

CREATE INDEX "idx_post_parent__cee668" ON "post" ("parent_id");

CREATE INDEX "idx_post_thread__650ad2" ON "post" ("thread_id", "id");

CREATE INDEX "idx_profile_tell_at_faba6d" ON "profile" ("tell_at");

CREATE INDEX "idx_push_messag_next_tr_f9c2a6" ON "push_message" ("next_try_at");

CREATE INDEX "idx_push_messag_subscri_81af89" ON "push_message" ("subscription_id");

CREATE INDEX "idx_push_subscr_actor_i_c4b956" ON "push_subscription" ("actor_id");

CREATE INDEX "idx_reaction_activit_e9234b" ON "reaction" ("activity_uri");

CREATE INDEX "idx_reaction_actor_u_943bd0" ON "reaction" ("actor_uri", "id");

CREATE INDEX "idx_reading_thread__7acfc3" ON "reading" ("thread_id");

CREATE INDEX "idx_receipt_host_8e2cb0" ON "receipt" ("host", "state");

CREATE INDEX "idx_receipt_state_f5017f" ON "receipt" ("state", "next_try_at", "id");

CREATE INDEX "idx_remote_pict_until_6b30b4" ON "remote_picture" ("until");

CREATE INDEX "idx_report_group_i_b7df40" ON "report" ("group_id", "state", "id");

CREATE INDEX "idx_report_reporte_55f746" ON "report" ("reporter_id", "created_at");

CREATE INDEX "idx_revision_post_id_e31f23" ON "revision" ("post_id", "id");

CREATE INDEX "idx_scheduled_p_actor_i_162151" ON "scheduled_post" ("actor_id", "id");

CREATE INDEX "idx_scheduled_p_due_at_6e0a66" ON "scheduled_post" ("due_at");

CREATE INDEX "idx_session_account_2a0f19" ON "session" ("account_id");

CREATE INDEX "idx_shown_pictu_post_id_06a751" ON "shown_picture" ("post_id");

CREATE INDEX "idx_spent_chall_expires_978d69" ON "spent_challenge" ("expires_at");

CREATE INDEX "idx_submission_group_i_81e08b" ON "submission" ("group_id", "state", "since");

CREATE INDEX "idx_subscriptio_host_e89bec" ON "subscription" ("host");

CREATE INDEX "idx_subscriptio_stream_d0d60b" ON "subscription" ("stream", "cursor");

CREATE INDEX "idx_tagged_post_id_9c7bc4" ON "tagged" ("post_id");

CREATE INDEX "idx_thread_group_i_2af343" ON "thread" ("group_id", "visible", "active_at");

CREATE INDEX "idx_thread_group_i_e06113" ON "thread" ("group_id", "id");

CREATE INDEX "idx_thread_root_id_8b4ce0" ON "thread" ("root_id");

CREATE INDEX "idx_ticket_account_ef7c19" ON "ticket" ("account_id");

CREATE INDEX "idx_ticket_expires_30d26d" ON "ticket" ("expires_at");

CREATE INDEX "idx_word_filter_actor_i_cd4eb1" ON "word_filter" ("actor_id");
