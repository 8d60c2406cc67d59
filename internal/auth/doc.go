// Package auth answers who is calling and what they may do.
//
// It owns the administrator token and browser sessions. It leaves cookies and
// headers to the delivery packages, and storage of the rows to the store.
package auth
