-- What a cluster is held for, for those who will not wait.
-- +goose Up
ALTER TABLE cluster_holds ADD COLUMN code TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE cluster_holds DROP COLUMN code;
