package cluster_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
)

const plain = `
apiVersion: v1
kind: Config
current-context: main
preferences: {}
clusters:
- name: main
  cluster: {server: "https://api.example.com:6443", certificate-authority-data: "Y2E="CLUSTER}
- name: other
  cluster: {server: "https://other.example.com"}
users:
- name: robot
  user: {token: "s3cret-token"USER}
- name: nobody
  user: {}
contexts:
- name: main
  context: {cluster: main, user: robot, namespace: ignored}
- name: second
  context: {cluster: other, user: robot}
- name: tokenless
  context: {cluster: other, user: nobody}
- name: dangling
  context: {cluster: gone, user: robot}
`

func kubeconfig(clusterField, userField string) []byte {
	return []byte(strings.NewReplacer("CLUSTER", clusterField, "USER", userField).Replace(plain))
}

func TestParseKubeconfig(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]cluster.Platform{
		"":       {APIURL: "https://api.example.com:6443", CAPEM: "ca"},
		"second": {APIURL: "https://other.example.com"},
	} {
		platform, token, err := cluster.ParseKubeconfig(kubeconfig("", ""), name)
		if err != nil {
			t.Fatalf("context %q: %v", name, err)
		}
		if diff := cmp.Diff(want, platform); diff != "" {
			t.Errorf("context %q (-want +got):\n%s", name, diff)
		}
		token.Reveal(func(b []byte) {
			if string(b) != "s3cret-token" {
				t.Errorf("context %q: wrong token", name)
			}
		})
	}
}

// Each of these fields makes an ordinary client run a program, read a file, go
// another way, skip a check, or act for somebody else.
func TestParseKubeconfigRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		cluster, user, context string
		want                   apperr.Code
	}{
		"exec":                     {user: `, exec: {command: sh, args: ["-c", "id"]}`, want: apperr.KubeconfigExecRefused},
		"exec, though empty":       {user: `, exec: {}`, want: apperr.KubeconfigExecRefused},
		"auth provider":            {user: `, auth-provider: {name: gcp}`, want: apperr.KubeconfigAuthProviderRefused},
		"token file":               {user: `, tokenFile: /etc/passwd`, want: apperr.KubeconfigPathRefused},
		"certificate file":         {user: `, client-certificate: /etc/passwd`, want: apperr.KubeconfigPathRefused},
		"key file":                 {user: `, client-key: /etc/passwd`, want: apperr.KubeconfigPathRefused},
		"CA file":                  {cluster: `, certificate-authority: /etc/passwd`, want: apperr.KubeconfigPathRefused},
		"proxy":                    {cluster: `, proxy-url: "http://127.0.0.1:3128"`, want: apperr.KubeconfigProxyRefused},
		"impersonated user":        {user: `, as: admin`, want: apperr.KubeconfigImpersonationRefused},
		"impersonated groups":      {user: `, as-groups: ["system:masters"]`, want: apperr.KubeconfigImpersonationRefused},
		"impersonated extra":       {user: `, as-user-extra: {a: [b]}`, want: apperr.KubeconfigImpersonationRefused},
		"no TLS check":             {cluster: `, insecure-skip-tls-verify: true`, want: apperr.KubeconfigInsecureRefused},
		"another TLS name":         {cluster: `, tls-server-name: evil`, want: apperr.KubeconfigInsecureRefused},
		"client certificate":       {user: `, client-certificate-data: "Yw=="`, want: apperr.KubeconfigClientCertificateRefused},
		"password":                 {user: `, username: a, password: b`, want: apperr.KubeconfigClientCertificateRefused},
		"a field nobody knows":     {user: `, surprise: true`, want: apperr.KubeconfigInvalid},
		"a context without token":  {context: "tokenless", want: apperr.KubeconfigNoToken},
		"a context that dangles":   {context: "dangling", want: apperr.KubeconfigInvalid},
		"a context that is absent": {context: "absent", want: apperr.KubeconfigInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, token, err := cluster.ParseKubeconfig(kubeconfig(tc.cluster, tc.user), tc.context)
			if got := apperr.CodeOf(err); got != tc.want || !token.IsEmpty() {
				t.Errorf("got %q with token %v, want %q without", got, !token.IsEmpty(), tc.want)
			}
		})
	}
}

func FuzzParseKubeconfig(f *testing.F) {
	f.Add(kubeconfig("", ""), "")
	f.Add([]byte("&a [*a, *a]"), "main")
	f.Fuzz(func(t *testing.T, data []byte, context string) {
		platform, token, err := cluster.ParseKubeconfig(data, context)
		if err == nil && token.IsEmpty() {
			t.Errorf("accepted %q without a token", platform.APIURL)
		}
	})
}
