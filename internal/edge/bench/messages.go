package bench

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"jaanch/internal/instruments"
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
			line, _, err := messageLine(ctx, q, n)
			if err != nil {
				return err
			}
			out.Messages = append(out.Messages, line)
		}
		return nil
	})
	return out, err
}

func messageLine(ctx context.Context, q *queries.Queries, id int64) (MessageLine, queries.MessageRow, error) {
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

// Message gives one message as the line monitor shows it: bytes, records and what came of them. Names are masked.
func (b *Bench) Message(ctx context.Context, id int64) (Message, error) {
	out := Message{Chunks: []Chunk{}, Records: []Record{}, Observations: []Observation{}}
	err := b.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		line, m, err := messageLine(ctx, q, id)
		if err != nil {
			return err
		}
		out.Line = line
		for _, text := range strings.FieldsFunc(string(m.Text), func(r rune) bool { return r == '\r' || r == '\n' }) {
			kind, _, _ := strings.Cut(text, "|")
			out.Records = append(out.Records, Record{Type: kind, Text: mask(text)})
		}
		chunks, err := q.Chunks(ctx, m.Session)
		if err != nil {
			return fmt.Errorf("read the bytes of message %d: %w", id, err)
		}
		for _, c := range chunks {
			shown := chunkView(c)
			if shown.Dir == "out" {
				out.Line.BytesOut += len(c.Bytes)
			}
			out.Chunks = append(out.Chunks, shown)
		}
		rows, err := q.ObservationsOfMessage(ctx, id)
		if err != nil {
			return fmt.Errorf("read the observations of message %d: %w", id, err)
		}
		for _, o := range rows {
			shown, err := observationView(ctx, tx, o)
			if err != nil {
				return err
			}
			out.Observations = append(out.Observations, shown)
		}
		return nil
	})
	return out, err
}

func chunkView(c queries.ChunksRow) Chunk {
	out := Chunk{At: time.UnixMilli(c.AtMs).UTC(), Dir: "in", Record: -1, Label: controlName(c.Bytes)}
	if instruments.Dir(c.Dir) == instruments.Out {
		out.Dir = "out"
	}
	text := mask(printable(c.Bytes))
	out.Text = text
	if text == printable(c.Bytes) {
		out.Hex = hex.EncodeToString(c.Bytes) // the bytes of a masked text would give the name away
	}
	return out
}

func printable(raw []byte) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return '·'
		}
		return r
	}, strings.ToValidUTF8(string(raw), "·"))
}

// controlName names a run of bytes that is one control character.
func controlName(raw []byte) string {
	if len(raw) != 1 {
		return ""
	}
	return map[byte]string{0x05: "ENQ", 0x06: "ACK", 0x15: "NAK", 0x04: "EOT"}[raw[0]]
}

// patientRecord finds patient records of both families, where names stand.
var patientRecord = regexp.MustCompile(`(^|·|\d)(P\|\d*\||PID\|)[^·\r\n]*`)

// mask hides what patient records say.
func mask(text string) string {
	return patientRecord.ReplaceAllString(text, "${1}${2}•••")
}
