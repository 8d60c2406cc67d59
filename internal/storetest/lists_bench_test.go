package storetest_test

import (
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/storetest"
)

func TestSeedTime(t *testing.T) {
	for name, config := range storetest.Databases() {
		db := storetest.Open(t, config(t))
		began := time.Now()
		storetest.Seed(t, db, storetest.Large())
		t.Log(name, time.Since(began))
	}
}
