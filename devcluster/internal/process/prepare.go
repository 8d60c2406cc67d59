package process

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/roadstead/roadstead/devcluster/internal/pod"
	"github.com/roadstead/roadstead/devcluster/internal/podinit"
)

// errOutside is that a path would leave the volume it belongs to.
var errOutside = errors.New("the path leads out of the volume")

// launch is a process about to be started.
type launch struct {
	plan        podinit.Plan
	scratch     string // for the plan
	log         string
	termination string
	fallback    bool // the end of the log stands in for a termination message
}

// prepare makes everything ready for one start of a container.
func (r *Runtime) prepare(ctx context.Context, box *sandbox, start pod.Start) (launch, error) {
	container := start.Container
	dir, err := box.container(container.Name)
	if err != nil {
		return launch{}, err
	}
	base := filepath.Join(dir, strconv.Itoa(int(start.Attempt)))
	l := launch{
		scratch: base + ".plan", log: base + ".log", termination: base + ".termination",
		fallback: container.TerminationMessagePolicy == corev1.TerminationMessageFallbackToLogsOnError,
	}
	env := newEnvironment(start.Pod, r.config.APIHost, r.config.APIPort)
	if err := env.add(ctx, source{client: r.config.Client, pod: start.Pod}, container); err != nil {
		return launch{}, err
	}
	if l.plan, err = r.plan(start, env, filepath.Join(dir, "root")); err != nil {
		return launch{}, err
	}
	if err := writable(l.termination); err != nil {
		return launch{}, err
	}
	mounts, err := volumeMounts(box, start, env)
	if err != nil {
		return launch{}, err
	}
	l.plan.Mounts = append(l.plan.Mounts, mounts...)
	l.plan.Mounts = append(l.plan.Mounts, podinit.Mount{
		Source: l.termination,
		Target: cmp.Or(container.TerminationMessagePath, corev1.TerminationMessagePathDefault),
	})
	slices.SortStableFunc(l.plan.Mounts, func(a, b podinit.Mount) int { return cmp.Compare(a.Target, b.Target) })
	return l, nil
}

// plan is what to run and as whom.
func (r *Runtime) plan(start pod.Start, env environment, root string) (podinit.Plan, error) {
	if err := os.MkdirAll(root, 0o755); err != nil { //nolint:gosec // the process' root folder
		return podinit.Plan{}, fmt.Errorf("make the root folder: %w", err)
	}
	container := start.Container
	id := identityOf(start.Pod, container)
	args := env.expandAll(slices.Concat(container.Command, container.Args))
	path := "/" + filepath.Base(r.config.Program)
	if len(container.Command) == 0 {
		args = append([]string{path}, args...)
	} else if path = args[0]; !strings.Contains(path, "/") {
		path = "/usr/local/bin/" + path
	}
	plan := podinit.Plan{
		Root: root, Path: path, Args: args, Env: env.list(),
		Dir:    cmp.Or(container.WorkingDir, "/"),
		SetIDs: r.isolation == rootNamespace, UID: id.uid, GID: id.gid, Groups: id.groups,
		Mounts: []podinit.Mount{{Source: r.config.Program, Target: path, ReadOnly: true}},
	}
	if own := container.SecurityContext; own != nil {
		plan.ReadOnlyRoot = own.ReadOnlyRootFilesystem != nil && *own.ReadOnlyRootFilesystem
		plan.NoNewPrivileges = own.AllowPrivilegeEscalation != nil && !*own.AllowPrivilegeEscalation
	}
	return plan, nil
}

// writable makes an empty file that any user may write.
func writable(path string) error {
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		return fmt.Errorf("make the file of the termination message: %w", err)
	}
	return os.Chmod(path, 0o666) //nolint:gosec // its folder is closed to others
}

func volumeMounts(box *sandbox, start pod.Start, env environment) ([]podinit.Mount, error) {
	var mounts []podinit.Mount
	for _, m := range start.Container.VolumeMounts {
		source, err := subPath(box.volume(m.Name), cmp.Or(m.SubPath, env.expand(m.SubPathExpr)))
		if err != nil {
			return nil, fmt.Errorf("mount volume %q: %w", m.Name, err)
		}
		mounts = append(mounts, podinit.Mount{
			Source: source, Target: m.MountPath,
			ReadOnly: m.ReadOnly || !isEmptyDir(start.Pod, m.Name),
		})
	}
	return mounts, nil
}

// subPath is a path within a volume, made as a folder if it is not there.
func subPath(volume, path string) (string, error) {
	if path == "" {
		return volume, nil
	}
	if !filepath.IsLocal(path) {
		return "", errOutside
	}
	full := filepath.Join(volume, path)
	if err := os.MkdirAll(full, 0o777); err != nil && !errors.Is(err, os.ErrExist) { //nolint:gosec // as the volume
		if _, statErr := os.Stat(full); statErr != nil {
			return "", err
		}
	}
	resolved, err := filepath.EvalSymlinks(full)
	if err != nil {
		return "", err
	}
	if inside, err := filepath.Rel(volume, resolved); err != nil || !filepath.IsLocal(inside) {
		return "", errOutside
	}
	return resolved, nil
}

func isEmptyDir(p *corev1.Pod, name string) bool {
	for i := range p.Spec.Volumes {
		if v := &p.Spec.Volumes[i]; v.Name == name {
			return v.EmptyDir != nil
		}
	}
	return false
}
