package auth

// Callers is how many callers are remembered.
func Callers(l *Limits) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.callers) != l.recent.Len() {
		return -1
	}
	return len(l.callers)
}
