-- What asked for the work: the ids that join its log lines and its trace.
-- +goose Up
ALTER TABLE work ADD COLUMN cause TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE work DROP COLUMN cause;
