package outside

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/hub/credential"
	"jaanch/internal/hub/inbox"
	"jaanch/internal/hub/outbound"
	"jaanch/internal/hub/outbox"
	"jaanch/internal/hub/outreach/whatsapp"
	"jaanch/internal/hub/seal"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/queries"
)

// PutWhatsApp queues a template message in the transaction of its cause. The row's id travels with it and comes back with
// every status.
func (w *Outside) PutWhatsApp(ctx context.Context, tx pgx.Tx, org lab.ID, key string, m whatsapp.TemplateMessage) (lab.ID, bool, error) {
	if _, err := m.Request(); err != nil {
		return lab.ID{}, false, err
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return lab.ID{}, false, fmt.Errorf("outside: %w", err)
	}
	return w.Outbox.Put(ctx, tx, outbox.New{Org: org, Service: "whatsapp", Kind: m.Name, Key: key, Recipient: m.To, Payload: raw})
}

func (w *Outside) sendWhatsApp(ctx context.Context, http *outbound.Client, m outbox.Message) outbox.Outcome {
	var t whatsapp.TemplateMessage
	if json.Unmarshal(m.Payload, &t) != nil {
		return outbox.Outcome{Class: outbox.Refused, Code: "payload"}
	}
	t.CallbackID = m.ID.String()
	if m.Kind == kindReply {
		return w.sendReply(ctx, http, m)
	}
	set, err := w.Credentials.Get(ctx, m.Org, "whatsapp")
	if err != nil {
		return outbox.Outcome{Class: outbox.Halted, Code: lab.CodeOf(err)}
	}
	if out := w.attach(ctx, http, set, m.Org, &t); out.Class != outbox.Done {
		return out
	}
	body, err := t.Request()
	if err != nil {
		return outbox.Outcome{Class: outbox.Refused, Code: lab.CodeOf(err)}
	}
	return w.accountOf(http, set).Send(ctx, body)
}

// accountOf gives the client of an organisation's number.
func (w *Outside) accountOf(http *outbound.Client, set credential.Set) *whatsapp.Client {
	version := set["version"].Reveal()
	if version == "" {
		version = "v23.0"
	}
	base := set["url"].Reveal()
	if base == "" {
		base = "https://graph.facebook.com"
	}
	return &whatsapp.Client{HTTP: http, Account: whatsapp.Account{BaseURL: base, Version: version, NumberID: set["number"].Reveal(), Token: set["token"]}}
}

// attach uploads the document that a message shows. Until that is done nothing was sent.
func (w *Outside) attach(ctx context.Context, http *outbound.Client, set credential.Set, org lab.ID, t *whatsapp.TemplateMessage) outbox.Outcome {
	if t.Document == "" {
		return outbox.Outcome{Class: outbox.Done}
	}
	hash, err := hex.DecodeString(t.Document)
	if err != nil {
		return outbox.Outcome{Class: outbox.Refused, Code: "payload"}
	}
	content, _, err := w.Files.Open(ctx, org, hash)
	if err != nil {
		return outbox.Outcome{Class: outbox.Refused, Code: lab.CodeOf(err)}
	}
	id, out := w.accountOf(http, set).Upload(ctx, t.FileName, content)
	t.MediaID = id
	return out
}

// whatsApp applies statuses, which never go back, and keeps what people write.
func (w *Outside) whatsApp(ctx context.Context, tx pgx.Tx, a inbox.Announcement) error {
	n, err := whatsapp.Parse(a.Body)
	if err != nil {
		return err
	}
	q := w.o.DB.Queries()
	for _, s := range n.Statuses {
		p := queries.RaiseStatusParams{Status: s.Status, Rank: int32(whatsapp.Rank(s.Status)), ProviderID: &s.ID, Now: w.o.Clock(), Org: a.Org, Service: "whatsapp"}
		if id, err := lab.ParseID(s.Opaque); err == nil {
			p.ID = id
		}
		for _, f := range s.Failures {
			p.ErrorCode = strconv.FormatInt(f.Code, 10)
		}
		if err := w.raise(ctx, tx, p); err != nil {
			return err
		}
	}
	for _, m := range n.Messages {
		if err := w.Outreach.Heard(ctx, tx, a.Org, m.Text, m.From, m.UserID); err != nil {
			return err
		}
		contact := m.UserID
		if contact == "" {
			contact = m.From
		}
		raw, err := json.Marshal(m)
		if err != nil {
			return fmt.Errorf("outside: message: %w", err)
		}
		if _, err := q.AddInbound(ctx, tx, queries.AddInboundParams{
			Org: a.Org, Service: "whatsapp", MessageID: m.ID, Contact: w.o.Box.Index(a.Org, contact), Kind: m.Type, At: time.Unix(m.At, 0),
			Sealed: w.o.Box.Seal(seal.Place("inbound_message", a.Org, m.ID), raw),
		}); err != nil {
			return fmt.Errorf("outside: message: %w", err)
		}
	}
	return nil
}
