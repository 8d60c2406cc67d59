package awstest

import (
	"net/http"
	"net/url"
	"time"
)

func iamOperations() map[string]operation {
	return map[string]operation{
		"GetRole": {do: getRole, resource: func(x *exchange) string {
			if found := x.caller.account.roleByName(x.form.Get("RoleName")); found != nil {
				return found.arn
			}
			return x.cloud.arn("iam", "", x.caller.account.id, "role/"+x.form.Get("RoleName"))
		}},
	}
}

func (a *Account) roleByName(name string) *role {
	for _, r := range a.roles {
		if r.name == name {
			return r
		}
	}
	return nil
}

func getRole(x *exchange) (any, error) {
	found := x.caller.account.roleByName(x.form.Get("RoleName"))
	if found == nil {
		return nil, fail(http.StatusNotFound, "NoSuchEntity", "The role with name %s cannot be found.", x.form.Get("RoleName"))
	}
	type view struct {
		Path, RoleName, RoleId, Arn, CreateDate, AssumeRolePolicyDocument string //nolint:revive,staticcheck // wire
		MaxSessionDuration                                                int
	}
	return struct{ Role view }{view{
		found.path, found.name, found.id, found.arn, timestamp(found.created), url.QueryEscape(document(found.trust)),
		int(found.maxSession / time.Second),
	}}, nil
}
