package billing_test

import (
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/lab/billing"

	"pgregory.net/rapid"
)

// The worked examples invoice_round_off, in paise.
func TestRoundOff(t *testing.T) {
	t.Parallel()
	for total, want := range map[lab.Paise]lab.Paise{124950: 50, 124949: -49, 70000: 0, 9951: 49, 1: -1, 99: 1, 0: 0} {
		if got := billing.RoundOff(total); got != want {
			t.Errorf("%s is rounded by %s, want %s", total, got, want)
		}
	}
}

func TestBillAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var lines []billing.Line
		var net lab.Paise
		for range rapid.IntRange(0, 8).Draw(t, "lines") {
			price := lab.Paise(rapid.Int64Range(0, 500000).Draw(t, "price"))
			off := lab.Paise(rapid.Int64Range(0, int64(price)).Draw(t, "off"))
			lines = append(lines, billing.Line{Price: price, Discount: off})
			net += price - off
		}
		discount := lab.Paise(rapid.Int64Range(0, int64(net)).Draw(t, "discount"))
		b, err := billing.New(lines, discount)
		if err != nil {
			t.Fatal(err)
		}
		var sum lab.Paise
		for _, l := range b.Lines {
			if l.Net() < 0 {
				t.Fatalf("a line below zero: %+v", l)
			}
			sum += l.Net()
		}
		if sum != b.Net || b.Net != net-discount || b.Gross-b.Discount != b.Net || b.Net+b.RoundOff != b.Total || b.Total%100 != 0 {
			t.Fatalf("does not add up: %+v", b)
		}
	})
}

func TestBillRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		line     billing.Line
		discount lab.Paise
		code     string
	}{
		"discount above the price": {billing.Line{Price: 100, Discount: 101}, 0, "line_amount"},
		"a price below zero":       {billing.Line{Price: -1}, 0, "line_amount"},
		"discount above the bill":  {billing.Line{Price: 100}, 101, "discount_amount"},
		"discount below zero":      {billing.Line{Price: 100}, -1, "discount_amount"},
	} {
		if _, err := billing.New([]billing.Line{tt.line}, tt.discount); lab.CodeOf(err) != tt.code {
			t.Errorf("%s gave %v", name, err)
		}
	}
}

func TestPercent(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		amount lab.Paise
		points int
		want   lab.Paise
	}{{10000, 1250, 1250}, {33335, 250, 833}, {3, 5000, 2}, {1, 4999, 0}, {0, 10000, 0}} {
		if got := billing.Percent(tt.amount, tt.points); got != tt.want {
			t.Errorf("%d basis points of %d are %d, want %d", tt.points, tt.amount, got, tt.want)
		}
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for day, want := range map[string]billing.Number{
		"2026-11-21": "K7/26-27/000123", "2027-03-31": "K7/26-27/000123", "2027-04-01": "K7/27-28/000123", "2099-12-31": "K7/99-00/000123",
	} {
		d, err := lab.ParseDate(day)
		if err != nil {
			t.Fatal(err)
		}
		got, err := billing.NewNumber("K7", d, 123)
		if err != nil || got != want || len(got) > 16 {
			t.Errorf("%s: got %s %v, want %s", day, got, err, want)
		}
		if back, err := billing.ParseNumber(string(got)); err != nil || back != got {
			t.Errorf("%s reads back as %s %v", got, back, err)
		}
	}
	last, err := billing.NewNumber("K7", lab.Date{Year: 2026, Month: 11, Day: 21}, 9_999_999)
	if err != nil || len(last) > 16 {
		t.Errorf("the last number is %s %v", last, err)
	}
	for _, bad := range []string{"", "K7/26-27", "K7/26-27/12", "K7-26-27-000123", "K7/26-27/00012345678"} {
		if _, err := billing.ParseNumber(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
