package outside

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/outbound"
	"jaanch/internal/hub/outbox"
	"jaanch/internal/hub/outreach"
	"jaanch/internal/hub/outreach/whatsapp"
	"jaanch/internal/hub/seal"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/queries"
)

// kindReply is a free text of a person at the hub.
const kindReply = "reply"

// window is how long after a person's last message WhatsApp takes free texts (Meta's customer service window).
const window = 24 * time.Hour

// history is how far back conversations are listed.
const history = 90 * 24 * time.Hour

// Line is one message of a conversation.
type Line struct {
	At     time.Time `json:"at"`
	Mine   bool      `json:"mine" doc:"From the lab"`
	Kind   string    `json:"kind"`
	Text   string    `json:"text"`
	Status string    `json:"status,omitempty" enum:"queued,sent,delivered,read,failed,cancelled"`
	Code   string    `json:"code,omitempty"`
}

// Talk is a conversation with one person.
type Talk struct {
	Contact string     `json:"contact" doc:"A keyed hash; the number is in who"`
	Who     string     `json:"who" doc:"Number or name of the person, as the service gave it"`
	Service string     `json:"service" enum:"whatsapp,twilio"`
	Last    Line       `json:"last"`
	Unread  int64      `json:"unread"`
	OpenTo  *time.Time `json:"open_until,omitempty" doc:"Until then a free text may be sent"`
	Lines   []Line     `json:"lines,omitempty" doc:"Oldest first; of one conversation alone"`
}

// said is what is kept of an inbound message.
type said struct {
	From    string `json:"from"`
	UserID  string `json:"user_id"`
	Type    string `json:"type"`
	Text    string `json:"text"`
	Payload string `json:"payload"`
}

func (s said) words() string {
	if s.Text != "" {
		return s.Text
	}
	return s.Payload
}

func (s said) who() string {
	if s.From != "" {
		return "+" + strings.TrimPrefix(s.From, "+")
	}
	return s.UserID
}

func (w *Outside) openSaid(org lab.ID, id string, sealed []byte) (said, error) {
	var s said
	raw, err := w.o.Box.Open(seal.Place("inbound_message", org, id), sealed)
	if err != nil {
		return s, err
	}
	return s, wrap("message", json.Unmarshal(raw, &s))
}

// until says until when a free text may be sent.
func (w *Outside) until(service string, last time.Time) *time.Time {
	end := last.Add(window)
	if service != "whatsapp" || !end.After(w.o.Clock()) {
		return nil
	}
	return &end
}

// Talks lists the conversations, the newest message first.
func (w *Outside) Talks(ctx context.Context, org lab.ID) ([]Talk, error) {
	rows, err := w.o.DB.Queries().Conversations(ctx, w.o.DB.Pool(), queries.ConversationsParams{Org: org, Since: w.o.Clock().Add(-history), Most: 500})
	if err != nil {
		return nil, wrap("conversations", err)
	}
	out := make([]Talk, 0, len(rows))
	for _, r := range rows {
		s, err := w.openSaid(org, r.MessageID, r.Sealed)
		if err != nil {
			return nil, err
		}
		out = append(out, Talk{
			Contact: r.Contact, Who: s.who(), Service: r.Service, Unread: r.Unread, OpenTo: w.until(r.Service, r.At),
			Last: Line{At: r.At, Kind: r.Kind, Text: s.words()},
		})
	}
	slices.SortFunc(out, func(a, b Talk) int { return b.Last.At.Compare(a.Last.At) })
	return out, nil
}

