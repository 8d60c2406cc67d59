-- The mirror in a SQLite file of its own. Nothing here is migrated: a file of
-- another schema is thrown away. Times are microseconds since 1970, zero never.

CREATE TABLE keys (
    id           INTEGER PRIMARY KEY,
    cluster      INTEGER NOT NULL,
    kind         TEXT    NOT NULL,
    scope        TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    code         TEXT    NOT NULL,
    epoch        INTEGER NOT NULL,
    n            INTEGER NOT NULL,
    floor        INTEGER NOT NULL,
    as_of        INTEGER NOT NULL,
    wanted_until INTEGER NOT NULL,
    held_until   INTEGER NOT NULL,
    tried_at     INTEGER NOT NULL,
    synced       INTEGER NOT NULL,
    total        INTEGER NOT NULL,
    incomplete   BOOLEAN NOT NULL,
    UNIQUE (cluster, kind, scope)
);
CREATE INDEX keys_wanted ON keys (wanted_until);

CREATE TABLE pods (
    key        INTEGER NOT NULL,
    namespace  TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    uid        TEXT    NOT NULL,
    phase      TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    ready      INTEGER NOT NULL,
    containers INTEGER NOT NULL,
    restarts   INTEGER NOT NULL,
    node       TEXT    NOT NULL,
    ip         TEXT    NOT NULL,
    app        TEXT    NOT NULL,
    owner_kind TEXT    NOT NULL,
    owner_name TEXT    NOT NULL,
    created    INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    n          INTEGER NOT NULL,
    mark       INTEGER NOT NULL,
    PRIMARY KEY (key, namespace, name)
) WITHOUT ROWID;
CREATE INDEX pods_name ON pods (key, name, namespace);
CREATE INDEX pods_app ON pods (key, app, name, namespace);
CREATE INDEX pods_n ON pods (key, n);

CREATE TABLE deployments (
    key       INTEGER NOT NULL,
    namespace TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    uid       TEXT    NOT NULL,
    wanted    INTEGER NOT NULL,
    updated   INTEGER NOT NULL,
    ready     INTEGER NOT NULL,
    available INTEGER NOT NULL,
    outdated  BOOLEAN NOT NULL,
    app       TEXT    NOT NULL,
    created   INTEGER NOT NULL,
    version   INTEGER NOT NULL,
    n         INTEGER NOT NULL,
    mark      INTEGER NOT NULL,
    PRIMARY KEY (key, namespace, name)
) WITHOUT ROWID;
CREATE INDEX deployments_name ON deployments (key, name, namespace);
CREATE INDEX deployments_app ON deployments (key, app, name, namespace);
CREATE INDEX deployments_n ON deployments (key, n);

CREATE TABLE gone (
    key       INTEGER NOT NULL,
    n         INTEGER NOT NULL,
    namespace TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    version   INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (key, n)
) WITHOUT ROWID;
CREATE INDEX gone_at ON gone (at);
