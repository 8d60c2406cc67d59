package awstest

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
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

type clusterUpdate struct {
	id, kind, status string
	at               time.Time
}

// AdminPolicy is the end of the ARN of the policy of a cluster's administrator.
const AdminPolicy = "AmazonEKSClusterAdminPolicy"

// ViewPolicy is the end of the ARN of the policy of those who look around. A real cluster knows what it allows; the one
// that stands for it has to bind its cluster role view to ViewGroup.
const (
	ViewPolicy = "AmazonEKSViewPolicy"
	ViewGroup  = "awstest:view"
)

func (p *part) cluster() *cluster { return p.stack.region.clusters[p.id] }

func makeCluster(p *part, at time.Time) error {
	r := p.stack.region
	name := p.property("Name")
	if name == "" {
		name = p.generated(100)
	}
	if r.clusters[name] != nil {
		return fmt.Errorf("cluster already exists with name: %s (HandlerErrorCode: AlreadyExists)", name)
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
		return errors.New("subnets specified must be in at least two different AZs (Service: Eks, InvalidParameterException)")
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
