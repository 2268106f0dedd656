// Package overview holds what people look at rather than work in: the day's counts, what is late, the work by hour, and
// the history of a record as the journal tells it. It only reads.
package overview
