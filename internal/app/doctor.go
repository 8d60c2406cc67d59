package app

import (
	"context"

	"github.com/roadstead/roadstead/internal/config"
	"github.com/roadstead/roadstead/internal/egress"
)

// ExplainURL says how a server with these settings decides on a URL. It resolves
// names and connects to nothing.
func ExplainURL(ctx context.Context, cfg config.Config, url string, schemes []string) (egress.Explanation, error) {
	guard, err := newGuard(ctx, cfg)
	if err != nil {
		return egress.Explanation{}, err
	}
	return guard.Explain(ctx, url, schemes...)
}
