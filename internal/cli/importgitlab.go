package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/egress"
)

// Settings of an import.
const (
	gitlabTokenSetting = "GITLAB_TOKEN"
	egressSetting      = "ROADSTEAD_EGRESS_ALLOW"
)

// importOptions are the flags of import gitlab.
type importOptions struct {
	address string
	token   string
	group   string
	all     bool
	tokens  string
	dryRun  bool
}

func (r *run) importing() *cobra.Command {
	var o importOptions
	c := r.remote("gitlab", "Take groups, projects, members and clusters over from GitLab", cobra.NoArgs,
		func(ctx context.Context, c *call, _ []string) error {
			run, err := r.newImport(c, o)
			if err != nil {
				return err
			}
			stopped := run.run(ctx)
			c.progress.stop()
			if err := c.out.show(run.report, run.report.show); err != nil {
				return err
			}
			if stopped != nil {
				return stopped
			}
			return run.report.err()
		})
	c.Long = "Reads groups, projects, members and clusters from a GitLab instance and makes here what is missing. What is\n" +
		"here stays as it is, so an import can be repeated. GitLab tells nobody the tokens of clusters: those to supply\n" +
		"are listed, and taken from a file that names each by the cluster's id there. Members are matched by username,\n" +
		"then by e-mail address. A GitLab at a private address is opened as for the server: " + egressSetting + "."
	o.flags(c, r.setting(gitlabTokenSetting, ""))
	return group("import", "Take over what is registered elsewhere", c)
}

func (o *importOptions) flags(c *cobra.Command, token string) {
	c.Flags().StringVar(&o.address, "url", "", "address of GitLab, for example https://gitlab.example.com")
	c.Flags().StringVar(&o.token, "token", "", "access token of scope read_api there; other users of this machine may see it, so rather set "+
		gitlabTokenSetting)
	c.Flags().StringVar(&o.group, "group", "", "full path of one group to import with what is in it;"+
		" else all that the token's user maintains")
	c.Flags().BoolVar(&o.all, "all", false, "import every group that can be seen, for administrators of GitLab")
	c.Flags().StringVar(&o.tokens, "tokens", "", "file of cluster tokens, as lines of ID: TOKEN")
	c.Flags().BoolVar(&o.dryRun, "dry-run", false, "show what would be done, and do nothing")
	_ = c.MarkFlagRequired("url") // fails for a flag that is not there only
	c.PreRun = func(*cobra.Command, []string) { o.token = orText(o.token, token) }
}

func (r *run) newImport(c *call, o importOptions) (*importRun, error) {
	from, err := r.gitlab(o)
	if err != nil {
		return nil, err
	}
	tokens, err := readTokens(o.tokens)
	if err != nil {
		return nil, err
	}
	to := &importClient{name: roadsteadName, base: c.client.base, token: c.client.token, agent: c.client.agent, http: c.client.http}
	return &importRun{
		from: &source{importClient: from, group: o.group, all: o.all}, to: to, tokens: tokens,
		report: newImportReport(o.dryRun), users: map[string]int64{},
		progress: func(what string) { c.progress.run("import", what) },
	}, nil
}

// gitlab makes the client of the other side. It dials behind the guard: the address may come from anywhere, and its
// answers lead nowhere else.
func (r *run) gitlab(o importOptions) (*importClient, error) {
	if o.token == "" {
		return nil, usageError("no token for GitLab: set " + gitlabTokenSetting)
	}
	rules, err := egress.ParseRules(r.setting(egressSetting, ""))
	if err != nil {
		return nil, usageError(egressSetting + ": " + err.Error())
	}
	guard := egress.NewGuard(egress.Config{Allow: rules})
	base, err := guard.CheckURL(o.address, "https", "http")
	if err != nil {
		return nil, refusedAddress(err)
	}
	if base.Scheme == "http" && !isLoopback(base) {
		return nil, usageError("--url: give an https:// address, since the token goes there")
	}
	base.Path = strings.TrimSuffix(strings.TrimSuffix(base.Path, "/"), "/api/v4")
	return &importClient{
		name: gitlabName, base: base, token: o.token, agent: "roadstead/" + r.Version, http: guard.Client(egress.Options{}, 0),
	}, nil
}

// refusedAddress says what is wrong with an address, and how to open one that may be opened.
func refusedAddress(err error) error {
	text := fmt.Sprintf("--url: %v", err)
	if refused, ok := errors.AsType[*egress.RefusedError](err); ok && refused.Setting != "" {
		text += "; to open it set " + refused.Setting
	}
	return usageError(text)
}

// isLoopback reports whether a URL leads to this machine.
func isLoopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return ip != nil && ip.IsLoopback()
}

// readTokens reads the file of cluster tokens: a mapping of ids there to tokens.
func readTokens(name string) (map[int64]string, error) {
	tokens := map[int64]string{}
	if name == "" {
		return tokens, nil
	}
	raw, err := os.ReadFile(name)
	if err == nil {
		err = yaml.Unmarshal(raw, &tokens)
	}
	if err != nil {
		// The text of the error may hold a part of the file.
		return nil, apperr.Of(apperr.InvalidRequest).With(err).WithMessage("The file of tokens cannot be read.").
			WithHint("It holds a line for each cluster: its id at GitLab, a colon, and its token.")
	}
	return tokens, nil
}
