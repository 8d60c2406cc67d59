// Package run owns one operation from the request to the verdict: which steps it has, in which order, and that
// it ends in time when it is told to stop. What each step does belongs to the other packages.
package run
