-- 0001_initial 0002_pace_and_tries 0003_what_is_hearsay 0004_readers 0005_lost_inboxes 0006_follower_digests 0007_waiting_and_crossposts 0008_accounts 0009_client_api 0010_media 0011_web_push 0013_moderation 0014_drafts_and_readings 0015_audit_log 0016_scheduled_posts_and_profiles 0017_search 0020_group_invitations 0021_polls 0022_reports 0023_rules 0024_pages 0025_staff 0026_sign_up_blocks 0027_limits 0028_passkeys 0029_mails 0030_moving 0031_topics 0032_shown_pictures

CREATE TABLE account (
    id bigint NOT NULL,
    email character varying(320) NOT NULL,
    password_hash text NOT NULL,
    created_at bigint NOT NULL,
    actor_id bigint NOT NULL,
    role character varying(16) DEFAULT 'member'::character varying NOT NULL,
    approved_at bigint DEFAULT 0 NOT NULL,
    confirmed_at bigint DEFAULT 0 NOT NULL,
    email_key character varying(320) DEFAULT ''::character varying NOT NULL,
    language character varying(16) DEFAULT ''::character varying NOT NULL,
    locale character varying(16) DEFAULT ''::character varying NOT NULL,
    mail_about text DEFAULT 'sign_in sign_up'::text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    second_factor bytea,
    second_factor_at bigint DEFAULT 0 NOT NULL,
    second_factor_step bigint DEFAULT 0 NOT NULL,
    visibility character varying(16) DEFAULT 'public'::character varying NOT NULL,
    default_group_id bigint DEFAULT 0 NOT NULL,
    sensitive boolean DEFAULT false NOT NULL,
    passkey_handle bytea,
    moved_at bigint DEFAULT 0 NOT NULL
);
CREATE TABLE act (
    id bigint NOT NULL,
    at bigint NOT NULL,
    who character varying(255) NOT NULL,
    what character varying(64) NOT NULL,
    detail text NOT NULL
);
CREATE TABLE activity (
    id bigint NOT NULL,
    uri character varying(2048) NOT NULL,
    actor_uri character varying(2048) NOT NULL,
    kind character varying(32) NOT NULL,
    object_uri character varying(2048) NOT NULL,
    body bytea NOT NULL,
    public boolean NOT NULL,
    created_at bigint NOT NULL
);
CREATE TABLE actor (
    id bigint NOT NULL,
    uri character varying(2048) NOT NULL,
    kind character varying(32) NOT NULL,
    local boolean NOT NULL,
    host character varying(255) NOT NULL,
    username character varying(255) NOT NULL,
    name text NOT NULL,
    summary text NOT NULL,
    page_url text NOT NULL,
    icon_url text NOT NULL,
    inbox text NOT NULL,
    shared_inbox text NOT NULL,
    outbox text NOT NULL,
    followers text NOT NULL,
    moderators text NOT NULL,
    featured text NOT NULL,
    document text NOT NULL,
    moved_to text NOT NULL,
    state character varying(16) NOT NULL,
    published_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    fetched_at bigint NOT NULL,
    banner_url text DEFAULT ''::text NOT NULL,
    discoverable boolean DEFAULT true NOT NULL,
    indexable boolean DEFAULT true NOT NULL
);
CREATE TABLE announced (
    id bigint NOT NULL,
    object_uri character varying(2048) NOT NULL,
    form character varying(16) NOT NULL,
    activity_uri character varying(2048) NOT NULL,
    undone boolean NOT NULL,
    waiting boolean NOT NULL,
    created_at bigint NOT NULL,
    group_id bigint NOT NULL
);
CREATE TABLE announcement (
    id bigint NOT NULL,
    text text NOT NULL,
    begins_at bigint NOT NULL,
    ends_at bigint NOT NULL,
    created_at bigint NOT NULL
);
CREATE TABLE announcement_read (
    id bigint NOT NULL,
    actor_id bigint NOT NULL,
    announcement_id bigint NOT NULL
);
CREATE TABLE app (
    id bigint NOT NULL,
    name character varying(200) NOT NULL,
    website text NOT NULL,
    redirect_uris text NOT NULL,
    scopes text NOT NULL,
    client_id character varying(64) NOT NULL,
    secret_digest character varying(64) NOT NULL,
    created_at bigint NOT NULL
);
CREATE TABLE appeal (
    id bigint NOT NULL,
    text text NOT NULL,
    state character varying(16) NOT NULL,
    created_at bigint NOT NULL,
    decided_at bigint NOT NULL,
    decision_id bigint NOT NULL
);
CREATE TABLE automatic_rule (
    id bigint NOT NULL,
    kind character varying(16) NOT NULL,
    amount integer NOT NULL,
    days integer NOT NULL,
    words text NOT NULL,
    created_at bigint NOT NULL,
    group_id bigint NOT NULL
);
CREATE TABLE awaited (
    id bigint NOT NULL,
    host character varying(255) NOT NULL,
    object_uri character varying(2048) NOT NULL,
    receipt_id bigint NOT NULL
);
CREATE TABLE ballot (
    id bigint NOT NULL,
    choice integer NOT NULL,
    created_at bigint NOT NULL,
    actor_id bigint NOT NULL,
    poll_id bigint NOT NULL
);
CREATE TABLE blocked_host (
    id bigint NOT NULL,
    host character varying(255) NOT NULL,
    actor_id bigint NOT NULL
);
CREATE TABLE bookmark (
    id bigint NOT NULL,
    post_id bigint NOT NULL,
    actor_id bigint NOT NULL
);
CREATE TABLE crosspost (
    id bigint NOT NULL,
    created_at bigint NOT NULL,
    group_id bigint NOT NULL,
    thread_id bigint NOT NULL
);
CREATE TABLE decision (
    id bigint NOT NULL,
    kind character varying(16) NOT NULL,
    post_id bigint NOT NULL,
    object_uri character varying(2048) NOT NULL,
    person_id bigint NOT NULL,
    decider_id bigint NOT NULL,
    rule integer NOT NULL,
    rule_text text NOT NULL,
    text text NOT NULL,
    unnamed boolean NOT NULL,
    until bigint NOT NULL,
    took_ms bigint NOT NULL,
    appealed_id bigint NOT NULL,
    activity_uri character varying(2048) NOT NULL,
    answer_uri character varying(2048) NOT NULL,
    created_at bigint NOT NULL,
    group_id bigint NOT NULL
);
CREATE TABLE deletion (
    id bigint NOT NULL,
    post_id bigint NOT NULL,
    due_at bigint NOT NULL,
    tried_at bigint NOT NULL,
    actor_id bigint NOT NULL
);
CREATE TABLE draft (
    id bigint NOT NULL,
    place character varying(64) NOT NULL,
    title text NOT NULL,
    text text NOT NULL,
    warning text NOT NULL,
    language character varying(16) NOT NULL,
    changed_at bigint NOT NULL,
    actor_id bigint NOT NULL,
    poll text DEFAULT ''::text NOT NULL
);
CREATE TABLE ended (
    id bigint NOT NULL,
    host character varying(255) NOT NULL,
    inbox character varying(2048) NOT NULL,
    stream character varying(255) NOT NULL,
    seq bigint NOT NULL,
    activity_uri character varying(2048) NOT NULL,
    status integer NOT NULL,
    reason text NOT NULL,
    ended_at bigint NOT NULL
);
CREATE TABLE featured_tag (
    id bigint NOT NULL,
    name character varying(100) NOT NULL,
    actor_id bigint NOT NULL
);
CREATE TABLE filter_keyword (
    id bigint NOT NULL,
    keyword character varying(255) NOT NULL,
    whole_word boolean NOT NULL,
    word_filter_id bigint NOT NULL
);
CREATE TABLE filter_status (
    id bigint NOT NULL,
    post_id bigint NOT NULL,
    word_filter_id bigint NOT NULL
);
CREATE TABLE followed_tag (
    id bigint NOT NULL,
    name character varying(100) NOT NULL,
    actor_id bigint NOT NULL
);
CREATE TABLE follower_digest (
    id bigint NOT NULL,
    actor_uri character varying(2048) NOT NULL,
    host character varying(255) NOT NULL,
    digest character varying(64) NOT NULL,
    followers integer NOT NULL
);
CREATE TABLE group_invitation (
    id bigint NOT NULL,
    digest character varying(64) NOT NULL,
    note character varying(200) NOT NULL,
    uses_left integer NOT NULL,
    expires_at bigint NOT NULL,
    created_at bigint NOT NULL,
    actor_id bigint NOT NULL,
    group_id bigint NOT NULL
);
CREATE TABLE groups (
    id bigint NOT NULL,
    name character varying(255) NOT NULL,
    hosted boolean NOT NULL,
    title text NOT NULL,
    description text NOT NULL,
    summary text NOT NULL,
    summary_html text NOT NULL,
    rules text NOT NULL,
    language character varying(16) NOT NULL,
    icon_url text NOT NULL,
    banner_url text NOT NULL,
    join_policy character varying(16) NOT NULL,
    post_policy character varying(16) NOT NULL,
    boost_replies boolean NOT NULL,
    state character varying(16) NOT NULL,
    members_count integer NOT NULL,
    threads_count integer NOT NULL,
    active_at bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    actor_id bigint NOT NULL,
    synchronized_at bigint DEFAULT 0 NOT NULL,
    approve character varying(16) DEFAULT 'nobody'::character varying NOT NULL,
    newcomer_posts integer DEFAULT 3 NOT NULL,
    servers_allowed text DEFAULT ''::text NOT NULL,
    servers_blocked text DEFAULT ''::text NOT NULL,
    topics text DEFAULT ''::text NOT NULL
);
CREATE TABLE import_batch (
    id bigint NOT NULL,
    state character varying(16) NOT NULL,
    overwrites boolean NOT NULL,
    step_at bigint NOT NULL,
    created_at bigint NOT NULL,
    actor_id bigint NOT NULL
);
CREATE TABLE import_row (
    id bigint NOT NULL,
    kind character varying(16) NOT NULL,
    subject text NOT NULL,
    more text NOT NULL,
    outcome character varying(16) NOT NULL,
    reason text NOT NULL,
    batch_id bigint NOT NULL
);
CREATE TABLE instance_text (
    id bigint NOT NULL,
    kind character varying(16) NOT NULL,
    language character varying(16) NOT NULL,
    text text NOT NULL
);
CREATE TABLE invitation (
    id bigint NOT NULL,
    digest character varying(64) NOT NULL,
    note character varying(200) NOT NULL,
    uses_left integer NOT NULL,
    expires_at bigint NOT NULL,
    created_at bigint NOT NULL,
    account_id bigint
);
CREATE TABLE key (
    id bigint NOT NULL,
    uri character varying(2048) NOT NULL,
    algorithm character varying(16) NOT NULL,
    public text NOT NULL,
    sealed bytea,
    created_at bigint NOT NULL,
    actor_id bigint NOT NULL
);
CREATE TABLE lane (
    host character varying(255) NOT NULL,
    state character varying(16) NOT NULL,
    failures integer NOT NULL,
    next_try_at bigint NOT NULL,
    failing_since bigint NOT NULL,
    lease_owner character varying(64) NOT NULL,
    lease_until bigint NOT NULL,
    succeeded_at bigint NOT NULL,
    last_error text NOT NULL,
    tries integer DEFAULT 0 NOT NULL
);
CREATE TABLE listed (
    id bigint NOT NULL,
    listing_id bigint NOT NULL,
    target_id bigint NOT NULL
);
CREATE TABLE listing (
    id bigint NOT NULL,
    title character varying(255) NOT NULL,
    replies_policy character varying(16) NOT NULL,
    exclusive boolean NOT NULL,
    actor_id bigint NOT NULL
);
CREATE TABLE log_entry (
    id bigint NOT NULL,
    stream character varying(255) NOT NULL,
    seq bigint NOT NULL,
    kind character varying(16) NOT NULL,
    object_uri text NOT NULL,
    thread character varying(64) NOT NULL,
    skip_host character varying(255) NOT NULL,
    cancelled boolean NOT NULL,
    undoes bigint NOT NULL,
    created_at bigint NOT NULL,
    activity_id bigint NOT NULL,
    not_before bigint DEFAULT 0 NOT NULL,
    spread bigint DEFAULT 0 NOT NULL
);
CREATE TABLE lost_inbox (
    inbox character varying(2048) NOT NULL,
    days integer NOT NULL,
    seen_at bigint NOT NULL
);
CREATE TABLE mail (
    id bigint NOT NULL,
    recipient character varying(320) NOT NULL,
    sealed bytea NOT NULL,
    tries integer NOT NULL,
    next_try_at bigint NOT NULL,
    last_error text NOT NULL,
    created_at bigint NOT NULL,
    about text DEFAULT ''::text NOT NULL,
    account_id bigint DEFAULT 0 NOT NULL
);
CREATE TABLE mailing (
    id bigint NOT NULL,
    choices text NOT NULL,
    stopped text NOT NULL,
    digest character varying(8) NOT NULL,
    hour integer NOT NULL,
    digest_at bigint NOT NULL,
    digest_from bigint NOT NULL,
    day integer NOT NULL,
    sent integer NOT NULL,
    refusals integer NOT NULL,
    refused_at bigint NOT NULL,
    last_error text NOT NULL,
    account_id bigint NOT NULL
);
CREATE TABLE marker (
    id bigint NOT NULL,
    timeline character varying(16) NOT NULL,
    last_read_id bigint NOT NULL,
    version integer NOT NULL,
    updated_at bigint NOT NULL,
    actor_id bigint NOT NULL
);
CREATE TABLE media (
    id bigint NOT NULL,
    key character varying(64) NOT NULL,
    url text NOT NULL,
    type character varying(32) NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    preview_width integer NOT NULL,
    preview_height integer NOT NULL,
    bytes integer NOT NULL,
    blurhash character varying(64) NOT NULL,
    animated boolean NOT NULL,
    description text NOT NULL,
    focus_x double precision NOT NULL,
    focus_y double precision NOT NULL,
    state character varying(16) NOT NULL,
    holder character varying(2048) NOT NULL,
    place integer NOT NULL,
    created_at bigint NOT NULL,
    changed_at bigint NOT NULL,
    actor_id bigint NOT NULL
);
CREATE TABLE member (
    id bigint NOT NULL,
    state character varying(16) NOT NULL,
    role character varying(16) NOT NULL,
    follow_uri character varying(2048) NOT NULL,
    follow text NOT NULL,
    reason text NOT NULL,
    asked_at bigint NOT NULL,
    joined_at bigint NOT NULL,
    changed_at bigint NOT NULL,
    actor_id bigint NOT NULL,
    group_id bigint NOT NULL,
    inbox character varying(2048) DEFAULT ''::character varying NOT NULL,
    bell boolean DEFAULT false NOT NULL,
    shows boolean DEFAULT true NOT NULL,
    banned_until bigint DEFAULT 0 NOT NULL,
    muted_until bigint DEFAULT 0 NOT NULL
);
CREATE TABLE modmail (
    id bigint NOT NULL,
    person_id bigint NOT NULL,
    author_id bigint NOT NULL,
    text text NOT NULL,
    uri character varying(2048) NOT NULL,
    created_at bigint NOT NULL,
    group_id bigint NOT NULL
);
CREATE TABLE muted_thread (
    id bigint NOT NULL,
    thread_id bigint NOT NULL,
    actor_id bigint NOT NULL
);
CREATE TABLE notification (
    id bigint NOT NULL,
    kind character varying(16) NOT NULL,
    post_id bigint NOT NULL,
    created_at bigint NOT NULL,
    actor_id bigint NOT NULL,
    sender_id bigint NOT NULL,
    mail character varying(8) DEFAULT 'new'::character varying NOT NULL
);
CREATE TABLE oauth_code (
    id bigint NOT NULL,
    digest character varying(64) NOT NULL,
    redirect_uri text NOT NULL,
    scopes text NOT NULL,
    challenge character varying(64) NOT NULL,
    token_id bigint NOT NULL,
    expires_at bigint NOT NULL,
    account_id bigint NOT NULL,
    acting_id bigint,
    app_id bigint NOT NULL
);
CREATE TABLE oauth_token (
    id bigint NOT NULL,
    digest character varying(64) NOT NULL,
    scopes text NOT NULL,
    used_at bigint NOT NULL,
    created_at bigint NOT NULL,
    account_id bigint,
    acting_id bigint,
    app_id bigint NOT NULL
);
CREATE TABLE once (
    id bigint NOT NULL,
    key character varying(255) NOT NULL,
    post_id bigint NOT NULL,
    created_at bigint NOT NULL,
    actor_id bigint NOT NULL
);
CREATE TABLE passkey (
    id bigint NOT NULL,
    digest character varying(64) NOT NULL,
    credential bytea NOT NULL,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    name character varying(60) NOT NULL,
    used_at bigint NOT NULL,
    created_at bigint NOT NULL,
    account_id bigint NOT NULL
);
CREATE TABLE peer (
    host character varying(255) NOT NULL,
    software character varying(64) NOT NULL,
    version character varying(64) NOT NULL,
    family character varying(16) NOT NULL,
    asked_at bigint NOT NULL,
    signature_form character varying(16) NOT NULL,
    form_learned_at bigint NOT NULL,
    blocked boolean NOT NULL,
    note text NOT NULL,
    first_seen_at bigint NOT NULL,
    heard_at bigint NOT NULL,
    limited boolean DEFAULT false NOT NULL,
    allowed boolean DEFAULT false NOT NULL
);
CREATE TABLE pinned_post (
    id bigint NOT NULL,
    post_id bigint NOT NULL,
    actor_id bigint NOT NULL
);
CREATE TABLE poll (
    id bigint NOT NULL,
    options text NOT NULL,
    counts text NOT NULL,
    multiple boolean NOT NULL,
    hides_totals boolean NOT NULL,
    counted_here boolean NOT NULL,
    voters_count bigint NOT NULL,
    ends_at bigint NOT NULL,
    ended boolean NOT NULL,
    tally_due_at bigint NOT NULL,
    post_id bigint NOT NULL
);
CREATE TABLE post (
    id bigint NOT NULL,
    uri character varying(2048) NOT NULL,
    page_url text NOT NULL,
    parent_id bigint,
    depth integer NOT NULL,
    kind character varying(32) NOT NULL,
    title text NOT NULL,
    content text NOT NULL,
    warning text NOT NULL,
    language character varying(16) NOT NULL,
    sensitive boolean NOT NULL,
    attachments text NOT NULL,
    document text NOT NULL,
    visibility character varying(16) NOT NULL,
    state character varying(16) NOT NULL,
    reason text NOT NULL,
    published_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    received_at bigint NOT NULL,
    likes_count integer NOT NULL,
    dislikes_count integer NOT NULL,
    boosts_count integer NOT NULL,
    author_id bigint NOT NULL,
    thread_id bigint NOT NULL
);
CREATE TABLE profile (
    id bigint NOT NULL,
    note text NOT NULL,
    pairs text NOT NULL,
    icon_text text NOT NULL,
    banner_text text NOT NULL,
    credited text NOT NULL,
    actor_id bigint NOT NULL,
    aliases text DEFAULT ''::text NOT NULL,
    tell_at bigint DEFAULT 0 NOT NULL
);
CREATE TABLE promotion_thread (
    id bigint NOT NULL,
    due_at bigint NOT NULL,
    tried_at bigint NOT NULL,
    group_id bigint NOT NULL
);
CREATE TABLE push_message (
    id bigint NOT NULL,
    notification_id bigint NOT NULL,
    tries integer NOT NULL,
    next_try_at bigint NOT NULL,
    created_at bigint NOT NULL,
    subscription_id bigint NOT NULL
);
CREATE TABLE push_subscription (
    id bigint NOT NULL,
    endpoint character varying(2048) NOT NULL,
    p256dh character varying(128) NOT NULL,
    auth character varying(64) NOT NULL,
    standard boolean NOT NULL,
    alerts text NOT NULL,
    policy character varying(16) NOT NULL,
    sealed_token bytea NOT NULL,
    created_at bigint NOT NULL,
    actor_id bigint NOT NULL,
    token_id bigint NOT NULL
);
CREATE TABLE reaction (
    id bigint NOT NULL,
    actor_uri character varying(2048) NOT NULL,
    slot character varying(64) NOT NULL,
    kind character varying(16) NOT NULL,
    activity_uri character varying(2048) NOT NULL,
    vouched boolean NOT NULL,
    created_at bigint NOT NULL,
    post_id bigint NOT NULL
);
CREATE TABLE reading (
    id bigint NOT NULL,
    thread_id bigint NOT NULL,
    seen_id bigint NOT NULL,
    follows boolean NOT NULL,
    actor_id bigint NOT NULL
);
CREATE TABLE receipt (
    id bigint NOT NULL,
    digest character varying(64) NOT NULL,
    activity_uri text NOT NULL,
    actor_uri text NOT NULL,
    kind character varying(64) NOT NULL,
    host character varying(255) NOT NULL,
    door text NOT NULL,
    body bytea,
    state character varying(16) NOT NULL,
    reason text NOT NULL,
    attempts integer NOT NULL,
    next_try_at bigint NOT NULL,
    received_at bigint NOT NULL,
    settled_at bigint NOT NULL,
    teller text DEFAULT ''::text NOT NULL,
    synchronization text DEFAULT ''::text NOT NULL
);
CREATE TABLE recovery_code (
    id bigint NOT NULL,
    digest character varying(64) NOT NULL,
    account_id bigint NOT NULL
);
CREATE TABLE remote_picture (
    digest character varying(64) NOT NULL,
    url text NOT NULL,
    key character varying(64) NOT NULL,
    type character varying(32) NOT NULL,
    bytes integer NOT NULL,
    reason text NOT NULL,
    fetched_at bigint NOT NULL,
    until bigint NOT NULL,
    kind character varying(16) DEFAULT 'picture'::character varying NOT NULL
);
CREATE TABLE report (
    id bigint NOT NULL,
    activity_uri character varying(2048) NOT NULL,
    group_id bigint NOT NULL,
    reporter_id bigint NOT NULL,
    person_id bigint NOT NULL,
    post_id bigint NOT NULL,
    objects text NOT NULL,
    text text NOT NULL,
    category character varying(16) NOT NULL,
    rules character varying(255) NOT NULL,
    for_staff boolean NOT NULL,
    claimed_by bigint NOT NULL,
    state character varying(16) NOT NULL,
    outcome text NOT NULL,
    forwarded_at bigint NOT NULL,
    decided_at bigint NOT NULL,
    created_at bigint NOT NULL
);
CREATE TABLE report_note (
    id bigint NOT NULL,
    author_id bigint NOT NULL,
    text text NOT NULL,
    created_at bigint NOT NULL,
    report_id bigint NOT NULL
);
CREATE TABLE revision (
    id bigint NOT NULL,
    title text NOT NULL,
    content text NOT NULL,
    warning text NOT NULL,
    sensitive boolean NOT NULL,
    attachments text NOT NULL,
    written_at bigint NOT NULL,
    post_id bigint NOT NULL
);
CREATE TABLE scheduled_post (
    id bigint NOT NULL,
    group_id bigint NOT NULL,
    parent_id bigint NOT NULL,
    text text NOT NULL,
    params text NOT NULL,
    due_at bigint NOT NULL,
    post_id bigint NOT NULL,
    tried_at bigint NOT NULL,
    created_at bigint NOT NULL,
    actor_id bigint NOT NULL
);
CREATE TABLE searched (
    id bigint NOT NULL,
    terms tsvector NOT NULL
);
CREATE TABLE session (
    id bigint NOT NULL,
    digest character varying(64) NOT NULL,
    address character varying(64) NOT NULL,
    agent character varying(200) NOT NULL,
    created_at bigint NOT NULL,
    seen_at bigint NOT NULL,
    account_id bigint NOT NULL
);
CREATE TABLE setting (
    key character varying(64) NOT NULL,
    value text NOT NULL
);
CREATE TABLE shown_picture (
    id bigint NOT NULL,
    digest character varying(64) NOT NULL,
    post_id bigint NOT NULL
);
CREATE TABLE sign_up_block (
    id bigint NOT NULL,
    kind character varying(16) NOT NULL,
    value character varying(255) NOT NULL,
    asks boolean NOT NULL,
    note text NOT NULL,
    expires_at bigint NOT NULL,
    created_at bigint NOT NULL
);
CREATE TABLE spent_challenge (
    id bigint NOT NULL,
    digest character varying(64) NOT NULL,
    expires_at bigint NOT NULL
);
CREATE TABLE stance (
    id bigint NOT NULL,
    muted boolean NOT NULL,
    blocked boolean NOT NULL,
    note text NOT NULL,
    actor_id bigint NOT NULL,
    target_id bigint NOT NULL,
    endorsed boolean DEFAULT false NOT NULL,
    muted_until bigint DEFAULT 0 NOT NULL
);
CREATE TABLE stream (
    name character varying(255) NOT NULL,
    head bigint NOT NULL
);
CREATE TABLE submission (
    id bigint NOT NULL,
    state character varying(16) NOT NULL,
    why text NOT NULL,
    activity_uri character varying(2048) NOT NULL,
    body bytea NOT NULL,
    host character varying(255) NOT NULL,
    signed boolean NOT NULL,
    since bigint NOT NULL,
    group_id bigint NOT NULL
);
CREATE TABLE subscription (
    id bigint NOT NULL,
    stream character varying(255) NOT NULL,
    inbox character varying(2048) NOT NULL,
    host character varying(255) NOT NULL,
    cursor bigint NOT NULL,
    claimed bigint NOT NULL,
    created_at bigint NOT NULL,
    since bigint DEFAULT 0 NOT NULL
);
CREATE TABLE tagged (
    id bigint NOT NULL,
    name character varying(100) NOT NULL,
    post_id bigint NOT NULL
);
CREATE TABLE thread (
    id bigint NOT NULL,
    title text NOT NULL,
    root_id bigint NOT NULL,
    posts_count integer NOT NULL,
    locked boolean NOT NULL,
    pinned_at bigint NOT NULL,
    visible boolean NOT NULL,
    active_at bigint NOT NULL,
    created_at bigint NOT NULL,
    group_id bigint NOT NULL
);
CREATE TABLE ticket (
    id bigint NOT NULL,
    kind character varying(16) NOT NULL,
    digest character varying(64) NOT NULL,
    email character varying(320) NOT NULL,
    tries integer NOT NULL,
    expires_at bigint NOT NULL,
    created_at bigint NOT NULL,
    account_id bigint NOT NULL
);
CREATE TABLE tombstone (
    id bigint NOT NULL,
    uri character varying(2048) NOT NULL,
    actor_uri text NOT NULL,
    kind character varying(16) NOT NULL,
    until bigint NOT NULL
);
CREATE TABLE tortoise_migrations (
    id integer NOT NULL,
    app character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    applied_at timestamp with time zone NOT NULL
);
CREATE SEQUENCE tortoise_migrations_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE tortoise_migrations_id_seq OWNED BY tortoise_migrations.id;
CREATE TABLE word_filter (
    id bigint NOT NULL,
    title character varying(255) NOT NULL,
    context character varying(64) NOT NULL,
    action character varying(16) NOT NULL,
    expires_at bigint NOT NULL,
    actor_id bigint NOT NULL
);
ALTER TABLE ONLY tortoise_migrations ALTER COLUMN id SET DEFAULT nextval('tortoise_migrations_id_seq'::regclass);
ALTER TABLE ONLY account
    ADD CONSTRAINT account_actor_id_key UNIQUE (actor_id);
