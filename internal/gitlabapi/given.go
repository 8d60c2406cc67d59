package gitlabapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
)

// maxBody bounds a body, in bytes. A cluster with a long chain of certificates takes some thousand.
const maxBody = 1 << 20

// maxNesting bounds the brackets in the name of a parameter: the deepest that is read has one.
const maxNesting = 4

// given is what a request gave by name, not yet looked at. A value is a string, a [json.Number], a bool, nil, a list,
// or another given.
type given map[string]any

// readGiven reads the parameters of a request: those of the query, over them those of the body, which is JSON or a form.
func readGiven(r *http.Request) (given, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, refused(http.StatusBadRequest, "The query string cannot be read")
	}
	all := formOf(query)
	if leaks(all) {
		return nil, refused(http.StatusBadRequest, platformField+"[token] may not stand in the address, which logs keep: send it in the body")
	}
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	maps.Copy(all, body)
	return all, nil
}

// leaks reports whether the token of a cluster stands in a query.
func leaks(query given) bool {
	platform, _ := query[platformField].(given)
	_, found := platform["token"]
	return found
}

func readBody(r *http.Request) (given, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		return nil, said(http.StatusRequestEntityTooLarge, "413 Request Entity Too Large")
	}
	if err != nil {
		return nil, refused(http.StatusBadRequest, "The body cannot be read")
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return given{}, nil
	}
	kind, extra, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.Header.Get("Content-Type") == "", kind == "application/json":
		return readJSON(raw)
	case kind == "application/x-www-form-urlencoded":
		return readForm(raw)
	case kind == "multipart/form-data" && err == nil:
		return readMultipart(raw, extra["boundary"])
	}
	return nil, refused(http.StatusUnsupportedMediaType, "The provided content-type is not supported.")
}

func malformed() error {
	return refused(http.StatusBadRequest, "The message body does not match the declared format")
}

func readJSON(raw []byte) (given, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil || decoder.More() {
		return nil, malformed()
	}
	return nested(object), nil
}

// nested names the objects below an object what they are here.
func nested(object map[string]any) given {
	for name, value := range object {
		if below, ok := value.(map[string]any); ok {
			object[name] = nested(below)
		}
	}
	return object
}

func readForm(raw []byte) (given, error) {
	values, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, malformed()
	}
	return formOf(values), nil
}

func readMultipart(raw []byte, boundary string) (given, error) {
	form, err := multipart.NewReader(bytes.NewReader(raw), boundary).ReadForm(maxBody)
	if err != nil {
		return nil, malformed()
	}
	return formOf(form.Value), nil
}

// formOf turns names with brackets into objects: a[b]=c gives a the field b. Of a name given twice the last value
// counts, unless the name ends in [] and stands for a list.
func formOf(values url.Values) given {
	all := given{}
	for name, texts := range values {
		path := strings.Split(strings.TrimSuffix(strings.ReplaceAll(name, "]", ""), "["), "[")
		if len(path) > maxNesting {
			continue
		}
		at := all
		for _, step := range path[:len(path)-1] {
			below, ok := at[step].(given)
			if !ok {
				below = given{}
				at[step] = below
			}
			at = below
		}
		at[path[len(path)-1]] = formValue(name, texts)
	}
	return all
}

func formValue(name string, texts []string) any {
	if !strings.HasSuffix(name, "[]") {
		return texts[len(texts)-1]
	}
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}
