package edge

import "runtime"

// slackBytes is how much memory the collector believes to be in use beyond what is. What a node really holds is about
// 5 MB, and by itself the collector would run whenever that had doubled: 25 times a second while analyzers upload, for a
// tenth to a quarter of the processor time of a message. With the slack it runs a fourth as often, and the node may grow
// by twice the slack at most; docs/benchmarks.md has the figures.
const slackBytes = 16 << 20

// Slack makes the collector run less often until the function that it gives is called. The block is never touched, so the
// system never gives it real memory. A share of what is in use (GOGC) would do the same on a quiet node, but would let the
// 64 MiB that a password's hash needs for a moment grow to a multiple.
func Slack() (release func()) {
	block := make([]byte, slackBytes)
	return func() { runtime.KeepAlive(block) }
}
