package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Messages gives the newest messages of an analyzer.
func (b *Bench) Messages(ctx context.Context, id lab.ID, cursor string, limit int) (Messages, error) {
	out := Messages{Messages: []MessageLine{}}
	before, err := cursorOf(cursor)
	if err != nil {
		return out, err
	}
	err = b.view(ctx, func(_ *sqlite.ReadTx, q *queries.Queries) error {
		ids, err := q.MessagesOf(ctx, queries.MessagesOfParams{InstrumentID: queries.ID(id), Before: int64(before), N: int64(limit) + 1})
		if err != nil {
			return fmt.Errorf("read the messages of instrument %s: %w", id, err)
		}
		for i, n := range ids {
			if i == limit {
				out.Next = strconv.FormatInt(ids[limit-1], 10)
				break
			}
			line, _, err := ReadMessageLine(ctx, q, n)
			if err != nil {
				return err
			}
			out.Messages = append(out.Messages, line)
		}
		return nil
	})
	return out, err
}

// ReadMessageLine gives one message as a list shows it, with its row.
func ReadMessageLine(ctx context.Context, q *queries.Queries, id int64) (MessageLine, queries.MessageRow, error) {
	m, err := q.Message(ctx, id)
	if err != nil {
		return MessageLine{}, m, lab.NotFound("message_not_found", "There is no such message.")
	}
	line := MessageLine{
		ID: m.ID, At: time.UnixMilli(m.AtMs).UTC(), Kind: m.Kind, Samples: []string{}, Warnings: []string{}, BytesIn: int(m.BytesIn), Ended: m.Ended != 0,
	}
	if err := json.Unmarshal([]byte(m.Warnings), &line.Warnings); err != nil {
		return line, m, fmt.Errorf("warnings of message %d: %w", id, err)
	}
	counts, err := q.MessageCounts(ctx, id)
	if err != nil {
		return line, m, fmt.Errorf("count message %d: %w", id, err)
	}
	line.Results, line.Filed, line.Waiting = int(counts.N), int(counts.Filed), int(counts.Waiting)
	rows, err := q.ObservationsOfMessage(ctx, id)
	if err != nil {
		return line, m, fmt.Errorf("read message %d: %w", id, err)
	}
	seen := map[string]bool{}
	for _, o := range rows {
		if o.SampleText != "" && !seen[o.SampleText] {
			seen[o.SampleText] = true
			line.Samples = append(line.Samples, o.SampleText)
		}
	}
	return line, m, nil
}
