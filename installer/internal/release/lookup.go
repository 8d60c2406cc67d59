package release

import (
	"context"
	"fmt"

	"github.com/fluxcd/cli-utils/pkg/kstatus/polling/clusterreader"
	"github.com/fluxcd/cli-utils/pkg/kstatus/polling/engine"
	"github.com/fluxcd/cli-utils/pkg/kstatus/polling/event"
	"github.com/fluxcd/cli-utils/pkg/kstatus/polling/statusreaders"
	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/fluxcd/cli-utils/pkg/object"
	"helm.sh/helm/v4/pkg/kube"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/cli-runtime/pkg/resource"

	"github.com/roadstead/roadstead/installer/internal/cluster"
)

// missing is an object that is not as a wait wants it.
type missing struct {
	Object
	failed  bool // it has given up, as far as its own status says
	crashed bool // … because of its pods only, which may recover
	refused bool // its pods are refused for good
}

// look finds the objects of a list that are not as a wait wants them.
type look func(ctx context.Context, list kube.ResourceList) ([]missing, error)

// lookup reads the state of objects once, beside Helm's watches.
type lookup struct {
	cluster *cluster.Cluster
}

func newLookup(c *cluster.Cluster) *lookup { return &lookup{cluster: c} }

// unready finds objects that are not ready.
func (l *lookup) unready(ctx context.Context, list kube.ResourceList) ([]missing, error) {
	return l.each(ctx, list, func(rs *event.ResourceStatus) (missing, bool) {
		if rs.Status == status.CurrentStatus {
			return missing{}, false
		}
		return l.explain(ctx, rs), true
	})
}

// unfinished finds Jobs and Pods of a hook that have not done their work.
func (l *lookup) unfinished(ctx context.Context, list kube.ResourceList) ([]missing, error) {
	return l.each(ctx, list, func(rs *event.ResourceStatus) (missing, bool) {
		if finished(rs.Resource) {
			return missing{}, false
		}
		return l.explain(ctx, rs), true
	})
}

// present finds objects that still exist.
func (l *lookup) present(ctx context.Context, list kube.ResourceList) ([]missing, error) {
	return l.each(ctx, list, func(rs *event.ResourceStatus) (missing, bool) {
		m := missing{Object: named(rs.Identifier)}
		if rs.Resource != nil && len(rs.Resource.GetFinalizers()) > 0 {
			m.Reason = "Finalizers"
		}
		return m, rs.Status != status.NotFoundStatus
	})
}

// each reads every object of a list and collects what the judge finds missing.
func (l *lookup) each(ctx context.Context, list kube.ResourceList, judge func(*event.ResourceStatus) (missing, bool)) ([]missing, error) {
	reader, statuses, err := l.readers()
	if err != nil {
		return nil, err
	}
	var found []missing
	for _, info := range list {
		id, err := object.RuntimeToObjMeta(info.Object)
		if err != nil {
			return nil, fmt.Errorf("naming an object: %w", err)
		}
		rs, err := statuses.ReadStatus(ctx, reader, id)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", named(id), err)
		}
		if m, ok := judge(rs); ok {
			found = append(found, m)
		}
	}
	return found, nil
}

func (l *lookup) readers() (engine.ClusterReader, engine.StatusReader, error) {
	mapper, err := l.cluster.ToRESTMapper()
	if err != nil {
		return nil, nil, fmt.Errorf("mapping kinds: %w", err)
	}
	reader := &clusterreader.DynamicClusterReader{DynamicClient: l.cluster.Dynamic, Mapper: mapper}
	return reader, statusreaders.NewDefaultStatusReader(mapper), nil
}

func named(id object.ObjMetadata) Object {
	return Object{Kind: id.GroupKind.Kind, Namespace: id.Namespace, Name: id.Name}
}

// objects lists all objects as missing, for a wait that failed before it could see.
func objects(list kube.ResourceList) []missing {
	var all []missing
	_ = list.Visit(func(info *resource.Info, err error) error {
		all = append(all, missing{Object: Object{
			Kind: info.Mapping.GroupVersionKind.Kind, Namespace: info.Namespace, Name: info.Name,
		}})
		return err
	})
	return all
}

func plain(found []missing) []Object {
	list := make([]Object, len(found))
	for i, f := range found {
		list[i] = f.Object
	}
	return list
}

func refusals(found []missing) []Object {
	var list []Object
	for _, f := range found {
		if f.refused {
			list = append(list, f.Object)
		}
	}
	return list
}

// onlyCrashing reports whether nothing but pods that crash keeps objects from being ready.
func onlyCrashing(found []missing) bool {
	for _, f := range found {
		if f.failed && !f.crashed {
			return false
		}
	}
	return len(found) > 0
}

// finished reports whether an object of a hook has done its work; kinds that do none have.
func finished(u *unstructured.Unstructured) bool {
	if u == nil {
		return false
	}
	switch u.GetKind() {
	case "Job":
		return condition(u, "Complete") != nil
	case "Pod":
		phase, _, _ := unstructured.NestedString(u.Object, "status", "phase")
		return phase == "Succeeded"
	}
	return true
}
