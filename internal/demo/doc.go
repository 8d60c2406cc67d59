// Package demo shows the product at work on a cluster of its own: it starts
// devcluster and the server on loopback, walks through the main job with the
// same commands a person would type, and leaves nothing behind.
//
// It knows the product only from outside, by its programs and its API.
package demo
