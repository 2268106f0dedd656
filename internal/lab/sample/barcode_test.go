package sample_test

import (
	"errors"
	"strings"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/lab/identifier"
	"jaanch/internal/lab/sample"
)

func TestParseBarcode(t *testing.T) {
	t.Parallel()
	ours, err := sample.NewAccession(lab.Date{Year: 2026, Month: 11, Day: 21}, "K7", 42)
	if err != nil {
		t.Fatal(err)
	}
	other, err := sample.NewAccession(lab.Date{Year: 2026, Month: 11, Day: 21}, "M3", 42)
	if err != nil {
		t.Fatal(err)
	}
	wrong := []byte(ours)
	wrong[11] = map[bool]byte{true: 'B', false: 'A'}[wrong[11] == 'A']
	tests := []struct {
		name, text, want, code string
	}{
		{"pre-printed", " 276056250158121 ", "276056250158121", ""},
		{"with signs", "CS23-22443", "CS23-22443", ""},
		{"a blank inside", "T20 10134GA D28", "T20 10134GA D28", ""},
		{"lower case stays", "dbs23-02212", "dbs23-02212", ""},
		{"twelve digits of somebody else", "263251234567", "263251234567", ""},
		{"number of another node", string(other), string(other), ""},
		{"position", "113", "", "barcode_length"},
		{"empty", "", "", "barcode_length"},
		{"too long", strings.Repeat("1", 41), "", "barcode_length"},
		{"field delimiter", "AB|12345", "", "barcode_character"},
		{"not ASCII", "नमूना-12345", "", "barcode_character"},
		{"our number", string(ours), "", "barcode_ours"},
		{"our number in lower case", strings.ToLower(string(ours)), "", "barcode_ours"},
		{"our number with a wrong check character", string(wrong), "", "barcode_check"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := sample.ParseBarcode(tt.text, identifier.Node("K7"))
			var known *lab.Error
			if errors.As(err, &known); string(got) != tt.want || (known == nil) != (tt.code == "") || (known != nil && known.Code != tt.code) {
				t.Errorf("%q gives %q, %v; want %q, %q", tt.text, got, err, tt.want, tt.code)
			}
		})
	}
}
