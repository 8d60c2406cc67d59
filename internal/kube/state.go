package kube

// Breakers says of each cluster that is known, because it is in use or was found in bad health, whether calls to it are
// held back now.
func (cs *Clients) Breakers() map[int64]bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	open := make(map[int64]bool, len(cs.known))
	for id, k := range cs.known {
		open[id] = !k.health.breaker.closed() || !k.health.credentials.unsuspected()
	}
	return open
}
