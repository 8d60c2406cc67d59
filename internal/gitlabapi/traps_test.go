package gitlabapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// clusterBody is what it takes to add a cluster, with one thing changed.
func clusterBody(change string) string {
	return `{"name":"edge","environment_scope":"production",` + change + platform + `}`
}

// elsewhere moves a cluster to another host, so that nobody waits until the first one was checked.
func elsewhere(body string) string {
	return strings.Replace(body, "kubernetes.example.com", "elsewhere.example.com", 1)
}

// Every row of what the predecessor refuses, in its words.
func TestRefusals(t *testing.T) {
	t.Parallel()
	const (
		project = "/projects/1/clusters"
		missing = "platform_kubernetes_attributes is missing, platform_kubernetes_attributes[api_url] is missing, " +
			"platform_kubernetes_attributes[api_url] is empty, platform_kubernetes_attributes[token] is missing"
	)
	body := func(fields string) string {
		return `{"name":"edge-2","platform_kubernetes_attributes":{"api_url":"https://kubernetes.example.com","token":"t"` + fields + `}}`
	}
	tests := map[string]struct {
		as, request, body string
		status            int
		want              string
	}{
		"nobody":                         {"", "GET " + project, "", 401, `{"message":"401 Unauthorized"}`},
		"nobody, of what is not there":   {"", "GET /projects/99/clusters", "", 401, `{"message":"401 Unauthorized"}`},
		"a project that is not there":    {"ada", "GET /projects/99/clusters", "", 404, `{"message":"404 Project Not Found"}`},
		"a project that is not seen":     {"eve", "GET " + project, "", 404, `{"message":"404 Project Not Found"}`},
		"a project by an unknown path":   {"ada", "GET /projects/acme%2Fother/clusters", "", 404, `{"message":"404 Project Not Found"}`},
		"a path that is not escaped":     {"ada", "GET /projects/acme/web.team/shop/clusters", "", 404, `{"error":"404 Not Found"}`},
		"a group that is not there":      {"ada", "GET /groups/99/clusters", "", 404, `{"message":"404 Group Not Found"}`},
		"a group that is not seen":       {"dev", "GET /groups/2/clusters", "", 404, `{"message":"404 Group Not Found"}`},
		"a project that is seen":         {"dev", "GET " + project, "", 403, `{"message":"403 Forbidden"}`},
		"a project that is seen, adding": {"dev", "POST " + project + "/user", "{}", 403, `{"message":"403 Forbidden"}`},
		"the instance":                   {"ada", "GET /admin/clusters", "", 403, `{"message":"403 Forbidden"}`},
		"a cluster that is not there":    {"ada", "GET " + project + "/99", "", 404, `{"message":"404 Not found"}`},
		"a cluster of another level":     {"ada", "GET /groups/2/clusters/1", "", 404, `{"message":"404 Not found"}`},
		"a cluster of another project":   {"administrator", "GET /admin/clusters/1", "", 404, `{"message":"404 Not found"}`},
		"a cluster that is no number":    {"ada", "GET " + project + "/edge", "", 400, `{"error":"cluster_id is invalid"}`},
		"a token that reads":             {"ada, reading", "DELETE " + project + "/1", "", 403, insufficientScope},
		"a token that reads, of what is not seen": {
			"ada, reading", "POST /projects/99/clusters/user", "{}", 403, insufficientScope,
		},
		"nothing to add":        {"ada", "POST " + project + "/user", "{}", 400, `{"error":"name is missing, ` + missing + `"}`},
		"a page that is no one": {"ada", "GET " + project + "?page=x", "", 400, `{"error":"page is invalid"}`},
		"a blank name": {
			"ada", "POST " + project + "/user", strings.Replace(body(""), "edge-2", " ", 1), 400, `{"message":{"name":[" has to be present"]}}`,
		},
		"no name": {
			"ada", "POST " + project + "/user", strings.Replace(body(""), `"edge-2"`, "null", 1), 400,
			`{"message":{"name":[" has to be present"]}}`,
		},
		"a scope that is taken": {
			"ada", "POST " + project + "/user", elsewhere(clusterBody("")), 400,
			`{"message":{"environment_scope":["cannot add duplicated environment scope"]}}`,
		},
		"a certificate that is none": {
			"ada", "POST " + project + "/user", body(`,"ca_cert":"no certificate"`), 400,
			`{"message":{"platform_kubernetes.ca_cert":["must be a valid PEM certificate"]}}`,
		},
		"a namespace that is reserved": {
			"ada", "POST " + project + "/user", body(`,"namespace":"gitlab-managed-apps"`), 400,
			`{"message":{"platform_kubernetes.namespace":["is reserved"]}}`,
		},
		"a namespace for a managed group cluster": {
			"ada", "POST /groups/2/clusters/user", body(`,"namespace":"own"`), 400,
			`{"message":{"platform_kubernetes.namespace":["only allowed for project cluster"]}}`,
		},
		"a management project elsewhere": {
			"ada", "POST " + project + "/user", clusterBody(`"management_project_id":99,`), 400, strangeProject,
		},
		"a management project of others": {
			"administrator", "POST /groups/1/clusters/user", clusterBody(`"management_project_id":99,`), 400, strangeProject,
		},
		"another address without the token": {
			"ada", "PUT " + project + "/1", `{"platform_kubernetes_attributes":{"api_url":"https://evil.example.com"}}`, 400, tokenAgain,
		},
		"another address with an empty token": {
			"ada", "PUT " + project + "/1", `{"platform_kubernetes_attributes":{"api_url":"https://evil.example.com","token":" "}}`, 400, tokenAgain,
		},
		"another authority without the token": {
			"ada", "PUT " + project + "/1", `{"platform_kubernetes_attributes":{"ca_cert":"` + strings.ReplaceAll(certificate(), "\n", `\n`) + `"}}`,
			400, tokenAgain,
		},
		"two things wrong, in the order of the attributes": {
			"ada", "POST " + project + "/user", strings.Replace(body(`,"namespace":"-"`), "edge-2", "", 1), 400,
			`{"message":{"name":[" has to be present"],"platform_kubernetes.namespace":["can contain only lowercase letters, digits, and '-'. ` +
				`Must start with a letter or digit, and cannot end with '-'"]}}`,
		},
		"half a body": {"ada", "POST " + project + "/user", `{"name":`, 400, `{"error":"The message body does not match the declared format"}`},
	}
	w := newWorld(t)
	if answer := w.ask("ada", http.MethodPost, project+"/user", clusterBody("")); answer.Code != http.StatusCreated {
		t.Fatalf("add: %d %s", answer.Code, answer.Body)
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			method, target, _ := strings.Cut(test.request, " ")
			answer := w.ask(test.as, method, target, test.body)
			if answer.Code != test.status || answer.Body.String() != test.want {
				t.Errorf("%d %s\nwant %d %s", answer.Code, answer.Body, test.status, test.want)
			}
			if strings.Contains(answer.Body.String(), "secret-token") {
				t.Error("an answer holds the token")
			}
		})
	}
}

