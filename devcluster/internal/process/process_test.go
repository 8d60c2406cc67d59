package process

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/roadstead/roadstead/devcluster/internal/logs"
	"github.com/roadstead/roadstead/devcluster/internal/pod"
)

// tokenLife is how long the tokens of the stubbed API server live.
const tokenLife = 2 * time.Second

func newClient() *fake.Clientset {
	client := fake.NewClientset(
		&corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Name: "request", Namespace: "apps"},
			Data:       map[string]string{"chart": "web", "color": "blue"},
		},
		&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: "values", Namespace: "apps"},
			Data:       map[string][]byte{"password": []byte("hunter2")},
		},
	)
	var tokens atomic.Int32
	client.PrependReactor("create", "serviceaccounts", func(clienttesting.Action) (bool, runtime.Object, error) {
		expires := metav1.NewTime(time.Now().Add(tokenLife))
		token := fmt.Sprintf("token-%d", tokens.Add(1))
		return true, &authenticationv1.TokenRequest{
			Status: authenticationv1.TokenRequestStatus{Token: token, ExpirationTimestamp: expires},
		}, nil
	})
	return client
}

// isolations is those that work on this system.
func isolations(t *testing.T, config Config) []isolation {
	t.Helper()
	works := []isolation{none}
	for _, candidate := range []isolation{userNamespace, rootNamespace} {
		if err := try(t.Context(), config, candidate); err != nil {
			t.Logf("%s does not work here: %v", candidate, err)
			continue
		}
		works = append(works, candidate)
	}
	return works
}

// each runs a test with every isolation that works on this system.
func each(t *testing.T, test func(t *testing.T, r *Runtime)) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	config := Config{
		Client: newClient(), Dir: filepath.Join(dir, "pods"), Program: self, Self: self,
		APIHost: "127.0.0.1", APIPort: "6443", Log: slog.New(slog.DiscardHandler),
	}
	if _, err := New(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	for _, i := range isolations(t, config) {
		t.Run(i.String(), func(t *testing.T) {
			t.Parallel()
			config := config
			config.Dir = filepath.Join(t.TempDir(), "pods")
			if err := os.MkdirAll(config.Dir, 0o700); err != nil {
				t.Fatal(err)
			}
			test(t, &Runtime{config: config, isolation: i, sandboxes: map[types.UID]*sandbox{}})
		})
	}
}

func newPod(mode string) *corev1.Pod {
	user, yes, no := int64(65532), true, false
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: "install-web", Namespace: "apps", UID: "uid-1", Labels: map[string]string{"app": "install"},
		},
		Spec: corev1.PodSpec{
			ServiceAccountName: "installer",
			SecurityContext:    &corev1.PodSecurityContext{RunAsUser: &user, RunAsGroup: &user},
			Volumes: []corev1.Volume{
				{Name: "request", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
					LocalObjectReference: corev1.LocalObjectReference{Name: "request"},
				}}},
				{Name: "secret", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "values"}}},
				{Name: "token", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{
					Sources: []corev1.VolumeProjection{{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token"}}},
				}}},
				{Name: "podinfo", VolumeSource: corev1.VolumeSource{DownwardAPI: &corev1.DownwardAPIVolumeSource{
					Items: []corev1.DownwardAPIVolumeFile{{Path: "labels", FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.labels"}}},
				}}},
				{Name: "scratch", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
			},
			Containers: []corev1.Container{{
				Name: "installer", Image: "example.org/installer:1", Args: []string{mode},
				Env: []corev1.EnvVar{
					{Name: "PLAIN", Value: "a"},
					{Name: "EXPANDED", Value: "$(PLAIN)b $(UNKNOWN) $$(PLAIN)"},
					{Name: "NAME", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}}},
					{Name: "CPU", ValueFrom: &corev1.EnvVarSource{ResourceFieldRef: &corev1.ResourceFieldSelector{Resource: "limits.cpu"}}},
					{Name: "FROM_KEY", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
						LocalObjectReference: corev1.LocalObjectReference{Name: "values"}, Key: "password",
					}}},
				},
				EnvFrom: []corev1.EnvFromSource{{Prefix: "ALL_", ConfigMapRef: &corev1.ConfigMapEnvSource{
					LocalObjectReference: corev1.LocalObjectReference{Name: "request"},
				}}},
				Resources:       corev1.ResourceRequirements{Limits: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1500m")}},
				SecurityContext: &corev1.SecurityContext{ReadOnlyRootFilesystem: &yes, AllowPrivilegeEscalation: &no},
				VolumeMounts: []corev1.VolumeMount{
					{Name: "request", MountPath: "/etc/request"},
					{Name: "request", MountPath: "/etc/one", SubPath: "chart"},
					{Name: "secret", MountPath: "/etc/secret"},
					{Name: "token", MountPath: "/var/run/token"},
					{Name: "podinfo", MountPath: "/etc/podinfo"},
					{Name: "scratch", MountPath: "/scratch"},
				},
			}},
		},
	}
}

func start(t *testing.T, r *Runtime, p *corev1.Pod) (run pod.Run, ended <-chan struct{}) {
	t.Helper()
	end := make(chan struct{})
	run, err := r.Start(t.Context(), pod.Start{
		Pod: p, Container: &p.Spec.Containers[0], At: time.Now(), Wake: func() { close(end) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		run.Stop(time.Now(), 0)
		await(t, end)
		r.Release(context.WithoutCancel(t.Context()), p.UID)
	})
	return run, end
}

func await(t *testing.T, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("waited 30 seconds in vain")
	}
}

