// Package auth answers who is calling and what they may do.
//
// It owns users and their identities at issuers, access tokens, sessions, the
// permission matrix with the checks that go by it, and the limits on how often
// a caller may come. It leaves groups, projects and memberships to tenant,
// cookies and headers to the delivery packages, OpenID Connect to oidc, and the
// rows to the store.
//
// Delivery packages ask [Access] before they call a domain. Access tokens are
// the exception: whose a token is shows only once it is found, so their methods
// ask themselves, about the caller in ctx.
package auth
