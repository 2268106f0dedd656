package lab_test

import (
	"errors"
	"fmt"
	"testing"

	"jaanch/internal/lab"

	"pgregory.net/rapid"
)

func TestDecimalRoundsHalfAwayFromZero(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in     string
		places int
		want   string
	}{
		{"5.45", 1, "5.5"}, {"-5.45", 1, "-5.5"}, {"2.675", 2, "2.68"}, {"12", 2, "12.00"}, {"-0.04", 1, "0.0"}, {"0.5", 0, "1"},
	} {
		if got := lab.MustDecimal(tt.in).Round(tt.places).String(); got != tt.want {
			t.Errorf("%s to %d places is %s, want %s", tt.in, tt.places, got, tt.want)
		}
	}
}

func TestParseDecimalRefuses(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "-", ".", "1e3", "NaN", "Infinity", "1,5", " 1", "1.2.3", "--1", "१"} {
		if d, err := lab.ParseDecimal(bad); lab.CodeOf(err) != "decimal_malformed" {
			t.Errorf("%q gave %s %v", bad, d, err)
		}
	}
}

func TestDecimalOperations(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) lab.Decimal {
			return lab.MustDecimal(rapid.StringMatching(`-?[0-9]{1,8}(\.[0-9]{1,6})?`).Draw(t, name))
		}
		a, b := draw("a"), draw("b")
		if a.Add(b).Sub(b).Cmp(a) != 0 || a.Mul(b).Cmp(b.Mul(a)) != 0 || a.Abs().Sign() < 0 || a.Cmp(b) != -b.Cmp(a) {
			t.Fatalf("%s and %s", a, b)
		}
		if q, ok := a.Mul(b).Div(b); ok != (b.Sign() != 0) || (ok && q.Cmp(a) != 0) {
			t.Fatalf("%s x %s / %s is %s", a, b, b, q)
		}
	})
	if _, ok := lab.DecimalFromInt(-1).Sqrt(); ok {
		t.Error("the root of -1")
	}
}

func TestPaiseInIndianGroups(t *testing.T) {
	t.Parallel()
	for amount, want := range map[lab.Paise]string{
		0: "₹0.00", 5: "₹0.05", 99999: "₹999.99", 100000: "₹1,000.00", 10000000: "₹1,00,000.00", 1234567890: "₹1,23,45,678.90",
		-10050: "-₹100.50",
	} {
		if got := amount.String(); got != want {
			t.Errorf("%d is %s, want %s", amount, got, want)
		}
	}
}

func TestIDReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id, err := lab.IDFromBytes(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes"))
		if err != nil {
			t.Fatal(err)
		}
		if back, err := lab.ParseID(id.String()); err != nil || back != id {
			t.Fatalf("%s reads back as %s %v", id, back, err)
		}
	})
	for _, bad := range []string{"", "0191e3a0-0000-7000-8000-00000000000", "0191e3a0-0000-7000-8000-00000000000g"} {
		if _, err := lab.ParseID(bad); lab.CodeOf(err) != "id_malformed" {
			t.Errorf("%q gave %v", bad, err)
		}
	}
}

func TestErrorIsFoundWhenWrapped(t *testing.T) {
	t.Parallel()
	inner := lab.Conflict("stale_record", "Somebody changed this.")
	wrapped := fmt.Errorf("save order: %w", inner)
	if lab.KindOf(wrapped) != lab.KindConflict || lab.CodeOf(wrapped) != "stale_record" || !errors.Is(wrapped, lab.Conflict("stale_record", "")) {
		t.Errorf("%v is not recognised", wrapped)
	}
	if plain := errors.New("x"); lab.KindOf(plain) != lab.KindInternal || lab.CodeOf(plain) != "internal" {
		t.Error("a foreign error is not internal")
	}
}
