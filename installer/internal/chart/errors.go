package chart

import "errors"

// What can go wrong with a chart. The errors of this package wrap one of these or a refusal of the guard.
var (
	// ErrNotFound: the repository answers, and does not hold the chart in this version.
	ErrNotFound = errors.New("chart not found")
	// ErrInvalid: what the repository holds is no chart that could be installed.
	ErrInvalid = errors.New("chart invalid")
	// ErrDigest: the archive is not the one that was asked for.
	ErrDigest = errors.New("chart digest differs")
	// ErrAddress: the repository, or a server that it points to, has an address that is not followed.
	ErrAddress = errors.New("repository address refused")
	// ErrUnreachable: a server does not answer, or not in the way of a repository.
	ErrUnreachable = errors.New("repository unreachable")
)
