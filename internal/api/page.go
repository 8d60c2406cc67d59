package api

import (
	"fmt"
	"net/url"

	"github.com/roadstead/roadstead/internal/tenant"
)

// pageInput asks for one page of a list in order of id.
type pageInput struct {
	After int64 `query:"after" minimum:"0" doc:"The id after which the page begins: next of the page before"`
	Limit int   `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"How many items at most"`
}

// page asks for one row more than is shown, which tells whether there is a next page.
func (in pageInput) page() tenant.Page { return tenant.Page{After: in.After, Limit: in.Limit + 1} }

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
func newPage[R, T any](path string, in pageInput, rows []R, id func(R) int64, view func(R) T) *pageOutput[T] {
	out := &pageOutput[T]{}
	if len(rows) > in.Limit {
		rows = rows[:in.Limit]
		out.Body.Next = id(rows[len(rows)-1])
		query := url.Values{"after": {fmt.Sprint(out.Body.Next)}, "limit": {fmt.Sprint(in.Limit)}}
		out.Link = fmt.Sprintf("<%s%s?%s>; rel=\"next\"", prefix, path, query.Encode())
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
