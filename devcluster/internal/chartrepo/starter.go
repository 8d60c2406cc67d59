package chartrepo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

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
	if err := replaceValues(filepath.Join(dir, util.ValuesfileName)); err != nil {
		return nil, fmt.Errorf("change the values of the starter chart: %w", err)
	}
	c, err := loader.LoadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("load the starter chart: %w", err)
	}
	return c, nil
}

func replaceValues(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	text := string(data)
	for _, change := range []struct{ from, to string }{
		{"\n  repository: nginx\n", "\n  repository: nginxinc/nginx-unprivileged\n"},
		{"\n  port: 80\n", "\n  port: 8080\n"},
		{"\npodSecurityContext: {}\n", "\npodSecurityContext:\n  runAsNonRoot: true\n  seccompProfile:\n    type: RuntimeDefault\n"},
		{"\nsecurityContext: {}\n", "\nsecurityContext:\n  allowPrivilegeEscalation: false\n  runAsUser: 101\n  capabilities:\n    drop: [ALL]\n"},
	} {
		if strings.Count(text, change.from) != 1 {
			return fmt.Errorf("find %q in what Helm created: it is there %d times", change.from, strings.Count(text, change.from))
		}
		text = strings.Replace(text, change.from, change.to, 1)
	}
	return os.WriteFile(file, []byte(text), 0o600)
}
