-- Finding clusters by any part of their names, and what happened in a group
-- together with all that is in it.
-- +goose Up

-- All that a cluster's name, or the host name of its API server, ends with: as
-- for groups and projects.
CREATE TABLE cluster_words (
    ending     TEXT   NOT NULL,
    cluster_id BIGINT NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
    PRIMARY KEY (ending, cluster_id)
) WITHOUT ROWID;
CREATE INDEX cluster_words_cluster ON cluster_words (cluster_id);

INSERT INTO cluster_words (ending, cluster_id)
WITH RECURSIVE endings (ending, id) AS (
    SELECT w.word, w.id FROM (
        SELECT lower(name) AS word, id FROM clusters
        UNION ALL SELECT lower(CASE WHEN host LIKE '[%' THEN substr(host, 2, instr(host, ']') - 2)
            ELSE substr(host, 1, instr(replace(host || '/', ':', '/'), '/') - 1) END), id
        FROM (SELECT substr(api_url, instr(api_url, '://') + 3) AS host, id FROM clusters) hosts
    ) w WHERE w.word <> ''
    UNION
    SELECT substr(ending, 2), id FROM endings WHERE length(ending) > 1
)
SELECT DISTINCT substr(ending, 1, 40), id FROM endings;

-- The groups in which an audit event happened: its own or its project's, and all
-- above as they were then. at and id are the event's. A row refers to nothing:
-- events outlive groups and projects.
CREATE TABLE audit_groups (
    group_id BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    id       BIGINT NOT NULL,
    PRIMARY KEY (group_id, at, id)
) WITHOUT ROWID;
CREATE INDEX audit_groups_event ON audit_groups (id);

INSERT INTO audit_groups (group_id, at, id)
SELECT e.group_id, e.at, e.id FROM audit_events e WHERE e.group_id <> 0
UNION
SELECT t.ancestor_id, e.at, e.id FROM audit_events e JOIN group_tree t ON t.group_id = e.group_id
UNION
SELECT t.ancestor_id, e.at, e.id FROM audit_events e JOIN projects p ON p.id = e.project_id
    JOIN group_tree t ON t.group_id = p.group_id;

DROP INDEX audit_events_group;

-- +goose Down
CREATE INDEX audit_events_group ON audit_events (group_id, at, id);
DROP TABLE audit_groups;
DROP TABLE cluster_words;
