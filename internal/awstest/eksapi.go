package awstest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
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
		{"GET", "/clusters/{name}/node-groups/{nodegroupName}", "DescribeNodegroup", operation{do: describeNodegroup, resource: eksARN("nodegroup")}},
		{"GET", entries, "ListAccessEntries", operation{do: listAccessEntries, resource: eksARN("cluster")}},
		{"POST", entries, "CreateAccessEntry", operation{do: createAccessEntry, resource: eksARN("cluster")}},
		{"GET", entry, "DescribeAccessEntry", operation{do: describeAccessEntry, resource: eksARN("access-entry")}},
		{"DELETE", entry, "DeleteAccessEntry", operation{do: deleteAccessEntry, resource: eksARN("access-entry")}},
		{"GET", policies, "ListAssociatedAccessPolicies", operation{do: listAccessPolicies, resource: eksARN("access-entry")}},
		{"POST", policies, "AssociateAccessPolicy", operation{do: associateAccessPolicy, resource: eksARN("access-entry")}},
		{"DELETE", policies + "/{policyArn}", "DisassociateAccessPolicy", operation{do: disassociateAccessPolicy, resource: eksARN("access-entry")}},
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

type fieldsOf = map[string]any

func notFound(format string, args ...any) *failure {
	return fail(http.StatusNotFound, "ResourceNotFoundException", format, args...)
}

func (x *exchange) cluster() (*cluster, error) {
	if found := x.region.clusters[x.form.Get("name")]; found != nil {
		return found, nil
	}
	return nil, notFound("No cluster found for name: %s.", x.form.Get("name"))
}

func epoch(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }

func listClusters(x *exchange) (any, error) { return x.listed("clusters", x.region.clusters) }

// listed is a page of names, sorted.
func (x *exchange) listed(field string, from any) (any, error) {
	names := namesIn(from)
	cut, next, err := page(x, names, x.form.Get("nextToken"))
	if err != nil {
		return nil, fail(http.StatusBadRequest, "InvalidParameterException", "Invalid nextToken")
	}
	answer := fieldsOf{field: append([]string{}, cut...)}
	if next != "" {
		answer["nextToken"] = next
	}
	return answer, nil
}

func namesIn(from any) []string {
	var names []string
	switch from := from.(type) {
	case map[string]*cluster:
		for name := range from {
			names = append(names, name)
		}
	case map[string]*nodegroup:
		for name := range from {
			names = append(names, name)
		}
	case map[string]*entry:
		for name := range from {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func describeCluster(x *exchange) (any, error) {
	found, err := x.cluster()
	if err != nil {
		return nil, err
	}
	network := fieldsOf{
		"subnetIds": asList(found.network["SubnetIds"]), "securityGroupIds": asList(found.network["SecurityGroupIds"]),
		"publicAccessCidrs":    asList(found.network["PublicAccessCidrs"]),
		"endpointPublicAccess": text(found.network["EndpointPublicAccess"]) != "false", "endpointPrivateAccess": text(found.network["EndpointPrivateAccess"]) == "true",
	}
	view := fieldsOf{
		"name": found.name, "arn": found.arn, "version": found.version, "roleArn": found.roleARN, "status": found.status,
		"createdAt": epoch(found.created), "tags": found.tags, "platformVersion": "eks.7",
		"accessConfig":  fieldsOf{"authenticationMode": found.mode},
		"upgradePolicy": fieldsOf{"supportType": found.support}, "resourcesVpcConfig": network,
	}
	if found.endpoint != "" {
		view["endpoint"] = found.endpoint
		view["certificateAuthority"] = fieldsOf{"data": x.cloud.platform.CA}
	}
	return fieldsOf{"cluster": view}, nil
}

func describeUpdate(x *exchange) (any, error) {
	found, err := x.cluster()
	if err != nil {
		return nil, err
	}
	for _, u := range found.updates {
		if u.id == x.form.Get("updateId") {
			return fieldsOf{"update": fieldsOf{"id": u.id, "type": u.kind, "status": u.status, "createdAt": epoch(u.at)}}, nil
		}
	}
	return nil, notFound("No update found for ID: %s.", x.form.Get("updateId"))
}

func listNodegroups(x *exchange) (any, error) {
	found, err := x.cluster()
	if err != nil {
		return nil, err
	}
	return x.listed("nodegroups", found.groups)
}

func describeNodegroup(x *exchange) (any, error) {
	found, err := x.cluster()
	if err != nil {
		return nil, err
	}
	n := found.groups[x.form.Get("nodegroupName")]
	if n == nil {
		return nil, notFound("No node group found for name: %s.", x.form.Get("nodegroupName"))
	}
	issues := []fieldsOf{}
	for _, i := range n.issues {
		issues = append(issues, fieldsOf{"code": i.code, "message": i.message})
	}
	return fieldsOf{"nodegroup": fieldsOf{
		"nodegroupName": n.name, "nodegroupArn": n.arn, "clusterName": found.name, "version": n.version, "status": n.status,
		"nodeRole": n.role, "amiType": n.ami, "instanceTypes": n.types, "subnets": n.subnets, "diskSize": n.disk,
		"scalingConfig": fieldsOf{"minSize": n.count, "maxSize": n.count, "desiredSize": n.count},
		"health":        fieldsOf{"issues": issues}, "createdAt": epoch(n.created), "modifiedAt": epoch(n.changed), "tags": n.tags,
	}}, nil
}

// version is a version of Kubernetes that EKS offers.
type version struct{ name, released, standard, extended string }

// versions are those of late 2026. Source: the release calendar in the user guide of EKS; the two newest are estimates.
var versions = [...]version{
	{"1.32", "2025-01-23", "2026-03-23", "2027-03-23"},
	{"1.33", "2025-05-29", "2026-07-29", "2027-07-29"},
	{"1.34", "2025-10-02", "2026-12-02", "2027-12-02"},
	{"1.35", "2026-01-27", "2027-03-27", "2028-03-27"},
	{"1.36", "2026-06-10", "2027-08-10", "2028-08-10"},
}

func offered(name string) bool {
	return slices.ContainsFunc(versions[:], func(v version) bool { return v.name == name })
}

func describeVersions(x *exchange) (any, error) {
	list := []fieldsOf{}
	wanted := x.form.Get("versionStatus")
	for _, v := range versions {
		status := "STANDARD_SUPPORT"
		switch {
		case x.now.After(day(v.extended)):
			status = "UNSUPPORTED"
		case x.now.After(day(v.standard)):
			status = "EXTENDED_SUPPORT"
		}
		if wanted != "" && wanted != status {
			continue
		}
		list = append(list, fieldsOf{
			"clusterVersion": v.name, "clusterType": "eks", "defaultPlatformVersion": "eks.7", "defaultVersion": v.name == "1.35",
			"releaseDate": epoch(day(v.released)), "endOfStandardSupportDate": epoch(day(v.standard)),
			"endOfExtendedSupportDate": epoch(day(v.extended)), "versionStatus": status, "status": strings.ReplaceAll(strings.ToLower(status), "_", "-"),
			"kubernetesPatchVersion": v.name + ".2",
		})
	}
	cut, next, err := page(x, list, x.form.Get("nextToken"))
	if err != nil {
		return nil, fail(http.StatusBadRequest, "InvalidParameterException", "Invalid nextToken")
	}
	answer := fieldsOf{"clusterVersions": cut}
	if next != "" {
		answer["nextToken"] = next
	}
	return answer, nil
}

func day(text string) time.Time {
	at, _ := time.Parse(time.DateOnly, text) // of our own table
	return at
}
