-- What administrators of the instance have set. A setting without a row has its
-- default, which the program knows.
-- +goose Up
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- +goose Down
DROP TABLE settings;
