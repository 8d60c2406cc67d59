package node

import (
	"context"
	"fmt"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"

	"github.com/roadstead/roadstead/devcluster/internal/pod"
)

const (
	// conflictRetry is how soon a status is written again that met a newer
	// pod; the watch has mostly brought it by then.
	conflictRetry = 20 * time.Millisecond
	// crowd is how many pods wait to be moved when short states go unwritten.
	crowd       = 8 * workers
	passingTime = 500 * time.Millisecond
	// goneRetry is how soon the end of a gone pod's processes is checked.
	goneRetry = 50 * time.Millisecond
)

// sync moves one pod to now and tells the API server.
func (m *manager) sync(ctx context.Context, key cache.ObjectName) error {
	p, err := m.lister.Pods(key.Namespace).Get(key.Name)
	gone := apierrors.IsNotFound(err)
	if err != nil && !gone {
		return fmt.Errorf("read the pod: %w", err)
	}
	e := m.find(key)
	if e != nil && (gone || e.uid != p.UID) {
		if !m.forget(ctx, key, e) {
			m.queue.AddAfter(key, goneRetry)
			return nil
		}
		e = nil
	}
	switch {
	case gone:
		return nil
	case e == nil && m.hosts[p.Spec.NodeName] == nil:
		return nil
	case e == nil && final(p):
		return m.remove(ctx, p)
	case e == nil:
		if e, err = m.adopt(key, p); err != nil {
			return fmt.Errorf("begin the pod: %w", err)
		}
	}
	if version(p) < e.written {
		return nil // the watch will bring what we wrote
	}
	return m.move(ctx, key, e, p)
}

func (m *manager) move(ctx context.Context, key cache.ObjectName, e *entry, p *corev1.Pod) error {
	now := time.Now()
	outcome := e.life.Sync(ctx, p, now)
	if m.queue.Len() > crowd && passing(outcome, now) {
		m.queue.AddAfter(key, outcome.Wake.Sub(now))
		return nil
	}
	if !equality.Semantic.DeepEqual(outcome.Status, p.Status) {
		again, err := m.write(ctx, e, p, outcome.Status)
		if err != nil {
			return err
		}
		if again {
			m.queue.AddAfter(key, conflictRetry)
			return nil
		}
	}
	if outcome.Ended {
		return m.remove(ctx, p)
	}
	if !outcome.Wake.IsZero() {
		m.queue.AddAfter(key, outcome.Wake.Sub(now))
	}
	return nil
}

// passing reports whether a pod is about to be past its present state, which
// is then not worth a write when thousands of pods start at a time.
func passing(outcome pod.Outcome, now time.Time) bool {
	return outcome.Status.Phase == corev1.PodPending && !outcome.Wake.IsZero() && outcome.Wake.Sub(now) < passingTime
}

// final reports whether a pod has ended for good.
func final(p *corev1.Pod) bool {
	return p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed
}

// write stores a pod's status, on condition that nobody else wrote to the pod
// meanwhile. It reports whether somebody did.
func (m *manager) write(ctx context.Context, e *entry, p *corev1.Pod, status corev1.PodStatus) (bool, error) {
	changed := *p
	changed.Status = status
	stored, err := m.client.CoreV1().Pods(p.Namespace).UpdateStatus(ctx, &changed, metav1.UpdateOptions{})
	switch {
	case apierrors.IsConflict(err):
		return true, nil
	case apierrors.IsNotFound(err):
		return false, nil // the watch will tell
	case err != nil:
		return false, fmt.Errorf("write the pod's status: %w", err)
	}
	e.written = version(stored)
	return false, nil
}

// remove takes a pod off the API server that is to be deleted and has ended.
func (m *manager) remove(ctx context.Context, p *corev1.Pod) error {
	grace := p.DeletionGracePeriodSeconds
	if p.DeletionTimestamp == nil || grace != nil && *grace == 0 {
		return nil
	}
	options := metav1.DeleteOptions{GracePeriodSeconds: new(int64), Preconditions: metav1.NewUIDPreconditions(string(p.UID))}
	err := m.client.CoreV1().Pods(p.Namespace).Delete(ctx, p.Name, options)
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return fmt.Errorf("delete the pod: %w", err)
	}
	return nil
}

// version orders two states of the same object. The API server promises that
// resource versions can be compared as numbers.
func version(p *corev1.Pod) uint64 {
	value, _ := strconv.ParseUint(p.ResourceVersion, 10, 64)
	return value
}
