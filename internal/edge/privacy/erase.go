package privacy

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"jaanch/internal/edge/once"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// DefaultKeepYears is how many years after their release reports and raw data are kept before an erasure needs no
// override: what accreditation bodies ask for. The law of a state may say otherwise.
const DefaultKeepYears = 5

// Office answers the requests of patients about their data.
type Office struct {
	db        *sqlite.DB
	keepYears int

	mu    sync.Mutex
	ahead map[lab.ID]traces // of people who are about to be forgotten because another node forgot them
}

// Options are what an Office needs.
type Options struct {
	DB        *sqlite.DB
	KeepYears int // years that released reports are kept: DefaultKeepYears
}

// New makes the office.
func New(o Options) *Office {
	return &Office{db: o.DB, keepYears: cmp.Or(o.KeepYears, DefaultKeepYears), ahead: map[lab.ID]traces{}}
}

// Request asks to forget a patient.
type Request struct {
	Reference string `json:"reference" minLength:"1" maxLength:"80" doc:"Names the written request in the lab's file. It is kept for ever and must not name anybody."`
	Override  string `json:"override,omitempty" maxLength:"200" doc:"Why somebody is forgotten although their reports should still be kept: a few words that name nobody. Empty refuses."`
}

// Erased tells what was done. Nothing in it names the person.
type Erased struct {
	Patient   lab.ID `json:"patient_id"`
	Persons   int    `json:"persons" doc:"Records that were emptied: the patient's own and those merged into it."`
	Files     int    `json:"files" doc:"Report documents and contents removed."`
	Labels    int    `json:"labels" doc:"Waiting labels removed."`
	Messages  int    `json:"messages" doc:"Messages of analyzers emptied."`
	Sessions  int    `json:"sessions" doc:"Raw transmissions emptied; what they held of other patients stays in the filed values alone."`
	Sentences int    `json:"sentences" doc:"Sentences about discarded messages of nobody that named the patient."`
	Namesakes int    `json:"namesakes" doc:"Transmissions that hold the name and nothing else of the person, left because others bear the name too."`
}

// Erase forgets a patient: every personal value in journal, rows and search words, the drawn reports, waiting labels,
// drafts, kept answers, and the raw bytes of analyzers that name the person. Values, flags, times and lab numbers stay,
// bound to nobody. It is done when no byte is left in the database's files; an error with code erasure_open says that
// everything is stored and a reader is in the way: repeating it with the same key, or a restart, ends it.
//
// Proof is what the actor has shown of themselves for access.PrivacyRequest.
func (o *Office) Erase(ctx context.Context, actor lab.Actor, proof access.Resource, key string, id lab.ID, in Request) (Erased, error) {
	out := Erased{Patient: id}
	if err := access.Can(actor, access.PrivacyRequest, proof); err != nil {
		return out, err
	}
	in.Reference, in.Override = strings.TrimSpace(in.Reference), strings.TrimSpace(in.Override)
	if in.Reference == "" {
		return out, lab.Invalid("reference_missing", "Give the reference of the written request.")
	}
	found, err := o.search(ctx, id)
	if err != nil {
		return out, err
	}
	_, err = once.Do(ctx, o.db, actor, key, "patient.erase", struct {
		ID lab.ID
		In Request
	}{id, in}, func(tx *sqlite.Tx) (lab.ID, error) {
		e := eraser{office: o, tx: tx, q: queries.New(tx), in: in, out: &out}
		return id, e.run(ctx, id, found.clone())
	})
	if err != nil {
		return out, err
	}
	return out, o.db.FinishErasure(ctx)
}

// eraser is one erasure under way. It may run twice, so it begins by forgetting what it counted.
type eraser struct {
	office *Office
	tx     *sqlite.Tx
	q      *queries.Queries
	in     Request
	out    *Erased
}

func (e *eraser) run(ctx context.Context, id lab.ID, found traces) error {
	*e.out = Erased{Patient: id}
	p, err := sqlite.ReadPerson(ctx, e.tx, id)
	if err != nil {
		return err
	}
	if !p.MergedTo.IsZero() {
		return lab.Conflict("patient_merged", "This record was merged into another one. Forget that one; this one goes with it.")
	}
	persons, err := e.persons(ctx, id)
	if err != nil {
		return err
	}
	if err := e.allowed(ctx, persons); err != nil {
		return err
	}
	m, err := readMarks(ctx, e.tx, id)
	if err != nil {
		return err
	}
	if m.within(e.in.Reference) || m.within(e.in.Override) {
		return lab.Invalid("reference_names_patient", "The reference and the reason are kept for ever: they must not name the patient.")
	}
	return e.remove(ctx, id, persons, found, m)
}

// remove takes away what the lab keeps of these people, beside the journal and in it.
func (e *eraser) remove(ctx context.Context, id lab.ID, persons []lab.ID, found traces, m marks) error {
	if err := found.rest(ctx, e.q, m); err != nil {
		return err
	}
	if err := e.archive(ctx, persons, found); err != nil {
		return err
	}
	if err := e.sentences(ctx, m); err != nil {
		return err
	}
	for _, person := range persons {
		if err := e.beside(ctx, person); err != nil {
			return err
		}
		if err := e.tx.Erase(person, e.note()); err != nil {
			return err
		}
		e.out.Persons++
	}
	return e.tx.LogAccess(sqlite.Access{Actor: e.tx.Actor(), Action: "patient.erase", Entity: "patient", Record: id})
}

