// Package web is the interface for people: pages rendered on the server, kept
// current over server-sent events, usable without JavaScript but for that.
//
// It owns templates, styles, the session cookie and the headers a browser
// needs. It reads our own store through the domains and enqueues work; it never
// calls a cluster.
package web