ALTER TABLE ONLY account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);
ALTER TABLE ONLY act
    ADD CONSTRAINT act_pkey PRIMARY KEY (id);
ALTER TABLE ONLY activity
    ADD CONSTRAINT activity_pkey PRIMARY KEY (id);
ALTER TABLE ONLY activity
    ADD CONSTRAINT activity_uri_key UNIQUE (uri);
ALTER TABLE ONLY actor
    ADD CONSTRAINT actor_pkey PRIMARY KEY (id);
ALTER TABLE ONLY actor
    ADD CONSTRAINT actor_uri_key UNIQUE (uri);
ALTER TABLE ONLY announced
    ADD CONSTRAINT announced_pkey PRIMARY KEY (id);
ALTER TABLE ONLY announcement
    ADD CONSTRAINT announcement_pkey PRIMARY KEY (id);
ALTER TABLE ONLY announcement_read
    ADD CONSTRAINT announcement_read_pkey PRIMARY KEY (id);
ALTER TABLE ONLY app
    ADD CONSTRAINT app_client_id_key UNIQUE (client_id);
ALTER TABLE ONLY app
    ADD CONSTRAINT app_pkey PRIMARY KEY (id);
ALTER TABLE ONLY appeal
    ADD CONSTRAINT appeal_decision_id_key UNIQUE (decision_id);
