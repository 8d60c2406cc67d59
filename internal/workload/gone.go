package workload

// goneLimit bounds each half of what is remembered, in objects.
const goneLimit = 500

// recentlyGone remembers the versions at which objects were removed, so that
// an older event that arrives late does not bring one back. It holds the
// latest removals, in two halves of which the older is thrown away.
type recentlyGone struct {
	recent, before map[Ref]int64
}

func (g *recentlyGone) add(ref Ref, version int64) {
	if g.recent == nil || len(g.recent) >= goneLimit {
		g.recent, g.before = map[Ref]int64{}, g.recent
	}
	g.recent[ref] = version
}

// covers reports whether the object was removed at this version or later.
func (g *recentlyGone) covers(ref Ref, version int64) bool {
	if version == 0 {
		return false
	}
	return max(g.recent[ref], g.before[ref]) >= version
}

func (g *recentlyGone) reset() { *g = recentlyGone{} }
