package fhir_test

import (
	"os"
	"path/filepath"
	"testing"

	"jaanch/internal/lab/fhir"
)

// samples gives the folder of the guide's examples.
func samples(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("JAANCH_SAMPLES")
	if dir == "" {
		t.Skip("JAANCH_SAMPLES is not set: the examples of the NRCeS guide were not judged")
	}
	return filepath.Join(dir, "fhir", "nrces-6.5.0")
}

// Every example of the guide is a valid record.
func TestGuideExamplesAreAccepted(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(samples(t), "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		r, err := fhir.Judge(raw)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(f), err)
		}
		t.Logf("%s: %+v", filepath.Base(f), r)
	}
}
