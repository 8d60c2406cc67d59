package application

import "github.com/roadstead/roadstead/internal/secret"

// ValuesContext is what a user's sealed values are bound to: the operation that
// they were given for.
func ValuesContext(operationID int64) secret.Context {
	return secret.Context{Table: "operations", Row: operationID, Column: "values"}
}
