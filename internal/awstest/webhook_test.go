package awstest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/roadstead/roadstead/internal/awstest"
)

// question is a token to be: what a client signs, and may get wrong.
type question struct {
	url     string
	cluster string
	header  map[string]string
	region  string
	age     time.Duration
	spoil   func(signed string) string
}

func rightQuestion() question {
	return question{
		url:     "https://sts." + home + ".amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Expires=60",
		cluster: "seaside", region: home,
	}
}

func (q question) token(t *testing.T, c aws.CredentialsProvider) string {
	t.Helper()
	known, err := c.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, q.url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-K8s-Aws-Id", q.cluster)
	for name, value := range q.header {
		request.Header.Set(name, value)
	}
	const nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	signed, _, err := v4.NewSigner().PresignHTTP(t.Context(), known, request, nothing, "sts", q.region, time.Now().UTC().Add(-q.age))
	if err != nil {
		t.Fatal(err)
	}
	if q.spoil != nil {
		signed = q.spoil(signed)
	}
	return "k8s-aws-v1." + base64.RawURLEncoding.EncodeToString([]byte(signed))
}

type reviewed struct {
	Authenticated bool
	Error         string
	User          struct {
		Username string
		Groups   []string
	}
}

// review asks the webhook as an API server does.
func (w *world) review(token, cluster string) reviewed {
	w.t.Helper()
	body, _ := json.Marshal(map[string]any{
		"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": map[string]any{"token": token},
	})
	response, err := http.Post(w.cloud.WebhookURL(cluster), "application/json", bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct{ Status reviewed }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		w.t.Fatal(err)
	}
	return answer.Status
}

func TestATokenIsCheckedAsEKSDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	w.create(w.clusterStack("roadstead-1-1"))
	ours := w.customer()
	base := rightQuestion().url
	tests := map[string]struct {
		change func(*question)
		want   string // in the error; empty: let in
	}{
		"as it should be":        {func(*question) {}, ""},
		"14 minutes old":         {func(q *question) { q.age = 14 * time.Minute }, ""},
		"16 minutes old":         {func(q *question) { q.age = 16 * time.Minute }, "Signature expired"},
		"from the future":        {func(q *question) { q.age = -6 * time.Minute }, "Signature expired"},
		"expires at once":        {func(q *question) { q.url = strings.Replace(base, "Expires=60", "Expires=0", 1) }, ""},
		"expires in 901 seconds": {func(q *question) { q.url = strings.Replace(base, "Expires=60", "Expires=901", 1) }, "X-Amz-Expires"},
		"for another cluster":    {func(q *question) { q.cluster = "other" }, "not for a cluster here"},
		"of a foreign host":      {func(q *question) { q.url = strings.Replace(base, "amazonaws.com", "example.com", 1) }, "host"},
		"of another region's host": {func(q *question) {
			q.url = strings.Replace(base, home, "us-east-1", 1)
		}, "host"},
		"of the global host": {func(q *question) { q.url = strings.Replace(base, "."+home, "", 1) }, ""},
		"of plain http":      {func(q *question) { q.url = strings.Replace(base, "https:", "http:", 1) }, "https"},
		"of another path":    {func(q *question) { q.url = strings.Replace(base, "/?", "/x?", 1) }, "path"},
		"of another action":  {func(q *question) { q.url = strings.Replace(base, "GetCallerIdentity", "GetSessionToken", 1) }, "action"},
		"with a parameter more": {func(q *question) {
			q.url += "&Extra=1"
		}, "Extra"},
		"with a header more": {func(q *question) { q.header = map[string]string{"X-Other": "1"} }, "exactly"},
		"with a parameter twice": {func(q *question) {
			q.spoil = func(signed string) string { return signed + "&Action=GetCallerIdentity" }
		}, "twice"},
		"forged": {func(q *question) {
			q.spoil = func(signed string) string { return signed[:len(signed)-4] + "0000" }
		}, "signature is wrong"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := rightQuestion()
			test.change(&q)
			got := w.review(q.token(t, ours), "")
			if got.Authenticated != (test.want == "") || !strings.Contains(got.Error, test.want) {
				t.Errorf("the review says %t: %q, want %q", got.Authenticated, got.Error, test.want)
			}
		})
	}
}

func TestABearerIsKnownByItsAccessEntry(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	w.create(w.clusterStack("roadstead-1-1"))
	ours, q := w.customer(), rightQuestion()
	got := w.review(q.token(t, ours), "seaside")
	if name := "arn:aws:sts::" + customerAccount + ":assumed-role/provision/roadstead-run-1"; got.User.Username != name ||
		!slices.Equal(got.User.Groups, []string{"system:masters"}) {
		t.Errorf("the bearer is %s of %v, want %s of system:masters", got.User.Username, got.User.Groups, name)
	}
	if got := w.review(q.token(t, ours), "other"); got.Authenticated {
		t.Error("the webhook of another cluster lets the bearer in")
	}
	_, err := w.eks().DisassociateAccessPolicy(t.Context(), &eks.DisassociateAccessPolicyInput{
		ClusterName: aws.String("seaside"), PrincipalArn: &w.provision, PolicyArn: aws.String(adminPolicy),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.review(q.token(t, ours), "seaside"); !got.Authenticated || len(got.User.Groups) != 0 {
		t.Errorf("without its policy the bearer is of %v", got.User.Groups)
	}
	if got := w.review(q.token(t, static(w.keys)), "seaside"); got.Authenticated {
		t.Error("somebody without an entry is let in")
	}
	if got := w.review("a.service.account", "seaside"); got.Authenticated {
		t.Error("a token of another kind is let in")
	}
	w.role(awstest.Role{Name: "provision", Path: "/roadstead/", Trust: awstest.TrustFrom(ourAccount, externalID)})
	if got := w.review(q.token(t, w.customer()), "seaside"); got.Authenticated {
		t.Error("a role of the same name, made later, is let in")
	}
}

func TestAnAccessEntryMayBeLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	w.cloud.DelayAccess(time.Hour)
	w.create(w.clusterStack("roadstead-1-1"))
	if got := w.review(rightQuestion().token(t, w.customer()), ""); got.Authenticated {
		t.Error("the entry takes effect at once")
	}
}

func TestAPresignedURLIsAnsweredBySTSItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	w.create(w.clusterStack("roadstead-1-1"))
	at, err := url.Parse(w.cloud.Endpoint())
	if err != nil {
		t.Fatal(err)
	}
	q := rightQuestion()
	q.url = strings.Replace(q.url, "https://sts."+home+".amazonaws.com", "http://"+at.Host, 1)
	encoded := strings.TrimPrefix(q.token(t, w.customer()), "k8s-aws-v1.")
	signed, _ := base64.RawURLEncoding.DecodeString(encoded)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, string(signed), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for cluster, want := range map[string]int{"seaside": http.StatusOK, "other": http.StatusForbidden} {
		request.Header.Set("X-K8s-Aws-Id", cluster)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("with the header %s: %d, want %d", cluster, response.StatusCode, want)
		}
	}
}
