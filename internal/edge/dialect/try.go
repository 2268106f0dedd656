package dialect

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/driver"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite/queries"
)

// ProfileDraft is a profile that is being written.
type ProfileDraft struct {
	Name string `json:"name" minLength:"1" maxLength:"60"`
	Text string `json:"text" maxLength:"200000"`
}

// ProfileFault is one fault of a profile, with its place.
type ProfileFault struct {
	Line int    `json:"line" doc:"From 1; 0 where the place is not known."`
	Key  string `json:"key"`
	Text string `json:"text"`
}

// ProfileChecked are the faults of a draft; none means that it can be saved.
type ProfileChecked struct {
	Faults []ProfileFault `json:"faults"`
}

// Check looks for faults.
func (d *Desk) Check(_ context.Context, in ProfileDraft) (ProfileChecked, error) {
	_, problems := d.profiles.Check(in.Name, in.Text)
	return ProfileChecked{Faults: faults(problems)}, nil
}

func faults(problems []profile.Problem) []ProfileFault {
	out := []ProfileFault{}
	for _, p := range problems {
		out = append(out, ProfileFault{Line: p.Line, Key: p.Key, Text: p.Text})
	}
	return out
}

// ProfileTrial tries a draft on a message, pasted or of the archive. Nothing is stored and nothing filed.
type ProfileTrial struct {
	ProfileDraft

	Pasted    string `json:"pasted,omitempty" maxLength:"2000000" doc:"Bytes of a line, or bare records; control characters may be written as <STX> or ␂."`
	MessageID int64  `json:"message_id,omitempty" doc:"A message of the archive."`
}

// ProfileTried is what a draft makes of a message.
type ProfileTried struct {
	Faults     []ProfileFault    `json:"faults"`
	Protocol   string            `json:"protocol"`
	Messages   int               `json:"messages"`
	Kind       string            `json:"kind"`
	Model      string            `json:"model"`
	Recognised string            `json:"recognised" doc:"The profile that would be proposed for the message if this draft were in force."`
	Rows       []ProfileTriedRow `json:"rows"`
	Queries    []string          `json:"queries" doc:"Sample ids that the message asks orders for."`
	Warnings   []string          `json:"warnings" doc:"Leniencies that were needed, by name."`
}

// ProfileTriedRow is one row that the draft reads, and how the profile in force reads it where that differs.
type ProfileTriedRow struct {
	Sample string `json:"sample"`
	Code   string `json:"code"`
	Name   string `json:"name"`
	Value  string `json:"value"`
	Number string `json:"number" doc:"The value as a number, where it is one."`
	Unit   string `json:"unit"`
	Flag   string `json:"flag"`
	Time   string `json:"time"`
	Role   string `json:"role"`
	Record string `json:"record" doc:"Record that it was read from."`
}

// Try reads a message with a draft.
func (d *Desk) Try(ctx context.Context, in ProfileTrial) (ProfileTried, error) {
	out := ProfileTried{Rows: []ProfileTriedRow{}, Queries: []string{}, Warnings: []string{}}
	p, problems := d.profiles.Check(in.Name, in.Text)
	out.Faults = faults(problems)
	texts, protocol, err := d.texts(ctx, in)
	if err != nil {
		return out, err
	}
	out.Protocol = string(protocol)
	if p == nil {
		return out, nil
	}
	if p.Protocol != protocol {
		out.Faults = append(out.Faults, ProfileFault{Key: "protocol", Text: fmt.Sprintf("the message is %s, the profile reads %s", protocol, p.Protocol)})
		return out, nil
	}
	trial := d.profiles.Trial(p)
	for _, text := range texts {
		decoded, err := driver.Safely(driver.New(trial, protocol, p), text)
		if err != nil {
			return out, err
		}
		for _, m := range decoded {
			out.add(m)
		}
		for _, m := range driver.New(trial, protocol, nil).Decode(text) {
			out.Recognised = m.Profile
		}
	}
	return out, nil
}

func (t *ProfileTried) add(m driver.Message) {
	t.Messages++
	t.Kind, t.Model = string(m.Kind), m.Sender.Model
	for _, o := range m.Observations {
		record, _, _ := strings.Cut(o.Raw.Record, "\r")
		t.Rows = append(t.Rows, ProfileTriedRow{
			Sample: o.SampleID, Code: o.MapCode, Name: o.TestName, Value: o.Reported, Number: o.Comparator + o.ValueNum, Unit: o.Unit, Flag: o.Flag,
			Time: o.Timestamp, Role: string(o.Role), Record: record,
		})
	}
	for _, q := range m.Queries {
		t.Queries = append(t.Queries, q.SampleIDs...)
	}
	for _, w := range m.Warnings {
		t.Warnings = append(t.Warnings, w.Code+" "+w.Where)
	}
}

// texts gives the messages to try on, without framing.
func (d *Desk) texts(ctx context.Context, in ProfileTrial) ([][]byte, instruments.Protocol, error) {
	if in.MessageID > 0 {
		var out [][]byte
		var protocol instruments.Protocol
		err := d.view(ctx, func(q *queries.Queries) error {
			m, err := q.Message(ctx, in.MessageID)
			if err != nil {
				return lab.NotFound("message_not_found", "There is no such message.")
			}
			out, protocol = [][]byte{m.Text}, instruments.Protocol(m.Protocol)
			return nil
		})
		return out, protocol, err
	}
	if strings.TrimSpace(in.Pasted) == "" {
		return nil, "", lab.Invalid("message_missing", "Paste a message or choose one of the archive.")
	}
	b := unwritten(in.Pasted)
	if driver.IsHL7(b) {
		return hl7.ReadRecording(b).Messages, instruments.HL7, nil
	}
	var out [][]byte
	for _, m := range astm.ReadRecording(b).Messages {
		out = append(out, m.Bytes)
	}
	return out, instruments.ASTM, nil
}

// unwritten turns the ways in which people write control characters into the characters.
func unwritten(s string) []byte {
	pairs := []string{"\r\n", "\r", "\n", "\r"}
	for name, c := range map[string]string{
		"SOH": "\x01", "STX": "\x02", "ETX": "\x03", "EOT": "\x04", "ENQ": "\x05", "ACK": "\x06", "LF": "\n", "VT": "\x0b", "SB": "\x0b", "CR": "\r",
		"NAK": "\x15", "ETB": "\x17", "FS": "\x1c", "EB": "\x1c",
	} {
		pairs = append(pairs, "<"+name+">", c, "["+name+"]", c)
	}
	for c := rune(1); c < 0x20; c++ {
		pairs = append(pairs, string('␀'+c), string(c))
	}
	return bytes.TrimLeft([]byte(strings.NewReplacer(pairs...).Replace(s)), "\r ")
}