ALTER TABLE ONLY appeal
    ADD CONSTRAINT appeal_pkey PRIMARY KEY (id);
ALTER TABLE ONLY automatic_rule
    ADD CONSTRAINT automatic_rule_pkey PRIMARY KEY (id);
ALTER TABLE ONLY awaited
    ADD CONSTRAINT awaited_pkey PRIMARY KEY (id);
ALTER TABLE ONLY ballot
    ADD CONSTRAINT ballot_pkey PRIMARY KEY (id);
ALTER TABLE ONLY blocked_host
    ADD CONSTRAINT blocked_host_pkey PRIMARY KEY (id);
ALTER TABLE ONLY bookmark
    ADD CONSTRAINT bookmark_pkey PRIMARY KEY (id);
ALTER TABLE ONLY crosspost
    ADD CONSTRAINT crosspost_pkey PRIMARY KEY (id);
ALTER TABLE ONLY decision
    ADD CONSTRAINT decision_pkey PRIMARY KEY (id);
ALTER TABLE ONLY deletion
    ADD CONSTRAINT deletion_pkey PRIMARY KEY (id);
ALTER TABLE ONLY deletion
    ADD CONSTRAINT deletion_post_id_key UNIQUE (post_id);
ALTER TABLE ONLY draft
    ADD CONSTRAINT draft_pkey PRIMARY KEY (id);
