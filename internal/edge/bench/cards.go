package bench

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/sample"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Inbox gives what waits for a home, oldest first, or what was decided lately.
func (b *Bench) Inbox(ctx context.Context, state string, instrument lab.ID, cursor string, limit int) (Inbox, error) {
	out := Inbox{Cards: []Card{}}
	skip, err := cursorOf(cursor)
	if err != nil {
		return out, err
	}
	err = b.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		n, err := q.CountWaiting(ctx)
		if err != nil {
			return fmt.Errorf("count the inbox: %w", err)
		}
		out.Wait = int(n)
		first, err := cardHeads(ctx, q, state, skip+limit+1)
		if err != nil {
			return err
		}
		for i, id := range first {
			if i < skip {
				continue
			}
			if i == skip+limit {
				out.Next = strconv.Itoa(skip + limit)
				break
			}
			c, err := b.card(ctx, tx, q, id)
			if err != nil {
				return err
			}
			if instrument.IsZero() || c.InstrumentID == instrument {
				out.Cards = append(out.Cards, c)
			}
		}
		return nil
	})
	return out, err
}

// cardHeads gives the first observation of each card.
func cardHeads(ctx context.Context, q *queries.Queries, state string, n int) ([]int64, error) {
	var out []int64
	if state == "decided" {
		rows, err := q.DecidedCards(ctx, int64(n))
		if err != nil {
			return nil, fmt.Errorf("read what was decided: %w", err)
		}
		for _, r := range rows {
			out = append(out, r.Card)
		}
		return out, nil
	}
	rows, err := q.WaitingCards(ctx, int64(n))
	if err != nil {
		return nil, fmt.Errorf("read the inbox: %w", err)
	}
	for _, r := range rows {
		out = append(out, r.Card)
	}
	return out, nil
}

// Card gives one card by its first observation.
func (b *Bench) Card(ctx context.Context, id int64) (Card, error) {
	var out Card
	err := b.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		var err error
		out, err = b.card(ctx, tx, q, id)
		return err
	})
	return out, err
}

func (b *Bench) card(ctx context.Context, tx queries.DBTX, q *queries.Queries, id int64) (Card, error) {
	head, err := q.Observation(ctx, id)
	if err != nil {
		return Card{}, lab.NotFound("card_not_found", "There is nothing waiting under this number.")
	}
	m, err := q.Message(ctx, head.MessageID)
	if err != nil {
		return Card{}, fmt.Errorf("read message %d: %w", head.MessageID, err)
	}
	c := Card{
		ID: id, Reason: head.Reason, Text: reasonText(head.Reason), InstrumentID: lab.ID(head.InstrumentID), Instrument: m.Sender, MessageID: m.ID,
		SampleText: head.SampleText, At: time.UnixMilli(head.AtMs).UTC(), Observations: []Observation{}, State: cardState(head.State), Actions: []string{},
	}
	if c.State == "waiting" {
		c.Actions = actionsFor(head.Reason)
	}
	if head.InstrumentID != (queries.ID{}) {
		if i, err := q.Instrument(ctx, head.InstrumentID); err == nil {
			c.Instrument = i.Name
		}
	}
	rows, err := cardRows(ctx, q, head)
	if err != nil {
		return c, err
	}
	for _, o := range rows {
		shown, err := ObservationView(ctx, tx, o)
		if err != nil {
			return c, err
		}
		c.Observations = append(c.Observations, shown)
	}
	c.Count = len(c.Observations)
	c.Suggestion, err = b.suggest(ctx, tx, q, head, rows)
	return c, err
}

// cardRows are the observations that share a problem: of one message, one group, one id and one reason.
func cardRows(ctx context.Context, q *queries.Queries, head queries.Observation) ([]queries.Observation, error) {
	ids, err := q.CardObservations(ctx, queries.CardObservationsParams{MessageID: head.MessageID, Reason: head.Reason, SampleText: head.SampleText, Grp: head.Grp})
	if err != nil {
		return nil, fmt.Errorf("read a card: %w", err)
	}
	var out []queries.Observation
	for _, id := range ids {
		o, err := q.Observation(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("read observation %d: %w", id, err)
		}
		if o.State == head.State {
			out = append(out, o)
		}
	}
	return out, nil
}

func cardState(state string) string {
	if state == stateInbox || state == stateIncomplete {
		return "waiting"
	}
	return state
}

// ObservationView gives an observation as screens show it.
func ObservationView(ctx context.Context, tx queries.DBTX, o queries.Observation) (Observation, error) {
	out := Observation{
		ID: o.ID, TestCode: o.MapCode, TestName: o.TestName, TestID: lab.ID(o.TestID), Value: o.Reported, Unit: o.Unit, Flag: o.Flag, Status: o.Status,
		Role: o.Role, State: o.State, At: time.UnixMilli(o.AtMs).UTC(),
	}
	if !out.TestID.IsZero() {
		t, err := sqlite.ReadTest(ctx, tx, out.TestID)
		if err != nil {
			return out, err
		}
		out.Test = t.Name
	}
	return out, nil
}

// actionsFor gives what may be done; the first one solves the problem.
func actionsFor(reason string) []string {
	first := map[string]string{
		reasonUnapproved: "approve", reasonUnmapped: "map", reasonNotOrdered: "add_test", reasonCorrection: "amend", reasonRepeat: "rerun",
	}[reason]
	if first == "" {
		first = "attach"
	}
	out := []string{first}
	for _, a := range []string{"attach", "control", "discard"} {
		if a != first {
			out = append(out, a)
		}
	}
	return out
}

