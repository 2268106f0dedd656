package driver_test

import (
	"strings"
	"testing"

	"jaanch/internal/instruments/driver"
	"jaanch/internal/instruments/profile"
)

// TestBegins: what came of a try that was given up is known in the whole message that follows, and in no other.
func TestBegins(t *testing.T) {
	t.Parallel()
	const whole = "H|\\^&|7||DEMO^1^S1|||||||P|1|20260102030405\rP|1\rO|1|A1||^^^CBC|R\rR|1|^^^WBC|5.1|10*3/uL\rR|2|^^^RBC|4.5|10*6/uL\rL|1|N\r"
	upTo := func(mark string) string {
		before, _, _ := strings.Cut(whole, mark)
		return before
	}
	part := upTo("R|2")
	for _, c := range []struct {
		name, part, whole string
		want              bool
	}{
		{"the first rows", part, whole, true},
		{"a row that is torn", upTo("10*6"), whole, true},
		{"all but the end", strings.TrimSuffix(whole, "L|1|N\r"), whole, true},
		{"another time and control id", strings.Replace(strings.Replace(part, "|7||", "|6||", 1), "030405", "030301", 1), whole, true},
		{"another value", strings.Replace(part, "5.1", "5.2", 1), whole, false},
		{"another sample", strings.Replace(part, "A1", "A2", 1), whole, false},
		{"another sender", strings.Replace(part, "DEMO", "DEM0", 1), whole, false},
		{"other delimiters", strings.Replace(part, "H|", "H!", 1), whole, false},
		{"more than the whole", whole, part, false},
		{"the header alone", upTo("P|1\r"), whole, false},
		{"nothing", "", whole, false},
		{"no header", "R|1|^^^WBC|5.1\r", whole, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := driver.Begins(profile.ASTM, []byte(c.part), []byte(c.whole)); got != c.want {
				t.Errorf("begins: %t, want %t", got, c.want)
			}
		})
	}
	const block = "MSH|^~\\&|BC|LAB|||20260102030405||ORU^R01|77|P|2.3.1\rPID|1\rOBR|1||A1\rOBX|1|NM|GLU||5.1\r"
	again := strings.Replace(strings.Replace(block, "|77|", "|78|", 1), "030405", "040405", 1)
	if !driver.Begins(profile.HL7, []byte(block[:len(block)-4]), []byte(again)) || driver.Begins(profile.HL7, []byte(block[:len(block)-4]), []byte(strings.Replace(again, "BC", "BD", 1))) {
		t.Error("an HL7 message is known by all but its time and control id")
	}
}
