package driver_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/driver"
	"jaanch/internal/instruments/hl7"
)

// eachRecord changes every record or segment of a text and ends each with end.
func eachRecord(text []byte, end string, change func(string) string) []byte {
	var out strings.Builder
	for r := range strings.SplitSeq(strings.TrimRight(string(text), "\r"), "\r") {
		out.WriteString(change(r) + end)
	}
	return []byte(out.String())
}

func unchanged(r string) string { return r }

// variantsASTM are ways in which analyzers of one family write the same message; none of them changes what it says.
func variantsASTM(text []byte) map[string][]byte {
	framed := func(p astm.Packing, limit int) []byte {
		return append(append([]byte{5}, bytes.Join(astm.Frames(text, p, limit), nil)...), 4)
	}
	return map[string][]byte{
		"line feeds":              eachRecord(text, "\n", unchanged),
		"CR LF":                   eachRecord(text, "\r\n", unchanged),
		"blank lines":             eachRecord(text, "\r\r\n", unchanged),
		"a byte order mark":       append([]byte("\xef\xbb\xbf"), eachRecord(text, "\r\n", unchanged)...),
		"idle bytes":              eachRecord(text, "\r\x00", unchanged),
		"one frame":               framed(astm.WholeMessage, 60000),
		"frames of 240":           framed(astm.WholeMessage, 240),
		"frames of 7":             framed(astm.WholeMessage, 7),
		"records in frames of 30": framed(astm.RecordPerFrame, 30),
		"noise in front":          append([]byte("\x06\x06\r\n"), framed(astm.RecordPerFrame, 0)...),
		"no ENQ and no EOT":       bytes.Trim(framed(astm.RecordPerFrame, 0), "\x04\x05"),
		"no LF behind a frame":    bytes.ReplaceAll(framed(astm.RecordPerFrame, 0), []byte("\r\n"), []byte("\r")),
		"empty fields at the end": eachRecord(text, "\r", func(r string) string {
			if r[0] == 'H' {
				return r
			}
			return r + strings.Repeat(r[1:2], 4)
		}),
		"small record letters": eachRecord(text, "\r", func(r string) string { return strings.ToLower(r[:1]) + r[1:] }),
		"records of the maker's": eachRecord(text, "\r", func(r string) string {
			if r[0] == 'L' {
				return r
			}
			return r + "\r" + strings.ReplaceAll("M|1|X|Y\rS|1|X", "|", string(text[1]))
		}),
		"no L record": eachRecord(text, "\r", func(r string) string {
			if r[0] == 'L' {
				return ""
			}
			return r
		}),
	}
}

// otherDelimiters writes a message with delimiters that no vendor uses; false where one of them stands in it already, or where
// the delimiters are what the family is known by.
func otherDelimiters(text []byte) ([]byte, bool) {
	if !bytes.HasPrefix(text, []byte(`H|\^&|`)) || bytes.ContainsAny(text, "!~@$") || bytes.ContainsRune(text[5:], '&') {
		return nil, false
	}
	return []byte(strings.NewReplacer("|", "!", `\`, "~", "^", "@", "&", "$").Replace(string(text))), true
}

// TestOtherDelimiters: what a message says does not hang on the characters that its header declares.
func TestOtherDelimiters(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "*", "*.astm"))
	if err != nil {
		t.Fatal(err)
	}
	played := 0
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range astm.ReadRecording(b).Messages {
			other, ok := otherDelimiters(m.Bytes)
			if !ok {
				continue
			}
			played++
			plain, got := driver.NewDocument(driver.Decode(builtin(t), m.Bytes)), driver.NewDocument(driver.Decode(builtin(t), other))
			plain.Warnings, got.Warnings = nil, nil
			back := strings.NewReplacer("~", `\`, "@", "^")
			for i := range got.Results {
				r := &got.Results[i]
				r.Value, r.Flag, r.Status = back.Replace(r.Value), back.Replace(r.Flag), back.Replace(r.Status)
			}
			if diff := cmp.Diff(plain, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s (-plain +other)\n%.900s", path, diff)
			}
		}
	}
	if played < 30 {
		t.Errorf("only %d messages", played)
	}
}

// variantsHL7 is variantsASTM for segments.
func variantsHL7(text []byte) map[string][]byte {
	return map[string][]byte{
		"line feeds":              eachRecord(text, "\n", unchanged),
		"CR LF in a block":        hl7.AppendBlock(nil, eachRecord(text, "\r\n", unchanged)),
		"blank lines":             hl7.AppendBlock(nil, eachRecord(text, "\r\r", unchanged)),
		"no CR behind FS":         append(append([]byte{0x0b}, text...), 0x1c),
		"noise in front":          append([]byte("\x02\x15 \r\n"), hl7.AppendBlock(nil, text)...),
		"a byte order mark":       append([]byte("\xef\xbb\xbf"), text...),
		"empty fields at the end": hl7.AppendBlock(nil, eachRecord(text, "\r", func(r string) string { return r + "||||" })),
		"segments of the maker's": hl7.AppendBlock(nil, eachRecord(text, "\r", func(r string) string { return r + "\rZZX|1|x" })),
		"in a batch":              hl7.AppendBlock(nil, []byte("FHS|^~\\&|A\rBHS|^~\\&|A\r"+string(text)+"BTS|1\rFTS|1\r")),
	}
}

// TestVariants writes every transcript in every way in which another analyzer of its family might: the same profile reads the
// same rows, questions and orders.
func TestVariants(t *testing.T) {
	t.Parallel()
	patterns := []string{filepath.Join("testdata", "*", "*.*")}
	if dir := os.Getenv("JAANCH_SAMPLES"); dir != "" {
		patterns = append(patterns, filepath.Join(dir, "astm", "*.astm"), filepath.Join(dir, "hl7", "*.hl7"))
	}
	played := 0
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var texts [][]byte
			variants := variantsHL7
			switch filepath.Ext(path) {
			case ".hl7":
				texts = hl7.ReadRecording(b).Messages
			case ".astm":
				variants = variantsASTM
				for _, m := range astm.ReadRecording(b).Messages {
					texts = append(texts, m.Bytes)
				}
			}
			for _, text := range texts {
				played++
				plain := driver.NewDocument(driver.Decode(builtin(t), text))
				for name, other := range variants(text) {
					got := driver.NewDocument(driver.Decode(builtin(t), other))
					plain.Warnings, got.Warnings = nil, nil
					if diff := cmp.Diff(plain, got, cmpopts.EquateEmpty()); diff != "" {
						t.Errorf("%s, %s (-plain +variant)\n%.1500s", path, name, diff)
					}
				}
			}
		}
	}
	if played < 60 {
		t.Errorf("only %d messages", played)
	}
}
