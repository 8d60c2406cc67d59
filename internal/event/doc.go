// Package event carries notices that something changed from the code that changed it to whoever waits for it.
//
// It owns the in-process bus: topics, subscriptions, coalescing and the hook by which a bridge repeats notices in
// other processes. It leaves to others what a topic means, the data itself (a notice never carries any), and the
// promise of delivery: a notice may be lost or merged, so receivers re-read what they hold when they start and from
// time to time.
package event
