package apitest

import (
	"context"
	"slices"
	"sync"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/event"
)

// Applications holds applications and their operations. The application "broken" fails in a hook.
type Applications struct {
	bus        *event.Bus
	mu         sync.Mutex
	catalog    []application.Entry
	installed  map[string]application.Application
	operations []application.Operation
	logs       map[int64][]application.LogLine
	// Requests are the installs that came in.
	Requests []application.InstallRequest
	// Hold keeps operations from beginning until it is closed, when it is set.
	Hold chan struct{}
}

func newApplications(bus *event.Bus) *Applications {
	entry := func(name, title string) application.Entry {
		return application.Entry{
			Name: name, Title: title, Namespace: name, PodSecurity: "restricted",
			Chart:  application.ChartRef{Repository: "https://charts.example.com", Name: name, Version: "1.0.0"},
			Rights: application.Rights{Level: application.RightsNamespaced}, Origin: application.BuiltIn,
		}
	}
	return &Applications{
		bus: bus, installed: make(map[string]application.Application), logs: make(map[int64][]application.LogLine),
		catalog: []application.Entry{entry("broken", "Broken"), entry("web", "Web")},
	}
}

// Catalog implements [api.Applications].
func (s *Applications) Catalog(context.Context) ([]application.Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.catalog), nil
}

// Entry implements [api.Applications].
func (s *Applications) Entry(_ context.Context, name string) (application.Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.entry(name); i >= 0 {
		return s.catalog[i], nil
	}
	return application.Entry{}, apperr.Of(apperr.ApplicationUnknown)
}

func (s *Applications) entry(name string) int {
	return slices.IndexFunc(s.catalog, func(e application.Entry) bool { return e.Name == name })
}

