package reportpdf_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

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

func TestSample(t *testing.T) {
	t.Parallel()
	rep := sample()
	body, err := renderer(t).Report(rep, reportpdf.Options{Proof: signed(t, rep), Printed: at(21, 11, 3)})
	if err != nil {
		t.Fatal(err)
	}
	keep(t, "final", body)
}
