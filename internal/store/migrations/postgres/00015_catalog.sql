-- Entries of the catalog that administrators store, and which clusters have an
-- application.
-- +goose Up
CREATE TABLE catalog_entries (
    name     TEXT   PRIMARY KEY,
    -- It grows with every change of any entry, so that what was read can be kept.
    revision BIGINT NOT NULL,
    content  TEXT   NOT NULL
);
-- What changed is found without reading what it says.
CREATE INDEX catalog_entries_revision ON catalog_entries (name, revision);
CREATE INDEX applications_name ON applications (name, cluster_id);

-- +goose Down
DROP INDEX applications_name;
DROP TABLE catalog_entries;
