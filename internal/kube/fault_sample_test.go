package kube_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// full says that the long loops run whole.
func full() bool { return os.Getenv("ROADSTEAD_TEST_FULL") != "" }

// seeded runs a test whose choices are random under a name that tells the seed; ROADSTEAD_TEST_SEED repeats one.
func seeded(t *testing.T, test func(t *testing.T, random *rand.Rand)) {
	t.Helper()
	seed := uint64(time.Now().UnixNano()) % 1_000_000
	if text := os.Getenv("ROADSTEAD_TEST_SEED"); text != "" {
		parsed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed = parsed
	}
	t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
		test(t, rand.New(rand.NewPCG(seed, 1)))
	})
}

// sampleOf is the numbers below n in order: all in a full run, else the first, the last, and some between.
func sampleOf(random *rand.Rand, n, some int) []int {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	if full() || n <= some {
		return numbers
	}
	picked := map[int]bool{0: true, n - 1: true}
	for len(picked) < some {
		picked[random.IntN(n)] = true
	}
	sample := make([]int, 0, some)
	for _, i := range numbers {
		if picked[i] {
			sample = append(sample, i)
		}
	}
	return sample
}
