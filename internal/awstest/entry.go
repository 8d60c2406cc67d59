package awstest

import (
	"errors"
	"fmt"
	"time"
)

// entry lets a principal into a cluster. It knows the unique id of a role: one made later under the same ARN is another.
type entry struct {
	arn, principal, principalID string
	kind, username              string
	groups                      []string
	policies                    map[string]association // by ARN
	created, effective          time.Time
}

type association struct {
	scope      string // cluster or namespace
	namespaces []string
	at         time.Time
}

// addEntry lets a principal in. It takes effect a while later if that was asked for.
func (c *cluster) addEntry(principal, kind, username string, groups []string, at time.Time) (*entry, error) {
	owner := c.region.account.cloud
	if c.mode == "CONFIG_MAP" {
		return nil, errors.New("the cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP]")
	}
	if c.entries[principal] != nil {
		return nil, fmt.Errorf("the specified access entry resource is already in use on this cluster")
	}
	known := owner.roleByARN(principal)
	if known == nil && owner.userByARN(principal) == nil {
		return nil, fmt.Errorf("the specified principalArn is invalid: invalid principal %s", principal)
	}
	made := &entry{
		principal: principal, kind: fallback(kind, "STANDARD"), username: username, groups: groups,
		policies: map[string]association{}, created: at, effective: at.Add(owner.rules.accessDelay),
		arn: owner.arn("eks", c.region.name, c.region.account.id, "access-entry/"+c.name+"/role/"+accountOf(principal)+"/x/"+hexID(8)),
	}
	if known != nil {
		made.principalID = known.id
		if username == "" && made.kind == "STANDARD" {
			made.username = owner.arn("sts", "", accountOf(principal), "assumed-role/"+known.name+"/{{SessionName}}")
		}
	}
	c.entries[principal] = made
	return made, nil
}

func (c *Cloud) userByARN(arn string) *user {
	if a := c.accounts[accountOf(arn)]; a != nil {
		for _, u := range a.users {
			if u.arn == arn {
				return u
			}
		}
	}
	return nil
}

func (e *entry) associate(policyARN, scope string, namespaces []any, at time.Time) {
	made := association{scope: scope, at: at}
	for _, name := range namespaces {
		made.namespaces = append(made.namespaces, text(name))
	}
	e.policies[policyARN] = made
}