ALTER TABLE ONLY ended
    ADD CONSTRAINT ended_pkey PRIMARY KEY (id);
ALTER TABLE ONLY featured_tag
    ADD CONSTRAINT featured_tag_pkey PRIMARY KEY (id);
ALTER TABLE ONLY filter_keyword
    ADD CONSTRAINT filter_keyword_pkey PRIMARY KEY (id);
ALTER TABLE ONLY filter_status
    ADD CONSTRAINT filter_status_pkey PRIMARY KEY (id);
ALTER TABLE ONLY followed_tag
    ADD CONSTRAINT followed_tag_pkey PRIMARY KEY (id);
ALTER TABLE ONLY follower_digest
    ADD CONSTRAINT follower_digest_pkey PRIMARY KEY (id);
ALTER TABLE ONLY group_invitation
    ADD CONSTRAINT group_invitation_digest_key UNIQUE (digest);
ALTER TABLE ONLY group_invitation
    ADD CONSTRAINT group_invitation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY groups
    ADD CONSTRAINT groups_actor_id_key UNIQUE (actor_id);
ALTER TABLE ONLY groups
    ADD CONSTRAINT groups_pkey PRIMARY KEY (id);
ALTER TABLE ONLY import_batch
    ADD CONSTRAINT import_batch_actor_id_key UNIQUE (actor_id);
