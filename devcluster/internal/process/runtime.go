package process

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/roadstead/roadstead/devcluster/internal/pod"
	"github.com/roadstead/roadstead/devcluster/internal/simulate"
)

// Config is what a runtime works with.
type Config struct {
	Client kubernetes.Interface
	// Dir is a folder of the runtime's own, made if need be.
	Dir string
	// Program is the file that every container runs, whatever its image.
	Program string
	// Self is this program, which is started again as "pod-init".
	Self string
	// APIHost and APIPort are where processes find the API server.
	APIHost string
	APIPort string
	Log     *slog.Logger
}

// Runtime runs containers as processes.
type Runtime struct {
	config    Config
	isolation isolation

	mu        sync.Mutex
	sandboxes map[types.UID]*sandbox
}

// New finds out how far this system lets processes be isolated.
func New(ctx context.Context, config Config) (*Runtime, error) {
	program, err := filepath.Abs(config.Program)
	if err != nil {
		return nil, fmt.Errorf("find the program: %w", err)
	}
	config.Program = program
	info, err := os.Stat(program)
	if err != nil {
		return nil, fmt.Errorf("find the program: %w", err)
	}
	if !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return nil, fmt.Errorf("run %s: %w", program, os.ErrPermission)
	}
	if err := os.MkdirAll(config.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of pods: %w", err)
	}
	r := &Runtime{config: config, sandboxes: map[types.UID]*sandbox{}}
	r.isolation = probe(ctx, config)
	config.Log.InfoContext(ctx, "containers can run as processes",
		slog.String("program", program), slog.String("isolation", r.isolation.String()))
	return r, nil
}

// Pull implements pod.Runtime. A pull fails only if the pod asks for it.
func (r *Runtime) Pull(p *corev1.Pod, container *corev1.Container) error {
	return simulate.Runtime{}.Pull(p, container)
}

// Start implements pod.Runtime.
func (r *Runtime) Start(ctx context.Context, start pod.Start) (pod.Run, error) {
	box, err := r.sandbox(ctx, start.Pod)
	if err != nil {
		return nil, err
	}
	launch, err := r.prepare(ctx, box, start)
	if err != nil {
		return nil, err
	}
	return r.launch(ctx, launch, start)
}

// sandbox is what the containers of a pod share, made for the first of them.
func (r *Runtime) sandbox(ctx context.Context, p *corev1.Pod) (*sandbox, error) {
	r.mu.Lock()
	box := r.sandboxes[p.UID]
	r.mu.Unlock()
	if box != nil {
		return box, nil
	}
	box, err := newSandbox(ctx, r.config, r.isolation == rootNamespace, p)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sandboxes[p.UID] = box
	return box, nil
}

// Release implements pod.Runtime.
func (r *Runtime) Release(ctx context.Context, uid types.UID) {
	r.mu.Lock()
	box := r.sandboxes[uid]
	delete(r.sandboxes, uid)
	r.mu.Unlock()
	if box == nil {
		return
	}
	if err := box.remove(); err != nil {
		r.config.Log.WarnContext(ctx, "the files of a pod were not removed", slog.String("uid", string(uid)), slog.Any("error", err))
	}
}

// Missing is the runtime in place of one that has no program: its images
// cannot be pulled.
type Missing struct {
	simulate.Runtime
}

// Pull implements pod.Runtime.
func (Missing) Pull(*corev1.Pod, *corev1.Container) error {
	return errNoProgram
}
