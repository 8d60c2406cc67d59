package awstest

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"time"
)

// encode writes an answer in the service's protocol.
func (x *exchange) encode(answer any, err error) (status int, contentType string, body []byte) {
	if err != nil {
		refused, ok := err.(*failure) //nolint:errorlint // ours are not wrapped
		if !ok {
			refused = fail(http.StatusInternalServerError, "InternalFailure", "%v", err)
		}
		contentType, body = refused.encode(x.service, x.requestID)
		return refused.status, contentType, body
	}
	if x.service == "eks" {
		body, err = json.Marshal(answer)
	} else {
		body, err = x.encodeXML(answer)
	}
	if err != nil {
		return http.StatusInternalServerError, "text/plain", []byte(err.Error())
	}
	if x.service == "eks" {
		return http.StatusOK, "application/json", body
	}
	return http.StatusOK, "text/xml", body
}

// encodeXML wraps the fields of an answer as the query protocols do. EC2 has them beside the request id, the others below
// a result.
func (x *exchange) encodeXML(answer any) ([]byte, error) {
	var fields bytes.Buffer
	if answer != nil {
		var element bytes.Buffer
		if err := xml.NewEncoder(&element).EncodeElement(answer, xml.StartElement{Name: xml.Name{Local: "answer"}}); err != nil {
			return nil, fmt.Errorf("encode the answer: %w", err)
		}
		fields.Write(inner(element.Bytes()))
	}
	var out bytes.Buffer
	out.WriteString("<" + x.operation + "Response>")
	if x.service == "ec2" {
		out.WriteString("<requestId>" + x.requestID + "</requestId>" + fields.String())
	} else {
		result := x.operation + "Result"
		out.WriteString("<" + result + ">" + fields.String() + "</" + result + ">")
		out.WriteString("<ResponseMetadata><RequestId>" + x.requestID + "</RequestId></ResponseMetadata>")
	}
	out.WriteString("</" + x.operation + "Response>")
	return out.Bytes(), nil
}

// inner strips the outermost element.
func inner(element []byte) []byte {
	start, end := bytes.IndexByte(element, '>'), bytes.LastIndexByte(element, '<')
	if start < 0 || end <= start {
		return nil
	}
	return element[start+1 : end]
}

// timestamp is a time in the form of XML answers.
func timestamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }
