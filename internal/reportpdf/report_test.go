package reportpdf_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/report"
	"jaanch/internal/lab/result"
	"jaanch/internal/reportpdf"
)

var (
	look   = flag.String("look", "", "folder to leave the drawn documents in, to look at them") //nolint:gochecknoglobals // a flag
	update = flag.Bool("update", false, "write the golden files anew")                          //nolint:gochecknoglobals // a flag
)

func renderer(t *testing.T) *reportpdf.Renderer {
	t.Helper()
	r, err := reportpdf.New()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

type drawing struct {
	name  string
	rep   report.Report
	opt   reportpdf.Options
	pages int
}

func drawings(t *testing.T) []drawing {
	t.Helper()
	out := []drawing{
		{"final", sample(), reportpdf.Options{Printed: at(21, 11, 3)}, 1},
		{"amended", amended(), reportpdf.Options{Copy: 2}, 3},
		{"preliminary", preliminary(), reportpdf.Options{PrePrinted: true}, 1},
	}
	for i := range out {
		out[i].opt.Proof = signed(t, out[i].rep)
	}
	return out
}

func draw(t *testing.T, d drawing) []byte {
	t.Helper()
	body, err := renderer(t).Report(d.rep, d.opt)
	if err != nil {
		t.Fatal(err)
	}
	if *look != "" {
		if err := os.WriteFile(filepath.Join(*look, d.name+".pdf"), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return body
}

// What a report says, in the order in which it is drawn.
func TestGoldenText(t *testing.T) {
	t.Parallel()
	for _, d := range drawings(t) {
		said, pages, err := renderer(t).Said(d.rep, d.opt)
		if err != nil {
			t.Fatal(err)
		}
		if pages != d.pages {
			t.Errorf("%s: %d pages, want %d", d.name, pages, d.pages)
		}
		got := strings.Join(said, "\n") + "\n"
		path := filepath.Join("testdata", d.name+".txt")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: the text differs from %s; run with -update and read the difference", d.name, path)
		}
	}
}

func TestSameInputSameBytes(t *testing.T) {
	t.Parallel()
	d := drawings(t)[1]
	first, second := draw(t, d), draw(t, d)
	if !bytes.Equal(first, second) {
		t.Error("two drawings of one report differ")
	}
	one := renderer(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if body, err := one.Report(d.rep, d.opt); err != nil || !bytes.Equal(body, first) {
				t.Errorf("drawn beside others: %v, equal %v", err, bytes.Equal(body, first))
			}
		})
	}
	wg.Wait()
}

// Glyph 0 is the box that stands for a missing character.
func TestNoMissingGlyphIsDrawn(t *testing.T) {
	t.Parallel()
	cases := drawings(t)
	odd := sample()
	odd.Patient.Name = "Zoë 李 محمد 😀\x00\u200d\ufeff"
	odd.Comments = []string{"≥ ≤ ≠ ≈ → ← ∞ √ − × ÷ ± µ μ ° ² ³ ₂ α β γ Δ ½ ₹ … • – — “ ” ‘ ’ क्ष त्र ज्ञ श्र द्ध ॐ ।"}
	cases = append(cases, drawing{name: "odd", rep: odd})
	for _, d := range cases {
		drawn, err := renderer(t).Drawn(d.rep, d.opt)
		if err != nil {
			t.Fatal(err)
		}
		if len(drawn) < 3 {
			t.Errorf("%s: %d fonts", d.name, len(drawn))
		}
		for font, glyphs := range drawn {
			if slices.Contains(glyphs, 0) {
				t.Errorf("%s: %s draws glyph 0", d.name, font)
			}
		}
	}
}

