package run

import (
	"context"
	"fmt"
	"time"

	"github.com/roadstead/roadstead/installer/internal/logline"
	"github.com/roadstead/roadstead/installer/internal/mask"
	"github.com/roadstead/roadstead/installer/internal/pod"
	"github.com/roadstead/roadstead/installer/internal/request"
	"github.com/roadstead/roadstead/installer/internal/values"
	"github.com/roadstead/roadstead/installer/internal/verdict"
)

// Exit codes of the program.
const (
	exitSucceeded  = 0
	exitFailed     = 1
	exitUnreadable = 2 // there is no request to carry out
)

const (
	// windDown is how long an operation may take to record that it was interrupted. With the rest of the
	// shutdown it stays within five seconds.
	windDown = 3500 * time.Millisecond
	// overrun is how long an operation may go on after its time is over. Every part of it ends earlier, unless
	// the API server neither answers nor hangs up.
	overrun = 45 * time.Second
)

// Pod is what the program finds itself in.
type Pod struct {
	Files   pod.Layout
	APIHost string
	APIPort string
}

// Run carries out the request of the pod until the context ends, which means that it is interrupted. It leaves
// its verdict in the termination message and returns the exit code.
func Run(ctx context.Context, p Pod, log *logline.Log) int {
	defer log.Close()
	given, valuesErr := values.Load(p.Files.Values(), p.Files.UserValues())
	secrets := mask.New(append(mask.Values(given.User()), fileText(p.Files.Token()))...)
	log.SetMask(secrets)
	log.Start(logline.Prepare, "reading the request")
	req, err := request.Read(p.Files.Request())
	if err != nil {
		return unreadable(p, log, err)
	}
	o := &operation{
		pod: p, log: log, mask: secrets, request: req,
		values: given, valuesErr: valuesErr,
		verdict: verdict.Verdict{Operation: req.Operation, Outcome: verdict.Succeeded},
	}
	return finish(p, log, o.supervise(ctx))
}

// unreadable ends the program before there is an operation.
func unreadable(p Pod, log *logline.Log, err error) int {
	log.Failed(err.Error())
	v := verdict.Verdict{Step: string(logline.Prepare)}
	v.Fail(verdict.InstallFailed, []string{"request.json"}, keep)
	finish(p, log, v)
	return exitUnreadable
}

func keep(s string) string { return s }

// finish writes the verdict, as the last line and as the termination message.
func finish(p Pod, log *logline.Log, v verdict.Verdict) int {
	text := string(v.Outcome)
	if v.Code != "" {
		text = fmt.Sprintf("%s: %s in step %s %v", v.Outcome, v.Code, v.Step, v.Detail)
	}
	log.Start(logline.Done, "writing the verdict")
	if err := v.Write(p.Files.Termination()); err != nil {
		log.Failed(err.Error())
		return exitFailed
	}
	if v.Outcome == verdict.Failed {
		log.Failed(text)
		return exitFailed
	}
	log.Succeeded(text)
	return exitSucceeded
}

// supervise runs the operation and waits for its end, but not for ever: parts of Helm do not know how to stop.
func (o *operation) supervise(ctx context.Context) verdict.Verdict {
	limited, cancel := context.WithTimeout(ctx, o.request.Timeout())
	defer cancel()
	done := make(chan verdict.Verdict, 1)
	go func() { done <- o.execute(limited) }()
	select {
	case v := <-done:
		return v
	case <-time.After(o.request.Timeout() + overrun):
		return o.abandoned(verdict.ClusterTimeout)
	case <-ctx.Done():
	}
	o.log.Runningf("asked to stop")
	select {
	case v := <-done:
		return v
	case <-time.After(windDown):
		return o.abandoned(verdict.Interrupted)
	}
}

// abandoned is the verdict on an operation that is left running, without looking at what it is changing.
func (o *operation) abandoned(code verdict.Code) verdict.Verdict {
	v := verdict.Verdict{Operation: o.request.Operation, Step: string(o.log.Step())}
	v.Fail(code, nil, keep)
	return v
}
