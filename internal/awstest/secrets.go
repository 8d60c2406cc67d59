package awstest

// Secrets returns what is secret of every credential that there was so far, and the ids of sessions' keys: to be looked for
// where they must not be.
func (c *Cloud) Secrets() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []string
	for _, known := range c.keys {
		found = append(found, known.secret)
		if known.token != "" {
			found = append(found, known.id, known.token)
		}
	}
	return found
}
