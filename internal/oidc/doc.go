// Package oidc is the adapter to the organisation's OpenID Connect provider: where people sign in.
//
// It owns what is asked of the provider and what is believed of its answers: discovery, the exchange of a code, keys, ID
// tokens and logout tokens, all through the guard and within limits. It believes one issuer only, and none of its URLs
// that lead to a host which the operator did not name. It leaves to package auth what a sign-in means here: the browser
// that began it, users, rights and sessions.
package oidc
