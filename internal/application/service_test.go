package application_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/work"
)

func TestService_refuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		req  application.InstallRequest
		want apperr.Code
	}{
		"an unknown application": {application.InstallRequest{Name: "nothing"}, apperr.ApplicationUnknown},
		"a version range":        {application.InstallRequest{Name: "web", Version: "^1"}, apperr.ValidationFailed},
		"values as a list":       {application.InstallRequest{Name: "web", Values: []byte("- a")}, apperr.ValuesRefused},
		"broken values":          {application.InstallRequest{Name: "web", Values: []byte("a: [")}, apperr.ValuesRefused},
		"two documents":          {application.InstallRequest{Name: "web", Values: []byte("a: 1\n---\nb: 2")}, apperr.ValuesRefused},
		"huge values":            {application.InstallRequest{Name: "web", Values: []byte("a: " + strings.Repeat("x", 1<<20))}, apperr.ValuesRefused},
		"all rights unasked":     {application.InstallRequest{Name: "admin"}, apperr.RightsMissing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			tc.req.ClusterID = clusterID
			_, err := w.service.Install(t.Context(), tc.req)
			if got := apperr.CodeOf(err); got != tc.want {
				t.Errorf("code %q, want %q (%v)", got, tc.want, err)
			}
			if len(w.store.state.operations)+len(w.store.state.applications) > 0 {
				t.Error("something was stored")
			}
		})
	}
}

func TestService_oneOperationAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	op := w.install(application.InstallRequest{Name: "web"})
	_, err := w.service.Install(t.Context(), application.InstallRequest{ClusterID: clusterID, Name: "web"})
	if apperr.CodeOf(err) != apperr.OperationInProgress {
		t.Errorf("a second install: %v", err)
	}
	_, err = w.service.Uninstall(t.Context(), application.UninstallRequest{ClusterID: clusterID, Name: "web"})
	if apperr.CodeOf(err) != apperr.OperationInProgress {
		t.Errorf("an uninstall: %v", err)
	}
	ref := work.Ref{Kind: application.KindOperation, Object: op.ID, Cluster: clusterID}
	if _, ok := w.store.state.due[ref]; !ok {
		t.Error("the operation is not due")
	}
	want := []string{"application/7", application.OperationTopic(op.ID)}
	if diff := cmp.Diff(want, w.store.notices); diff != "" {
		t.Errorf("notices (-want +got):\n%s", diff)
	}
}

func TestService_uninstallNeedsSomethingInstalled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.service.Uninstall(t.Context(), application.UninstallRequest{ClusterID: clusterID, Name: "web"})
	if apperr.CodeOf(err) != apperr.ApplicationState {
		t.Errorf("got %v", err)
	}
}

func TestService_consentIsForOneOperation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	op := w.end(w.install(application.InstallRequest{Name: "admin", Admin: true}))
	if !op.Admin || op.Phase != application.PhaseSucceeded {
		t.Fatalf("with consent: %+v", op)
	}
	_, err := w.service.Uninstall(t.Context(), application.UninstallRequest{ClusterID: clusterID, Name: "admin"})
	if apperr.CodeOf(err) != apperr.RightsMissing {
		t.Errorf("the uninstall without consent: %v", err)
	}
}

func TestService_valuesAreSealedToTheirOperation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	op := w.install(application.InstallRequest{Name: "web", Values: []byte("password: hunter22")})
	sealed, err := w.store.SealedValues(t.Context(), op.ID)
	if want := fmt.Sprintf("%d:password: hunter22", op.ID); err != nil || string(sealed) != want {
		t.Errorf("stored %q, %v, want what the sealer made: %q", sealed, err, want)
	}
}

func TestService_Applications(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.end(w.install(application.InstallRequest{Name: "web", Version: "0.9.0"}))
	views, err := w.service.Applications(t.Context(), clusterID)
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]application.State{}
	for _, v := range views {
		states[v.Entry.Name] = v.Application.State
		if v.Entry.Name == "web" && (!v.UpdateAvailable || v.Operation == nil) {
			t.Errorf("web has no update or no operation: %+v", v)
		}
	}
	if states["web"] != application.Installed || states["starter"] != application.Installable {
		t.Errorf("states %v", states)
	}
}

// A cluster is not given up while a pod of ours may run there.
func TestService_Busy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for step, tc := range []struct {
		do   func()
		want bool
	}{
		{func() {}, false},
		{func() { w.install(application.InstallRequest{Name: "web"}) }, true},
		{func() { w.end(w.install(application.InstallRequest{Name: "starter"})) }, true},
	} {
		tc.do()
		if busy, err := w.service.Busy(t.Context(), clusterID); err != nil || busy != tc.want {
			t.Errorf("after step %d busy is %v, %v", step, busy, err)
		}
	}
}

// What is installed stays there when its entry leaves the catalog, and can
// still be removed.
func TestService_entryGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.end(w.install(application.InstallRequest{Name: "web"}))
	var err error
	if w.service.Known, err = application.LoadCatalog(""); err != nil {
		t.Fatal(err)
	}
	if op := w.end(w.uninstall("web")); op.Phase != application.PhaseSucceeded {
		t.Errorf("the uninstall ended with code %q", op.Code)
	}
}
