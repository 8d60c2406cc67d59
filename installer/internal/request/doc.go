// Package request owns what an install pod is asked to do: the fields of request.json, which of them belong to
// which action, and the limits they keep. A request that holds anything else is refused as a whole.
package request
