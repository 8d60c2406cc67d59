// Package pki makes the keys and certificates of one development cluster:
// a certificate authority that lives in memory only, and the server and
// client pairs it signs.
//
// It knows nothing of Kubernetes; which names and groups a certificate carries
// is its callers' business.
package pki
