package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/config"
	"github.com/roadstead/roadstead/internal/egress"
	"github.com/roadstead/roadstead/internal/event"
	"github.com/roadstead/roadstead/internal/jobs"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/provision"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/setting"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/telemetry"
	"github.com/roadstead/roadstead/internal/tenant"
	"github.com/roadstead/roadstead/internal/tracing"
	"github.com/roadstead/roadstead/internal/work"
	"github.com/roadstead/roadstead/internal/workload"
)

// tracesWithin bounds the sending of the last traces.
const tracesWithin = 2 * time.Second

// core is what both halves are built on: the stores, the bus, and the domains
// that answer from them. Nothing in it can open a credential or reach a
// cluster.
type core struct {
	log     *slog.Logger
	metrics *telemetry.Metrics
	traces  *tracing.Traces
	bus     *event.Bus
	db      *store.DB
	mirror  *store.Mirror
	bridge  *store.Bridge
	guard   *egress.Guard
	sealer  *secret.Sealer
	// breakers says which clusters are held back in this process.
	breakers func() map[int64]bool
	// poke makes the supervisor of this process look at once; nil without one.
	poke func()
	// installation names this installation in owner annotations.
	installation string

	settings     *setting.Service
	tenants      *tenant.Service
	values       *workload.Values
	clusters     *cluster.Service
	namespaces   *namespace.Service
	catalog      *application.Catalog
	applications *application.Service
	provisions   *provision.Service
}

func openCore(ctx context.Context, cfg config.Config, version string, log *slog.Logger) (*core, error) {
	c := &core{
		log: log, metrics: telemetry.NewMetrics(), bus: event.NewBus(), breakers: func() map[int64]bool { return nil },
	}
	c.metrics.Register(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, step := range []func() error{
		func() error { return c.openTraces(ctx, cfg, version) },
		func() error { return c.openKeys(cfg) },
		func() error { return c.openGuard(ctx, cfg) },
		func() error { return c.openStores(ctx, cfg) },
		func() error { return c.openDomains(cfg) },
	} {
		if err := step(); err != nil {
			c.close(ctx)
			return nil, err
		}
	}
	return c, nil
}

// openTraces prepares sending traces, when the operator asks for it.
func (c *core) openTraces(ctx context.Context, cfg config.Config, version string) (err error) {
	if cfg.Traces == config.TracesOTLP {
		c.traces, err = tracing.Open(context.WithoutCancel(ctx), version, c.log)
	}
	return err
}

// openKeys loads the public half of the keyset, which is all that sealing takes.
func (c *core) openKeys(cfg config.Config) (err error) {
	if c.sealer, err = secret.LoadSealer(cfg.PublicKeysetFile); err != nil {
		return fmt.Errorf("load the public keyset: %w", err)
	}
	return nil
}

func (c *core) openGuard(ctx context.Context, cfg config.Config) (err error) {
	c.guard, err = newGuard(ctx, cfg)
	return err
}

func (c *core) openStores(ctx context.Context, cfg config.Config) error {
	inserter, err := jobs.NewInserter(c.log)
	if err != nil {
		return fmt.Errorf("set up the job queue: %w", err)
	}
	url := cfg.DatabaseURL.Reveal()
	c.db, err = store.Open(ctx, store.Config{
		DataDir: cfg.DataDir, DatabaseURL: url, Queue: inserter, Bus: c.bus, Log: c.log,
		Exempt: []work.Kind{workload.ValueKind},
	})
	if err != nil {
		return err
	}
	if c.installation, err = c.db.InstallationID(ctx); err != nil {
		return err
	}
	if url != "" {
		c.bridge = c.db.Bridge()
	}
	c.mirror, err = store.OpenMirror(ctx, filepath.Join(cfg.DataDir, "mirror.db"), url)
	if err != nil {
		return fmt.Errorf("open the mirror: %w", err)
	}
	c.metrics.RegisterState(telemetry.State{
		Work: c.db.Work().Backlog, Mirror: c.mirror.States, Breakers: func() map[int64]bool { return c.breakers() }, Log: c.log,
	})
	return nil
}

func (c *core) openDomains(cfg config.Config) (err error) {
	c.settings = &setting.Service{Store: c.db.Settings()}
	c.tenants = &tenant.Service{Store: c.db.Tenant(), Now: now}
	c.values = workload.NewValues(c.db.Values(), now)
	c.clusters = &cluster.Service{
		Store: c.db.Clusters(), Guard: c.guard, Sealer: c.sealer, Values: c.values, Mirror: c.mirror,
		Installation: c.installation, Tenants: c.tenants, Access: auth.NewAccess(c.tenants), Now: now,
	}
	c.namespaces = &namespace.Service{
		Store: c.db.Namespaces(), Tenants: c.tenants, Clusters: c.clusters, Bus: c.bus, Now: now,
	}
	if c.catalog, err = application.LoadCatalog(cfg.CatalogDir); err != nil {
		return err
	}
	c.applications = &application.Service{
		Store: c.db.Applications(), Clusters: c.db.Clusters(), Sealer: valuesSealer{c.sealer},
		Known: c.catalog, Rights: rightsPrinter{}, Now: now,
	}
	c.provisions = &provision.Service{Store: c.db.Provision(), Now: now}
	c.clusters.Dependents = dependents{namespaces: c.namespaces, applications: c.applications}
	return nil
}

func (c *core) close(ctx context.Context) {
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), tracesWithin)
	defer cancel()
	errs := []error{c.traces.Close(grace)}
	if c.mirror != nil {
		errs = append(errs, c.mirror.Close())
	}
	if c.db != nil {
		errs = append(errs, c.db.Close())
	}
	if err := errors.Join(errs...); err != nil {
		c.log.ErrorContext(ctx, "close what was open", slog.String("error", err.Error()))
	}
}

// now is as exact as the stores are, so that a time which was stored is the one that is remembered.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
