package cli

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
)

// maxEvent is the largest event that is read, in bytes.
const maxEvent = 4 << 20

// events reads a stream of server-sent events until it ends, handle returns an error, or ctx is done.
func (c *client) events(ctx context.Context, path string, handle func(event string, data []byte) error) error {
	response, err := c.send(ctx, outgoing{method: http.MethodGet, path: path})
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, maxEvent)
	var event string
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ": ")
		switch key {
		case "event":
			event = value
		case "data":
			if err := handle(event, []byte(value)); err != nil {
				return err
			}
		}
	}
	if err := lines.Err(); err != nil {
		return c.unreachable(ctx, fmt.Errorf("read events: %w", err))
	}
	if ctx.Err() != nil {
		return fmt.Errorf("read events: %w", ctx.Err())
	}
	return nil
}
