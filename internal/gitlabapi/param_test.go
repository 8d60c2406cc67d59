package gitlabapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What the predecessor says of parameters that are missing, of another type, blank or not among those that exist, in its
// words and its order.
func TestReadSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	const platform = "platform_kubernetes_attributes"
	tests := map[string]struct {
		body string
		want string
	}{
		"nothing": {`{}`, "name is missing, " + platform + " is missing, " + platform + "[api_url] is missing, " +
			platform + "[api_url] is empty, " + platform + "[token] is missing"},
		"only a name": {`{"name":"a"}`, platform + " is missing, " + platform + "[api_url] is missing, " +
			platform + "[api_url] is empty, " + platform + "[token] is missing"},
		"a text for an object": {`{"name":"a","platform_kubernetes_attributes":"x"}`, platform + " is invalid, " +
			platform + "[api_url] is missing, " + platform + "[api_url] is empty, " + platform + "[token] is missing"},
		"a list for an object": {`{"name":"a","platform_kubernetes_attributes":[]}`, platform + " is invalid, " +
			platform + "[api_url] is missing, " + platform + "[api_url] is empty, " + platform + "[token] is missing"},
		"an empty address": {
			`{"name":"a","platform_kubernetes_attributes":{"api_url":"","token":"t"}}`, platform + "[api_url] is empty",
		},
		"a blank address": {
			`{"name":"a","platform_kubernetes_attributes":{"api_url":"  ","token":"t"}}`, platform + "[api_url] is empty",
		},
		"no address is null": {
			`{"name":"a","platform_kubernetes_attributes":{"api_url":null,"token":"t"}}`, platform + "[api_url] is empty",
		},
		"no token": {
			`{"name":"a","platform_kubernetes_attributes":{"api_url":"u"}}`, platform + "[token] is missing",
		},
		"an unknown authorization type": {
			`{"name":"a","platform_kubernetes_attributes":{"api_url":"u","token":"t","authorization_type":"none"}}`,
			platform + "[authorization_type] does not have a valid value",
		},
		"words for switches and numbers": {
			`{"name":"a","enabled":"maybe","management_project_id":"x","managed":3,` +
				`"platform_kubernetes_attributes":{"api_url":"u","token":"t"}}`,
			"enabled is invalid, management_project_id is invalid, managed is invalid",
		},
		"objects for texts": {
			`{"name":{},"domain":[],"platform_kubernetes_attributes":{"api_url":{},"token":"t"}}`,
			"name is invalid, domain is invalid, " + platform + "[api_url] is invalid, " + platform + "[api_url] is empty",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := readJSON([]byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			_, err = read(addParams(), raw)
			refusal, ok := errors.AsType[*failure](err)
			if !ok {
				t.Fatalf("error = %v", err)
			}
			if diff := cmp.Diff(map[string]any{"error": test.want}, refusal.body); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The same parameters mean the same in every form that clients send them in.
func TestEveryFormOfParameters(t *testing.T) {
	t.Parallel()
	const text = "name=edge&enabled=false&management_project_id=12&platform_kubernetes_attributes[api_url]=https%3A%2F%2Fa" +
		"&platform_kubernetes_attributes[token]=t&unknown=1"
	const boundary = "--b\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n"
	part := func(name, value string) string {
		return strings.Replace(strings.Replace(boundary, "%s", name, 1), "%s", value, 1)
	}
	tests := map[string]struct{ query, contentType, body string }{
		"JSON": {"", "application/json; charset=utf-8", `{"name":"edge","enabled":false,"management_project_id":12,` +
			`"platform_kubernetes_attributes":{"api_url":"https://a","token":"t"},"unknown":{"a":[1]}}`},
		"JSON with texts, as the Go clients send numbers": {"", "application/json", `{"name":"edge","enabled":"false",` +
			`"management_project_id":"12","platform_kubernetes_attributes":{"api_url":"https://a","token":"t"}}`},
		"JSON without a content type": {"", "", `{"name":"edge","enabled":"off","management_project_id":"12",` +
			`"platform_kubernetes_attributes":{"api_url":"https://a","token":"t"}}`},
		"form": {"", "application/x-www-form-urlencoded", text},
		"form with escaped brackets": {
			"", "application/x-www-form-urlencoded",
			strings.NewReplacer("[", "%5B", "]", "%5D").Replace(text),
		},
		"form in parts": {"", "multipart/form-data; boundary=b", part("name", "edge") + part("enabled", "0") +
			part("management_project_id", "12") + part("platform_kubernetes_attributes[api_url]", "https://a") +
			part("platform_kubernetes_attributes[token]", "t") + "--b--\r\n"},
		"the query, all but the token": {
			"?name=edge&enabled=no&management_project_id=12", "application/json",
			`{"platform_kubernetes_attributes":{"api_url":"https://a","token":"t"}}`,
		},
		"the body over the query": {
			"?name=other&enabled=true&management_project_id=12", "application/x-www-form-urlencoded", text,
		},
	}
	want := values{
		"name": "edge", "enabled": false, "management_project_id": int64(12), "managed": true,
		"environment_scope": "*", "namespace_per_environment": true,
		platformField: values{"api_url": "https://a", "token": "t", "authorization_type": "rbac"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := httptest.NewRequest(http.MethodPost, "/api/v4/admin/clusters/add"+test.query, strings.NewReader(test.body))
			request.Header.Set("Content-Type", test.contentType)
			raw, err := readGiven(request)
			if err != nil {
				t.Fatal(err)
			}
			got, err := read(addParams(), raw)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBodiesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	tests := map[string]struct {
		query, contentType, body string
		want                     int
	}{
		"half an object":             {"", "application/json", `{"name":`, 400},
		"two objects":                {"", "application/json", `{} {}`, 400},
		"a list":                     {"", "application/json", `[{"name":"a"}]`, 400},
		"a text":                     {"", "application/json", `"name"`, 400},
		"a broken escape":            {"", form, "name=%zz", 400},
		"parts without their border": {"", "multipart/form-data; boundary=b", "name", 400},
		"another type":               {"", "text/plain", "name=a", 415},
		"too long":                   {"", form, "name=" + strings.Repeat("a", maxBody), 413},
		"a broken query":             {"?name=%zz", "", "", 400},
		"a token in the address":     {"?platform_kubernetes_attributes[token]=t", "", "", 400},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := httptest.NewRequest(http.MethodPost, "/api/v4/admin/clusters/add", strings.NewReader(test.body))
			request.URL.RawQuery = strings.TrimPrefix(test.query, "?")
			request.Header.Set("Content-Type", test.contentType)
			_, err := readGiven(request)
			if refusal, ok := errors.AsType[*failure](err); !ok || refusal.status != test.want {
				t.Errorf("error = %v, want status %d", err, test.want)
			}
		})
	}
}

// An empty text is null for everything but texts; null and absence are told apart in a change.
func TestAbsentNullAndEmpty(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body string
		want *int64
	}{
		"absent":    {`{}`, nil},
		"null":      {`{"management_project_id":null}`, new(int64(0))},
		"empty":     {`{"management_project_id":""}`, new(int64(0))},
		"a text":    {`{"management_project_id":"12"}`, new(int64(12))},
		"a number":  {`{"management_project_id":12}`, new(int64(12))},
		"with plus": {`{"management_project_id":" 12 "}`, new(int64(12))},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := readJSON([]byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			raw["cluster_id"] = "7"
			got, err := read(editParams(), raw)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, sent[int64](got, "management_project_id")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzReadGiven(f *testing.F) {
	f.Add("application/json", `{"a":{"b":1}}`)
	f.Add("application/x-www-form-urlencoded", "a[b]=1&a=2&a[]=3&[=4&]=5&a[b][c][d][e]=6")
	f.Add("multipart/form-data; boundary=b", "--b\r\n\r\n--b--")
	f.Fuzz(func(t *testing.T, contentType, body string) {
		request := httptest.NewRequest(http.MethodPost, "/api/v4/admin/clusters/add", strings.NewReader(body))
		request.Header.Set("Content-Type", contentType)
		raw, err := readGiven(request)
		if err != nil {
			return
		}
		if found, err := read(addParams(), raw); err == nil {
			if _, err := json.Marshal(found); err != nil {
				t.Fatal(err)
			}
		}
	})
}