// Talk gives one conversation and marks it as read.
func (w *Outside) Talk(ctx context.Context, org lab.ID, contact string) (Talk, error) {
	q, pool := w.o.DB.Queries(), w.o.DB.Pool()
	rows, err := q.MessagesFrom(ctx, pool, queries.MessagesFromParams{Org: org, Contact: contact, Most: 200})
	if err != nil {
		return Talk{}, wrap("conversation", err)
	}
	if len(rows) == 0 {
		return Talk{}, lab.NotFound("conversation_unknown", "Nobody has written under this number.")
	}
	out := Talk{Contact: contact, Service: rows[0].Service, OpenTo: w.until(rows[0].Service, rows[0].At)}
	for _, r := range rows {
		s, err := w.openSaid(org, r.MessageID, r.Sealed)
		if err != nil {
			return out, err
		}
		if out.Who == "" {
			out.Who = s.who()
		}
		out.Lines = append(out.Lines, Line{At: r.At, Kind: r.Kind, Text: s.words()})
	}
	replies, err := q.RepliesTo(ctx, pool, queries.RepliesToParams{Org: org, Contact: contact, Most: 200})
	if err != nil {
		return out, wrap("conversation", err)
	}
	for _, r := range replies {
		text, err := w.o.Box.Open(seal.Place("outbound_reply", org, r.Outbox.String()), r.Sealed)
		if err != nil {
			return out, err
		}
		l := Line{At: r.At, Mine: true, Kind: "text", Text: string(text)}
		l.Status, l.Code = outreach.Status(r.State, r.Status, r.ErrorCode)
		out.Lines = append(out.Lines, l)
	}
	slices.SortFunc(out.Lines, func(a, b Line) int { return a.At.Compare(b.At) })
	out.Last = out.Lines[len(out.Lines)-1]
	now := w.o.Clock()
	return out, wrap("read", q.ReadMessages(ctx, pool, queries.ReadMessagesParams{Now: &now, Org: org, Contact: contact}))
}

// maxReply is the longest text that WhatsApp takes.
const maxReply = 4096

// reply is the payload of a free text.
type reply struct {
	To   string `json:"to"`
	Text string `json:"text"`
}

// Reply writes back within the window. The same key again writes nothing.
func (w *Outside) Reply(ctx context.Context, org, by lab.ID, contact, key, text string) error {
	text = strings.TrimSpace(text)
	if text == "" || len([]rune(text)) > maxReply || key == "" {
		return lab.Invalid("reply_text", "The text is empty or longer than 4,096 characters.", lab.FieldError{Field: "text", Code: "reply_text", Message: "is empty or too long"})
	}
	t, err := w.Talk(ctx, org, contact)
	if err != nil {
		return err
	}
	if t.OpenTo == nil {
		return lab.Conflict("window_closed", "More than 24 hours have passed since the last message. Only an approved template may be sent now.")
	}
	raw, err := json.Marshal(reply{To: strings.TrimPrefix(t.Who, "+"), Text: text})
	if err != nil {
		return wrap("reply", err)
	}
	return w.o.DB.Update(ctx, func(tx pgx.Tx) error {
		id, added, err := w.Outbox.Put(ctx, tx, outbox.New{Org: org, Service: "whatsapp", Kind: kindReply, Key: "reply:" + contact + ":" + key, Recipient: strings.TrimPrefix(t.Who, "+"), Payload: raw})
		if err != nil || !added {
			return err
		}
		return wrap("reply", w.o.DB.Queries().AddReply(ctx, tx, queries.AddReplyParams{
			Org: org, Outbox: id, Contact: contact, Sealed: w.o.Box.Seal(seal.Place("outbound_reply", org, id.String()), []byte(text)), Now: w.o.Clock(), By: by,
		}))
	})
}

// sendReply sends a free text.
func (w *Outside) sendReply(ctx context.Context, http *outbound.Client, m outbox.Message) outbox.Outcome {
	var n reply
	if json.Unmarshal(m.Payload, &n) != nil {
		return outbox.Outcome{Class: outbox.Refused, Code: "payload"}
	}
	set, err := w.Credentials.Get(ctx, m.Org, "whatsapp")
	if err != nil {
		return outbox.Outcome{Class: outbox.Halted, Code: lab.CodeOf(err)}
	}
	return w.accountOf(http, set).Send(ctx, whatsapp.Reply(n.To, n.Text, m.ID.String()))
}
