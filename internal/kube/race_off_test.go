//go:build !race

package kube_test

const raceFactor = 1
