package storetest_test

import (
	"testing"

	"github.com/roadstead/roadstead/internal/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }
