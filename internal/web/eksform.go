package web

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/internal/provision"
)

// Choices of a network beside the id of one that was offered.
const (
	newNetwork   = "new"
	otherNetwork = "other" // its ids are typed
)

// eksForm is the form for a cluster as it was filled in, so that it can be shown again without losing anything.
type eksForm struct {
	RoleID       int64
	Region       string
	Name         string
	Scope        string
	Version      string
	Network      string // newNetwork, otherNetwork or the id of an offered one
	CIDR         string
	VPC          string // of otherNetwork
	Subnets      []string
	Groups       []string
	Architecture provision.Architecture
	InstanceType string
	Count        string
	Disk         string
	Allow        string // networks, one a line
	Tags         string // KEY=VALUE, one a line
	KeepFailed   bool
	AcceptCost   bool
}

// freshForm has what most clusters begin with.
func freshForm(roleID int64, region string) eksForm {
	return eksForm{
		RoleID: roleID, Region: region, Scope: "*", CIDR: "10.0.0.0/16", Architecture: provision.AMD64,
		InstanceType: "m7i.large", Count: "3", Disk: "20",
	}
}

// formOf is the form that a wish came from.
func formOf(roleID int64, s provision.Spec) eksForm {
	form := eksForm{
		RoleID: roleID, Region: s.Region, Name: s.Name, Scope: s.EnvironmentScope, Version: s.KubernetesVersion,
		Network: s.Network.VPCID, CIDR: s.Network.CIDR, Subnets: s.Network.SubnetIDs, Groups: s.Network.SecurityGroupIDs,
		Architecture: s.Nodes.Architecture, InstanceType: s.Nodes.InstanceType,
		Count: strconv.Itoa(s.Nodes.Count), Disk: strconv.Itoa(s.Nodes.DiskGB),
		Allow: strings.Join(s.PublicCIDRs, "\n"), KeepFailed: s.KeepFailed,
	}
	if s.Network.Create {
		form.Network = newNetwork
	}
	for _, key := range slices.Sorted(maps.Keys(s.Tags)) {
		form.Tags += fmt.Sprintf("%s=%s\n", key, s.Tags[key])
	}
	return form
}

// readForm takes the form as it was sent. The parts of a network are named after it, so that what was ticked in one
// that was not chosen in the end does not count.
func readForm(r *http.Request) eksForm {
	form := eksForm{
		Region: typed(r, "region"), Name: typed(r, "name"), Scope: typed(r, "scope"), Version: typed(r, "version"),
		Network: typed(r, "network"), CIDR: typed(r, "cidr"), VPC: typed(r, "vpc"),
		Architecture: provision.Architecture(typed(r, "architecture")), InstanceType: typed(r, "instance_type"),
		Count: typed(r, "count"), Disk: typed(r, "disk"), Allow: r.PostFormValue("allow"), Tags: r.PostFormValue("tags"),
		KeepFailed: r.PostFormValue("keep_failed") == "true", AcceptCost: r.PostFormValue("accept_cost") == "true",
	}
	form.RoleID, _ = strconv.ParseInt(r.PostFormValue("role"), 10, 64) // anything else is no role
	form.Subnets, form.Groups = r.PostForm["subnets-"+form.Network], r.PostForm["groups-"+form.Network]
	if form.Network == otherNetwork {
		form.Subnets, form.Groups = words(typed(r, "subnets")), words(typed(r, "groups"))
	}
	return form
}

// Has reports whether a subnet or a security group was ticked.
func (f eksForm) Has(id string) bool {
	return slices.Contains(f.Subnets, id) || slices.Contains(f.Groups, id)
}

// Words is a list of ids as people type it.
func (f eksForm) Words(ids []string) string { return strings.Join(ids, " ") }

// spec is the cluster that the form asks for. What is wrong about it, package provision finds.
func (f eksForm) spec() provision.Spec {
	s := provision.Spec{
		Name: f.Name, EnvironmentScope: f.Scope, Region: f.Region, KubernetesVersion: f.Version,
		Nodes: provision.NodePool{
			Architecture: f.Architecture, InstanceType: f.InstanceType, Count: number(f.Count), DiskGB: number(f.Disk),
		},
		Tags: tagsOf(f.Tags), PublicCIDRs: words(f.Allow), KeepFailed: f.KeepFailed,
	}
	switch f.Network {
	case newNetwork:
		s.Network = provision.Network{Create: true, CIDR: f.CIDR}
	case otherNetwork:
		s.Network = provision.Network{VPCID: f.VPC, SubnetIDs: f.Subnets, SecurityGroupIDs: f.Groups}
	default:
		s.Network = provision.Network{VPCID: f.Network, SubnetIDs: f.Subnets, SecurityGroupIDs: f.Groups}
	}
	return s
}

// words splits a list at white space and commas.
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' || r == '\t' })
}

// number reads a number, -1 for what is none, which no field takes.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// tagsOf reads a tag a line.
func tagsOf(text string) map[string]string {
	tags := map[string]string{}
	for line := range strings.Lines(text) {
		if key, value, _ := strings.Cut(strings.TrimSpace(line), "="); key != "" {
			tags[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	return tags
}
