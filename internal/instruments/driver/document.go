package driver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/profile"
)

// Document is what `edge decode --json` prints about a recorded file. Its shape is read by others and only grows.
type Document struct {
	Protocol string            `json:"protocol"`
	Kind     string            `json:"kind"` // result, query, order, qc
	Messages int               `json:"messages"`
	Driver   string            `json:"driver"` // the profile of the first message
	Results  []DocumentResult  `json:"results"`
	Queries  []DocumentQuery   `json:"queries"`
	Orders   []DocumentOrder   `json:"orders"`
	Warnings []DocumentWarning `json:"warnings"`
}

// DocumentResult is one row of a document.
type DocumentResult struct {
	Message   int    `json:"message"`
	SampleID  string `json:"sample_id"`
	TestCode  string `json:"test_code"`
	TestName  string `json:"test_name,omitempty"`
	Aspect    string `json:"aspect,omitempty"`
	Value     string `json:"value"`
	Unit      string `json:"unit"`
	Flag      string `json:"flag"`
	Status    string `json:"status"`
	Timestamp string `json:"timestamp"`
	Role      string `json:"role"`
}

// DocumentQuery is one query of a document.
type DocumentQuery struct {
	Message   int      `json:"message"`
	SampleIDs []string `json:"sample_ids"`
	Cancel    bool     `json:"cancel,omitempty"`
}

// DocumentOrder is one order of a document.
type DocumentOrder struct {
	Message  int      `json:"message"`
	SampleID string   `json:"sample_id"`
	Tests    []string `json:"tests"`
}

// DocumentWarning is one tolerated fault.
type DocumentWarning struct {
	Message int    `json:"message"`
	Code    string `json:"code"`
	Where   string `json:"where"`
}

// Recording is what a recorded file of an instrument's bytes holds.
type Recording struct {
	Protocol profile.Protocol
	Messages []Message
	Faults   []string // of frames and blocks that were read in spite of a fault, by code
}

// Decode reads a recorded file, frames and blocks included, through the same code as a live line. It finds protocol and
// profile from the bytes.
func Decode(profiles *profile.Set, recording []byte) Recording {
	recording = bytes.TrimPrefix(recording, []byte("\xef\xbb\xbf")) // the mark that some editors put in front
	if IsHL7(recording) {
		read := hl7.ReadRecording(recording)
		out := Recording{Protocol: profile.HL7}
		for range read.Cut {
			out.Faults = append(out.Faults, "block_cut")
		}
		d := NewHL7(profiles, nil)
		for _, payload := range read.Messages {
			out.add(d.Decode(payload))
		}
		return out
	}
	read := astm.ReadRecording(recording)
	out := Recording{Protocol: profile.ASTM, Faults: read.Faults}
	d := NewASTM(profiles, nil)
	for _, text := range read.Messages {
		out.add(d.Decode(text.Bytes))
	}
	return out
}

func (r *Recording) add(more []Message) {
	for i := range more {
		shift(&more[i], len(r.Messages))
		r.Messages = append(r.Messages, more[i])
	}
}

// shift sets the position of the message, and of all that it holds.
func shift(m *Message, index int) {
	m.Index = index
	for i := range m.Observations {
		m.Observations[i].Message = index
	}
	for i := range m.Queries {
		m.Queries[i].Message = index
	}
	for i := range m.Orders {
		m.Orders[i].Message = index
	}
}

// IsHL7 tells whether bytes are HL7 v2: an MLLP block, or an MSH at the start of a line.
func IsHL7(b []byte) bool {
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte("MSH"))
		if i < 0 {
			return false
		}
		at += i
		if at == 0 || b[at-1] < ' ' {
			return true
		}
		at += 3
	}
}

