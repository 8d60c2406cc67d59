package storetest_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/idempotency"
	"github.com/roadstead/roadstead/internal/setting"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/storetest"
)

// keyring is keys over a store, at a time that the test sets.
type keyring struct {
	idempotency.Keys

	db  *store.DB
	now time.Time
}

// eachKeyring runs a test on each database.
func eachKeyring(t *testing.T, test func(t *testing.T, k *keyring)) {
	t.Helper()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := &keyring{db: storetest.Open(t, config(t)), now: time.Now()}
			k.Keys = idempotency.Keys{Store: k.db.Idempotency(), Now: func() time.Time { return k.now }}
			test(t, k)
		})
	}
}

// begin claims a key.
func (k *keyring) begin(t *testing.T, r idempotency.Request) idempotency.Claim {
	t.Helper()
	claim, before, err := k.Begin(t.Context(), r)
	check(t, err)
	if before != nil {
		t.Fatalf("the request ran before: %+v", before)
	}
	return claim
}

func made() idempotency.Request {
	return idempotency.Request{
		UserID: auth.AdministratorID, Key: "one", Method: "POST", Target: "/api/v1/groups?x=1", Body: []byte(`{"path": "acme"}`),
	}
}

func created() idempotency.Answer {
	return idempotency.Answer{Status: 201, ContentType: "application/json", Body: []byte(`{"id": 1}`)}
}

func TestOneOfTwentyClaimsAKey(t *testing.T) {
	t.Parallel()
	eachKeyring(t, func(t *testing.T, k *keyring) {
		codes := make([]apperr.Code, 20)
		var all sync.WaitGroup
		start := make(chan struct{})
		for i := range codes {
			all.Go(func() {
				<-start
				_, before, err := k.Begin(t.Context(), made())
				if codes[i] = apperr.CodeOf(err); before != nil {
					t.Error("an answer before there was one")
				}
			})
		}
		close(start)
		all.Wait()
		got := map[apperr.Code]int{}
		for _, code := range codes {
			got[code]++
		}
		if diff := cmp.Diff(map[apperr.Code]int{"": 1, apperr.IdempotencyInProgress: 19}, got); diff != "" {
			t.Errorf("outcomes (-want +got):\n%s", diff)
		}
	})
}

func TestARepeatGetsTheFirstAnswer(t *testing.T) {
	t.Parallel()
	eachKeyring(t, func(t *testing.T, k *keyring) {
		check(t, k.End(t.Context(), k.begin(t, made()), created()))
		_, before, err := k.Begin(t.Context(), made())
		check(t, err)
		if diff := cmp.Diff(created(), *before); diff != "" {
			t.Errorf("answer (-want +got):\n%s", diff)
		}
		before, err = k.Answered(t.Context(), made())
		check(t, err)
		if diff := cmp.Diff(created(), *before); diff != "" {
			t.Errorf("answer that is only looked for (-want +got):\n%s", diff)
		}
		for name, change := range map[string]func(*idempotency.Request){
			"method":                       func(r *idempotency.Request) { r.Method = "PUT" },
			"path":                         func(r *idempotency.Request) { r.Target = "/api/v1/projects?x=1" },
			"query":                        func(r *idempotency.Request) { r.Target = "/api/v1/groups?x=2" },
			"body":                         func(r *idempotency.Request) { r.Body = []byte(`{"path": "acme" }`) },
			"a part that ran into another": func(r *idempotency.Request) { r.Method, r.Target = "POS", "T/api/v1/groups?x=1" },
		} {
			other := made()
			change(&other)
			_, _, err := k.Begin(t.Context(), other)
			if apperr.CodeOf(err) != apperr.IdempotencyKeyReused {
				t.Errorf("another %s under the key: %v", name, err)
			}
		}
	})
}

func TestKeysOfOthersAreNoneOfOnes(t *testing.T) {
	t.Parallel()
	eachKeyring(t, func(t *testing.T, k *keyring) {
		check(t, k.End(t.Context(), k.begin(t, made()), created()))
		var other auth.User
		check(t, k.db.Auth().Atomically(t.Context(), func(tx auth.Tx) (err error) {
			other, err = tx.InsertUser(t.Context(), auth.User{Username: "ada", Name: "Ada", Kind: auth.Person, State: auth.Active, CreatedAt: k.now})
			return err
		}))
		his := made()
		his.UserID, his.Body = other.ID, []byte("other")
		check(t, k.End(t.Context(), k.begin(t, his), idempotency.Answer{Status: 204}))
	})
}

func TestAClaimEndsWithItsServer(t *testing.T) {
	t.Parallel()
	eachKeyring(t, func(t *testing.T, k *keyring) {
		held := made()
		held.Wait = time.Minute
		died := k.begin(t, held)
		if lasts := died.Until.Sub(k.now); lasts > 2*time.Minute || !died.Deadline().Before(died.Until) {
			t.Errorf("the claim lasts %s, its request until %s", lasts, died.Deadline())
		}
		k.now = died.Until
		_, _, err := k.Begin(t.Context(), held)
		wantCode(t, err, apperr.IdempotencyInProgress)

		k.now = died.Until.Add(time.Microsecond)
		other := held
		other.Body = nil
		_, _, err = k.Begin(t.Context(), other)
		wantCode(t, err, apperr.IdempotencyKeyReused)
		if before, err := k.Answered(t.Context(), held); before != nil || err != nil {
			t.Errorf("what a dead request was answered: %v, %v", before, err)
		}
		second := k.begin(t, held)
		// The first one was only slow, and comes too late.
		check(t, k.End(t.Context(), died, idempotency.Answer{Status: 409}))
		check(t, k.End(t.Context(), died, idempotency.Answer{Status: 500}))
		_, _, err = k.Begin(t.Context(), held)
		wantCode(t, err, apperr.IdempotencyInProgress)
		check(t, k.End(t.Context(), second, created()))
		_, before, err := k.Begin(t.Context(), held)
		check(t, err)
		if before.Status != created().Status {
			t.Errorf("status %d is that of the claim that was taken over", before.Status)
		}
	})
}

