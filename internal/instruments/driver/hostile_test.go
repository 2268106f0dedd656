package driver_test

import (
	"strings"
	"testing"
	"time"

	"jaanch/internal/instruments/profile"
)

// TestHostile reads large messages that are made to be slow. Each would take many minutes if
// parts were counted from the start again and again; the bound here is far above what they need.
func TestHostile(t *testing.T) {
	const size = 512 << 10
	for _, c := range []struct {
		name     string
		protocol profile.Protocol
		text     string
	}{
		{"repeats in an order", profile.ASTM, "H|\\^&\nO|1|S1||" + strings.Repeat(`\\`, size) + "|R\nL|1"},
		{"components in an order", profile.ASTM, "H|\\^&\nO|1|S1||" + strings.Repeat("^", size) + "|R\nL|1"},
		{"repeats in a query", profile.ASTM, "H|\\^&\nQ|1|" + strings.Repeat(`\\`, size) + "||ALL\nL|1"},
		{"components in a code", profile.ASTM, "H|\\^&\nO|1|S1\nR|1|" + strings.Repeat("^", size) + "|5\nL|1"},
		{"escapes without end", profile.ASTM, "H|\\^&\nO|1|S1\nR|1|^^^A|" + strings.Repeat("&", size) + "\nL|1"},
		{"fields", profile.ASTM, "H|\\^&\nO|1|S1\nR|1|^^^A|5" + strings.Repeat("|", size) + "\nL|1"},
		{"empty records", profile.ASTM, "H|\\^&" + strings.Repeat("\nC", size/4) + "\nL|1"},
		{"headers", profile.ASTM, strings.Repeat("H|\n", size/16)},
		{"escapes without end in a value", profile.HL7, "MSH|^~\\&|X||||1||ORU^R01|1|P|2.3.1\nOBR|1||S1\nOBX|1|ST|A||" + strings.Repeat(`\\`, size)},
		{"orders", profile.HL7, "MSH|^~\\&|X||||1||ORU^R01|1|P|2.5\n" + strings.Repeat("OBR|1\n", size/16) + "SPM|1|S1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			if got := len(decodeAll(t, c.protocol, c.text)); got == 0 {
				t.Error("no message")
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}
