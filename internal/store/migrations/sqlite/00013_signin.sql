-- Sign-ins on their way through the organisation's provider, sessions that end
-- with the provider's, and which memberships the provider's groups made.
-- +goose Up
CREATE TABLE sign_ins (
    state      BLOB   PRIMARY KEY,
    -- The hash of what the browser keeps that began it.
    browser    BLOB   NOT NULL,
    issuer     TEXT   NOT NULL,
    nonce      TEXT   NOT NULL,
    verifier   TEXT   NOT NULL,
    return_to  TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sign_ins_expires ON sign_ins (expires_at);

CREATE TABLE provider_sessions (
    session_id BIGINT PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    issuer     TEXT   NOT NULL,
    subject    TEXT   NOT NULL,
    sid        TEXT   NOT NULL
);
CREATE INDEX provider_sessions_subject ON provider_sessions (issuer, subject);
CREATE INDEX provider_sessions_sid ON provider_sessions (issuer, sid);

-- Empty for those made by hand.
ALTER TABLE members ADD COLUMN source TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE members DROP COLUMN source;
DROP TABLE provider_sessions;
DROP TABLE sign_ins;
