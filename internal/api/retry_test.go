package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/api"
)

func TestProblemSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]string{0: "60", time.Millisecond: "1", 6 * time.Second: "6", 6001 * time.Millisecond: "7"} {
		p := &api.Problem{Status: http.StatusTooManyRequests, After: after}
		if got := p.GetHeaders().Get("Retry-After"); got != want {
			t.Errorf("Retry-After of %s = %s, want %s", after, got, want)
		}
	}
}
