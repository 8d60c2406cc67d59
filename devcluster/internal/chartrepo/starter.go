package chartrepo

import (
	"fmt"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/chart/v2/util"
)

// starterName is the name of the chart that `helm create` makes.
const starterName = "starter"

// newStarter is what `helm create starter` makes, with the values of an image
// that does not run as root, so that it installs under Pod Security
// "restricted".
func newStarter(scratch string) (*chart.Chart, error) {
	dir, err := util.Create(starterName, scratch)
	if err != nil {
		return nil, fmt.Errorf("create the starter chart: %w", err)
	}
	c, err := loader.LoadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("load the starter chart: %w", err)
	}
	at := slices.IndexFunc(c.Raw, func(f *common.File) bool { return f.Name == util.ValuesfileName })
	if c.Raw[at].Data, err = nonRoot(c.Raw[at].Data); err != nil {
		return nil, fmt.Errorf("change the values of the starter chart: %w", err)
	}
	return c, nil
}

// nonRoot changes the values that Helm created.
func nonRoot(values []byte) ([]byte, error) {
	text := string(values)
	for _, change := range []struct{ from, to string }{
		{"\n  repository: nginx\n", "\n  repository: nginxinc/nginx-unprivileged\n"},
		{"\n  port: 80\n", "\n  port: 8080\n"},
		{"\npodSecurityContext: {}\n", "\npodSecurityContext:\n  runAsNonRoot: true\n  seccompProfile:\n    type: RuntimeDefault\n"},
		{
			"\nsecurityContext: {}\n",
			"\nsecurityContext:\n  allowPrivilegeEscalation: false\n  runAsUser: 101\n  capabilities:\n    drop: [ALL]\n",
		},
	} {
		if count := strings.Count(text, change.from); count != 1 {
			return nil, fmt.Errorf("find %q in what Helm created: it is there %d times", change.from, count)
		}
		text = strings.Replace(text, change.from, change.to, 1)
	}
	return []byte(text), nil
}
