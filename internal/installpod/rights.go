package installpod

import (
	"context"
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/manifest"
)

// CheckRights implements application.Runner.
func (r *Runner) CheckRights(ctx context.Context, op application.Operation) ([]string, error) {
	j, err := r.jobOf(ctx, op)
	if err != nil {
		return nil, err
	}
	wanted := wantedAccess(op.Entry)
	allowed, err := j.Allowed(ctx, wanted)
	if err != nil {
		return nil, fmt.Errorf("check our rights: %w", err)
	}
	var missing []string
	for i, ok := range allowed {
		if !ok {
			missing = append(missing, wanted[i].String())
		}
	}
	if len(missing) > 0 || op.Entry.Rights.Level != application.RightsCluster {
		return missing, nil
	}
	return j.roleGaps(ctx)
}

// wantedAccess is one verb of each of our rights, since the printed manifest
// gives all verbs of a right together, and what the entry's level takes.
func wantedAccess(e application.Entry) []kube.Access {
	var wanted []kube.Access
	for _, right := range cluster.RightsOf(cluster.Applications) {
		resource, sub, _ := strings.Cut(right.Resource, "/")
		for _, verb := range []string{"create", "escalate", "get"} {
			if slices.Contains(right.Verbs, verb) && (verb != "get" || !slices.Contains(right.Verbs, "create")) {
				wanted = append(wanted, kube.Access{
					Verb: verb, Group: right.Group, Resource: resource, Subresource: sub, Namespace: right.Namespace, Name: right.Name,
				})
			}
		}
	}
	if role := manifest.InstallClusterRole(e); role != "" {
		wanted = append(wanted, kube.Access{Verb: "bind", Group: rbacv1.GroupName, Resource: "clusterroles", Name: role})
	}
	return wanted
}

// roleGaps compares the entry's cluster role with what the entry needs by now.
func (j job) roleGaps(ctx context.Context) ([]string, error) {
	name := manifest.InstallClusterRole(j.spec.Operation.Entry)
	var role rbacv1.ClusterRole
	err := j.Get(ctx, "", name, &role)
	if apperr.CodeOf(err) == apperr.ClusterNotFound {
		return []string{"the cluster role " + name}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the entry's cluster role: %w", err)
	}
	var missing []string
	for _, need := range manifest.ApplicationRules(j.spec.Operation.Entry) {
		if !slices.ContainsFunc(role.Rules, func(has rbacv1.PolicyRule) bool { return covers(has, need) }) {
			missing = append(missing, "in the cluster role "+name+": "+describe(need))
		}
	}
	return missing, nil
}

// covers reports whether one rule gives all that another one asks for.
func covers(has, need rbacv1.PolicyRule) bool {
	return all(has.APIGroups, need.APIGroups) && all(has.Resources, need.Resources) && all(has.Verbs, need.Verbs) &&
		all(has.NonResourceURLs, need.NonResourceURLs) &&
		(len(has.ResourceNames) == 0 || len(need.ResourceNames) > 0 && all(has.ResourceNames, need.ResourceNames))
}

func all(has, need []string) bool {
	if slices.Contains(has, "*") {
		return true
	}
	return !slices.ContainsFunc(need, func(s string) bool { return !slices.Contains(has, s) })
}

func describe(r rbacv1.PolicyRule) string {
	return strings.Join(r.Verbs, ", ") + " " + strings.Join(append(slices.Clone(r.Resources), r.NonResourceURLs...), ", ")
}
