package api

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// router registers operations with huma in the terms of this package.
type router struct {
	api     huma.API
	handler *Handler
	made    *[]Route
}

// Route is one operation of the API.
type Route struct {
	Method string
	// Pattern is the whole path, with names in braces for its variable parts.
	Pattern string
	// Who may call it, in words.
	Who string
}

// option changes how an operation is described.
type option func(*huma.Operation)

// answers sets the status of a successful answer that needs no other.
func answers(status int) option {
	return func(op *huma.Operation) { op.DefaultStatus = status }
}

// route registers a handler for a pattern like "GET /groups", for those whom the permission lets in. The id names the
// operation in the OpenAPI document. A route without a permission, or with one that is about another input, is a mistake
// in this package, which every test meets.
func route[I, O any](
	r router, pattern, id, summary string, permit permission, handle func(context.Context, *I) (*O, error), options ...option,
) {
	if permit.who == "" || permit.takes != nil && permit.takes != reflect.TypeFor[*I]() {
		panic("the permission of " + pattern + " does not fit")
	}
	method, path, _ := strings.Cut(pattern, " ")
	noun, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	op := huma.Operation{
		Method:      method,
		Path:        prefix + path,
		OperationID: id,
		Summary:     summary,
		Description: "For " + permit.who + ".",
		Tags:        []string{noun},
		Responses:   map[string]*huma.Response{"default": r.problemResponse()},
		Middlewares: huma.Middlewares{r.handler.guard(permit)},
	}
	switch {
	case permit.open:
		op.Security = []map[string][]string{}
	case !reads(method):
		op.Middlewares = append(op.Middlewares, r.handler.once)
		options = append(options, repeatable)
	}
	for _, option := range options {
		option(&op)
	}
	*r.made = append(*r.made, Route{Method: method, Pattern: op.Path, Who: permit.who})
	huma.Register(r.api, op, func(ctx context.Context, in *I) (*O, error) {
		if err := permit.consider(ctx, in); err != nil {
			return nil, r.handler.problem(ctx, err)
		}
		out, err := runOnce(ctx, r.handler, func(ctx context.Context) (*O, error) { return handle(ctx, in) })
		if err != nil {
			return nil, r.handler.problem(ctx, err)
		}
		return out, nil
	})
}

func (r router) problemResponse() *huma.Response {
	schema := r.schema(reflect.TypeFor[Problem]())
	return &huma.Response{
		Description: "Error",
		Content:     map[string]*huma.MediaType{problemContent: {Schema: schema}},
	}
}

// schema returns a reference to the schema of a type.
func (r router) schema(t reflect.Type) *huma.Schema {
	return r.api.OpenAPI().Components.Schemas.Schema(t, true, t.Name())
}

// document renders the OpenAPI document. The error model that huma registers by itself is never sent, so it goes.
func (r router) document() []byte {
	schemas := r.api.OpenAPI().Components.Schemas.Map()
	delete(schemas, "ErrorModel")
	delete(schemas, "ErrorDetail")
	document, err := json.MarshalIndent(r.api.OpenAPI(), "", "  ")
	if err != nil {
		// The document is made of our own types and built in every test.
		panic(http.StatusText(http.StatusInternalServerError) + ": " + err.Error())
	}
	return document
}
