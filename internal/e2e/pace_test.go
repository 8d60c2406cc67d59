package e2e_test

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"
)

// requestsPerSecond is the pace at which a page must keep its promise.
const requestsPerSecond = 50

// visitor is somebody who looks at pages or calls the API.
type visitor struct {
	name   string
	header http.Header
	// admin is set for administrators, token is the id of the visitor's access token.
	admin bool
	token int64
}

// errand is something that a visitor asks for.
type errand struct {
	visitor visitor
	// route names what is asked for, path is where.
	route, path string
}

// timing is how long the answers to an errand took, in order.
type timing struct {
	errand errand
	took   []time.Duration
}

// quantile is by the nearest rank: at least the part q of the answers took no
// longer.
func (t timing) quantile(q float64) time.Duration {
	return t.took[max(int(math.Ceil(q*float64(len(t.took))))-1, 0)]
}

// visits asks for the same thing at the pace, whether or not the last answer
// has come, so that a slow answer does not hide those behind it. The time
// counts from when the request was due.
func (s *server) visits(ctx context.Context, client *http.Client, v errand, count int) (timing, error) {
	t := timing{errand: v, took: make([]time.Duration, count)}
	errs := make([]error, count)
	ticker := time.NewTicker(time.Second / requestsPerSecond)
	defer ticker.Stop()
	var pending sync.WaitGroup
	for i := range count {
		due := <-ticker.C
		pending.Go(func() {
			errs[i] = s.look(ctx, client, v)
			t.took[i] = time.Since(due)
		})
	}
	pending.Wait()
	slices.Sort(t.took)
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return timing{}, errs[i]
	}
	return t, nil
}

// look reads one answer to its end.
func (s *server) look(ctx context.Context, client *http.Client, v errand) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.address+v.path, nil)
	if err != nil {
		return err
	}
	request.Header = v.visitor.header
	answer, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("look at %s: %w", v.path, err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return fmt.Errorf("read %s: %w", v.path, err)
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s for %s: %s", v.path, v.visitor.name, answer.Status)
	}
	return nil
}