// The glyphs of Hindi words as a shaping engine chooses them: conjuncts become one shape, the short i stands before its
// consonant, reph stands after its syllable.
func TestHindiGlyphs(t *testing.T) {
	t.Parallel()
	r := renderer(t)
	for _, tc := range []struct {
		word string
		want []int
		why  string
	}{
		{"रक्त", []int{52, 183, 40}, "half ka before ta"},
		{"कि", []int{607, 25}, "short i before ka"},
		{"हिंदी", nil, "anusvara above"},
	} {
		got := r.GlyphIDs(tc.word, false)
		if tc.want != nil && !slices.Equal(got, tc.want) {
			t.Errorf("%s (%s): %v, want %v", tc.word, tc.why, got, tc.want)
		}
		if len(got) > len([]rune(tc.word)) || slices.Contains(got, 0) {
			t.Errorf("%s: %v", tc.word, got)
		}
	}
}

// extract gives the text of a PDF as poppler reads it, without blanks.
func extract(t *testing.T, body []byte) string {
	t.Helper()
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not here (poppler-utils)")
	}
	path := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), tool, "-raw", path, "-")
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil || complaints.Len() > 0 {
		t.Fatalf("pdftotext: %v: %s", err, complaints.String())
	}
	return strings.Join(strings.Fields(string(out)), "")
}

// Everything that is drawn can be searched for and copied: every piece of text is found again by another program.
func TestTextComesBack(t *testing.T) {
	t.Parallel()
	for _, d := range drawings(t) {
		text := extract(t, draw(t, d))
		said, _, err := renderer(t).Said(d.rep, d.opt)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range said {
			if want := strings.Join(strings.Fields(s), ""); !strings.Contains(text, want) {
				t.Errorf("%s: %q is not found", d.name, s)
			}
		}
	}
}