const (
	insufficientScope = `{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided ` +
		`by the access token.","scope":"api"}`
	strangeProject = `{"message":{"management_project_id":["Project does not exist or you don't have permission to perform this action"]}}`
	tokenAgain     = `{"message":{"platform_kubernetes.token":["must be given again when api_url or ca_cert changes"]}}`
)

// Credentials are taken from two headers, and from no address.
func TestCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tests := map[string]struct {
		target string
		header map[string]string
		want   int
	}{
		"private token":               {"/user", map[string]string{"PRIVATE-TOKEN": adminToken}, 200},
		"bearer":                      {"/user", map[string]string{"Authorization": "Bearer " + adminToken}, 200},
		"bearer in small letters":     {"/user", map[string]string{"Authorization": "bearer " + adminToken}, 200},
		"basic":                       {"/user", map[string]string{"Authorization": "Basic " + adminToken}, 401},
		"unknown":                     {"/user", map[string]string{"PRIVATE-TOKEN": "glpat-unknown"}, 401},
		"empty":                       {"/user", map[string]string{"PRIVATE-TOKEN": ""}, 401},
		"in the address":              {"/user?private_token=" + strings.ReplaceAll(adminToken, " ", "+"), nil, 401},
		"in the address, too":         {"/user?access_token=x", map[string]string{"PRIVATE-TOKEN": adminToken}, 401},
		"the token of a job":          {"/user", map[string]string{"JOB-TOKEN": adminToken}, 401},
		"a session is of no use here": {"/user", map[string]string{"Cookie": "roadstead=" + adminToken}, 401},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := httptest.NewRequest(http.MethodGet, "/api/v4"+test.target, nil)
			for name, value := range test.header {
				request.Header.Set(name, value)
			}
			if answer := w.send("", request); answer.Code != test.want {
				t.Errorf("%d %s, want %d", answer.Code, answer.Body, test.want)
			}
		})
	}
}

