package store

import (
	"context"
	"database/sql"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
	"github.com/roadstead/roadstead/internal/workload"
)

var (
	_ workload.ValueStore = Values{}
	_ workload.ValueTx    = valueTx{}
)

// Values keeps polled values.
type Values struct{ db *DB }

// Values returns the store of polled values.
func (db *DB) Values() Values { return Values{db: db} }

// Atomically runs fn in one transaction.
func (s Values) Atomically(ctx context.Context, fn func(tx workload.ValueTx) error) error {
	return s.db.atomically(ctx, func(tx *tx) error { return fn(valueTx{tx}) })
}

// ValueByID returns one value without its Data.
func (s Values) ValueByID(ctx context.Context, id int64) (workload.Value, error) {
	row, err := s.db.reader().Value(ctx, id)
	return valueOf(row), doing(err, "read value %d", id)
}

// Values returns those of the clusters' values of this name that exist, with
// their Data.
func (s Values) Values(ctx context.Context, name string, clusterIDs []int64) ([]workload.Value, error) {
	if len(clusterIDs) == 0 {
		return nil, nil
	}
	var l listing
	rows, err := s.db.reads().QueryContext(ctx, `SELECT v.id, v.cluster_id, v.name, v.as_of, v.code, v.failures, v.checked_at,
			v.generation, v.wanted_until, v.refresh_at, c.generation, c.enabled, d.data
		FROM polled_values v JOIN clusters c ON c.id = v.cluster_id LEFT JOIN polled_data d ON d.value_id = v.id
		WHERE v.name = `+l.arg(name)+` AND v.cluster_id IN (`+l.argsOf(clusterIDs)+`)`, l.args...)
	if err != nil {
		return nil, doing(err, "read %s of %d clusters", name, len(clusterIDs))
	}
	values, err := scanAll(rows, scanValue)
	return values, doing(err, "read %s of %d clusters", name, len(clusterIDs))
}

func scanValue(rows *sql.Rows) (workload.Value, error) {
	var r sqlgen.ValueRow
	var data []byte
	v := &r.PolledValue
	err := rows.Scan(&v.ID, &v.ClusterID, &v.Name, &v.AsOf, &v.Code, &v.Failures, &v.CheckedAt, &v.Generation, &v.WantedUntil,
		&v.RefreshAt, &r.ClusterGeneration, &r.ClusterEnabled, &data)
	value := valueOf(r)
	value.Data = data
	return value, doing(err, "read a value")
}

// ClustersWithoutValue lists enabled clusters that have no value of this name.
func (s Values) ClustersWithoutValue(ctx context.Context, name string, limit int) ([]int64, error) {
	ids, err := s.db.reader().ClustersWithoutValue(ctx, sqlgen.ClustersWithoutValueParams{
		Name: name, Limit: int32(limit),
	})
	return ids, doing(err, "list clusters without %s", name)
}

type valueTx struct{ *tx }

// EnsureValue makes the value if there is none and reads it for a change.
func (t valueTx) EnsureValue(ctx context.Context, clusterID int64, name string) (workload.Value, error) {
	err := t.InsertValue(ctx, sqlgen.InsertValueParams{ClusterID: clusterID, Name: name})
	if err != nil {
		return workload.Value{}, doing(err, "make %s of cluster %d", name, clusterID)
	}
	key := sqlgen.ValueByNameParams{ClusterID: clusterID, Name: name}
	if _, err := t.LockValueByName(ctx, sqlgen.LockValueByNameParams(key)); err != nil {
		return workload.Value{}, doing(err, "lock %s of cluster %d", name, clusterID)
	}
	row, err := t.ValueByName(ctx, key)
	return valueOf(sqlgen.ValueRow(row)), doing(err, "read %s of cluster %d", name, clusterID)
}

// Value reads one value for a change.
func (t valueTx) Value(ctx context.Context, id int64) (workload.Value, error) {
	if _, err := t.LockValue(ctx, id); err != nil {
		return workload.Value{}, doing(err, "lock value %d", id)
	}
	row, err := t.Queries.Value(ctx, id)
	return valueOf(row), doing(err, "read value %d", id)
}

// ValuesOfCluster reads all values of a cluster for a change.
func (t valueTx) ValuesOfCluster(ctx context.Context, clusterID int64) ([]workload.Value, error) {
	if _, err := t.LockValuesOfCluster(ctx, clusterID); err != nil {
		return nil, doing(err, "lock the values of cluster %d", clusterID)
	}
	rows, err := t.Queries.ValuesOfCluster(ctx, clusterID)
	return each(rows, func(r sqlgen.ValuesOfClusterRow) workload.Value {
		return valueOf(sqlgen.ValueRow(r))
	}), doing(err, "read the values of cluster %d", clusterID)
}

// UpdateValue writes every field but Data and the cluster's own.
func (t valueTx) UpdateValue(ctx context.Context, v workload.Value) error {
	rows, err := t.Queries.UpdateValue(ctx, sqlgen.UpdateValueParams{
		ID: v.ID, AsOf: stamp(v.AsOf), Code: string(v.Code), Failures: int64(v.Failures), CheckedAt: stamp(v.CheckedAt),
		Generation: v.Generation, WantedUntil: stamp(v.WantedUntil), RefreshAt: stamp(v.RefreshAt),
	})
	return doing(affected(rows, err, apperr.Of(apperr.NotFound)), "change value %d", v.ID)
}

// SetValueData writes Data alone; nil takes it away.
func (t valueTx) SetValueData(ctx context.Context, id int64, data []byte) error {
	if data == nil {
		return doing(t.DeleteValueData(ctx, id), "take the data of value %d away", id)
	}
	err := t.Queries.SetValueData(ctx, sqlgen.SetValueDataParams{ValueID: id, Data: data})
	return doing(err, "store the data of value %d", id)
}

func valueOf(r sqlgen.ValueRow) workload.Value {
	v := r.PolledValue
	return workload.Value{
		ID: v.ID, Cluster: v.ClusterID, Name: v.Name, AsOf: moment(v.AsOf), Code: apperr.Code(v.Code),
		Failures: int(v.Failures), CheckedAt: moment(v.CheckedAt), Generation: v.Generation,
		WantedUntil: moment(v.WantedUntil), RefreshAt: moment(v.RefreshAt),
		ClusterGeneration: r.ClusterGeneration, ClusterEnabled: r.ClusterEnabled,
	}
}
