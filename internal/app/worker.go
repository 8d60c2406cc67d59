package app

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/config"
	"github.com/roadstead/roadstead/internal/eks"
	"github.com/roadstead/roadstead/internal/fault"
	"github.com/roadstead/roadstead/internal/installpod"
	"github.com/roadstead/roadstead/internal/jobs"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/provision"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/telemetry"
	"github.com/roadstead/roadstead/internal/work"
	"github.com/roadstead/roadstead/internal/workload"
)

// worker is the half that opens credentials and calls clusters.
type worker struct {
	log        *slog.Logger
	calls      *telemetry.KubernetesLog
	uses       *credentialUses
	clients    *kube.Clients
	cloud      *eks.Cloud
	jobs       *jobs.Client
	waker      *work.Waker
	supervisor *work.Supervisor
	followers  *workload.Followers
	refresher  *workload.Refresher
	// sweep asks for what operations left in clusters to be removed.
	sweep func(ctx context.Context) error
}

func newWorker(ctx context.Context, c *core, keys *workerKeys, cfg config.Config, version string) (*worker, error) {
	calls, err := telemetry.OpenKubernetesLog(cfg.DataDir, c.log)
	if err != nil {
		return nil, fmt.Errorf("open kubernetes.log: %w", err)
	}
	kube.Quiet()
	w := &worker{log: c.log, calls: calls, uses: newCredentialUses(c.db.Audit(), c.log)}
	w.clients = kube.NewClients(kube.Config{
		Guard: c.guard, Directory: directory{c.db.Clusters(), keys.opener, w.uses}, UserAgent: "roadstead/" + version,
		Log: callLog{calls, c.metrics, c.traces}, Fault: fault.Point,
	})
	c.breakers = w.clients.Breakers
	owner := uuid.NewString()
	steps := w.domains(c, keys, cfg, owner, version)
	provisioner, err := w.provisioner(ctx, c, keys, cfg)
	if err != nil {
		w.close()
		return nil, fmt.Errorf("prepare to make clusters: %w", err)
	}
	maps.Copy(steps, provisioner.Steps())
	runner := work.NewRunner(c.db.Work(), owner, c.observed(steps), c.log)
	runner.Enter, runner.Ended = enter, c.ended
	w.jobs, err = jobs.New(jobs.Config{Store: c.db, Drainer: runner, Periodic: periodic(c, provisioner), Log: c.log})
	if err != nil {
		w.close()
		return nil, err
	}
	w.waker = work.NewWaker(c.db.Work(), w.jobs, c.log)
	return w, nil
}

// domains builds the working halves of the domains and returns their steps.
func (w *worker) domains(c *core, keys *workerKeys, cfg config.Config, owner, version string) map[work.Kind]work.Step {
	runner := installpod.New(w.clients, installpod.Config{
		Installation: c.installation, Image: installerImage(cfg, version), EgressAllow: strings.Join(cfg.EgressAllow, ","),
		EgressRefuse: cfg.EgressRefuse,
	})
	c.clusters.Accounts = kube.Accounts{Clients: w.clients}
	machine := &application.Machine{
		Store: c.db.Applications(), Runner: runner, Opener: valuesOpener{keys.opener}, Log: c.log,
		Poke: func() { w.supervisor.Poke() }, Began: w.began,
	}
	c.clusters.Dependents = dependents{c.namespaces, c.applications, machine.Purge}
	w.sweep = func(ctx context.Context) error { return sweepAll(ctx, c.db.Clusters(), machine) }
	namespaces := &namespace.Worker{
		Service: c.namespaces, Provisioner: kube.Provisioner{Clients: w.clients}, SealTo: secret.SealTo,
		Tell: w.told,
	}
	w.refresher = workload.NewRefresher(c.db.Values(), map[string]workload.Poller{
		cluster.ConnectionValue: kube.Prober{Clients: w.clients},
	}, now, c.log)
	w.followers = workload.NewFollowers(workload.FollowersConfig{
		Keys: c.mirror, Pod: c.mirror.Pods, Deployment: c.mirror.Deployments,
		PodSource: kube.PodSource{Clients: w.clients}, DeploySource: kube.DeploymentSource{Clients: w.clients},
		Notices: c.bus, Log: c.log,
	})
	w.supervisor = work.NewSupervisor(c.db.Follows(), owner, c.log,
		named{&application.Followers{Store: c.db.Applications(), Runner: runner}}, named{w.followers}, named{c.keeper(keys, cfg)})
	c.poke = w.supervisor.Poke
	return map[work.Kind]work.Step{
		cluster.RemoveKind:        c.clusters.StepRemove,
		cluster.ForgetKind:        c.clusters.StepForget,
		cluster.IdentityKind:      c.clusters.StepIdentity,
		namespace.Kind:            namespaces.Step,
		namespace.CredentialKind:  namespaces.StepCredential,
		namespace.ProjectKind:     namespaces.StepProject,
		application.KindOperation: machine.Step,
		application.KindSweep:     machine.Sweep,
		workload.ValueKind:        w.refresher.Step,
	}
}

func periodic(c *core, provisioner *provision.Machine) []jobs.Periodic {
	return []jobs.Periodic{
		{Name: "sessions", Every: time.Hour, Run: (&auth.Service{Store: c.db.Auth(), Now: now, Log: c.log}).Sweep},
		{Name: "sign-ins", Every: time.Hour, Run: func(ctx context.Context) error { return c.db.Auth().DeleteSignInsBefore(ctx, now()) }},
		{Name: "members", Every: time.Hour, Run: c.tenants.SweepMembers},
		{Name: "cloud-sessions", Every: time.Minute, Run: provisioner.Sweep},
		{Name: "drafts", Every: 10 * time.Minute, Run: c.clusters.SweepDrafts},
		{Name: "operations", Every: time.Hour, Run: c.sweepRecords},
	}
}

// sweepRecords deletes operations that were kept for long enough.
func (c *core) sweepRecords(ctx context.Context) error {
	set, err := c.settings.Settings(ctx)
	if err != nil {
		return err
	}
	return c.db.Sweep(ctx, set.KeepOperations())
}

// run works until ctx ends.
func (w *worker) run(ctx context.Context) error {
	if err := w.sweep(ctx); err != nil {
		return err
	}
	if err := w.jobs.Start(ctx); err != nil {
		return fmt.Errorf("start the job queue: %w", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return w.waker.Run(ctx) })
	group.Go(func() error { return w.supervisor.Run(ctx) })
	group.Go(func() error { return w.followers.Run(ctx) })
	group.Go(func() error { return w.refresher.Run(ctx) })
	group.Go(func() error { return w.clients.Run(ctx) })
	group.Go(func() error { return w.uses.run(ctx) })
	err := group.Wait()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if stopErr := w.jobs.Stop(stop); stopErr != nil {
		w.log.WarnContext(stop, "stop the job queue", slog.String("error", stopErr.Error()))
	}
	return err //nolint:wrapcheck // the parts say what they were doing
}

func (w *worker) close() {
	if w.cloud != nil {
		w.cloud.Close()
	}
	w.clients.Close()
	_ = w.calls.Close() // the process is ending
}

// installerImage is the configured image of install pods, else the one that was
// published with this version.
func installerImage(cfg config.Config, version string) string {
	if cfg.InstallerImage != "" {
		return cfg.InstallerImage
	}
	return "ghcr.io/roadstead/installer:" + version
}
