// Package tenant owns groups, projects, environments and members: their names
// and paths, how they are found, and who has which role where.
//
// Groups are nested. A role in a group holds in everything below it, and what
// somebody sees is what he has a role in. The package leaves what a role allows
// to auth, and everything that runs in a cluster to the domains built on it.
package tenant