// NewDocument makes the document of a decoded recording.
func NewDocument(r Recording) Document {
	d := Document{
		Protocol: string(r.Protocol), Kind: documentKind(r.Messages), Messages: len(r.Messages),
		Results: []DocumentResult{}, Queries: []DocumentQuery{}, Orders: []DocumentOrder{}, Warnings: []DocumentWarning{},
	}
	for _, code := range r.Faults {
		d.Warnings = append(d.Warnings, DocumentWarning{Code: code, Where: "link"})
	}
	if len(r.Messages) > 0 {
		d.Driver = r.Messages[0].Profile
	}
	for _, m := range r.Messages {
		for _, o := range m.Observations {
			d.Results = append(d.Results, DocumentResult{
				Message: m.Index, SampleID: o.SampleID, TestCode: o.TestCode, TestName: o.TestName, Aspect: o.Aspect,
				Value: o.Value, Unit: o.Unit, Flag: o.Flag, Status: o.Status, Timestamp: o.Timestamp, Role: string(o.Role),
			})
			for _, w := range o.Warnings {
				d.Warnings = append(d.Warnings, DocumentWarning{Message: m.Index, Code: w.Code, Where: w.Where})
			}
		}
		for _, q := range m.Queries {
			ids := q.SampleIDs
			if q.All {
				ids = q.Asked // as sent: "ALL", or nothing where the query's name says it
			}
			if ids == nil {
				ids = []string{}
			}
			d.Queries = append(d.Queries, DocumentQuery{Message: m.Index, SampleIDs: ids, Cancel: q.Cancel})
		}
		for _, o := range m.Orders {
			tests := o.Tests
			if tests == nil {
				tests = []string{}
			}
			d.Orders = append(d.Orders, DocumentOrder{Message: m.Index, SampleID: o.SampleID, Tests: tests})
		}
		for _, w := range m.Warnings {
			d.Warnings = append(d.Warnings, DocumentWarning{Message: m.Index, Code: w.Code, Where: w.Where})
		}
	}
	return d
}

// documentKind gives one word for a whole file: what most matters of what is in it.
func documentKind(messages []Message) string {
	count := map[Kind]int{}
	for _, m := range messages {
		count[m.Kind]++
	}
	switch {
	case count[KindResult] > 0:
		return string(KindResult)
	case count[KindQC]+count[KindCalibration] > 0:
		return string(KindQC)
	case count[KindQuery] > 0:
		return string(KindQuery)
	case count[KindOrder] > 0:
		return string(KindOrder)
	default:
		return string(KindResult)
	}
}

// maxRecording bounds a file that is read as a whole.
const maxRecording = 256 << 20

// Run reads the recorded file at path and prints what it holds: as one JSON object, or as tables for people.
func Run(w io.Writer, path string, asJSON bool) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("open recording: %w", err)
	}
	if info.Size() > maxRecording {
		return fmt.Errorf("open recording %s: larger than %d MiB", path, maxRecording>>20)
	}
	data, err := os.ReadFile(path) //nolint:gosec // the path is what the operator typed on the command line
	if err != nil {
		return fmt.Errorf("read recording: %w", err)
	}
	profiles, err := profile.Builtin()
	if err != nil {
		return fmt.Errorf("load profiles: %w", err)
	}
	doc := NewDocument(Decode(profiles, data))
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(doc)
	}
	return doc.print(w)
}

// print writes the document as tables.
func (d Document) print(w io.Writer) error {
	var b strings.Builder
	line := func(format string, a ...any) { fmt.Fprintf(&b, format, a...) }
	line("%s, %s, %d message(s), profile %s\n", d.Protocol, d.Kind, d.Messages, d.Driver)
	if len(d.Results) > 0 {
		line("\nmessage\tsample\ttest\tvalue\tunit\tflag\tstatus\ttime\trole\n")
	}
	for _, r := range d.Results {
		line("%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
			r.Message, r.SampleID, r.TestCode, r.Value, r.Unit, r.Flag, r.Status, r.Timestamp, r.Role)
	}
	for _, q := range d.Queries {
		line("%d\tasks for %v\n", q.Message, q.SampleIDs)
	}
	for _, o := range d.Orders {
		line("%d\torders %v on %s\n", o.Message, o.Tests, o.SampleID)
	}
	for _, x := range d.Warnings {
		line("%d\twarning %s at %s\n", x.Message, x.Code, x.Where)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if _, err := io.WriteString(t, b.String()); err != nil {
		return err
	}
	return t.Flush()
}
