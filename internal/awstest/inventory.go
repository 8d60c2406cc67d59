package awstest

import (
	"fmt"
	"slices"
)

// Network is a network that exists in an account.
type Network struct {
	VPCID           string
	SubnetIDs       []string
	SecurityGroupID string // the default one
}

// StackState is a stack as it is now, deleted or not.
type StackState struct {
	ID, Name, Status string
	Protected        bool
	Tags             map[string]string
}

// region finds one that is enabled; the caller holds the lock.
func (a *Account) region(name string) (*region, error) {
	if found := a.regions[name]; found != nil {
		return found, nil
	}
	return nil, fmt.Errorf("the region %s is not enabled", name)
}

// DefaultNetwork returns the network that the account has from its first day in a region: three public subnets in three zones.
func (a *Account) DefaultNetwork(regionName string) (Network, error) {
	a.cloud.mu.Lock()
	defer a.cloud.mu.Unlock()
	r, err := a.region(regionName)
	if err != nil {
		return Network{}, err
	}
	var n Network
	for _, o := range r.objects {
		switch {
		case o.kind == "vpc" && o.fields["is-default"] == "true":
			n.VPCID = o.id
		case o.kind == "subnet" && o.fields["vpc-id"] == n.VPCID:
			n.SubnetIDs = append(n.SubnetIDs, o.id)
		case o.kind == "security-group" && o.fields["vpc-id"] == n.VPCID && o.fields["group-name"] == "default":
			n.SecurityGroupID = o.id
		}
	}
	return n, nil
}

// AddNetwork makes one more network without subnets, as somebody else's; five are the usual quota.
func (a *Account) AddNetwork(regionName, cidr string) (vpcID string, err error) {
	a.cloud.mu.Lock()
	defer a.cloud.mu.Unlock()
	r, err := a.region(regionName)
	if err != nil {
		return "", err
	}
	return r.add("vpc", "vpc-", map[string]string{"cidr": cidr, "is-default": "false"}, nil).id, nil
}

// SetFreeAddresses changes how many addresses a subnet has left.
func (a *Account) SetFreeAddresses(regionName, subnetID string, count int) error {
	a.cloud.mu.Lock()
	defer a.cloud.mu.Unlock()
	r, err := a.region(regionName)
	if err != nil {
		return err
	}
	found := r.object(subnetID)
	if found == nil || found.kind != "subnet" {
		return fmt.Errorf("there is no subnet %s in %s", subnetID, regionName)
	}
	found.fields["available-ip-address-count"] = fmt.Sprint(count)
	return nil
}

// owned is the tag that Kubernetes puts on what it makes for a cluster.
func owned(cluster string) map[string]string {
	return map[string]string{"kubernetes.io/cluster/" + cluster: "owned"}
}

// AddVolume makes a disk as the cluster's storage driver would, and returns its id. Nothing but Remove deletes it.
func (a *Account) AddVolume(regionName, cluster string, gigabytes int) (id string, err error) {
	a.cloud.mu.Lock()
	defer a.cloud.mu.Unlock()
	r, err := a.region(regionName)
	if err != nil {
		return "", err
	}
	fields := map[string]string{"size": fmt.Sprint(gigabytes), "availability-zone": regionName + "a", "status": "available"}
	return r.add("volume", "vol-", fields, owned(cluster)).id, nil
}

// AddLoadBalancer makes a load balancer as the cluster's controllers would: a network interface in the cluster's network, and
// a security group, whose ids it returns. As long as they are there, the network cannot be deleted.
func (a *Account) AddLoadBalancer(regionName, clusterName, name string) (ids []string, err error) {
	a.cloud.mu.Lock()
	defer a.cloud.mu.Unlock()
	r, err := a.region(regionName)
	if err != nil {
		return nil, err
	}
	found := r.clusters[clusterName]
	if found == nil {
		return nil, fmt.Errorf("there is no cluster %s in %s", clusterName, regionName)
	}
	subnet := r.object(text(asList(found.network["SubnetIds"])[0]))
	if subnet == nil {
		return nil, fmt.Errorf("the network of cluster %s is gone", clusterName)
	}
	group := r.add("security-group", "sg-", map[string]string{
		"vpc-id": subnet.fields["vpc-id"], "group-name": "k8s-elb-" + name, "description": "Security group for " + name,
	}, owned(clusterName))
	port := r.add("network-interface", "eni-", map[string]string{
		"vpc-id": subnet.fields["vpc-id"], "subnet-id": subnet.id, "group-id": group.id, "status": "in-use",
		"description": "ELB net/" + name + "/" + hexID(16),
	}, nil)
	return []string{port.id, group.id}, nil
}

// Remove deletes objects of EC2 by id.
func (a *Account) Remove(regionName string, ids ...string) {
	a.cloud.mu.Lock()
	defer a.cloud.mu.Unlock()
	if r := a.regions[regionName]; r != nil {
		r.objects = slices.DeleteFunc(r.objects, func(o *object) bool { return slices.Contains(ids, o.id) })
	}
}

// AddNodeIssue has EKS report trouble with the machines of a cluster, such as NodeCreationFailure.
func (a *Account) AddNodeIssue(regionName, clusterName, code, message string) error {
	a.cloud.mu.Lock()
	defer a.cloud.mu.Unlock()
	r, err := a.region(regionName)
	if err != nil {
		return err
	}
	found := r.clusters[clusterName]
	if found == nil || len(found.groups) == 0 {
		return fmt.Errorf("there is no cluster %s with machines in %s", clusterName, regionName)
	}
	for _, group := range found.groups {
		group.issues = append(group.issues, issue{code, message})
	}
	return nil
}

// Stacks returns all stacks of a region, oldest first, those that were deleted among them.
func (a *Account) Stacks(regionName string) []StackState {
	a.cloud.mu.Lock()
	defer a.cloud.mu.Unlock()
	a.cloud.advance()
	var states []StackState
	if r := a.regions[regionName]; r != nil {
		for _, s := range r.stacks {
			states = append(states, StackState{s.id, s.name, s.status, s.protected, s.tags})
		}
	}
	return states
}

// Clusters returns the names of the clusters of a region.
func (a *Account) Clusters(regionName string) []string {
	a.cloud.mu.Lock()
	defer a.cloud.mu.Unlock()
	a.cloud.advance()
	if r := a.regions[regionName]; r != nil {
		return namesIn(r.clusters)
	}
	return nil
}
