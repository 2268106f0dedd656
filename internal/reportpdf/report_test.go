package reportpdf_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"jaanch/internal/lab/label"
	"jaanch/internal/lab/report"
	"jaanch/internal/reportpdf"
)

var look = flag.String("look", "", "folder to leave the drawn documents in, to look at them") //nolint:gochecknoglobals // a flag

func renderer(t *testing.T) *reportpdf.Renderer {
	t.Helper()
	r, err := reportpdf.New()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func keep(t *testing.T, name string, body []byte) {
	t.Helper()
	if *look == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(*look, name+".pdf"), body, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLook(t *testing.T) {
	t.Parallel()
	if *look == "" {
		t.Skip("nobody looks: no -look")
	}
	r := renderer(t)
	for name, c := range map[string]struct {
		rep report.Report
		opt reportpdf.Options
	}{
		"final":       {sample(), reportpdf.Options{Printed: at(21, 11, 3)}},
		"amended":     {amended(), reportpdf.Options{Copy: 2}},
		"preliminary": {preliminary(), reportpdf.Options{PrePrinted: true}},
	} {
		c.opt.Proof = signed(t, c.rep)
		body, err := r.Report(c.rep, c.opt)
		if err != nil {
			t.Fatal(err)
		}
		keep(t, name, body)
	}
	body, err := r.Labels([]label.Label{tube()})
	if err != nil {
		t.Fatal(err)
	}
	keep(t, "label", body)
}

func tube() label.Label {
	return label.Label{
		Name: "PATIL, SURESH", AgeSex: "52Y/M", MRN: "P0008731", Accession: "26325K70042L", Specimen: "EDTA",
		Collected: at(21, 10, 58), Priority: "R", Tests: []string{"CBC"}, Collector: "KS",
	}
}
