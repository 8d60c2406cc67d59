package eks

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/provision"
	"github.com/roadstead/roadstead/internal/secret"
)

// answer is one answer of a stub, as it is on the wire.
type answer struct {
	status int
	body   string
}

// stub is a server that answers every request alike, or one by one, and remembers what it was asked. It is for answers
// that no proper server gives; what the services do is in package awstest.
type stub struct {
	mu      sync.Mutex
	answers []answer // the last one is repeated
	asked   []url.Values
}

// ServeHTTP implements http.Handler.
func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	s.mu.Lock()
	s.asked = append(s.asked, form)
	next := s.answers[0]
	if len(s.answers) > 1 {
		s.answers = s.answers[1:]
	}
	s.mu.Unlock()
	kind := "text/xml"
	if strings.HasPrefix(next.body, "{") {
		kind = "application/json"
	}
	w.Header().Set("Content-Type", kind)
	if next.status >= http.StatusMultipleChoices && next.status < http.StatusBadRequest {
		w.Header().Set("Location", "http://"+r.Host+"/elsewhere")
	}
	w.WriteHeader(next.status)
	_, _ = io.WriteString(w, next.body)
}

// calls is how often the stub was asked.
func (s *stub) calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

// stubbed is an adapter whose every call is answered by a stub.
func stubbed(t *testing.T, answers ...answer) (*Cloud, *stub) {
	t.Helper()
	s := &stub{answers: answers}
	server := httptest.NewServer(s)
	cloud := New(Config{
		Guard: openGuard(t), Endpoint: server.URL, Credentials: Keys("AKIAIOSFODNN7EXAMPLE", secret.NewValue([]byte("secret"))),
	})
	t.Cleanup(func() {
		cloud.Close()
		server.Close()
	})
	return cloud, s
}

func testSession() provision.Session {
	return provision.Session{
		AccessKeyID: secret.NewValue([]byte("ASIAIOSFODNN7EXAMPLE")), SecretKey: secret.NewValue([]byte("secret")),
		SessionToken: secret.NewValue([]byte("token")), ExpiresAt: time.Now().Add(time.Hour),
		Region: "eu-west-1", Partition: "aws", AccountID: "210987654321",
	}
}

// queryError is an error of the query APIs, STS and CloudFormation.
func queryError(status int, code, message string) answer {
	return answer{status, `<ErrorResponse><Error><Type>Sender</Type><Code>` + code + `</Code><Message>` + message +
		`</Message></Error><RequestId>1</RequestId></ErrorResponse>`}
}

// machineError is an error of EC2.
func machineError(status int, code, message string) answer {
	return answer{status, `<Response><Errors><Error><Code>` + code + `</Code><Message>` + message +
		`</Message></Error></Errors><RequestID>1</RequestID></Response>`}
}

// jsonError is an error of EKS.
func jsonError(status int, code, message string) answer {
	return answer{status, `{"__type":"` + code + `","message":"` + message + `"}`}
}
