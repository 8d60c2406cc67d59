package work

import (
	"context"
	"log/slog"
	"time"
)

// renew keeps the leases of all followers of this process until ctx ends, in
// one statement each time however many there are.
func (s *Supervisor) renew(ctx context.Context) {
	tick := time.NewTicker(RenewEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.renewAll(ctx)
		}
	}
}

func (s *Supervisor) renewAll(ctx context.Context) {
	running := s.leased()
	if len(running) == 0 {
		return
	}
	held, err := s.leases.RenewFollows(ctx, s.owner, Lease)
	if err != nil {
		if ctx.Err() == nil {
			s.log.WarnContext(ctx, "renew the leases of followers", slog.String("error", err.Error()))
		}
		return
	}
	for key, epoch := range running {
		if held[key] != epoch {
			s.lost(key, epoch)
		}
	}
	for key, epoch := range held {
		if !s.known(key) {
			_ = s.leases.ReleaseFollow(ctx, key, s.owner, epoch) // else with the next renewal
		}
	}
}

// leased lists the epochs of the followers that run, by key.
func (s *Supervisor) leased() map[string]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	epochs := make(map[string]int64, len(s.running))
	for key, f := range s.running {
		if !f.ended && f.epoch != 0 {
			epochs[key] = f.epoch
		}
	}
	return epochs
}

// lost stops the follower whose lease another process holds by now, unless it
// has been started anew meanwhile.
func (s *Supervisor) lost(key string, epoch int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.running[key]; f != nil && f.epoch == epoch {
		f.cancel()
	}
}

// known reports whether a follower of the key runs or is being started.
func (s *Supervisor) known(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.running[key]
	return f != nil && !f.ended
}
