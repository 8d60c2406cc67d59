package manifest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/cluster"
)

// Labels and annotations of what an operation makes. Those of gitlab.org are
// the predecessor's.
const (
	ApplicationLabel      = "gitlab.org/application"
	ActionLabel           = "gitlab.org/action"
	OperationLabel        = "roadstead.dev/operation"
	InstallationLabel     = "roadstead.dev/installation"
	OperationIDAnnotation = "roadstead.dev/operation-id"
)

// InstallContainer is the name of an install pod's container.
const InstallContainer = "installer"

// Where the program in an install pod finds its files.
const (
	requestFolder    = "/etc/roadstead/request"
	valuesFolder     = "/etc/roadstead/values"
	userValuesFolder = "/etc/roadstead/user-values"
	requestKey       = "request.json"
	valuesKey        = "values.yaml"
	// installUser is the unprivileged user that the image is made for.
	installUser = 65532
)

// InstallSpec is one operation's install pod with all that belongs to it.
type InstallSpec struct {
	application.RunSpec
	// Installation is the id of this installation of Roadstead.
	Installation string
	Image        string
	// PullSecrets are Secrets of the namespace of install pods.
	PullSecrets []string
	// EgressAllow lists the otherwise refused addresses that the program may
	// reach, as CIDR:port, comma-separated.
	EgressAllow string
	// EgressRefuse are public networks that the program must not call.
	EgressRefuse []netip.Prefix
}

// InstallOwner is the value of OwnerAnnotation on what an installation makes
// for operations on a registered cluster.
func InstallOwner(installation string, clusterID int64) string {
	return installation + "/" + strconv.FormatInt(clusterID, 10)
}

// InstallPodName is the name of an operation's pod.
func InstallPodName(op application.Operation) string {
	return installAction(op.Action) + "-" + op.Entry.Name
}

// InstallObjectName is the name of everything else that an operation makes
// for itself. It is never used again, so a stray binding binds nothing.
func InstallObjectName(op application.Operation) string {
	return cluster.Account + "-" + op.Entry.Name + "-" + op.Token
}

// installAction is what the program is told to do: to install includes to
// upgrade.
func installAction(a application.Action) string {
	if a == application.Uninstall {
		return "uninstall"
	}
	return "install"
}

// InstallNamespace builds the namespace of install pods.
func InstallNamespace() *corev1.Namespace { return managedApps() }

// InstallPod builds the pod.
func InstallPod(s InstallSpec) *corev1.Pod {
	return &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: s.meta(cluster.ManagedApps, InstallPodName(s.Operation)),
		Spec: corev1.PodSpec{
			RestartPolicy:         corev1.RestartPolicyNever,
			ActiveDeadlineSeconds: new(int64(seconds(s.Remaining))),
			ServiceAccountName:    InstallObjectName(s.Operation),
			EnableServiceLinks:    new(false),
			ImagePullSecrets:      s.pullSecrets(),
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot: new(true), RunAsUser: new(int64(installUser)), RunAsGroup: new(int64(installUser)),
				FSGroup:        new(int64(installUser)),
				SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Affinity:   builtFor("amd64", "arm64"),
			Containers: []corev1.Container{s.container()},
			Volumes:    s.volumes(),
		},
	}
}

func (s InstallSpec) container() corev1.Container {
	mounts := []corev1.VolumeMount{
		{Name: "request", MountPath: requestFolder, ReadOnly: true},
		{Name: "values", MountPath: valuesFolder, ReadOnly: true},
		{Name: "tmp", MountPath: "/tmp"},
	}
	if s.UserValues != nil {
		mounts = append(mounts, corev1.VolumeMount{Name: "user-values", MountPath: userValuesFolder, ReadOnly: true})
	}
	return corev1.Container{
		Name: InstallContainer, Image: s.Image, ImagePullPolicy: corev1.PullIfNotPresent,
		TerminationMessagePolicy: corev1.TerminationMessageReadFile,
		VolumeMounts:             mounts,
		Resources: corev1.ResourceRequirements{
			Requests: corev1.ResourceList{"cpu": resource.MustParse("50m"), "memory": resource.MustParse("128Mi")},
			Limits:   corev1.ResourceList{"cpu": resource.MustParse("1"), "memory": resource.MustParse("512Mi")},
		},
		SecurityContext: &corev1.SecurityContext{
			AllowPrivilegeEscalation: new(false), ReadOnlyRootFilesystem: new(true),
			Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		},
	}
}

func (s InstallSpec) volumes() []corev1.Volume {
	volumes := []corev1.Volume{
		{Name: "request", VolumeSource: secretKey(InstallObjectName(s.Operation), requestKey)},
		{Name: "values", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
			LocalObjectReference: corev1.LocalObjectReference{Name: InstallValuesName(s.Operation.Entry.Name)},
		}}},
		{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{
			SizeLimit: new(resource.MustParse("256Mi")),
		}}},
	}
	if s.UserValues != nil {
		volumes = append(volumes, corev1.Volume{
			Name: "user-values", VolumeSource: secretKey(InstallObjectName(s.Operation), valuesKey),
		})
	}
	return volumes
}

func secretKey(name, key string) corev1.VolumeSource {
	return corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{
		SecretName: name, DefaultMode: new(int32(0o440)), Items: []corev1.KeyToPath{{Key: key, Path: key}},
	}}
}

