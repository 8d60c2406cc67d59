package cluster

import (
	"bytes"
	"encoding/base64"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/secret"
)

// maxKubeconfig bounds a pasted kubeconfig, in bytes.
const maxKubeconfig = 1 << 20

// kubeconfig lists every field that may stand in a kubeconfig, so that a
// strict parse refuses all others. The fields that make a client run programs,
// read files, take another way or act for somebody else are there to be
// refused by name.
type kubeconfig struct {
	APIVersion     string `yaml:"apiVersion"`
	Kind           string `yaml:"kind"`
	CurrentContext string `yaml:"current-context"`
	Preferences    any    `yaml:"preferences"`
	Extensions     any    `yaml:"extensions"`
	Clusters       []struct {
		Name    string         `yaml:"name"`
		Cluster kubeconfigHost `yaml:"cluster"`
	} `yaml:"clusters"`
	Users []struct {
		Name string         `yaml:"name"`
		User kubeconfigUser `yaml:"user"`
	} `yaml:"users"`
	Contexts []struct {
		Name    string            `yaml:"name"`
		Context kubeconfigContext `yaml:"context"`
	} `yaml:"contexts"`
}

type kubeconfigContext struct {
	Cluster    string `yaml:"cluster"`
	User       string `yaml:"user"`
	Namespace  string `yaml:"namespace"`
	Extensions any    `yaml:"extensions"`
}

type kubeconfigHost struct {
	Server        string `yaml:"server"`
	CAData        string `yaml:"certificate-authority-data"`
	Extensions    any    `yaml:"extensions"`
	CAFile        any    `yaml:"certificate-authority"`
	Insecure      bool   `yaml:"insecure-skip-tls-verify"`
	ProxyURL      any    `yaml:"proxy-url"`
	TLSServerName any    `yaml:"tls-server-name"`
	NoCompression any    `yaml:"disable-compression"`
}

type kubeconfigUser struct {
	Token        string `yaml:"token"`
	Extensions   any    `yaml:"extensions"`
	TokenFile    any    `yaml:"tokenFile"`
	Exec         any    `yaml:"exec"`
	AuthProvider any    `yaml:"auth-provider"`
	CertFile     any    `yaml:"client-certificate"`
	KeyFile      any    `yaml:"client-key"`
	CertData     any    `yaml:"client-certificate-data"`
	KeyData      any    `yaml:"client-key-data"`
	Username     any    `yaml:"username"`
	Password     any    `yaml:"password"`
	As           any    `yaml:"as"`
	AsUID        any    `yaml:"as-uid"`
	AsGroups     any    `yaml:"as-groups"`
	AsExtra      any    `yaml:"as-user-extra"`
}

// ParseKubeconfig takes the address, the CA and the token of one context, the
// current one when contextName is empty, and nothing else. Whatever would make
// a client run a program, read a file, use a proxy or act for somebody else is
// refused with a code of its own. It opens no file and dials nothing.
func ParseKubeconfig(data []byte, contextName string) (Platform, secret.Value, error) {
	var none secret.Value
	if len(data) > maxKubeconfig {
		return Platform{}, none, apperr.Of(apperr.KubeconfigInvalid).WithHint("It is larger than 1 MiB.")
	}
	var k kubeconfig
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&k); err != nil {
		return Platform{}, none, apperr.Of(apperr.KubeconfigInvalid).With(err)
	}
	host, user, err := k.choose(contextName)
	if err != nil {
		return Platform{}, none, err
	}
	if err := refuse(host, user); err != nil {
		return Platform{}, none, err
	}
	ca, err := base64.StdEncoding.DecodeString(strings.TrimSpace(host.CAData))
	if err != nil {
		return Platform{}, none, apperr.Of(apperr.KubeconfigInvalid).WithHint("The field certificate-authority-data is not base64.")
	}
	token := strings.TrimSpace(user.Token)
	if token == "" {
		return Platform{}, none, apperr.Of(apperr.KubeconfigNoToken)
	}
	return Platform{APIURL: host.Server, CAPEM: string(ca)}, secret.NewValue([]byte(token)), nil
}

// choose finds the cluster and the user of a context.
func (k kubeconfig) choose(name string) (kubeconfigHost, kubeconfigUser, error) {
	if name == "" {
		name = k.CurrentContext
	}
	missing := func(what string) error {
		return apperr.Of(apperr.KubeconfigInvalid).WithHint("It has no " + what + " of that name; choose one with --context.")
	}
	for _, c := range k.Contexts {
		if c.Name != name {
			continue
		}
		for _, h := range k.Clusters {
			for _, u := range k.Users {
				if h.Name == c.Context.Cluster && u.Name == c.Context.User {
					return h.Cluster, u.User, nil
				}
			}
		}
		return kubeconfigHost{}, kubeconfigUser{}, missing("cluster or user")
	}
	return kubeconfigHost{}, kubeconfigUser{}, missing("context")
}

// refuse names the first field that we do not take, the most dangerous first.
func refuse(host kubeconfigHost, user kubeconfigUser) error {
	for _, rule := range []struct {
		code   apperr.Code
		values []any
	}{
		{apperr.KubeconfigExecRefused, []any{user.Exec}},
		{apperr.KubeconfigAuthProviderRefused, []any{user.AuthProvider}},
		{apperr.KubeconfigPathRefused, []any{user.TokenFile, user.CertFile, user.KeyFile, host.CAFile}},
		{apperr.KubeconfigProxyRefused, []any{host.ProxyURL}},
		{apperr.KubeconfigImpersonationRefused, []any{user.As, user.AsUID, user.AsGroups, user.AsExtra}},
		{apperr.KubeconfigInsecureRefused, []any{orNil(host.Insecure), host.TLSServerName}},
		{apperr.KubeconfigClientCertificateRefused, []any{user.CertData, user.KeyData, user.Username, user.Password}},
	} {
		for _, value := range rule.values {
			if value != nil {
				return apperr.Of(rule.code)
			}
		}
	}
	return nil
}

func orNil(set bool) any {
	if !set {
		return nil
	}
	return set
}
