package kubetest

import (
	"net/http"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Stub is a ready-made answer to one operation of package kube.
type Stub struct {
	Operation string // as package kube exports it, such as "Client.Get"
	Pattern   string // the request that decides it, in the words of Server.Answer
	Answer    Answer // what a healthy cluster says
}

// Stubs lists one for every operation of package kube. Adding an operation there is adding a line here.
func Stubs() []Stub {
	return []Stub{
		{"Client.Version", "GET /version", ready},
		{"Client.Ready", "GET /readyz", ready},
		{"Client.WhoAmI", "POST /apis/authentication.k8s.io/v1/selfsubjectreviews", ready},
		{"Client.Allowed", "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", ready},
		{"Client.Get", "GET /api/v1/namespaces/{namespace}/pods/{name}", Found},
		{"Client.Page", "GET /api/v1/namespaces/{namespace}/pods", Listed("web")},
		{"Pages", "GET /api/v1/namespaces/{namespace}/pods", Listed("web")},
		{"Watch", "WATCH /api/v1/namespaces/{namespace}/pods", Added("web")},
		{"Client.PodLog", "GET /api/v1/namespaces/{namespace}/pods/{name}/log", ready},
		{"Client.Apply", "PATCH /api/v1/namespaces/{namespace}/configmaps/{name}", ready},
		{"Client.Create", "POST /api/v1/namespaces/{namespace}/pods", ready},
		{"Client.Delete", "DELETE /api/v1/namespaces/{namespace}/pods/{name}", ready},
		{"Client.CreateToken", "POST /api/v1/namespaces/{namespace}/serviceaccounts/{name}/token", ready},
		{"PodSource.List", "GET /api/v1/namespaces/{namespace}/pods", Listed("web")},
		{"PodSource.Watch", "WATCH /api/v1/namespaces/{namespace}/pods", Added("web")},
		{"DeploymentSource.List", "GET /apis/apps/v1/namespaces/{namespace}/deployments", Listed("web")},
		{"DeploymentSource.Watch", "WATCH /apis/apps/v1/namespaces/{namespace}/deployments", Added("web")},
		{"Prober.Poll", "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", ready},
		{"Provisioner.EnsureNamespace", "POST /api/v1/namespaces", ready},
		{"Provisioner.Apply", "PATCH /api/v1/namespaces/{name}", ready},
		{"Provisioner.DeleteNamespace", "GET /api/v1/namespaces/{name}", Found},
		{"Provisioner.Mint", "POST /api/v1/namespaces/{namespace}/serviceaccounts/{name}/token", ready},
		{"Provisioner.Revoke", "DELETE /api/v1/namespaces/{namespace}/secrets/{name}", ready},
		{"Accounts.Missing", "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", ready},
		{"Accounts.Make", "POST /api/v1/namespaces", ready},
		{"Accounts.Token", "POST /api/v1/namespaces/{namespace}/secrets", ready},
		{"Accounts.Prove", "POST /apis/authentication.k8s.io/v1/selfsubjectreviews", ready},
		{"Accounts.Tidy", "GET /api/v1/namespaces/{namespace}/secrets", Listed("roadstead-token-1")},
		{"Accounts.Find", "GET /api/v1/namespaces/{name}", Annotated("roadstead.dev/owner", "test/7")},
		{"Accounts.Remove", "DELETE /api/v1/namespaces/{name}", ready},
	}
}

// Stub gives operations of package kube their ready-made answers.
func (s *Server) Stub(operations ...string) {
	s.t.Helper()
	for _, name := range operations {
		stub := s.stub(name)
		s.Answer(stub.Pattern, stub.Answer)
	}
}

// Fail makes an operation of package kube end with a status, such as 404 or 500.
func (s *Server) Fail(operation string, status int) {
	s.t.Helper()
	s.Answer(s.stub(operation).Pattern, Status(status, reasonOf(status), "a failure that the test asked for"))
}

func (s *Server) stub(operation string) Stub {
	s.t.Helper()
	stubs := Stubs()
	i := slices.IndexFunc(stubs, func(stub Stub) bool { return stub.Operation == operation })
	if i < 0 {
		s.t.Fatalf("no stub of the operation %q: kubetest.Stubs lists them", operation)
	}
	return stubs[i]
}

// reasonOf is the word that Kubernetes has for a status: "NotFound" for 404.
func reasonOf(status int) string {
	if status == http.StatusInternalServerError {
		return "InternalError"
	}
	return strings.ReplaceAll(http.StatusText(status), " ", "")
}

// stubbedVersions are the versions of a group that the patterns of the stubs name.
func stubbedVersions(group string) (versions []schema.GroupVersion) {
	for _, stub := range Stubs() {
		_, path, _ := strings.Cut(stub.Pattern, " ")
		if parts := strings.Split(path, "/"); parts[1] == "apis" && parts[2] == group {
			versions = append(versions, schema.GroupVersion{Group: group, Version: parts[3]})
		}
	}
	return versions
}