func readLog(t *testing.T, run pod.Run) string {
	t.Helper()
	var out strings.Builder
	if err := logs.Copy(t.Context(), &out, nil, run.Log(), logs.Options{Tail: -1, Limit: -1}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestProcessSeesItsPod(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *Runtime) {
		t.Helper()
		run, ended := start(t, r, newPod("report"))
		await(t, ended)
		log := readLog(t, run)
		exit := run.State(time.Now()).Exit
		if exit == nil || exit.Code != 7 || exit.Message != "the verdict" {
			t.Fatalf("exit: %+v; log:\n%s", exit, log)
		}
		first, rest, _ := strings.Cut(log, "\n")
		if rest != "to standard error\n" {
			t.Errorf("the log ends in %q", rest)
		}
		var got report
		if err := json.Unmarshal([]byte(first), &got); err != nil {
			t.Fatalf("%v in %q", err, first)
		}
		isolated := r.isolation != none
		want := report{
			UID: 65532, GID: 65532, Args: []string{"report"},
			Env: map[string]string{
				"PLAIN": "a", "EXPANDED": "ab $(UNKNOWN) $(PLAIN)", "NAME": "install-web",
				"FROM_KEY": "hunter2", "ALL_color": "blue", "CPU": "2", "KUBERNETES_SERVICE_PORT": "6443",
			},
			Files: map[string]string{
				"/etc/request/chart": "web", "/etc/one": "web", "/etc/secret/password": "hunter2",
				"/var/run/token/token": "token-1", "/etc/podinfo/labels": `app="install"`,
			},
			Writable: map[string]bool{"/scratch/file": true},
		}
		if !isolated { // it is who we are, and may write where we may
			want.UID, want.GID = os.Getuid(), os.Getgid()
			got.Writable = map[string]bool{"/scratch/file": got.Writable["/scratch/file"]}
		} else {
			want.Writable["/etc/request/file"], want.Writable["/file"], want.Writable["/tmp/file"] = false, false, false
		}
		got.Files["/var/run/token/token"] = got.Files["/var/run/token/token"][:len("token-")] + "1"
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("what the process saw (-want +got):\n%s", diff)
		}
	})
}

func TestStop(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		mode  string
		grace time.Duration
		code  int32
	}{
		"it obeys":            {"obey", time.Minute, 3},
		"it resists":          {"resist", 100 * time.Millisecond, 137},
		"it is given no time": {"obey", 0, 137},
	}
	each(t, func(t *testing.T, r *Runtime) {
		t.Helper()
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p := newPod(c.mode)
				p.UID = types.UID(name)
				run, ended := start(t, r, p)
				ctx, cancel := context.WithCancel(t.Context())
				for line := range run.Log().Lines(ctx, 0, true) {
					if string(line.Text) == "ready\n" {
						break
					}
				}
				cancel()
				run.Stop(time.Now(), c.grace)
				await(t, ended)
				if exit := run.State(time.Now()).Exit; exit.Code != c.code {
					t.Errorf("exit code %d, want %d; log:\n%s", exit.Code, c.code, readLog(t, run))
				}
			})
		}
	})
}

// TestTokenIsRenewed pins that a process which outlives its token finds a
// fresh one in the same place.
func TestTokenIsRenewed(t *testing.T) {
	t.Parallel()
	config := Config{Client: newClient(), Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)}
	box, err := newSandbox(t.Context(), config, false, newPod("obey"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(box.volume("token"), "token")
	first, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.After(10 * tokenLife)
	for {
		now, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(now) != string(first) {
			break
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-deadline:
			t.Fatal("the token was not renewed")
		}
	}
	if err := box.remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(box.dir); !os.IsNotExist(err) {
		t.Errorf("the files of the pod are still there: %v", err)
	}
}

func TestStartIsRefused(t *testing.T) {
	t.Parallel()
	no := false
	cases := map[string]struct {
		change func(*corev1.Pod)
		want   string
	}{
		"a ConfigMap is missing": {
			func(p *corev1.Pod) { p.Spec.Volumes[0].ConfigMap.Name = "absent" }, `failed for volume "request" : configmaps "absent" not found`,
		},
		"a key is missing": {func(p *corev1.Pod) {
			p.Spec.Volumes[0].ConfigMap.Items = []corev1.KeyToPath{{Key: "absent", Path: "x"}}
			p.Spec.Volumes[0].ConfigMap.Optional = &no
		}, `key "absent" of configmap "request"`},
		"a volume of another kind": {func(p *corev1.Pod) {
			p.Spec.Volumes[0].VolumeSource = corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}
		}, "does not offer this kind of volume"},
		"a variable without a source": {func(p *corev1.Pod) {
			p.Spec.Containers[0].Env[4].ValueFrom.SecretKeyRef.Key = "absent"
		}, `set variable FROM_KEY: key "absent" of secret "values"`},
		"a path out of the volume": {func(p *corev1.Pod) {
			p.Spec.Containers[0].VolumeMounts[0].SubPath = "../../.."
		}, "leads out of the volume"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &Runtime{
				config: Config{
					Client: newClient(), Dir: t.TempDir(), Program: "/bin/true", Log: slog.New(slog.DiscardHandler),
				},
				sandboxes: map[types.UID]*sandbox{},
			}
			p := newPod("report")
			c.change(p)
			_, err := r.Start(t.Context(), pod.Start{Pod: p, Container: &p.Spec.Containers[0], Wake: func() {}})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
			r.Release(context.WithoutCancel(t.Context()), p.UID)
		})
	}
}
