package awstest

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
)

// errUnsigned is a request without a signature.
var errUnsigned = errors.New("the request has no signature")

// failure is an error answer of AWS: the code is part of the protocol, and the status goes with it.
type failure struct {
	status  int
	code    string
	message string
}

func (f *failure) Error() string { return f.code + ": " + f.message }

func fail(status int, code, format string, args ...any) *failure {
	return &failure{status, code, fmt.Sprintf(format, args...)}
}

// invalid is what CloudFormation calls every bad request that has no code of its own.
func invalid(format string, args ...any) *failure {
	return fail(http.StatusBadRequest, "ValidationError", format, args...)
}

// dialect is how a service names the failures that all services have.
type dialect struct {
	unknownKey, badSignature, stale, expired, denied, throttled string
	statusUnknownKey                                            int
	statusExpired                                               int
}

func dialectOf(service string) dialect {
	switch service {
	case "eks":
		return dialect{
			"UnrecognizedClientException", "InvalidSignatureException", "InvalidSignatureException", "ExpiredTokenException",
			"AccessDeniedException", "ThrottlingException", http.StatusForbidden, http.StatusForbidden,
		}
	case "ec2":
		return dialect{
			"AuthFailure", "SignatureDoesNotMatch", "RequestExpired", "RequestExpired",
			"UnauthorizedOperation", "RequestLimitExceeded", http.StatusUnauthorized, http.StatusBadRequest,
		}
	}
	return dialect{
		"InvalidClientTokenId", "SignatureDoesNotMatch", "SignatureDoesNotMatch", "ExpiredToken",
		"AccessDenied", "Throttling", http.StatusForbidden, http.StatusForbidden,
	}
}

// deny is the refusal of an action by a policy.
func deny(service string, c *credential, r request) *failure {
	return fail(http.StatusForbidden, dialectOf(service).denied,
		"User: %s is not authorized to perform: %s on resource: %s because no identity-based policy allows the %s action",
		c.arn(), r.action, r.resource, r.action)
}

// encode writes the failure in the form of the service's protocol.
func (f *failure) encode(service, requestID string) (contentType string, body []byte) {
	switch service {
	case "eks":
		body, _ = json.Marshal(map[string]string{"__type": f.code, "message": f.message}) //nolint:errchkjson // two strings
		return "application/x-amz-json-1.1", body
	case "ec2":
		type item struct {
			Code    string `xml:"Code"`
			Message string `xml:"Message"`
		}
		body, _ = xml.Marshal(struct {
			XMLName   xml.Name `xml:"Response"`
			Errors    []item   `xml:"Errors>Error"`
			RequestID string   `xml:"RequestID"`
		}{Errors: []item{{f.code, f.message}}, RequestID: requestID})
		return "text/xml", body
	}
	type item struct {
		Type    string `xml:"Type"`
		Code    string `xml:"Code"`
		Message string `xml:"Message"`
	}
	kind := "Sender"
	if f.status >= http.StatusInternalServerError {
		kind = "Receiver"
	}
	body, _ = xml.Marshal(struct {
		XMLName   xml.Name `xml:"ErrorResponse"`
		Error     item     `xml:"Error"`
		RequestID string   `xml:"RequestId"`
	}{Error: item{kind, f.code, f.message}, RequestID: requestID})
	return "text/xml", body
}