ALTER TABLE ONLY import_batch
    ADD CONSTRAINT import_batch_pkey PRIMARY KEY (id);
ALTER TABLE ONLY import_row
    ADD CONSTRAINT import_row_pkey PRIMARY KEY (id);
ALTER TABLE ONLY instance_text
    ADD CONSTRAINT instance_text_pkey PRIMARY KEY (id);
ALTER TABLE ONLY invitation
    ADD CONSTRAINT invitation_digest_key UNIQUE (digest);
ALTER TABLE ONLY invitation
    ADD CONSTRAINT invitation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY key
    ADD CONSTRAINT key_pkey PRIMARY KEY (id);
ALTER TABLE ONLY key
    ADD CONSTRAINT key_uri_key UNIQUE (uri);
ALTER TABLE ONLY lane
    ADD CONSTRAINT lane_pkey PRIMARY KEY (host);
ALTER TABLE ONLY listed
    ADD CONSTRAINT listed_pkey PRIMARY KEY (id);
ALTER TABLE ONLY listing
    ADD CONSTRAINT listing_pkey PRIMARY KEY (id);
ALTER TABLE ONLY log_entry
    ADD CONSTRAINT log_entry_pkey PRIMARY KEY (id);
ALTER TABLE ONLY lost_inbox
    ADD CONSTRAINT lost_inbox_pkey PRIMARY KEY (inbox);
ALTER TABLE ONLY mail
    ADD CONSTRAINT mail_pkey PRIMARY KEY (id);
ALTER TABLE ONLY mailing
    ADD CONSTRAINT mailing_account_id_key UNIQUE (account_id);
ALTER TABLE ONLY mailing
    ADD CONSTRAINT mailing_pkey PRIMARY KEY (id);
ALTER TABLE ONLY marker
    ADD CONSTRAINT marker_pkey PRIMARY KEY (id);
ALTER TABLE ONLY media
    ADD CONSTRAINT media_key_key UNIQUE (key);
ALTER TABLE ONLY media
    ADD CONSTRAINT media_pkey PRIMARY KEY (id);
ALTER TABLE ONLY member
    ADD CONSTRAINT member_pkey PRIMARY KEY (id);
ALTER TABLE ONLY modmail
    ADD CONSTRAINT modmail_pkey PRIMARY KEY (id);
ALTER TABLE ONLY muted_thread
    ADD CONSTRAINT muted_thread_pkey PRIMARY KEY (id);
ALTER TABLE ONLY notification
    ADD CONSTRAINT notification_pkey PRIMARY KEY (id);
ALTER TABLE ONLY oauth_code
    ADD CONSTRAINT oauth_code_digest_key UNIQUE (digest);
ALTER TABLE ONLY oauth_code
    ADD CONSTRAINT oauth_code_pkey PRIMARY KEY (id);
ALTER TABLE ONLY oauth_token
    ADD CONSTRAINT oauth_token_digest_key UNIQUE (digest);
ALTER TABLE ONLY oauth_token
    ADD CONSTRAINT oauth_token_pkey PRIMARY KEY (id);
ALTER TABLE ONLY once
    ADD CONSTRAINT once_pkey PRIMARY KEY (id);
ALTER TABLE ONLY passkey
    ADD CONSTRAINT passkey_digest_key UNIQUE (digest);
ALTER TABLE ONLY passkey
    ADD CONSTRAINT passkey_pkey PRIMARY KEY (id);
ALTER TABLE ONLY peer
    ADD CONSTRAINT peer_pkey PRIMARY KEY (host);
ALTER TABLE ONLY pinned_post
    ADD CONSTRAINT pinned_post_pkey PRIMARY KEY (id);
ALTER TABLE ONLY poll
    ADD CONSTRAINT poll_pkey PRIMARY KEY (id);
ALTER TABLE ONLY post
    ADD CONSTRAINT post_pkey PRIMARY KEY (id);
ALTER TABLE ONLY post
    ADD CONSTRAINT post_uri_key UNIQUE (uri);
ALTER TABLE ONLY profile
    ADD CONSTRAINT profile_actor_id_key UNIQUE (actor_id);
ALTER TABLE ONLY profile
    ADD CONSTRAINT profile_pkey PRIMARY KEY (id);
ALTER TABLE ONLY promotion_thread
    ADD CONSTRAINT promotion_thread_pkey PRIMARY KEY (id);
ALTER TABLE ONLY push_message
    ADD CONSTRAINT push_message_pkey PRIMARY KEY (id);
ALTER TABLE ONLY push_subscription
    ADD CONSTRAINT push_subscription_pkey PRIMARY KEY (id);
ALTER TABLE ONLY push_subscription
    ADD CONSTRAINT push_subscription_token_id_key UNIQUE (token_id);
ALTER TABLE ONLY reaction
    ADD CONSTRAINT reaction_pkey PRIMARY KEY (id);
ALTER TABLE ONLY reading
    ADD CONSTRAINT reading_pkey PRIMARY KEY (id);
ALTER TABLE ONLY receipt
    ADD CONSTRAINT receipt_digest_key UNIQUE (digest);
ALTER TABLE ONLY receipt
    ADD CONSTRAINT receipt_pkey PRIMARY KEY (id);
ALTER TABLE ONLY recovery_code
    ADD CONSTRAINT recovery_code_pkey PRIMARY KEY (id);
ALTER TABLE ONLY remote_picture
    ADD CONSTRAINT remote_picture_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY report_note
    ADD CONSTRAINT report_note_pkey PRIMARY KEY (id);
ALTER TABLE ONLY report
    ADD CONSTRAINT report_pkey PRIMARY KEY (id);
ALTER TABLE ONLY revision
    ADD CONSTRAINT revision_pkey PRIMARY KEY (id);
ALTER TABLE ONLY scheduled_post
    ADD CONSTRAINT scheduled_post_pkey PRIMARY KEY (id);
ALTER TABLE ONLY searched
    ADD CONSTRAINT searched_pkey PRIMARY KEY (id);
ALTER TABLE ONLY session
    ADD CONSTRAINT session_digest_key UNIQUE (digest);
ALTER TABLE ONLY session
    ADD CONSTRAINT session_pkey PRIMARY KEY (id);
ALTER TABLE ONLY setting
    ADD CONSTRAINT setting_pkey PRIMARY KEY (key);
ALTER TABLE ONLY shown_picture
    ADD CONSTRAINT shown_picture_pkey PRIMARY KEY (id);
ALTER TABLE ONLY sign_up_block
    ADD CONSTRAINT sign_up_block_pkey PRIMARY KEY (id);
ALTER TABLE ONLY spent_challenge
    ADD CONSTRAINT spent_challenge_digest_key UNIQUE (digest);
