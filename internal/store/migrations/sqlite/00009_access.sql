-- What lets users in: identities at issuers, access tokens, and sessions with an
-- owner. Secrets are kept as hashes only. Sessions from before end here.
-- +goose Up
CREATE TABLE user_identities (
    issuer     TEXT   NOT NULL,
    subject    TEXT   NOT NULL,
    user_id    BIGINT NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX user_identities_user ON user_identities (user_id);

CREATE TABLE access_tokens (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    hash         BLOB   NOT NULL UNIQUE,
    kind         TEXT   NOT NULL,
    user_id      BIGINT NOT NULL REFERENCES users (id),
    group_id     BIGINT REFERENCES groups (id) ON DELETE CASCADE,
    project_id   BIGINT REFERENCES projects (id) ON DELETE CASCADE,
    role         BIGINT NOT NULL,
    name         TEXT   NOT NULL,
    scopes       TEXT   NOT NULL,
    created_by   BIGINT NOT NULL REFERENCES users (id),
    -- The token that it was made with, and with which it ends.
    parent_id    BIGINT REFERENCES access_tokens (id) ON DELETE SET NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    revoked_at   BIGINT NOT NULL
);
CREATE INDEX access_tokens_user ON access_tokens (user_id, id);
CREATE INDEX access_tokens_group ON access_tokens (group_id, id);
CREATE INDEX access_tokens_project ON access_tokens (project_id, id);
CREATE INDEX access_tokens_creator ON access_tokens (created_by);
CREATE INDEX access_tokens_parent ON access_tokens (parent_id);
CREATE INDEX access_tokens_expires ON access_tokens (expires_at);
CREATE INDEX access_tokens_service ON access_tokens (id) WHERE kind = 'service';

DROP TABLE sessions;
CREATE TABLE sessions (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    hash       BLOB   NOT NULL UNIQUE,
    user_id    BIGINT NOT NULL REFERENCES users (id),
    -- The token that opened it, and with which it ends.
    token_id   BIGINT REFERENCES access_tokens (id) ON DELETE CASCADE,
    ip         TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id, id);
CREATE INDEX sessions_token ON sessions (token_id);
CREATE INDEX sessions_expires ON sessions (expires_at);

-- +goose Down
DROP TABLE sessions;
CREATE TABLE sessions (
    hash       BLOB   PRIMARY KEY,
    name       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_expires ON sessions (expires_at);
DROP TABLE access_tokens;
DROP TABLE user_identities;
