package awstest

import (
	"encoding/base64"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// cluster is a cluster on EKS.
type cluster struct {
	region   *region
	name     string
	arn      string
	version  string
	endpoint string
	roleARN  string
	status   string
	mode     string // of authentication
	support  string
	network  map[string]any
	created  time.Time
	tags     map[string]string
	entries  map[string]*entry // by principal
	groups   map[string]*nodegroup
	updates  []clusterUpdate
	door     *door
}

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

// nodegroup is a group of machines.
type nodegroup struct {
	name, arn, version, status, role, ami string
	types, subnets                        []string
	count, disk                           int
	created, changed                      time.Time
	issues                                []issue
	tags                                  map[string]string
}

type issue struct{ code, message string }

type clusterUpdate struct {
	id, kind, status string
	at               time.Time
}

// AdminPolicy is the end of the ARN of the policy of a cluster's administrator.
const AdminPolicy = "AmazonEKSClusterAdminPolicy"

func (p *part) cluster() *cluster { return p.stack.region.clusters[p.id] }

func makeCluster(p *part, at time.Time) error {
	r := p.stack.region
	name := p.property("Name")
	if name == "" {
		name = p.generated(100)
	}
	if r.clusters[name] != nil {
		return fmt.Errorf("Cluster already exists with name: %s (HandlerErrorCode: AlreadyExists)", name) //nolint:staticcheck,revive // AWS' words
	}
	access, _ := p.properties["AccessConfig"].(map[string]any)
	upgrade, _ := p.properties["UpgradePolicy"].(map[string]any)
	made := &cluster{
		region: r, name: name, arn: r.account.cloud.arn("eks", r.name, r.account.id, "cluster/"+name),
		version: p.property("Version"), roleARN: p.property("RoleArn"), status: "CREATING",
		mode: fallback(text(access["AuthenticationMode"]), "CONFIG_MAP"), support: fallback(text(upgrade["SupportType"]), "EXTENDED"),
		created: at, tags: maps.Clone(p.stack.tags), entries: map[string]*entry{}, groups: map[string]*nodegroup{},
	}
	made.network, _ = p.properties["ResourcesVpcConfig"].(map[string]any)
	if !offered(made.version) {
		return fmt.Errorf("unsupported Kubernetes version %s", made.version)
	}
	if len(asList(made.network["SubnetIds"])) < 2 {
		return fmt.Errorf("Subnets specified must be in at least two different AZs (Service: Eks, InvalidParameterException)") //nolint:staticcheck,revive // AWS' words
	}
	if made.mode != "CONFIG_MAP" && text(access["BootstrapClusterCreatorAdminPermissions"]) != "false" {
		p.admitCreator(made, at)
	}
	r.clusters[name] = made
	p.id = name
	p.attributes["Arn"] = made.arn
	return nil
}

// admitCreator makes the one who creates the cluster its administrator.
func (p *part) admitCreator(made *cluster, at time.Time) {
	creator := p.stack.role
	if creator == nil {
		creator = p.stack.caller.role
	}
	if creator == nil {
		return
	}
	if e, err := made.addEntry(creator.arn, "STANDARD", "", nil, at); err == nil {
		e.associate(made.region.account.cloud.arn("eks", "", "aws", "cluster-access-policy/"+AdminPolicy), "cluster", nil, at)
	}
}

func fallback(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

func clusterReady(p *part, at time.Time) {
	found := p.cluster()
	c := found.region.account.cloud
	found.status, found.endpoint = "ACTIVE", c.platform.URL
	if c.rules.doorDelay > 0 {
		found.endpoint, found.door = c.openLater(at.Add(c.rules.doorDelay), found.endpoint)
	}
	p.attributes["Endpoint"] = found.endpoint
	p.attributes["CertificateAuthorityData"] = base64.StdEncoding.EncodeToString(c.platform.CA)
	p.attributes["ClusterSecurityGroupId"] = "sg-" + hexID(17)
	p.attributes["OpenIdConnectIssuerUrl"] = "https://oidc.eks." + found.region.name + ".amazonaws.com/id/" + strings.ToUpper(hexID(32))
	p.attributes["Id"] = found.name
}

func updateCluster(p *part, at time.Time) {
	found := p.cluster()
	kind := "EndpointAccessUpdate"
	if version := p.property("Version"); version != found.version {
		found.version, kind = version, "VersionUpdate"
	}
	found.network, _ = p.properties["ResourcesVpcConfig"].(map[string]any)
	found.updates = append(found.updates, clusterUpdate{uuid.NewString(), kind, "Successful", at})
}

// addEntry lets a principal in. It takes effect a while later if that was asked for.
func (c *cluster) addEntry(principal, kind, username string, groups []string, at time.Time) (*entry, error) {
	owner := c.region.account.cloud
	if c.mode == "CONFIG_MAP" {
		return nil, fmt.Errorf("the cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation")
	}
	if c.entries[principal] != nil {
		return nil, fmt.Errorf("the specified access entry resource is already in use on this cluster")
	}
	known := owner.roleByARN(principal)
	if known == nil && owner.userByARN(principal) == nil {
		return nil, fmt.Errorf("The specified principalArn is invalid: invalid principal %s", principal) //nolint:staticcheck,revive // AWS' words
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

func (p *part) nodegroup() *nodegroup {
	found := p.stack.region.clusters[p.property("ClusterName")]
	if found == nil {
		return nil
	}
	return found.groups[p.attributes["NodegroupName"]]
}

func makeNodegroup(p *part, at time.Time) error {
	r := p.stack.region
	found := r.clusters[p.property("ClusterName")]
	if found == nil || found.status != "ACTIVE" {
		return fmt.Errorf("no active cluster found for name: %s", p.property("ClusterName"))
	}
	role := p.property("NodeRole")
	if r.account.cloud.roleByARN(role) == nil {
		return fmt.Errorf("the role with name %s cannot be found", role)
	}
	name := p.property("NodegroupName")
	if name == "" {
		name = p.generated(63)
	}
	if found.groups[name] != nil {
		return fmt.Errorf("NodeGroup already exists with name %s and cluster name %s", name, found.name)
	}
	made := &nodegroup{name: name, status: "CREATING", created: at, tags: maps.Clone(p.stack.tags)}
	made.arn = r.account.cloud.arn("eks", r.name, r.account.id, "nodegroup/"+found.name+"/"+name+"/"+hexID(8))
	found.groups[name] = made
	p.id = found.name + "/" + name
	p.attributes["NodegroupName"], p.attributes["ClusterName"], p.attributes["Arn"] = name, found.name, made.arn
	p.describeNodes(made, at)
	if made.version == "" {
		made.version = found.version
	}
	if found.mode != "CONFIG_MAP" && found.entries[role] == nil { // EKS lets the machines of managed groups in by itself
		_, err := found.addEntry(role, "EC2_LINUX", "system:node:{{EC2PrivateDNSName}}", []string{"system:nodes"}, at)
		return err
	}
	return nil
}

// describeNodes takes over what the template says of a group.
func (p *part) describeNodes(n *nodegroup, at time.Time) {
	n.version, n.role, n.ami = fallback(p.property("Version"), n.version), p.property("NodeRole"), p.property("AmiType")
	n.types, n.subnets = texts(nil), nil
	for _, name := range asList(p.properties["InstanceTypes"]) {
		n.types = append(n.types, text(name))
	}
	for _, id := range asList(p.properties["Subnets"]) {
		n.subnets = append(n.subnets, text(id))
	}
	scaling, _ := p.properties["ScalingConfig"].(map[string]any)
	n.count, _ = strconv.Atoi(text(scaling["DesiredSize"]))
	n.disk, _ = strconv.Atoi(p.property("DiskSize"))
	n.changed = at
}

func updateNodegroup(p *part, at time.Time) {
	if found := p.nodegroup(); found != nil {
		p.describeNodes(found, at)
	}
}
