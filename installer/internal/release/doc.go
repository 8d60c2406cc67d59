// Package release owns what happens to a Helm release in the cluster: reading its history, freeing it when an
// interrupted operation left it behind, applying custom resource definitions, installing, upgrading and
// removing it, and telling meanwhile what is not ready yet and why. It is the only door to Helm's actions.
//
// What its errors are called in the verdict is decided by package verdict; which of its parts run in which
// order by package run.
package release
