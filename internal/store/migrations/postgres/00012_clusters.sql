-- What a cluster is beside its address, one scope for each level and owner in
-- place of one name, and the groups that a cluster is granted to.
-- +goose Up
ALTER TABLE clusters ADD COLUMN domain TEXT NOT NULL DEFAULT '';
ALTER TABLE clusters ADD COLUMN managed BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE clusters ADD COLUMN namespace_per_environment BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE clusters ADD COLUMN management_project_id BIGINT REFERENCES projects (id) ON DELETE SET NULL;
ALTER TABLE clusters ADD COLUMN provider TEXT NOT NULL DEFAULT 'user';
ALTER TABLE clusters ADD COLUMN authorization_type TEXT NOT NULL DEFAULT 'rbac';
ALTER TABLE clusters ADD COLUMN platform_namespace TEXT NOT NULL DEFAULT '';
ALTER TABLE clusters ADD COLUMN created_by BIGINT NOT NULL DEFAULT 0;
ALTER TABLE clusters ADD COLUMN removal TEXT NOT NULL DEFAULT 'null';
ALTER TABLE clusters ADD COLUMN state_since BIGINT NOT NULL DEFAULT 0;
UPDATE clusters SET state_since = updated_at;
UPDATE clusters SET provider = 'aws' WHERE id IN (SELECT cluster_id FROM provision_runs);

-- One scope a level and owner. Of several that were allowed before only one
-- served environments, the oldest that is enabled: it keeps the scope. The
-- others get one that no environment has, so that nothing moves.
UPDATE clusters SET environment_scope = 'duplicate-' || CAST(id AS TEXT) || '/' || environment_scope
WHERE state = 'attached' AND EXISTS (
    SELECT 1 FROM clusters other
    WHERE other.state = 'attached' AND other.level = clusters.level
        AND COALESCE(other.group_id, 0) = COALESCE(clusters.group_id, 0)
        AND COALESCE(other.project_id, 0) = COALESCE(clusters.project_id, 0)
        AND other.environment_scope = clusters.environment_scope
        AND ((other.enabled AND NOT clusters.enabled) OR (other.enabled = clusters.enabled AND other.id < clusters.id))
);
-- NULL owners would all differ. A cluster on its way out frees its scope at
-- once, and a draft has none yet.
DROP INDEX clusters_owner_name;
CREATE UNIQUE INDEX clusters_owner_scope
    ON clusters (level, COALESCE(group_id, 0), COALESCE(project_id, 0), environment_scope) WHERE state = 'attached';
CREATE UNIQUE INDEX clusters_management_scope ON clusters (management_project_id, environment_scope)
    WHERE state = 'attached' AND management_project_id IS NOT NULL;
CREATE INDEX clusters_management ON clusters (management_project_id);
DROP INDEX clusters_name;
DROP INDEX clusters_level;
DROP INDEX clusters_group;
DROP INDEX clusters_project;
CREATE INDEX clusters_name ON clusters (name, id);
CREATE INDEX clusters_level ON clusters (level, id);
CREATE INDEX clusters_group ON clusters (group_id, id);
CREATE INDEX clusters_project ON clusters (project_id, id);
CREATE INDEX clusters_drafts ON clusters (state_since) WHERE state = 'draft';

-- A cluster that serves a group as if it belonged to it.
CREATE TABLE cluster_grants (
    cluster_id BIGINT NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
    group_id   BIGINT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    created_by BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, group_id)
);
CREATE INDEX cluster_grants_group ON cluster_grants (group_id, cluster_id);

-- A namespace may be that of a whole project, and in a cluster that is not
-- managed many projects may share one that is not ours.
ALTER TABLE namespaces ALTER COLUMN environment_id DROP NOT NULL;
ALTER TABLE namespaces ADD COLUMN managed BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE namespaces DROP CONSTRAINT namespaces_cluster_id_name_key;
ALTER TABLE namespaces DROP CONSTRAINT namespaces_cluster_id_project_id_environment_id_key;
CREATE UNIQUE INDEX namespaces_name ON namespaces (cluster_id, name) WHERE managed;
CREATE UNIQUE INDEX namespaces_owner ON namespaces (cluster_id, project_id, COALESCE(environment_id, 0));

-- +goose Down
DELETE FROM namespaces WHERE environment_id IS NULL OR NOT managed;
DROP INDEX namespaces_owner;
DROP INDEX namespaces_name;
ALTER TABLE namespaces ADD CONSTRAINT namespaces_cluster_id_project_id_environment_id_key UNIQUE (cluster_id, project_id, environment_id);
ALTER TABLE namespaces ADD CONSTRAINT namespaces_cluster_id_name_key UNIQUE (cluster_id, name);
ALTER TABLE namespaces DROP COLUMN managed;
ALTER TABLE namespaces ALTER COLUMN environment_id SET NOT NULL;
DROP TABLE cluster_grants;
DROP INDEX clusters_drafts;
DROP INDEX clusters_project;
DROP INDEX clusters_group;
DROP INDEX clusters_level;
DROP INDEX clusters_name;
DROP INDEX clusters_management;
DROP INDEX clusters_management_scope;
DROP INDEX clusters_owner_scope;
DELETE FROM clusters WHERE state NOT IN ('attached', 'removing');
UPDATE clusters SET name = name || ' ' || CAST(id AS TEXT)
WHERE state = 'attached' AND EXISTS (
    SELECT 1 FROM clusters other
    WHERE other.state = 'attached' AND other.level = clusters.level
        AND COALESCE(other.group_id, 0) = COALESCE(clusters.group_id, 0)
        AND COALESCE(other.project_id, 0) = COALESCE(clusters.project_id, 0)
        AND other.name = clusters.name AND other.id < clusters.id
);
CREATE UNIQUE INDEX clusters_owner_name ON clusters (level, COALESCE(group_id, 0), COALESCE(project_id, 0), name)
    WHERE state = 'attached';
CREATE INDEX clusters_name ON clusters (name);
CREATE INDEX clusters_level ON clusters (level);
CREATE INDEX clusters_group ON clusters (group_id);
CREATE INDEX clusters_project ON clusters (project_id);
ALTER TABLE clusters DROP COLUMN state_since;
ALTER TABLE clusters DROP COLUMN removal;
ALTER TABLE clusters DROP COLUMN created_by;
ALTER TABLE clusters DROP COLUMN platform_namespace;
ALTER TABLE clusters DROP COLUMN authorization_type;
ALTER TABLE clusters DROP COLUMN provider;
ALTER TABLE clusters DROP COLUMN management_project_id;
ALTER TABLE clusters DROP COLUMN namespace_per_environment;
ALTER TABLE clusters DROP COLUMN managed;
ALTER TABLE clusters DROP COLUMN domain;
