package event_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/roadstead/roadstead/internal/event"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func TestSubscriberReceivesOnlyMatchingTopics(t *testing.T) {
	t.Parallel()
	published := []event.Notice{
		{Topic: "pods/1/shop", Revision: 3},
		{Topic: "pods/2/shop", Revision: 4},
		{Topic: "operation/9", Revision: 5},
	}
	tests := map[string]struct {
		match event.Match
		want  []event.Notice
	}{
		"one topic":      {event.Topics("pods/2/shop"), published[1:2]},
		"several topics": {event.Topics("operation/9", "pods/1/shop"), []event.Notice{published[0], published[2]}},
		"a prefix":       {event.Under("pods/"), published[:2]},
		"everything":     {event.Under(""), published},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bus := event.NewBus()
			notices, cancel := bus.Subscribe(t.Context(), test.match)
			defer cancel()

			bus.Publish(t.Context(), published...)

			if diff := cmp.Diff(test.want, receive(notices, len(test.want))); diff != "" {
				t.Errorf("received (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSlowSubscriberGetsTheLatestOfEachTopic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bus := event.NewBus()
		notices, cancel := bus.Subscribe(t.Context(), event.Under(""))
		defer cancel()

		for revision := range int64(1000) {
			bus.Publish(t.Context(), event.Notice{Topic: "a", Revision: revision}, event.Notice{Topic: "b", Revision: -revision})
			synctest.Wait() // the pump is offering what it has; nobody receives
		}

		want := []event.Notice{{Topic: "a", Revision: 999}, {Topic: "b", Revision: -999}}
		if diff := cmp.Diff(want, receive(notices, 2)); diff != "" {
			t.Errorf("received (-want +got):\n%s", diff)
		}
		synctest.Wait()
		select {
		case n := <-notices:
			t.Errorf("received %v after the latest of each topic", n)
		default:
		}
	})
}

func TestBusyTopicDoesNotStarveAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bus := event.NewBus()
		notices, cancel := bus.Subscribe(t.Context(), event.Under(""))
		defer cancel()

		bus.Publish(t.Context(), event.Notice{Topic: "busy", Revision: 1}, event.Notice{Topic: "quiet", Revision: 1})
		synctest.Wait()
		first := <-notices
		bus.Publish(t.Context(), event.Notice{Topic: "busy", Revision: 2})
		synctest.Wait()

		got := []string{first.Topic, (<-notices).Topic, (<-notices).Topic}
		if diff := cmp.Diff([]string{"busy", "quiet", "busy"}, got); diff != "" {
			t.Errorf("order of topics (-want +got):\n%s", diff)
		}
	})
}

func TestSubscriptionEnds(t *testing.T) {
	t.Parallel()
	tests := map[string]func(endContext, cancel func()){
		"by cancel":          func(_, cancel func()) { cancel() },
		"by its context":     func(endContext, _ func()) { endContext() },
		"by both, and again": func(endContext, cancel func()) { cancel(); endContext(); cancel() },
	}
	for name, end := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bus := event.NewBus()
			ctx, endContext := context.WithCancel(t.Context())
			defer endContext()
			notices, cancel := bus.Subscribe(ctx, event.Under(""))

			end(endContext, cancel)

			for range notices { // until the channel is closed
			}
			bus.Publish(t.Context(), event.Notice{Topic: "late"})
		})
	}
}

func TestHooksSeeWhatIsPublishedHereAndNotWhatIsDelivered(t *testing.T) {
	t.Parallel()
	bus := event.NewBus()
	var bridged []event.Notice
	bus.OnPublish(func(_ context.Context, notices []event.Notice) { bridged = append(bridged, notices...) })
	notices, cancel := bus.Subscribe(t.Context(), event.Under(""))
	defer cancel()

	ours, theirs := event.Notice{Topic: "ours", Revision: 1}, event.Notice{Topic: "theirs", Revision: 2}
	bus.Publish(t.Context(), ours)
	bus.Deliver(theirs)

	if diff := cmp.Diff([]event.Notice{ours, theirs}, receive(notices, 2)); diff != "" {
		t.Errorf("received (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]event.Notice{ours}, bridged); diff != "" {
		t.Errorf("bridged (-want +got):\n%s", diff)
	}
}

func TestEveryPublisherIsHeard(t *testing.T) {
	t.Parallel()
	const publishers = 8
	bus := event.NewBus()
	topics := []string{"0", "1", "2", "3", "4", "5", "6", "7"}
	notices, cancel := bus.Subscribe(t.Context(), event.Topics(topics...))
	defer cancel()

	var published sync.WaitGroup
	for _, topic := range topics {
		published.Go(func() {
			for revision := range int64(200) {
				bus.Publish(t.Context(), event.Notice{Topic: topic, Revision: revision + 1})
			}
		})
	}

	latest := make(map[string]int64, publishers)
	for complete := 0; complete < publishers; {
		n := <-notices
		if n.Revision <= latest[n.Topic] {
			t.Fatalf("topic %s went from revision %d back to %d", n.Topic, latest[n.Topic], n.Revision)
		}
		latest[n.Topic] = n.Revision
		if n.Revision == 200 {
			complete++
		}
	}
	published.Wait()
}

func receive(notices <-chan event.Notice, count int) []event.Notice {
	received := make([]event.Notice, 0, count)
	for range count {
		received = append(received, <-notices)
	}
	return received
}
