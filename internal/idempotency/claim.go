package idempotency

import (
	"net/http"
	"time"
)

// Claim is a key that one request runs under.
type Claim struct {
	// ID names the key: a hash of its user and of itself.
	ID     []byte
	UserID int64
	// Fingerprint is the hash of the request.
	Fingerprint []byte
	Made        time.Time
	// Until is when the claim ends if nobody answered by then, because the server died. It tells this claim from a later
	// one of the same key.
	Until time.Time
}

// Deadline is when the request must have ended, so that it cannot run on beside the one that takes its claim over.
func (c Claim) Deadline() time.Time { return c.Until.Add(-endWithin) }

// Answer is what a request was answered with.
type Answer struct {
	Status      int
	ContentType string
	Body        []byte
	// Secret is set for an answer that holds one, which is shown once and kept nowhere.
	Secret bool
}

// final reports whether a repeat shall get the same answer. After a failure of ours, and after being told to come back
// later, it shall try again.
func (a Answer) final() bool {
	return a.Status < http.StatusInternalServerError && a.Status != http.StatusTooManyRequests
}

// Entry is what the store knows of a key.
type Entry struct {
	Claim

	// Answered is set once there was an answer, Kept when it is here.
	Answered, Kept bool
	Answer         Answer
}
