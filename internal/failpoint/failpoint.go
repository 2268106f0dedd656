// Package failpoint lets a fault test see where in the path of an acknowledgement a process was when it was killed. In
// an ordinary build every function is empty and costs nothing; a build with the tag `faults` marks regions in a file that
// outlives the process, and can plant the one defect that the kill test must find.
package failpoint

// Region is a stretch of the path from an analyzer's bytes to its ACK.
type Region int

// The regions. A kill in none of them fell before the raw bytes reached the store.
const (
	Storing    Region = iota // between the call of Store and its answer: before COMMIT
	Unanswered               // after COMMIT, before the ACK was written
	Checkpoint               // while the log is carried into the database file
	regions
)

// String names the region as the kill test prints it.
func (r Region) String() string {
	return [...]string{"before COMMIT", "between COMMIT and ACK", "in a checkpoint"}[r]
}
