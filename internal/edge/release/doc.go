// Package release holds the use cases behind the pathologist's screens: the queue, the decision on every hold,
// verification, signing, release, amendment, withdrawal and the log of critical calls. A value that was verified is never
// changed; it is followed by a new version. The types with JSON tags are the shapes that the API shows.
package release