// persons gives the record and all that were merged into it, each once.
func (e *eraser) persons(ctx context.Context, id lab.ID) ([]lab.ID, error) {
	out := []lab.ID{id}
	for i := 0; i < len(out); i++ {
		merged, err := e.q.SamePerson(ctx, queries.ID(out[i]))
		if err != nil {
			return nil, fmt.Errorf("read what was merged into patient %s: %w", out[i], err)
		}
		for _, m := range merged {
			if !slices.Contains(out, lab.ID(m)) {
				out = append(out, lab.ID(m))
			}
		}
	}
	return out, nil
}

// allowed refuses while released reports must be kept, unless the request says why not.
func (e *eraser) allowed(ctx context.Context, persons []lab.ID) error {
	until, kept, err := e.keptUntil(ctx, persons)
	if err != nil || !kept || e.in.Override != "" || !e.tx.Now().Before(until) {
		return err
	}
	out := lab.Conflict("must_be_kept", "Released reports of this patient must still be kept. To forget the patient all the same, give the reason.")
	out.Detail = map[string]any{"until": until.Format(time.RFC3339)}
	return out
}

// keptUntil tells when the reports of these people need no longer be kept; false where none was ever released.
func (e *eraser) keptUntil(ctx context.Context, persons []lab.ID) (time.Time, bool, error) {
	var last int64
	for _, id := range persons {
		at, err := e.q.LastRelease(ctx, queries.ID(id))
		if err != nil {
			return time.Time{}, false, fmt.Errorf("read the releases of patient %s: %w", id, err)
		}
		last = max(last, at)
	}
	return time.UnixMilli(last).UTC().AddDate(e.office.keepYears, 0, 0), last > 0, nil
}

func (e *eraser) note() string {
	if e.in.Override == "" {
		return e.in.Reference
	}
	return e.in.Reference + "; kept no longer because: " + e.in.Override
}

// beside removes what the lab keeps of a person outside the journal.
func (e *eraser) beside(ctx context.Context, person lab.ID) error {
	id := queries.ID(person)
	files, err := e.q.DropReportFiles(ctx, id)
	if err != nil {
		return fmt.Errorf("remove report documents: %w", err)
	}
	labels, err := e.q.DropPrintJobs(ctx, id)
	if err != nil {
		return fmt.Errorf("remove waiting labels: %w", err)
	}
	e.out.Files, e.out.Labels = e.out.Files+int(files), e.out.Labels+int(labels)
	if _, err := e.q.DropStage(ctx, person[:]); err != nil {
		return fmt.Errorf("remove records of the hub that were kept aside: %w", err)
	}
	if err := e.q.DropCommentDrafts(ctx, id); err != nil {
		return fmt.Errorf("remove drafted comments: %w", err)
	}
	if err := e.q.DropDraftsOfPatient(ctx, id); err != nil {
		return fmt.Errorf("remove drafts: %w", err)
	}
	if err := e.q.DropDeskDraftsOfPatient(ctx, id); err != nil {
		return fmt.Errorf("remove begun visits: %w", err)
	}
	if err := e.q.DropAnswers(ctx, person[:]); err != nil {
		return fmt.Errorf("remove kept answers: %w", err)
	}
	return nil
}

// sentences empties what people wrote about messages that belonged to nobody, where it names the patient: such a decision
// is its own subject.
func (e *eraser) sentences(ctx context.Context, m marks) error {
	rows, err := e.q.StrangersDecisions(ctx)
	if err != nil {
		return fmt.Errorf("read decisions about messages of nobody: %w", err)
	}
	for _, r := range rows {
		if !m.within(r.Why) {
			continue
		}
		if err := e.tx.Erase(lab.ID(r.ID), e.note()); err != nil {
			return err
		}
		e.out.Sentences++
	}
	return nil
}

// archive empties the messages that name the person, those whose values were filed for them, and the transmissions that
// brought any of these.
func (e *eraser) archive(ctx context.Context, persons []lab.ID, found traces) error {
	for _, id := range persons {
		filed, err := e.q.MessagesOfPatient(ctx, queries.ID(id))
		if err != nil {
			return fmt.Errorf("read the messages of patient %s: %w", id, err)
		}
		for _, m := range filed {
			session, err := e.q.SessionOfMessage(ctx, m)
			if err != nil {
				return fmt.Errorf("read message %d: %w", m, err)
			}
			found.messages[m], found.sessions[lab.ID(session)] = true, true
		}
	}
	for m := range found.messages {
		if err := e.q.EmptyMessage(ctx, m); err != nil {
			return fmt.Errorf("empty message %d: %w", m, err)
		}
		if err := e.q.EmptyPatientText(ctx, m); err != nil {
			return fmt.Errorf("empty the observations of message %d: %w", m, err)
		}
	}
	for s := range found.sessions {
		if err := e.q.EmptyChunks(ctx, queries.ID(s)); err != nil {
			return fmt.Errorf("empty session %s: %w", s, err)
		}
	}
	e.out.Messages, e.out.Sessions, e.out.Namesakes = len(found.messages), len(found.sessions), found.namesakes
	return nil
}
