package driver_test

import (
	"fmt"
	"strings"

	"jaanch/internal/instruments/driver"
)

// brief is a message as the golden files show it: short lines that a person can check against the transcript.
type brief struct {
	Message string   `json:"message"`
	Rows    []string `json:"rows,omitempty"`
	Queries []string `json:"queries,omitempty"`
	Orders  []string `json:"orders,omitempty"`
	Notes   []string `json:"notes,omitempty"`
}

func summary(messages []driver.Message) []brief {
	out := make([]brief, 0, len(messages))
	for _, m := range messages {
		b := brief{Message: fmt.Sprintf("%d %s %s from %q (%s) ended=%t timed=%t", m.Index, m.Kind, m.Type, m.Sender.Identity(), m.Sender.Version, m.Ended, m.TimedAll)}
		for _, o := range m.Observations {
			b.Rows = append(b.Rows, line(o))
		}
		for _, q := range m.Queries {
			b.Queries = append(b.Queries, fmt.Sprintf("%q all=%t cancel=%t tests=%q tag=%q", q.SampleIDs, q.All, q.Cancel, q.Tests, q.Tag))
		}
		for _, o := range m.Orders {
			b.Orders = append(b.Orders, fmt.Sprintf("%q tests=%q action=%q priority=%q placer=%q", o.SampleID, o.Tests, o.Action, o.Priority, o.PlacerID))
		}
		for _, w := range m.Warnings {
			b.Notes = append(b.Notes, fmt.Sprintf("%s at %s row %d", w.Code, w.Where, w.Row))
		}
		out = append(out, b)
	}
	return out
}

func line(o driver.Observation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s | %s %s | %q = %s%s %s", o.Role, o.SampleID, o.MapCode, o.Value, o.Comparator, o.ValueNum, o.Unit)
	fmt.Fprintf(&b, " | flag %q status %q at %q", o.Flag, o.Status, o.Timestamp)
	for _, extra := range []struct{ name, text string }{
		{"patient", o.PatientID},
		{"name", o.TestName},
		{"loinc", o.LOINC},
		{"range", o.Range},
		{"specimen", o.Specimen},
		{"operator", o.Operator},
	} {
		if extra.text != "" {
			fmt.Fprintf(&b, " %s %q", extra.name, extra.text)
		}
	}
	if o.NoValue {
		b.WriteString(" none")
	}
	if o.Reported != o.Value {
		fmt.Fprintf(&b, " reported %q", o.Reported)
	}
	if o.Control != nil {
		fmt.Fprintf(&b, " control %+v", *o.Control)
	}
	if o.Attachment != nil {
		fmt.Fprintf(&b, " attachment %s/%s %d bytes", o.Attachment.Type, o.Attachment.Subtype, len(o.Attachment.Data))
	}
	for _, c := range o.Comments {
		fmt.Fprintf(&b, " comment %q", c.Text)
	}
	for _, w := range o.Warnings {
		fmt.Fprintf(&b, " warning %s at %s", w.Code, w.Where)
	}
	return b.String()
}
