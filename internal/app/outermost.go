package app

import (
	"net/http"

	"github.com/roadstead/roadstead/internal/gitlabapi"
)

// apart hands the paths of /api/v4 to one handler and all others to another. A [http.ServeMux] must not see the former: it
// answers a path that it would write differently with a redirect.
func apart(v4, others http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if gitlabapi.Owns(r.URL) {
			v4.ServeHTTP(w, r)
			return
		}
		others.ServeHTTP(w, r)
	})
}
