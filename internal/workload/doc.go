// Package workload owns live cluster state: the mirror of pods and
// deployments, values that can only be polled, and for both the interest that
// keeps them fresh and the age that is shown with them.
//
// It leaves listing, watching and polling to the adapters that implement
// Source and Poller, and the rows to the store.
package workload
