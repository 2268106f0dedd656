// Package bench holds the use cases of the bench: the worklist, results by hand and from analyzers, the inbox of what
// found no home, analyzers with their codes, approvals and load lists. The types with JSON tags are the shapes that the
// API shows; they are separate from the domain's.
package bench
