package store

import (
	"context"
	"database/sql"

	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
)

// clusterColumns are those that scanCluster reads.
const clusterColumns = `id, name, level, group_id, project_id, environment_scope, enabled, state, generation, api_url, ca_pem,
	created_at, updated_at, domain, managed, namespace_per_environment, management_project_id, provider, authorization_type,
	platform_namespace, created_by, removal, state_since`

// ClustersByID finds clusters by their ids, in no order. One that is gone by now
// is missing.
func (s Clusters) ClustersByID(ctx context.Context, ids []int64) ([]cluster.Cluster, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var l listing
	among := l.argsOf(ids)
	rows, err := s.db.reads().QueryContext(ctx,
		`SELECT `+clusterColumns+` FROM clusters WHERE id IN (`+among+`)`, l.args...)
	if err != nil {
		return nil, doing(err, "find clusters by id")
	}
	list, err := scanAll(rows, scanCluster)
	return list, doing(err, "find clusters by id")
}

func scanCluster(rows *sql.Rows) (cluster.Cluster, error) {
	var r sqlgen.Cluster
	if err := rows.Scan(&r.ID, &r.Name, &r.Level, &r.GroupID, &r.ProjectID, &r.EnvironmentScope, &r.Enabled, &r.State,
		&r.Generation, &r.ApiURL, &r.CAPEM, &r.CreatedAt, &r.UpdatedAt, &r.Domain, &r.Managed, &r.NamespacePerEnvironment,
		&r.ManagementProjectID, &r.Provider, &r.AuthorizationType, &r.PlatformNamespace, &r.CreatedBy, &r.Removal, &r.StateSince,
	); err != nil {
		return cluster.Cluster{}, doing(err, "read a cluster")
	}
	return clusterOf(r)
}
