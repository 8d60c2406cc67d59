-- A cluster with a row here failed: its work waits until held_until, then one
-- item at a time finds out whether it is back.
-- +goose Up
CREATE TABLE cluster_holds (
    cluster    BIGINT PRIMARY KEY,
    held_until BIGINT NOT NULL,
    failures   BIGINT NOT NULL
);
ALTER TABLE work ADD COLUMN strikes BIGINT NOT NULL DEFAULT 0;
DROP INDEX work_due;
CREATE INDEX work_due ON work (due_at, cluster, slot);
CREATE INDEX work_kind ON work (cluster, kind, due_at);

-- +goose Down
DROP INDEX work_kind;
DROP INDEX work_due;
CREATE INDEX work_due ON work (due_at);
ALTER TABLE work DROP COLUMN strikes;
DROP TABLE cluster_holds;
