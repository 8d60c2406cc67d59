// Package egress is the one door out: it owns which addresses this program may connect to, and the dialer and
// HTTP transport that enforce it for cluster APIs, chart repositories, OIDC issuers and webhooks.
//
// The text of a URL is checked when it is entered (CheckURL), and what counts is checked at every connection
// (DialContext): a name is resolved once, all its addresses are judged, and the address that was judged is the
// one that is dialled. Some addresses are refused always: metadata services, link-local, multicast. Others are
// refused by default and can be opened by the operator, never by a user, per network and port (ParseRules).
//
// The package depends on the standard library only, since the installer uses it too. What a refusal is called
// in an API is left to its callers, as is the choice of who may see its details (RefusedError).
package egress
