package eks

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
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

// stub is a server that answers as it is told to and remembers what it was asked. It is for answers that no proper server
// gives at will; what the services do is in package awstest.
type stub struct {
	mu      sync.Mutex
	answers map[string][]answer // by operation, "" for any; the last one is repeated
	asked   []url.Values
}

// operationOf is the action of a query, or the method and path of a request to EKS.
func operationOf(r *http.Request, form url.Values) string {
	if action := form.Get("Action"); action != "" {
		return action
	}
	return r.Method + " " + r.URL.Path
}

// next takes the next answer to an operation.
func (s *stub) next(operation string, form url.Values) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, form)
	list, ok := s.answers[operation]
	if !ok {
		operation = ""
		list = s.answers[operation]
	}
	if len(list) == 0 {
		return answer{http.StatusNotImplemented, ""}
	}
	if len(list) > 1 {
		s.answers[operation] = list[1:]
	}
	return list[0]
}

// ServeHTTP implements http.Handler.
func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	next := s.next(operationOf(r, form), form)
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

// asking returns what was asked in the calls of one action.
func (s *stub) asking(action string) []url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.asked), func(form url.Values) bool { return form.Get("Action") != action })
}

// stubbed is an adapter whose every call is answered alike, or one by one.
func stubbed(t *testing.T, answers ...answer) (*Cloud, *stub) {
	t.Helper()
	return scripted(t, map[string][]answer{"": answers})
}

// scripted is an adapter whose calls are answered by operation.
func scripted(t *testing.T, answers map[string][]answer) (*Cloud, *stub) {
	t.Helper()
	s := &stub{answers: answers}
	server := httptest.NewServer(s)
	cloud := New(Config{
		Guard: openGuard(t), Endpoint: server.URL, Credentials: Keys("AKIAIOSFODNN7EXAMPLE", secret.NewValue([]byte("secret"))),
		Now: func() time.Time { return testNow },
	})
	t.Cleanup(func() {
		cloud.Close()
		server.Close()
	})
	return cloud, s
}

// testNow is the clock of a scripted adapter.
var testNow = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// ok is an answer of a query API: the inner part of its result.
func ok(action, result string) []answer {
	return []answer{{http.StatusOK, "<" + action + "Response><" + action + "Result>" + result + "</" + action + "Result></" + action + "Response>"}}
}

// okEC2 is an answer of EC2.
func okEC2(action, result string) []answer {
	return []answer{{http.StatusOK, "<" + action + "Response>" + result + "</" + action + "Response>"}}
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
