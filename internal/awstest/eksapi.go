package awstest

import (
	"net/http"
	"slices"
	"time"
)

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
		"publicAccessCidrs":     asList(found.network["PublicAccessCidrs"]),
		"endpointPublicAccess":  text(found.network["EndpointPublicAccess"]) != "false",
		"endpointPrivateAccess": text(found.network["EndpointPrivateAccess"]) == "true",
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