ALTER TABLE ONLY spent_challenge
    ADD CONSTRAINT spent_challenge_pkey PRIMARY KEY (id);
ALTER TABLE ONLY stance
    ADD CONSTRAINT stance_pkey PRIMARY KEY (id);
ALTER TABLE ONLY stream
    ADD CONSTRAINT stream_pkey PRIMARY KEY (name);
ALTER TABLE ONLY submission
    ADD CONSTRAINT submission_pkey PRIMARY KEY (id);
ALTER TABLE ONLY subscription
    ADD CONSTRAINT subscription_pkey PRIMARY KEY (id);
ALTER TABLE ONLY tagged
    ADD CONSTRAINT tagged_pkey PRIMARY KEY (id);
ALTER TABLE ONLY thread
    ADD CONSTRAINT thread_pkey PRIMARY KEY (id);
ALTER TABLE ONLY ticket
    ADD CONSTRAINT ticket_digest_key UNIQUE (digest);
ALTER TABLE ONLY ticket
    ADD CONSTRAINT ticket_pkey PRIMARY KEY (id);
ALTER TABLE ONLY tombstone
    ADD CONSTRAINT tombstone_pkey PRIMARY KEY (id);
ALTER TABLE ONLY tombstone
    ADD CONSTRAINT tombstone_uri_key UNIQUE (uri);
ALTER TABLE ONLY tortoise_migrations
    ADD CONSTRAINT tortoise_migrations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY announced
    ADD CONSTRAINT uid_announced_group_i_50f8ff UNIQUE (group_id, form, object_uri);
ALTER TABLE ONLY announcement_read
    ADD CONSTRAINT uid_announcemen_actor_i_989665 UNIQUE (actor_id, announcement_id);
ALTER TABLE ONLY ballot
    ADD CONSTRAINT uid_ballot_poll_id_de3692 UNIQUE (poll_id, actor_id, choice);
ALTER TABLE ONLY blocked_host
    ADD CONSTRAINT uid_blocked_hos_actor_i_5b4692 UNIQUE (actor_id, host);
ALTER TABLE ONLY bookmark
    ADD CONSTRAINT uid_bookmark_actor_i_a47ea2 UNIQUE (actor_id, post_id);
ALTER TABLE ONLY crosspost
    ADD CONSTRAINT uid_crosspost_thread__2b2eac UNIQUE (thread_id, group_id);
ALTER TABLE ONLY draft
    ADD CONSTRAINT uid_draft_actor_i_0293c1 UNIQUE (actor_id, place);
ALTER TABLE ONLY featured_tag
    ADD CONSTRAINT uid_featured_ta_actor_i_793280 UNIQUE (actor_id, name);
ALTER TABLE ONLY filter_status
    ADD CONSTRAINT uid_filter_stat_word_fi_403cea UNIQUE (word_filter_id, post_id);
ALTER TABLE ONLY followed_tag
    ADD CONSTRAINT uid_followed_ta_actor_i_28faae UNIQUE (actor_id, name);
ALTER TABLE ONLY follower_digest
    ADD CONSTRAINT uid_follower_di_actor_u_9e4f82 UNIQUE (actor_uri, host);
ALTER TABLE ONLY instance_text
    ADD CONSTRAINT uid_instance_te_kind_ea50f1 UNIQUE (kind, language);
ALTER TABLE ONLY listed
    ADD CONSTRAINT uid_listed_listing_77232e UNIQUE (listing_id, target_id);
ALTER TABLE ONLY log_entry
    ADD CONSTRAINT uid_log_entry_stream_291464 UNIQUE (stream, seq);
ALTER TABLE ONLY marker
    ADD CONSTRAINT uid_marker_actor_i_ddb248 UNIQUE (actor_id, timeline);
ALTER TABLE ONLY member
    ADD CONSTRAINT uid_member_group_i_114b36 UNIQUE (group_id, actor_id);
ALTER TABLE ONLY muted_thread
    ADD CONSTRAINT uid_muted_threa_actor_i_d4b09b UNIQUE (actor_id, thread_id);
ALTER TABLE ONLY notification
    ADD CONSTRAINT uid_notificatio_actor_i_4b89e6 UNIQUE (actor_id, kind, sender_id, post_id);
ALTER TABLE ONLY once
    ADD CONSTRAINT uid_once_actor_i_ecfe8d UNIQUE (actor_id, key);
ALTER TABLE ONLY pinned_post
    ADD CONSTRAINT uid_pinned_post_actor_i_4f8b76 UNIQUE (actor_id, post_id);
ALTER TABLE ONLY promotion_thread
    ADD CONSTRAINT uid_promotion_t_group_i_bc7753 UNIQUE (group_id, due_at);
ALTER TABLE ONLY reaction
    ADD CONSTRAINT uid_reaction_post_id_1ebdda UNIQUE (post_id, slot, actor_uri);
ALTER TABLE ONLY reading
    ADD CONSTRAINT uid_reading_actor_i_a5c258 UNIQUE (actor_id, thread_id);
ALTER TABLE ONLY recovery_code
    ADD CONSTRAINT uid_recovery_co_account_19d96e UNIQUE (account_id, digest);
ALTER TABLE ONLY report
    ADD CONSTRAINT uid_report_activit_d7ac23 UNIQUE (activity_uri, group_id);
ALTER TABLE ONLY shown_picture
    ADD CONSTRAINT uid_shown_pictu_digest_cfbfb1 UNIQUE (digest, post_id);
ALTER TABLE ONLY sign_up_block
    ADD CONSTRAINT uid_sign_up_blo_kind_2432dc UNIQUE (kind, value);
ALTER TABLE ONLY stance
    ADD CONSTRAINT uid_stance_actor_i_ef70e8 UNIQUE (actor_id, target_id);
ALTER TABLE ONLY subscription
    ADD CONSTRAINT uid_subscriptio_stream_3324cc UNIQUE (stream, inbox);
ALTER TABLE ONLY tagged
    ADD CONSTRAINT uid_tagged_name_d901e6 UNIQUE (name, post_id);
ALTER TABLE ONLY tortoise_migrations
    ADD CONSTRAINT uid_tortoise_mi_app_3803a5 UNIQUE (app, name);
ALTER TABLE ONLY word_filter
    ADD CONSTRAINT word_filter_pkey PRIMARY KEY (id);
