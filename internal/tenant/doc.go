// Package tenant owns groups, projects and environments: their names, their
// paths and how they are found.
//
// It leaves membership and rights to auth, and everything that runs in a
// cluster to the domains built on it.
package tenant
