package line

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"jaanch/internal/edge/bench"
	"jaanch/internal/instruments"
	"jaanch/internal/instruments/driver"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/instruments/recognise"
	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Look asks what a sender that nobody approved is.
type Look struct {
	SenderID string `json:"sender_id" minLength:"1"`
	Profile  string `json:"profile,omitempty" maxLength:"60" doc:"Read it with this profile; the best proposal when empty."`
}

// Looked is what its messages tell: the profile that fits and why, its newest message read, and its codes with the tests
// that they probably mean.
type Looked struct {
	Finding recognise.Finding `json:"finding"`
	Profile string            `json:"profile" doc:"That read what is shown."`
	Name    string            `json:"name" doc:"A name for the analyzer, to be changed."`
	Link    bench.Link        `json:"link" doc:"As the analyzer is connected now."`
	Query   bool              `json:"host_query" doc:"The profile can answer its questions for orders."`
	Note    string            `json:"note,omitempty" doc:"What the profile says about setting it up."`
	Message *bench.Message    `json:"message,omitempty" doc:"Its newest message with results, names masked."`
	Codes   []LookedCode      `json:"codes"`
	Seen    int               `json:"seen" doc:"Messages that were read."`
}

// LookedCode is a code of the analyzer. Known means that the answer is sure enough to be taken without asking.
type LookedCode struct {
	Code    string       `json:"code"`
	Name    string       `json:"name,omitempty"`
	LOINC   string       `json:"loinc,omitempty"`
	Unit    string       `json:"unit,omitempty"`
	Value   string       `json:"value,omitempty" doc:"As last sent."`
	Known   bool         `json:"known"`
	TestID  lab.ID       `json:"test_id,omitempty,omitzero" doc:"The test where it is known."`
	Guesses []LookedTest `json:"guesses"`
}

// LookedTest is a test that a code may mean.
type LookedTest struct {
	TestID  lab.ID   `json:"test_id"`
	Code    string   `json:"code"`
	Name    string   `json:"name"`
	Unit    string   `json:"unit"`
	Score   int      `json:"score" doc:"Percent."`
	Reasons []string `json:"reasons" doc:"loinc, code, name, name_part, unit, unit_differs."`
}

// looked is how many of a sender's messages are read, and guesses how many tests are offered for a code.
const (
	lookedMessages = 50
	lookedGuesses  = 4
)

// Look recognises a sender from its archived messages.
func (a *Archive) Look(ctx context.Context, in Look) (Looked, error) {
	identity, address, err := bench.ParseSender(in.SenderID)
	if err != nil {
		return Looked{}, err
	}
	out := Looked{Codes: []LookedCode{}}
	newest := int64(0)
	err = a.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		rows, err := q.MessagesFrom(ctx, queries.MessagesFromParams{Sender: identity, Address: address, Limit: lookedMessages})
		if err != nil {
			return fmt.Errorf("read a sender's messages: %w", err)
		}
		if len(rows) == 0 {
			return lab.NotFound("sender_unknown", "Nothing of this sender waits. Let it send a result.")
		}
		out.Seen = len(rows)
		protocol := instruments.Protocol(rows[0].Protocol)
		var texts [][]byte
		for _, r := range rows {
			if r.Protocol == rows[0].Protocol {
				texts = append(texts, r.Text)
			}
		}
		out.Finding = recognise.Messages(a.profiles, protocol, texts)
		out.Profile = in.Profile
		if best, ok := out.Finding.Best(); ok && out.Profile == "" {
			out.Profile = best.Profile
		}
		session, err := q.Session(ctx, rows[0].Session)
		if err != nil {
			return fmt.Errorf("read session %s: %w", lab.ID(rows[0].Session), err)
		}
		out.Link = bench.Link{Kind: "tcp_server"}
		if strings.HasPrefix(session.Link, "/") || strings.HasPrefix(strings.ToUpper(session.Link), "COM") {
			out.Link = bench.Link{Kind: "serial", Port: session.Link}
		}
		if err := a.lookCodes(ctx, tx, &out, protocol, texts); err != nil {
			return err
		}
		newest, err = newestWithRows(ctx, q, rows)
		return err
	})
	if err != nil {
		return out, err
	}
	if p, ok := a.profiles.Get(out.Profile); ok {
		out.Query, out.Note = len(p.Query.Sample) > 0, p.Note
	}
	out.Name = strings.TrimSpace(out.Finding.Model)
	if out.Name == "" {
		out.Name = identity
	}
	message, err := a.message(ctx, newest, personal)
	if err != nil {
		return out, err
	}
	out.Message = &message
	return out, nil
}

