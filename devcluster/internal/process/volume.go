package process

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/roadstead/roadstead/devcluster/internal/pod"
)

var (
	errVolumeKind = errors.New("devcluster does not offer this kind of volume to processes")
	errNoKey      = errors.New("no such key")
)

// source reads what volumes and environments of one pod are made of.
type source struct {
	client kubernetes.Interface
	pod    *corev1.Pod
}

// volume is the content of a volume, and when a token in it should be renewed
// (zero if there is none). An emptyDir has none and is nil.
func (s source) volume(ctx context.Context, v *corev1.Volume) (payload, time.Time, error) {
	var due time.Time
	files := payload{}
	var err error
	switch {
	case v.EmptyDir != nil:
		return nil, due, nil
	case v.ConfigMap != nil:
		err = s.configMap(ctx, files, v.ConfigMap.Name, v.ConfigMap.Optional, v.ConfigMap.Items, v.ConfigMap.DefaultMode)
	case v.Secret != nil:
		err = s.secret(ctx, files, v.Secret.SecretName, v.Secret.Optional, v.Secret.Items, v.Secret.DefaultMode)
	case v.DownwardAPI != nil:
		err = s.downward(files, v.DownwardAPI.Items, v.DownwardAPI.DefaultMode)
	case v.Projected != nil:
		due, err = s.projected(ctx, files, v.Projected)
	default:
		err = errVolumeKind
	}
	if err != nil {
		return nil, due, &pod.VolumeError{Volume: v.Name, Err: err}
	}
	return files, due, nil
}

func (s source) projected(ctx context.Context, files payload, v *corev1.ProjectedVolumeSource) (time.Time, error) {
	var due time.Time
	for i := range v.Sources {
		part := &v.Sources[i]
		var err error
		switch {
		case part.ConfigMap != nil:
			err = s.configMap(ctx, files, part.ConfigMap.Name, part.ConfigMap.Optional, part.ConfigMap.Items, v.DefaultMode)
		case part.Secret != nil:
			err = s.secret(ctx, files, part.Secret.Name, part.Secret.Optional, part.Secret.Items, v.DefaultMode)
		case part.DownwardAPI != nil:
			err = s.downward(files, part.DownwardAPI.Items, v.DefaultMode)
		case part.ServiceAccountToken != nil:
			due, err = s.token(ctx, files, part.ServiceAccountToken, v.DefaultMode)
		default:
			err = errVolumeKind
		}
		if err != nil {
			return due, err
		}
	}
	return due, nil
}

// token is a token of the pod's service account that ends with the pod. It is
// to be renewed when four fifths of its life are over, as the kubelet does.
func (s source) token(ctx context.Context, files payload, v *corev1.ServiceAccountTokenProjection, mode *int32) (time.Time, error) {
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		ExpirationSeconds: v.ExpirationSeconds,
		BoundObjectRef:    &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: s.pod.Name, UID: s.pod.UID},
	}}
	if v.Audience != "" {
		request.Spec.Audiences = []string{v.Audience}
	}
	now := time.Now()
	answer, err := s.client.CoreV1().ServiceAccounts(s.pod.Namespace).
		CreateToken(ctx, s.pod.Spec.ServiceAccountName, request, metav1.CreateOptions{})
	if err != nil {
		return time.Time{}, fmt.Errorf("request a token of service account %q: %w", s.pod.Spec.ServiceAccountName, err)
	}
	f := file{data: []byte(answer.Status.Token), mode: fileMode(nil, mode), owner: -1}
	if user, set := ownerOf(s.pod); set {
		f.owner, f.mode = user, 0o600
	}
	files[v.Path] = f
	life := answer.Status.ExpirationTimestamp.Sub(now)
	if v.ExpirationSeconds != nil { // the server may have granted more
		life = min(life, time.Duration(*v.ExpirationSeconds)*time.Second)
	}
	return now.Add(life * 4 / 5), nil
}

func (s source) configMap(ctx context.Context, files payload, name string, optional *bool, items []corev1.KeyToPath, mode *int32) error {
	data, err := s.configMapData(ctx, name, optional)
	if err != nil {
		return err
	}
	return pick(files, "configmap", name, data, optional, items, mode)
}

func (s source) secret(ctx context.Context, files payload, name string, optional *bool, items []corev1.KeyToPath, mode *int32) error {
	data, err := s.secretData(ctx, name, optional)
	if err != nil {
		return err
	}
	return pick(files, "secret", name, data, optional, items, mode)
}

// configMapData is the content of a ConfigMap, nil if it is optional and absent.
func (s source) configMapData(ctx context.Context, name string, optional *bool) (map[string][]byte, error) {
	object, err := s.client.CoreV1().ConfigMaps(s.pod.Namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, absent(err, optional)
	}
	data := object.BinaryData
	if data == nil {
		data = map[string][]byte{}
	}
	for key, value := range object.Data {
		data[key] = []byte(value)
	}
	return data, nil
}

// secretData is the content of a Secret, nil if it is optional and absent.
func (s source) secretData(ctx context.Context, name string, optional *bool) (map[string][]byte, error) {
	object, err := s.client.CoreV1().Secrets(s.pod.Namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, absent(err, optional)
	}
	return object.Data, nil
}

func absent(err error, optional *bool) error {
	if optional != nil && *optional && apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// pick adds the items of an object to a payload, all if none are named.
func pick(files payload, kind, name string, data map[string][]byte, optional *bool, items []corev1.KeyToPath, mode *int32) error {
	if len(items) == 0 {
		for key, value := range data {
			files[key] = file{data: value, mode: fileMode(nil, mode), owner: -1}
		}
		return nil
	}
	for _, item := range items {
		value, found := data[item.Key]
		switch {
		case found:
			files[item.Path] = file{data: value, mode: fileMode(item.Mode, mode), owner: -1}
		case optional == nil || !*optional:
			return fmt.Errorf("key %q of %s %q: %w", item.Key, kind, name, errNoKey)
		}
	}
	return nil
}

func (s source) downward(files payload, items []corev1.DownwardAPIVolumeFile, mode *int32) error {
	for _, item := range items {
		var value string
		var err error
		if item.FieldRef != nil {
			value, err = field(s.pod, item.FieldRef.FieldPath)
		} else {
			value, err = resourceField(s.pod, nil, item.ResourceFieldRef)
		}
		if err != nil {
			return err
		}
		files[item.Path] = file{data: []byte(value), mode: fileMode(item.Mode, mode), owner: -1}
	}
	return nil
}

func fileMode(own, volume *int32) fs.FileMode {
	mode := corev1.ConfigMapVolumeSourceDefaultMode // the same for all kinds
	if volume != nil {
		mode = *volume
	}
	if own != nil {
		mode = *own
	}
	return fs.FileMode(mode) & fs.ModePerm
}
