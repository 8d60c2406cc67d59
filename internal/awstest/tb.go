package awstest

import "testing"

// Start starts a fake AWS that ends with the test.
func Start(t testing.TB, config Config) *Cloud {
	t.Helper()
	c, err := New(config)
	if err != nil {
		t.Fatalf("starting the fake AWS: %v", err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("ending the fake AWS: %v", err)
		}
	})
	return c
}
