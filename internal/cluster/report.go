package cluster

import (
	"encoding/json"
	"slices"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Checks of a report card, in order. Each makes those after it moot when it
// fails.
const (
	CheckReachable = "reachable"
	CheckTLS       = "tls"
	CheckToken     = "token"
	CheckVersion   = "version"
	CheckRights    = "rights"
	// CheckCredential stands beside them: a credential may be more than needed.
	CheckCredential = "credential"
)

// Report reads a polled connection, and turns a failure to poll it into the
// findings it amounts to: the check that failed, and those after it skipped.
// Nil means that nothing is known yet.
func Report(data []byte, failure apperr.Code) *Connection {
	if failure != "" {
		return &Connection{Findings: FailedFindings(failure, nil)}
	}
	var c Connection
	if data == nil || json.Unmarshal(data, &c) != nil {
		return nil
	}
	return &c
}

// FailedFindings are the findings of a check that ended in code.
func FailedFindings(code apperr.Code, detail []string) []Finding {
	checks := []string{CheckReachable, CheckTLS, CheckToken, CheckVersion, CheckRights}
	failed := slices.Index(checks, checkOf(code))
	findings := make([]Finding, len(checks))
	for i, check := range checks {
		switch {
		case i < failed:
			findings[i] = Finding{Check: check, Outcome: OK}
		case i == failed:
			findings[i] = Finding{Check: check, Outcome: Failed, Code: code, Detail: detail}
		default:
			findings[i] = Finding{Check: check, Outcome: Skipped}
		}
	}
	return findings
}

// checkOf names the check that a code belongs to.
func checkOf(code apperr.Code) string {
	switch code {
	case apperr.ClusterTLSUntrusted, apperr.ClusterTLSHostname, apperr.ClusterTLSExpired, apperr.ClusterTLSFailed:
		return CheckTLS
	case apperr.ClusterUnauthorized, apperr.CredentialKey, apperr.CredentialContext:
		return CheckToken
	case apperr.ClusterForbidden:
		return CheckVersion
	default:
		return CheckReachable
	}
}
