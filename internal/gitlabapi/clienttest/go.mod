module github.com/roadstead/roadstead/internal/gitlabapi/clienttest

go 1.26.3

require (
	github.com/google/go-cmp v0.7.0
	github.com/hashicorp/go-retryablehttp v0.7.8
	github.com/roadstead/roadstead v0.0.0
	github.com/xanzy/go-gitlab v0.115.0
	gitlab.com/gitlab-org/api/client-go v1.46.0
)

require (
	github.com/google/go-querystring v1.2.0 // indirect
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	golang.org/x/oauth2 v0.37.0 // indirect
	golang.org/x/time v0.15.0 // indirect
)

replace github.com/roadstead/roadstead => ../../..
