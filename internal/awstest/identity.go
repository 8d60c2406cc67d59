package awstest

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// credential is a key with what it stands for: a user, or a session of a role.
type credential struct {
	id, secret, token string
	account           *Account
	user              *user

	role        *role
	sessionName string
	policy      *policy // narrows the session; nil: not
	expires     time.Time
}

// arn is the name of the caller.
func (c *credential) arn() string {
	if c.user != nil {
		return c.user.arn
	}
	return c.account.cloud.arn("sts", "", c.account.id, "assumed-role/"+c.role.name+"/"+c.sessionName)
}

func (c *credential) uniqueID() string {
	if c.user != nil {
		return c.user.id
	}
	return c.role.id + ":" + c.sessionName
}

// alive reports whether the role of a session still is the one that was assumed.
func (c *credential) alive() bool { return c.role == nil || c.account.roles[c.role.arn] == c.role }

// may decides by the identity's policies, narrowed by the session's.
func (c *credential) may(r request) bool {
	var policies []policy
	if c.user != nil {
		policies = c.user.policies
	} else {
		policies = c.role.policies
	}
	if decide(policies, r) != allows {
		return false
	}
	if c.role != nil && c.role.boundary != nil && decide([]policy{*c.role.boundary}, r) != allows {
		return false
	}
	return c.policy == nil || decide([]policy{*c.policy}, r) == allows
}

// isPrincipal reports whether a trust policy's principal is the caller.
func (c *credential) isPrincipal(named string) bool {
	root := c.account.cloud.arn("iam", "", c.account.id, "root")
	names := []string{"*", c.account.id, root, c.arn()}
	if c.role != nil {
		names = append(names, c.role.arn)
	}
	return slices.Contains(names, named)
}

// trusts reports whether the role may be assumed by the caller with an external id, nil for none.
func (r *role) trusts(c *credential, externalID *string) bool {
	context := map[string]string{"aws:PrincipalArn": c.arn(), "aws:PrincipalAccount": c.account.id}
	if externalID != nil {
		context["sts:ExternalId"] = *externalID
	}
	return r.admits(context, func(p principals) bool { return slices.ContainsFunc(p["AWS"], c.isPrincipal) })
}

// trustsService is the same for a service of AWS that acts in the role's account.
func (r *role) trustsService(service string) bool {
	context := map[string]string{"aws:SourceAccount": accountOf(r.arn)}
	return r.admits(context, func(p principals) bool { return slices.Contains(p["Service"], service) })
}

func (r *role) admits(context map[string]string, named func(principals) bool) bool {
	var about policy
	for _, s := range r.trust.Statement {
		if named(s.Principal) {
			about.Statement = append(about.Statement, s)
		}
	}
	return decide([]policy{about}, request{action: "sts:AssumeRole", context: context}) == allows
}

const upperAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// upperID is a random text in the form of AWS' unique ids.
func upperID(length int) string {
	data := make([]byte, length)
	_, _ = rand.Read(data) // never fails
	for i, b := range data {
		data[i] = upperAlphabet[b&31]
	}
	return string(data)
}

// hexID is a random text in the form of EC2's ids.
func hexID(length int) string {
	data := make([]byte, (length+1)/2)
	_, _ = rand.Read(data) // never fails
	return hex.EncodeToString(data)[:length]
}

// secretText is a random secret of letters, digits, and the two other characters that AWS has in secrets.
func secretText(length int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/+"
	data := make([]byte, length)
	_, _ = rand.Read(data) // never fails
	var text strings.Builder
	for _, b := range data {
		text.WriteByte(alphabet[b&63])
	}
	return text.String()
}
