package event

import (
	"slices"
	"strings"
)

// Match reports whether a subscriber wants the notices of a topic. It runs in the publisher's goroutine under the
// subscription's lock: it must be quick and must not call the bus.
type Match func(topic string) bool

// Topics matches exactly the given topics.
func Topics(topics ...string) Match {
	return func(topic string) bool { return slices.Contains(topics, topic) }
}

// Under matches every topic that starts with prefix.
func Under(prefix string) Match {
	return func(topic string) bool { return strings.HasPrefix(topic, prefix) }
}