func (s InstallSpec) pullSecrets() []corev1.LocalObjectReference {
	var refs []corev1.LocalObjectReference
	for _, name := range s.PullSecrets {
		refs = append(refs, corev1.LocalObjectReference{Name: name})
	}
	return refs
}

// builtFor keeps the pod to nodes that the image is built for.
func builtFor(architectures ...string) *corev1.Affinity {
	return &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
		RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
			NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{
				{Key: corev1.LabelArchStable, Operator: corev1.NodeSelectorOpIn, Values: architectures},
				{Key: corev1.LabelOSStable, Operator: corev1.NodeSelectorOpIn, Values: []string{"linux"}},
			}}},
		},
	}}
}

// meta is the metadata of an object that belongs to the operation.
func (s InstallSpec) meta(namespace, name string) metav1.ObjectMeta {
	labels := s.shared()
	labels[OperationLabel] = s.Operation.Token
	labels[ActionLabel] = installAction(s.Operation.Action)
	return metav1.ObjectMeta{
		Name: name, Namespace: namespace, Labels: labels,
		Annotations: map[string]string{
			OwnerAnnotation:       InstallOwner(s.Installation, s.Operation.ClusterID),
			OperationIDAnnotation: strconv.FormatInt(s.Operation.ID, 10),
		},
	}
}

// shared are the labels of what belongs to the application.
func (s InstallSpec) shared() map[string]string {
	return map[string]string{
		ManagedByLabel: ManagedBy, ApplicationLabel: s.Operation.Entry.Name, InstallationLabel: s.Installation,
	}
}

// InstallAccount builds the service account that exists for this operation
// only. It goes with its owner: the operation's lease, later its pod.
func InstallAccount(s InstallSpec, owner metav1.OwnerReference) *corev1.ServiceAccount {
	meta := s.meta(cluster.ManagedApps, InstallObjectName(s.Operation))
	meta.OwnerReferences = []metav1.OwnerReference{owner}
	return &corev1.ServiceAccount{
		TypeMeta:                     metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"},
		ObjectMeta:                   meta,
		AutomountServiceAccountToken: new(true),
	}
}

// InstallSecret builds the Secret with the request and the user's values.
func InstallSecret(s InstallSpec, owner metav1.OwnerReference) (*corev1.Secret, error) {
	request, err := s.request()
	if err != nil {
		return nil, err
	}
	data := map[string][]byte{requestKey: request}
	if s.UserValues != nil {
		data[valuesKey] = s.UserValues
	}
	meta := s.meta(cluster.ManagedApps, InstallObjectName(s.Operation))
	meta.OwnerReferences = []metav1.OwnerReference{owner}
	return &corev1.Secret{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"}, ObjectMeta: meta,
		Type: corev1.SecretTypeOpaque, Data: data,
	}, nil
}

// request is what the program reads first.
func (s InstallSpec) request() ([]byte, error) {
	type chart struct {
		Repository string `json:"repository"`
		Name       string `json:"name"`
		Version    string `json:"version"`
		Digest     string `json:"digest"`
	}
	op := s.Operation
	data, err := json.Marshal(struct {
		Operation   string `json:"operation"`
		Action      string `json:"action"`
		Application string `json:"application"`
		Release     string `json:"release"`
		Namespace   string `json:"namespace"`
		Chart       chart  `json:"chart"`
		Timeout     int    `json:"timeout_seconds"`
		Wait        string `json:"wait"`
		EgressAllow string `json:"egress_allow"`

		EgressRefuse []netip.Prefix `json:"egress_refuse,omitempty"`
	}{
		Operation: op.Token, Action: installAction(op.Action), Application: op.Entry.Name,
		Release: op.Entry.Name, Namespace: op.Entry.Namespace,
		Chart:   chart{op.Chart().Repository, op.Chart().Name, op.Chart().Version, op.Digest},
		Timeout: seconds(s.Wait()), Wait: "watcher", EgressAllow: s.EgressAllow, EgressRefuse: s.EgressRefuse,
	})
	if err != nil {
		return nil, fmt.Errorf("encode the request of operation %d: %w", op.ID, err)
	}
	return data, nil
}

// InstallValuesName is the name of the ConfigMap with an application's default
// values. The name is the predecessor's.
func InstallValuesName(name string) string { return "values-content-configuration-" + name }

// InstallValues builds the ConfigMap with the catalog's default values. It
// stays as long as the application does.
func InstallValues(s InstallSpec) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: metav1.ObjectMeta{
			Name: InstallValuesName(s.Operation.Entry.Name), Namespace: cluster.ManagedApps, Labels: s.shared(),
		},
		Data: map[string]string{valuesKey: s.Operation.Entry.Values},
	}
}

// ReleaseNamespace builds the namespace that a release lives in. With a uid it
// applies to exactly that object.
func ReleaseNamespace(e application.Entry, uid string) *corev1.Namespace {
	labels := PodSecurity(e.PodSecurity)
	labels[ManagedByLabel] = ManagedBy
	for _, what := range e.Provides {
		maps.Copy(labels, map[string]string{"roadstead.dev/" + what: "true"})
	}
	return &corev1.Namespace{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{
			Name: e.Namespace, UID: types.UID(uid), Labels: labels,
			Annotations: map[string]string{application.ApplicationAnnotation: e.Name},
		},
	}
}

// seconds rounds up to at least one whole second, as Kubernetes counts.
func seconds(d time.Duration) int { return max(1, int(math.Ceil(d.Seconds()))) }
