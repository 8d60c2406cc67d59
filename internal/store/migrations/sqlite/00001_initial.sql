-- Times are microseconds since 1970 in UTC, zero for never: one form for both
-- databases, without zones and in order. Lists and nested values are JSON text.
-- +goose Up
CREATE TABLE installation (
    singleton  BIGINT PRIMARY KEY CHECK (singleton = 1),
    id         TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);

-- Identifiers that are needed before their row exists, because secrets are
-- sealed to them.
CREATE TABLE counters (
    name  TEXT   PRIMARY KEY,
    value BIGINT NOT NULL
);

CREATE TABLE groups (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    parent_id  BIGINT REFERENCES groups (id),
    path       TEXT   NOT NULL UNIQUE,
    name       TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX groups_parent ON groups (parent_id);

CREATE TABLE projects (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    group_id   BIGINT NOT NULL REFERENCES groups (id),
    path       TEXT   NOT NULL UNIQUE,
    name       TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX projects_group ON projects (group_id);

CREATE TABLE environments (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id BIGINT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name       TEXT   NOT NULL,
    slug       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (project_id, name),
    UNIQUE (project_id, slug)
);

CREATE TABLE sessions (
    hash       BLOB   PRIMARY KEY,
    name       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_expires ON sessions (expires_at);

CREATE TABLE clusters (
    id                BIGINT  PRIMARY KEY,
    name              TEXT    NOT NULL,
    level             TEXT    NOT NULL,
    group_id          BIGINT  REFERENCES groups (id),
    project_id        BIGINT  REFERENCES projects (id),
    environment_scope TEXT    NOT NULL,
    enabled           BOOLEAN NOT NULL,
    state             TEXT    NOT NULL,
    generation        BIGINT  NOT NULL,
    api_url           TEXT    NOT NULL,
    ca_pem            TEXT    NOT NULL,
    created_at        BIGINT  NOT NULL,
    updated_at        BIGINT  NOT NULL
);
-- One name a level and owner; NULL owners would all differ. A cluster on its way
-- out frees its name at once.
CREATE UNIQUE INDEX clusters_owner_name ON clusters (level, COALESCE(group_id, 0), COALESCE(project_id, 0), name)
    WHERE state = 'attached';
CREATE INDEX clusters_name ON clusters (name);
CREATE INDEX clusters_level ON clusters (level);
CREATE INDEX clusters_group ON clusters (group_id);
CREATE INDEX clusters_project ON clusters (project_id);

CREATE TABLE cluster_tokens (
    cluster_id BIGINT PRIMARY KEY REFERENCES clusters (id) ON DELETE CASCADE,
    sealed     BLOB   NOT NULL
);

CREATE TABLE namespaces (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    cluster_id      BIGINT NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
    project_id      BIGINT NOT NULL REFERENCES projects (id),
    environment_id  BIGINT NOT NULL REFERENCES environments (id),
    name            TEXT   NOT NULL,
    service_account TEXT   NOT NULL,
    profile         TEXT   NOT NULL,
    state           TEXT   NOT NULL,
    code            TEXT   NOT NULL,
    uid             TEXT   NOT NULL,
    objects         TEXT   NOT NULL,
    generation      BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    ready_at        BIGINT NOT NULL,
    UNIQUE (cluster_id, name),
    UNIQUE (cluster_id, project_id, environment_id)
);
CREATE INDEX namespaces_project ON namespaces (project_id);
CREATE INDEX namespaces_environment ON namespaces (environment_id);

CREATE TABLE credentials (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    namespace_id BIGINT NOT NULL REFERENCES namespaces (id) ON DELETE CASCADE,
    cluster_id   BIGINT NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
    public_key   BLOB   NOT NULL,
    lifetime     BIGINT NOT NULL,
    state        TEXT   NOT NULL,
    code         TEXT   NOT NULL,
    sealed       BLOB,
    lease_uid    TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    answered_at  BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX credentials_namespace ON credentials (namespace_id, state);
CREATE INDEX credentials_cluster ON credentials (cluster_id, state);

CREATE TABLE applications (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    cluster_id   BIGINT NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
    name         TEXT   NOT NULL,
    namespace    TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    version      TEXT   NOT NULL,
    code         TEXT   NOT NULL,
    operation_id BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    UNIQUE (cluster_id, name)
);

-- An operation outlives its application: its log is kept after an uninstall.
CREATE TABLE operations (
    id             BIGINT  PRIMARY KEY,
    application_id BIGINT  NOT NULL,
    cluster_id     BIGINT  NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
    token          TEXT    NOT NULL UNIQUE,
    action         TEXT    NOT NULL,
    phase          TEXT    NOT NULL,
    entry          TEXT    NOT NULL,
    version        TEXT    NOT NULL,
    digest         TEXT    NOT NULL,
    admin          BOOLEAN NOT NULL,
    values_from    BIGINT  NOT NULL,
    code           TEXT    NOT NULL,
    detail         TEXT    NOT NULL,
    verdict        TEXT    NOT NULL,
    pod_uid        TEXT    NOT NULL,
    deadline_at    BIGINT  NOT NULL,
    created_at     BIGINT  NOT NULL,
    started_at     BIGINT  NOT NULL,
    finished_at    BIGINT  NOT NULL
);
CREATE INDEX operations_application ON operations (application_id, id);
CREATE INDEX operations_cluster ON operations (cluster_id);
CREATE INDEX operations_phase ON operations (phase);
CREATE INDEX operations_finished ON operations (finished_at);
CREATE INDEX operations_values_from ON operations (values_from);

CREATE TABLE operation_values (
    operation_id BIGINT PRIMARY KEY REFERENCES operations (id) ON DELETE CASCADE,
    sealed       BLOB   NOT NULL
);

CREATE TABLE chart_digests (
    repository TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    version    TEXT   NOT NULL,
    digest     TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (repository, name, version)
);

-- What is known of an operation's log beside its lines. The head ends with the
-- line head_end; everything after it is the tail, of which the oldest lines go:
-- so far those up to dropped_to.
CREATE TABLE operation_logs (
    operation_id BIGINT PRIMARY KEY REFERENCES operations (id) ON DELETE CASCADE,
    epoch        BIGINT NOT NULL,
    head_size    BIGINT NOT NULL,
    head_end     BIGINT NOT NULL,
    tail_size    BIGINT NOT NULL,
    dropped_to   BIGINT NOT NULL
);

CREATE TABLE log_lines (
    operation_id BIGINT NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
    seq          BIGINT NOT NULL,
    size         BIGINT NOT NULL,
    content      TEXT   NOT NULL,
    PRIMARY KEY (operation_id, seq)
);

CREATE TABLE polled_values (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    cluster_id   BIGINT NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
    name         TEXT   NOT NULL,
    as_of        BIGINT NOT NULL,
    code         TEXT   NOT NULL,
    failures     BIGINT NOT NULL,
    checked_at   BIGINT NOT NULL,
    generation   BIGINT NOT NULL,
    wanted_until BIGINT NOT NULL,
    refresh_at   BIGINT NOT NULL,
    UNIQUE (cluster_id, name)
);

-- Apart from its value, which is written far more often and may be megabytes.
CREATE TABLE polled_data (
    value_id BIGINT PRIMARY KEY REFERENCES polled_values (id) ON DELETE CASCADE,
    data     BLOB   NOT NULL
);

-- Due work. The epoch starts at the time the row was made, so that a claim of
-- an earlier row of the same object can never pass for one of this row.
CREATE TABLE work (
    kind        TEXT   NOT NULL,
    object      BIGINT NOT NULL,
    cluster     BIGINT NOT NULL,
    slot        BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    owner       TEXT   NOT NULL,
    lease_until BIGINT NOT NULL,
    epoch       BIGINT NOT NULL,
    attempt     BIGINT NOT NULL,
    unsettled   BIGINT NOT NULL,
    wakes       BIGINT NOT NULL,
    PRIMARY KEY (kind, object)
);
CREATE INDEX work_due ON work (due_at);
CREATE INDEX work_slot ON work (cluster, slot, due_at);
CREATE INDEX work_held ON work (cluster, slot) WHERE lease_until > 0;

CREATE TABLE follow_leases (
    name        TEXT   PRIMARY KEY,
    owner       TEXT   NOT NULL,
    lease_until BIGINT NOT NULL,
    epoch       BIGINT NOT NULL
);

-- +goose Down
DROP TABLE follow_leases;
DROP TABLE work;
DROP TABLE polled_data;
DROP TABLE polled_values;
DROP TABLE log_lines;
DROP TABLE operation_logs;
DROP TABLE chart_digests;
DROP TABLE operation_values;
DROP TABLE operations;
DROP TABLE applications;
DROP TABLE credentials;
DROP TABLE namespaces;
DROP TABLE cluster_tokens;
DROP TABLE clusters;
DROP TABLE sessions;
DROP TABLE environments;
DROP TABLE projects;
DROP TABLE groups;
DROP TABLE counters;
DROP TABLE installation;
