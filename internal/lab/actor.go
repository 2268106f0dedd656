package lab

// ActorKind tells what stands behind a change.
type ActorKind string

// The kinds of actor. Their text stands in the journal, so it never changes.
const (
	ActorUser       ActorKind = "user"       // a person who logged in
	ActorInstrument ActorKind = "instrument" // an analyzer on a link
	ActorSystem     ActorKind = "system"     // the node itself: migrations, calculated tests, housekeeping
	ActorHub        ActorKind = "hub"        // a change that came down from the hub
)

// Actor is who makes a change. It is passed to every write and stands in the journal as String gives it.
type Actor struct {
	Kind    ActorKind
	ID      ID     // the user or the instrument; zero for the system
	Session string // opaque id of the login session, never the token; empty where there is none
	Station string // the PC or port that the change came from
	Roles   []string
}

// System is the actor for what the node does by itself.
func System() Actor { return Actor{Kind: ActorSystem} }

// String gives "user:<id>", "instrument:<id>", "hub:<id>" or "system".
func (a Actor) String() string {
	if a.ID.IsZero() {
		return string(a.Kind)
	}
	return string(a.Kind) + ":" + a.ID.String()
}