func TestEveryPageSaysWhose(t *testing.T) {
	t.Parallel()
	d := drawings(t)[1]
	said, pages, err := renderer(t).Said(d.rep, d.opt)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(said, "\n")
	foot := "Asha Sharma · P0012345 · V26325K7-0118 · version 2, copy 2"
	if got := strings.Count(all, foot); got != pages {
		t.Errorf("the foot stands on %d of %d pages", got, pages)
	}
	for _, want := range []string{
		"Page 1 of 3", "Page 3 of 3", "AMENDED REPORT, replaces version 1 of 21 Nov 2026 11:02",
		"Potassium: was 6.8, now 5.0 mmol/L", "Was 6.8 mmol/L · haemolysed sample, measured again · Dr Neha Kulkarni · 21 Nov 2026 15:35",
		"No reference interval fits this patient: not compared, and not shown as normal.", "not compared",
		"Reason: Potassium was measured again in a fresh tube.",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Count(all, "End of report") != 1 {
		t.Error("the end is marked more than once, or not at all")
	}
}

// A head is never the last thing on a page, at any length of what stands above it.
func TestNoHeadWithoutAResult(t *testing.T) {
	t.Parallel()
	r := renderer(t)
	for n := range 40 {
		rep := sample()
		rep.Sections[0].Lines = slices.Repeat(rep.Sections[0].Lines, 3)[:n+1]
		rep.Sections = append(rep.Sections, rep.Sections[1])
		said, _, err := r.Said(rep, reportpdf.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range said {
			if s == "Reference / सामान्य" && i+3 < len(said) {
				rest := said[i+1 : min(i+7, len(said))]
				if slices.ContainsFunc(rest, func(s string) bool { return strings.HasPrefix(s, "Test report") }) {
					t.Fatalf("%d lines: a head ends its page: %q", n, rest)
				}
			}
		}
	}
}

func TestPrePrintedPaperKeepsItsArea(t *testing.T) {
	t.Parallel()
	d := drawings(t)[2]
	said, _, err := renderer(t).Said(d.rep, d.opt)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(said, d.rep.Lab.Name) {
		t.Error("the lab's name is printed over its letterhead")
	}
}

func TestAccreditationOnlyBesideTestsInScope(t *testing.T) {
	t.Parallel()
	rep := sample()
	for i := range rep.Sections {
		for j := range rep.Sections[i].Lines {
			rep.Sections[i].Lines[j].InScope = false
		}
	}
	said, _, err := renderer(t).Said(rep, reportpdf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(said, rep.Lab.Accreditation) {
		t.Error("the certificate stands on a report without a test in its scope")
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	r := renderer(t)
	unsigned := sample()
	unsigned.Signers = nil
	if _, err := r.Report(unsigned, reportpdf.Options{}); lab.CodeOf(err) != "report_incomplete" {
		t.Errorf("unsigned: %v", err)
	}
	uncertain := sample()
	uncertain.Sections[0].Lines[0].Flag = result.Uncertain
	if _, err := r.Report(uncertain, reportpdf.Options{}); err == nil {
		t.Error("an uncertain flag was printed")
	}
	for name, body := range map[string][]byte{"noise": []byte("noise"), "svg": []byte("<svg/>")} {
		if _, err := r.Report(sample(), reportpdf.Options{Logo: body}); lab.CodeOf(err) != "picture_malformed" {
			t.Errorf("logo of %s: %v", name, err)
		}
	}
	tube := tube()
	tube.MRN = ""
	if _, err := r.Labels([]label{tube}); lab.CodeOf(err) != "label_incomplete" {
		t.Errorf("label without a second identifier: %v", err)
	}
}

// Long names, long words and hundreds of results break lines and pages, and never the program.
func TestLongContent(t *testing.T) {
	t.Parallel()
	rep := sample()
	rep.Patient.Name = strings.Repeat("Venkatanarasimharajuvaripeta ", 4)
	rep.Lab.Name = strings.Repeat("Laboratory ", 12)
	rep.Lab.Address = strings.Repeat("Very Long Road, ", 12)
	rep.Sections[0].Lines = slices.Repeat(rep.Sections[0].Lines, 12)
	rep.Sections[0].Lines[0].Name = strings.Repeat("Pneumonoultramicroscopic", 6)
	rep.Sections[0].Lines[0].NameHi = strings.Repeat("सूक्ष्मदर्शी", 12)
	rep.Comments = []string{strings.Repeat("A sentence that goes on. ", 400)}
	for i := range 5 {
		s := rep.Signers[0]
		s.Name += string(rune('A' + i))
		rep.Signers = append(rep.Signers, s)
	}
	body, err := renderer(t).Report(rep, reportpdf.Options{Proof: signed(t, rep)})
	if err != nil {
		t.Fatal(err)
	}
	if *look != "" {
		_ = os.WriteFile(filepath.Join(*look, "long.pdf"), body, 0o600)
	}
	if n := bytes.Count(body, []byte("/Type/Page/")); n < 5 || n > 14 {
		t.Errorf("%d pages", n)
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	d := drawings(t)[0]
	if body := draw(t, d); len(body) > 80<<10 {
		t.Errorf("a page of %d KiB", len(body)>>10)
	}
}

// The report is drawn in the lab's own time.
func TestTimesAreTheLabs(t *testing.T) {
	t.Parallel()
	rep := sample()
	rep.IssuedAt = time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
	said, _, err := renderer(t).Said(rep, reportpdf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(said, "22 Nov 2026 01:30") {
		t.Error("20:00 UTC is not 01:30 of the next day")
	}
}

func TestCancelledReportSaysSo(t *testing.T) {
	t.Parallel()
	rep := sample()
	rep.State, rep.Sections, rep.Comments = report.Cancelled, rep.Sections[1:], nil
	rep.Visit.Client, rep.Patient.Phone = "Seva Hospital, Nashik", "0253 555 0100"
	d := drawing{"cancelled", rep, reportpdf.Options{Proof: signed(t, rep)}, 1}
	draw(t, d)
	said, _, err := renderer(t).Said(rep, d.opt)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"CANCELLED रद्द", "CANCELLED REPORT", "Do not use this report. Any copy made before is void."} {
		if !slices.Contains(said, want) {
			t.Errorf("%q is missing", want)
		}
	}
}
