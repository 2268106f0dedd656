package sqlite

import (
	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
)

// Option says more about one change.
type Option func(*changeOptions)

type changeOptions struct {
	amend    bool
	said     string
	resolves lab.ID
	expected journal.Versions
	check    bool
	reason   string
}

func gather(opts []Option) changeOptions {
	var o changeOptions
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// Amend marks the change as a correction of something verified, released or issued.
func Amend() Option { return func(o *changeOptions) { o.amend = true } }

// Said adds the sentence that the person typed as the reason. It may name somebody, so it stands with the personal
// fields and goes when they are erased.
func Said(sentence string) Option { return func(o *changeOptions) { o.said = sentence } }

// Resolves marks the change as the decision of a conflict.
func Resolves(conflict lab.ID) Option { return func(o *changeOptions) { o.resolves = conflict } }

// Reason replaces the update's reason code for this change.
func Reason(code string) Option { return func(o *changeOptions) { o.reason = code } }

// Expect makes the change fail with stale_record when a group that it touches is no longer at the version that the
// person saw. Both values stand in the error's Detail.
func Expect(seen journal.Versions) Option {
	return func(o *changeOptions) { o.expected, o.check = seen, true }
}