// StoreEntry implements [api.Applications].
func (s *Applications) StoreEntry(_ context.Context, name string, text []byte) (application.Entry, error) {
	e, err := application.ParseEntry(text)
	if err == nil && e.Name != name {
		err = apperr.Of(apperr.ValidationFailed)
	}
	if err != nil {
		return application.Entry{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e.Origin = application.Stored
	if i := s.entry(name); i >= 0 {
		s.catalog[i] = e
	} else {
		s.catalog = append(s.catalog, e)
	}
	return e, nil
}

// RemoveEntry implements [api.Applications]. Nothing is below.
func (s *Applications) RemoveEntry(_ context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.entry(name)
	if i < 0 {
		return apperr.Of(apperr.ApplicationUnknown)
	}
	s.catalog = slices.Delete(s.catalog, i, i+1)
	return nil
}

// Applications implements [api.Applications].
func (s *Applications) Applications(ctx context.Context, clusterID int64) ([]application.View, error) {
	catalog, _ := s.Catalog(ctx)
	views := make([]application.View, 0, len(catalog))
	for _, e := range catalog {
		v, err := s.Application(ctx, clusterID, e.Name)
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, nil
}

// Application implements [api.Applications].
func (s *Applications) Application(_ context.Context, clusterID int64, name string) (application.View, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.catalog {
		if e.Name != name {
			continue
		}
		app, ok := s.installed[name]
		if !ok {
			app = application.Application{
				ClusterID: clusterID, Name: name, Namespace: e.Namespace, State: application.Installable,
			}
		}
		return application.View{Entry: e, Application: app}, nil
	}
	return application.View{}, apperr.Of(apperr.ApplicationUnknown)
}

// Install implements [api.Applications].
func (s *Applications) Install(ctx context.Context, r application.InstallRequest) (application.Operation, error) {
	view, err := s.Application(ctx, r.ClusterID, r.Name)
	if err != nil {
		return application.Operation{}, err
	}
	s.mu.Lock()
	s.Requests = append(s.Requests, r)
	s.mu.Unlock()
	return s.begin(ctx, view, application.Install), nil
}

// Uninstall implements [api.Applications].
func (s *Applications) Uninstall(ctx context.Context, r application.UninstallRequest) (application.Operation, error) {
	view, err := s.Application(ctx, r.ClusterID, r.Name)
	if err != nil {
		return application.Operation{}, err
	}
	if view.Application.State == application.Installable {
		return application.Operation{}, apperr.Of(apperr.ApplicationState)
	}
	return s.begin(ctx, view, application.Uninstall), nil
}

func (s *Applications) begin(ctx context.Context, v application.View, action application.Action) application.Operation {
	s.mu.Lock()
	defer s.mu.Unlock()
	op := application.Operation{
		ID: int64(len(s.operations) + 1), ClusterID: v.Application.ClusterID, Action: action,
		Phase: application.PhasePending, Entry: v.Entry, Version: v.Entry.Chart.Version, CreatedAt: past(),
	}
	s.operations = append(s.operations, op)
	app := v.Application
	app.State, app.OperationID, app.UpdatedAt = application.Scheduled, op.ID, past()
	s.installed[app.Name] = app
	go s.run(context.WithoutCancel(ctx), op.ID, s.Hold)
	return op
}

// run plays the worker and the install pod.
func (s *Applications) run(ctx context.Context, id int64, hold chan struct{}) {
	if hold != nil {
		<-hold
	}
	s.change(ctx, id, func(op *application.Operation, _ *application.Application) { op.Phase = application.PhasePreparing })
	s.change(ctx, id, func(op *application.Operation, _ *application.Application) { op.Phase = application.PhaseRunning })
	s.write(ctx, id, `time=2026-01-02T03:04:05.100Z seq=1 step=fetch state=started msg="fetching chart web 1.0.0"`)
	s.write(ctx, id, `time=2026-01-02T03:04:05.600Z seq=2 step=fetch state=succeeded msg="fetched"`)
	s.write(ctx, id, `time=2026-01-02T03:04:05.600Z seq=3 step=install state=started msg="installing"`)
	s.write(ctx, id, "helm| \x1b[31mcreating 3 resource(s)")
	s.change(ctx, id, finish)
}

// finish ends an operation as its application's name says.
func finish(op *application.Operation, app *application.Application) {
	op.StartedAt, op.FinishedAt = past(), past()
	switch {
	case op.Entry.Name == "broken":
		op.Phase, op.Code, op.Detail = application.PhaseFailed, apperr.HookFailed, []string{"job broken-pre-install"}
		app.State, app.Code = application.Errored, apperr.HookFailed
	case op.Action == application.Uninstall:
		op.Phase, app.State = application.PhaseSucceeded, application.Installable
	default:
		op.Phase, app.State, app.Version = application.PhaseSucceeded, application.Installed, op.Version
	}
}

func (s *Applications) change(ctx context.Context, id int64, edit func(*application.Operation, *application.Application)) {
	s.mu.Lock()
	op := &s.operations[id-1]
	app := s.installed[op.Entry.Name]
	edit(op, &app)
	s.installed[op.Entry.Name] = app
	s.mu.Unlock()
	s.bus.Publish(ctx, event.Notice{Topic: application.OperationTopic(id)})
}

// FinishUnnoticed ends the latest operation and publishes nothing.
func (s *Applications) FinishUnnoticed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	op := &s.operations[len(s.operations)-1]
	app := s.installed[op.Entry.Name]
	finish(op, &app)
}

func (s *Applications) write(ctx context.Context, id int64, text string) {
	s.mu.Lock()
	seq := int64(len(s.logs[id]) + 1)
	s.logs[id] = append(s.logs[id], application.LogLine{Seq: seq, Text: text})
	s.mu.Unlock()
	s.bus.Publish(ctx, event.Notice{Topic: application.LogTopic(id)})
}

// RightsManifest implements [api.Applications].
func (s *Applications) RightsManifest(_ context.Context, name, home string) (string, error) {
	return "kind: ClusterRole\nmetadata: {name: roadstead-app-" + name + "}\n# for the account in " + home + "\n", nil
}

// Operation implements [api.Applications].
func (s *Applications) Operation(_ context.Context, id int64) (application.Operation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id < 1 || id > int64(len(s.operations)) {
		return application.Operation{}, apperr.Of(apperr.NotFound)
	}
	return s.operations[id-1], nil
}

// Log implements [api.Applications].
func (s *Applications) Log(_ context.Context, id, from int64, limit int) ([]application.LogLine, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return after(s.logs[id], from, limit), nil
}
