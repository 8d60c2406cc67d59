package awstest

import (
	"fmt"
	"maps"
	"strconv"
	"time"
)

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
