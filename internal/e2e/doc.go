// Package e2e tests the product from outside, as it is shipped: its programs,
// its API, a real Kubernetes API server, a real browser. The tests here are the
// ones that no part can pass alone: crashes at every instant, two halves over
// one database, secrets that must not turn up anywhere.
//
// The programs come from the folder bin of the repository, or the one that
// ROADSTEAD_TEST_BIN names.
package e2e
