package awstest

import (
	"fmt"
	"strings"
	"time"
)

// Account is one AWS account.
type Account struct {
	cloud   *Cloud
	id      string
	users   map[string]*user
	roles   map[string]*role // by ARN
	regions map[string]*region
}

// user has permissions and keys that do not expire.
type user struct {
	arn      string
	id       string
	policies []policy
}

// role is an identity that others take for a while.
type role struct {
	name, path, arn, id string
	trust               policy
	policies            []policy
	boundary            *policy
	maxSession          time.Duration
	created             time.Time
}

// region holds what exists in one region of an account.
type region struct {
	account  *Account
	name     string
	stacks   []*stack // in the order of creation
	clusters map[string]*cluster
	objects  []*object
}

// Keys are a credential that does not expire.
type Keys struct {
	AccessKeyID     string
	SecretAccessKey string
}

// Role is a role to be added to an account. Documents are IAM policies in JSON.
type Role struct {
	Name       string
	Path       string        // default: /
	Trust      string        // who may assume it; see TrustFrom and TrustService
	Policy     string        // what it may do; default: everything
	MaxSession time.Duration // default: an hour
}

// Everything is a policy that allows all actions on all resources.
const Everything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

func newAccount(c *Cloud, id string) *Account {
	a := &Account{cloud: c, id: id, users: map[string]*user{}, roles: map[string]*role{}, regions: map[string]*region{}}
	for _, name := range c.config.Regions {
		a.regions[name] = newRegion(a, name)
	}
	return a
}

// TrustFrom is a trust policy for a principal: an account id, or the ARN of a root, user or role. An external id that is
// not empty must be named by whoever assumes the role.
func TrustFrom(principal, externalID string) string {
	condition := ""
	if externalID != "" {
		condition = fmt.Sprintf(`,"Condition":{"StringEquals":{"sts:ExternalId":%q}}`, externalID)
	}
	return fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":%q},"Action":"sts:AssumeRole"%s}]}`, principal, condition)
}

// TrustService is a trust policy for a service such as cloudformation.amazonaws.com.
func TrustService(service string) string {
	return fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":%q},"Action":"sts:AssumeRole"}]}`, service)
}

// ID returns the twelve digits.
func (a *Account) ID() string { return a.id }

// AddUser makes a user with a policy and returns its keys. The same name again makes further keys.
func (a *Account) AddUser(name, document string) (Keys, error) {
	p, err := parsePolicy(document)
	if err != nil {
		return Keys{}, err
	}
	a.cloud.mu.Lock()
	defer a.cloud.mu.Unlock()
	found := a.users[name]
	if found == nil {
		found = &user{arn: a.cloud.arn("iam", "", a.id, "user/"+name), id: "AIDA" + upperID(17)}
		a.users[name] = found
	}
	found.policies = []policy{p}
	keys := Keys{AccessKeyID: "AKIA" + upperID(16), SecretAccessKey: secretText(40)}
	a.cloud.keys[keys.AccessKeyID] = &credential{id: keys.AccessKeyID, secret: keys.SecretAccessKey, account: a, user: found}
	return keys, nil
}

// Administrator returns keys of a user who may do everything in the account.
func (a *Account) Administrator() Keys {
	keys, _ := a.AddUser("administrator", Everything) // a constant document
	return keys
}

// AddRole makes a role, or replaces one, and returns its ARN. A replaced role has a new unique id: clusters that let the
// old one in do not know it.
func (a *Account) AddRole(r Role) (string, error) {
	made, err := a.newRole(r)
	if err != nil {
		return "", err
	}
	a.cloud.mu.Lock()
	defer a.cloud.mu.Unlock()
	a.roles[made.arn] = made
	return made.arn, nil
}

func (a *Account) newRole(r Role) (*role, error) {
	trust, err := parsePolicy(r.Trust)
	if err != nil {
		return nil, fmt.Errorf("trust policy of role %s: %w", r.Name, err)
	}
	if r.Policy == "" {
		r.Policy = Everything
	}
	allowed, err := parsePolicy(r.Policy)
	if err != nil {
		return nil, fmt.Errorf("policy of role %s: %w", r.Name, err)
	}
	if r.Path == "" {
		r.Path = "/"
	}
	if r.MaxSession == 0 {
		r.MaxSession = time.Hour
	}
	return &role{
		name: r.Name, path: r.Path, arn: a.cloud.arn("iam", "", a.id, "role"+r.Path+r.Name), id: "AROA" + upperID(17),
		trust: trust, policies: []policy{allowed}, maxSession: r.MaxSession, created: a.cloud.config.Now(),
	}, nil
}

// RemoveRole takes a role away. It cannot be assumed any more, and its sessions are invalid at once.
func (a *Account) RemoveRole(arn string) {
	a.cloud.mu.Lock()
	defer a.cloud.mu.Unlock()
	delete(a.roles, arn)
}

// SetRolePolicy changes what a role, and every session of it, may do from now on.
func (a *Account) SetRolePolicy(arn, document string) error {
	p, err := parsePolicy(document)
	if err != nil {
		return err
	}
	a.cloud.mu.Lock()
	defer a.cloud.mu.Unlock()
	found := a.roles[arn]
	if found == nil {
		return fmt.Errorf("account %s has no role %s", a.id, arn)
	}
	found.policies = []policy{p}
	return nil
}

// SetRoleTrust changes who may assume a role.
func (a *Account) SetRoleTrust(arn, document string) error {
	p, err := parsePolicy(document)
	if err != nil {
		return err
	}
	a.cloud.mu.Lock()
	defer a.cloud.mu.Unlock()
	found := a.roles[arn]
	if found == nil {
		return fmt.Errorf("account %s has no role %s", a.id, arn)
	}
	found.trust = p
	return nil
}

// accountOf is the account that an ARN names.
func accountOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[4]
	}
	return ""
}

// roleByARN finds a role in whatever account; nil if there is none.
func (c *Cloud) roleByARN(arn string) *role {
	if a := c.accounts[accountOf(arn)]; a != nil {
		return a.roles[arn]
	}
	return nil
}