// newestWithRows gives the newest message that holds results, the newest of all where none does.
func newestWithRows(ctx context.Context, q *queries.Queries, rows []queries.MessagesFromRow) (int64, error) {
	for _, r := range rows {
		n, err := q.ObservationsOfMessage(ctx, r.ID)
		if err != nil {
			return 0, fmt.Errorf("read the observations of message %d: %w", r.ID, err)
		}
		if len(n) > 0 {
			return r.ID, nil
		}
	}
	return rows[0].ID, nil
}

// lookCodes gathers the codes that the profile reads as results, and guesses what each means.
func (a *Archive) lookCodes(ctx context.Context, tx *sqlite.ReadTx, out *Looked, protocol instruments.Protocol, texts [][]byte) error {
	list, err := sqlite.ReadCatalogue(ctx, tx)
	if err != nil {
		return err
	}
	fixed, ok := a.profiles.Get(out.Profile)
	if !ok || fixed.Protocol != protocol {
		return lab.Invalid("profile_unknown", "This profile does not speak the analyzer's protocol. Choose another one.")
	}
	for _, text := range texts {
		decoded, err := driver.Safely(driver.New(a.profiles, protocol, fixed), text)
		if err != nil {
			continue
		}
		for _, m := range decoded {
			for _, o := range m.Observations {
				if o.Role == driver.RoleResult && o.MapCode != "" {
					out.code(fixed, o)
				}
			}
		}
	}
	for i := range out.Codes {
		c := &out.Codes[i]
		guesses := catalogue.Suggest(catalogue.Foreign{Code: c.Code, Name: c.Name, LOINC: c.LOINC, Unit: c.Unit}, list.Tests, list.Alias, lookedGuesses)
		for _, g := range guesses {
			t := list.TestByID[g.Test]
			c.Guesses = append(c.Guesses, LookedTest{TestID: t.ID, Code: t.Code, Name: t.Name, Unit: t.PrintedUnit(), Score: g.Score, Reasons: g.Reasons})
		}
		if best, ok := catalogue.Certain(guesses); ok {
			c.Known, c.TestID = true, best.Test
		}
	}
	return nil
}

// code adds what one row says of its code, and what the profile knows of it.
func (l *Looked) code(p *profile.Profile, o driver.Observation) {
	i := slices.IndexFunc(l.Codes, func(c LookedCode) bool { return c.Code == o.MapCode })
	if i < 0 {
		c := LookedCode{Code: o.MapCode, Guesses: []LookedTest{}}
		for _, known := range p.Codes {
			if known.Code == o.MapCode {
				c.Name, c.LOINC, c.Unit = known.Name, known.LOINC, known.Unit
			}
		}
		l.Codes, i = append(l.Codes, c), len(l.Codes)
	}
	c := &l.Codes[i]
	for _, f := range []struct {
		to   *string
		from string
	}{{&c.Name, o.TestName}, {&c.LOINC, o.LOINC}, {&c.Unit, o.Unit}, {&c.Value, o.Reported}} {
		if *f.to == "" {
			*f.to = f.from
		}
	}
	if o.Unit != "" {
		c.Unit = o.Unit // what it sends now counts, not what the profile expects
	}
}
