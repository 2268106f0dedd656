package driver_test

import (
	"testing"
	"time"

	"jaanch/internal/instruments/driver"
	"jaanch/internal/instruments/profile"
)

func TestTime(t *testing.T) {
	t.Parallel()
	india := time.FixedZone("IST", 5*3600+1800)
	for _, c := range []struct{ text, want string }{
		{"20240311", "2024-03-11T00:00:00+05:30"},
		{"202403111014", "2024-03-11T10:14:00+05:30"},
		{"20240311101459", "2024-03-11T10:14:59+05:30"},
		{"20240311101459.25", "2024-03-11T10:14:59.25+05:30"},
		{"20240311101459+0100", "2024-03-11T10:14:59+01:00"},
		{"20240311101459.5-0300", "2024-03-11T10:14:59.5-03:00"},
		{"", ""},
		{"2024", ""},
		{"20240230", ""},
		{"00000000000000", ""},
		{"0000/00/00", ""},
		{"20240311 1014", ""},
		{"202403111014.5", ""},
	} {
		got, ok := driver.Time(c.text, india)
		text := ""
		if ok {
			text = got.Format(time.RFC3339Nano)
		}
		if text != c.want {
			t.Errorf("%q: %q, want %q", c.text, text, c.want)
		}
	}
}

// TestLimits reads the forms of R-6 and OBX-7; what is no range gives no limit.
func TestLimits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, low, high string }{
		{"3.9-6.1", "3.9", "6.1"},
		{"3.9 TO 6.1", "3.9", "6.1"},
		{"0.3 - 7.1~REFERENCE_RANGE", "", ""},
		{"-2.0 - 2.0", "-2.0", "2.0"},
		{"<5.0", "", "5.0"},
		{">= 40", "40", ""},
		{"6.1-3.9", "", ""},
		{"1.2.3-4", "", ""},
		{"Negative", "", ""},
		{"-", "", ""},
	} {
		m := decodeOne(t, profile.HL7, "MSH|^~\\&|X||||1||ORU^R01|1|P|2.3.1\nOBR|1||S1\nOBX|1|NM|A||5|mg|"+c.text)
		if o := m.Observations[0]; o.Low != c.low || o.High != c.high {
			t.Errorf("%q: %q to %q, want %q to %q", c.text, o.Low, o.High, c.low, c.high)
		}
	}
	m := decodeOne(t, profile.ASTM, "H|\\^&|||X\nO|1|S1\nR|1|^^^A|5|mg|3.9^6.1\nR|2|^^^B|5|mg|0.3 - 7.1^REFERENCE_RANGE\nR|3|^^^C|5|mg|^DEFAULT\nL|1")
	for i, want := range []string{"3.9 6.1", "0.3 7.1", " "} {
		if o := m.Observations[i]; o.Low+" "+o.High != want {
			t.Errorf("row %d: %q %q", i, o.Low, o.High)
		}
	}
}
