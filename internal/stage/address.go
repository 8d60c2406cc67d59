package stage

import (
	"context"
	"fmt"
	"net"
	"strings"
)

// FreeAddress returns a loopback address that nothing listens on.
func FreeAddress(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// EgressRule is the setting that opens exactly the address of a URL.
func EgressRule(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	rest, _, _ = strings.Cut(rest, "/")
	host, port, _ := strings.Cut(rest, ":")
	return host + "/32:" + port
}

// WordAfter returns the word that follows another one in a line.
func WordAfter(line, word string) string {
	words := strings.Fields(line)
	for i := range len(words) - 1 {
		if words[i] == word {
			return words[i+1]
		}
	}
	return ""
}
