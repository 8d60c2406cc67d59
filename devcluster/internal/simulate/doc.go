// Package simulate is the runtime of pods whose image is not really run: they
// start, write a few lines, become ready and end as their pod asks by
// annotation or image tag.
//
// A simulated run is a small value computed from the time. It holds no
// goroutine, no timer and no log; its lines are made when somebody reads them.
package simulate
