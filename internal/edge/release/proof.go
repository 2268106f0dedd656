package release

import (
	"bytes"
	"context"
	"crypto/ed25519"

	"jaanch/internal/lab"
	"jaanch/internal/lab/report"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// CheckProof is the text of a report's QR code.
type CheckProof struct {
	Payload string `json:"payload" minLength:"10" maxLength:"600"`
}

// Checked says whether a QR code is one that this node made, and of which report. It works without any connection.
type Checked struct {
	Genuine  bool   `json:"genuine" doc:"The signature is this node's, and the content is the one that is kept here."`
	Reason   string `json:"reason,omitempty" doc:"Why it is not: malformed, signature, unknown, content."`
	ReportID lab.ID `json:"report_id,omitempty,omitzero"`
	Number   string `json:"number,omitempty"`
	Version  int    `json:"version,omitempty"`
	Day      string `json:"day,omitempty"`
	State    string `json:"state,omitempty" doc:"preliminary, final, amended, superseded, withdrawn: a genuine code may be of a report that no longer counts."`
	Newest   int    `json:"newest_version,omitempty"`
}

// Check verifies what a QR code says by the node's own key, and compares it with the report that is kept.
func (d *Desk) Check(ctx context.Context, in CheckProof) (Checked, error) {
	p, err := report.ParseProof(in.Payload)
	if err != nil {
		return Checked{Reason: "malformed"}, nil //nolint:nilerr // a code that is not ours is an answer, not a fault
	}
	out := Checked{Version: p.Version, Day: p.Day.String()}
	public, ok := d.key.Public().(ed25519.PublicKey)
	if !ok || !p.Verify(public) {
		out.Reason = "signature"
		return out, nil
	}
	err = d.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		out.Reason = "unknown"
		c, _, err := d.version(ctx, tx, p.Report)
		if lab.KindOf(err) == lab.KindNotFound {
			return nil
		}
		if err != nil {
			return err
		}
		for _, r := range c.reports {
			if int(r.Version) != p.Version {
				continue
			}
			line, err := d.line(ctx, q, c, r)
			if err != nil {
				return err
			}
			out.ReportID, out.Number, out.State, out.Newest = line.ID, line.Number, line.State, int(c.reports[0].Version)
			out.Genuine, out.Reason = bytes.Equal(r.ContentHash, p.Hash[:]), ""
			if !out.Genuine {
				out.Reason = "content"
			}
		}
		return nil
	})
	return out, err
}
