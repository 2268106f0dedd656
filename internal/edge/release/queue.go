package release

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/reception"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/lab/result"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// chipsShown is how many reasons stand on a card of the queue.
const chipsShown = 3

// Queue gives what waits for verification: held first, then by urgency, then the longest wait. Show is held, all or mine;
// mine is what the person may verify now, in the departments of the account.
func (d *Desk) Queue(ctx context.Context, who Who, show, cursor string, limit int) (Queue, error) {
	out := Queue{Entries: []QueueEntry{}}
	skip, err := position(cursor)
	if err != nil {
		return out, err
	}
	err = d.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		rows, err := q.WaitingVisits(ctx)
		if err != nil {
			return fmt.Errorf("read what waits for verification: %w", err)
		}
		departments, err := departmentsOf(ctx, q, who.Actor.ID)
		if err != nil {
			return err
		}
		shown := 0
		for _, row := range rows {
			mine := isMine(row, who.Actor.Roles, departments)
			out.count(row, mine)
			if show == "held" && row.Held == 0 || show == "mine" && !mine {
				continue
			}
			shown++
			if shown <= skip || len(out.Entries) >= limit {
				continue
			}
			entry, err := d.queueEntry(ctx, tx, row)
			if err != nil {
				return err
			}
			out.Entries = append(out.Entries, entry)
		}
		if shown > skip+len(out.Entries) {
			out.Next = strconv.Itoa(skip + len(out.Entries))
		}
		return nil
	})
	return out, err
}

// position reads a cursor: how many were shown before.
func position(cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(cursor)
	if err != nil || n < 0 {
		return 0, lab.Invalid("cursor_malformed", "The page cannot be continued. Begin again.")
	}
	return n, nil
}

func (q *Queue) count(row queries.WaitingVisitsRow, mine bool) {
	q.All++
	if row.Held > 0 {
		q.Held++
	}
	if mine {
		q.Mine++
	}
	if isClean(row) {
		q.Clean++
	}
}

// isClean tells whether a visit may be signed in a batch: complete, and no rule ever held a value of it.
func isClean(row queries.WaitingVisitsRow) bool {
	return row.Marked == 0 && row.Held == 0 && row.Missing == 0 && row.Technical == 0 && row.Ready > 0
}

func isMine(row queries.WaitingVisitsRow, roles, departments []string) bool {
	own := len(departments) == 0 || slices.ContainsFunc(strings.Split(row.Departments, ","), func(d string) bool { return slices.Contains(departments, d) })
	medical := access.Visible(roles, access.ReportSign) && row.Medical > 0
	technical := access.Visible(roles, access.ResultEnter) && row.Technical > 0
	return own && (medical || technical)
}

func departmentsOf(ctx context.Context, q *queries.Queries, user lab.ID) ([]string, error) {
	u, err := q.User(ctx, queries.ID(user))
	if err != nil {
		return nil, fmt.Errorf("read account %s: %w", user, err)
	}
	var out []string
	if err := json.Unmarshal([]byte(u.Departments), &out); err != nil {
		return nil, fmt.Errorf("departments of account %s: %w", user, err)
	}
	return out, nil
}

func (d *Desk) queueEntry(ctx context.Context, tx *sqlite.ReadTx, row queries.WaitingVisitsRow) (QueueEntry, error) {
	c, err := readHead(ctx, tx, lab.ID(row.VisitID))
	if err != nil {
		return QueueEntry{}, err
	}
	if c.standing, c.tests, err = sqlite.Standings(ctx, tx, c.id); err != nil {
		return QueueEntry{}, err
	}
	out := QueueEntry{
		VisitID: c.id, Number: c.visit.Number, Priority: c.visit.Priority, Sex: string(c.person.Sex), Age: reception.AgeText(c.person.Patient, d.day(time.UnixMilli(row.RegisteredMs))),
		Panels: c.panelCodes(), Chips: []string{}, Codes: []bench.Hold{}, Since: time.UnixMilli(row.SinceMs).UTC(), DueAt: timeOf(row.DueMs),
		Ready: int(row.Ready), Missing: int(row.Missing), Clean: isClean(row),
	}
	for _, t := range c.tests {
		if s, ok := c.samples[t.SampleID]; ok && out.Accession == "" {
			out.Accession = s.Accession
		}
		if err := out.addHolds(c, t); err != nil {
			return out, err
		}
	}
	if len(out.Chips) > chipsShown {
		out.Chips = out.Chips[:chipsShown]
	}
	return out, nil
}

// addHolds adds what stops one test of the visit, and a chip that says it in a few words.
func (e *QueueEntry) addHolds(c *chart, t queries.OrderTestsRow) error {
	s := c.standing[lab.ID(t.ID)]
	if !slices.Contains([]result.State{result.Held, result.Entered, result.Verified}, result.State(s.State)) {
		return nil
	}
	holds, err := sqlite.ParseHolds(s.Result.Holds)
	if err != nil {
		return err
	}
	if len(holds) > 0 {
		e.Holds++
	}
	if len(s.Open) > 0 {
		e.Undecided++
	}
	for _, h := range holds {
		shown := bench.Hold{Code: h.Code, Params: h.Params, Text: h.Text()}
		if shown.Params == nil {
			shown.Params = map[string]string{}
		}
		if !slices.Contains(s.Open, h.Code) {
			shown.Decision = "accepted"
		}
		e.Codes = append(e.Codes, shown)
		if chip := chipOf(h.Code, t.Code, s.Result.Value); !slices.Contains(e.Chips, chip) {
			e.Chips = append(e.Chips, chip)
		}
	}
	return nil
}

func chipOf(hold, test, value string) string {
	switch hold {
	case result.HoldCritical, result.HoldCriticalUncertain:
		return test + " " + value
	case result.HoldDelta:
		return "Δ " + test
	default:
		return test + " " + strings.ReplaceAll(hold, "_", " ")
	}
}

// panelCodes gives what was ordered, in the order of the visit: panels by their code, single tests by theirs.
func (c *chart) panelCodes() []string {
	out := []string{}
	for _, t := range c.tests {
		name := t.Panel
		if name == "" {
			name = t.Code
		}
		if t.Cancelled == 0 && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}
