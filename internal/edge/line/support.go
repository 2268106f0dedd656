package line

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"jaanch/internal/edge/bench"
	"jaanch/internal/instruments"
	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Recording is a stored session as it may leave the lab.
type Recording struct {
	Name string
	Zip  []byte
}

// about is what stands beside a recording, so that somebody who never saw the lab can read it.
type about struct {
	Program     string   `json:"program"`
	Protocol    string   `json:"protocol"`
	Profiles    []string `json:"profiles"`
	Taken       string   `json:"taken"` // the day alone
	Pieces      int      `json:"pieces"`
	Hidden      string   `json:"hidden"`
	Warnings    []string `json:"warnings"`
	Fingerprint string   `json:"message"` // number of the message at the node, so that the lab can find it again
}

// Support packs the session of a message for whoever helps: the bytes that came as a recording that `edge decode` and
// `edge simulate` read, both directions as a transcript, and what the node made of it. Names, ids, dates of birth, free
// text and pictures are written over; ids become other ids of the same shape, the same one the same way. The taking
// stands in the access log.
func (a *Archive) Support(ctx context.Context, actor lab.Actor, id int64) (Recording, error) {
	var m queries.MessageRow
	var line bench.MessageLine
	var parts []part
	info := about{Program: "jaanch " + a.version, Warnings: []string{}, Profiles: []string{}, Fingerprint: strconv.FormatInt(id, 10)}
	err := a.view(ctx, func(_ *sqlite.ReadTx, q *queries.Queries) error {
		var err error
		if line, m, err = bench.ReadMessageLine(ctx, q, id); err != nil {
			return err
		}
		all, err := q.MessagesOfSession(ctx, m.Session)
		if err != nil {
			return fmt.Errorf("read the messages of session %s: %w", lab.ID(m.Session), err)
		}
		for _, x := range all {
			info.Profiles = append(info.Profiles, x.Profile)
		}
		parts, err = partsOf(ctx, q, m.Session)
		return err
	})
	if err != nil {
		return Recording{}, err
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return Recording{}, fmt.Errorf("make a key for a recording: %w", err)
	}
	pieces := anatomy(parts)
	(&redactor{level: outside, key: key}).redact(pieces)
	info.Protocol, info.Pieces, info.Warnings = m.Protocol, len(pieces), line.Warnings
	info.Taken = line.At.In(a.zone).Format(time.DateOnly)
	info.Hidden = "Names, dates of birth, addresses, telephone numbers, free text and pictures are written over with X and 0. Sample and patient ids are replaced by others of the same shape."
	packed, err := a.pack(pieces, info)
	if err != nil {
		return Recording{}, err
	}
	if err := a.db.LogAccess(ctx, sqlite.Access{Actor: actor, Action: "line.support", Entity: "raw_session", Record: lab.ID(m.Session)}); err != nil {
		return Recording{}, err
	}
	return Recording{Name: fmt.Sprintf("line-%s-%d.zip", m.Protocol, id), Zip: packed}, nil
}

// pack writes the three files.
func (a *Archive) pack(pieces []piece, info about) ([]byte, error) {
	var raw bytes.Buffer
	var transcript strings.Builder
	for _, p := range pieces {
		arrow := "node     →"
		if p.dir == instruments.In {
			raw.Write(p.bytes)
			arrow = "analyzer ←"
		}
		note := strings.TrimSpace(p.label + " " + p.fault)
		fmt.Fprintf(&transcript, "%s %s %-9s %s\n", stampOf(p.at, a.zone), arrow, note, printable(p.bytes))
	}
	notes, err := json.MarshalIndent(info, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("describe a recording: %w", err)
	}
	extension := "astm"
	if info.Protocol == string(instruments.HL7) {
		extension = "hl7"
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range []struct {
		name string
		data []byte
	}{{"recording." + extension, raw.Bytes()}, {"transcript.txt", []byte(transcript.String())}, {"about.json", notes}} {
		to, err := w.Create(f.name)
		if err == nil {
			_, err = to.Write(f.data)
		}
		if err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack a recording: %w", err)
	}
	return out.Bytes(), nil
}
