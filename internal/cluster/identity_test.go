package cluster_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/work"
)

const (
	pastedToken = "pasted for https://api.example.com:6443"
	firstToken  = "token-1 for https://api.example.com:6443"
	secondToken = "token-2 for https://api.example.com:6443"
)

func TestAdoptedIdentityTakesThePlaceOfWhatWasPasted(t *testing.T) {
	t.Parallel()
	w := adopted(t)
	w.wantSealed(firstToken)
	if w.row.Generation != 2 || len(w.invalidated) != 1 {
		t.Errorf("generation %d, invalidated %v", w.row.Generation, w.invalidated)
	}
	if life := w.identity.RotateAt.Sub(w.now); life > 30*24*time.Hour || life < 27*24*time.Hour {
		t.Errorf("the next token is due in %s", life)
	}
	if _, err := w.service.Adopt(t.Context(), 7, nil); apperr.CodeOf(err) != apperr.Conflict {
		t.Errorf("adopting again: %v", err)
	}
}

// Whatever stands in the way of an adoption, the pasted credential stays in use.
func TestAdoptionThatFailsLeavesThePastedCredential(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		trouble func(w *world)
		state   cluster.IdentityState
		code    apperr.Code
	}{
		"rights are missing":    {func(w *world) { w.missing = []string{"create namespaces"} }, cluster.IdentityRefused, apperr.RightsMissing},
		"the cluster forbids":   {func(w *world) { w.failure = apperr.Of(apperr.ClusterForbidden) }, cluster.IdentityRefused, apperr.RightsMissing},
		"a foreign namespace":   {func(w *world) { w.failure = apperr.Of(apperr.NamespaceForeign) }, cluster.IdentityRefused, apperr.NamespaceForeign},
		"the cluster is away":   {func(w *world) { w.failure = apperr.Of(apperr.ClusterTimeout) }, cluster.IdentityPreparing, apperr.ClusterTimeout},
		"the token is not ours": {func(w *world) { w.unproven = true }, cluster.IdentityRefused, apperr.IdentityUnproven},
		"no token comes":        {func(w *world) { w.unfilled = true }, cluster.IdentityRefused, apperr.IdentityNoToken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if _, err := w.service.Adopt(t.Context(), 7, nil); err != nil {
				t.Fatal(err)
			}
			tc.trouble(w)
			_, _ = w.step() // an error means that it is tried again
			w.now = w.now.Add(time.Minute)
			_, _ = w.step()
			w.wantState(tc.state, tc.code)
			w.wantSealed(pastedToken)
			if w.row.Generation != 1 {
				t.Errorf("the generation is %d", w.row.Generation)
			}
			if diff := cmp.Diff(w.missing, w.identity.Detail); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A cluster fills Secrets and applies rights behind our back, which takes it a moment.
func TestAdoptionIsPatientWithTheCluster(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.unproven = true
	if _, err := w.service.Adopt(t.Context(), 7, nil); err != nil {
		t.Fatal(err)
	}
	next, err := w.step()
	if err != nil || next.IsDone() || next.Delay() > time.Second {
		t.Errorf("the step ends with %+v %v", next, err)
	}
	w.wantState(cluster.IdentityProving, "")
	w.unproven = false
	_, _ = w.step()
	w.wantState(cluster.IdentityOwn, "")
}

// Somebody enters another token while ours proves itself. His stays: the proof was about another platform.
func TestAdoptionGivesWayToAnEdit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.service.Adopt(t.Context(), 7, nil); err != nil {
		t.Fatal(err)
	}
	w.meanwhile = func() {
		if _, err := w.service.Edit(t.Context(), 7, cluster.EditRequest{Token: value("newer")}); err != nil {
			t.Error(err)
		}
	}
	if next, err := w.step(); err != nil || next.IsDone() {
		t.Errorf("the step ends with %+v %v", next, err)
	}
	w.wantSealed("newer for https://api.example.com:6443")
	w.wantState(cluster.IdentityPreparing, "")
}

func TestRotation(t *testing.T) {
	t.Parallel()
	w := adopted(t)
	w.now = w.now.Add(time.Minute)
	next, err := w.step()
	if err != nil || next.Delay() < 26*24*time.Hour {
		t.Fatalf("the next look is in %s, %v", next.Delay(), err)
	}
	w.now = w.identity.RotateAt
	if _, err := w.step(); err != nil {
		t.Fatal(err)
	}
	w.wantSealed(secondToken)
	w.wantSecrets(1, 2) // calls on their way still have the old one
	w.now = w.now.Add(time.Minute)
	_, _ = w.step()
	w.wantSecrets(2)
	if w.row.Generation != 3 || w.identity.Since.Equal(w.identity.TokenSince) {
		t.Errorf("generation %d, %+v", w.row.Generation, w.identity)
	}
}

func TestRotationThatFailsKeepsTheOldToken(t *testing.T) {
	t.Parallel()
	for _, code := range []apperr.Code{apperr.ClusterTimeout, apperr.ClusterForbidden, apperr.NamespaceForeign} {
		w := adopted(t)
		if _, err := w.service.Rotate(t.Context(), 7); err != nil {
			t.Fatal(err)
		}
		w.failure = apperr.Of(code)
		w.now = w.now.Add(time.Minute)
		if _, err := w.step(); err == nil {
			t.Errorf("%s: the failed rotation is not tried again", code)
		}
		w.wantSealed(firstToken)
		if w.identity.State != cluster.IdentityRotating || w.identity.Code == "" {
			t.Errorf("the identity is %+v", w.identity)
		}
		w.failure = nil
		_, _ = w.step()
		w.wantState(cluster.IdentityOwn, "")
		w.wantSealed(secondToken)
	}
}

func TestRotationNeedsAnIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.service.Rotate(t.Context(), 7); apperr.CodeOf(err) != apperr.Conflict {
		t.Errorf("Rotate: %v", err)
	}
}

// The process dies after the identity was deleted and before it knows. Its token is dead then, which must not hold
// the removal up; before, a dead token must not look like one of these.
func TestRemovalTakesTheIdentityLast(t *testing.T) {
	t.Parallel()
	w := adopted(t)
	claim := work.Claim{Ref: work.Ref{Kind: cluster.RemoveKind, Object: 7, Cluster: 7}}
	w.row.State, w.uncleared = cluster.Removing, true
	if _, err := w.service.StepRemove(t.Context(), claim); err != nil || w.dissolved {
		t.Fatalf("the identity goes before what it is needed for: %v", err)
	}
	w.uncleared, w.failure = false, apperr.Of(apperr.ClusterUnauthorized)
	if _, err := w.service.StepRemove(t.Context(), claim); err == nil || w.deleted {
		t.Error("the cluster is forgotten with our objects in it")
	}
	w.failure = nil
	for range 2 {
		_, _ = w.service.StepRemove(t.Context(), claim)
	}
	if !w.dissolved || !w.deleted {
		t.Errorf("dissolved %t, deleted %t", w.dissolved, w.deleted)
	}
}

func TestIdentitiesOfTwoRegistrationsDoNotMeet(t *testing.T) {
	t.Parallel()
	here, there := cluster.Service{Installation: "0a1b2c3d-1"}, cluster.Service{Installation: "9f8e7d6c-1"}
	names := map[string]bool{
		here.IdentitySpec(1, nil).Namespace: true, here.IdentitySpec(2, nil).Namespace: true, there.IdentitySpec(1, nil).Namespace: true,
	}
	if len(names) != 3 {
		t.Errorf("namespaces %v", names)
	}
}
