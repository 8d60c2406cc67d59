package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/awstest"
	"github.com/roadstead/roadstead/internal/stage"
)

// Options say how to run the demo.
type Options struct {
	// Bin is the folder of the three programs.
	Bin string
	// EKS shows the life of a cluster on Amazon EKS, which is a fake one, instead of the main job.
	EKS bool
	// Check verifies each step and ends; otherwise the demo stays up until its
	// context ends.
	Check bool
	Out   io.Writer
}

// show is one run of the demo.
type show struct {
	Options

	dir        string
	began      time.Time
	number     int
	cluster    *stage.Process
	server     *stage.Process
	kubeconfig string
	api        string
	charts     string
	address    string
	token      string

	// On EKS:
	cloud    *awstest.Cloud
	settings []string          // of the server, for it
	trust    map[string]string // parameters of the bootstrap template
	roles    map[string]string // ARNs, by the template's outputs
}

// Run shows the main job, or a cluster on EKS, from end to end.
func Run(ctx context.Context, o Options) (err error) {
	dir, err := os.MkdirTemp("", "roadstead-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the demo: %w", err)
	}
	s := &show{Options: o, dir: dir, began: time.Now(), token: rand.Text() + rand.Text()}
	defer func() { err = errors.Join(err, s.leave()) }()
	steps := s.steps()
	if o.EKS {
		steps = s.eksSteps()
	}
	for _, step := range steps {
		if err := s.play(ctx, step); err != nil {
			return err
		}
	}
	if o.Check {
		fmt.Fprintf(o.Out, "\nEvery step was checked, in %s.\n", round(time.Since(s.began)))
		return nil
	}
	s.invite()
	<-ctx.Done()
	fmt.Fprintln(o.Out, "\nStopping.")
	return nil
}

// play runs a step, prints it with its time, and checks it where asked to.
func (s *show) play(ctx context.Context, step step) error {
	began := time.Now()
	s.number++
	outcome, err := step.do(ctx)
	if err == nil && s.Check && step.check != nil {
		err = step.check(ctx)
	}
	if err != nil {
		fmt.Fprintf(s.Out, "%2d  failed  %s\n", s.number, step.title)
		return fmt.Errorf("step %d, %s: %w", s.number, step.title, err)
	}
	fmt.Fprintf(s.Out, "%2d  %6s  %s\n", s.number, round(time.Since(began)), step.title)
	for line := range strings.Lines(strings.TrimSpace(outcome)) {
		fmt.Fprintf(s.Out, "%s%s\n", indent, strings.TrimRight(line, "\n"))
	}
	return nil
}

func (s *show) invite() {
	fmt.Fprintf(s.Out, `
Roadstead runs at  %s
Sign in with       %s

For the command line:
  export ROADSTEAD_SERVER=%s ROADSTEAD_TOKEN=%s
  %s %s
For kubectl:
  export KUBECONFIG=%s

Ctrl-C stops everything and leaves nothing behind.
`, s.address, s.token, s.address, s.token, filepath.Join(s.Bin, "roadstead"), s.suggestion(), s.kubeconfig)
}

// suggestion is a command worth to be typed next.
func (s *show) suggestion() string {
	if s.EKS {
		return "eks status " + eksName
	}
	return "pods --project acme/shop --environment production -w"
}

// leave stops the servers, the dependent one first, and removes the folder.
func (s *show) leave() error {
	for _, p := range []*stage.Process{s.server, s.cluster} {
		if p != nil {
			p.Stop()
		}
	}
	var err error
	if s.cloud != nil {
		err = s.cloud.Close()
	}
	if removeErr := os.RemoveAll(s.dir); removeErr != nil {
		err = errors.Join(err, fmt.Errorf("remove the demo's folder: %w", removeErr))
	}
	return err
}

func (s *show) path(name string) string { return filepath.Join(s.dir, name) }

func round(d time.Duration) time.Duration { return d.Round(10 * time.Millisecond) }
