package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/tenant"
)

// orgFile is an organisation as a file says it shall be. What a file does not mention stays as it is: an absent field,
// and an absent list.
type orgFile struct {
	Users    []orgUser    `yaml:"users"`
	Groups   []orgGroup   `yaml:"groups"`
	Projects []orgProject `yaml:"projects"`
	Clusters []orgCluster `yaml:"clusters"`
	Catalog  orgCatalog   `yaml:"catalog"`
	// Settings are those of the instance.
	Settings api.EditSettings `yaml:"settings"`
}

// orgUser is only ever made, never changed.
type orgUser struct {
	Username string `yaml:"username"`
	Name     string `yaml:"name"`
	Email    string `yaml:"email"`
	Kind     string `yaml:"kind"`
}

// orgWords are what a group and a project have in common. The path tells one from another, so it is never changed.
type orgWords struct {
	Path        string      `yaml:"path"`
	Name        *string     `yaml:"name"`
	Description *string     `yaml:"description"`
	Members     []orgMember `yaml:"members"`
}

type orgGroup struct {
	orgWords `yaml:",inline"`
}

type orgProject struct {
	orgWords `yaml:",inline"`

	Environments []orgEnvironment `yaml:"environments"`
}

// orgMember is a whole membership: without an end in the file, it has none.
type orgMember struct {
	User      string    `yaml:"user"`
	Role      string    `yaml:"role"`
	ExpiresAt time.Time `yaml:"expires_at"`
}

type orgEnvironment struct {
	Name        string                   `yaml:"name"`
	Tier        *tenant.Tier             `yaml:"tier"`
	ExternalURL *string                  `yaml:"external_url"`
	State       *tenant.EnvironmentState `yaml:"state"`
}

// orgCluster is a cluster without its credential: that is in an environment variable of whoever applies the file, if
// anywhere.
type orgCluster struct {
	Name     string `yaml:"name"`
	Instance bool   `yaml:"instance"`
	Group    string `yaml:"group"`
	Project  string `yaml:"project"`

	APIURL   *string `yaml:"api_url"`
	CA       *string `yaml:"ca"`
	TokenEnv string  `yaml:"token_env"`

	EnvironmentScope        *string  `yaml:"environment_scope"`
	Enabled                 *bool    `yaml:"enabled"`
	Domain                  *string  `yaml:"domain"`
	Managed                 *bool    `yaml:"managed"`
	NamespacePerEnvironment *bool    `yaml:"namespace_per_environment"`
	ManagementProject       *string  `yaml:"management_project"`
	Namespace               *string  `yaml:"namespace"`
	Grants                  []string `yaml:"grants"`
}

// level is where the cluster is registered, and with whom.
func (c orgCluster) level() (level cluster.Level, owner string) {
	switch {
	case c.Group != "":
		return cluster.Group, c.Group
	case c.Project != "":
		return cluster.Project, c.Project
	default:
		return cluster.Instance, ""
	}
}

// readOrg reads a file. Whatever it says that is not understood is an error: a word with a slip would be left out silently.
func readOrg(name string, stdin io.Reader) (orgFile, error) {
	var org orgFile
	text, err := readFile(name, stdin)
	if err != nil {
		return org, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&org); err != nil && !errors.Is(err, io.EOF) {
		return org, usageError(name + ": " + err.Error())
	}
	if err := org.check(); err != nil {
		return org, usageError(name + ": " + err.Error())
	}
	return org, nil
}

// check finds what the server could not: things without a name, and things that are there twice.
func (o orgFile) check() error {
	seen := map[string]bool{}
	once := func(kind, name string) error {
		key := kind + " " + strings.ToLower(name)
		if name == "" || seen[key] {
			return fmt.Errorf("%s %q has no name, or is there twice", kind, name)
		}
		seen[key] = true
		return nil
	}
	var errs []error
	for _, u := range o.Users {
		errs = append(errs, once("user", u.Username))
	}
	for _, g := range o.Groups {
		errs = append(errs, once("group", g.Path), g.checkMembers(once, "group"))
	}
	for _, p := range o.Projects {
		errs = append(errs, once("project", p.Path), p.checkMembers(once, "project"))
		for _, e := range p.Environments {
			errs = append(errs, once("environment of "+p.Path, e.Name))
		}
	}
	for _, c := range o.Clusters {
		level, owner := c.level()
		errs = append(errs, once(fmt.Sprintf("cluster of %s %s", level, owner), c.Name), c.checkOwner())
	}
	return errors.Join(append(errs, o.Catalog.check(once))...)
}

func (w orgWords) checkMembers(once func(kind, name string) error, kind string) (err error) {
	for _, m := range w.Members {
		err = errors.Join(err, once("member of "+kind+" "+w.Path, m.User))
	}
	return err
}

func (c orgCluster) checkOwner() error {
	owners := 0
	for _, given := range []bool{c.Instance, c.Group != "", c.Project != ""} {
		if given {
			owners++
		}
	}
	if owners != 1 {
		return fmt.Errorf("cluster %q needs one of instance, group and project", c.Name)
	}
	return nil
}
