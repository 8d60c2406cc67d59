package application

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/work"
)

// Store keeps applications, operations and their logs.
type Store interface {
	Atomically(ctx context.Context, fn func(tx Tx) error) error
	InstallationID(ctx context.Context) (string, error)
	Application(ctx context.Context, clusterID int64, name string) (Application, error)
	ApplicationByID(ctx context.Context, id int64) (Application, error)
	Applications(ctx context.Context, clusterID int64) ([]Application, error)
	Operation(ctx context.Context, id int64) (Operation, error)
	// Operations lists an application's, the latest first.
	Operations(ctx context.Context, applicationID int64, limit int) ([]Operation, error)
	// RunningOperations lists all operations in PhaseRunning.
	RunningOperations(ctx context.Context) ([]Operation, error)
	// SealedValues returns the user's values of an operation as they were
	// sealed, nil when there are none.
	SealedValues(ctx context.Context, operationID int64) ([]byte, error)
	// Digest returns the digest recorded for a chart version, empty when the
	// chart was never resolved.
	Digest(ctx context.Context, chart ChartRef) (string, error)
	// StoredEntry returns an entry of the stored catalog, or not_found.
	StoredEntry(ctx context.Context, name string) (Entry, error)
	// StoredRevisions returns the revisions of all stored entries by name. A
	// revision is never given twice.
	StoredRevisions(ctx context.Context) (map[string]int64, error)

	// AppendLog stores lines and announces LogTopic; those already stored are
	// passed over. Epoch fences followers: a lower one than the last seen is
	// refused with work.ErrLeaseLost; zero means the caller is not a follower.
	AppendLog(ctx context.Context, operationID, epoch int64, lines []LogLine) error
	// Log lists lines after seq, in order.
	Log(ctx context.Context, operationID, after int64, limit int) ([]LogLine, error)
	// LastLogSeq returns the highest stored seq, zero when there is none.
	LastLogSeq(ctx context.Context, operationID int64) (int64, error)
}

// Tx is the part of the store that changes things, inside one transaction.
type Tx interface {
	CatalogTx

	// Application and Operation read a row for a change; nobody else changes
	// it until the transaction ends.
	Application(ctx context.Context, id int64) (Application, error)
	ApplicationByName(ctx context.Context, clusterID int64, name string) (Application, error)
	Operation(ctx context.Context, id int64) (Operation, error)

	InsertApplication(ctx context.Context, a Application) (Application, error)
	UpdateApplication(ctx context.Context, a Application) error
	DeleteApplication(ctx context.Context, id int64) error
	// NextOperationID reserves an id, so that values can be sealed to it.
	NextOperationID(ctx context.Context) (int64, error)
	InsertOperation(ctx context.Context, o Operation, sealedValues []byte) error
	UpdateOperation(ctx context.Context, o Operation) error
	RecordDigest(ctx context.Context, chart ChartRef, digest string) error

	Schedule(ctx context.Context, ref work.Ref) error
	ScheduleAt(ctx context.Context, ref work.Ref, at time.Time) error
	Notify(topic string)
	// Record adds a row to the audit record.
	Record(ctx context.Context, e audit.Entry) error
}

// CatalogTx is the part of a transaction that changes the stored catalog.
type CatalogTx interface {
	// HoldEntry keeps a stored entry until the transaction ends, or returns
	// not_found.
	HoldEntry(ctx context.Context, name string) error
	// SetEntry stores an entry and reports whether that changed anything. Only
	// one transaction does so at a time.
	SetEntry(ctx context.Context, e Entry) (changed bool, err error)
	// StoredSize counts the stored entries and their bytes.
	StoredSize(ctx context.Context) (entries, bytes int64, err error)
	DeleteEntry(ctx context.Context, name string) error
	// ClustersWith lists names of clusters that have an application.
	ClustersWith(ctx context.Context, name string, limit int) ([]string, error)
}