// A deletion may be tied to what its caller saw.
func TestIfUnmodifiedSince(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		header string
		want   int
	}{
		"none":                      {"", 204},
		"the second of the change":  {"Tue, 03 Feb 2026 04:05:06 GMT", 204},
		"after the change":          {"Tue, 03 Feb 2026 04:05:07 GMT", 204},
		"before the change":         {"Tue, 03 Feb 2026 04:05:05 GMT", 412},
		"before, in another form":   {"2026-02-03T04:05:05Z", 412},
		"a text that is no time":    {"yesterday", 204},
		"the time of another world": {"Tue, 03 Feb 2099 04:05:05 GMT", 204},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.ask("ada", http.MethodPost, "/projects/1/clusters/user", clusterBody(""))
			request := httptest.NewRequest(http.MethodDelete, "/api/v4/projects/1/clusters/1", nil)
			request.Header.Set("If-Unmodified-Since", test.header)
			answer := w.send("ada", request)
			if answer.Code != test.want {
				t.Errorf("%d %s, want %d", answer.Code, answer.Body, test.want)
			}
			if text := `{"message":"412 Precondition Failed"}`; test.want == http.StatusPreconditionFailed && answer.Body.String() != text {
				t.Errorf("body %s, want %s", answer.Body, text)
			}
		})
	}
}

// What is sent again as it was read changes nothing: that is how declarative tools work.
func TestSendingBackWhatWasRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pem := certificate()
	added := w.ask("ada", http.MethodPost, "/projects/1/clusters/user", `{"name":"edge","platform_kubernetes_attributes":`+
		`{"api_url":"https://kubernetes.example.com","token":"t","ca_cert":"`+strings.ReplaceAll(pem, "\n", `\n`)+`"}}`)
	if added.Code != http.StatusCreated || !strings.Contains(added.Body.String(), strings.ReplaceAll(strings.TrimSpace(pem), "\n", `\n`)+`"`) {
		t.Fatalf("%d %s", added.Code, added.Body)
	}
	w.now = w.now.Add(time.Minute)
	again := w.ask("ada", http.MethodPut, "/projects/1/clusters/1", `{"name":"edge","environment_scope":"*","platform_kubernetes_attributes":`+
		`{"api_url":"https://kubernetes.example.com","ca_cert":"`+strings.ReplaceAll(strings.TrimSpace(pem), "\n", `\n`)+`"}}`)
	if again.Code != http.StatusOK || again.Body.String() != added.Body.String() {
		t.Errorf("%d %s\nwant %s", again.Code, again.Body, added.Body)
	}
}

// Who changes too much is told when to come back, and told nothing that would slow his reads.
func TestTooManyChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var answer *httptest.ResponseRecorder
	for range 1000 {
		if answer = w.ask("eve", http.MethodDelete, "/projects/1/clusters/1", ""); answer.Code == http.StatusTooManyRequests {
			break
		}
	}
	header := answer.Header()
	if answer.Code != http.StatusTooManyRequests || header.Get("Retry-After") == "" || header.Get("Ratelimit-Reset") == "" {
		t.Errorf("%d %v", answer.Code, header)
	}
	if header.Get("Ratelimit-Limit") != "" {
		t.Error("the Go clients would take this for the rate of all their requests")
	}
	if answer := w.ask("eve", http.MethodGet, "/user", ""); answer.Code != http.StatusOK {
		t.Errorf("reading: %d", answer.Code)
	}
}

// HEAD is GET without the body, and nothing is ever redirected.
func TestMethodsAndPaths(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for request, want := range map[string]int{
		"HEAD /projects/1/clusters":              200,
		"GET /projects/1/clusters/":              404,
		"GET //projects/1/clusters":              404,
		"GET /projects/%2E%2E/clusters":          404,
		"GET /projects/1/../1/clusters":          404,
		"POST /projects/1/clusters":              405,
		"OPTIONS /projects/1/clusters":           405,
		"GET /projects/%31/clusters":             200,
		"GET /projects/ACME%2Fweb.team%2FSHOP":   200,
		"GET /projects/9999999999999999999":      404,
		"GET /projects/1/clusters/9999999999999": 404,
	} {
		method, target, _ := strings.Cut(request, " ")
		if answer := w.ask("ada", method, target, ""); answer.Code != want {
			t.Errorf("%s: %d %s, want %d", request, answer.Code, answer.Body, want)
		}
	}
}
