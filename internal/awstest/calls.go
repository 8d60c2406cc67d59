package awstest

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// Call is one call that AWS received, whatever came of it.
type Call struct {
	At        time.Time
	Service   string // sts, cloudformation, eks, ec2 or iam
	Operation string
	Region    string
	Account   string
	Principal string // ARN; empty if the caller was not known
	RequestID string
	// Parameters are those of the operation, cut to 512 bytes each. None of a signature are among them.
	Parameters map[string]string
	Code       string // of the failure; empty for success
	Lost       bool   // the answer never left
}

const maxParameter = 512

// Calls returns all calls so far, oldest first; only those of the named operations if any is named.
func (c *Cloud) Calls(operations ...string) []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(operations) == 0 {
		return slices.Clone(c.calls)
	}
	var found []Call
	for _, call := range c.calls {
		if slices.Contains(operations, call.Operation) {
			found = append(found, call)
		}
	}
	return found
}

// Count is how many calls there were so far; only those of the named operations if any is named.
func (c *Cloud) Count(operations ...string) int { return len(c.Calls(operations...)) }

// plain keeps what may be shown of a call's parameters.
func plain(form url.Values) map[string]string {
	kept := map[string]string{}
	for name, values := range form {
		if name == "Action" || name == "Version" || strings.HasPrefix(name, "X-Amz-") {
			continue
		}
		text := strings.Join(values, ",")
		kept[name] = text[:min(len(text), maxParameter)]
	}
	return kept
}
