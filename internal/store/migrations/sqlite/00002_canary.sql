-- A known text, sealed like a credential: whoever cannot open it has the wrong
-- private keyset.
-- +goose Up
CREATE TABLE canary (
    singleton BIGINT PRIMARY KEY CHECK (singleton = 1),
    sealed    BLOB   NOT NULL
);

-- +goose Down
DROP TABLE canary;
