package reportpdf_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	content "jaanch/internal/lab/label"
	"jaanch/internal/reportpdf"
)

type label = content.Label

func tube() label {
	return label{
		Name: "PATIL, SURESH", AgeSex: "52Y/M", MRN: "P0008731", Accession: "26325K70042L", Specimen: "EDTA",
		Collected: at(21, 10, 58), Priority: "R", Tests: []string{"CBC"}, Collector: "KS",
	}
}

func TestLabels(t *testing.T) {
	t.Parallel()
	long := tube()
	long.Name = "SHARMA-KRISHNAMURTHY, ASHALATA DEVI"
	long.Tests = []string{"CBC", "ESR", "HBA1C", "RETIC", "COOMBS", "MP"}
	long.Collected = time.Time{}
	hindi := tube()
	hindi.Name = "देशपांडे, कमला"
	body, err := renderer(t).Labels([]label{tube(), long, hindi})
	if err != nil {
		t.Fatal(err)
	}
	if *look != "" {
		if err := os.WriteFile(filepath.Join(*look, "label.pdf"), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if n := bytes.Count(body, []byte("/Type/Page/")); n != 3 {
		t.Errorf("%d pages", n)
	}
	if !bytes.Contains(body, []byte("/MediaBox[0 0 141.73 70.87]")) {
		t.Error("a label is not 50 × 25 mm")
	}
	text := extract(t, body)
	for _, want := range []string{"PATIL,SURESH", "52Y/M", "P0008731", "EDTA", "26325K70042L", "21-11-2610:58KS", "RCBC", "देशपांडे,कमला", "__-__-__", "CBCESR+4"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
}

func TestLabelSheet(t *testing.T) {
	t.Parallel()
	list := make([]label, 45)
	for i := range list {
		list[i] = tube()
	}
	r := renderer(t)
	for skip, pages := range map[int]int{0: 2, 43: 2, 44: 2, 42: 2} {
		body, err := r.LabelSheet(list, reportpdf.SheetOptions{Skip: skip})
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(body, []byte("/Type/Page/")); n != pages {
			t.Errorf("skip %d: %d pages, want %d", skip, n, pages)
		}
	}
}
