package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
	"github.com/roadstead/roadstead/internal/work"
)

// The most that is kept of a log, in bytes with line ends: its head, and of
// what follows the newest part.
const (
	logHead = 2 << 20
	logTail = 2 << 20
)

// AppendLog stores lines and announces the log's topic. Lines that are stored
// already, or were and had to go, are passed over. A follower's epoch that is
// lower than one seen before is refused with work.ErrLeaseLost; zero means
// that the caller is not a follower.
func (s Applications) AppendLog(ctx context.Context, operationID, epoch int64, lines []application.LogLine) error {
	err := s.db.atomically(ctx, func(tx *tx) error {
		log, err := openLog(ctx, tx, operationID, epoch)
		if err != nil {
			return err
		}
		grown, err := log.append(ctx, lines)
		if err != nil || !grown {
			return err
		}
		tx.Notify(application.LogTopic(operationID))
		return log.save(ctx)
	})
	return doing(err, "append to the log of operation %d", operationID)
}

// Log lists lines after seq, in order. Where lines had to go, one line says so.
func (s Applications) Log(
	ctx context.Context, operationID, after int64, limit int,
) ([]application.LogLine, error) {
	rows, err := s.db.reader().LogLines(ctx, sqlgen.LogLinesParams{
		OperationID: operationID, After: after, Limit: int32(limit),
	})
	return each(rows, func(r sqlgen.LogLinesRow) application.LogLine {
		return application.LogLine{Seq: r.Seq, Text: r.Content}
	}), doing(err, "read the log of operation %d", operationID)
}

// LastLogSeq returns the highest stored seq, zero when there is none.
func (s Applications) LastLogSeq(ctx context.Context, operationID int64) (int64, error) {
	seq, err := s.db.reader().LastLogSeq(ctx, operationID)
	return seq, doing(err, "read the length of the log of operation %d", operationID)
}

// operationLog is a log that is open for appending; its row is locked.
type operationLog struct {
	sqlgen.OperationLog

	tx *tx
}

func openLog(ctx context.Context, tx *tx, operationID, epoch int64) (*operationLog, error) {
	if err := tx.MakeLog(ctx, operationID); err != nil {
		return nil, err
	}
	row, err := tx.LockLog(ctx, sqlgen.LockLogParams{OperationID: operationID, Epoch: epoch})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, work.ErrLeaseLost
	}
	return &operationLog{OperationLog: row, tx: tx}, err
}

func (l *operationLog) append(ctx context.Context, lines []application.LogLine) (grown bool, err error) {
	for _, line := range lines {
		if line.Seq > l.HeadEnd && line.Seq <= l.DroppedTo {
			continue
		}
		size := int64(len(line.Text)) + 1
		added, err := l.tx.InsertLogLine(ctx, sqlgen.InsertLogLineParams{
			OperationID: l.OperationID, Seq: line.Seq, Size: size, Content: line.Text,
		})
		if err != nil {
			return false, fmt.Errorf("store line %d: %w", line.Seq, err)
		}
		if added == 0 {
			continue
		}
		grown = true
		l.count(line.Seq, size)
	}
	return grown, l.trim(ctx)
}

// count adds a line to the head while it fits there, else to the tail.
func (l *operationLog) count(seq, size int64) {
	inTail := l.TailSize > 0 || l.DroppedTo > 0
	if inTail || l.HeadSize+size > logHead {
		l.TailSize += size
		return
	}
	l.HeadSize += size
	l.HeadEnd = seq
}

// trim takes the oldest lines of the tail away until it fits, and leaves one
// line that says so.
func (l *operationLog) trim(ctx context.Context) error {
	trimmed := false
	for l.TailSize > logTail {
		oldest, err := l.tx.OldestTail(ctx, sqlgen.OldestTailParams{
			OperationID: l.OperationID, Seq: max(l.HeadEnd, l.DroppedTo), Limit: 1000,
		})
		if err != nil {
			return fmt.Errorf("list the oldest lines: %w", err)
		}
		if len(oldest) == 0 {
			break
		}
		for _, line := range oldest {
			if l.TailSize <= logTail {
				break
			}
			l.TailSize -= line.Size
			l.DroppedTo = line.Seq
			trimmed = true
		}
	}
	if !trimmed {
		return nil
	}
	err := l.tx.DeleteTail(ctx, sqlgen.DeleteTailParams{
		OperationID: l.OperationID, HeadEnd: l.HeadEnd, Until: l.DroppedTo,
	})
	if err != nil {
		return fmt.Errorf("delete the oldest lines: %w", err)
	}
	return l.mark(ctx)
}

// mark puts a line in the place of the first one that had to go.
func (l *operationLog) mark(ctx context.Context) error {
	return l.tx.SetLogMarker(ctx, sqlgen.SetLogMarkerParams{
		OperationID: l.OperationID, Seq: l.HeadEnd + 1,
		Content: fmt.Sprintf("... lines %d to %d were not kept: the log is too long ...", l.HeadEnd+1, l.DroppedTo),
	})
}

func (l *operationLog) save(ctx context.Context) error {
	return l.tx.SetLog(ctx, sqlgen.SetLogParams{
		OperationID: l.OperationID, HeadSize: l.HeadSize, HeadEnd: l.HeadEnd,
		TailSize: l.TailSize, DroppedTo: l.DroppedTo,
	})
}
