// Package gitlabapi serves /api/v4: the part of GitLab's REST API that its clients use to manage clusters, and what they
// call around it, so that programs written for GitLab work unchanged.
//
// It owns paths, parameters, the words and order of errors, pages and their headers, and the JSON shapes. It leaves every
// decision to the domains: what is allowed, what is valid, what happens. It knows no GitLab and calls nothing; a handler
// reads our own store or asks a domain to change it. Where it deviates from the predecessor on purpose,
// docs/reference/gitlab-api.md says why.
package gitlabapi
