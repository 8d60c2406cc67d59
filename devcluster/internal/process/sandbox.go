package process

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// renewRetry is when a token is asked for again that was refused.
const renewRetry = 10 * time.Second

// sandbox is the files of one pod on the host: its volumes, and what its
// containers write.
type sandbox struct {
	dir    string
	source source
	owners owners
	log    *slog.Logger

	cancel   context.CancelFunc
	renewals sync.WaitGroup
}

// newSandbox sets up the volumes of a pod, and keeps tokens in them valid
// until it is removed. change is set if its processes will be other users.
func newSandbox(ctx context.Context, config Config, change bool, p *corev1.Pod) (*sandbox, error) {
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	box := &sandbox{
		dir:    filepath.Join(config.Dir, string(p.UID)),
		source: source{client: config.Client, pod: p},
		owners: owners{change: change, group: fsGroup(p)}, log: config.Log, cancel: cancel,
	}
	for i := range p.Spec.Volumes {
		v := &p.Spec.Volumes[i]
		due, err := box.fill(ctx, v)
		if err != nil {
			_ = box.remove()
			return nil, err
		}
		if !due.IsZero() {
			box.renewals.Go(func() { box.renew(life, v, due) })
		}
	}
	return box, nil
}

// fill writes the content of a volume, again if it is there already.
func (b *sandbox) fill(ctx context.Context, v *corev1.Volume) (time.Time, error) {
	files, due, err := b.source.volume(ctx, v)
	if err != nil {
		return due, err
	}
	dir := b.volume(v.Name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return due, fmt.Errorf("make volume %q: %w", v.Name, err)
	}
	if files == nil {
		err = b.open(dir)
	} else if err = os.Chmod(dir, 0o755); err == nil { //nolint:gosec // the files have modes of their own
		err = files.write(dir, b.owners)
	}
	if err != nil {
		return due, fmt.Errorf("write volume %q: %w", v.Name, err)
	}
	return due, nil
}

// open makes an emptyDir writable for every user, as the kubelet does.
func (b *sandbox) open(dir string) error {
	mode := fs.FileMode(0o777)
	if b.owners.group >= 0 && b.owners.change {
		if err := os.Chown(dir, -1, b.owners.group); err != nil {
			return err
		}
		mode |= fs.ModeSetgid
	}
	return os.Chmod(dir, mode)
}

// renew rewrites a volume whenever its token is due.
func (b *sandbox) renew(ctx context.Context, v *corev1.Volume, due time.Time) {
	for {
		timer := time.NewTimer(time.Until(due))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		next, err := b.fill(ctx, v)
		if err != nil {
			b.log.WarnContext(ctx, "a token was not renewed", slog.String("volume", v.Name), slog.Any("error", err))
			next = time.Now().Add(renewRetry)
		}
		due = next
	}
}

func (b *sandbox) volume(name string) string { return filepath.Join(b.dir, "volumes", name) }

// container is the folder of one container, made if need be.
func (b *sandbox) container(name string) (string, error) {
	dir := filepath.Join(b.dir, "containers", name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the folder of container %q: %w", name, err)
	}
	return dir, nil
}

func (b *sandbox) remove() error {
	b.cancel()
	b.renewals.Wait()
	return os.RemoveAll(b.dir)
}
