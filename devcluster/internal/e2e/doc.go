// Package e2e tests devcluster from outside: its tests start the program as
// others do and speak to it through client-go.
//
// The program is built once for all tests, without the race detector, under
// which Kubernetes would take longer to compile than to test.
package e2e
