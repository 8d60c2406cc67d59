package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"

	"github.com/roadstead/roadstead/internal/apperr"
)

const (
	jsonType     = "application/json"
	protobufType = runtime.ContentTypeProtobuf
)

// groupClient is the REST client of one API group, in the version that this cluster serves.
type groupClient struct {
	*rest.RESTClient
	version schema.GroupVersion
	until   time.Time
}

// group returns the client of a group, made at first use. The versions are asked from the group alone, so that
// a broken aggregated API breaks that group only.
func (c *Client) group(ctx context.Context, name string) (*groupClient, error) {
	g, ok := findGroup(name)
	if !ok {
		return nil, apperr.Of(apperr.ClusterUnsupported)
	}
	now := c.now()
	c.mu.Lock()
	known := c.groups[name]
	c.mu.Unlock()
	if known != nil && now.Before(known.until) {
		return known, nil
	}
	version, err := c.discover(ctx, g)
	if err != nil {
		return nil, err
	}
	made, err := c.newGroupClient(g, version)
	if err != nil {
		return nil, err
	}
	made.until = now.Add(versionsFor)
	c.mu.Lock()
	c.groups[name] = made
	c.mu.Unlock()
	return made, nil
}

// discover picks the version of a group that both sides know.
func (c *Client) discover(ctx context.Context, g group) (string, error) {
	served, err := c.versions(ctx, g.name)
	if err != nil {
		return "", err
	}
	for _, v := range g.versions {
		if slices.Contains(served, v) {
			return v, nil
		}
	}
	return "", apperr.Of(apperr.ClusterVersionOld).With(fmt.Errorf("group %q is served in none of %v", g.name, g.versions))
}

// versions asks for the versions of a group; cluster_not_found says that the cluster does not have it.
func (c *Client) versions(ctx context.Context, group string) ([]string, error) {
	path := "/apis/" + group
	if group == core {
		path = "/api"
	}
	body, err := c.page(ctx, path)
	if err != nil {
		return nil, err
	}
	// The core group lists plain names, the others objects: one shape reads both.
	var answer struct {
		Versions []json.RawMessage `json:"versions"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, apperr.Of(apperr.ClusterBadResponse).With(fmt.Errorf("reading the versions of a group: %w", err))
	}
	var served []string
	for _, raw := range answer.Versions {
		var name string
		var entry metav1.GroupVersionForDiscovery
		switch {
		case json.Unmarshal(raw, &name) == nil:
			served = append(served, name)
		case json.Unmarshal(raw, &entry) == nil:
			served = append(served, entry.Version)
		}
	}
	return served, nil
}

// page reads a path outside of any group as JSON.
func (c *Client) page(ctx context.Context, path string) ([]byte, error) {
	rc, err := c.newGroupClient(group{name: core}, "v1")
	if err != nil {
		return nil, err
	}
	ctx, cancel := callContext(ctx)
	defer cancel()
	body, err := rc.Get().AbsPath(path).SetHeader("Accept", jsonType).MaxRetries(0).Do(ctx).Raw()
	return body, classify(err)
}

func (c *Client) newGroupClient(g group, version string) (*groupClient, error) {
	gv := schema.GroupVersion{Group: g.name, Version: version}
	config := &rest.Config{
		Host:      c.base.String(),
		APIPath:   "/apis",
		UserAgent: c.userAgent,
		QPS:       -1, // the transport's budget takes its place
		ContentConfig: rest.ContentConfig{
			GroupVersion:         &gv,
			NegotiatedSerializer: scheme.Codecs.WithoutConversion(),
			ContentType:          jsonType,
			AcceptContentTypes:   jsonType,
		},
		WarningHandler: rest.NoWarnings{}, // what a cluster puts in a header reaches no log of ours unquoted
	}
	if g.name == core {
		config.APIPath = "/api"
	}
	if g.builtin {
		config.ContentType = protobufType
		config.AcceptContentTypes = protobufType + "," + jsonType
	}
	rc, err := rest.RESTClientForConfigAndClient(config, c.http)
	if err != nil {
		return nil, apperr.Of(apperr.Internal).With(fmt.Errorf("preparing the client of group %q: %w", g.name, err))
	}
	return &groupClient{RESTClient: rc, version: gv}, nil
}

// callContext bounds a call, and turns client-go's own log off: it would print bodies at high verbosity.
func callContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(quiet(ctx), callTimeout)
}

func quiet(ctx context.Context) context.Context { return klog.NewContext(ctx, logr.Discard()) }
