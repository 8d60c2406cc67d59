package auth_test

import (
	"fmt"
	"os"

	"github.com/roadstead/roadstead/internal/auth"
)

// The token in the documentation is well-formed, so that a scanner can be tried on it; nobody holds it.
func ExampleParseSecret() {
	page, _ := os.ReadFile("../../docs/reference/tokens.md")
	fmt.Println(auth.ParseSecret(published.FindString(string(page))))
	// Output: personal <nil>
}
