package awstest

import (
	"slices"
	"time"
)

// agenda is what happens by itself later on. Nothing runs in the background: whoever looks at the cloud first lets all happen
// that is due by then, each thing at its own time.
type agenda struct {
	items []appointment
	seq   int
}

type appointment struct {
	at  time.Time
	seq int
	do  func(at time.Time)
}

func (a *agenda) add(at time.Time, do func(at time.Time)) {
	a.seq++
	item := appointment{at, a.seq, do}
	i, _ := slices.BinarySearchFunc(a.items, item, func(x, y appointment) int {
		if order := x.at.Compare(y.at); order != 0 {
			return order
		}
		return x.seq - y.seq
	})
	a.items = slices.Insert(a.items, i, item)
}

// advance lets everything happen that is due; the caller holds the lock.
func (c *Cloud) advance() time.Time {
	now := c.config.Now()
	for len(c.agenda.items) > 0 && !c.agenda.items[0].at.After(now) {
		item := c.agenda.items[0]
		c.agenda.items = c.agenda.items[1:]
		item.do(item.at)
	}
	return now
}

// after has something happen that takes d in the real AWS.
func (c *Cloud) after(at time.Time, d time.Duration, do func(at time.Time)) {
	c.agenda.add(at.Add(c.scaled(d)), do)
}
