// Package demo shows the product at work on a cluster of its own: it starts
// devcluster and the server on loopback, walks through the main job with the
// same commands a person would type, and leaves nothing behind. In the same
// way it shows the life of a cluster on Amazon EKS, with a fake AWS in its own
// process.
//
// It knows the product only from outside, by its programs and its API.
package demo
