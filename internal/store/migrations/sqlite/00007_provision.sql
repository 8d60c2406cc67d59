-- Clusters that Roadstead makes: the roles that let it into an account, the
-- runs, and what became of the parts of their stacks.
-- +goose Up
CREATE TABLE provision_roles (
    id             BIGINT PRIMARY KEY,
    name           TEXT   NOT NULL,
    level          TEXT   NOT NULL,
    group_id       BIGINT REFERENCES groups (id),
    external_id    TEXT   NOT NULL UNIQUE,
    principal      TEXT   NOT NULL,
    arn            TEXT   NOT NULL,
    stack_role_arn TEXT   NOT NULL,
    account_id     TEXT   NOT NULL,
    partition_name TEXT   NOT NULL,
    region         TEXT   NOT NULL,
    state          TEXT   NOT NULL,
    code           TEXT   NOT NULL,
    verified_at    BIGINT NOT NULL,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL
);
CREATE UNIQUE INDEX provision_roles_name ON provision_roles (level, COALESCE(group_id, 0), name);
CREATE INDEX provision_roles_arn ON provision_roles (arn);
CREATE INDEX provision_roles_group ON provision_roles (group_id);

CREATE TABLE provision_runs (
    id              BIGINT PRIMARY KEY,
    uuid            TEXT   NOT NULL UNIQUE,
    name            TEXT   NOT NULL,
    role_id         BIGINT NOT NULL REFERENCES provision_roles (id),
    level           TEXT   NOT NULL,
    group_id        BIGINT REFERENCES groups (id),
    cluster_id      BIGINT NOT NULL UNIQUE,
    state           TEXT   NOT NULL,
    attempt         BIGINT NOT NULL,
    took            BIGINT NOT NULL,
    detail          TEXT   NOT NULL,
    created_by      TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    ready_at        BIGINT NOT NULL,
    -- Sealed, and gone in every final state.
    session         BLOB,
    session_expires BIGINT NOT NULL
);
CREATE INDEX provision_runs_name ON provision_runs (name);
CREATE INDEX provision_runs_role ON provision_runs (role_id);
CREATE INDEX provision_runs_ready ON provision_runs (ready_at);
CREATE INDEX provision_runs_session ON provision_runs (session_expires) WHERE session IS NOT NULL;

CREATE TABLE provision_events (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id     BIGINT NOT NULL REFERENCES provision_runs (id) ON DELETE CASCADE,
    attempt    BIGINT NOT NULL,
    event      TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    part       TEXT   NOT NULL,
    type       TEXT   NOT NULL,
    status     TEXT   NOT NULL,
    follow_up  BOOLEAN NOT NULL,
    failure    TEXT   NOT NULL,
    UNIQUE (run_id, attempt, event)
);

CREATE TABLE provision_forms (
    id         BIGINT PRIMARY KEY,
    role_id    BIGINT NOT NULL REFERENCES provision_roles (id) ON DELETE CASCADE,
    region     TEXT   NOT NULL,
    offers     BLOB,
    as_of      BIGINT NOT NULL,
    checked_at BIGINT NOT NULL,
    code       TEXT   NOT NULL,
    UNIQUE (role_id, region)
);

-- +goose Down
DROP TABLE provision_forms;
DROP TABLE provision_events;
DROP TABLE provision_runs;
DROP TABLE provision_roles;
