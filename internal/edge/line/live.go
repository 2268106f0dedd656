package line

import (
	"bytes"
	"context"

	"jaanch/internal/edge/bench"
	"jaanch/internal/instruments"
	"jaanch/internal/instruments/recognise"
	"jaanch/internal/lab"
)

// Tape is what passes on a connection at this moment.
type Tape struct {
	Line    Line            `json:"line"`
	Chunks  []bench.Chunk   `json:"chunks" doc:"Newest last; names masked."`
	Skipped int             `json:"skipped" doc:"Older pieces that are not shown."`
	Records []bench.Record  `json:"records" doc:"Of the newest message, as far as it came."`
	Rows    []TapeRow       `json:"rows" doc:"What is read from it by the profile that fits; nothing is filed by looking."`
	Profile string          `json:"profile"`
	Found   []TapeCandidate `json:"found" doc:"Profiles that fit what came, best first."`
}

// TapeCandidate is a profile that fits a connection.
type TapeCandidate struct {
	Profile    string `json:"profile"`
	Name       string `json:"name"`
	Confidence int    `json:"confidence"`
}

// TapeRow is one row of the newest message.
type TapeRow struct {
	Record int    `json:"record"`
	Sample string `json:"sample"`
	Code   string `json:"code"`
	Name   string `json:"name,omitempty"`
	Value  string `json:"value"`
	Unit   string `json:"unit"`
	Flag   string `json:"flag"`
	Role   string `json:"role"`
}

// shownPieces is how much of a tape is shown.
const shownPieces = 400

// Lines gives the connections of this moment and those that ended lately.
func (a *Archive) Lines(context.Context) (Lines, error) { return a.tapes.List(), nil }

// Tape shows a connection live: its bytes, frames and records, and what today's code reads from them.
func (a *Archive) Tape(_ context.Context, _ lab.Actor, id lab.ID) (Tape, error) {
	line, parts, ok := a.tapes.bytesOf(id)
	if !ok {
		return Tape{}, lab.NotFound("line_not_found", "This connection is over and no longer shown. Its messages are in the archive.")
	}
	out := Tape{Line: line, Chunks: []bench.Chunk{}, Records: []bench.Record{}, Rows: []TapeRow{}, Found: []TapeCandidate{}}
	pieces := anatomy(parts)
	heard := heardOf(parts)
	finding := recognise.Bytes(a.profiles, heard)
	for _, p := range finding.Proposals {
		out.Found = append(out.Found, TapeCandidate{Profile: p.Profile, Name: p.Name, Confidence: p.Confidence})
	}
	if best, ok := finding.Best(); ok {
		out.Profile = best.Profile
	}
	if text := newest(pieces); len(text) > 0 {
		protocol := string(finding.Protocol)
		shown := []piece{{kind: block, dir: instruments.In, bytes: bytes.Clone(text), text: [2]int{0, len(text)}}}
		(&redactor{level: personal}).redact(shown)
		for _, r := range splitRecords(string(shown[0].bytes)) {
			out.Records = append(out.Records, bench.Record{Type: recordName(r), Text: printable([]byte(r)), Rows: []int{}})
		}
		for _, m := range a.decode(protocol, out.Profile, text) {
			for _, o := range m.Observations {
				if o.Row >= 0 && o.Row < len(out.Records) {
					out.Records[o.Row].Rows = append(out.Records[o.Row].Rows, len(out.Rows))
				}
				out.Rows = append(out.Rows, TapeRow{
					Record: o.Row, Sample: o.SampleID, Code: o.MapCode, Name: o.TestName, Value: o.Value, Unit: o.Unit, Flag: o.Flag, Role: string(o.Role),
				})
			}
		}
	}
	(&redactor{level: personal}).redact(pieces)
	if out.Skipped = max(0, len(pieces)-shownPieces); out.Skipped > 0 {
		pieces = pieces[out.Skipped:]
	}
	for _, p := range pieces {
		out.Chunks = append(out.Chunks, chunkOf(p))
	}
	return out, nil
}

// heardOf joins what came from the analyzer.
func heardOf(parts []part) []byte {
	var out []byte
	for _, p := range parts {
		if p.dir == instruments.In {
			out = append(out, p.bytes...)
		}
	}
	return out
}

// newest gives the text of the newest message that came in, as far as it did.
func newest(pieces []piece) []byte {
	last := -1
	for _, p := range pieces {
		if p.dir == instruments.In {
			last = max(last, p.message)
		}
	}
	var out []byte
	for _, p := range pieces {
		if p.dir == instruments.In && p.message == last && last >= 0 {
			out = append(out, p.bytes[p.text[0]:p.text[1]]...)
		}
	}
	return out
}
