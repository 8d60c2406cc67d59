-- Groups, projects and environments as an organisation uses them: described,
-- renamed, searched, with members. A path_key is the path in small letters: two
-- paths that differ in nothing else would be one to people.
-- +goose Up
ALTER TABLE groups ADD COLUMN path_key TEXT NOT NULL DEFAULT '';
ALTER TABLE groups ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE groups ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
UPDATE groups SET path_key = lower(path), updated_at = created_at;
CREATE UNIQUE INDEX groups_paths ON groups (path_key);

ALTER TABLE projects ADD COLUMN path_key TEXT NOT NULL DEFAULT '';
ALTER TABLE projects ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE projects ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
UPDATE projects SET path_key = lower(path), updated_at = created_at;
CREATE UNIQUE INDEX projects_paths ON projects (path_key);
CREATE INDEX projects_group_id ON projects (group_id, id);
CREATE INDEX projects_group_path ON projects (group_id, path_key);
DROP INDEX projects_group;

ALTER TABLE environments ADD COLUMN tier TEXT NOT NULL DEFAULT 'other';
ALTER TABLE environments ADD COLUMN state TEXT NOT NULL DEFAULT 'available';
ALTER TABLE environments ADD COLUMN external_url TEXT NOT NULL DEFAULT '';
ALTER TABLE environments ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
UPDATE environments SET updated_at = created_at, tier = CASE
    WHEN lower(name) LIKE '%dev%' OR lower(name) LIKE '%review%' OR lower(name) LIKE '%trunk%' THEN 'development'
    WHEN lower(name) LIKE '%test%' OR lower(name) LIKE '%tst%' OR lower(name) LIKE '%int%' OR lower(name) LIKE '%accept%'
        OR lower(name) LIKE '%acpt%' OR lower(name) LIKE '%qa%' OR lower(name) LIKE '%qc%' OR lower(name) LIKE '%control%'
        OR lower(name) LIKE '%quality%' THEN 'testing'
    WHEN lower(name) LIKE '%stag%' OR lower(name) LIKE '%stg%' OR lower(name) LIKE '%model%' OR lower(name) LIKE '%modl%'
        OR lower(name) LIKE '%pre%' OR lower(name) LIKE '%demo%' OR lower(name) LIKE '%non%' THEN 'staging'
    WHEN lower(name) LIKE '%prod%' OR lower(name) LIKE '%prd%' OR lower(name) LIKE '%live%' THEN 'production'
    ELSE 'other' END;

-- Every group with itself and all that are above it, so that what is inherited
-- is found by one look at an index.
CREATE TABLE group_tree (
    ancestor_id BIGINT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    group_id    BIGINT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    depth       BIGINT NOT NULL,
    PRIMARY KEY (ancestor_id, group_id)
) WITHOUT ROWID;
CREATE INDEX group_tree_group ON group_tree (group_id, depth, ancestor_id);

INSERT INTO group_tree (ancestor_id, group_id, depth)
WITH RECURSIVE tree (ancestor_id, group_id, depth) AS (
    SELECT id, id, 0 FROM groups
    UNION ALL
    SELECT t.ancestor_id, g.id, t.depth + 1 FROM tree t JOIN groups g ON g.parent_id = t.group_id
)
SELECT ancestor_id, group_id, depth FROM tree;

-- All that a name, or the last part of a path, ends with, in small letters and
-- cut to 40 characters: whatever is searched for is the beginning of one of them.
CREATE TABLE group_words (
    ending   TEXT   NOT NULL,
    group_id BIGINT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    PRIMARY KEY (ending, group_id)
) WITHOUT ROWID;
CREATE INDEX group_words_group ON group_words (group_id);

CREATE TABLE project_words (
    ending     TEXT   NOT NULL,
    project_id BIGINT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    PRIMARY KEY (ending, project_id)
) WITHOUT ROWID;
CREATE INDEX project_words_project ON project_words (project_id);

INSERT INTO group_words (ending, group_id)
WITH RECURSIVE endings (ending, id) AS (
    SELECT w.word, w.id FROM (
        SELECT lower(name) AS word, id FROM groups
        UNION ALL SELECT path_key, id FROM groups WHERE parent_id IS NULL
        UNION ALL SELECT substr(g.path_key, length(p.path_key) + 2), g.id FROM groups g JOIN groups p ON p.id = g.parent_id
    ) w
    UNION
    SELECT substr(ending, 2), id FROM endings WHERE length(ending) > 1
)
SELECT DISTINCT substr(ending, 1, 40), id FROM endings;

INSERT INTO project_words (ending, project_id)
WITH RECURSIVE endings (ending, id) AS (
    SELECT w.word, w.id FROM (
        SELECT lower(name) AS word, id FROM projects
        UNION ALL SELECT substr(p.path_key, length(g.path_key) + 2), p.id FROM projects p JOIN groups g ON g.id = p.group_id
    ) w
    UNION
    SELECT substr(ending, 2), id FROM endings WHERE length(ending) > 1
)
SELECT DISTINCT substr(ending, 1, 40), id FROM endings;

-- A member of a group or of a project. A role holds below the group as well.
CREATE TABLE members (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id    BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    group_id   BIGINT REFERENCES groups (id) ON DELETE CASCADE,
    project_id BIGINT REFERENCES projects (id) ON DELETE CASCADE,
    role       BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by BIGINT NOT NULL,
    CHECK ((group_id IS NULL) <> (project_id IS NULL))
);
CREATE UNIQUE INDEX members_user_group ON members (user_id, group_id);
CREATE UNIQUE INDEX members_user_project ON members (user_id, project_id);
CREATE INDEX members_group ON members (group_id, user_id);
CREATE INDEX members_project ON members (project_id, user_id);
CREATE INDEX members_expires ON members (expires_at) WHERE expires_at > 0;

-- +goose Down
DROP TABLE members;
DROP TABLE project_words;
DROP TABLE group_words;
DROP TABLE group_tree;
CREATE INDEX projects_group ON projects (group_id);
DROP INDEX projects_group_path;
DROP INDEX projects_group_id;
DROP INDEX projects_paths;
DROP INDEX groups_paths;
ALTER TABLE environments DROP COLUMN updated_at;
ALTER TABLE environments DROP COLUMN external_url;
ALTER TABLE environments DROP COLUMN state;
ALTER TABLE environments DROP COLUMN tier;
ALTER TABLE projects DROP COLUMN updated_at;
ALTER TABLE projects DROP COLUMN description;
ALTER TABLE projects DROP COLUMN path_key;
ALTER TABLE groups DROP COLUMN updated_at;
ALTER TABLE groups DROP COLUMN description;
ALTER TABLE groups DROP COLUMN path_key;
