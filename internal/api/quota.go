package api

import "sync"

// quota counts what is held open, in the process and by each caller. Its zero value is ready for use.
type quota struct {
	mu    sync.Mutex
	total int
	each  map[caller]int
}

// enter admits one more of a caller, unless there are too many.
func (q *quota) enter(c caller, most, mostEach int) (leave func(), ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.total >= most || q.each[c] >= mostEach {
		return nil, false
	}
	if q.each == nil {
		q.each = make(map[caller]int)
	}
	q.total++
	q.each[c]++
	return func() { q.leave(c) }, true
}

func (q *quota) leave(c caller) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.total--
	if q.each[c]--; q.each[c] == 0 {
		delete(q.each, c)
	}
}
