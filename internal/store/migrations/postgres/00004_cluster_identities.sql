-- Our own identity in a cluster: where its making, or its next token, stands.
-- +goose Up
CREATE TABLE cluster_identities (
    cluster_id  BIGINT  PRIMARY KEY REFERENCES clusters (id) ON DELETE CASCADE,
    state       TEXT    NOT NULL,
    features    TEXT    NOT NULL,
    uid         TEXT    NOT NULL,
    serial      BIGINT  NOT NULL,
    untidy      BOOLEAN NOT NULL,
    code        TEXT    NOT NULL,
    detail      TEXT    NOT NULL,
    since       BIGINT  NOT NULL,
    token_since BIGINT  NOT NULL,
    rotate_at   BIGINT  NOT NULL,
    changed_at  BIGINT  NOT NULL
);

-- +goose Down
DROP TABLE cluster_identities;
