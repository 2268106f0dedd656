package outreach

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/queries"
)

// What ends and what takes up messages again, in the languages that people write. Only a message of this one word counts:
// "please do not stop my medicine" ends nothing.
func stopWords() []string {
	return []string{"stop", "unsubscribe", "cancel", "end", "quit", "stopall", "optout", "opt out", "बंद", "बंद करें", "रोकें", "रुको"}
}

func startWords() []string {
	return []string{"start", "unstop", "yes", "resume", "शुरू", "शुरू करें", "हाँ"}
}

// Heard obeys STOP and START. Each contact is a way by which the person is known: a number, a user id.
func (d *Desk) Heard(ctx context.Context, tx pgx.Tx, org lab.ID, text string, contacts ...string) error {
	word := strings.ToLower(strings.Trim(strings.TrimSpace(text), ".!।"))
	stop, start := slices.Contains(stopWords(), word), slices.Contains(startWords(), word)
	if !stop && !start {
		return nil
	}
	for _, c := range contacts {
		if c == "" {
			continue
		}
		if err := d.Stop(ctx, tx, org, c, stop, "message"); err != nil {
			return err
		}
	}
	return nil
}

// Stop shuts or opens a number or address for everything but codes that the person asks for.
func (d *Desk) Stop(ctx context.Context, tx pgx.Tx, org lab.ID, contact string, stop bool, source string) error {
	index := d.Box.Index(org, strings.TrimPrefix(contact, "+"))
	if !stop {
		return wrap("opt-in", d.queries().DropOptOut(ctx, tx, queries.DropOptOutParams{Org: org, Contact: index}))
	}
	return wrap("opt-out", d.queries().PutOptOut(ctx, tx, queries.PutOptOutParams{Org: org, Contact: index, Now: d.Clock(), Source: source}))
}
