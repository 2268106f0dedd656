package privacy

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"jaanch/internal/instruments"
	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// traces are the places in the raw archive that speak of a person.
type traces struct {
	messages  map[int64]bool
	sessions  map[lab.ID]bool
	namesakes int
	last      lab.ID // the newest session that was looked at
}

func (t traces) clone() traces {
	t.messages, t.sessions = maps.Clone(t.messages), maps.Clone(t.sessions)
	return t
}

// search reads the raw archive page by page, outside of any update, because it may be large: no writer waits for it.
// What arrives meanwhile is looked at inside the update (see rest).
func (o *Office) search(ctx context.Context, id lab.ID) (traces, error) {
	t := traces{messages: map[int64]bool{}, sessions: map[lab.ID]bool{}}
	var m marks
	err := o.db.View(ctx, func(tx *sqlite.ReadTx) error {
		var err error
		m, err = readMarks(ctx, tx, id)
		return err
	})
	if err != nil {
		return t, err
	}
	for more := true; more; {
		err := o.db.View(ctx, func(tx *sqlite.ReadTx) error {
			var err error
			more, err = t.page(ctx, queries.New(tx), m)
			return err
		})
		if err != nil {
			return t, err
		}
	}
	return t, nil
}

// rest looks at what the search could not see: sessions that began since, and those that were not over.
func (t *traces) rest(ctx context.Context, q *queries.Queries, m marks) error {
	open, err := q.UnendedSessions(ctx)
	if err != nil {
		return fmt.Errorf("search the raw archive: %w", err)
	}
	for _, id := range open {
		if err := t.look(ctx, q, m, lab.ID(id)); err != nil {
			return err
		}
	}
	for more := true; more; {
		if more, err = t.page(ctx, q, m); err != nil {
			return err
		}
	}
	return nil
}

// page looks at the next sessions; false when there were none.
func (t *traces) page(ctx context.Context, q *queries.Queries, m marks) (bool, error) {
	ids, err := q.SessionsAfter(ctx, t.last[:])
	if err != nil {
		return false, fmt.Errorf("search the raw archive: %w", err)
	}
	for _, id := range ids {
		if err := t.look(ctx, q, m, lab.ID(id)); err != nil {
			return false, err
		}
		t.last = lab.ID(id)
	}
	return len(ids) > 0, nil
}

// look searches one session: the bytes of both directions, with the framing taken off, and its messages.
func (t *traces) look(ctx context.Context, q *queries.Queries, m marks, id lab.ID) error {
	chunks, err := q.ChunksForSearch(ctx, queries.ID(id))
	if err != nil {
		return fmt.Errorf("search session %s: %w", id, err)
	}
	messages, err := q.MessagesForSearch(ctx, queries.ID(id))
	if err != nil {
		return fmt.Errorf("search session %s: %w", id, err)
	}
	var in, out []byte
	for _, c := range chunks {
		if instruments.Dir(c.Dir) == instruments.Out {
			out = append(out, c.Bytes...)
		} else {
			in = append(in, c.Bytes...)
		}
	}
	hit, name := m.speaks(unframed(in))
	alsoHit, alsoName := m.speaks(unframed(out))
	hit, name = hit || alsoHit, name || alsoName
	for _, text := range messages {
		h, n := m.speaks(string(text.Text))
		if h || n && !m.shared {
			t.messages[text.ID] = true
			hit = true
		}
		name = name || n
	}
	switch {
	case hit || name && !m.shared:
		t.sessions[id] = true
	case name:
		t.namesakes++
	}
	return nil
}

// speaks tells whether a text holds a number of the person, and whether one of its lines holds their whole name.
func (m *marks) speaks(text string) (number, name bool) {
	if text == "" {
		return false, false
	}
	number = m.numbered(strings.ToLower(text))
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\r' || r == '\n' }) {
		if m.named(line) {
			return number, true
		}
	}
	return number, false
}

// unframed takes the frames of E1381 off (STX, number, text, ETB or ETX, checksum), so that a name which two frames share
// is found; other bytes pass.
func unframed(raw []byte) string {
	const stx, etx, etb = 0x02, 0x03, 0x17
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case stx:
			i++ // the frame's number
		case etx, etb:
			for n := 0; n < 4 && i+1 < len(raw) && raw[i] != '\n'; n++ {
				i++ // checksum, CR, LF
			}
		default:
			b.WriteByte(raw[i])
		}
	}
	return b.String()
}
