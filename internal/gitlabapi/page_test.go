package gitlabapi

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPageHeaders(t *testing.T) {
	t.Parallel()
	const base = "https://host/api/v4/projects/acme%2Fshop/clusters?"
	link := func(relation, query string) string { return "<" + base + query + `>; rel="` + relation + `"` }
	tests := map[string]struct {
		page  page
		count count
		want  map[string]string
	}{
		"the only page": {page{1, 20}, count{3, false}, map[string]string{
			"X-Page": "1", "X-Per-Page": "20", "X-Next-Page": "", "X-Prev-Page": "", "X-Total": "3", "X-Total-Pages": "1",
			"Link": link("first", "page=1&per_page=20") + ", " + link("last", "page=1&per_page=20"),
		}},
		"an empty list has one page": {page{1, 20}, count{0, false}, map[string]string{
			"X-Page": "1", "X-Per-Page": "20", "X-Next-Page": "", "X-Prev-Page": "", "X-Total": "0", "X-Total-Pages": "1",
			"Link": link("first", "page=1&per_page=20") + ", " + link("last", "page=1&per_page=20"),
		}},
		"in the middle": {page{2, 2}, count{5, false}, map[string]string{
			"X-Page": "2", "X-Per-Page": "2", "X-Next-Page": "3", "X-Prev-Page": "1", "X-Total": "5", "X-Total-Pages": "3",
			"Link": link("prev", "page=1&per_page=2") + ", " + link("next", "page=3&per_page=2") + ", " +
				link("first", "page=1&per_page=2") + ", " + link("last", "page=3&per_page=2"),
		}},
		"the last page, full": {page{2, 2}, count{4, false}, map[string]string{
			"X-Page": "2", "X-Per-Page": "2", "X-Next-Page": "", "X-Prev-Page": "1", "X-Total": "4", "X-Total-Pages": "2",
			"Link": link("prev", "page=1&per_page=2") + ", " + link("first", "page=1&per_page=2") + ", " + link("last", "page=2&per_page=2"),
		}},
		"behind the last": {page{9, 2}, count{4, false}, map[string]string{
			"X-Page": "9", "X-Per-Page": "2", "X-Next-Page": "", "X-Prev-Page": "", "X-Total": "4", "X-Total-Pages": "2",
			"Link": link("first", "page=1&per_page=2") + ", " + link("last", "page=2&per_page=2"),
		}},
		"more than anybody counts": {page{1, 100}, count{10_000, true}, map[string]string{
			"X-Page": "1", "X-Per-Page": "100", "X-Next-Page": "2", "X-Prev-Page": "",
			"Link": link("next", "page=2&per_page=100") + ", " + link("first", "page=1&per_page=100"),
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, err := url.Parse(base)
			if err != nil {
				t.Fatal(err)
			}
			header := http.Header{}
			test.page.describe(header, address, test.count)
			got := map[string]string{}
			for name := range header {
				got[name] = header.Get(name)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPageSizes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		raw  given
		want page
	}{
		"not said":   {given{}, page{1, 20}},
		"said":       {given{"page": "3", "per_page": "50"}, page{3, 50}},
		"too long":   {given{"per_page": "1000"}, page{1, 100}},
		"none":       {given{"per_page": "0"}, page{1, 1}},
		"before one": {given{"page": "-4"}, page{1, 20}},
		"far":        {given{"page": "9223372036854775807"}, page{maxPage, 20}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			params, err := read(paged(), test.raw)
			if err != nil {
				t.Fatal(err)
			}
			if got := (&call{params: params}).page(); got != test.want {
				t.Errorf("page = %+v, want %+v", got, test.want)
			}
		})
	}
}

// A list that is told only by what comes after an id has pages all the same.
func TestWalk(t *testing.T) {
	t.Parallel()
	all := []int64{1, 2, 3, 4, 5}
	fetch := func(after int64, limit int) ([]int64, error) {
		rest := all[after:]
		return rest[:min(limit, len(rest))], nil
	}
	tests := map[string]struct {
		page  page
		found []int64
		count count
	}{
		"first":            {page{1, 2}, []int64{1, 2}, count{2, true}},
		"second":           {page{2, 2}, []int64{3, 4}, count{4, true}},
		"last":             {page{3, 2}, []int64{5}, count{5, false}},
		"behind the last":  {page{4, 2}, nil, count{5, false}},
		"far behind":       {page{maxPage, 2}, nil, count{5, false}},
		"all of it at one": {page{1, 100}, []int64{1, 2, 3, 4, 5}, count{5, false}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, n, err := walk(test.page, 0, func(id int64) int64 { return id }, fetch)
			if err != nil || n != test.count {
				t.Errorf("count = %+v, %v; want %+v", n, err, test.count)
			}
			if diff := cmp.Diff(test.found, found); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A page far behind costs as many reads as its distance has longest pages, and beyond a limit none is shown.
func TestWalkIsBounded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		page  page
		found []int64
		count count
		reads int
	}{
		"far":               {page{251, 1}, []int64{251}, count{251, true}, 4},
		"the last to reach": {page{100, 100}, numbers(9901, 10_000), count{10_000, true}, 100},
		"the first beyond":  {page{101, 100}, nil, count{10_000, false}, 100},
		"row by row":        {page{maxPage, 1}, nil, count{10_000, false}, 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reads := 0
			endless := func(after int64, limit int) ([]int64, error) {
				reads++
				return numbers(after+1, after+int64(limit)), nil
			}
			found, n, err := walk(test.page, 0, func(id int64) int64 { return id }, endless)
			if err != nil || n != test.count || reads != test.reads {
				t.Errorf("count = %+v after %d reads, %v; want %+v after %d", n, reads, err, test.count, test.reads)
			}
			if diff := cmp.Diff(test.found, found); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func numbers(first, last int64) []int64 {
	var all []int64
	for n := first; n <= last; n++ {
		all = append(all, n)
	}
	return all
}
