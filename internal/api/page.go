package api

import (
	"fmt"
	"net/url"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// PageInput asks for one page of a list in order of id.
type PageInput struct {
	address url.URL

	After int64 `query:"after" minimum:"0" doc:"The id after which the page begins: next of the page before"`
	Limit int   `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"How many items at most"`
}

// Resolve implements [huma.Resolver]: the next page has the address of this one but for where it begins.
func (in *PageInput) Resolve(c huma.Context) []error {
	in.address = c.URL()
	return nil
}

// Page is a part of a list in order of id.
type Page[T any] struct {
	Items []T   `json:"items" nullable:"false"`
	Next  int64 `json:"next,omitempty" doc:"Give it as after to get the next page; absent on the last one"`
}

// pageOutput is a page with its link to the next.
type pageOutput[T any] struct {
	Link string `header:"Link" doc:"The address of the next page, rel=next"`
	Body Page[T]
}

// list is a list that is short by nature and comes whole.
type list[T any] struct {
	Body Items[T]
}

// Items is a whole list.
type Items[T any] struct {
	Items []T `json:"items" nullable:"false"`
}

// newList makes the whole list.
func newList[R, T any](rows []R, view func(R) T) *list[T] {
	return &list[T]{Items[T]{views(rows, view)}}
}

// body is an answer with nothing but a body.
type body[T any] struct {
	Body T
}

// result is an answer whose status depends on what was found.
type result[T any] struct {
	Status int
	Body   T
}

// newPage makes the page from one row more than asked for, which tells whether there is a next one.
func newPage[R, T any](in PageInput, rows []R, id func(R) int64, view func(R) T) *pageOutput[T] {
	out := &pageOutput[T]{}
	if len(rows) > in.Limit {
		rows = rows[:in.Limit]
		out.Body.Next = id(rows[len(rows)-1])
		query := in.address.Query()
		query.Set("after", itoa(out.Body.Next))
		query.Set("limit", strconv.Itoa(in.Limit))
		out.Link = fmt.Sprintf("<%s?%s>; rel=\"next\"", in.address.EscapedPath(), query.Encode())
	}
	out.Body.Items = views(rows, view)
	return out
}

// views maps rows to what is shown of them; never nil, so that JSON shows an empty list.
func views[R, T any](rows []R, view func(R) T) []T {
	shown := make([]T, 0, len(rows))
	for _, row := range rows {
		shown = append(shown, view(row))
	}
	return shown
}