func reasonText(reason string) string { return reasonTexts()[reason] }

// InboxReasons gives the code of every reason why a result waits in the inbox; the screen has words for each.
func InboxReasons() []string { return slices.Sorted(maps.Keys(reasonTexts())) }

func reasonTexts() map[string]string {
	return map[string]string{
		reasonUnapproved: "Nobody has approved this analyzer yet. Approve it, and its results find their orders.",
		reasonUnclear:    "More than one analyzer at this address could have sent this. Give each a line of its own, then attach these.",
		reasonUnknown:    "No sample here has this number. Attach the results to the right sample, or discard them.",
		reasonCheck:      "The check letter does not fit: were two characters swapped by hand?",
		reasonAmbiguous:  "More than one sample carries this number. Attach the results to the right one.",
		reasonShort:      "The analyzer sent a short id or a position, and no load list of today names it.",
		reasonReceived:   "The sample was not received at the bench yet. Receive it, then attach.",
		reasonClosed:     "The sample is rejected or finished.",
		reasonOld:        "The sample was received longer ago than this analyzer's results are matched.",
		reasonMismatch:   "The message names another patient than the sample does.",
		reasonUnmapped:   "Nobody has said which test this code means.",
		reasonNotOrdered: "This test is not ordered on the sample.",
		reasonCorrection: "The test is verified or released with another value.",
		reasonRepeat:     "There is a value already; this may be another run.",
		reasonIncomplete: "The message broke off before its end.",
		reasonUnreadable: "The value is not one that this test takes.",
	}
}

// suggest looks for the sample that the id was probably meant to be, or for the test behind an unmapped code. It only
// proposes.
func (b *Bench) suggest(ctx context.Context, tx queries.DBTX, q *queries.Queries, head queries.Observation, rows []queries.Observation) (*Suggestion, error) {
	if head.Reason == reasonUnmapped && head.InstrumentID != (queries.ID{}) {
		i, err := q.Instrument(ctx, head.InstrumentID)
		if err != nil {
			return nil, fmt.Errorf("read instrument %s: %w", lab.ID(head.InstrumentID), err)
		}
		id, err := b.suggestTest(ctx, q, i.Profile, head.MapCode)
		if err != nil || id.IsZero() {
			return nil, err
		}
		t, err := sqlite.ReadTest(ctx, tx, id)
		return &Suggestion{TestID: id, Test: t.Name}, err
	}
	candidate := lab.ID(head.SampleID)
	if head.Reason == reasonCheck {
		var err error
		if candidate, err = swapped(ctx, q, head.SampleText); err != nil {
			return nil, err
		}
	}
	if candidate.IsZero() {
		return nil, nil
	}
	return b.suggestSample(ctx, tx, q, candidate, head, rows)
}

// swapped looks for the one sample whose number differs by two neighbours that changed places.
func swapped(ctx context.Context, q *queries.Queries, text string) (lab.ID, error) {
	var found lab.ID
	for i := range len(text) - 1 {
		c := []byte(text)
		c[i], c[i+1] = c[i+1], c[i]
		if _, err := sample.ParseAccession(string(c)); err != nil {
			continue
		}
		ids, err := q.SamplesByAccession(ctx, string(c))
		if err != nil {
			return found, fmt.Errorf("look for a sample: %w", err)
		}
		if len(ids) == 1 && !found.IsZero() && found != lab.ID(ids[0]) {
			return lab.ID{}, nil
		}
		if len(ids) == 1 {
			found = lab.ID(ids[0])
		}
	}
	return found, nil
}

func (b *Bench) suggestSample(ctx context.Context, tx queries.DBTX, q *queries.Queries, id lab.ID, head queries.Observation, rows []queries.Observation) (*Suggestion, error) {
	s, err := q.Sample(ctx, queries.ID(id))
	if err != nil {
		return nil, fmt.Errorf("read sample %s: %w", id, err)
	}
	tests, err := q.OrderTestsOfSample(ctx, s.ID)
	if err != nil {
		return nil, fmt.Errorf("read the tests of sample %s: %w", id, err)
	}
	v, err := q.Visit(ctx, s.VisitID)
	if err != nil {
		return nil, fmt.Errorf("read visit %s: %w", lab.ID(s.VisitID), err)
	}
	p, err := sqlite.ReadPerson(ctx, tx, lab.ID(v.PatientID))
	if err != nil {
		return nil, err
	}
	out := &Suggestion{SampleID: id, Accession: s.Accession, Sex: string(p.Sex), Age: ageText(p, b.day(sampleAt(s)))}
	for _, o := range rows {
		mapped, err := q.CodeOf(ctx, queries.CodeOfParams{InstrumentID: o.InstrumentID, Code: o.MapCode})
		if err != nil {
			return nil, fmt.Errorf("look for a code: %w", err)
		}
		for _, t := range tests {
			if len(mapped) == 1 && t.TestID == mapped[0].TestID && t.State != "released" && t.Cancelled == 0 {
				out.Fit++
			}
			if t.ID == head.OrderTestID && t.ResultID != (queries.ID{}) {
				if r, err := q.Result(ctx, t.ResultID); err == nil {
					out.Current = r.Value
				}
			}
		}
	}
	return out, nil
}
