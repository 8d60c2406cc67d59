package gitlabapi

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// How long pages are, as the predecessor has it.
const (
	pageSize    = 20
	maxPageSize = 100
)

// paged are the parameters of every list.
func paged(others ...param) []param {
	return append(others,
		param{name: "page", kind: integer, fallback: int64(1)},
		param{name: "per_page", kind: integer, fallback: int64(pageSize)})
}

// page is the part of a list that was asked for.
type page struct {
	number, size int
}

// maxPage keeps the distance into a list within what a database counts.
const maxPage = 1 << 24

// page reads it from the parameters. A page below the first is the first; one that is too long is cut.
func (c *call) page() page {
	return page{
		number: int(min(max(c.params.integer("page"), 1), maxPage)),
		size:   int(min(max(c.params.integer("per_page"), 1), maxPageSize)),
	}
}

// offset is how many rows lie before the page.
func (p page) offset() int { return (p.number - 1) * p.size }

// count is how many rows a list has in all. With more set, nobody counted further than total.
type count struct {
	total int
	more  bool
}

// pages returns how many pages there are: at least one.
func (p page) pages(c count) int { return max((c.total+p.size-1)/p.size, 1) }

// hasNext and hasPrevious say which pages are beside it. Outside of the list there is none.
func (p page) hasNext(c count) bool { return c.more || p.number < p.pages(c) }

func (p page) hasPrevious(c count) bool { return p.number > 1 && (c.more || p.number <= p.pages(c)) }

// describe sets the headers of a page. Totals beyond what was counted are left out, as is the link to the last page.
func (p page) describe(header http.Header, address *url.URL, c count) {
	header.Set("X-Page", strconv.Itoa(p.number))
	header.Set("X-Per-Page", strconv.Itoa(p.size))
	header.Set("X-Next-Page", textIf(p.hasNext(c), p.number+1))
	header.Set("X-Prev-Page", textIf(p.hasPrevious(c), p.number-1))
	if !c.more {
		header.Set("X-Total", strconv.Itoa(c.total))
		header.Set("X-Total-Pages", strconv.Itoa(p.pages(c)))
	}
	header.Set("Link", p.links(address, c))
}

func textIf(there bool, number int) string {
	if !there {
		return ""
	}
	return strconv.Itoa(number)
}

func (p page) links(address *url.URL, c count) string {
	var links []string
	add := func(there bool, relation string, number int) {
		if there {
			links = append(links, fmt.Sprintf(`<%s>; rel="%s"`, p.address(address, number), relation))
		}
	}
	add(p.hasPrevious(c), "prev", p.number-1)
	add(p.hasNext(c), "next", p.number+1)
	add(true, "first", 1)
	add(!c.more, "last", p.pages(c))
	return strings.Join(links, ", ")
}

// address is that of another page of the same list.
func (p page) address(of *url.URL, number int) string {
	other, query := *of, of.Query()
	query.Set("page", strconv.Itoa(number))
	query.Set("per_page", strconv.Itoa(p.size))
	other.RawQuery = query.Encode()
	return other.String()
}

// listed answers a page of a list. An empty list is not null.
func listed[F, T any](c *call, from []F, n count, turn func(*call, F) (T, error)) (answer, error) {
	shown := make([]T, 0, len(from))
	for _, row := range from {
		one, err := turn(c, row)
		if err != nil {
			return answer{}, err
		}
		shown = append(shown, one)
	}
	c.page().describe(c.head, c.address(), n)
	return answer{http.StatusOK, shown}, nil
}

// maxWalk is how many rows are walked past on the way to a page: what comes further behind is not shown.
const maxWalk = 10_000

// walk reads a page of a list that is told only by what comes after an id: it goes there in steps as long as the longest
// page. That is for lists that are short, and for clients that know pages only.
func walk[T any](
	p page, after int64, id func(T) int64, fetch func(after int64, limit int) ([]T, error),
) (found []T, n count, err error) {
	for before := min(p.offset(), maxWalk); n.total < before; {
		step := min(before-n.total, maxPageSize)
		passed, err := fetch(after, step)
		if err != nil {
			return nil, count{}, err
		}
		if n.total += len(passed); len(passed) < step {
			return nil, n, nil
		}
		after = id(passed[len(passed)-1])
	}
	if p.offset() >= maxWalk {
		return nil, n, nil
	}
	if found, err = fetch(after, p.size); err != nil {
		return nil, count{}, err
	}
	n.total += len(found)
	n.more = len(found) == p.size
	return found, n, nil
}
