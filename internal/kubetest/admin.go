package kubetest

import (
	"context"
	"errors"
	"fmt"
	"os"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"
)

const (
	adminAccount   = "kubetest-admin"
	adminNamespace = metav1.NamespaceSystem
	adminLifetime  = int64(6 * 60 * 60) // seconds; longer than any test run
)

// adminOf turns the client certificate of a devcluster's kubeconfig into a token: certificates are nothing that
// the product takes.
func adminOf(ctx context.Context, kubeconfig string) (*Cluster, error) {
	config, err := readKubeconfig(kubeconfig)
	if err != nil {
		return nil, err
	}
	cs, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("preparing the administrator's client: %w", err)
	}
	token, err := mintAdmin(ctx, cs)
	if err != nil {
		return nil, fmt.Errorf("making the administrator's token: %w", err)
	}
	return &Cluster{APIURL: config.Host, CA: config.CAData, Token: token}, nil
}

func mintAdmin(ctx context.Context, cs *kubernetes.Clientset) (string, error) {
	meta := metav1.ObjectMeta{Name: adminAccount, Namespace: adminNamespace}
	accounts := cs.CoreV1().ServiceAccounts(adminNamespace)
	if _, err := accounts.Create(ctx, &corev1.ServiceAccount{ObjectMeta: meta}, metav1.CreateOptions{}); err != nil {
		return "", fmt.Errorf("making the account: %w", err)
	}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: adminAccount},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: adminAccount, Namespace: adminNamespace}},
	}
	if _, err := cs.RbacV1().ClusterRoleBindings().Create(ctx, binding, metav1.CreateOptions{}); err != nil {
		return "", fmt.Errorf("giving it its rights: %w", err)
	}
	seconds := adminLifetime
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}
	made, err := accounts.CreateToken(ctx, adminAccount, request, metav1.CreateOptions{})
	if err != nil {
		return "", fmt.Errorf("asking for the token: %w", err)
	}
	return made.Status.Token, nil
}

// readKubeconfig reads the one context of a devcluster's kubeconfig.
func readKubeconfig(path string) (*rest.Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the devcluster's kubeconfig: %w", err)
	}
	var file struct {
		Clusters []struct {
			Cluster struct {
				Server string `json:"server"`
				CA     []byte `json:"certificate-authority-data"`
			} `json:"cluster"`
		} `json:"clusters"`
		Users []struct {
			User struct {
				Cert []byte `json:"client-certificate-data"`
				Key  []byte `json:"client-key-data"`
			} `json:"user"`
		} `json:"users"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("reading the devcluster's kubeconfig: %w", err)
	}
	if len(file.Clusters) != 1 || len(file.Users) != 1 {
		return nil, errors.New("reading the devcluster's kubeconfig: want one cluster and one user")
	}
	return &rest.Config{
		Host: file.Clusters[0].Cluster.Server,
		TLSClientConfig: rest.TLSClientConfig{
			CAData: file.Clusters[0].Cluster.CA, CertData: file.Users[0].User.Cert, KeyData: file.Users[0].User.Key,
		},
	}, nil
}

// Clientset is client-go's own client with the administrator's token: a second look, past the code under test.
func (c *Cluster) Clientset() (*kubernetes.Clientset, error) {
	cs, err := kubernetes.NewForConfig(&rest.Config{
		Host: c.APIURL, BearerToken: c.Token, QPS: -1, TLSClientConfig: rest.TLSClientConfig{CAData: c.CA},
	})
	if err != nil {
		return nil, fmt.Errorf("preparing a client for the devcluster: %w", err)
	}
	return cs, nil
}