CREATE INDEX idx_account_email_k_a9c6f6 ON account USING btree (email_key);
CREATE INDEX idx_activity_object__6dee9f ON activity USING btree (object_uri);
CREATE INDEX idx_actor_host_d1284a ON actor USING btree (host, username);
CREATE INDEX idx_announced_activit_ae3435 ON announced USING btree (activity_uri);
CREATE INDEX idx_appeal_state_fafe87 ON appeal USING btree (state, id);
CREATE INDEX idx_awaited_host_7d6f3d ON awaited USING btree (host, id);
CREATE INDEX idx_awaited_object__02790c ON awaited USING btree (object_uri);
CREATE INDEX idx_awaited_receipt_fc8d83 ON awaited USING btree (receipt_id);
CREATE INDEX idx_bookmark_actor_i_50e73c ON bookmark USING btree (actor_id, id);
CREATE INDEX idx_bookmark_post_id_e8d574 ON bookmark USING btree (post_id);
CREATE INDEX idx_decision_answer__7796fa ON decision USING btree (answer_uri);
CREATE INDEX idx_decision_group_i_aa0f39 ON decision USING btree (group_id, id);
CREATE INDEX idx_decision_person__4614ab ON decision USING btree (person_id, id);
CREATE INDEX idx_decision_post_id_34d23b ON decision USING btree (post_id);
CREATE INDEX idx_deletion_actor_i_8886cc ON deletion USING btree (actor_id);
CREATE INDEX idx_deletion_due_at_a70f6f ON deletion USING btree (due_at);
CREATE INDEX idx_draft_changed_4ad8aa ON draft USING btree (changed_at);
CREATE INDEX idx_ended_host_f4b4e9 ON ended USING btree (host);
CREATE INDEX idx_filter_keyw_word_fi_c4008f ON filter_keyword USING btree (word_filter_id);
CREATE INDEX idx_group_invit_group_i_5fe43e ON group_invitation USING btree (group_id);
CREATE INDEX idx_groups_hosted_28311b ON groups USING btree (hosted, active_at);
CREATE INDEX idx_groups_name_bf0e14 ON groups USING btree (name);
CREATE INDEX idx_import_batc_state_d42b9b ON import_batch USING btree (state, step_at);
CREATE INDEX idx_import_row_batch_i_8d1b0b ON import_row USING btree (batch_id, outcome);
CREATE INDEX idx_listing_actor_i_2bc57b ON listing USING btree (actor_id);
CREATE INDEX idx_log_entry_activit_453450 ON log_entry USING btree (activity_id);
CREATE INDEX idx_log_entry_stream_d5a278 ON log_entry USING btree (stream, object_uri);
CREATE INDEX idx_lost_inbox_seen_at_ae95e7 ON lost_inbox USING btree (seen_at);
CREATE INDEX idx_mail_account_64a32a ON mail USING btree (account_id);
CREATE INDEX idx_mail_next_tr_7825ed ON mail USING btree (next_try_at);
CREATE INDEX idx_mailing_digest__1878ec ON mailing USING btree (digest_at);
CREATE INDEX idx_media_actor_i_90ca9d ON media USING btree (actor_id, created_at);
CREATE INDEX idx_media_holder_141051 ON media USING btree (holder);
CREATE INDEX idx_media_state_5c3a9a ON media USING btree (state, changed_at);
CREATE INDEX idx_member_actor_i_565a7f ON member USING btree (actor_id, state);
CREATE INDEX idx_member_follow__b529ee ON member USING btree (follow_uri);
CREATE INDEX idx_member_group_i_8e5cda ON member USING btree (group_id, inbox);
CREATE INDEX idx_member_group_i_9c7d64 ON member USING btree (group_id, state);
CREATE INDEX idx_modmail_group_i_9aeab7 ON modmail USING btree (group_id, person_id, id);
CREATE INDEX idx_modmail_uri_43b6f1 ON modmail USING btree (uri);
CREATE INDEX idx_notificatio_actor_i_b0acc0 ON notification USING btree (actor_id, id);
CREATE INDEX idx_notificatio_created_0db009 ON notification USING btree (created_at);
CREATE INDEX idx_notificatio_mail_1e9813 ON notification USING btree (mail, created_at);
CREATE INDEX idx_notificatio_post_id_8df1a6 ON notification USING btree (post_id);
CREATE INDEX idx_oauth_code_expires_78081b ON oauth_code USING btree (expires_at);
CREATE INDEX idx_oauth_token_account_0dd60c ON oauth_token USING btree (account_id);
CREATE INDEX idx_oauth_token_app_id_176825 ON oauth_token USING btree (app_id);
CREATE INDEX idx_once_created_a20754 ON once USING btree (created_at);
CREATE INDEX idx_passkey_account_640db1 ON passkey USING btree (account_id);
CREATE INDEX idx_poll_ended_4f57cb ON poll USING btree (ended, ends_at);
CREATE INDEX idx_poll_tally_d_631010 ON poll USING btree (tally_due_at);
CREATE INDEX idx_post_author__23ff1c ON post USING btree (author_id, state, published_at);
CREATE INDEX idx_post_author__678df5 ON post USING btree (author_id, id);
CREATE INDEX idx_post_parent__b7042b ON post USING btree (parent_id, state);
CREATE INDEX idx_post_parent__cee668 ON post USING btree (parent_id);
CREATE INDEX idx_post_thread__650ad2 ON post USING btree (thread_id, id);
CREATE INDEX idx_profile_tell_at_faba6d ON profile USING btree (tell_at);
CREATE INDEX idx_push_messag_next_tr_f9c2a6 ON push_message USING btree (next_try_at);
CREATE INDEX idx_push_messag_subscri_81af89 ON push_message USING btree (subscription_id);
CREATE INDEX idx_push_subscr_actor_i_c4b956 ON push_subscription USING btree (actor_id);
CREATE INDEX idx_reaction_activit_e9234b ON reaction USING btree (activity_uri);
CREATE INDEX idx_reaction_actor_u_943bd0 ON reaction USING btree (actor_uri, id);
CREATE INDEX idx_reading_thread__7acfc3 ON reading USING btree (thread_id);
CREATE INDEX idx_receipt_host_8e2cb0 ON receipt USING btree (host, state);
CREATE INDEX idx_receipt_state_f5017f ON receipt USING btree (state, next_try_at, id);
CREATE INDEX idx_remote_pict_until_6b30b4 ON remote_picture USING btree (until);
CREATE INDEX idx_report_group_i_b7df40 ON report USING btree (group_id, state, id);
CREATE INDEX idx_report_reporte_55f746 ON report USING btree (reporter_id, created_at);
CREATE INDEX idx_revision_post_id_e31f23 ON revision USING btree (post_id, id);
CREATE INDEX idx_scheduled_p_actor_i_162151 ON scheduled_post USING btree (actor_id, id);
CREATE INDEX idx_scheduled_p_due_at_6e0a66 ON scheduled_post USING btree (due_at);
CREATE INDEX idx_session_account_2a0f19 ON session USING btree (account_id);
CREATE INDEX idx_shown_pictu_post_id_06a751 ON shown_picture USING btree (post_id);
CREATE INDEX idx_spent_chall_expires_978d69 ON spent_challenge USING btree (expires_at);
CREATE INDEX idx_submission_group_i_81e08b ON submission USING btree (group_id, state, since);
CREATE INDEX idx_subscriptio_host_e89bec ON subscription USING btree (host);
CREATE INDEX idx_subscriptio_stream_d0d60b ON subscription USING btree (stream, cursor);
CREATE INDEX idx_tagged_post_id_9c7bc4 ON tagged USING btree (post_id);
CREATE INDEX idx_thread_group_i_2af343 ON thread USING btree (group_id, visible, active_at);
CREATE INDEX idx_thread_group_i_e06113 ON thread USING btree (group_id, id);
CREATE INDEX idx_thread_root_id_8b4ce0 ON thread USING btree (root_id);
CREATE INDEX idx_ticket_account_ef7c19 ON ticket USING btree (account_id);
CREATE INDEX idx_ticket_expires_30d26d ON ticket USING btree (expires_at);
CREATE INDEX idx_word_filter_actor_i_cd4eb1 ON word_filter USING btree (actor_id);
CREATE INDEX searched_terms ON searched USING gin (terms) WITH (gin_pending_list_limit='256');
ALTER TABLE ONLY account
    ADD CONSTRAINT account_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE RESTRICT;
ALTER TABLE ONLY announced
    ADD CONSTRAINT announced_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups(id) ON DELETE CASCADE;
ALTER TABLE ONLY announcement_read
    ADD CONSTRAINT announcement_read_announcement_id_fkey FOREIGN KEY (announcement_id) REFERENCES announcement(id) ON DELETE CASCADE;
ALTER TABLE ONLY appeal
    ADD CONSTRAINT appeal_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES decision(id) ON DELETE CASCADE;
ALTER TABLE ONLY automatic_rule
    ADD CONSTRAINT automatic_rule_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups(id) ON DELETE CASCADE;
ALTER TABLE ONLY awaited
    ADD CONSTRAINT awaited_receipt_id_fkey FOREIGN KEY (receipt_id) REFERENCES receipt(id) ON DELETE CASCADE;
