package awstest

import (
	"fmt"
	"time"
)

// eksTarget is the ARN of something of EKS.
func eksTarget(form func(*part) string) func(*part) string {
	return func(p *part) string {
		return p.stack.region.account.cloud.arn("eks", p.stack.region.name, p.stack.region.account.id, form(p))
	}
}

func clusterKind() kind {
	return kind{
		create: 9 * time.Minute, remove: 3 * time.Minute, action: "eks:CreateCluster",
		target: eksTarget(func(p *part) string { return "cluster/" + p.property("Name") }),
		createOnly: []string{
			"Name", "RoleArn", "EncryptionConfig", "KubernetesNetworkConfig", "BootstrapSelfManagedAddons",
			"AccessConfig.BootstrapClusterCreatorAdminPermissions",
		},
		make: makeCluster, ready: clusterReady, update: updateCluster,
		removing: func(p *part) string {
			if found := p.cluster(); found != nil {
				found.status = "DELETING"
			}
			return ""
		},
		unmake: func(p *part) { delete(p.stack.region.clusters, p.id) },
	}
}

func accessEntryKind() kind {
	return kind{
		create: 5 * time.Second, remove: 2 * time.Second, action: "eks:CreateAccessEntry",
		target:     eksTarget(func(p *part) string { return "access-entry/" + p.property("ClusterName") + "/role/x" }),
		createOnly: []string{"ClusterName", "PrincipalArn", "Type"},
		make:       makeAccessEntry,
		unmake: func(p *part) {
			if found := p.stack.region.clusters[p.property("ClusterName")]; found != nil {
				delete(found.entries, p.property("PrincipalArn"))
			}
		},
	}
}

func makeAccessEntry(p *part, at time.Time) error {
	found := p.stack.region.clusters[p.property("ClusterName")]
	principal := p.property("PrincipalArn")
	if found == nil {
		return fmt.Errorf("no cluster found for name: %s", p.property("ClusterName"))
	}
	var groups []string
	for _, group := range asList(p.properties["KubernetesGroups"]) {
		groups = append(groups, text(group))
	}
	made, err := found.addEntry(principal, p.property("Type"), p.property("Username"), groups, at)
	if err != nil {
		return err
	}
	for _, item := range asList(p.properties["AccessPolicies"]) {
		association, _ := item.(map[string]any)
		scope, _ := association["AccessScope"].(map[string]any)
		made.associate(text(association["PolicyArn"]), text(scope["Type"]), asList(scope["Namespaces"]), at)
	}
	p.id = principal + "|" + found.name
	p.attributes["AccessEntryArn"] = made.arn
	return nil
}

func nodegroupKind() kind {
	return kind{
		create: 150 * time.Second, remove: 4 * time.Minute, action: "eks:CreateNodegroup",
		target: eksTarget(func(p *part) string { return "nodegroup/" + p.property("ClusterName") + "/x/x" }),
		createOnly: []string{
			"ClusterName", "NodegroupName", "NodeRole", "Subnets", "AmiType", "InstanceTypes", "DiskSize", "CapacityType", "RemoteAccess",
		},
		make: makeNodegroup,
		ready: func(p *part, at time.Time) {
			if found := p.nodegroup(); found != nil {
				found.status, found.changed = "ACTIVE", at
			}
		},
		update: updateNodegroup,
		unmake: func(p *part) {
			if found := p.stack.region.clusters[p.property("ClusterName")]; found != nil {
				delete(found.groups, p.attributes["NodegroupName"])
			}
		},
	}
}

func addonKind() kind {
	return kind{
		create: 30 * time.Second, remove: 20 * time.Second, action: "eks:CreateAddon",
		target: eksTarget(func(p *part) string { return "cluster/" + p.property("ClusterName") }),
		make: func(p *part, _ time.Time) error {
			p.id = p.property("ClusterName") + "|" + p.property("AddonName")
			return nil
		},
	}
}
