-- The mirror in a Postgres schema of its own, in tables that are not logged.
-- Nothing here is migrated: another schema is dropped. Times are microseconds
-- since 1970, zero never.

CREATE SCHEMA mirror;

CREATE UNLOGGED TABLE mirror.keys (
    id           BIGINT  PRIMARY KEY,
    cluster      BIGINT  NOT NULL,
    kind         TEXT    COLLATE "C" NOT NULL,
    scope        TEXT    COLLATE "C" NOT NULL,
    state        TEXT    COLLATE "C" NOT NULL,
    code         TEXT    COLLATE "C" NOT NULL,
    epoch        BIGINT  NOT NULL,
    n            BIGINT  NOT NULL,
    floor        BIGINT  NOT NULL,
    as_of        BIGINT  NOT NULL,
    wanted_until BIGINT  NOT NULL,
    held_until   BIGINT  NOT NULL,
    tried_at     BIGINT  NOT NULL,
    synced       BIGINT  NOT NULL,
    total        BIGINT  NOT NULL,
    incomplete   BOOLEAN NOT NULL,
    UNIQUE (cluster, kind, scope)
);
CREATE INDEX keys_wanted ON mirror.keys (wanted_until);

CREATE UNLOGGED TABLE mirror.pods (
    key        BIGINT  NOT NULL,
    namespace  TEXT    COLLATE "C" NOT NULL,
    name       TEXT    COLLATE "C" NOT NULL,
    uid        TEXT    COLLATE "C" NOT NULL,
    phase      TEXT    COLLATE "C" NOT NULL,
    reason     TEXT    COLLATE "C" NOT NULL,
    ready      BIGINT  NOT NULL,
    containers BIGINT  NOT NULL,
    restarts   BIGINT  NOT NULL,
    node       TEXT    COLLATE "C" NOT NULL,
    ip         TEXT    COLLATE "C" NOT NULL,
    app        TEXT    COLLATE "C" NOT NULL,
    owner_kind TEXT    COLLATE "C" NOT NULL,
    owner_name TEXT    COLLATE "C" NOT NULL,
    created    BIGINT  NOT NULL,
    version    BIGINT  NOT NULL,
    n          BIGINT  NOT NULL,
    mark       BIGINT  NOT NULL,
    PRIMARY KEY (key, namespace, name)
);
CREATE INDEX pods_name ON mirror.pods (key, name, namespace);
CREATE INDEX pods_app ON mirror.pods (key, app, name, namespace);
CREATE INDEX pods_n ON mirror.pods (key, n);

CREATE UNLOGGED TABLE mirror.deployments (
    key       BIGINT  NOT NULL,
    namespace TEXT    COLLATE "C" NOT NULL,
    name      TEXT    COLLATE "C" NOT NULL,
    uid       TEXT    COLLATE "C" NOT NULL,
    wanted    BIGINT  NOT NULL,
    updated   BIGINT  NOT NULL,
    ready     BIGINT  NOT NULL,
    available BIGINT  NOT NULL,
    outdated  BOOLEAN NOT NULL,
    app       TEXT    COLLATE "C" NOT NULL,
    created   BIGINT  NOT NULL,
    version   BIGINT  NOT NULL,
    n         BIGINT  NOT NULL,
    mark      BIGINT  NOT NULL,
    PRIMARY KEY (key, namespace, name)
);
CREATE INDEX deployments_name ON mirror.deployments (key, name, namespace);
CREATE INDEX deployments_app ON mirror.deployments (key, app, name, namespace);
CREATE INDEX deployments_n ON mirror.deployments (key, n);

CREATE UNLOGGED TABLE mirror.gone (
    key       BIGINT  NOT NULL,
    n         BIGINT  NOT NULL,
    namespace TEXT    COLLATE "C" NOT NULL,
    name      TEXT    COLLATE "C" NOT NULL,
    version   BIGINT  NOT NULL,
    at        BIGINT  NOT NULL,
    PRIMARY KEY (key, n)
);
CREATE INDEX gone_at ON mirror.gone (at);
