package workload

import "strconv"

// goneLimit bounds each half of what is remembered, in objects.
const goneLimit = 500

// past tells events that come too late from news. A stream may repeat and
// reorder what it says: without this, an old event could bring back an object
// that is gone. It remembers the version of the last list and the versions of
// the latest removals since, in two halves of which the older is thrown away.
type past struct {
	listed         int64
	recent, before map[Ref]int64
}

// since forgets everything before a list of that version.
func since(version string) past {
	listed, _ := strconv.ParseInt(version, 10, 64) // zero, which is before everything, when it is no number
	return past{listed: listed}
}

func (p *past) removed(ref Ref, version int64) {
	if p.recent == nil || len(p.recent) >= goneLimit {
		p.recent, p.before = map[Ref]int64{}, p.recent
	}
	p.recent[ref] = version
}

// covers reports whether the list or a removal is later than this version of
// the object. Of a version that is not numbered nothing can be said.
func (p *past) covers(ref Ref, version int64) bool {
	return version != 0 && max(p.listed, p.recent[ref], p.before[ref]) >= version
}