func TestAnswersThatAreNotKept(t *testing.T) {
	t.Parallel()
	eachKeyring(t, func(t *testing.T, k *keyring) {
		large := strings.Repeat("x", idempotency.MaxAnswer)
		for name, test := range map[string]struct {
			answer idempotency.Answer
			want   apperr.Code // of a repeat; free for a key that may be claimed again
		}{
			"largest":      {idempotency.Answer{Status: 200, Body: []byte(large)}, ""},
			"too large":    {idempotency.Answer{Status: 200, Body: []byte(large + "x")}, apperr.IdempotencyAnswerNotKept},
			"secret":       {idempotency.Answer{Status: 201, Body: []byte("rsd_secret"), Secret: true}, apperr.IdempotencyAnswerNotKept},
			"empty":        {idempotency.Answer{Status: 204}, ""},
			"refusal":      {idempotency.Answer{Status: 409, Body: []byte("{}")}, ""},
			"come later":   {idempotency.Answer{Status: 429, Body: []byte("{}")}, "free"},
			"our failure":  {idempotency.Answer{Status: 500, Body: []byte("{}")}, "free"},
			"unavailable":  {idempotency.Answer{Status: 503, Body: []byte("{}")}, "free"},
			"not in time":  {idempotency.Answer{Status: 504, Body: []byte("{}")}, "free"},
			"their status": {idempotency.Answer{Status: 502, Body: []byte("{}")}, "free"},
		} {
			request := made()
			request.Key = name
			check(t, k.End(t.Context(), k.begin(t, request), test.answer))
			claim, before, err := k.Begin(t.Context(), request)
			switch {
			case test.want == "free":
				if err != nil || before != nil || len(claim.ID) == 0 {
					t.Errorf("%s: %v, %v", name, before, err)
				}
			case test.want != "":
				wantCode(t, err, test.want)
			case err != nil || before.Status != test.answer.Status || string(before.Body) != string(test.answer.Body):
				t.Errorf("%s: %+v, %v", name, before, err)
			}
		}
	})
}

func TestKeysAreForgotten(t *testing.T) {
	t.Parallel()
	eachKeyring(t, func(t *testing.T, k *keyring) {
		check(t, k.End(t.Context(), k.begin(t, made()), created()))
		old := k.now
		k.now = old.Add(idempotency.KeepFor)
		if _, before, err := k.Begin(t.Context(), made()); before == nil || err != nil {
			t.Errorf("after a day: %v, %v", before, err)
		}
		k.now = k.now.Add(time.Microsecond)
		if before, err := k.Answered(t.Context(), made()); before != nil || err != nil {
			t.Errorf("after more than a day: %v, %v", before, err)
		}
		other := made()
		other.Body = nil
		k.begin(t, other) // the key is free for anything

		past := made()
		past.Key, k.now = "past", old.Add(-idempotency.KeepFor-time.Minute)
		check(t, k.End(t.Context(), k.begin(t, past), created()))
		check(t, k.db.Sweep(t.Context(), setting.Default().KeepOperations()))
		if before, err := k.Answered(t.Context(), past); before != nil || err != nil {
			t.Errorf("after the sweep: %v, %v", before, err)
		}
		k.now = old
		if before, _ := k.Answered(t.Context(), past); before != nil {
			t.Error("the sweep left an old key")
		}
	})
}

func TestAUserHasSoManyKeys(t *testing.T) {
	t.Parallel()
	eachKeyring(t, func(t *testing.T, k *keyring) {
		running := made()
		running.Key = "running"
		k.begin(t, running)
		request := func(i int) idempotency.Request {
			r := made()
			r.Key = strconv.Itoa(i)
			return r
		}
		const latest = 3
		for i := range 5 {
			k.now = k.now.Add(time.Second)
			check(t, k.db.Idempotency().AnswerKey(t.Context(), idempotency.Entry{
				Claim: k.begin(t, request(i)), Answered: true, Kept: true, Answer: created(),
			}, latest))
		}
		for i := range 5 {
			before, err := k.Answered(t.Context(), request(i))
			check(t, err)
			if kept := before != nil; kept != (i >= 2) {
				t.Errorf("request %d is kept: %t", i, kept)
			}
		}
		_, _, err := k.Begin(t.Context(), running)
		wantCode(t, err, apperr.IdempotencyInProgress)
	})
}

// TestKeysAreFoundByAnIndex asks SQLite how it would answer: every change asks twice.
func TestKeysAreFoundByAnIndex(t *testing.T) {
	t.Parallel()
	db, _ := storetest.Open(t, storetest.SQLiteConfig(t)).Handles()
	text := string(must(os.ReadFile(filepath.Join("..", "store", "queries", "idempotency.sql")))(t))
	for _, query := range strings.Split(text, "-- name: ")[1:] {
		name, query, _ := strings.Cut(query, " ")
		_, query, _ = strings.Cut(query, "\n")
		plan := strings.Join(planOf(t, db, parameter.ReplaceAllString(strings.TrimSuffix(query, ";"), "1")), "\n")
		if strings.Contains(plan, "SCAN") || strings.Contains(plan, "TEMP B-TREE") || plan == "" && name != "ClaimKey" {
			t.Errorf("%s:\n%s", name, plan)
		}
	}
}
