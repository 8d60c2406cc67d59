-- What changes that are sent again are answered: one row for each key of a user.
-- +goose Up
CREATE TABLE idempotency_keys (
    -- Hashes of the user and the key, and of the key and the request.
    id           BLOB    PRIMARY KEY,
    user_id      BIGINT  NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    fingerprint  BLOB    NOT NULL,
    created_at   BIGINT  NOT NULL,
    lease_until  BIGINT  NOT NULL,
    -- Zero while the first request runs.
    status       BIGINT  NOT NULL,
    kept         BOOLEAN NOT NULL,
    content_type TEXT    NOT NULL,
    body         BLOB    NOT NULL
);
CREATE INDEX idempotency_keys_user ON idempotency_keys (user_id, created_at) WHERE status <> 0;
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);

-- +goose Down
DROP TABLE idempotency_keys;
