package awstest

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// maxRequest is more than any operation takes.
const maxRequest = 2 << 20

// exchange is one call with all that is known of it.
type exchange struct {
	cloud     *Cloud
	service   string
	operation string
	requestID string
	caller    *credential
	region    *region
	form      url.Values     // query protocols
	body      map[string]any // JSON
	now       time.Time
}

// nothing is the answer of an operation that has none.
type nothing struct{}

// action does a call. It returns what is encoded as the answer.
type action func(*exchange) (any, error)

// operation is one operation of a service: what it needs to be allowed, and what it does.
type operation struct {
	do action
	// resource is the ARN that the caller must be allowed to act on; nil: "*". open needs no permission at all.
	resource func(*exchange) string
	open     bool
}

func (c *Cloud) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+webhookPath, c.review)
	mux.HandleFunc("POST "+webhookPath+"{cluster}", c.review)
	mux.HandleFunc("/", c.serve)
	return mux
}

// serve takes a call from its signature to its answer.
func (c *Cloud) serve(w http.ResponseWriter, r *http.Request) {
	payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		http.Error(w, "request too large", http.StatusRequestEntityTooLarge)
		return
	}
	x, answer, fault, err := c.perform(r, payload)
	switch fault.Trouble {
	case LostAnswer:
		cut(w)
		return
	case Slow:
		pause(r, fault.Delay)
	default:
	}
	status, contentType, body := x.encode(answer, err)
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Amzn-Requestid", x.requestID)
	if f, ok := err.(*failure); ok && x.service == "eks" { //nolint:errorlint // ours are not wrapped
		w.Header().Set("X-Amzn-Errortype", f.code)
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) //nolint:gosec // read by SDKs, not by browsers
}

// cut ends the connection without an answer.
func cut(w http.ResponseWriter) {
	if hijacker, ok := w.(http.Hijacker); ok {
		if connection, _, err := hijacker.Hijack(); err == nil {
			_ = connection.Close()
		}
	}
}

func pause(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// perform does the call under the lock, and records it.
func (c *Cloud) perform(r *http.Request, payload []byte) (x *exchange, answer any, fault Fault, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	x = &exchange{cloud: c, requestID: uuid.NewString(), now: c.advance()}
	answer, fault, err = x.run(r, payload)
	x.record(fault, err)
	return x, answer, fault, err
}

func (x *exchange) run(r *http.Request, payload []byte) (any, Fault, error) {
	claim, err := readSignature(r)
	x.service = claim.service
	if err != nil {
		return nil, Fault{}, fail(http.StatusForbidden, "MissingAuthenticationToken", "Request is missing Authentication Token: %v", err)
	}
	op, err := x.route(r, payload)
	if err != nil {
		return nil, Fault{}, err
	}
	if err := x.authenticate(r, payload, claim); err != nil {
		return nil, Fault{}, err
	}
	fault, faulty := x.cloud.rules.next(x.operation)
	if refused := fault.refusal(x.service); faulty && refused != nil {
		return nil, fault, refused
	}
	if err := x.authorize(op); err != nil {
		return nil, fault, err
	}
	answer, err := op.do(x)
	return answer, fault, err
}

// route finds out which operation is called, with which parameters.
func (x *exchange) route(r *http.Request, payload []byte) (operation, error) {
	if x.service == "eks" {
		return x.routeEKS(r, payload)
	}
	x.form = r.URL.Query()
	if r.Method == http.MethodPost {
		form, err := url.ParseQuery(string(payload))
		if err != nil {
			return operation{}, fail(http.StatusBadRequest, "MalformedQueryString", "The query string contains a syntax error")
		}
		x.form = form
	}
	x.operation = x.form.Get("Action")
	for _, table := range []struct {
		service    string
		operations map[string]operation
	}{
		{"sts", stsOperations()}, {"cloudformation", stackOperations()}, {"ec2", ec2Operations()}, {"iam", iamOperations()},
	} {
		if op, ok := table.operations[x.operation]; ok && table.service == x.service {
			return op, nil
		}
	}
	return operation{}, fail(http.StatusBadRequest, "InvalidAction", "The action %s is not valid for this endpoint", x.operation)
}

func (x *exchange) record(fault Fault, err error) {
	call := Call{
		At: x.now, Service: x.service, Operation: x.operation, RequestID: x.requestID,
		Parameters: plain(x.form), Lost: fault.Trouble == LostAnswer,
	}
	if x.caller != nil {
		call.Principal, call.Account = x.caller.arn(), x.caller.account.id
	}
	if x.region != nil {
		call.Region = x.region.name
	}
	if f, ok := err.(*failure); ok { //nolint:errorlint // ours are not wrapped
		call.Code = f.code
	}
	x.cloud.calls = append(x.cloud.calls, call)
}

// list reads "Name.member.1", "Name.member.2" and so on, or EC2's "Name.1".
func (x *exchange) list(name string) []string {
	var values []string
	for _, form := range []string{name + ".member.", name + "."} {
		for i := 1; x.form.Has(form + strconv.Itoa(i)); i++ {
			values = append(values, x.form.Get(form+strconv.Itoa(i)))
		}
	}
	return values
}

// optional is a parameter; nil when it was not given, which is not the same as empty.
func (x *exchange) optional(name string) *string {
	if !x.form.Has(name) {
		return nil
	}
	value := x.form.Get(name)
	return &value
}

func (x *exchange) isTrue(name string) bool { return strings.EqualFold(x.form.Get(name), "true") }
