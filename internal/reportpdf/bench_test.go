package reportpdf_test

import (
	"testing"

	"jaanch/internal/reportpdf"
)

func BenchmarkReport(b *testing.B) {
	r, err := reportpdf.New()
	if err != nil {
		b.Fatal(err)
	}
	rep := sample()
	for b.Loop() {
		if _, err := r.Report(rep, reportpdf.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
