package kube

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// CallLog receives one Call for every request to a cluster. Correlation id, project and job are in the context.
type CallLog interface {
	LogCall(ctx context.Context, call Call)
}

// Call is the record of one request. It holds no body and no token.
type Call struct {
	ClusterID   int64
	Verb        string
	Group       string
	Resource    string
	Subresource string
	Namespace   string
	Name        string
	Status      int         // HTTP status; 0 when there was no answer
	Code        apperr.Code // empty when the call went well
	Event       string      // "credentials_refused" when this call ended the use of our credential, else empty
	Duration    time.Duration
	Detail      string // what the cluster said when it failed, at most 256 bytes of it; whoever writes it quotes it
}

func newCall(clusterID int64, r request) Call {
	return Call{
		ClusterID: clusterID, Verb: r.verb, Group: r.group, Resource: r.resource,
		Subresource: r.subresource, Namespace: r.namespace, Name: r.name,
	}
}
