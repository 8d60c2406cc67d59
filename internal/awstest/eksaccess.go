package awstest

import (
	"net/http"
	"strings"
)

func (x *exchange) entry() (*cluster, *entry, error) {
	found, err := x.cluster()
	if err != nil {
		return nil, nil, err
	}
	e := found.entries[x.form.Get("principalArn")]
	if e == nil {
		return nil, nil, notFound("The specified principalArn could not be found.")
	}
	return found, e, nil
}

func (e *entry) view(cluster string) any {
	groups := append([]string{}, e.groups...)
	return fieldsOf{"accessEntry": fieldsOf{
		"clusterName": cluster, "principalArn": e.principal, "accessEntryArn": e.arn, "type": e.kind, "username": e.username,
		"kubernetesGroups": groups, "createdAt": epoch(e.created), "modifiedAt": epoch(e.created), "tags": fieldsOf{},
	}}
}

func listAccessEntries(x *exchange) (any, error) {
	found, err := x.cluster()
	if err != nil {
		return nil, err
	}
	return x.listed("accessEntries", found.entries)
}

func describeAccessEntry(x *exchange) (any, error) {
	found, e, err := x.entry()
	if err != nil {
		return nil, err
	}
	return e.view(found.name), nil
}

func createAccessEntry(x *exchange) (any, error) {
	found, err := x.cluster()
	if err != nil {
		return nil, err
	}
	var groups []string
	for _, group := range asList(x.body["kubernetesGroups"]) {
		groups = append(groups, text(group))
	}
	principal := text(x.body["principalArn"])
	if found.entries[principal] != nil {
		return nil, fail(http.StatusConflict, "ResourceInUseException",
			"The specified access entry resource is already in use on this cluster.")
	}
	made, err := found.addEntry(principal, text(x.body["type"]), text(x.body["username"]), groups, x.now)
	if err != nil {
		return nil, fail(http.StatusBadRequest, "InvalidParameterException", "%v", err)
	}
	return made.view(found.name), nil
}

func deleteAccessEntry(x *exchange) (any, error) {
	found, e, err := x.entry()
	if err != nil {
		return nil, err
	}
	delete(found.entries, e.principal)
	return fieldsOf{}, nil
}

func associateAccessPolicy(x *exchange) (any, error) {
	found, e, err := x.entry()
	if err != nil {
		return nil, err
	}
	scope, _ := x.body["accessScope"].(map[string]any)
	arn := text(x.body["policyArn"])
	if !strings.Contains(arn, ":cluster-access-policy/") {
		return nil, fail(http.StatusBadRequest, "InvalidParameterException", "The policyArn parameter format is not valid")
	}
	e.associate(arn, text(scope["type"]), asList(scope["namespaces"]), x.now)
	return fieldsOf{"clusterName": found.name, "principalArn": e.principal, "associatedAccessPolicy": e.policies[arn].view(arn)}, nil
}

func (a association) view(arn string) any {
	return fieldsOf{
		"policyArn": arn, "associatedAt": epoch(a.at), "modifiedAt": epoch(a.at),
		"accessScope": fieldsOf{"type": a.scope, "namespaces": append([]string{}, a.namespaces...)},
	}
}

func listAccessPolicies(x *exchange) (any, error) {
	found, e, err := x.entry()
	if err != nil {
		return nil, err
	}
	list := []any{}
	for arn, a := range e.policies {
		list = append(list, a.view(arn))
	}
	return fieldsOf{"clusterName": found.name, "principalArn": e.principal, "associatedAccessPolicies": list}, nil
}

func disassociateAccessPolicy(x *exchange) (any, error) {
	_, e, err := x.entry()
	if err != nil {
		return nil, err
	}
	arn := x.form.Get("policyArn")
	if _, ok := e.policies[arn]; !ok {
		return nil, notFound("The specified policyArn is not associated with the access entry.")
	}
	delete(e.policies, arn)
	return fieldsOf{}, nil
}
