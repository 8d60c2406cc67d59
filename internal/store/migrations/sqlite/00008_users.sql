-- People, the bots that access tokens belong to, and service users. The first
-- one is the administrator whose token the configuration holds.
-- +goose Up
CREATE TABLE users (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    username     TEXT    NOT NULL UNIQUE,
    name         TEXT    NOT NULL,
    email        TEXT    NOT NULL,
    -- The name in small letters: what a search compares with.
    name_key     TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    admin        BOOLEAN NOT NULL,
    state        TEXT    NOT NULL,
    created_at   BIGINT  NOT NULL,
    signed_in_at BIGINT  NOT NULL
);
CREATE INDEX users_name ON users (name_key);
CREATE INDEX users_email ON users (email);
CREATE INDEX users_kind ON users (kind, id);
CREATE INDEX users_admin ON users (id) WHERE admin;

INSERT INTO users (username, name, email, name_key, kind, admin, state, created_at, signed_in_at)
VALUES ('administrator', 'Administrator', '', 'administrator', 'person', TRUE, 'active',
        CAST(STRFTIME('%s', 'now') AS BIGINT) * 1000000, 0);

-- +goose Down
DROP TABLE users;
