package web

import "sync"

// How many streams are open at once: in the process, and for each session.
const (
	maxStreams     = 1000
	maxStreamsEach = 6
)

// streams counts the streams that are open. Its zero value is ready for use.
type streams struct {
	mu    sync.Mutex
	total int
	each  map[int64]int
}

// enter admits one more stream of a session, unless there are too many.
func (s *streams) enter(session int64) (leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.total >= maxStreams || s.each[session] >= maxStreamsEach {
		return nil, false
	}
	if s.each == nil {
		s.each = map[int64]int{}
	}
	s.total++
	s.each[session]++
	return func() { s.leave(session) }, true
}

func (s *streams) leave(session int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total--
	if s.each[session]--; s.each[session] == 0 {
		delete(s.each, session)
	}
}
