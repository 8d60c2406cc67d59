package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"
)

// Periodic is a task that runs at start and from then on once in each span,
// in one of the processes that share a database.
type Periodic struct {
	// Name tells the tasks apart.
	Name  string
	Every time.Duration
	Run   func(ctx context.Context) error
}

type periodicArgs struct {
	Name string `json:"name"`
}

// Kind names the job.
func (periodicArgs) Kind() string { return "periodic" }

// InsertOpts keeps a task from being queued twice. A failed run waits for the
// next one.
func (periodicArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()}}
}

func periodicJobs(tasks []Periodic) []*river.PeriodicJob {
	jobs := make([]*river.PeriodicJob, len(tasks))
	for i, task := range tasks {
		jobs[i] = river.NewPeriodicJob(river.PeriodicInterval(task.Every),
			func() (river.JobArgs, *river.InsertOpts) { return periodicArgs{Name: task.Name}, nil },
			&river.PeriodicJobOpts{RunOnStart: true})
	}
	return jobs
}

type periodicWorker struct {
	river.WorkerDefaults[periodicArgs]

	tasks []Periodic
}

// Work runs the task of that name. One that this release does not have any
// more is passed over.
func (w *periodicWorker) Work(ctx context.Context, job *river.Job[periodicArgs]) error {
	for _, task := range w.tasks {
		if task.Name != job.Args.Name {
			continue
		}
		if err := task.Run(correlated(ctx, nil)); err != nil {
			return fmt.Errorf("run %s: %w", task.Name, err)
		}
	}
	return nil
}