ALTER TABLE ONLY ballot
    ADD CONSTRAINT ballot_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY ballot
    ADD CONSTRAINT ballot_poll_id_fkey FOREIGN KEY (poll_id) REFERENCES poll(id) ON DELETE CASCADE;
ALTER TABLE ONLY blocked_host
    ADD CONSTRAINT blocked_host_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY bookmark
    ADD CONSTRAINT bookmark_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY crosspost
    ADD CONSTRAINT crosspost_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups(id) ON DELETE CASCADE;
ALTER TABLE ONLY crosspost
    ADD CONSTRAINT crosspost_thread_id_fkey FOREIGN KEY (thread_id) REFERENCES thread(id) ON DELETE CASCADE;
ALTER TABLE ONLY decision
    ADD CONSTRAINT decision_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups(id) ON DELETE CASCADE;
ALTER TABLE ONLY deletion
    ADD CONSTRAINT deletion_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY draft
    ADD CONSTRAINT draft_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY featured_tag
    ADD CONSTRAINT featured_tag_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY filter_keyword
    ADD CONSTRAINT filter_keyword_word_filter_id_fkey FOREIGN KEY (word_filter_id) REFERENCES word_filter(id) ON DELETE CASCADE;
ALTER TABLE ONLY filter_status
    ADD CONSTRAINT filter_status_word_filter_id_fkey FOREIGN KEY (word_filter_id) REFERENCES word_filter(id) ON DELETE CASCADE;
ALTER TABLE ONLY followed_tag
    ADD CONSTRAINT followed_tag_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY group_invitation
    ADD CONSTRAINT group_invitation_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY group_invitation
    ADD CONSTRAINT group_invitation_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups(id) ON DELETE CASCADE;
ALTER TABLE ONLY groups
    ADD CONSTRAINT groups_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE RESTRICT;
ALTER TABLE ONLY import_batch
    ADD CONSTRAINT import_batch_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY import_row
    ADD CONSTRAINT import_row_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES import_batch(id) ON DELETE CASCADE;
ALTER TABLE ONLY invitation
    ADD CONSTRAINT invitation_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
ALTER TABLE ONLY key
    ADD CONSTRAINT key_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY listed
    ADD CONSTRAINT listed_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES listing(id) ON DELETE CASCADE;
ALTER TABLE ONLY listed
    ADD CONSTRAINT listed_target_id_fkey FOREIGN KEY (target_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY listing
    ADD CONSTRAINT listing_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY log_entry
    ADD CONSTRAINT log_entry_activity_id_fkey FOREIGN KEY (activity_id) REFERENCES activity(id) ON DELETE CASCADE;
ALTER TABLE ONLY mailing
    ADD CONSTRAINT mailing_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
ALTER TABLE ONLY marker
    ADD CONSTRAINT marker_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY media
    ADD CONSTRAINT media_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE RESTRICT;
ALTER TABLE ONLY member
    ADD CONSTRAINT member_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY member
    ADD CONSTRAINT member_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups(id) ON DELETE CASCADE;
ALTER TABLE ONLY modmail
    ADD CONSTRAINT modmail_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups(id) ON DELETE CASCADE;
ALTER TABLE ONLY muted_thread
    ADD CONSTRAINT muted_thread_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY notification
    ADD CONSTRAINT notification_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY notification
    ADD CONSTRAINT notification_sender_id_fkey FOREIGN KEY (sender_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY oauth_code
    ADD CONSTRAINT oauth_code_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
ALTER TABLE ONLY oauth_code
    ADD CONSTRAINT oauth_code_acting_id_fkey FOREIGN KEY (acting_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY oauth_code
    ADD CONSTRAINT oauth_code_app_id_fkey FOREIGN KEY (app_id) REFERENCES app(id) ON DELETE CASCADE;
ALTER TABLE ONLY oauth_token
    ADD CONSTRAINT oauth_token_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
ALTER TABLE ONLY oauth_token
    ADD CONSTRAINT oauth_token_acting_id_fkey FOREIGN KEY (acting_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY oauth_token
    ADD CONSTRAINT oauth_token_app_id_fkey FOREIGN KEY (app_id) REFERENCES app(id) ON DELETE CASCADE;
ALTER TABLE ONLY once
    ADD CONSTRAINT once_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY passkey
    ADD CONSTRAINT passkey_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
ALTER TABLE ONLY pinned_post
    ADD CONSTRAINT pinned_post_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY poll
    ADD CONSTRAINT poll_post_id_fkey FOREIGN KEY (post_id) REFERENCES post(id) ON DELETE CASCADE;
ALTER TABLE ONLY post
    ADD CONSTRAINT post_author_id_fkey FOREIGN KEY (author_id) REFERENCES actor(id) ON DELETE RESTRICT;
ALTER TABLE ONLY post
    ADD CONSTRAINT post_thread_id_fkey FOREIGN KEY (thread_id) REFERENCES thread(id) ON DELETE CASCADE;
ALTER TABLE ONLY profile
    ADD CONSTRAINT profile_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY promotion_thread
    ADD CONSTRAINT promotion_thread_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups(id) ON DELETE CASCADE;
ALTER TABLE ONLY push_message
    ADD CONSTRAINT push_message_subscription_id_fkey FOREIGN KEY (subscription_id) REFERENCES push_subscription(id) ON DELETE CASCADE;
ALTER TABLE ONLY push_subscription
    ADD CONSTRAINT push_subscription_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY push_subscription
    ADD CONSTRAINT push_subscription_token_id_fkey FOREIGN KEY (token_id) REFERENCES oauth_token(id) ON DELETE CASCADE;
ALTER TABLE ONLY reaction
    ADD CONSTRAINT reaction_post_id_fkey FOREIGN KEY (post_id) REFERENCES post(id) ON DELETE CASCADE;
ALTER TABLE ONLY reading
    ADD CONSTRAINT reading_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY recovery_code
    ADD CONSTRAINT recovery_code_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
ALTER TABLE ONLY report_note
    ADD CONSTRAINT report_note_report_id_fkey FOREIGN KEY (report_id) REFERENCES report(id) ON DELETE CASCADE;
ALTER TABLE ONLY revision
    ADD CONSTRAINT revision_post_id_fkey FOREIGN KEY (post_id) REFERENCES post(id) ON DELETE CASCADE;
ALTER TABLE ONLY scheduled_post
    ADD CONSTRAINT scheduled_post_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY searched
    ADD CONSTRAINT searched_id_fkey FOREIGN KEY (id) REFERENCES post(id) ON DELETE CASCADE;
ALTER TABLE ONLY session
    ADD CONSTRAINT session_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
ALTER TABLE ONLY shown_picture
    ADD CONSTRAINT shown_picture_post_id_fkey FOREIGN KEY (post_id) REFERENCES post(id) ON DELETE CASCADE;
ALTER TABLE ONLY stance
    ADD CONSTRAINT stance_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY stance
    ADD CONSTRAINT stance_target_id_fkey FOREIGN KEY (target_id) REFERENCES actor(id) ON DELETE CASCADE;
ALTER TABLE ONLY submission
    ADD CONSTRAINT submission_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups(id) ON DELETE CASCADE;
ALTER TABLE ONLY tagged
    ADD CONSTRAINT tagged_post_id_fkey FOREIGN KEY (post_id) REFERENCES post(id) ON DELETE CASCADE;
ALTER TABLE ONLY thread
    ADD CONSTRAINT thread_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups(id) ON DELETE CASCADE;
ALTER TABLE ONLY ticket
    ADD CONSTRAINT ticket_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
ALTER TABLE ONLY word_filter
    ADD CONSTRAINT word_filter_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES actor(id) ON DELETE CASCADE;
