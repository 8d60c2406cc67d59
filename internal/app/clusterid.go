package app

import (
	"context"
	"errors"

	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/config"
)

// ClusterID finds the id of a cluster by its name, also while the server runs.
func ClusterID(ctx context.Context, cfg config.Config, name string) (id int64, err error) {
	db, err := openBeside(ctx, cfg)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	found, err := (&cluster.Service{Store: db.Clusters()}).Cluster(ctx, name)
	return found.ID, err
}
