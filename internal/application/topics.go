package application

import (
	"strconv"

	"github.com/roadstead/roadstead/internal/work"
)

// The state machines of this package. A sweep's object is the cluster.
const (
	KindOperation work.Kind = "operation"
	KindSweep     work.Kind = "sweep"
)

// Topic is announced when any application of the cluster changed.
func Topic(clusterID int64) string { return "application/" + strconv.FormatInt(clusterID, 10) }

// OperationTopic is announced when the operation changed.
func OperationTopic(id int64) string { return "operation/" + strconv.FormatInt(id, 10) }

// LogTopic is announced when the operation's log grew.
func LogTopic(id int64) string { return OperationTopic(id) + "/log" }
