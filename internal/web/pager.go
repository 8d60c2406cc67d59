package web

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/roadstead/roadstead/internal/tenant"
)

// pageSize is how many rows a list shows, maxOffset where turning pages ends: beyond it people search.
const (
	pageSize  = 50
	maxOffset = 10_000
)

// pager leads to the pages before and after. A list is read one row further than it shows, which says whether more
// follows: a total would cost more than the page.
type pager struct {
	Prev, Next string
	From, To   int

	page  int
	size  int
	param string
	here  *url.URL
}

// newPager reads which page of a list is wanted, from a parameter of the address.
func newPager(r *http.Request, param string) pager {
	page, _ := strconv.Atoi(r.URL.Query().Get(param)) // anything else is the first
	return pager{page: min(max(page, 1), maxOffset/pageSize), size: pageSize, param: param, here: r.URL}
}

// by makes the pages smaller.
func (p pager) by(size int) pager { p.size = size; return p }

// want is what to ask a store for.
func (p pager) want() tenant.Page {
	return tenant.Page{Offset: (p.page - 1) * p.size, Limit: p.size + 1}
}

// turn cuts the rows to those of the page, and says where others are.
func turn[T any](p pager, rows []T) ([]T, pager) {
	if len(rows) > p.size {
		rows = rows[:p.size]
		if p.page < maxOffset/pageSize {
			p.Next = p.to(p.page + 1)
		}
	}
	if p.page > 1 {
		p.Prev = p.to(p.page - 1)
	}
	p.From, p.To = (p.page-1)*p.size+1, (p.page-1)*p.size+len(rows)
	return rows, p
}

func (p pager) to(page int) string {
	query := p.here.Query()
	query.Set(p.param, strconv.Itoa(page))
	return p.here.Path + "?" + query.Encode()
}

// queryOf asks a list for what is called so.
func queryOf(search string) string { return url.Values{"q": {search}}.Encode() }

// decimal writes an id as addresses do.
func decimal(id int64) string { return strconv.FormatInt(id, 10) }
