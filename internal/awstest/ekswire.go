package awstest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// route of EKS: a method, and a path whose parts in braces are parameters.
type eksRoute struct {
	method, path, name string
	operation          operation
}

func eksRoutes() []eksRoute {
	const entries = "/clusters/{name}/access-entries"
	entry, policies := entries+"/{principalArn}", entries+"/{principalArn}/access-policies"
	return []eksRoute{
		{"GET", "/clusters", "ListClusters", operation{do: listClusters}},
		{"GET", "/cluster-versions", "DescribeClusterVersions", operation{do: describeVersions}},
		{"GET", "/clusters/{name}", "DescribeCluster", operation{do: describeCluster, resource: eksARN("cluster")}},
		{"GET", "/clusters/{name}/updates/{updateId}", "DescribeUpdate", operation{do: describeUpdate, resource: eksARN("cluster")}},
		{"GET", "/clusters/{name}/node-groups", "ListNodegroups", operation{do: listNodegroups, resource: eksARN("cluster")}},
		{"GET", "/clusters/{name}/node-groups/{nodegroupName}", "DescribeNodegroup", operation{
			do: describeNodegroup, resource: eksARN("nodegroup"),
		}},
		{"GET", entries, "ListAccessEntries", operation{do: listAccessEntries, resource: eksARN("cluster")}},
		{"POST", entries, "CreateAccessEntry", operation{do: createAccessEntry, resource: eksARN("cluster")}},
		{"GET", entry, "DescribeAccessEntry", operation{do: describeAccessEntry, resource: eksARN("access-entry")}},
		{"DELETE", entry, "DeleteAccessEntry", operation{do: deleteAccessEntry, resource: eksARN("access-entry")}},
		{"GET", policies, "ListAssociatedAccessPolicies", operation{do: listAccessPolicies, resource: eksARN("access-entry")}},
		{"POST", policies, "AssociateAccessPolicy", operation{do: associateAccessPolicy, resource: eksARN("access-entry")}},
		{"DELETE", policies + "/{policyArn}", "DisassociateAccessPolicy", operation{
			do: disassociateAccessPolicy, resource: eksARN("access-entry"),
		}},
	}
}

// routeEKS finds the operation by method and path, and puts path, query and body into the form, for the record too.
func (x *exchange) routeEKS(r *http.Request, payload []byte) (operation, error) {
	x.form = r.URL.Query()
	if len(payload) > 0 {
		if err := json.Unmarshal(payload, &x.body); err != nil {
			return operation{}, fail(http.StatusBadRequest, "SerializationException", "the body is not JSON")
		}
		for name, value := range x.body {
			x.form.Set(name, strings.Trim(document(value), `"`))
		}
	}
	for _, route := range eksRoutes() {
		if values, ok := route.match(r); ok {
			x.operation = route.name
			for name, value := range values {
				x.form.Set(name, value)
			}
			return route.operation, nil
		}
	}
	return operation{}, fail(http.StatusNotFound, "UnknownOperationException", "no operation at %s %s", r.Method, r.URL.Path)
}

func (e eksRoute) match(r *http.Request) (map[string]string, bool) {
	given, wanted := strings.Split(r.URL.EscapedPath(), "/"), strings.Split(e.path, "/")
	if r.Method != e.method || len(given) != len(wanted) {
		return nil, false
	}
	values := map[string]string{}
	for i, part := range wanted {
		if !strings.HasPrefix(part, "{") {
			if part != given[i] {
				return nil, false
			}
			continue
		}
		value, err := url.PathUnescape(given[i])
		if err != nil || value == "" {
			return nil, false
		}
		values[strings.Trim(part, "{}")] = value
	}
	return values, true
}

// eksARN names what an operation acts on, as EKS does for permissions.
func eksARN(kind string) func(*exchange) string {
	return func(x *exchange) string {
		name := x.form.Get("name")
		if kind != "cluster" {
			name += "/x/x"
		}
		found := x.region.clusters[x.form.Get("name")]
		if found != nil && kind == "nodegroup" && found.groups[x.form.Get("nodegroupName")] != nil {
			return found.groups[x.form.Get("nodegroupName")].arn
		}
		if found != nil && kind == "access-entry" && found.entries[x.form.Get("principalArn")] != nil {
			return found.entries[x.form.Get("principalArn")].arn
		}
		return x.cloud.arn("eks", x.region.name, x.caller.account.id, kind+"/"+name)
	}
}
