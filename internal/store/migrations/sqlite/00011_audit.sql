-- Who did what. Rows are added and, after their time, deleted; nothing changes
-- them. They refer to nothing: they outlive what they tell of.
-- +goose Up
CREATE TABLE audit_events (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    at             BIGINT NOT NULL,
    actor_kind     TEXT   NOT NULL,
    actor_user     BIGINT NOT NULL,
    actor_name     TEXT   NOT NULL,
    token_id       BIGINT NOT NULL,
    session_id     BIGINT NOT NULL,
    ip             TEXT   NOT NULL,
    noun           TEXT   NOT NULL,
    action         TEXT   NOT NULL,
    object_kind    TEXT   NOT NULL,
    object_id      BIGINT NOT NULL,
    object_name    TEXT   NOT NULL,
    group_id       BIGINT NOT NULL,
    project_id     BIGINT NOT NULL,
    correlation_id TEXT   NOT NULL,
    detail         TEXT   NOT NULL
);
CREATE INDEX audit_events_at ON audit_events (at, id);
CREATE INDEX audit_events_actor ON audit_events (actor_name, at, id);
CREATE INDEX audit_events_noun ON audit_events (noun, at, id);
CREATE INDEX audit_events_action ON audit_events (action, at, id);
CREATE INDEX audit_events_object ON audit_events (object_kind, object_id, at, id);
CREATE INDEX audit_events_group ON audit_events (group_id, at, id);
CREATE INDEX audit_events_project ON audit_events (project_id, at, id);

-- What waits for its place in the chain. A row is made and unmade with its
-- event and its link: an event that commits late is not passed over.
CREATE TABLE audit_pending (
    event_id BIGINT PRIMARY KEY
);

CREATE TABLE audit_chain (
    n        BIGINT PRIMARY KEY,
    event_id BIGINT NOT NULL UNIQUE,
    key_id   BIGINT NOT NULL,
    hash     BLOB   NOT NULL
);

-- Signed states of the chain. What comes before a pruned one was deleted when
-- its time was over.
CREATE TABLE audit_checkpoints (
    n      BIGINT  PRIMARY KEY,
    hash   BLOB    NOT NULL,
    at     BIGINT  NOT NULL,
    pruned BOOLEAN NOT NULL,
    key_id BIGINT  NOT NULL,
    mac    BLOB    NOT NULL
);

-- +goose Down
DROP TABLE audit_checkpoints;
DROP TABLE audit_chain;
DROP TABLE audit_pending;
DROP TABLE audit_events;
